import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Ring, type RoomWaiter } from './ring.ts';

function filled(capacity: number, ...messages: unknown[]): Ring {
  const ring = new Ring('numbers', capacity);
  for (const message of messages) ring.push(message);
  return ring;
}

const contents = (ring: Ring): unknown[] => Array.from({ length: ring.size }, (_, offset) => ring.at(offset));

class Waiter implements RoomWaiter {
  readonly ticket: number;
  told = 0;
  constructor(ticket: number) {
    this.ticket = ticket;
  }
  roomAppeared(): void {
    this.told += 1;
  }
}

describe('removing from the middle', () => {
  test('keeps order, numbers and attempts of the messages before and behind', () => {
    const ring = filled(8, 'a', 'b', 'c', 'd', 'e');
    ring.addFailedAttempt(0, 10);
    ring.addFailedAttempt(2, 20);
    ring.addFailedAttempt(3, 30);
    ring.addFailedAttempt(3, 40);
    ring.removeAll([2]);
    expect(contents(ring)).toEqual(['a', 'b', 'd', 'e']);
    expect([0, 1, 2, 3].map((offset) => ring.sequenceAt(offset))).toEqual([0, 1, 3, 4]);
    expect([0, 1, 2, 3].map((offset) => ring.failedAttemptsAt(offset))).toEqual([
      { count: 1, firstWallMs: 10 },
      undefined,
      { count: 2, firstWallMs: 30 },
      undefined,
    ]);
  });

  test('a message that moved up keeps its number until it is dropped, and no later one inherits it', () => {
    const ring = filled(2, 'a', 'b');
    ring.removeAll([1]);
    expect(ring.sequenceAt(0)).toBe(0);
    ring.push('c');
    expect(ring.sequenceAt(1)).toBe(2);
    ring.drop(1);
    expect(ring.sequenceAt(0)).toBe(2);
  });
});

test('attempts do not pass to the message that takes the place of a dropped one', () => {
  const ring = filled(1, 'a');
  ring.addFailedAttempt(0, 0);
  ring.drop(1);
  ring.push('b');
  expect(ring.failedAttemptsAt(0)).toBeUndefined();
});

test('grows from nothing past every power of two, also while the messages wrap round the end of the slots', () => {
  const ring = new Ring('numbers', 1_000);
  for (let n = 0; n < 6; n += 1) ring.push(n);
  ring.drop(5);
  for (let n = 6; n < 700; n += 1) ring.push(n);
  expect(contents(ring)).toEqual(Array.from({ length: 695 }, (_, index) => index + 5));
  expect(ring.highestFill).toBe(695);
});

test('agrees with a plain list under random pushes, drops, removals and failures', () => {
  const step = fc.oneof(
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('limit' as const), at: fc.nat(20) }) },
    { weight: 4, arbitrary: fc.constant({ kind: 'push' as const, at: 0 }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pushMany' as const), at: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'replay' as const, at: 0 }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('fire' as const), at: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('drop' as const), at: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('removeEach' as const), at: fc.nat(5) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('fail' as const), at: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('forgive' as const), at: fc.nat(20) }) },
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(step, { maxLength: 120 }), (capacity, steps) => {
      const ring = new Ring('numbers', capacity);
      const model: { readonly id: number; failed: number; readonly origin?: string; readonly timer?: string }[] = [];
      let sent = 0;
      let highest = 0;
      for (const { kind, at } of steps) {
        const inside = at < model.length;
        if ((kind === 'push' || kind === 'replay' || kind === 'fire') && model.length < capacity) {
          ring.push(sent);
          const [origin, timer] = [`the one before ${sent}`, `timer ${at}`];
          if (kind === 'replay') ring.markReplay(origin);
          if (kind === 'fire') ring.markFiring({ timer, missed: sent });
          model.push({ id: sent, failed: 0, ...(kind === 'replay' && { origin }), ...(kind === 'fire' && { timer }) });
          sent += 1;
          highest = Math.max(highest, model.length);
        } else if (kind === 'pushMany' && model.length + at <= capacity) {
          const ids = Array.from({ length: at }, (_, place) => sent + place);
          const messages = [...ids, 'not this one'];
          ring.pushMany(messages, at);
          expect(messages).toEqual([...ids, 'not this one']);
          for (const id of ids) model.push({ id, failed: 0 });
          sent += at;
          highest = Math.max(highest, model.length);
        } else if (kind === 'limit') {
          ring.setLimit(at); // moves the messages to fewer slots, perhaps, and must change nothing else
        } else if (kind === 'drop' && at <= model.length) {
          ring.drop(at);
          ring.taken += at;
          model.splice(0, at);
        } else if (kind === 'remove' && inside) {
          ring.removeAll([at]);
          ring.deadLettered += 1;
          model.splice(at, 1);
        } else if (kind === 'removeEach' && at > 0) {
          const offsets = Array.from(model.keys()).filter((offset) => offset % at === at >> 1);
          ring.removeAll(offsets);
          ring.deadLettered += offsets.length;
          for (const offset of offsets.reverse()) model.splice(offset, 1);
        } else if (kind === 'fail' && inside) {
          const entry = model[at] as { failed: number };
          entry.failed += 1;
          expect(ring.addFailedAttempt(at, sent)).toBe(entry.failed);
        } else if (kind === 'forgive' && inside) {
          ring.clearFailedAttempts(at);
          (model[at] as { failed: number }).failed = 0;
        }
        expect(contents(ring)).toEqual(model.map(({ id }) => id));
        for (let from = 0; from <= model.length; from += 1) {
          const rest = model.slice(from).map(({ id }) => id);
          expect(ring.slice(from, rest.length)).toEqual(rest);
          expect(ring.slice(from, rest.length >> 1)).toEqual(rest.slice(0, rest.length >> 1));
        }
        expect(model.map((_, offset) => ring.sequenceAt(offset))).toEqual(model.map(({ id }) => id));
        expect(model.map((_, offset) => ring.originAt(offset))).toEqual(model.map(({ origin }) => origin));
        expect(model.map((_, offset) => ring.firingAt(offset))).toEqual(
          model.map(({ id, timer }) => (timer === undefined ? undefined : { timer, missed: id })),
        );
        for (const name of ['timer 0', 'timer 1', 'timer 2']) {
          expect(ring.offsetOfFiring(name)).toBe(model.findIndex(({ timer }) => timer === name));
        }
        expect(model.map((_, offset) => ring.failedAttemptsAt(offset)?.count ?? 0)).toEqual(
          model.map(({ failed }) => failed),
        );
      }
      expect(ring.highestFill).toBe(highest);
      expect(ring.conservationFault()).toBeUndefined();
    }),
  );
});

describe('the limit', () => {
  test('is the capacity at first, and stays between what was asked for at once and the capacity', () => {
    const ring = filled(8);
    expect(ring.limit).toBe(8);
    ring.setLimit(0);
    expect(ring.limit).toBe(1);
    ring.demand(3);
    expect(ring.limit).toBe(3);
    ring.demand(2);
    ring.setLimit(1);
    expect(ring.limit).toBe(3);
    ring.setLimit(100);
    expect(ring.limit).toBe(8);
  });

  test('leaves the messages beyond it where they are', () => {
    const messages = Array.from({ length: 100 }, (_, n) => n);
    const ring = filled(128, ...messages);
    ring.drop(60);
    ring.setLimit(4);
    expect(contents(ring)).toEqual(messages.slice(60));
    ring.push(100);
    expect(contents(ring)).toEqual([...messages.slice(60), 100]);
  });

  test('tells who waits for room when it rises, and nobody when it falls', () => {
    const ring = filled(4, 'a', 'b', 'c', 'd');
    const waiter = new Waiter(1);
    ring.joinLine(waiter);
    const told = new Map<number, number>();
    for (const count of [1, 3]) {
      ring.watchVacancy({ vacancyChanged: () => void told.set(count, (told.get(count) ?? 0) + 1) }, count);
    }
    ring.setLimit(1);
    ring.drop(3);
    expect([waiter.told, ...told]).toEqual([0]);
    ring.setLimit(2);
    expect(waiter.told).toBe(1);
    expect([...told]).toEqual([
      [1, 1],
      [3, 1], // told with every change until it has what it waits for
    ]);
    ring.setLimit(2);
    expect(waiter.told).toBe(1);
  });
});

describe('the line for room', () => {
  test('is kept by ticket, whoever joins when, and only its first hears of room', () => {
    const ring = filled(1, 'a');
    const [early, middle, late] = [new Waiter(1), new Waiter(2), new Waiter(3)];
    ring.joinLine(middle);
    ring.joinLine(late);
    ring.joinLine(early);
    expect(ring.firstInLine()).toBe(early);
    ring.roomAppeared();
    expect([early.told, middle.told, late.told]).toEqual([1, 0, 0]);
    ring.leaveLine(early);
    ring.leaveLine(late);
    expect(ring.firstInLine()).toBe(middle);
    expect(ring.lineLength).toBe(1);
    ring.leaveLine(middle);
    expect([ring.contended, ring.roomWanted]).toEqual([false, false]);
  });

  test('somebody who stands in no line leaves it without harm', () => {
    const ring = filled(1);
    ring.joinLine(new Waiter(1));
    ring.leaveLine(new Waiter(2));
    expect(ring.lineLength).toBe(1);
  });
});

test('closes with the last sender, and tells a parked consumer once', () => {
  const ring = filled(1);
  let told = 0;
  ring.consumer = { readable: () => (told += 1) };
  ring.parked = true;
  ring.openSender();
  ring.openSender();
  ring.closeSender();
  expect([ring.closed, told]).toEqual([false, 0]);
  ring.closeSender();
  expect([ring.closed, ring.drained, told]).toEqual([true, true, 1]);
});

test('a conservation fault gives the figures', () => {
  const ring = filled(2, 'a');
  ring.drop(1);
  expect(ring.conservationFault()).toEqual({ channel: 'numbers', sent: 1, taken: 0, deadLettered: 0, inFlight: 0 });
});
