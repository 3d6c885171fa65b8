/** Actors that own children: when those start and end, who hears of it, and what is kept. */
import { describe, expect, test } from 'vitest';
import {
  type ActorRef,
  type ChildEvent,
  type ChildEventAnswer,
  defineActor,
  Graph,
  type GraphOptions,
  input,
  output,
  type OwnerOptions,
} from '../../src/index.ts';
import { Simulation } from '../../src/testing/index.ts';
import { type Order, traceOf, worker } from './tree-world.ts';

interface World {
  readonly sim: Simulation;
  readonly graph: Graph;
  /** `+a.1` started, `-a.1:crashed` ended, and what the actors say. */
  readonly trace: string[];
}

function world(options: Partial<GraphOptions> = {}): World {
  const sim = new Simulation();
  const actorDefaults = { showstopperAfter: 1 };
  const graph = new Graph({ name: 'owners', ports: sim.ports, logLevel: 'silent', actorDefaults, ...options });
  const trace = traceOf(graph);
  graph.subscribe((event) => {
    if (event.kind === 'startFailed') trace.push(`!${event.actor}.${event.regeneration + 1}`);
    if (event.kind === 'startIgnored') trace.push(`?${event.actor}.${event.regeneration + 1}`);
    if (event.kind === 'gaveUp') trace.push(`gaveUp ${event.supervisor}`);
  });
  return { sim, graph, trace };
}

/** What has happened since the last look. */
function news({ trace }: World): string {
  return trace.splice(0).join(' ');
}

const state = ({ graph }: World, name: string): unknown =>
  graph.snapshot().actors.find((actor) => actor.name === name)?.state;

type Command =
  | 'work'
  | 'crash'
  | 'exit'
  | 'rollback'
  | { readonly spawn: string }
  | { readonly stop: string }
  | { readonly to: string; readonly order: Order };

interface Asked {
  readonly supervises?: OwnerOptions;
  readonly children?: readonly string[];
  readonly answer?: (event: ChildEvent) => ChildEventAnswer | undefined;
  readonly trace?: string[];
}

/** Owns workers, and says what it is told of them. */
function boss({ supervises = {}, children = ['a', 'b'], answer, trace = [] }: Asked = {}) {
  return defineActor({
    inputs: { mailbox: input<Command>({ capacity: 8 }) },
    state: () => ({ events: 0 }),
    supervises,
    onStart(ctx) {
      for (const id of children) ctx.spawn(id, worker);
    },
    onStop(_ctx, exit) {
      trace.push(`onStop:${exit.kind}`);
    },
    ...(answer && {
      onChildEvent(event: ChildEvent, ctx: { readonly state: { events: number } }) {
        ctx.state.events += 1;
        return answer(event);
      },
    }),
    on: {
      mailbox(command, ctx) {
        if (command === 'crash') throw new Error('boss');
        if (command === 'exit') ctx.exit();
        if (command === 'rollback' && ctx.regeneration === 0) ctx.rollback();
        if (typeof command === 'string') return;
        if ('spawn' in command) ctx.spawn(command.spawn, worker);
        if ('stop' in command) ctx.stopChild(command.stop);
      },
    },
  });
}

const child = <M = Order>({ graph }: World, name: string): ActorRef<M> => {
  const ref = graph.whereIs<M>(name);
  if (ref === undefined) throw new Error(`there is no ${name}`);
  return ref;
};

async function end({ sim, graph }: World): Promise<void> {
  graph.requestShutdown();
  await sim.runUntil(graph.stopped());
}

/** Some of it never ends by itself. */
async function endBy({ sim, graph }: World, timeoutMs: number): Promise<void> {
  graph.requestShutdown();
  await sim.runUntil(graph.stopped({ timeoutMs }).catch(() => undefined));
}

describe('an actor that owns children', () => {
  test('starts them after itself, restarts them by its strategy, and ends them before its onStop (C11)', async () => {
    const here = world();
    const { system } = here.graph.supervisor('desk', {}, (desk) => ({
      system: desk.spawn('system', boss({ supervises: { strategy: 'oneForAll' }, trace: here.trace })),
      other: desk.spawn('other', worker),
    }));
    here.graph.start();
    await here.sim.settle();
    expect(news(here)).toBe('+desk.1 +desk/system.1 +desk/other.1 +desk/system/a.1 +desk/system/b.1');
    await child(here, 'desk/system/a').cast('crash');
    await here.sim.settle();
    expect(news(here)).toBe('-desk/system/a.1:crashed -desk/system/b.1:shutdown +desk/system/a.2 +desk/system/b.2');
    await system.cast('crash');
    await here.sim.settle();
    expect(news(here)).toBe(
      '-desk/system/b.2:shutdown -desk/system/a.2:shutdown onStop:crashed -desk/system.1:crashed +desk/system.2 ' +
        '+desk/system/a.3 +desk/system/b.3',
    );
    await end(here);
  });

  test('kills them when it is killed, and nobody hears of their ends twice', async () => {
    const here = world();
    const system = here.graph.spawn('system', boss({ trace: here.trace }));
    here.graph.start();
    await here.sim.settle();
    news(here);
    system.kill();
    await here.sim.settle();
    const killed = ['-system/b.1:killed', '-system/a.1:killed', '-system.1:killed'];
    expect(news(here)).toBe([...killed, '+system.2', '+system/a.2', '+system/b.2'].join(' '));
    await end(here);
  });

  test('ends them in each way in which it ends itself (C7, C11)', async () => {
    const here = world();
    const system = here.graph.spawn('system', boss({ trace: here.trace }), {}, { restart: 'transient' });
    here.graph.start();
    await here.sim.settle();
    news(here);
    await system.cast('rollback');
    await here.sim.settle();
    // A roll back is no failure and no end for anybody else, but another incarnation all the same.
    expect(news(here)).toBe('-system/b.1:shutdown -system/a.1:shutdown onStop:crashed +system/a.2 +system/b.2');
    await system.cast('exit');
    await here.sim.settle();
    expect(news(here)).toBe('-system/b.2:shutdown -system/a.2:shutdown onStop:normal -system.2:normal');
    expect(here.graph.whereIs('system/a')).toBeUndefined();
    expect(here.graph.snapshot().actors.map(({ name }) => name)).toEqual(['system']);
    await end(here);
  });

  test('has its own supervisor give each of them its shutdown time, and kills those that are late', async () => {
    const here = world();
    const slow = defineActor({
      inputs: { mailbox: input<string>({ capacity: 2 }) },
      on: { mailbox: () => undefined },
      onStop: () => new Promise<void>(() => undefined),
    });
    const system = defineActor({
      inputs: { mailbox: input<string>({ capacity: 2 }) },
      supervises: {},
      onStart(ctx) {
        ctx.spawn('a', worker);
        ctx.spawn('slow', slow, {}, { shutdown: 300 });
      },
      onStop: () => void here.trace.push('onStop'),
      on: { mailbox: () => undefined },
    });
    const { supervisor } = here.graph.supervisor('desk', {}, (desk) => void desk.spawn('system', system));
    here.graph.start();
    await here.sim.settle();
    news(here);
    const started = here.sim.ports.clock.nowMs();
    const stopped = supervisor.stop();
    await here.sim.runUntil(stopped);
    expect(here.sim.ports.clock.nowMs() - started).toBe(300);
    expect(news(here)).toBe(
      '-desk/system/slow.1:killed -desk/system/a.1:shutdown onStop -desk/system.1:shutdown -desk.1:shutdown',
    );
    await end(here);
  });

  test('is killed with all of them when its own time to stop is over', async () => {
    const here = world();
    const slow = defineActor({
      inputs: { mailbox: input<string>({ capacity: 2 }) },
      on: { mailbox: () => undefined },
      onStop: () => new Promise<void>(() => undefined),
    });
    const system = defineActor({
      inputs: { mailbox: input<string>({ capacity: 2 }) },
      supervises: {},
      onStart(ctx) {
        ctx.spawn('a', worker);
        ctx.spawn('slow', slow, {}, { shutdown: 'infinity' });
      },
      onStop: () => void here.trace.push('onStop'),
      on: { mailbox: () => undefined },
    });
    const { supervisor } = here.graph.supervisor('desk', {}, (desk) => {
      desk.spawn('system', system, {}, { shutdown: 200 });
    });
    here.graph.start();
    await here.sim.settle();
    news(here);
    await here.sim.runUntil(supervisor.terminate('system'));
    expect(news(here)).toBe('-desk/system/a.1:killed -desk/system/slow.1:killed -desk/system.1:killed');
    await here.sim.runUntil(supervisor.restart('system'));
    await here.sim.settle();
    expect(news(here)).toBe('+desk/system.2 +desk/system/a.2 +desk/system/slow.2');
    await endBy(here, 10);
  });

  test('is not killed with the messages that wait: refs and mailboxes outlive it, states do not', async () => {
    const here = world();
    const held = defineActor({
      inputs: { mailbox: input<string>({ capacity: 8 }) },
      state: () => ({ seen: '' }),
      on: {
        async mailbox(text, { state, effect }) {
          state.seen += text;
          if (text === 'wait') await effect('hang', () => new Promise<void>(() => undefined));
        },
      },
    });
    const seen: unknown[] = [];
    const make = (onEscalation: 'fresh' | 'preserve') =>
      defineActor({
        inputs: { mailbox: input<string>({ capacity: 8 }) },
        supervises: { onEscalation },
        onStart(ctx) {
          seen.push(ctx.spawn('held', held, {}, { showstopper: () => 'retry' }));
        },
        on: {
          mailbox() {
            throw new Error('crash');
          },
        },
      });
    const fresh = here.graph.spawn('fresh', make('fresh'));
    const kept = here.graph.spawn('kept', make('preserve'));
    here.graph.start();
    await here.sim.settle();
    for (const name of ['fresh/held', 'kept/held']) {
      await child<string>(here, name).cast('1');
      await here.sim.settle();
      await child<string>(here, name).cast('wait');
      await child<string>(here, name).cast('2');
    }
    await here.sim.settle();
    await fresh.cast('crash');
    await kept.cast('crash');
    await here.sim.advance(6_000); // in the middle of a turn they have time to end it, and then are killed
    // The message in hand is in hand again, the one behind it still waits.
    expect(here.graph.snapshot().channels.find(({ name }) => name === 'fresh/held.mailbox')?.inFlight).toBe(2);
    expect([seen[0] === seen[2], seen[1] === seen[3]]).toEqual([true, true]);
    expect([state(here, 'fresh/held'), state(here, 'kept/held')]).toEqual([{ seen: '' }, { seen: '1' }]);
    expect(here.graph.deadLetters.list().map(({ channel }) => channel)).toEqual(['fresh.mailbox', 'kept.mailbox']);
    await endBy(here, 10);
  });

  test('loses for good what its next start does not spawn again, or spawns as something else', async () => {
    const here = world();
    const held = defineActor({
      inputs: { mailbox: input<string>({ capacity: 8 }) },
      on: { mailbox: () => new Promise<void>(() => undefined) },
    });
    const refs: unknown[] = [];
    const system = here.graph.spawn(
      'system',
      defineActor({
        inputs: { mailbox: input<string>({ capacity: 8 }) },
        supervises: {},
        onStart(ctx) {
          if (ctx.regeneration === 0) ctx.spawn('once', held);
          refs.push(ctx.spawn('other', held, {}, { maxTimers: 1 + ctx.regeneration }));
        },
        on: {
          mailbox() {
            throw new Error('crash');
          },
        },
      }),
    );
    here.graph.start();
    await here.sim.settle();
    for (const name of ['system/once', 'system/other']) {
      await child<string>(here, name).cast('in hand');
      await child<string>(here, name).cast('waits');
    }
    await here.sim.settle();
    const before = child(here, 'system/once');
    await system.cast('crash');
    await here.sim.advance(11_000); // one after the other is killed when its time is over
    expect(refs[0] === refs[1]).toBe(false);
    const letters = here.graph.deadLetters.list().filter(({ channel }) => channel !== 'system.mailbox');
    expect(letters.map(({ channel, payload, reason }) => `${channel} ${String(payload)} ${reason}`)).toEqual([
      'system/once.mailbox in hand no-consumer',
      'system/once.mailbox waits no-consumer',
      'system/other.mailbox in hand no-consumer',
      'system/other.mailbox waits no-consumer',
    ]);
    expect(here.graph.whereIs('system/once')).toBeUndefined();
    expect(() => before.tryCast('late' as never)).not.toThrow();
    await end(here);
  });

  test('loses nothing of a child that it spawns as something else in a turn that is rolled back', async () => {
    const here = world();
    const got: string[] = [];
    const reader = defineActor({
      inputs: { mailbox: input<string>({ capacity: 8 }) },
      on: {
        async mailbox(text, ctx) {
          await ctx.effect('never', () => (ctx.regeneration === 0 ? new Promise(() => undefined) : Promise.resolve()));
          got.push(text);
        },
      },
    });
    const refs: ActorRef<string>[] = [];
    const system = here.graph.spawn(
      'system',
      defineActor({
        inputs: { mailbox: input<string>({ capacity: 8 }) },
        supervises: { onEscalation: 'preserve' },
        onStart(ctx) {
          const isOther = ctx.regeneration === 1;
          const ref = ctx.spawn('reader', reader, {}, { maxTimers: isOther ? 2 : 1, shutdown: 'brutal' });
          refs.push(ref);
          if (!isOther) return;
          ctx.to(ref).cast('for the other one');
          throw new Error('not this time');
        },
        on: {
          mailbox() {
            throw new Error('crash');
          },
        },
      }),
    );
    here.graph.start();
    await here.sim.settle();
    await refs[0]?.cast('in hand');
    await refs[0]?.cast('waits');
    await system.cast('crash');
    await here.sim.advance(1_000);
    expect([got, refs.map((ref) => ref === refs[0])]).toEqual([
      ['in hand', 'waits'],
      [true, false, true],
    ]);
    expect(here.graph.deadLetters.list().map(({ payload }) => payload)).toEqual(['crash']);
    expect(here.graph.snapshot().channels.map(({ name }) => name)).toEqual(['system.mailbox', 'system/reader.mailbox']);
    await end(here);
  });

  test('finds another child under an id when the turn has committed that spawns it, and what was sent to it', async () => {
    const here = world();
    const got: string[] = [];
    const reader = defineActor({
      inputs: { mailbox: input<string>({ capacity: 8 }) },
      on: {
        mailbox(text) {
          got.push(text);
        },
      },
    });
    const system = here.graph.spawn(
      'system',
      defineActor({
        inputs: { mailbox: input<string>({ capacity: 8 }) },
        supervises: {},
        onStart(ctx) {
          const ref = ctx.spawn('reader', reader, {}, { maxTimers: 1 + ctx.regeneration });
          ctx.to(ref).cast(`from ${ctx.regeneration}`);
        },
        on: {
          mailbox() {
            throw new Error('crash');
          },
        },
      }),
    );
    here.graph.start();
    await here.sim.settle();
    const before = child<string>(here, 'system/reader');
    await system.cast('crash');
    await here.sim.settle();
    const after = child<string>(here, 'system/reader');
    await after.cast('from outside');
    await here.sim.settle();
    expect([got, after === before]).toEqual([['from 0', 'from 1', 'from outside'], false]);
    await expect(before.cast('late')).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
    expect(here.graph.snapshot().channels.map(({ name }) => name)).toEqual(['system.mailbox', 'system/reader.mailbox']);
    await end(here);
  });

  test('fails with what its children had when they fail more often than they may', async () => {
    const here = world();
    here.graph.supervisor('desk', { maxRestarts: 1 }, (desk) => {
      desk.spawn('system', boss({ supervises: { maxRestarts: 1 }, trace: here.trace }));
    });
    const exits: unknown[] = [];
    here.graph.subscribe((event) => {
      if (event.kind === 'actorStopped' && event.actor === 'desk/system' && event.exit.kind === 'crashed') {
        exits.push((event.exit.error as { readonly code: string }).code);
      }
    });
    here.graph.start();
    await here.sim.settle();
    news(here);
    for (const _ of [1, 2]) {
      await child(here, 'desk/system/a').cast('crash');
      await here.sim.settle();
    }
    expect(news(here)).toBe(
      '-desk/system/a.1:crashed +desk/system/a.2 -desk/system/a.2:crashed gaveUp desk/system -desk/system/b.1:shutdown ' +
        'onStop:crashed -desk/system.1:crashed +desk/system.2 +desk/system/a.3 +desk/system/b.2',
    );
    expect(exits).toEqual(['ERR_RESTART_LIMIT']);
    for (const _ of [1, 2]) {
      await child(here, 'desk/system/a').cast('crash');
      await here.sim.settle();
    }
    // Its window started empty.
    expect(news(here)).toContain('gaveUp desk/system -desk/system/b.2:shutdown onStop:crashed -desk/system.2:crashed');
    await end(here);
  });

  test('ends as shut down when a significant child has ended', async () => {
    const here = world();
    here.graph.spawn(
      'system',
      defineActor({
        inputs: { mailbox: input<string>({ capacity: 2 }) },
        supervises: { autoShutdown: 'anySignificant' },
        onStart(ctx) {
          ctx.spawn('a', worker, {}, { restart: 'transient', significant: true });
          ctx.spawn('b', worker);
        },
        on: { mailbox: () => undefined },
      }),
      {},
      { restart: 'transient' },
    );
    here.graph.start();
    await here.sim.settle();
    news(here);
    await child(here, 'system/a').cast('exit');
    await here.sim.settle();
    expect(news(here)).toBe('-system/a.1:normal -system/b.1:shutdown -system.1:shutdown');
    await end(here);
  });

  test('fails when one that it spawns cannot start, and hears nothing of it (C1)', async () => {
    const here = world();
    const told: string[] = [];
    const broken = defineActor({
      inputs: { mailbox: input<string>({ capacity: 2 }) },
      onStart(ctx) {
        if (ctx.regeneration === 0) throw new Error('not today');
      },
      on: { mailbox: () => undefined },
    });
    here.graph.spawn(
      'system',
      defineActor({
        inputs: { mailbox: input<string>({ capacity: 2 }) },
        supervises: {},
        onStart: (ctx) => void ctx.spawn('broken', broken),
        onChildEvent: ({ kind }) => void told.push(kind),
        on: { mailbox: () => undefined },
      }),
    );
    const errors: unknown[] = [];
    here.graph.subscribe((event) => {
      if (event.kind === 'failed' && event.exit.kind === 'crashed') {
        errors.push(`${event.actor} ${(event.exit.error as { code?: string }).code ?? 'error'}`);
      }
    });
    here.graph.start();
    await here.sim.settle();
    expect(news(here)).toBe('+system.1 !system/broken.1 -system.1:crashed +system.2 +system/broken.2');
    expect(errors).toEqual(['system/broken error', 'system ERR_START_FAILED']);
    expect(told).toEqual(['started']);
    await end(here);
  });
});

describe('what turns do with children', () => {
  test('comes true when they commit, in their order', async () => {
    const here = world();
    const system = here.graph.spawn('system', boss({ children: ['a'] }));
    here.graph.start();
    await here.sim.settle();
    await system.cast({ spawn: 'c' });
    await system.cast({ stop: 'a' });
    await system.cast({ spawn: 'b' });
    await here.sim.settle();
    expect(news(here)).toBe('+system.1 +system/a.1 +system/c.1 -system/a.1:shutdown +system/b.1');
    expect(here.graph.snapshot().actors.map(({ name }) => name)).toEqual(['system', 'system/c', 'system/b']);
    await system.cast({ spawn: 'a' });
    await here.sim.settle();
    expect(news(here)).toBe('+system/a.1');
    await end(here);
  });

  test('leaves nothing when they are rolled back', async () => {
    const here = world();
    let leaked: ActorRef<Order> | undefined;
    const system = here.graph.spawn(
      'system',
      defineActor({
        inputs: { mailbox: input<string>({ capacity: 2 }) },
        supervises: {},
        on: {
          mailbox(text, ctx) {
            if (text === 'fine') ctx.spawn('a', worker);
            else {
              leaked = ctx.spawn('a', worker);
              ctx.to(leaked).cast('work');
              throw new Error(text);
            }
          },
        },
      }),
    );
    here.graph.start();
    await here.sim.settle();
    await system.cast('bad');
    await here.sim.settle();
    const { actors, channels } = here.graph.snapshot();
    expect([actors.map(({ name }) => name), channels.map(({ name }) => name)]).toEqual([
      ['system'],
      ['system.mailbox'],
    ]);
    await expect(leaked?.cast('work')).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
    await system.cast('fine');
    await here.sim.settle();
    expect(news(here)).toBe('+system.1 -system.1:crashed +system.2 +system/a.1');
    await end(here);
  });

  test('can be wired to each other and sent to at once', async () => {
    const here = world();
    const sender = defineActor({
      inputs: { mailbox: input<Order>({ capacity: 2 }) },
      outputs: { next: output<Order>() },
      on: { mailbox: (order, { outputs }) => outputs.next.send(order) },
    });
    const system = here.graph.spawn(
      'system',
      defineActor({
        inputs: { mailbox: input<'crash'>({ capacity: 2 }) },
        supervises: {},
        onStart(ctx) {
          const next = ctx.spawn('next', worker);
          ctx.to(ctx.spawn('sender', sender, { next })).cast('work');
        },
        on: {
          mailbox() {
            throw new Error('crash');
          },
        },
      }),
    );
    here.graph.start();
    await here.sim.settle();
    expect(state(here, 'system/next')).toEqual({ handled: 1 });
    await system.cast('crash');
    await here.sim.settle();
    expect(news(here)).toBe(
      '+system.1 +system/next.1 +system/sender.1 -system/sender.1:shutdown -system/next.1:shutdown -system.1:crashed ' +
        '+system.2 +system/next.2 +system/sender.2',
    );
    expect(state(here, 'system/next')).toEqual({ handled: 1 });
    await end(here);
  });

  test.each([
    ['without supervises', {}, (ctx: never) => spawnIn(ctx, 'a', worker), 'ERR_INVALID_DEFINITION'],
    [
      'twice',
      { supervises: {} },
      (ctx: never) => [spawnIn(ctx, 'a', worker), spawnIn(ctx, 'a', worker)],
      'ERR_CHILD_REFUSED',
    ],
    ['no definition', { supervises: {} }, (ctx: never) => spawnIn(ctx, 'a', {}), 'ERR_INVALID_OPTION'],
    ['no name', { supervises: {} }, (ctx: never) => spawnIn(ctx, '', worker), 'ERR_INVALID_OPTION'],
    ['a wired input', { supervises: {} }, (ctx: never) => spawnIn(ctx, 'a', worker, { mailbox: 1 }), 'ERR_WIRING'],
    [
      'an option that is none',
      { supervises: {} },
      (ctx: never) => spawnIn(ctx, 'a', worker, {}, { x: 1 }),
      'ERR_INVALID_OPTION',
    ],
    [
      'restore',
      { supervises: {} },
      (ctx: never) => spawnIn(ctx, 'a', worker, {}, { restore: {} }),
      'ERR_INVALID_OPTION',
    ],
    ['a stop of nobody', { supervises: {} }, (ctx: never) => (ctx as Loose).stopChild('a'), 'ERR_INVALID_OPTION'],
  ])('is checked at once, and poisons the turn where it is wrong: %s', async (_, parts, turn, code) => {
    const here = world();
    const errors: unknown[] = [];
    const definition = defineActor({
      inputs: { mailbox: input<string>({ capacity: 2 }) },
      ...parts,
      on: {
        mailbox(_text, ctx) {
          try {
            turn(ctx as never);
          } catch (error) {
            errors.push((error as { code: string }).code);
          }
        },
      },
    });
    const system = here.graph.spawn('system', definition);
    here.graph.start();
    await system.cast('go');
    await here.sim.settle();
    expect(errors).toEqual([code]);
    expect(here.graph.deadLetters.list()).toHaveLength(1);
    expect(here.graph.snapshot().actors).toHaveLength(1);
    await end(here);
  });

  test('sees its children in start order', async () => {
    const here = world();
    const seen: unknown[] = [];
    const system = here.graph.spawn(
      'system',
      defineActor({
        inputs: { mailbox: input<string>({ capacity: 2 }) },
        supervises: {},
        onStart(ctx) {
          ctx.spawn('b', worker);
          ctx.spawn('a', worker, {}, { restart: 'transient' });
          seen.push(ctx.children());
        },
        on: { mailbox: (_text, ctx) => void seen.push(ctx.children()) },
      }),
    );
    here.graph.start();
    await here.sim.settle();
    await child(here, 'system/a').cast('exit');
    await here.sim.settle();
    await system.cast('look');
    await here.sim.settle();
    const b = { id: 'b', name: 'system/b', kind: 'worker', status: 'running', restart: 'permanent' };
    const a = { id: 'a', name: 'system/a', kind: 'worker', status: 'stopped', restart: 'transient' };
    expect(seen).toEqual([[], [b, a]]);
    await end(here);
  });
});

interface Loose {
  spawn(...args: unknown[]): unknown;
  stopChild(child: unknown): void;
}
const spawnIn = (ctx: never, ...args: unknown[]): unknown => (ctx as Loose).spawn(...args);

describe('onChildEvent', () => {
  test('is a turn of its own, before the messages that wait, and what it answers is done', async () => {
    const here = world();
    const order: string[] = [];
    const system = here.graph.spawn(
      'system',
      defineActor({
        inputs: { mailbox: input<string>({ capacity: 8 }) },
        outputs: {},
        state: () => ({ restarts: 0 }),
        supervises: {},
        onStart: (ctx) => void ctx.spawn('a', worker),
        async onChildEvent({ kind, child: { id }, cause }, ctx) {
          await Promise.resolve();
          const why = cause instanceof Error ? cause.message : String(cause);
          order.push(`${kind} ${id} ${why}`);
          if (kind === 'failed') ctx.state.restarts += 1;
          return kind === 'failed' && ctx.state.restarts > 1 ? 'stop' : 'default';
        },
        on: {
          async mailbox(text, { effect }) {
            if (text === 'slow') {
              await effect('crash it', async () => {
                await child(here, 'system/a').cast('crash');
              });
              await effect('wait', () => new Promise((resolve) => void setTimeoutOf(here, resolve)));
            }
            order.push(text);
          },
        },
      }),
    );
    here.graph.start();
    await here.sim.settle();
    await system.cast('slow');
    await system.cast('behind');
    await here.sim.advance(100);
    // It waits for the end of the turn that is open, and for nothing else.
    expect(order.splice(0)).toEqual(['started a undefined', 'slow', 'failed a crash', 'started a undefined', 'behind']);
    expect(state(here, 'system')).toEqual({ restarts: 1 });
    await child(here, 'system/a').cast('crash');
    await here.sim.settle();
    expect(order).toEqual(['failed a crash']);
    expect(news(here)).toBe('+system.1 +system/a.1 -system/a.1:crashed +system/a.2 -system/a.2:crashed');
    await end(here);
  });

  test('fails the actor when it throws, and its supervisor hears of the actor and not of the child (C5)', async () => {
    const here = world();
    const told: string[] = [];
    here.graph.supervisor(
      'desk',
      {
        onChildEvent: ({ kind, child: { name }, cause }) => {
          told.push(`${kind} ${name} ${cause instanceof Error ? cause.message : ''}`);
          return undefined;
        },
      },
      (desk) => {
        const answer = (event: ChildEvent): undefined => {
          if (event.kind === 'failed') throw new Error('cannot cope');
          return undefined;
        };
        desk.spawn('system', boss({ answer, trace: here.trace }));
      },
    );
    here.graph.start();
    await here.sim.settle();
    news(here);
    await child(here, 'desk/system/a').cast('crash');
    await here.sim.settle();
    expect(news(here)).toBe(
      '-desk/system/a.1:crashed -desk/system/b.1:shutdown onStop:crashed -desk/system.1:crashed ' +
        '+desk/system.2 +desk/system/a.2 +desk/system/b.2',
    );
    expect(told).toEqual(['started desk/system ', 'failed desk/system cannot cope', 'started desk/system ']);
    await end(here);
  });

  test.each<[string, unknown, string]>([
    ['restart', { restart: { delayMs: 50 } }, '-system/a.1:crashed +system/a.2'],
    ['stop', 'stop', '-system/a.1:crashed'],
    ['resume', 'resume', '-system/a.1:crashed'],
    [
      'escalate',
      'escalate',
      '-system/a.1:crashed gaveUp system -system/b.1:shutdown onStop:crashed -system.1:crashed +system.2 +system/a.2 +system/b.2',
    ],
    [
      'nonsense',
      'nonsense',
      '-system/a.1:crashed -system/b.1:shutdown onStop:crashed -system.1:crashed +system.2 +system/a.2 +system/b.2',
    ],
  ])('may answer: %s', async (_, answered, expected) => {
    const here = world();
    const answer = (event: ChildEvent) =>
      event.kind === 'failed' && event.regeneration === 0 ? (answered as ChildEventAnswer) : undefined;
    here.graph.spawn('system', boss({ answer, trace: here.trace }));
    here.graph.start();
    await here.sim.settle();
    news(here);
    await child(here, 'system/a').cast('crash');
    await here.sim.advance(100);
    expect(news(here)).toBe(expected);
    await end(here);
  });

  test('can spawn, exit, and be killed in the middle', async () => {
    const here = world();
    const system = here.graph.spawn(
      'system',
      defineActor({
        inputs: { mailbox: input<string>({ capacity: 8 }) },
        supervises: {},
        onStart: (ctx) => void ctx.spawn('a', worker, {}, { restart: 'temporary' }),
        async onChildEvent({ kind, child: { id } }, ctx) {
          if (kind !== 'failed') return;
          if (id === 'a') ctx.spawn('b', worker, {}, { restart: 'temporary' });
          else if (ctx.regeneration === 0) await new Promise<void>(() => undefined);
          else ctx.exit();
        },
        on: { mailbox: () => undefined },
      }),
      {},
      { restart: 'transient' },
    );
    here.graph.start();
    await here.sim.settle();
    await child(here, 'system/a').cast('crash');
    await here.sim.settle();
    expect(news(here)).toBe('+system.1 +system/a.1 -system/a.1:crashed +system/b.1');
    await child(here, 'system/b').cast('crash');
    await here.sim.settle();
    system.kill();
    await here.sim.settle();
    expect(news(here)).toBe('-system/b.1:crashed -system.1:killed +system.2 +system/a.1');
    await child(here, 'system/a').cast('crash');
    await here.sim.settle();
    await child(here, 'system/b').cast('crash');
    await here.sim.settle();
    expect(news(here)).toBe('-system/a.1:crashed +system/b.1 -system/b.1:crashed -system.2:normal');
    await end(here);
  });

  test('is no deadlock when the turn that is open waits for room at the child: then the rules decide', async () => {
    const here = world();
    const told: string[] = [];
    const system = here.graph.spawn(
      'system',
      defineActor({
        inputs: { mailbox: input<number>({ capacity: 8 }) },
        state: () => ({ a: undefined as ActorRef<Order> | undefined }),
        supervises: {},
        onStart(ctx) {
          ctx.state.a = ctx.spawn('a', worker);
        },
        onChildEvent({ kind }) {
          told.push(kind);
          return kind === 'failed' ? 'stop' : 'default';
        },
        on: {
          async mailbox(count, { state: { a }, effect, to }) {
            await effect('wait', () => new Promise((resolve) => void setTimeoutOf(here, resolve)));
            for (let n = 0; a !== undefined && n < count; n += 1) to(a).cast('work');
          },
        },
      }),
    );
    here.graph.start();
    await here.sim.settle();
    await system.cast(8);
    const a = child(here, 'system/a');
    await a.cast('crash');
    for (let n = 0; n < 7; n += 1) await a.cast('work');
    await here.sim.advance(100);
    expect(news(here)).toBe('+system.1 +system/a.1 -system/a.1:crashed +system/a.2');
    expect(told).toEqual(['started', 'failed', 'started']);
    expect(state(here, 'system/a')).toEqual({ handled: 15 });
    await end(here);
  });

  test('decides, even if what it has staged for that child waits for room', async () => {
    const here = world();
    here.graph.spawn(
      'system',
      defineActor({
        inputs: { mailbox: input<number>({ capacity: 8 }) },
        state: () => ({ a: undefined as ActorRef<Order> | undefined }),
        supervises: {},
        onStart(ctx) {
          ctx.state.a = ctx.spawn('a', worker);
        },
        onChildEvent({ kind }, { state: { a }, to }) {
          if (a !== undefined && kind === 'failed') for (let n = 0; n < 8; n += 1) to(a).cast('work');
          return kind === 'failed' ? { restart: { delayMs: 20 } } : 'default';
        },
        on: { mailbox: () => undefined },
      }),
    );
    here.graph.start();
    await here.sim.settle();
    const a = child(here, 'system/a');
    await a.cast('crash');
    for (let n = 0; n < 7; n += 1) await a.cast('work');
    await here.sim.advance(15);
    expect(state(here, 'system/a')).toEqual({ handled: 0 });
    await here.sim.advance(15);
    expect(state(here, 'system/a')).toEqual({ handled: 15 });
    await end(here);
  });
});

describe('a graph that stops', () => {
  test('has an owner work off its mailbox, then its children theirs, then the owner end', async () => {
    const here = world();
    const seen: string[] = [];
    const leaf = defineActor({
      inputs: { mailbox: input<string>({ capacity: 2 }) },
      on: { mailbox: (text) => void seen.push(text) },
      onStop: () => void seen.push('leaf ends'),
    });
    const system = here.graph.spawn(
      'system',
      defineActor({
        inputs: { mailbox: input<string>({ capacity: 8 }) },
        state: () => ({ leaf: undefined as ActorRef<string> | undefined }),
        supervises: {},
        onStart(ctx) {
          ctx.state.leaf = ctx.spawn('leaf', leaf);
        },
        onStop: () => void seen.push('system ends'),
        on: {
          mailbox(text, ctx) {
            if (ctx.state.leaf !== undefined) ctx.to(ctx.state.leaf).cast(text);
          },
        },
      }),
    );
    here.graph.start();
    await here.sim.settle();
    for (const text of ['1', '2', '3', '4', '5']) await system.cast(text);
    await end(here);
    expect(seen).toEqual(['1', '2', '3', '4', '5', 'leaf ends', 'system ends']);
    expect(here.graph.deadLetters.list()).toEqual([]);
  });

  test('has owners of owners do the same', async () => {
    const here = world();
    const inner = boss({ children: ['x'], trace: here.trace });
    const outer = defineActor({
      inputs: { mailbox: input<string>({ capacity: 8 }) },
      supervises: {},
      onStart: (ctx) => void ctx.spawn('inner', inner),
      on: { mailbox: () => undefined },
    });
    here.graph.spawn('outer', outer);
    here.graph.start();
    await here.sim.settle();
    expect(news(here)).toBe('+outer.1 +outer/inner.1 +outer/inner/x.1');
    await end(here);
    expect(news(here)).toBe('-outer/inner/x.1:completed onStop:completed -outer/inner.1:completed -outer.1:completed');
  });

  test('still restarts what fails, and does not wait for it', async () => {
    const here = world();
    const system = here.graph.spawn('system', boss({ trace: here.trace }));
    here.graph.start();
    await here.sim.settle();
    news(here);
    await system.cast('crash');
    await system.cast({ spawn: 'late' });
    await end(here);
    expect(news(here)).toBe(
      '-system/b.1:shutdown -system/a.1:shutdown onStop:crashed -system.1:crashed +system.2 +system/a.2 +system/b.2 ' +
        '+system/late.1 -system/late.1:completed -system/b.2:completed -system/a.2:completed onStop:completed ' +
        '-system.2:completed',
    );
  });
});

describe('ten thousand restarts', () => {
  test('of an actor with children leave nothing behind', async () => {
    const here = world({ actorDefaults: { showstopperAfter: 1, maxRestarts: Infinity } });
    here.graph.deadLetters.subscribe(() => void here.graph.deadLetters.discard(() => true));
    const system = here.graph.spawn('system', boss());
    here.graph.start();
    await here.sim.settle();
    const ref = child(here, 'system/a');
    for (let n = 0; n < 10_000; n += 1) {
      await system.cast('crash');
      await here.sim.settle();
      here.trace.length = Math.min(here.trace.length, 10);
    }
    const { actors, channels } = here.graph.snapshot();
    expect(actors.map(({ name }) => name)).toEqual(['system', 'system/a', 'system/b']);
    expect(channels).toHaveLength(2); // nobody has written to b
    expect(actors.slice(0, 2).map(({ regeneration }) => regeneration)).toEqual([10_000, 10_000]);
    expect(child(here, 'system/a') === ref).toBe(true);
    await end(here);
  }, 60_000);
});

describe('a definition that supervises', () => {
  test.each([
    [{ source: () => 'done' }, 'supervises belongs to handler style'],
    [{ run: () => undefined }, 'supervises belongs to handler style'],
  ])('is one of handlers', (style, text) => {
    expect(() => defineActor({ ...(style as { run: () => void }), supervises: {} } as never)).toThrow(text);
  });

  test('has functions and options that fit', () => {
    const shared = { inputs: { mailbox: input<string>({ capacity: 1 }) }, on: { mailbox: () => undefined } };
    expect(() => defineActor({ ...shared, onChildEvent: () => undefined })).toThrow('say how it supervises');
    expect(() => defineActor({ ...shared, supervises: {}, onChildEvent: 1 as never })).toThrow('must be a function');
    const graph = new Graph({ name: 'checks', ports: new Simulation().ports, logLevel: 'silent' });
    const wrong = defineActor({ ...shared, supervises: { maxRestarts: -1 } });
    expect(() => graph.spawn('wrong', wrong)).toThrow('maxRestarts');
    const unknown = defineActor({ ...shared, supervises: { onChildEvent: () => undefined } as OwnerOptions });
    expect(() => graph.spawn('wrong', unknown)).toThrow('onChildEvent');
    expect(graph.snapshot().actors).toEqual([]);
  });
});

function setTimeoutOf({ sim }: World, callback: (value: unknown) => void): void {
  const { clock } = sim.ports;
  clock.setTimer(clock.nowMs() + 50, () => callback(undefined));
}
