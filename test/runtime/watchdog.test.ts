/** Who has the event loop, and what follows when that was reported. The real thread is in test/package/watchdog.test.ts. */
import { defineActor, type GraphOptions, input, output, type Part } from 'holdfast';
import { type CapturedLog, capturedLog } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';
import { stopCleanly, type World, world } from './world.ts';

function watched(options: Omit<GraphOptions, 'name' | 'ports'> = {}): World & { log: CapturedLog } {
  const log = capturedLog();
  return { ...world({ watchdog: true, log, ...options }), log };
}

const stuck = ({ events }: World): unknown[] =>
  events.flatMap((event) => (event.kind === 'stuck' ? [[event.part?.kind, event.part?.name, event.elapsedMs]] : []));

/** feed → handler → loop → sink, each of which calls `look` with its name while it has the event loop. */
function build(w: World, look: (place: string) => void): void {
  const channel = (name: string) => w.graph.channel<number>(name, { capacity: 4 });
  const [one, two, three] = [channel('one'), channel('two'), channel('three')];
  const source = {
    *[Symbol.iterator]() {
      look('feed');
      yield 1;
    },
  };
  w.graph.feed('feed', source, one);
  const handler = defineActor({
    inputs: { in: input<number>() },
    outputs: { out: output<number>() },
    on: {
      async in(value, { outputs }) {
        look('handler');
        await Promise.resolve();
        look('handler');
        outputs.out.send(value);
      },
    },
  });
  const loop = defineActor({
    inputs: { in: input<number>() },
    outputs: { out: output<number>() },
    async run({ inputs, outputs, running, next }) {
      look('loop');
      while (running()) {
        await next(inputs.in.avail());
        look('loop');
        const value = inputs.in.take();
        if (value !== undefined) outputs.out.send(value);
      }
    },
  });
  w.graph.actor('handler', handler, { in: one, out: two });
  w.graph.actor('loop', loop, { in: two, out: three });
  w.graph.sink('sink', three, () => look('sink'));
}

describe('the watchdog knows who has the event loop', () => {
  test('actors, with the microtasks they cause, feeds and sinks; nobody else', async () => {
    const w = watched();
    const seen: [string, Part | undefined][] = [];
    const look = (place: string): void => void seen.push([place, w.sim.watchdog.holder]);
    build(w, look);
    w.graph.subscribe(() => look('listener'));
    look('outside');
    w.graph.start();
    look('outside');
    await w.sim.runUntil(w.graph.stopped());
    const kinds = { feed: 'feed', sink: 'sink', handler: 'actor', loop: 'actor' } as const;
    for (const [place, holder] of seen) {
      const kind = kinds[place as keyof typeof kinds] as Part['kind'] | undefined;
      expect([place, holder]).toEqual([place, kind && { kind, name: place }]);
    }
    expect(new Set(seen.map(([place]) => place)).size).toBe(6);
  });

  test('and forgets those that have ended', async () => {
    const w = watched();
    const brief = defineActor({ source: () => 'done' as const });
    for (let index = 0; index < 100; index += 1) w.graph.actor(`brief ${index}`, brief, {});
    const ticking = defineActor({
      async run({ running, next, every }) {
        while (running()) await next(every(10));
      },
    });
    w.graph.actor('ticking', ticking, {});
    const numbers = w.graph.channel<number>('numbers', { capacity: 1 });
    w.graph.feed('brief feed', [1, 2, 3], numbers);
    w.graph.sink('brief sink', numbers, () => undefined);
    w.graph.start();
    await w.sim.advance(20);
    expect(w.sim.watchdog.known).toEqual([{ kind: 'actor', name: 'ticking' }]);
    await stopCleanly(w);
  });
});

describe('a standstill that was reported', () => {
  test.each(['feed', 'handler', 'loop', 'sink'])('in the %s is told with its name when it is over', async (place) => {
    const w = watched();
    let done = false;
    build(w, (here) => {
      if (here !== place || done) return;
      done = true;
      w.sim.watchdog.standStill(1_500);
      expect(stuck(w)).toEqual([]);
    });
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    const kind = place === 'feed' || place === 'sink' ? place : 'actor';
    expect(stuck(w)).toEqual([[kind, place, 1_500]]);
    expect(w.log.lines.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        text: 'no longer stuck: the event loop goes on',
        fields: { graph: 'test', [kind]: place, elapsedMs: 1_500 },
      },
    ]);
  });

  test('outside the graph is told as such, and one in a listener too', async () => {
    const w = watched();
    build(w, () => undefined);
    w.graph.subscribe(({ kind }) => {
      if (kind === 'started') w.sim.watchdog.standStill(2_000);
    });
    w.graph.start();
    w.sim.watchdog.standStill(1_500);
    await w.sim.runUntil(w.graph.stopped());
    expect(stuck(w)).toEqual([
      [undefined, undefined, 1_500],
      [undefined, undefined, 2_000],
    ]);
    expect(w.log.lines.find(({ level }) => level === 'warn')?.fields).toEqual({ graph: 'test', elapsedMs: 1_500 });
  });

  test('in the last slice of an actor, and of the graph, is told with the name, before the end', async () => {
    const w = watched();
    const last = defineActor({
      source: () => {
        w.sim.watchdog.standStill(1_500);
        return 'done' as const;
      },
    });
    w.graph.actor('last', last, {});
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect(stuck(w)).toEqual([['actor', 'last', 1_500]]);
    expect(w.events.map(({ kind }) => kind)).toEqual([
      'started',
      'actorStarted',
      'actorStopped',
      'ended',
      'stuck',
      'stopped',
    ]);
    expect(w.sim.watchdog.watching).toBe(0);
  });

  test('is reported from the limit on', async () => {
    const w = watched({ watchdog: { stuckAfterMs: 100 } });
    build(w, () => undefined);
    w.graph.start();
    w.sim.watchdog.standStill(99);
    w.sim.watchdog.standStill(100);
    await w.sim.runUntil(w.graph.stopped());
    expect(stuck(w)).toEqual([[undefined, undefined, 100]]);
  });
});

test('there is a watchdog only where it is asked for, and only while the graph runs', async () => {
  const without = world();
  build(without, () => undefined);
  without.graph.start();
  expect(without.sim.watchdog.watching).toBe(0);
  await without.sim.runUntil(without.graph.stopped());
  const w = watched({});
  build(w, () => undefined);
  expect(w.sim.watchdog.watching).toBe(0);
  w.graph.start();
  expect(w.sim.watchdog.watching).toBe(1);
  await w.sim.runUntil(w.graph.stopped());
  expect(w.sim.watchdog.watching).toBe(0);
});

test('a watchdog that fails is told of, and stops nothing', async () => {
  const w = watched();
  build(w, () => undefined);
  w.graph.start();
  const error = new Error('no thread');
  w.sim.watchdog.fail(error);
  await w.sim.runUntil(w.graph.stopped());
  expect(w.log.lines.filter(({ level }) => level === 'error')).toMatchObject([
    { text: 'the watchdog has failed: nobody watches the event loop', fields: { err: error } },
  ]);
});

test.each([
  [1, 'watchdog must be true, false or an object, got 1 (number)'],
  [null, 'watchdog must be true, false or an object, got null'],
  [{ stuckAfterMs: 99 }, 'watchdog.stuckAfterMs must be a number of 100 or more, got 99 (number)'],
  [{ stuckAfterMs: Infinity }, 'watchdog.stuckAfterMs must be a number of 100 or more'],
  [{ afterMs: 100 }, 'watchdog: unknown option "afterMs"'],
])('watchdog: %j is refused', (watchdog, message) => {
  expect(() => world({ watchdog: watchdog as unknown as boolean })).toThrow(message);
});
