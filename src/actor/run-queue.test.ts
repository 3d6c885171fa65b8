import { expect, test } from 'vitest';
import type { Scheduler } from '../ports/scheduler.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { type Runnable, RunQueue } from './run-queue.ts';

/** A scheduler worked by hand: microtasks and the event loop go round when the test says so. */
class ManualScheduler implements Scheduler {
  readonly micro: (() => void)[] = [];
  readonly loop: (() => void)[] = [];
  pick?: (count: number) => number;

  afterMicrotasks(task: () => void): void {
    this.micro.push(task);
  }

  afterEventLoop(task: () => void): void {
    this.loop.push(task);
  }

  drainMicrotasks(limit: number = 100_000): number {
    let tasks = 0;
    for (let task = this.micro.shift(); task !== undefined && tasks < limit; task = this.micro.shift()) {
      tasks += 1;
      task();
    }
    return tasks;
  }

  turnEventLoop(): void {
    for (const task of this.loop.splice(0)) task();
  }
}

interface Probe extends Runnable {
  slices: number;
}

function setUp(): { clock: VirtualClock; scheduler: ManualScheduler; queue: RunQueue; trace: string[] } {
  const clock = new VirtualClock();
  const scheduler = new ManualScheduler();
  return { clock, scheduler, queue: new RunQueue(clock, scheduler), trace: [] };
}

function runnable(work: (self: Probe) => boolean): Probe {
  return {
    queued: false,
    slices: 0,
    runSlice() {
      this.slices += 1;
      return work(this);
    },
    sliceTook: () => undefined,
  };
}

test('runs in order of arrival, and nothing twice however often it is enqueued', () => {
  const { scheduler, queue, trace } = setUp();
  const [a, b] = ['a', 'b'].map((name) => runnable(() => trace.push(name) < 0)) as [Probe, Probe];
  queue.enqueue(a);
  queue.enqueue(b);
  queue.enqueue(a);
  expect(queue.idle).toBe(false);
  scheduler.drainMicrotasks();
  expect(trace).toEqual(['a', 'b']);
  expect(queue.idle).toBe(true);
});

test.each([
  ['synchronous', false],
  ['asynchronous', true],
])('a busy %s runnable shares each round with its neighbour', (_, asynchronous) => {
  const { scheduler, queue } = setUp();
  const busy = runnable((self) => {
    queue.enqueue(self);
    return asynchronous;
  });
  const other = runnable((self) => {
    queue.enqueue(self);
    return asynchronous;
  });
  queue.enqueue(busy);
  queue.enqueue(other);
  for (let round = 0; round < 10; round += 1) {
    scheduler.drainMicrotasks();
    scheduler.turnEventLoop();
  }
  expect(busy.slices).toBeGreaterThan(100);
  expect(Math.abs(busy.slices - other.slices)).toBeLessThanOrEqual(1);
});

test.each([
  ['synchronous', false],
  ['asynchronous, with an empty queue after every slice', true],
])('the event loop gets a turn after 64 slices: %s', (_, asynchronous) => {
  const { scheduler, queue } = setUp();
  const busy = runnable((self) => {
    if (asynchronous) scheduler.micro.unshift(() => queue.enqueue(self));
    else queue.enqueue(self);
    return asynchronous;
  });
  queue.enqueue(busy);
  expect(scheduler.drainMicrotasks()).toBeLessThan(1_000); // it came to rest, with work waiting
  expect(busy.slices).toBe(64);
  scheduler.turnEventLoop();
  scheduler.drainMicrotasks();
  expect(busy.slices).toBe(128);
});

test('the event loop gets a turn after 5 ms, however few slices that was', () => {
  const { clock, scheduler, queue } = setUp();
  const slow = runnable((self) => {
    clock.jumpTo(clock.nowMs() + 2);
    queue.enqueue(self);
    return false;
  });
  queue.enqueue(slow);
  scheduler.drainMicrotasks();
  expect(slow.slices).toBe(3);
});

test('a slice is charged for the microtasks that it caused', () => {
  const { clock, scheduler, queue } = setUp();
  const took: number[] = [];
  const actor: Runnable = {
    queued: false,
    runSlice() {
      clock.jumpTo(clock.nowMs() + 1);
      scheduler.micro.unshift(() => clock.jumpTo(clock.nowMs() + 3));
      return true;
    },
    sliceTook: (elapsedMs) => took.push(elapsedMs),
  };
  queue.enqueue(actor);
  scheduler.drainMicrotasks();
  expect(took).toEqual([4]);
});

test('a scheduler may pick who is next; those who were not picked keep their order', () => {
  const { scheduler, queue, trace } = setUp();
  scheduler.pick = (count) => count - 1;
  for (const name of ['a', 'b', 'c', 'd']) queue.enqueue(runnable(() => trace.push(name) < 0));
  scheduler.drainMicrotasks();
  expect(trace).toEqual(['d', 'c', 'b', 'a']);

  const middle = setUp();
  middle.scheduler.pick = (count) => count >> 1;
  for (let n = 0; n < 40; n += 1) middle.queue.enqueue(runnable(() => middle.trace.push(`${n}`) < 0));
  middle.scheduler.drainMicrotasks();
  middle.scheduler.turnEventLoop();
  expect([...middle.trace].sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 40 }, (_, n) => `${n}`));
  expect(middle.trace.slice(0, 3)).toEqual(['20', '19', '21']);
});
