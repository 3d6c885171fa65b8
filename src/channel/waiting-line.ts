/** A commit or an outside send that waits for room, first come, first served by `ticket`. */
export interface RoomWaiter {
  readonly ticket: number;
  /** There may be room now, and this waiter is the first in line. Must not run user code. */
  roomAppeared(): void;
  /** How much room it needs in `place` at once; where it cannot say, for one message. */
  roomNeededIn?(place: object): number;
  /** Senders are turned away from now on. Left out by those who come back to it when they look for room. Must not run user code. */
  turnedAway?(): void;
  /** Nothing more is taken from outside. @param refusal - Makes the error for a message. Must not run user code. */
  outsideRefused?(refusal: (undelivered: unknown) => Error): void;
  /** Does what it waits for, if there is room for it. Must not run user code. @returns false if it has to wait on. */
  goThrough?(): boolean;
}

/** Those who wait for room in one place, in the order of their tickets. */
export class WaitingLine {
  readonly #waiters: RoomWaiter[] = [];

  get first(): RoomWaiter | undefined {
    return this.#waiters[0];
  }

  get length(): number {
    return this.#waiters.length;
  }

  [Symbol.iterator](): IterableIterator<RoomWaiter> {
    return this.#waiters[Symbol.iterator]();
  }

  join(waiter: RoomWaiter): void {
    const waiters = this.#waiters;
    let place = waiters.length;
    while (place > 0 && (waiters[place - 1] as RoomWaiter).ticket > waiter.ticket) place -= 1;
    waiters.splice(place, 0, waiter);
  }

  /** Whoever stands in no line leaves it without harm. */
  leave(waiter: RoomWaiter): void {
    const place = this.#waiters.indexOf(waiter);
    if (place >= 0) this.#waiters.splice(place, 1);
  }
}
