import { expect, test } from 'vitest';
import { expectedSum, measureThroughput, messageAt, throughputOf, type Pass } from './throughput.ts';

const EFFORT = { warmUpMs: 1, measureMs: 1, scale: 1, rounds: 1 };

/** Counts as a lane does, in made-up time: a thousand messages a millisecond. */
async function honest(messages: number): Promise<Pass> {
  let sum = 0;
  for (let i = 0; i < messages; i += 1) sum += messageAt(i);
  return { count: messages, sum, ms: messages / 1_000 };
}

test.each([0, 1, 1_023, 1_024, 1_025, 5_000])('expectedSum agrees with adding up %i messages', async (messages) => {
  expect(expectedSum(messages, 0)).toBe((await honest(messages)).sum);
  expect(expectedSum(messages, 2)).toBe((await honest(messages)).sum + 2 * messages);
});

test('throughput is in millions a second', async () => {
  expect(await measureThroughput(honest, EFFORT, 0)).toEqual({ 'M messages/s': 1 });
});

test('a lane that loses a message has no throughput', () => {
  expect(() => throughputOf({ count: 9, sum: 45, ms: 1 }, 10, 0)).toThrow('9 messages arrived');
});

test('a lane that swaps a message for another has no throughput', () => {
  expect(() => throughputOf({ count: 10, sum: 44, ms: 1 }, 10, 0)).toThrow('sum 44');
});
