import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputEnd } from '../channel/input-end.ts';
import { Ring } from '../channel/ring.ts';
import { Fence } from './fence.ts';
import type { Runtime } from './runtime.ts';
import { SliceView } from './slice-view.ts';

const fenced: string[] = [];
const runtime: Pick<Runtime, 'probe' | 'emit'> = {
  probe: null,
  emit: (event) => void (event.kind === 'fenced' && fenced.push(event.verb)),
};

function endOf(ring: Ring): InputEnd {
  return new InputEnd({ useInput: (end) => (end.used = true) }, 'in', ring, { tick: false, batch: undefined });
}

function openFence(): Fence {
  const fence = new Fence(runtime as Runtime, 'actor'); // it needs no more than these two
  fence.open = true;
  return fence;
}

function slice(fence: Fence, end: InputEnd, count: number): SliceView {
  end.peekMany(count);
  return new SliceView(fence, end, count);
}

test('agrees with a slice of an array, wherever the messages lie in the ring and whatever the turn does meanwhile', () => {
  const turn = fc.record({
    pushed: fc.nat(12),
    takenBefore: fc.nat(5),
    count: fc.nat(12),
    takenAfter: fc.nat(12),
    pushedAfter: fc.nat(12),
    indices: fc.array(fc.oneof(fc.integer({ min: -15, max: 15 }), fc.double({ min: -15, max: 15 }), fc.constant(NaN))),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 24 }), fc.array(turn, { maxLength: 30 }), (capacity, turns) => {
      const ring = new Ring('ring', capacity);
      const end = endOf(ring);
      const fence = openFence();
      const model: number[] = [];
      let sent = 0;
      let order = 0;
      const push = (count: number): void => {
        for (let n = 0; n < count && model.length < capacity; n += 1) {
          ring.push(sent);
          model.push(sent);
          sent += 1;
        }
      };
      const take = (count: number): number => {
        const number = Math.min(count, end.visible);
        const from = end.taken;
        expect(end.takeMany(number, (order += number))).toEqual(model.slice(from, from + number));
        return number;
      };
      let before: SliceView | undefined;
      for (const { pushed, takenBefore, count, takenAfter, pushedAfter, indices } of turns) {
        push(pushed);
        take(takenBefore);
        const length = Math.min(count, end.visible);
        const view = slice(fence, end, length);
        const expected = model.slice(end.taken, end.taken + length);
        if (before !== undefined && before.length > 0) expect(() => before?.at(0)).toThrow();
        take(takenAfter);
        push(pushedAfter);
        expect(view.length).toBe(expected.length);
        expect([...view]).toEqual(expected);
        expect(view.toArray()).toEqual(expected);
        for (const index of indices) expect(view.at(index)).toBe(expected.at(index));
        // The turn commits.
        const { taken } = end;
        ring.drop(taken);
        ring.taken += taken;
        model.splice(0, taken);
        end.reset();
        before = view;
      }
    }),
  );
});

describe('after its turn', () => {
  const used: [string, (view: SliceView) => unknown][] = [
    ['at', (view) => view.at(0)],
    ['toArray', (view) => view.toArray()],
    ['iterating', (view) => [...view]],
  ];

  function example(): { readonly fence: Fence; readonly end: InputEnd; readonly view: SliceView } {
    const ring = new Ring('ring', 4);
    for (const message of ['a', 'b']) ring.push(message);
    const end = endOf(ring);
    const fence = openFence();
    return { fence, end, view: slice(fence, end, 2) };
  }

  test.each(used)('%s is refused, also where the messages are still there and another turn is open', (_, use) => {
    const { end, view } = example();
    expect(() => use(view)).not.toThrow();
    end.reset();
    fenced.length = 0;
    expect(() => use(view)).toThrow(expect.objectContaining({ code: 'ERR_FENCED' }) as Error);
    expect(fenced).toEqual(['peek']);
    expect(view).toHaveLength(2);
  });

  test.each(used)('%s is refused between two turns and in a dead incarnation', (_, use) => {
    const { fence, view } = example();
    fence.open = false;
    expect(() => use(view)).toThrow(expect.objectContaining({ code: 'ERR_FENCED' }) as Error);
    fence.abandon('test');
    expect(() => use(view)).toThrow(expect.objectContaining({ code: 'ERR_FENCED' }) as Error);
  });

  test('a loop over it that goes on is refused in the middle', () => {
    const { fence, view } = example();
    const iterator = view[Symbol.iterator]();
    expect(iterator.next()).toEqual({ done: false, value: 'a' });
    fence.open = false;
    expect(() => iterator.next()).toThrow(expect.objectContaining({ code: 'ERR_FENCED' }) as Error);
  });
});
