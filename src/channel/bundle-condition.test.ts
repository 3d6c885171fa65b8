import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BundleCondition, laneConditions, LanesCondition } from './bundle-condition.ts';
import { AllCondition, AnyCondition, AvailCondition, type Condition, VacantCondition } from './condition.ts';
import { InputBundleEnd } from './input-bundle-end.ts';
import { InputEnd } from './input-end.ts';
import { OutputEnd } from './output-end.ts';
import { Ring } from './ring.ts';

interface Lane {
  /** Messages to read, and whether more may come. */
  readonly waiting: number;
  readonly closed: boolean;
  /** Room to write. */
  readonly room: number;
}

const CAPACITY = 4;
const nature = { tick: false, batch: undefined };
const user = {
  useInput: () => undefined,
  useOutput: () => undefined,
  markSpecial: () => undefined,
  stageMisfit: () => undefined,
  poisoned: (error: Error) => error,
};

function ringWith(count: number, closed: boolean = false): Ring {
  const ring = new Ring('lane', CAPACITY);
  for (let n = 0; n < count; n += 1) ring.push(n);
  ring.closed = closed;
  return ring;
}

function bundles(lanes: readonly Lane[]) {
  const inputs = lanes.map(
    ({ waiting, closed }, lane) => new InputEnd(user, 'in', ringWith(waiting, closed), nature, lane),
  );
  const outputs = lanes.map(({ room }, lane) => new OutputEnd(user, `out[${lane}]`, ringWith(CAPACITY - room), null));
  const end = new InputBundleEnd('in', inputs);
  const avail = (counts: number | readonly number[]): BundleCondition =>
    new LanesCondition(
      [end],
      laneConditions('avail', lanes.length, counts, (lane, n) => new AvailCondition(inputs[lane] as InputEnd, n)),
    );
  const vacant = (counts: number | readonly number[], wanted?: 'every'): LanesCondition =>
    new LanesCondition(
      [{ firstLane: 0, served: () => undefined, hide: () => undefined }],
      laneConditions('vacant', lanes.length, counts, (lane, n) => new VacantCondition(outputs[lane] as OutputEnd, n)),
      wanted,
    );
  return { end, inputs, avail: avail as (counts: number | readonly number[]) => LanesCondition, vacant };
}

const anyLane = fc.record({ waiting: fc.nat(CAPACITY), closed: fc.boolean(), room: fc.nat(CAPACITY) });
const anyLanes = fc.array(anyLane, { minLength: 1, maxLength: 6 });
const countsFor = (lanes: number): fc.Arbitrary<number[]> =>
  fc
    .array(fc.nat(CAPACITY), { minLength: lanes, maxLength: lanes })
    .filter((counts) => counts.some((count) => count > 0));

/** What the rules say of one lane: does it end a wait for `count` messages? */
const isReady = ({ waiting, closed }: Lane, count: number): boolean =>
  count > 0 && (waiting >= count || (closed && waiting > 0));
const isDrained = ({ waiting, closed }: Lane): boolean => closed && waiting === 0;

describe('against the rules, for any lanes and counts', () => {
  test('avail names the first ready lane behind the one that was served last', () => {
    fc.assert(
      fc.property(
        anyLanes.chain((lanes) => fc.tuple(fc.constant(lanes), countsFor(lanes.length), fc.nat(lanes.length - 1))),
        ([lanes, counts, last]) => {
          const { avail, end } = bundles(lanes);
          const condition = avail(counts);
          end.served(last);
          const order = lanes.map((_, step) => (last + 1 + step) % lanes.length);
          const expected = order.find((lane) => isReady(lanes[lane] as Lane, counts[lane] as number)) ?? -1;
          expect(condition.lane()).toBe(expected);
          expect(condition.holds(false)).toBe(expected >= 0);
          const looked = lanes.filter((_, lane) => (counts[lane] as number) > 0);
          expect(condition.isSpent()).toBe(looked.every(isDrained));
          expect(condition.holds(true)).toBe(expected >= 0 || looked.every(isDrained));
          expect(new AllCondition([condition]).lane()).toBe(expected);
          expect(new AnyCondition([condition]).lane()).toBe(expected);
        },
      ),
    );
  });

  test('sameLane is ready where both sides are: a drained input beside room is no candidate', () => {
    fc.assert(
      fc.property(
        anyLanes.chain((lanes) => fc.tuple(fc.constant(lanes), countsFor(lanes.length), countsFor(lanes.length))),
        ([lanes, counts, rooms]) => {
          fc.pre(lanes.some((_, lane) => (counts[lane] as number) > 0 && (rooms[lane] as number) > 0));
          const { avail, vacant } = bundles(lanes);
          const expected = lanes.findIndex((lane, index) => {
            const [count, room] = [counts[index] as number, rooms[index] as number];
            return isReady(lane, count) && room > 0 && lane.room >= room;
          });
          expect(LanesCondition.same([avail(counts), vacant(rooms)]).lane()).toBe(expected);
        },
      ),
    );
  });

  test('every lane has room, where that is wanted, and no lane is named', () => {
    fc.assert(
      fc.property(anyLanes, fc.integer({ min: 1, max: CAPACITY }), (lanes, count) => {
        const condition = bundles(lanes).vacant(count, 'every');
        expect(condition.holds(false)).toBe(lanes.every(({ room }) => room >= count));
        expect(condition.lane()).toBe(-1);
      }),
    );
  });

  test('served until nothing is ready, no lane is served twice while another is', () => {
    fc.assert(
      fc.property(anyLanes, (lanes) => {
        const { avail, inputs } = bundles(lanes);
        const condition: Condition & LanesCondition = avail(1);
        const served: number[] = [];
        let order = 0;
        for (;;) {
          const lane = condition.lane();
          if (lane < 0) break;
          const others = inputs.filter((end, index) => index !== lane && end.waiting > 0).length;
          if (others > 0) expect(served.at(-1)).not.toBe(lane);
          condition.served(false);
          inputs[lane]?.take((order += 1));
          served.push(lane);
        }
        expect(served).toHaveLength(lanes.reduce((sum, { waiting }) => sum + waiting, 0));
      }),
    );
  });
});

describe('taking from the whole bundle', () => {
  test('takes all there is, in order in each lane, and one lane after the other', () => {
    fc.assert(
      fc.property(anyLanes, fc.nat(5), (lanes, first) => {
        const { end } = bundles(lanes);
        if (first < lanes.length) end.served(first);
        const taken: number[][] = lanes.map(() => []);
        const order: number[] = [];
        for (let next = end.next(); next !== undefined; next = end.next()) {
          end.taken(next);
          taken[next.lane]?.push(next.take(order.length + 1) as number);
          order.push(next.lane);
          expect(end.lastTaken()).toBe(next);
        }
        expect(taken).toEqual(lanes.map(({ waiting }) => Array.from({ length: waiting }, (_, n) => n)));
        // After each round the lanes that go on are those that have more: nobody is two rounds ahead.
        for (let place = 1; place <= order.length; place += 1) {
          const counts = lanes.map((_, lane) => order.slice(0, place).filter((served) => served === lane).length);
          counts.forEach((count, lane) => {
            if (count < (lanes[lane] as Lane).waiting) expect(Math.max(...counts) - count).toBeLessThanOrEqual(1);
          });
        }
        expect(end.visible).toBe(0);
      }),
    );
  });

  test('after a failure of several, the lane that was ready hides the others that the wait looked at', () => {
    const lanes = [1, 2, 3, 4].map((waiting) => ({ waiting, closed: false, room: 0 }));
    const { avail, inputs, end } = bundles(lanes);
    const condition = avail([1, 1, 1, 0]);
    condition.served(false);
    expect(end.visible).toBe(10);
    condition.served(true);
    expect(inputs.map(({ visible }) => visible)).toEqual([0, 2, 0, 4]);
  });
});
