import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BacklogAge } from './backlog-age.ts';

test('is 0 for an empty ring, and for messages that the first look finds', () => {
  const age = new BacklogAge();
  expect(age.look(0, 0, 100)).toBe(0);
  expect(age.look(0, 3, 200)).toBe(0);
});

test('grows while the oldest message stays, however many come behind it', () => {
  const age = new BacklogAge();
  age.look(0, 1, 0);
  expect(age.look(0, 5, 10)).toBe(10);
  expect(age.look(0, 9, 20)).toBe(20);
  expect(age.look(1, 9, 30)).toBe(20); // those that the second look found
  expect(age.look(8, 9, 40)).toBe(20); // the last one was there at the third
  expect(age.look(9, 9, 50)).toBe(0);
  expect(age.look(9, 10, 60)).toBe(0);
});

test('keeps few notes of a backlog that grows for a day', () => {
  const age = new BacklogAge();
  let most = 0;
  let last = 0;
  for (let second = 0; second <= 86_400; second += 1) {
    last = age.look(0, second + 1, second * 1_000);
    most = Math.max(most, age.size);
  }
  expect(last).toBe(86_400_000);
  expect(most).toBeLessThan(200);
});

test('is never too high, and too low by a check and an eighth at the most', () => {
  const step = fc.record({
    passMs: fc.integer({ min: 1, max: 20 }),
    sent: fc.nat(3),
    taken: fc.oneof({ weight: 9, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.nat(100) }),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 400 }),
      fc.nat(300),
      fc.integer({ min: 1, max: 50 }),
      (steps, lag, checkMs) => {
        const age = new BacklogAge();
        /** When each message in the ring was sent, oldest first. */
        const sentAt: number[] = [];
        let [nowMs, head, tail, nextCheckMs] = [0, 0, 0, checkMs];
        for (const [index, { passMs, sent, taken }] of steps.entries()) {
          for (let count = 0; count < sent; count += 1) sentAt.push(nowMs);
          tail += sent;
          const gone = index < lag ? 0 : Math.min(taken, sentAt.length);
          sentAt.splice(0, gone);
          head += gone;
          nowMs += passMs;
          if (nowMs < nextCheckMs) continue;
          const late = nowMs - nextCheckMs + checkMs;
          nextCheckMs = nowMs + checkMs;
          const estimate = age.look(head, tail, nowMs);
          const exact = sentAt.length === 0 ? 0 : nowMs - (sentAt[0] as number);
          expect(estimate).toBeLessThanOrEqual(exact);
          expect(exact).toBeLessThanOrEqual(estimate * (1 + 1 / 8) + late + 20);
        }
      },
    ),
    { numRuns: 300 },
  );
});
