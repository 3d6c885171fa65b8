import type { InputEnd } from '../channel/input-end.ts';
import type { MessageSlice } from '../channel/port.ts';
import type { Fence } from './fence.ts';

/**
 * Messages of an input, read where they are. Valid in the turn that peeked at them: what they stand in for is not in hand of
 * any other, and in the end not there.
 */
export class SliceView implements MessageSlice<unknown> {
  readonly length: number;
  readonly #fence: Fence;
  readonly #end: InputEnd;
  /** Position of the first message in the ring: takes of the turn do not move it, as offsets would be. */
  readonly #from: number;
  readonly #looks: number;

  /** @param count - The messages are there, and the turn may see them. */
  constructor(fence: Fence, end: InputEnd, count: number) {
    this.length = count;
    this.#fence = fence;
    this.#end = end;
    this.#from = end.ring.head + end.taken;
    this.#looks = end.looks;
  }

  at(index: number): unknown {
    this.#check();
    const whole = Math.trunc(index) || 0; // as in arrays, NaN is 0
    const place = whole < 0 ? whole + this.length : whole;
    return place >= 0 && place < this.length ? this.#message(place) : undefined;
  }

  toArray(): unknown[] {
    this.#check();
    const { ring } = this.#end;
    return ring.slice(this.#from - ring.head, this.length);
  }

  [Symbol.iterator](): IterableIterator<unknown> {
    let place = 0;
    const iterator: IterableIterator<unknown> = {
      next: () => {
        this.#check();
        if (place >= this.length) return { done: true, value: undefined };
        place += 1;
        return { done: false, value: this.#message(place - 1) };
      },
      [Symbol.iterator]: () => iterator,
    };
    return iterator;
  }

  #message(place: number): unknown {
    const { ring } = this.#end;
    return ring.at(this.#from - ring.head + place);
  }

  #check(): void {
    if (!this.#fence.open || this.#end.looks !== this.#looks) throw this.#fence.leftOver('peek');
  }
}
