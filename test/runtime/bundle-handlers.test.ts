import { defineActor, input, inputBundle, outputBundle } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { actorOf, collect, stopCleanly, world } from './world.ts';

const numbers = (count: number, from: number = 0): number[] => Array.from({ length: count }, (_, n) => from + n);

describe('a handler with an input bundle', () => {
  test('is called for each lane, and is told which one; inputs and lanes take turns', async () => {
    const w = world();
    const control = w.graph.channel<string>('control', { capacity: 8 });
    const lanes = w.graph.bundle<number>('lanes', { lanes: 3, capacity: 8 });
    const seen: unknown[] = [];
    const merge = defineActor({
      inputs: { orders: inputBundle<number>(), control: input<string>() },
      on: {
        orders: (message, { lane }) => void seen.push([lane, message]),
        control: (message, { lane }) => void seen.push([lane, message]),
      },
    });
    w.graph.actor('merge', merge, { orders: lanes, control });
    for (const n of numbers(4)) lanes[0]?.trySend(n);
    for (const n of numbers(2, 20)) lanes[2]?.trySend(n);
    for (const word of ['a', 'b']) control.trySend(word);
    w.graph.start();
    await w.sim.settle();
    expect(seen).toEqual([
      [0, 0],
      [2, 20],
      [-1, 'a'],
      [0, 1],
      [2, 21],
      [-1, 'b'],
      [0, 2],
      [0, 3],
    ]);
    await stopCleanly(w);
  });

  test('serves no lane twice while another has a message, whatever comes in when', async () => {
    const w = world({}, { seed: 7, schedule: 'random' });
    const lanes = w.graph.bundle<number>('lanes', { lanes: 4, capacity: 64 });
    const served: number[] = [];
    const waiting: number[][] = [];
    const merge = defineActor({
      inputs: { orders: inputBundle<number>() },
      on: {
        orders(_, { lane }) {
          served.push(lane);
          waiting.push(lanes.map(({ size }) => size));
        },
      },
    });
    w.graph.actor('merge', merge, { orders: lanes });
    w.graph.start();
    for (let round = 0; round < 100; round += 1) {
      for (let n = 0; n < 3; n += 1) lanes[0]?.trySend(n);
      lanes[round % 4]?.trySend(n0(round));
      if (round % 3 === 0) await w.sim.settle();
    }
    await w.sim.settle();
    const sticky = served.filter((lane, turn) => {
      if (turn === 0 || lane !== served[turn - 1]) return false;
      return waiting[turn]?.some((size, other) => other !== lane && size > 0) === true;
    });
    expect(served).toHaveLength(400);
    expect(sticky).toEqual([]);
    await stopCleanly(w);
  });

  test('a message that fails is retried in its place, in its lane, and the others go on', async () => {
    const w = world({ actorDefaults: { maxRestarts: Infinity, retryBackoff: { minMs: 0 } } });
    const lanes = w.graph.bundle<number>('lanes', { lanes: 2, capacity: 8 });
    const committed = w.graph.bundle<[number, number]>('committed', { lanes: 2, capacity: 64 });
    const merge = defineActor({
      inputs: { orders: inputBundle<number>() },
      outputs: { out: outputBundle<[number, number]>() },
      on: {
        orders(message, { lane, attempt, outputs }) {
          outputs.out.lane(lane).send([lane, message]);
          if (message % 3 === 0 && attempt === 1) throw new Error('once');
        },
      },
    });
    w.graph.actor('merge', merge, { orders: lanes, out: committed });
    const arrived = committed.map((lane) => collect(w.graph, lane));
    for (const n of numbers(6)) lanes[n % 2]?.trySend(n);
    w.graph.start();
    await w.sim.settle();
    expect(arrived).toEqual([[0, 2, 4].map((n) => [0, n]), [1, 3, 5].map((n) => [1, n])]);
    expect(actorOf(w.graph, 'merge').failures).toBe(2);
    await stopCleanly(w);
  });

  test('reject, messageId and the dead letter name the lane', async () => {
    const w = world();
    const lanes = w.graph.bundle<number>('lanes', { lanes: 2, capacity: 8 });
    const ids: (string | undefined)[] = [];
    const merge = defineActor({
      inputs: { orders: inputBundle<number>() },
      on: {
        orders(_, { reject, messageId }) {
          ids.push(messageId);
          reject('bad');
        },
      },
    });
    w.graph.actor('merge', merge, { orders: lanes });
    w.graph.start();
    lanes[1]?.trySend(5);
    await w.sim.settle();
    expect(ids).toEqual([expect.stringMatching(/\/lanes\[1\]\/0$/)]);
    expect(w.graph.deadLetters.list()).toMatchObject([{ channel: 'lanes[1]', payload: 5, messageId: ids[0] }]);
    await stopCleanly(w);
  });

  test('an asynchronous one keeps its lane until its turn ends', async () => {
    const w = world();
    const lanes = w.graph.bundle<number>('lanes', { lanes: 2, capacity: 8 });
    const seen: unknown[] = [];
    const merge = defineActor({
      inputs: { orders: inputBundle<number>() },
      on: {
        async orders(message, ctx) {
          await ctx.effect('work', () => Promise.resolve());
          seen.push([ctx.lane, message]);
        },
      },
    });
    w.graph.actor('merge', merge, { orders: lanes });
    w.graph.start();
    for (const n of numbers(4)) lanes[n % 2]?.trySend(n);
    await w.sim.settle();
    expect(seen).toEqual([
      [0, 0],
      [1, 1],
      [0, 2],
      [1, 3],
    ]);
    await stopCleanly(w);
  });

  test('in batches: each lane has its own, of its own messages only', async () => {
    const w = world();
    const lanes = w.graph.bundle<number>('lanes', { lanes: 3, capacity: 8 });
    const seen: unknown[] = [];
    const merge = defineActor({
      inputs: { orders: inputBundle<number>({ batch: { size: 3, timeoutMs: 100 } }) },
      on: {
        orders(batch, { lane, messageIds, attempt }) {
          seen.push([lane, batch]);
          expect(messageIds.every((id) => id.includes(`/lanes[${lane}]/`))).toBe(true);
          if (batch.includes(11) && attempt === 1) throw new Error('once');
        },
      },
    });
    w.graph.actor('merge', merge, { orders: lanes });
    w.graph.start();
    for (const n of numbers(4)) lanes[0]?.trySend(n);
    for (const n of numbers(3, 10)) lanes[1]?.trySend(n);
    lanes[2]?.trySend(20);
    await w.sim.settle();
    await w.sim.advance(100);
    expect(seen.slice(0, 2)).toEqual([
      [0, [0, 1, 2]],
      [1, [10, 11, 12]], // fails: the others of the lane are shown one by one, those of other lanes are not
    ]);
    expect(seen.slice(2)).toEqual(
      expect.arrayContaining([
        [1, [10]],
        [1, [11]],
        [1, [12]],
        [0, [3]],
        [2, [20]],
      ]),
    );
    expect(seen).toHaveLength(7);
    const small = world();
    expect(() =>
      small.graph.actor('merge', merge, { orders: small.graph.bundle<number>('small', { lanes: 1, capacity: 2 }) }),
    ).toThrow(expect.objectContaining({ code: 'ERR_OVER_CAPACITY' }) as Error);
    await stopCleanly(w);
  });

  test('ends when all lanes have drained, with one last turn, and its report names the open lanes', async () => {
    const w = world();
    const lanes = w.graph.bundle<number>('lanes', { lanes: 3, capacity: 8 });
    const ends: string[] = [];
    const merge = defineActor({
      inputs: { orders: inputBundle<number>() },
      on: { orders: () => undefined },
      onDrained: () => void ends.push('drained'),
    });
    const stuck = defineActor({
      outputs: { lane: outputBundle<number>() },
      async run({ next, until, running }) {
        while (running({ never: () => false })) await next(until(new Promise(() => undefined)));
      },
    });
    w.graph.actor('merge', merge, { orders: lanes });
    w.graph.actor('stuck', stuck, { lane: lanes.slice(1) });
    w.graph.start();
    await lanes[0]?.send(1);
    await w.sim.settle();
    w.graph.requestShutdown();
    await expect(w.sim.runUntil(w.graph.stopped({ timeoutMs: 100 }))).rejects.toMatchObject({
      details: {
        holdouts: [
          { name: 'merge', heldBy: 'waiting for "lanes[1]" to close, "lanes[2]" to close' },
          { name: 'stuck', heldBy: 'veto: never' },
        ],
      },
    });
    expect(ends).toEqual([]);
    const v = world();
    const closing = v.graph.bundle<number>('lanes', { lanes: 2, capacity: 8 });
    v.graph.actor('merge', merge, { orders: closing });
    v.graph.start();
    for (const lane of closing) lane.close();
    await v.sim.runUntil(v.graph.stopped());
    expect(ends).toEqual(['drained']);
  });

  test('that nobody has ever written to ends without having been made', async () => {
    const w = world();
    const orders = w.graph.bundle<number>('lanes', { lanes: 2, capacity: 8 });
    const out = w.graph.bundle<number>('out', { lanes: 2, capacity: 8 });
    const idle = defineActor({
      inputs: { orders: inputBundle<number>() },
      outputs: { out: outputBundle<number>() },
      on: { orders: () => undefined },
    });
    w.graph.actor('idle', idle, { orders, out });
    for (const lane of out) collect(w.graph, lane);
    w.graph.start();
    await stopCleanly(w);
    expect(actorOf(w.graph, 'idle')).toMatchObject({ phase: 'ended', exit: 'completed' });
  });
});

/** Something to send that says when it was. */
function n0(round: number): number {
  return 1_000 + round;
}
