/** Another definition that stands in for an actor that keeps failing, and one that takes its place for good. */
import { describe, expect, test } from 'vitest';
import {
  type ActorRef,
  args,
  type ChildEvent,
  type ChildEventAnswer,
  type ChildPolicies,
  defineActor,
  fallbackTo,
  Graph,
  input,
  output,
  replacement,
  table,
} from '../../src/index.ts';
import { Simulation } from '../../src/testing/index.ts';

type Quote = 'quote' | 'crash' | 'poison' | 'timer';

/** What the actor itself is to do, changed by the test. */
interface Exchange {
  isDown: boolean;
  readonly said: string[];
}

const ports = {
  inputs: { mailbox: input<Quote>({ capacity: 8 }) },
  outputs: { quotes: output<string>() },
};

/** Connects when it starts. */
const feedOf = (exchange: Exchange) =>
  defineActor({
    ...ports,
    state: () => ({ quotes: 0 }),
    tables: { seen: table<string, number>() },
    onStart({ regeneration }) {
      exchange.said.push(`feed ${regeneration}`);
      if (exchange.isDown) throw new Error('no connection');
    },
    onRestart(_ctx, exit) {
      exchange.said.push(`after ${exit.kind}`);
    },
    on: {
      mailbox(quote, { state, tables, outputs, timers }) {
        if (quote === 'crash' || quote === 'poison') throw new Error(quote);
        state.quotes += 1;
        tables.seen.set('feed', state.quotes);
        if (quote === 'timer') timers.every('tick', 100, 'quote');
        outputs.quotes.send(`feed ${state.quotes}`);
      },
    },
  });

const backupOf = (exchange: Exchange) =>
  defineActor({
    ...ports,
    args: args<string>(),
    state: (source) => ({ from: source, count: 0 }),
    onStart({ regeneration }) {
      exchange.said.push(`backup ${regeneration}`);
    },
    on: {
      mailbox(quote, { state, outputs }) {
        if (quote === 'crash') throw new Error(quote);
        state.count += 1;
        outputs.quotes.send(`${state.from} ${state.count}`);
      },
    },
  });

interface World {
  readonly sim: Simulation;
  readonly graph: Graph;
  readonly feed: ActorRef<Quote>;
  readonly exchange: Exchange;
  /** What came out of it. */
  readonly quotes: string[];
  /** The changes of the fallback. */
  readonly changes: string[];
}

interface Plan extends Omit<ChildPolicies, 'fallback' | 'breaker'> {
  readonly after?: number;
  readonly returnAfterMs?: number;
  readonly showstopperAfter?: number;
  readonly stateOnRestart?: 'preserve' | 'reset';
  readonly isDown?: boolean;
  readonly decide?: (event: ChildEvent) => ChildEventAnswer | undefined;
}

async function grow(plan: Plan = {}): Promise<World> {
  const { after = 3, returnAfterMs = 60_000, showstopperAfter = 1, stateOnRestart = 'preserve', decide } = plan;
  const sim = new Simulation();
  const graph = new Graph({ name: 'desk', ports: sim.ports, logLevel: 'silent' });
  const exchange: Exchange = { isDown: false, said: [] };
  const changes: string[] = [];
  graph.subscribe((event) => {
    if (event.kind === 'fallback') changes.push(event.isOn ? 'on' : 'off');
    if (event.kind === 'replaced') changes.push('replaced');
  });
  const quotes = graph.channel<string>('quotes', { capacity: 100 });
  const taken: string[] = [];
  graph.sink('out', quotes, (quote) => void taken.push(quote));
  const { feed } = graph.supervisor('desk', { maxRestarts: 50, ...(decide && { onChildEvent: decide }) }, (desk) => ({
    feed: desk.spawn(
      'feed',
      feedOf(exchange),
      { quotes },
      {
        fallback: fallbackTo(backupOf(exchange), { after, returnAfterMs, args: 'backup' }),
        showstopperAfter,
        stateOnRestart,
      },
    ),
  }));
  graph.start();
  await sim.settle();
  return { sim, graph, feed, exchange, quotes: taken, changes };
}

async function send({ sim, feed }: World, ...quotes: readonly Quote[]): Promise<void> {
  for (const quote of quotes) await feed.cast(quote);
  await sim.settle();
}

const feedNow = ({ graph }: World) => graph.snapshot().actors.find(({ name }) => name === 'desk/feed');

async function end({ sim, graph }: World): Promise<void> {
  graph.requestShutdown();
  await sim.runUntil(graph.stopped());
}

describe('B11: a fallback', () => {
  test('takes over after three failed attempts to connect, and one event tells it; the fourth start is its own', async () => {
    const world = await grow();
    world.exchange.isDown = true;
    await send(world, 'quote', 'crash');
    await world.sim.advance(0);
    expect([world.exchange.said, world.changes]).toEqual([
      ['feed 0', 'after crashed', 'feed 1', 'after crashed', 'feed 2', 'backup 3'],
      ['on'],
    ]);
    await send(world, 'quote', 'quote');
    expect(world.quotes).toEqual(['feed 1', 'backup 1', 'backup 2']);
    expect(feedNow(world)).toMatchObject({ isFallback: true, state: { from: 'backup', count: 2 }, restarts: 3 });
    await end(world);
  });

  test('gives way again after its time, and each finds what it had committed; refs and mailbox are those of both', async () => {
    const world = await grow({ after: 1, returnAfterMs: 1_000 });
    await send(world, 'quote', 'quote', 'crash', 'quote');
    await world.sim.advance(1_000);
    expect(world.changes).toEqual(['on', 'off']);
    expect(feedNow(world)).toMatchObject({
      isFallback: false,
      state: { quotes: 2 },
      tables: { seen: [['feed', 2]] },
      turns: 3,
    });
    await send(world, 'quote', 'crash', 'quote');
    expect(world.quotes).toEqual(['feed 1', 'feed 2', 'backup 1', 'feed 3', 'backup 2']);
    expect(world.changes).toEqual(['on', 'off', 'on']);
    await end(world);
  });

  test('begins afresh each time, as the actor does, where restarts reset the state', async () => {
    const world = await grow({ after: 1, returnAfterMs: 1_000, stateOnRestart: 'reset' });
    await send(world, 'quote', 'crash', 'quote');
    await world.sim.advance(1_000);
    await send(world, 'quote', 'crash', 'quote');
    expect(world.quotes).toEqual(['feed 1', 'backup 1', 'feed 1', 'backup 1']);
    await end(world);
  });

  test('gets the message at fault before it becomes a dead letter: further attempts count', async () => {
    const world = await grow({ after: 2, showstopperAfter: 3 });
    await send(world, 'poison', 'quote');
    await world.sim.advance(1_000);
    expect(world.quotes).toEqual(['backup 1', 'backup 2']);
    expect(world.graph.deadLetters.list()).toEqual([]);
    await end(world);
  });

  test('gives way to the actor as that was committed: what its last turn did is undone', async () => {
    const sim = new Simulation();
    const graph = new Graph({ name: 'g', ports: sim.ports, logLevel: 'silent' });
    const counter = defineActor({
      inputs: { mailbox: input<string>({ capacity: 4 }) },
      state: () => ({ count: 0 }),
      on: {
        mailbox(text, { state }) {
          state.count += 1;
          if (text === 'crash') throw new Error(text);
        },
      },
    });
    const fallback = fallbackTo(counter, { after: 1, returnAfterMs: 100 });
    const ref = graph.spawn('a', counter, {}, { fallback, showstopperAfter: 1 });
    graph.start();
    await ref.cast('crash');
    await sim.advance(100);
    await ref.cast('fine');
    await sim.settle();
    expect(graph.snapshot().actors[0]).toMatchObject({ isFallback: false, regeneration: 2, state: { count: 1 } });
    graph.requestShutdown();
    await sim.runUntil(graph.stopped());
  });

  test('has failures of its own: they restart it, and take nothing back', async () => {
    const world = await grow({ after: 1 });
    await send(world, 'crash', 'quote', 'crash', 'quote');
    expect([world.quotes, world.changes]).toEqual([['backup 1', 'backup 2'], ['on']]);
    expect(world.exchange.said).toEqual(['feed 0', 'backup 1', 'backup 2']);
    await end(world);
  });

  test('is not bothered by timers that the actor has set', async () => {
    const world = await grow({ after: 1, returnAfterMs: 500 });
    await send(world, 'timer');
    await world.sim.advance(100);
    await send(world, 'crash');
    await world.sim.advance(1_000);
    expect(world.quotes).toEqual(['feed 1', 'feed 2']);
    await end(world);
  });

  test('takes over from an actor that is killed in its sleep', async () => {
    const sim = new Simulation();
    const graph = new Graph({ name: 'g', ports: sim.ports, logLevel: 'silent' });
    const got: string[] = [];
    const named = (name: string) =>
      defineActor({
        inputs: { mailbox: input<string>({ capacity: 4 }) },
        on: { mailbox: (text) => void got.push(`${name} ${text}`) },
      });
    const ref = graph.spawn('a', named('itself'), {}, { fallback: fallbackTo(named('other'), { after: 1 }) });
    graph.start();
    await sim.settle();
    ref.kill();
    await sim.settle();
    await ref.cast('one');
    await sim.settle();
    expect(got).toEqual(['other one']);
    graph.requestShutdown();
    await sim.runUntil(graph.stopped());
  });

  test('takes over from an actor that hibernates, and gives it back as it was', async () => {
    const sim = new Simulation();
    const graph = new Graph({ name: 'g', ports: sim.ports, logLevel: 'silent' });
    const got: string[] = [];
    const named = (name: string) =>
      defineActor({
        inputs: { mailbox: input<string>({ capacity: 4 }) },
        state: () => ({ count: 0 }),
        on: {
          mailbox(text, { state, regeneration }) {
            state.count += 1;
            got.push(`${name}.${regeneration} ${text} ${state.count}`);
          },
        },
      });
    const fallback = fallbackTo(named('other'), { after: 1, returnAfterMs: 1_000 });
    const ref = graph.spawn('a', named('itself'), {}, { fallback });
    const crowd = Array.from({ length: 1_000 }, (_, index) => graph.spawn(`c${index}`, named('crowd')));
    const callAll = async (): Promise<void> => {
      for (const member of crowd) await member.cast('x');
      await sim.settle();
      got.splice(0);
    };
    graph.start();
    await ref.cast('one');
    await callAll();
    ref.kill();
    await sim.settle();
    await ref.cast('two');
    await sim.settle();
    expect(got).toEqual(['other.1 two 1']);
    await callAll();
    await sim.advance(1_000);
    await callAll();
    await ref.cast('three');
    await sim.settle();
    expect(got).toEqual(['itself.2 three 2']);
    graph.requestShutdown();
    await sim.runUntil(graph.stopped());
  });

  test('stays where it is while the graph stops, and works off what waits', async () => {
    const world = await grow({ after: 1, returnAfterMs: 1_000 });
    await send(world, 'crash');
    for (const quote of ['quote', 'quote', 'quote'] as const) await world.feed.cast(quote);
    await end(world);
    expect([world.quotes, world.changes]).toEqual([['backup 1', 'backup 2', 'backup 3'], ['on']]);
  });

  test('is forgotten when the supervisor begins anew, with all that it had', async () => {
    const decide = ({ exit }: ChildEvent): ChildEventAnswer | undefined =>
      exit?.kind === 'killed' ? 'escalate' : undefined;
    const world = await grow({ after: 1, decide });
    await send(world, 'quote', 'crash', 'quote');
    world.feed.kill();
    await send(world, 'quote', 'crash', 'quote');
    expect(world.quotes).toEqual(['feed 1', 'backup 1', 'feed 1', 'backup 1']);
    await end(world);
  });

  test('may be that of a loop, and of an actor whose inputs are wired', async () => {
    const sim = new Simulation();
    const graph = new Graph({ name: 'g', ports: sim.ports, logLevel: 'silent' });
    const lines = graph.channel<string>('lines', { capacity: 4 });
    const got: string[] = [];
    const itself = defineActor({
      inputs: { lines: input<string>() },
      async run({ inputs, next }) {
        for (;;) {
          if ((await next(inputs.lines.avail(1))).kind !== 'ready') return;
          const line = inputs.lines.take();
          if (line === 'crash') throw new Error('crash');
          got.push(`itself ${line}`);
        }
      },
    });
    const other = defineActor({
      inputs: { lines: input<string>() },
      on: { lines: (line) => void got.push(`other ${line}`) },
    });
    const fallback = fallbackTo(other, { after: 1, returnAfterMs: 100 });
    graph.actor('reader', itself, { lines }, { fallback, showstopperAfter: 1 });
    graph.start();
    await lines.send('a');
    await lines.send('crash');
    await sim.settle();
    await lines.send('b');
    await lines.send('c');
    await sim.settle();
    await sim.advance(100);
    await lines.send('d');
    await sim.settle();
    expect(got).toEqual(['itself a', 'other b', 'other c', 'itself d']);
    graph.requestShutdown();
    await sim.runUntil(graph.stopped());
  });

  test('of an owner has its children gone for good, with what waits for them as dead letters', async () => {
    const sim = new Simulation();
    const graph = new Graph({ name: 'g', ports: sim.ports, logLevel: 'silent' });
    const slow = defineActor({
      inputs: { mailbox: input<string>({ capacity: 4 }) },
      on: { mailbox: () => new Promise<void>(() => undefined) },
    });
    const owner = defineActor({
      inputs: { mailbox: input<string>({ capacity: 4 }) },
      supervises: {},
      onStart: (ctx) => void ctx.spawn('child', slow, {}, { shutdown: 'brutal' }),
      on: {
        mailbox() {
          throw new Error('crash');
        },
      },
    });
    const other = defineActor({
      inputs: { mailbox: input<string>({ capacity: 4 }) },
      on: { mailbox: () => undefined },
    });
    const ref = graph.spawn(
      'owner',
      owner,
      {},
      { fallback: fallbackTo(other, { after: 1, returnAfterMs: 100 }), showstopperAfter: 1 },
    );
    graph.start();
    await sim.settle();
    await graph.whereIs<string>('owner/child')?.cast('waits');
    await ref.cast('crash');
    await sim.settle();
    expect(graph.deadLetters.list().map(({ payload }) => payload)).toEqual(['crash', 'waits']);
    expect(graph.whereIs('owner/child')).toBeUndefined();
    await sim.advance(100);
    expect(graph.whereIs('owner/child')).toBeDefined();
    graph.requestShutdown();
    await sim.runUntil(graph.stopped());
  });

  test('has the ports of the actor, takes its arguments, and owns no children', () => {
    const graph = new Graph({ name: 'g', ports: new Simulation().ports, logLevel: 'silent' });
    const itself = defineActor({
      inputs: { mailbox: input<string>({ capacity: 4 }) },
      on: { mailbox: () => undefined },
    });
    const otherPorts = defineActor({
      inputs: { mailbox: input<string>({ capacity: 5 }) },
      on: { mailbox: () => undefined },
    });
    const owner = defineActor({
      inputs: { mailbox: input<string>({ capacity: 4 }) },
      supervises: {},
      on: { mailbox: () => undefined },
    });
    const placed = (fallback: unknown) => () => graph.spawn('a', itself, {}, { fallback } as never);
    expect(placed(fallbackTo(otherPorts, { after: 1 }))).toThrow(
      'fallback of actor "a" must be with the same inputs as the actor',
    );
    expect(placed(fallbackTo(owner, { after: 1 }))).toThrow(
      'fallback of actor "a" must be of an actor without children',
    );
    expect(placed({ definition: otherPorts, after: 1 })).toThrow('fallback of actor "a" must be made by fallbackTo');
    expect(placed(fallbackTo(itself, { after: 0 }))).toThrow('fallback.after must be');
    expect(placed(fallbackTo(itself, { after: 1, returnAfterMs: 0 }))).toThrow('fallback.returnAfterMs must be');
    expect(() => fallbackTo({} as never, { after: 1 })).toThrow('made by defineActor');
    expect(() => fallbackTo(itself, { afer: 1 } as never)).toThrow('afer');
    expect(() => fallbackTo(itself, 3 as never)).toThrow('an object');
    expect(graph.snapshot().actors).toEqual([]);
  });
});

describe('a replacement', () => {
  const replaceBy = (exchange: Exchange): ((event: ChildEvent) => ChildEventAnswer | undefined) => {
    return ({ kind }) =>
      kind === 'failed'
        ? { replace: replacement(backupOf(exchange), { args: 'other', showstopperAfter: 2 }) }
        : undefined;
  };

  test('takes the place of a child for good, with the options of the child and those of its own', async () => {
    const exchange: Exchange = { isDown: false, said: [] };
    const world = await grow({ decide: replaceBy(exchange), showstopperAfter: 1 });
    await send(world, 'quote', 'crash', 'quote', 'quote');
    await world.sim.advance(60_000);
    expect([world.quotes, world.changes]).toEqual([['feed 1', 'other 1', 'other 2'], ['replaced']]);
    expect(feedNow(world)).toMatchObject({ isFallback: false, state: { from: 'other', count: 2 }, restarts: 1 });
    await send(world, 'crash');
    await world.sim.advance(1_000);
    expect(world.graph.deadLetters.list()).toMatchObject([
      { payload: 'crash', attempts: 1 },
      { payload: 'crash', attempts: 2 },
    ]);
    await end(world);
  });

  test('gives way to what the supervisor was built with when that begins anew', async () => {
    const exchange: Exchange = { isDown: false, said: [] };
    let failures = 0;
    const decide = ({ kind }: ChildEvent): ChildEventAnswer | undefined => {
      if (kind !== 'failed') return undefined;
      failures += 1;
      return failures === 1 ? { replace: replacement(backupOf(exchange), { args: 'other' }) } : 'escalate';
    };
    const world = await grow({ decide });
    await send(world, 'quote', 'crash', 'quote', 'crash', 'quote');
    expect(world.quotes).toEqual(['feed 1', 'other 1', 'feed 1']);
    await end(world);
  });

  test('that does not fit is a failure of the policy, and so is one of a supervisor', async () => {
    const other = defineActor({
      inputs: { mailbox: input<number>({ capacity: 1 }) },
      on: { mailbox: () => undefined },
    });
    const world = await grow({
      decide: ({ kind }) => (kind === 'failed' ? { replace: replacement(other) } : undefined),
    });
    const failed: unknown[] = [];
    world.graph.subscribe((event) => {
      if (event.kind === 'gaveUp') failed.push(event.error.message);
    });
    await send(world, 'crash');
    expect(failed).toEqual([expect.stringContaining('with the same inputs as the actor')]);
    await end(world).catch(() => undefined);
  });
});
