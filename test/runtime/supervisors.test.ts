/** Trees of supervisors in real graphs: that what the rules decide happens to actors, their states and their messages. */
import { describe, expect, test } from 'vitest';
import {
  type ActorRef,
  defineActor,
  type DeadLetter,
  Graph,
  type GraphOptions,
  input,
  output,
  type SupervisorBuilder,
} from '../../src/index.ts';
import { Simulation } from '../../src/testing/index.ts';
import { type Order, traceOf, worker } from './tree-world.ts';
import { type Outcome, watch } from './world.ts';

interface Grown {
  readonly sim: Simulation;
  readonly graph: Graph;
  /** `+a.2` started, `-a.1:crashed` ended. */
  readonly trace: string[];
}

function grow(options: Partial<GraphOptions> = {}): Grown {
  const sim = new Simulation();
  const actorDefaults = { showstopperAfter: 1 };
  const graph = new Graph({ name: 'tree', ports: sim.ports, logLevel: 'silent', actorDefaults, ...options });
  const trace = traceOf(graph);
  graph.subscribe((event) => {
    if (event.kind === 'startFailed') trace.push(`!${event.actor}.${event.regeneration + 1}`);
  });
  return { sim, graph, trace };
}

/** What has happened since the last look. */
function news({ trace }: Grown): string {
  return trace.splice(0).join(' ');
}

const state = ({ graph }: Grown, name: string): unknown =>
  graph.snapshot().actors.find((actor) => actor.name === name)?.state;
const letters = ({ graph }: Grown): readonly Pick<DeadLetter, 'payload' | 'reason' | 'channel'>[] =>
  graph.deadLetters.list().map(({ payload, reason, channel }) => ({ payload, reason, channel }));

describe('a tree', () => {
  test('starts from the left, restarts by its strategies and stops from the right, to any depth', async () => {
    const world = grow();
    const desk = world.graph.supervisor('desk', { strategy: 'oneForAll' }, (builder) => {
      const a = builder.spawn('a', worker);
      const b = builder.spawn('b', worker);
      const inner = builder.supervisor('inner', {}, (deep) => ({ c: deep.spawn('c', worker) }));
      return { a, b, c: inner.c };
    });
    world.graph.start();
    await world.sim.settle();
    expect(news(world)).toBe('+desk.1 +desk/a.1 +desk/b.1 +desk/inner.1 +desk/inner/c.1');
    await desk.c.cast('crash');
    await world.sim.settle();
    expect(news(world)).toBe('-desk/inner/c.1:crashed +desk/inner/c.2');
    await desk.b.cast('crash');
    await world.sim.settle();
    expect(news(world)).toBe(
      '-desk/b.1:crashed -desk/inner/c.2:shutdown -desk/inner.1:shutdown -desk/a.1:shutdown ' +
        '+desk/a.2 +desk/b.2 +desk/inner.2 +desk/inner/c.3',
    );
    await desk.supervisor.stop();
    await world.sim.settle();
    expect(news(world)).toBe(
      '-desk/inner/c.3:shutdown -desk/inner.2:shutdown -desk/b.2:shutdown -desk/a.2:shutdown -desk.1:shutdown',
    );
    world.graph.requestShutdown();
    await world.sim.runUntil(world.graph.stopped());
  });

  test('two that fail in one moment are two that their supervisor finds dead', async () => {
    const world = grow();
    const { a, c } = world.graph.supervisor('s', { strategy: 'oneForAll', maxRestarts: 1 }, (builder) => ({
      a: builder.spawn('a', worker),
      b: builder.spawn('b', worker),
      c: builder.spawn('c', worker),
    }));
    world.graph.start();
    await world.sim.settle();
    news(world);
    a.tryCast('crash');
    c.tryCast('crash');
    await world.sim.settle();
    expect(news(world)).toBe('-s/a.1:crashed -s/c.1:crashed -s/b.1:shutdown +s/a.2 +s/b.2 +s/c.2');
  });

  test('gives up upwards, with the cause, and the graph stops in the end', async () => {
    const world = grow();
    const { a } = world.graph.supervisor('outer', { maxRestarts: 0 }, (builder) =>
      builder.supervisor('inner', { maxRestarts: 0 }, (deep) => ({
        a: deep.spawn('a', worker),
        b: deep.spawn('b', worker),
      })),
    );
    world.graph.start();
    await world.sim.settle();
    news(world);
    const gaveUp: string[] = [];
    world.graph.subscribe((event) => {
      if (event.kind === 'gaveUp') gaveUp.push(`${event.supervisor} because of ${event.child}`);
    });
    a.tryCast('crash');
    const stopped = world.graph.stopped().catch((error: unknown) => error);
    await world.sim.settle();
    // The root has no limit for its children together, so it has restarted the outer supervisor.
    expect(news(world)).toBe(
      '-outer/inner/a.1:crashed -outer/inner/b.1:shutdown -outer/inner.1:shutdown -outer.1:shutdown ' +
        '+outer.2 +outer/inner.2 +outer/inner/a.2 +outer/inner/b.2',
    );
    expect(gaveUp).toEqual(['outer/inner because of outer/inner/a', 'outer because of outer/inner']);
    world.graph.requestShutdown();
    expect(await world.sim.runUntil(stopped)).toBeUndefined();
  });

  test('whose root restarts a branch in vain stops the graph, with the actor with which it began', async () => {
    const world = grow();
    const { a } = world.graph.supervisor('branch', { maxRestarts: 0 }, (builder) => ({
      a: builder.spawn('a', worker),
    }));
    world.graph.start();
    const stopped = world.graph.stopped().catch((error: unknown) => error);
    for (let crash = 0; crash < 6; crash += 1) {
      a.tryCast('crash');
      await world.sim.settle();
    }
    expect(await world.sim.runUntil(stopped)).toMatchObject({
      code: 'ERR_RESTART_LIMIT',
      details: { actor: 'branch/a', maxRestarts: 5 },
      cause: { message: 'crash' },
      message: expect.stringContaining(
        'supervisor "branch" failed more often than its limit of 5 restarts in 10000 ms allows; it began with "branch/a"',
      ),
    });
  });

  test('whose builder throws leaves nothing behind, and neither does a name that is taken', () => {
    const { graph } = grow();
    const build = (): unknown =>
      graph.supervisor('desk', {}, (builder) => {
        builder.spawn('a', worker);
        builder.supervisor('inner', {}, (deep) => deep.spawn('b', worker));
        throw new Error('no');
      });
    expect(build).toThrow('no');
    expect(graph.snapshot().actors).toEqual([]);
    const built = graph.supervisor('desk', {}, (builder) => ({ a: builder.spawn('a', worker), builder }));
    expect(() => graph.spawn('desk', worker)).toThrow(expect.objectContaining({ code: 'ERR_DUPLICATE_NAME' }));
    expect(() => graph.spawn('desk/a', worker)).toThrow(expect.objectContaining({ code: 'ERR_DUPLICATE_NAME' }));
    expect(() => built.builder.spawn('late', worker)).toThrow(expect.objectContaining({ code: 'ERR_GRAPH_STATUS' }));
    expect(graph.whereIs('desk/a')).toBe(built.a);
    expect(graph.whereIs('desk/late')).toBeUndefined();
  });
});

describe('a child', () => {
  test('keeps its state and its mailbox over a restart of its own, and begins fresh when its supervisor is restarted', async () => {
    const world = grow();
    const { a } = world.graph.supervisor('s', { maxRestarts: 1 }, (builder) => ({ a: builder.spawn('a', worker) }));
    world.graph.start();
    for (const order of ['work', 'crash', 'work'] as const) a.tryCast(order);
    await world.sim.settle();
    expect(state(world, 's/a')).toEqual({ handled: 2 });
    for (const order of ['crash', 'work'] as const) a.tryCast(order);
    await world.sim.settle();
    expect(state(world, 's/a')).toEqual({ handled: 1 });
    expect(news(world)).toBe('+s.1 +s/a.1 -s/a.1:crashed +s/a.2 -s/a.2:crashed -s.1:shutdown +s.2 +s/a.3');
  });

  test('begins fresh after each failure with stateOnRestart: reset, and without its messages with mailboxOnRestart: deadLetters', async () => {
    const world = grow();
    const options = { stateOnRestart: 'reset', mailboxOnRestart: 'deadLetters' } as const;
    const { a } = world.graph.supervisor('s', {}, (builder) => ({ a: builder.spawn('a', worker, {}, options) }));
    world.graph.start();
    for (const order of ['work', 'crash', 'work', 'work'] as const) a.tryCast(order);
    await world.sim.settle();
    expect(state(world, 's/a')).toEqual({ handled: 0 });
    expect(letters(world)).toEqual([
      { payload: 'crash', reason: 'showstopper', channel: 's/a.mailbox' },
      { payload: 'work', reason: 'restarted', channel: 's/a.mailbox' },
      { payload: 'work', reason: 'restarted', channel: 's/a.mailbox' },
    ]);
    a.tryCast('work');
    await world.sim.settle();
    expect(state(world, 's/a')).toEqual({ handled: 1 });
  });

  test('that was terminated keeps its messages for its next incarnation; deleted, they are dead letters', async () => {
    const world = grow();
    const { a, supervisor } = world.graph.supervisor('s', {}, (builder) => ({
      b: builder.spawn('b', worker),
      a: builder.spawn('a', worker),
    }));
    world.graph.start();
    await world.sim.settle();
    await supervisor.terminate('a');
    expect(supervisor.children().slice(1)).toEqual([
      { id: 'a', name: 's/a', kind: 'worker', status: 'stopped', restart: 'permanent' },
    ]);
    await a.cast('work');
    await world.sim.settle();
    expect(state(world, 's/a')).toBeUndefined();
    await supervisor.restart('a');
    await world.sim.settle();
    expect(state(world, 's/a')).toEqual({ handled: 1 });
    await supervisor.terminate('a');
    await a.cast('work');
    await supervisor.delete('a');
    expect(letters(world)).toEqual([{ payload: 'work', reason: 'stopped', channel: 's/a.mailbox' }]);
    await world.sim.settle();
    await expect(a.cast('work')).rejects.toMatchObject({
      code: 'ERR_CHANNEL_CLOSED',
      details: { undelivered: 'work' },
    });
    expect(news(world)).toBe('+s.1 +s/b.1 +s/a.1 -s/a.1:shutdown +s/a.2 -s/a.2:shutdown');
    await expect(supervisor.restart('a')).rejects.toMatchObject({
      code: 'ERR_CHILD_REFUSED',
      details: { why: 'not found' },
    });
    world.graph.requestShutdown();
    await world.sim.runUntil(world.graph.stopped());
  });

  test('may be killed before it has ever had anything to do, and before it has begun to do it', async () => {
    const world = grow();
    const { a, b } = world.graph.supervisor('s', {}, (builder) => ({
      a: builder.spawn('a', worker),
      b: builder.spawn('b', worker, {}, { restart: 'temporary' }),
    }));
    world.graph.start();
    await world.sim.settle();
    news(world);
    b.kill();
    a.tryCast('work');
    a.kill();
    await world.sim.settle();
    expect(news(world)).toBe('-s/b.1:killed -s/a.1:killed +s/a.2');
    expect(state(world, 's/a')).toEqual({ handled: 1 });
    a.tryCast('crash');
    a.kill();
    await world.sim.settle();
    expect(news(world)).toBe('-s/a.2:killed +s/a.3 -s/a.3:crashed +s/a.4');
  });

  test('whose shutdown is brutal is killed when it is stopped, though it has never had anything to do', async () => {
    const world = grow();
    const { supervisor } = world.graph.supervisor('s', {}, (builder) => {
      builder.spawn('z', worker);
      builder.spawn('a', worker, {}, { shutdown: 'brutal' });
    });
    world.graph.start();
    await world.sim.settle();
    news(world);
    await supervisor.terminate('a');
    await world.sim.settle();
    expect(news(world)).toBe('-s/a.1:killed');
  });

  test('that was stopped does not hold up the stop of the graph', async () => {
    const world = grow();
    const { a, supervisor } = world.graph.supervisor('s', {}, (builder) => ({ a: builder.spawn('a', worker) }));
    world.graph.start();
    await supervisor.terminate('a');
    await a.cast('work');
    world.graph.requestShutdown();
    await world.sim.settle();
    expect(world.graph.status).toBe('stopped');
    expect(letters(world)).toEqual([{ payload: 'work', reason: 'stopped', channel: 's/a.mailbox' }]);
  });

  test('that ended by its own wish runs again when its group restarts, with its channels', async () => {
    const world = grow();
    const words = world.graph.channel<string>('words', { capacity: 8 });
    const talker = defineActor({
      inputs: { mailbox: input<string>({ capacity: 8 }) },
      outputs: { words: output<string>() },
      on: {
        mailbox(word, { outputs, exit }) {
          if (word === 'exit') exit();
          else outputs.words.send(word);
        },
      },
    });
    const heard: string[] = [];
    world.graph.sink('ear', words, (word) => void heard.push(word));
    const { t, b } = world.graph.supervisor('s', { strategy: 'oneForAll' }, (builder) => ({
      b: builder.spawn('b', worker),
      t: builder.spawn('t', talker, { words }, { restart: 'transient' }),
      // Somebody else keeps the channel open.
      u: builder.spawn('u', talker, { words }),
    }));
    world.graph.start();
    t.tryCast('one');
    t.tryCast('exit');
    await world.sim.settle();
    expect(t.tryCast('lost')).toMatchObject({ ok: false, reason: 'closed' });
    b.tryCast('crash');
    await world.sim.settle();
    t.tryCast('two');
    await world.sim.settle();
    expect(heard).toEqual(['one', 'two']);
    world.graph.requestShutdown();
    await world.sim.runUntil(world.graph.stopped());
  });
});

describe('run-time administration', () => {
  test('starts, refuses, counts and forgets', async () => {
    const world = grow();
    const { supervisor } = world.graph.supervisor('s', {}, (builder) => {
      builder.spawn('a', worker);
      builder.supervisor('m', {}, (deep) => deep.spawn('x', worker));
    });
    await expect(supervisor.start('early', worker)).rejects.toMatchObject({ code: 'ERR_CHILD_REFUSED' });
    world.graph.start();
    await world.sim.settle();
    const b = await supervisor.start('b', worker, {}, { restart: 'temporary' });
    b.tryCast('work');
    await world.sim.settle();
    expect(state(world, 's/b')).toEqual({ handled: 1 });
    expect(supervisor.counts()).toEqual({ specs: 3, active: 3, supervisors: 1, workers: 2 });
    expect(supervisor.spec('b')).toEqual({
      id: 'b',
      kind: 'worker',
      restart: 'temporary',
      shutdown: 5_000,
      significant: false,
    });
    const refused = async (work: Promise<unknown>): Promise<unknown> => {
      const error = (await work.catch((cause: unknown) => cause)) as { code: string; details: { why: string } };
      return error.code === 'ERR_CHILD_REFUSED' ? error.details.why : error;
    };
    expect(await refused(supervisor.start('a', worker))).toBe('already started');
    expect(await refused(supervisor.restart('a'))).toBe('running');
    expect(await refused(supervisor.delete('a'))).toBe('running');
    expect(await refused(supervisor.terminate('q'))).toBe('not found');
    b.tryCast('exit');
    await world.sim.settle();
    expect(supervisor.spec('b')).toBeUndefined();
    expect(world.graph.whereIs('s/b')).toBeUndefined();
    expect(world.graph.snapshot().actors.map(({ name }) => name)).toEqual(['s/a', 's/m/x']);
    await supervisor.terminate('a');
    expect(await refused(supervisor.start('a', worker))).toBe('already present');
    await supervisor.stop();
    expect(await refused(supervisor.start('c', worker))).toBe('no such supervisor');
    expect(await refused(supervisor.terminate('a'))).toBe('no such supervisor');
    world.graph.requestShutdown();
    await world.sim.runUntil(world.graph.stopped());
  });

  test('a child that was deleted makes way for another one of its name, and is back after a restart of its supervisor', async () => {
    const world = grow();
    const { a, b, supervisor } = world.graph.supervisor('s', { maxRestarts: 0 }, (builder) => ({
      a: builder.spawn('a', worker),
      b: builder.spawn('b', worker),
    }));
    world.graph.start();
    a.tryCast('work');
    await world.sim.settle();
    await supervisor.terminate('a');
    await supervisor.delete('a');
    const other = await supervisor.start('a', worker);
    expect(world.graph.whereIs('s/a')).toBe(other);
    for (let time = 0; time < 3; time += 1) other.tryCast('work');
    await world.sim.settle();
    expect(state(world, 's/a')).toEqual({ handled: 3 });
    expect(a.tryCast('work')).toMatchObject({ ok: false, reason: 'closed' });
    b.tryCast('crash');
    await world.sim.settle();
    expect(other.tryCast('work')).toMatchObject({ ok: false, reason: 'closed' });
    expect(world.graph.whereIs('s/a')).toBe(a);
    a.tryCast('work');
    await world.sim.settle();
    expect(state(world, 's/a')).toEqual({ handled: 1 });
    expect(world.graph.snapshot().channels.map(({ name }) => name)).toEqual(['s/b.mailbox', 's/a.mailbox']);
    world.graph.requestShutdown();
    await world.sim.runUntil(world.graph.stopped());
    world.graph.checkConservation();
  });

  test('what is asked for is done in that order, a start under an id that is about to be free included', async () => {
    const world = grow();
    const slow = defineActor({
      inputs: { mailbox: input<Order>({ capacity: 8 }) },
      on: { mailbox: () => undefined },
      onStop: () => new Promise<void>((resolve) => world.sim.clock.setTimer(world.sim.clock.nowMs() + 100, resolve)),
    });
    world.graph.spawn('keeper', worker); // or the graph would have nothing to do any more
    const { supervisor } = world.graph.supervisor('s', {}, (builder) => builder.spawn('a', slow));
    world.graph.start();
    await world.sim.settle();
    news(world);
    const outcomes = [
      supervisor.terminate('a'),
      supervisor.start('a', worker),
      supervisor.delete('a'),
      supervisor.start('a', worker),
      supervisor.start('a', worker),
    ].map((promise) => watch<unknown>(promise));
    await world.sim.advance(99);
    expect(outcomes.map(({ state: how }) => how)).toEqual(Array(5).fill('pending'));
    await world.sim.advance(1);
    const why = ({ state: how, error }: Outcome<unknown>): unknown =>
      how === 'rejected' ? (error as { readonly details: { readonly why?: string } }).details.why : how;
    expect(outcomes.map(why)).toEqual(['resolved', 'already present', 'resolved', 'resolved', 'already started']);
    expect(news(world)).toBe('-s/a.1:shutdown +s/a.1');
    expect(world.graph.whereIs('s/a')).toBe(outcomes[3]?.value);
    (outcomes[3]?.value as ActorRef<Order>).tryCast('work');
    await world.sim.settle();
    expect(state(world, 's/a')).toEqual({ handled: 1 });
  });

  test('a child that was added at run time is gone after a restart of its supervisor', async () => {
    const world = grow();
    const { a, supervisor } = world.graph.supervisor('s', { maxRestarts: 0 }, (builder) => ({
      a: builder.spawn('a', worker),
    }));
    world.graph.start();
    await world.sim.settle();
    const added = await supervisor.start('added', worker);
    await world.sim.settle();
    news(world);
    a.tryCast('crash');
    await world.sim.settle();
    expect(news(world)).toBe('-s/a.1:crashed -s/added.1:shutdown -s.1:shutdown +s.2 +s/a.2');
    await expect(added.cast('work')).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
    expect(world.graph.whereIs('s/added')).toBeUndefined();
    const again = await supervisor.start('added', worker);
    again.tryCast('work');
    await world.sim.settle();
    expect(state(world, 's/added')).toEqual({ handled: 1 });
  });

  test('a dynamic supervisor has as many children as it may, forgets those that end, and stops them all', async () => {
    const world = grow();
    const pool = world.graph.dynamicSupervisor('pool', { maxChildren: 2 }, worker, {}, { restart: 'transient' });
    world.graph.start();
    await world.sim.settle();
    const one = await pool.start();
    const two = await pool.start(undefined, { id: 'two' });
    await expect(pool.start()).rejects.toMatchObject({ details: { why: 'too many children' } });
    await expect(pool.start(undefined, { id: 'two' })).rejects.toMatchObject({ details: { why: 'already started' } });
    expect(pool.counts()).toEqual({ specs: 1, active: 2, supervisors: 0, workers: 2 });
    one.tryCast('crash');
    two.tryCast('exit');
    await world.sim.settle();
    expect(news(world)).toBe('+pool.1 +pool/1.1 +pool/two.1 -pool/1.1:crashed -pool/two.1:normal +pool/1.2');
    expect(pool.children().map(({ id }) => id)).toEqual(['1']);
    await pool.terminate(one);
    await expect(pool.terminate(one)).rejects.toMatchObject({ details: { why: 'not found' } });
    expect(world.graph.snapshot().actors).toEqual([]);
    expect(world.graph.snapshot().channels).toEqual([]);
    await pool.start();
    world.graph.requestShutdown();
    await world.sim.runUntil(world.graph.stopped());
    expect(world.graph.snapshot().actors).toEqual([]);
  });
});

test('P9: a chain of 2,048 supervisors starts from the top and stops from the leaf, and the stack has no part in it', async () => {
  const world = grow();
  const levels = 2_048;
  const { supervisor } = world.graph.supervisor('1', {}, (top) => {
    let build = (builder: SupervisorBuilder): void => void builder.spawn('leaf', worker);
    for (let level = levels; level > 1; level -= 1) {
      const inner = build;
      build = (builder) => void builder.supervisor(String(level), {}, inner);
    }
    build(top);
  });
  world.graph.start();
  await world.sim.settle();
  expect(world.trace.length).toBe(levels + 1);
  expect(world.trace.at(-1)).toMatch(/^\+1\/2\/3\/.*\/2048\/leaf\.1$/);
  world.trace.length = 0;
  await supervisor.stop();
  await world.sim.settle();
  expect(world.trace.length).toBe(levels + 1);
  expect(world.trace[0]).toMatch(/leaf\.1:shutdown$/);
  expect(world.trace.at(-1)).toBe('-1.1:shutdown');
  world.graph.requestShutdown();
  await world.sim.runUntil(world.graph.stopped());
});

test('a supervisor that gives up slowly, while its group restarts, begins again when it has ended', async () => {
  const world = grow();
  const slow = defineActor({
    inputs: { mailbox: input<Order>({ capacity: 8 }) },
    on: { mailbox: () => undefined },
    async onStop() {
      await world.sim.clock.sleep(1_000);
    },
  });
  const { y, a } = world.graph.supervisor('top', { strategy: 'oneForAll' }, (top) => ({
    y: top.spawn('y', worker),
    ...top.supervisor('m', { maxRestarts: 0 }, (builder) => {
      builder.spawn('s', slow);
      return { a: builder.spawn('a', worker) };
    }),
  }));
  world.graph.start();
  await world.sim.settle();
  news(world);
  a.tryCast('crash');
  await world.sim.settle();
  y.tryCast('crash');
  await world.sim.advance(5_000);
  expect(news(world).replaceAll('top/', '')).toBe(
    '-m/a.1:crashed -y.1:crashed -m/s.1:shutdown -m.1:shutdown +y.2 +m.2 +m/s.2 +m/a.2',
  );
});

describe('a supervisor that is killed', () => {
  test('P11: takes all that is under it along, supervisors in order, and comes back', async () => {
    const world = grow();
    const { supervisor } = world.graph.supervisor('s', {}, (builder) => {
      builder.spawn('a', worker);
      builder.supervisor('m', {}, (deep) => {
        deep.spawn('b', worker);
        deep.spawn('c', worker);
      });
    });
    world.graph.start();
    await world.sim.settle();
    news(world);
    supervisor.kill();
    await world.sim.settle();
    expect(news(world)).toBe(
      '-s/a.1:killed -s/m/c.1:shutdown -s/m/b.1:shutdown -s/m.1:killed -s.1:killed +s.2 +s/a.2 +s/m.2 +s/m/b.2 +s/m/c.2',
    );
  });

  test('because it is stopped brutally by the one above it, is not restarted', async () => {
    const world = grow();
    const { supervisor } = world.graph.supervisor('top', {}, (top) => {
      top.supervisor('s', { shutdown: 'brutal' }, (builder) => builder.spawn('a', worker));
    });
    world.graph.start();
    await world.sim.settle();
    news(world);
    await supervisor.terminate('s');
    await world.sim.settle();
    expect(news(world)).toBe('-top/s/a.1:killed -top/s.1:killed');
  });
});

test('without a limit, `maxRestarts: Infinity`, a supervisor never gives up; nor does an actor that owns children', async () => {
  const world = grow();
  const owner = defineActor({
    inputs: { mailbox: input<Order>({ capacity: 8 }) },
    supervises: { maxRestarts: Infinity },
    onStart: (ctx) => void ctx.spawn('b', worker),
    on: { mailbox: () => undefined },
  });
  world.graph.supervisor('s', { maxRestarts: Infinity }, (builder) => {
    builder.spawn('a', worker);
    builder.dynamicSupervisor('d', { maxChildren: 1, maxRestarts: Infinity }, worker);
  });
  world.graph.spawn('owner', owner);
  world.graph.start();
  await world.sim.settle();
  for (let time = 1; time <= 100; time += 1) {
    for (const name of ['s/a', 'owner/b']) world.graph.whereIs<Order>(name)?.tryCast('crash');
    await world.sim.settle();
  }
  expect(
    ['s/a', 'owner/b'].map((name) => world.graph.snapshot().actors.find((each) => each.name === name)),
  ).toMatchObject([
    { restarts: 100, phase: 'idle' },
    { restarts: 100, phase: 'idle' },
  ]);
});

describe('a stop of the graph', () => {
  test('lets a significant child complete without an automatic shutdown', async () => {
    const world = grow();
    world.graph.supervisor('s', { autoShutdown: 'anySignificant' }, (builder) => {
      builder.spawn('a', worker, {}, { restart: 'transient', significant: true });
      builder.spawn('b', worker);
    });
    world.graph.start();
    await world.sim.settle();
    news(world);
    world.graph.requestShutdown();
    await world.sim.runUntil(world.graph.stopped());
    await world.sim.settle();
    expect(news(world)).toBe('-s/b.1:completed -s/a.1:completed -s.1:completed');
  });

  test('has each actor work off its mailbox, last started first, and those before it still take what it casts', async () => {
    const world = grow();
    const seen: string[] = [];
    const link = defineActor({
      inputs: { mailbox: input<number>({ capacity: 100 }) },
      outputs: { next: output<number>() },
      on: {
        async mailbox(value, { name, outputs, effect }) {
          await effect('work', () => undefined);
          seen.push(`${name}:${value}`);
          outputs.next.send(value);
        },
      },
      onDrained: ({ name }) => void seen.push(`${name} ends`),
    });
    const last = defineActor({
      inputs: { mailbox: input<number>({ capacity: 1 }) },
      on: { mailbox: (value) => void seen.push(`last:${value}`) },
      onDrained: () => void seen.push('last ends'),
    });
    const tree = world.graph.supervisor('t', {}, (builder) => {
      const end: ActorRef<number> = builder.spawn('end', last);
      const middle = builder.supervisor('m', {}, (deep) => ({ ref: deep.spawn('middle', link, { next: end }) }));
      return { first: builder.spawn('first', link, { next: middle.ref }) };
    });
    world.graph.start();
    await world.sim.settle();
    for (let value = 1; value <= 3; value += 1) tree.first.tryCast(value);
    world.graph.requestShutdown();
    await world.sim.runUntil(world.graph.stopped());
    expect(seen.filter((line) => line.endsWith('ends'))).toEqual(['t/first ends', 't/m/middle ends', 'last ends']);
    expect(seen.filter((line) => line.startsWith('last:'))).toEqual(['last:1', 'last:2', 'last:3']);
    expect(letters(world)).toEqual([]);
  });

  test('is not held up by one that cannot start, however long each attempt takes; the rest drains, and it is told', async () => {
    const world = grow({ shutdownTimeoutMs: 60_000 });
    const seen: Order[] = [];
    const flaky = defineActor({
      inputs: { mailbox: input<Order>({ capacity: 8 }) },
      async onStart({ regeneration }) {
        if (regeneration === 0) return;
        await new Promise((resolve) => world.sim.clock.setTimer(world.sim.clock.nowMs() + 4_000, () => resolve(0)));
        throw new Error('no such host');
      },
      on: {
        mailbox(order) {
          seen.push(order);
          if (order === 'crash') throw new Error('crash');
        },
      },
    });
    const tree = world.graph.supervisor('t', {}, (top) => {
      const other = top.spawn('other', worker);
      const below = top.supervisor('below', { maxRestarts: 1 }, (builder) => ({
        flaky: builder.spawn('flaky', flaky),
      }));
      return { other, flaky: below.flaky };
    });
    world.graph.start();
    await world.sim.settle();
    for (const order of ['crash', 'work', 'work'] as const) tree.flaky.tryCast(order);
    await world.sim.settle();
    for (let time = 0; time < 5; time += 1) tree.other.tryCast('work');
    world.graph.requestShutdown();
    await expect(world.sim.runUntil(world.graph.stopped())).rejects.toMatchObject({
      code: 'ERR_START_FAILED',
      message: 'actor "t/below/flaky" could not start: no such host',
      details: { actor: 't/below/flaky' },
    });
    expect(world.sim.clock.nowMs()).toBe(4_000);
    expect([seen, letters(world)]).toEqual([
      ['crash'],
      [
        { payload: 'crash', reason: 'showstopper', channel: 't/below/flaky.mailbox' },
        { payload: 'work', reason: 'no-consumer', channel: 't/below/flaky.mailbox' },
        { payload: 'work', reason: 'no-consumer', channel: 't/below/flaky.mailbox' },
      ],
    ]);
    expect(state(world, 't/other')).toEqual({ handled: 5 });
  });
});
