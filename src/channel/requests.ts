import { Fifo } from '../base/fifo.ts';
import type { Ring } from './ring.ts';

/** Somebody waits for a reply to a message. */
export interface Request {
  /** Number of the message in its ring. */
  sequence: number;
  /** Nobody waits any more. */
  readonly isSettled: boolean;
}

/** Those messages of a ring that somebody waits for a reply to, oldest first. What has left the ring is forgotten in passing. */
export class Requests {
  readonly #marks = new Fifo<Request>();

  /** The newest message of `ring` is `request`. */
  add(ring: Ring, request: Request): void {
    request.sequence = ring.sequenceAt(ring.size - 1);
    this.#marks.push(request);
  }

  /** Whether any of the `count` messages from `offset` places behind the oldest on is one. */
  isAmong(ring: Ring, offset: number, count: number): boolean {
    const marks = this.#marks;
    if (marks.size === 0 || !this.#forgetOld(ring)) return false;
    const last = ring.sequenceAt(offset + count - 1);
    const first = offset === 0 ? -1 : ring.sequenceAt(offset);
    for (let place = 0; place < marks.size; place += 1) {
      const { sequence } = marks.at(place);
      if (sequence > last) return false;
      if (sequence >= first) return true;
    }
    return false;
  }

  /** Calls `found` for each of the `count` oldest messages of `ring` that is one, with its offset. */
  forEachOf(ring: Ring, count: number, found: (request: Request, offset: number) => void): void {
    const marks = this.#marks;
    let next = 0;
    for (let offset = 0; offset < count; offset += 1) {
      const sequence = ring.sequenceAt(offset);
      while (next < marks.size && marks.at(next).sequence < sequence) next += 1;
      if (next === marks.size) return;
      const request = marks.at(next);
      if (request.sequence === sequence && !request.isSettled) found(request, offset);
    }
  }

  /** @returns whether any are left. */
  #forgetOld(ring: Ring): boolean {
    const marks = this.#marks;
    const oldest = ring.sequenceAt(0);
    while (marks.size > 0 && (marks.at(0).sequence < oldest || marks.at(0).isSettled)) marks.shift();
    return marks.size > 0;
  }
}
