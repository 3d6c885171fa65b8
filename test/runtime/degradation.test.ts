import { type DegradationOptions, defineActor, input } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { adder, degraded, keepRunning, steps } from './degradation-world.ts';
import { collect, stopCleanly, type World, world } from './world.ts';

describe('without the option', () => {
  test('nothing looks at anything: no timer, level 0', async () => {
    const w = world();
    keepRunning(w);
    w.graph.start();
    await w.sim.settle();
    expect(w.sim.clock.pending).toBe(0);
    expect(w.graph.degradation).toEqual({ level: 0, name: 'normal', sinceWallMs: undefined });
    expect(w.graph.snapshot().degradation).toEqual(w.graph.degradation);
    await stopCleanly(w);
  });
});

describe('the levels', () => {
  const byHeap: DegradationOptions = {
    levels: [
      { name: 'tight', when: { heapUsedRatio: 0.7 } },
      { name: 'critical', when: { heapUsedRatio: 0.85 } },
      { name: 'emergency', when: { heapUsedRatio: 0.95 } },
    ],
  };

  test('the whole way down and up, each step an event with its cause', async () => {
    const w = degraded(byHeap);
    const trace = steps(w);
    keepRunning(w);
    w.graph.start();
    const at = async (heapUsed: number, ms: number): Promise<void> => {
      w.sim.host.heapUsed = heapUsed;
      await w.sim.advance(ms);
    };
    await at(0.69, 2_500);
    await at(0.7, 1_000);
    await at(0.86, 1_000);
    await at(0.96, 5_000);
    await at(0.5, 40_000);
    expect(trace).toEqual([
      '3000: degraded 0 > 1 tight, heapUsedRatio 0.7/0.7',
      '4000: degraded 1 > 2 critical, heapUsedRatio 0.86/0.85',
      '5000: degraded 2 > 3 emergency, heapUsedRatio 0.96/0.95',
      '20000: recovered 3 > 2 critical, heapUsedRatio 0.5/0.95',
      '30000: recovered 2 > 1 tight, heapUsedRatio 0.5/0.85',
      '40000: recovered 1 > 0 normal, heapUsedRatio 0.5/0.7',
    ]);
    await stopCleanly(w);
  });

  test('go down at once to the deepest one that is called for, and up by one', async () => {
    const w = degraded(byHeap);
    const trace = steps(w);
    keepRunning(w);
    w.sim.host.heapUsed = 0.99;
    w.graph.start();
    await w.sim.advance(1_000);
    expect(w.graph.degradation).toEqual({ level: 3, name: 'emergency', sinceWallMs: w.sim.clock.wallMs() });
    w.sim.host.heapUsed = 0.7; // calm for the third level only
    await w.sim.advance(60_000);
    expect(trace).toEqual([
      '1000: degraded 0 > 3 emergency, heapUsedRatio 0.99/0.95',
      '12000: recovered 3 > 2 critical, heapUsedRatio 0.7/0.95',
    ]);
    await stopCleanly(w);
  });

  test('do not follow an input that flaps', async () => {
    const w = degraded(byHeap);
    const trace = steps(w);
    keepRunning(w);
    w.graph.start();
    for (let second = 0; second < 600; second += 1) {
      w.sim.host.heapUsed = second % 7 === 0 ? 0.71 : 0.3;
      await w.sim.advance(1_000);
    }
    expect(trace).toEqual(['1000: degraded 0 > 1 tight, heapUsedRatio 0.71/0.7']);
    await stopCleanly(w);
  });

  test('take one timer, and nothing after the end', async () => {
    const w = degraded(byHeap);
    keepRunning(w);
    w.graph.start();
    await w.sim.settle();
    expect(w.sim.clock.pending).toBe(1);
    await stopCleanly(w);
    expect([w.sim.clock.pending, w.sim.clock.keepsAlive]).toEqual([0, false]);
  });

  test('do not keep a graph running whose parts have ended', async () => {
    const w = degraded(byHeap);
    const numbers = w.graph.channel<number>('numbers', { capacity: 2 });
    w.graph.feed('feed', [1, 2, 3], numbers);
    const arrived = collect(w.graph, numbers);
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect(arrived).toEqual([1, 2, 3]);
    expect([w.sim.clock.nowMs(), w.sim.clock.pending]).toEqual([0, 0]);
  });

  test('are left with the request to stop, which is the cause', async () => {
    const w = degraded(byHeap);
    const trace = steps(w);
    keepRunning(w);
    w.sim.host.heapUsed = 1;
    w.graph.start();
    await w.sim.advance(1_500);
    await stopCleanly(w);
    expect(trace[1]).toBe('1500: recovered 3 > 0 normal, stopping 1/1');
    expect(w.graph.degradation.level).toBe(0);
  });
});

describe('triggers', () => {
  test('restarts of all actors together, within a sliding window; roll backs by hand do not count', async () => {
    const w = degraded({
      levels: [{ name: 'storm', when: { restarts: { count: 4, periodMs: 5_000 } } }],
      recover: { afterMs: 1_000 },
    });
    const trace = steps(w);
    const rolledBack = new Set<unknown>();
    const crashing = defineActor({
      inputs: { in: input<string>() },
      on: {
        in(what, { attempt, rollback, messageId }) {
          if (what === 'crash' && attempt < 3) throw new Error('as planned');
          if (what === 'roll back' && !rolledBack.has(messageId)) {
            rolledBack.add(messageId);
            rollback();
          }
        },
      },
    });
    const one = w.graph.channel<string>('one', { capacity: 8 });
    const two = w.graph.channel<string>('two', { capacity: 8 });
    w.graph.actor('one', crashing, { in: one });
    w.graph.actor('two', crashing, { in: two });
    w.graph.start();
    for (let count = 0; count < 6; count += 1) one.trySend('roll back');
    await w.sim.advance(900);
    one.trySend('crash');
    await w.sim.advance(600);
    expect(w.graph.degradation.level).toBe(0); // two restarts
    two.trySend('crash');
    await w.sim.advance(1_000);
    expect(trace).toEqual(['2000: degraded 0 > 1 storm, restarts 4/4']);
    await w.sim.advance(10_000);
    // Two are left at 6 s, which is calm.
    expect(trace.slice(1)).toEqual(['7000: recovered 1 > 0 normal, restarts 0/4']);
    await stopCleanly(w);
  });

  test('the age of the oldest message of any channel, with its name', async () => {
    const w = degraded({
      levels: [{ name: 'behind', when: { backlogAgeMs: 3_000 } }],
      recover: { afterMs: 2_000 },
    });
    const trace = steps(w);
    const dones: (() => void)[] = [];
    const stuck = defineActor({
      inputs: { in: input<number>() },
      on: { in: (_, { effect }) => effect('wait', () => new Promise<void>((done) => dones.push(done))) },
    });
    const slow = w.graph.channel<number>('slow', { capacity: 8 });
    const quick = w.graph.channel<number>('quick', { capacity: 8 });
    w.graph.actor('stuck', stuck, { in: slow });
    w.graph.actor('adder', adder, { in: quick });
    w.graph.start();
    await w.sim.advance(500);
    slow.trySend(1);
    slow.trySend(2);
    for (let second = 0; second < 6; second += 1) {
      quick.trySend(second);
      await w.sim.advance(1_000);
    }
    // Seen at 1 s for the first time, and so 3 s old at 4 s.
    expect(trace).toEqual(['4000: degraded 0 > 1 behind, backlogAgeMs 3000/3000 in slow']);
    while (dones.length > 0) {
      dones.shift()?.();
      await w.sim.settle();
    }
    await w.sim.advance(10_000);
    expect(trace.slice(1)).toEqual(['9000: recovered 1 > 0 normal, backlogAgeMs 0/3000']);
    await stopCleanly(w);
  });

  test('the part of the room for dead letters that is used', async () => {
    const w = degraded(
      { levels: [{ name: 'bad data', when: { deadLettersRatio: 0.5 } }], recover: { afterMs: 1_000 } },
      { deadLetters: { capacity: 4 } },
    );
    const trace = steps(w);
    const picky = defineActor({ inputs: { in: input<number>() }, on: { in: (_, { reject }) => reject('no') } });
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    w.graph.actor('picky', picky, { in: numbers });
    w.graph.start();
    numbers.trySend(1);
    await w.sim.advance(1_000);
    numbers.trySend(2);
    await w.sim.advance(1_000);
    w.graph.deadLetters.discard(() => true);
    await w.sim.advance(5_000);
    expect(trace).toEqual([
      '2000: degraded 0 > 1 bad data, deadLettersRatio 0.5/0.5',
      '4000: recovered 1 > 0 normal, deadLettersRatio 0/0.5',
    ]);
    await stopCleanly(w);
  });

  test('of your own, by name; one that throws or answers something else is logged once and does not fire', async () => {
    const lines: string[] = [];
    const ignore = (): void => undefined;
    const log = { trace: ignore, debug: ignore, info: ignore, warn: ignore, fatal: ignore };
    const error = (fields: unknown): void =>
      void lines.push(JSON.stringify(fields, (key, value: unknown) => (key === 'err' ? String(value) : value)));
    const listening = { ...log, error, child: () => listening };
    let answer: () => unknown = () => {
      throw new Error('cannot tell');
    };
    const own = (): boolean => answer() as boolean;
    const w = degraded(
      { levels: [{ name: 'full', when: { custom: { 'disk full': own } } }], recover: { afterMs: 0 } },
      { log: listening },
    );
    const trace = steps(w);
    keepRunning(w);
    w.graph.start();
    await w.sim.advance(3_000);
    expect(trace).toEqual([]);
    expect(lines).toEqual([JSON.stringify({ err: 'Error: cannot tell', level: 'full', trigger: 'disk full' })]);
    answer = () => false;
    await w.sim.advance(1_000);
    answer = () => Promise.reject(new Error('asynchronous'));
    await w.sim.advance(2_000);
    expect(lines.length).toBe(2);
    expect(lines[1]).toContain('true or false');
    answer = () => true;
    await w.sim.advance(1_000);
    answer = () => false;
    await w.sim.advance(1_000);
    expect(trace).toEqual(['7000: degraded 0 > 1 full, disk full 1/1', '8000: recovered 1 > 0 normal, disk full 0/1']);
    await stopCleanly(w);
  });

  test('may ask for a stop themselves', async () => {
    const own = (): boolean => {
      w.graph.requestShutdown('by a trigger');
      return true;
    };
    const w: World = degraded({ levels: [{ name: 'last', when: { custom: { own } } }] });
    const trace = steps(w);
    keepRunning(w);
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect(trace).toEqual([]);
  });
});
