/** Phase 2 of a shutdown: what has not ended at the deadline is stopped by its supervisors, within the grace. */
import {
  type ActorOptions,
  defineActor,
  type Exit,
  type GraphEvent,
  type GraphOptions,
  input,
  output,
  type SupervisorBuilder,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { deferred } from './single-actor.ts';
import { actorOf, watch, type World, world } from './world.ts';

/** What each `onStop` has seen, and when. */
interface Told extends World {
  readonly log: string[];
}

function toldWorld(options: Omit<GraphOptions, 'name' | 'ports'> = {}): Told {
  return { ...world({ shutdownTimeoutMs: 1_000, ...options }), log: [] };
}

interface Behaviour {
  /** Milliseconds that its `onStop` takes. */
  readonly stopsInMs?: number;
  readonly onStart?: () => Promise<void> | undefined;
}

/** Waits for ever between two turns, whoever asks, and says when it has stopped. */
function stubborn({ log, sim }: Told, name: string, { stopsInMs = 0, onStart }: Behaviour = {}) {
  const said = (exit: Exit): void => void log.push(`${name} ${exit.kind} at ${sim.clock.nowMs()}`);
  return defineActor({
    inputs: { mailbox: input<string>({ capacity: 8 }) },
    ...(onStart && { onStart: () => onStart() }),
    async run({ next, after }) {
      for (;;) await next(after(1_000_000));
    },
    onStop(_, exit) {
      if (stopsInMs === 0) return said(exit);
      if (stopsInMs === Infinity) return new Promise(() => undefined);
      return new Promise<void>((resolve) => {
        sim.clock.setTimer(sim.clock.nowMs() + stopsInMs, () => resolve(said(exit)));
      });
    },
  });
}

/** Owns two children, the second of which does not stop. */
function owner(w: Told) {
  return defineActor({
    inputs: { mailbox: input<string>({ capacity: 8 }) },
    supervises: {},
    onStart(ctx) {
      ctx.spawn('x', stubborn(w, 'x', { stopsInMs: 10 }));
      ctx.spawn('y', stubborn(w, 'y', { stopsInMs: Infinity }));
    },
    onStop: (_, exit) => void w.log.push(`owner ${exit.kind} at ${w.sim.clock.nowMs()}`),
    on: { mailbox: () => undefined },
  });
}

/** In the middle of a turn for ever. */
const stuck = defineActor({
  inputs: { mailbox: input<string>({ capacity: 8 }) },
  on: { mailbox: (_, { effect }) => effect('write ledger', () => new Promise<void>(() => undefined)) },
});

const ends = (events: readonly GraphEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'actorStopped' ? [`${event.actor} ${event.exit.kind}`] : []));

/** Starts, asks for a stop, and waits for the end. @returns what `stopped()` was rejected with. */
async function stoppedLate(w: World): Promise<unknown> {
  w.graph.requestShutdown();
  const outcome = watch(w.graph.stopped());
  await w.sim.runUntil(w.graph.stopped().catch(() => undefined));
  await w.sim.settle();
  w.graph.checkConservation();
  expect([w.graph.status, w.sim.clock.pending, w.sim.clock.keepsAlive]).toEqual(['stopped', 0, false]);
  return outcome.error;
}

describe('at the deadline', () => {
  test('supervisors stop their children from the right, depth first, and each onStop runs', async () => {
    const w = toldWorld();
    w.graph.spawn('a', stubborn(w, 'a', { stopsInMs: 10 }));
    w.graph.supervisor('left', {}, (left) => {
      left.spawn('b', stubborn(w, 'b', { stopsInMs: 10 }));
      left.supervisor('deep', {}, (deep) => void deep.spawn('c', stubborn(w, 'c', { stopsInMs: 10 })));
      left.spawn('d', stubborn(w, 'd'));
    });
    w.graph.spawn('e', stubborn(w, 'e', { stopsInMs: 10 }));
    w.graph.start();
    const error = await stoppedLate(w);
    expect(w.log).toEqual([
      'e shutdown at 1010',
      'd shutdown at 1010',
      'c shutdown at 1020',
      'b shutdown at 1030',
      'a shutdown at 1040',
    ]);
    expect(ends(w.events)).toEqual([
      'e shutdown',
      'left/d shutdown',
      'left/deep/c shutdown',
      'left/deep shutdown',
      'left/b shutdown',
      'left shutdown',
      'a shutdown',
    ]);
    expect(error).toMatchObject({
      code: 'ERR_STOPPED_UNCLEANLY',
      details: { holdouts: ['a', 'left/b', 'left/deep/c', 'left/d', 'e'].map((name) => ({ kind: 'actor', name })) },
    });
    expect(w.events.at(-1)).toEqual({ kind: 'stopped', clean: false });
  });

  test.each<[NonNullable<ActorOptions['shutdown']>, string, string, number]>([
    [100, 'killed', 'a turn that awaits effect "write ledger"', 1_100],
    ['brutal', 'killed', 'a turn that awaits effect "write ledger"', 1_000],
    ['infinity', 'killed', 'a turn that awaits effect "write ledger"', 4_000],
  ])(
    'an open turn may finish within the shutdown of its actor, %s: else it is %s',
    async (shutdown, exit, heldBy, atMs) => {
      const w = toldWorld({ shutdownGraceMs: 3_000 });
      const ref = w.graph.spawn('stuck', stuck, {}, { shutdown });
      w.graph.start();
      for (const message of ['1', '2', '3']) await ref.cast(message);
      const error = await stoppedLate(w);
      expect([actorOf(w.graph, 'stuck').exit, w.sim.clock.nowMs()]).toEqual([exit, atMs]);
      expect(error).toMatchObject({ details: { holdouts: [{ kind: 'actor', name: 'stuck', heldBy }] } });
      expect(ends(w.events)).toEqual(['stuck killed']);
      expect(w.graph.deadLetters.list().map(({ payload, reason }) => `${String(payload)} ${reason}`)).toEqual([
        '1 stopped',
        '2 stopped',
        '3 stopped',
      ]);
    },
  );

  test('an open turn that finishes in time commits, and no other begins', async () => {
    const w = toldWorld();
    const gate = deferred();
    const out = w.graph.channel<string>('out', { capacity: 4 });
    const arrived: string[] = [];
    w.graph.sink('sink', out, (message) => void arrived.push(message));
    const slow = defineActor({
      inputs: { mailbox: input<string>({ capacity: 8 }) },
      outputs: { out: output<string>() },
      on: {
        async mailbox(message, { outputs, effect }) {
          await effect('slow', () => gate.promise);
          outputs.out.send(message);
        },
      },
    });
    const ref = w.graph.spawn('slow', slow, { out });
    w.graph.start();
    await ref.cast('first');
    await ref.cast('second');
    w.graph.requestShutdown();
    await w.sim.advance(1_500);
    gate.resolve();
    await w.sim.runUntil(w.graph.stopped().catch(() => undefined));
    expect([arrived, actorOf(w.graph, 'slow').exit]).toEqual([['first'], 'shutdown']);
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 'second', reason: 'stopped' }]);
  });

  test('an onStop that hangs is abandoned after the shutdown of its actor, and its neighbours stop', async () => {
    const w = toldWorld();
    w.graph.spawn('left', stubborn(w, 'left'));
    w.graph.spawn('hangs', stubborn(w, 'hangs', { stopsInMs: Infinity }), {}, { shutdown: 300 });
    w.graph.spawn('right', stubborn(w, 'right'));
    w.graph.start();
    await stoppedLate(w);
    expect(w.log).toEqual(['right shutdown at 1000', 'left shutdown at 1300']);
    expect(ends(w.events)).toEqual(['right shutdown', 'hangs killed', 'left shutdown']);
  });

  test('all of it takes no longer than the grace: then what still runs is killed', async () => {
    const w = toldWorld({ shutdownGraceMs: 500 });
    w.graph.spawn('a', stubborn(w, 'a'));
    w.graph.supervisor('b', {}, (b) => {
      b.spawn('idle', stubborn(w, 'idle'));
      b.spawn('hangs', stubborn(w, 'hangs', { stopsInMs: Infinity }), {}, { shutdown: 'infinity' });
      b.spawn('right', stubborn(w, 'right'));
    });
    w.graph.start();
    await stoppedLate(w);
    expect([w.log, w.sim.clock.nowMs()]).toEqual([['right shutdown at 1000'], 1_500]);
    expect(ends(w.events)).toEqual(['b/right shutdown', 'b/idle killed', 'b/hangs killed', 'b killed', 'a killed']);
    expect(w.graph.snapshot().actors.map(({ name, exit }) => `${name} ${exit}`)).toEqual([
      'a killed',
      'b/idle killed',
      'b/hangs killed',
      'b/right shutdown',
    ]);
    expect(w.events.at(-1)).toEqual({ kind: 'stopped', clean: false });
  });

  test('with no grace everything is killed at once', async () => {
    const w = toldWorld({ shutdownGraceMs: 0 });
    w.graph.supervisor('desk', {}, (desk) => void desk.spawn('a', stubborn(w, 'a')));
    w.graph.spawn('owner', owner(w));
    w.graph.start();
    await w.sim.settle();
    await stoppedLate(w);
    expect([w.log, w.sim.clock.nowMs()]).toEqual([[], 1_000]);
    expect(ends(w.events)).toEqual([
      'owner/x killed',
      'owner/y killed',
      'desk/a killed',
      'desk killed',
      'owner killed',
    ]);
  });

  test('one that owns children stops them first, within its own time', async () => {
    const w = toldWorld();
    w.graph.spawn('left', stubborn(w, 'left'));
    w.graph.spawn('owner', owner(w), {}, { shutdown: 200 });
    w.graph.start();
    await w.sim.settle();
    await stoppedLate(w);
    expect(w.log).toEqual(['left shutdown at 1200']); // y took all the time of its owner
    expect(ends(w.events)).toEqual(['owner/x killed', 'owner/y killed', 'owner killed', 'left shutdown']);
  });

  test('an actor that completed before has had its onStop then; one that slept has none', async () => {
    const w = toldWorld();
    const done = defineActor({
      source: () => 'done' as const,
      onStop: (_, exit) => void w.log.push(`done ${exit.kind}`),
    });
    w.graph.actor('done', done, {});
    w.graph.spawn('asleep', stuck);
    w.graph.spawn('stubborn', stubborn(w, 'stubborn'));
    w.graph.start();
    await stoppedLate(w);
    expect(w.log).toEqual(['done completed', 'stubborn shutdown at 1000']);
    expect(ends(w.events)).toEqual(['done completed', 'asleep completed', 'stubborn shutdown']);
  });
});

describe('what is about to begin at the deadline', () => {
  test('a first start that does not come to its end has the time of a stop; those before it have their onStop', async () => {
    const w = toldWorld();
    w.graph.spawn('left', stubborn(w, 'left'));
    w.graph.spawn(
      'hangs',
      stubborn(w, 'hangs', { onStart: () => new Promise(() => undefined) }),
      {},
      { shutdown: 300 },
    );
    w.graph.spawn('never', stubborn(w, 'never'));
    w.graph.start();
    await stoppedLate(w);
    expect(w.log).toEqual(['left shutdown at 1300']);
    expect(w.events.filter(({ kind }) => kind === 'startFailed')).toMatchObject([{ actor: 'hangs' }]);
    expect(ends(w.events)).toEqual(['left shutdown']);
  });

  test('a start that comes to its end in time is followed by its stop', async () => {
    const w = toldWorld();
    const gate = deferred();
    w.graph.supervisor('desk', {}, (desk) => {
      desk.spawn('left', stubborn(w, 'left'));
      desk.spawn('slow', stubborn(w, 'slow', { onStart: () => gate.promise }));
    });
    w.graph.start();
    w.graph.requestShutdown();
    await w.sim.advance(2_000);
    expect([w.log, w.graph.status]).toEqual([[], 'draining']);
    gate.resolve();
    await stoppedLate(w);
    expect(w.log).toEqual(['slow shutdown at 2000', 'left shutdown at 2000']);
    expect(ends(w.events)).toEqual(['desk/slow shutdown', 'desk/left shutdown', 'desk shutdown']);
  });

  test('a restart that does not come to its end has the time of a stop as well', async () => {
    const w = toldWorld();
    let starts = 0;
    const onStart = (): Promise<void> | undefined => {
      starts += 1;
      return starts === 1 ? undefined : new Promise(() => undefined);
    };
    w.graph.supervisor('desk', {}, (desk) => {
      desk.spawn('left', stubborn(w, 'left'));
      desk.spawn('hangs', stubborn(w, 'hangs', { onStart }), {}, { shutdown: 300 });
    });
    w.graph.spawn('slow', stubborn(w, 'slow', { stopsInMs: 100 }));
    w.graph.start();
    w.graph.requestShutdown();
    await w.sim.advance(1_050);
    w.graph.whereIs('desk/hangs')?.kill();
    await stoppedLate(w);
    expect(w.log).toEqual(['slow shutdown at 1100', 'left shutdown at 1350']);
    expect([starts, ends(w.events).at(-1)]).toEqual([2, 'desk shutdown']);
  });

  test('nothing is restarted that ends while its supervisor stops others', async () => {
    const w = toldWorld();
    const left = w.graph.spawn('left', stubborn(w, 'left'));
    w.graph.spawn('slow', stubborn(w, 'slow', { stopsInMs: 100 }));
    w.graph.start();
    w.graph.requestShutdown();
    await w.sim.advance(1_050);
    left.kill();
    await stoppedLate(w);
    expect(w.log).toEqual(['slow shutdown at 1100']);
    expect(ends(w.events)).toEqual(['left killed', 'slow shutdown']);
    expect(actorOf(w.graph, 'left')).toMatchObject({ exit: 'killed', restarts: 0 });
  });
});

test('a tree a thousand levels deep is killed in one call', async () => {
  const w = toldWorld({ shutdownGraceMs: 0 });
  const nest = (builder: SupervisorBuilder, depth: number): void => {
    if (depth === 0) builder.spawn('a', stubborn(w, 'a'));
    else builder.supervisor('s', {}, (deeper) => nest(deeper, depth - 1));
  };
  w.graph.supervisor('s', {}, (builder) => nest(builder, 999));
  w.graph.start();
  await w.sim.settle();
  await stoppedLate(w);
  expect(new Set(ends(w.events).map((line) => line.split(' ')[1]))).toEqual(new Set(['killed']));
  expect(ends(w.events)).toHaveLength(1_001);
});

test('a second deadline, given when the first is over, changes nothing', async () => {
  const w = toldWorld();
  w.graph.spawn('a', stubborn(w, 'a', { stopsInMs: 100 }));
  w.graph.start();
  w.graph.requestShutdown();
  await w.sim.advance(1_050);
  void w.graph.stopped({ timeoutMs: 1_060 }).catch(() => undefined);
  await stoppedLate(w);
  expect(w.log).toEqual(['a shutdown at 1100']);
});

test('a second signal ends it at once, in the middle of the grace as well', async () => {
  const w = toldWorld();
  w.graph.spawn('a', stubborn(w, 'a'));
  w.graph.spawn('slow', stubborn(w, 'slow', { stopsInMs: 4_000 }));
  const done = watch(w.graph.run());
  await w.sim.settle();
  w.sim.host.signal('SIGTERM');
  await w.sim.advance(1_500);
  expect(done.state).toBe('pending');
  w.sim.host.signal('SIGTERM');
  await w.sim.settle();
  expect([done.code, w.sim.host.exitStatus, w.log]).toEqual(['ERR_STOPPED_UNCLEANLY', 143, []]);
  expect(ends(w.events)).toEqual(['a killed', 'slow killed']);
});
