import { expect, test } from 'vitest';
import { SeededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { Timer, TimerQueue } from './timer-queue.ts';

function queueWithLog(): { clock: VirtualClock; timers: TimerQueue; fired: string[]; timer: (name: string) => Timer } {
  const clock = new VirtualClock();
  const fired: string[] = [];
  return {
    clock,
    timers: new TimerQueue(clock),
    fired,
    timer: (name) => new Timer(() => fired.push(`${name}@${clock.nowMs()}`)),
  };
}

function runAll(clock: VirtualClock): void {
  while (clock.fireNext());
}

test('fires by time, and those of the same time in the order of arming', () => {
  const { clock, timers, fired, timer } = queueWithLog();
  const [late, early, alsoEarly] = [timer('late'), timer('early'), timer('also early')];
  timers.arm(late, 20);
  timers.arm(early, 10);
  timers.arm(alsoEarly, 10);
  runAll(clock);
  expect(fired).toEqual(['early@10', 'also early@10', 'late@20']);
  expect(clock.pending).toBe(0);
});

test('arming again moves a timer, both ways, and it fires once', () => {
  const { clock, timers, fired, timer } = queueWithLog();
  const [a, b] = [timer('a'), timer('b')];
  timers.arm(a, 10);
  timers.arm(b, 20);
  timers.arm(a, 30);
  timers.arm(b, 5);
  runAll(clock);
  expect(fired).toEqual(['b@5', 'a@30']);
});

test('leaves no timer of the clock when the last one is disarmed', () => {
  const { clock, timers, timer } = queueWithLog();
  const [a, b] = [timer('a'), timer('b')];
  timers.arm(a, 10);
  timers.arm(b, 20);
  timers.disarm(a);
  timers.disarm(a);
  timers.disarm(b);
  expect([clock.pending, timers.armedCount, a.armed]).toEqual([0, 0, false]);
});

test('a timer may arm itself and others while it fires', () => {
  const { clock, timers, fired, timer } = queueWithLog();
  const other = timer('other');
  let rounds = 0;
  const again = new Timer(() => {
    fired.push(`again@${clock.nowMs()}`);
    rounds += 1;
    if (rounds < 3) timers.arm(again, clock.nowMs() + 5);
    else timers.arm(other, clock.nowMs());
  });
  timers.arm(again, 5);
  runAll(clock);
  expect(fired).toEqual(['again@5', 'again@10', 'again@15', 'other@15']);
});

test('a timer that another one disarms at the same moment does not fire', () => {
  const { clock, timers, fired, timer } = queueWithLog();
  const victim = timer('victim');
  timers.arm(new Timer(() => timers.disarm(victim)), 10);
  timers.arm(victim, 10);
  runAll(clock);
  expect(fired).toEqual([]);
});

test('agrees with a sorted list over 100,000 random operations', () => {
  const clock = new VirtualClock();
  const timers = new TimerQueue(clock);
  const random = new SeededRandom(7);
  const due = new Map<number, { atMs: number; order: number }>();
  let orders = 0;
  const fired: number[] = [];
  const all = Array.from({ length: 300 }, (_, id) => new Timer(() => fired.push(id)));
  for (let step = 0; step < 100_000; step += 1) {
    const id = random.integer(all.length);
    const timer = all[id] as Timer;
    const kind = random.integer(10);
    if (kind < 6) {
      const atMs = clock.nowMs() + random.integer(50);
      timers.arm(timer, atMs);
      due.set(id, { atMs, order: (orders += 1) });
    } else if (kind < 9) {
      timers.disarm(timer);
      due.delete(id);
    } else {
      const untilMs = clock.nowMs() + random.integer(4);
      while (clock.fireNext(untilMs));
      clock.jumpTo(untilMs);
      const expected = [...due]
        .filter(([, { atMs }]) => atMs <= untilMs)
        .sort(([, a], [, b]) => a.atMs - b.atMs || a.order - b.order)
        .map(([expectedId]) => expectedId);
      if (fired.length !== expected.length || fired.some((value, index) => value !== expected[index])) {
        expect(fired).toEqual(expected); // only here, because 100,000 expectations are slow
      }
      for (const expectedId of expected) due.delete(expectedId);
      fired.length = 0;
    }
    if (timers.armedCount !== due.size) expect(timers.armedCount).toBe(due.size);
  }
  expect(clock.pending).toBeLessThanOrEqual(1);
});
