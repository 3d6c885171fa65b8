import type { Ring } from '../channel/ring.ts';

/** Checks in a row without a take, while somebody waits for room, after which a channel gets more of it. */
const STALLED_CHECKS = 3;

/** What a look at a ring has seen. */
interface Look {
  readonly head: number;
  /** Looks in a row before this one at which its head was here and somebody waited for room. */
  readonly stalled: number;
}

/**
 * Keeps the channels of a degraded graph below their capacities.
 *
 * A smaller channel can make a deadlock: its reader waits for something that its senders have behind what does not fit. What
 * is asked for at once the ring itself keeps possible. For the rest, a channel from which nothing is taken although somebody
 * waits for room gets twice the room, and twice again, up to its capacity.
 *
 * Source: T. M. Parks, Bounded Scheduling of Process Networks, 1995: artificial deadlocks are resolved by enlarging full
 * channels. Differs: by time and channel, because here nobody sees that all of a network stands still.
 */
export class CapacityLimits {
  #factor = 1;
  /** The rings whose limit was set, while the factor is below 1. */
  #looks = new Map<Ring, Look>();

  /** Has each of `rings` take that part of its capacity, from now on. */
  setFactor(factor: number, rings: Iterable<Ring>): void {
    if (factor === this.#factor) return;
    this.#factor = factor;
    this.#looks = new Map();
    for (const ring of rings) this.#limit(ring);
  }

  /**
   * A look at the rings: those that are new are limited, those that are stuck get room.
   *
   * @param heldUp - Rings from which nothing is taken because an actor is paused: that is meant so.
   */
  check(rings: Iterable<Ring>, heldUp: ReadonlySet<Ring>): void {
    if (this.#factor === 1) return;
    for (const ring of rings) {
      const before = this.#looks.get(ring);
      if (before === undefined) {
        this.#limit(ring);
        continue;
      }
      const { head } = ring;
      const isStuck = ring.roomWanted && head === before.head && ring.limit < ring.capacity && !heldUp.has(ring);
      const stalled = isStuck ? before.stalled + 1 : 0;
      if (stalled >= STALLED_CHECKS) ring.setLimit(ring.limit * 2);
      this.#looks.set(ring, { head, stalled });
    }
  }

  #limit(ring: Ring): void {
    ring.setLimit(Math.floor(ring.capacity * this.#factor));
    if (this.#factor < 1) this.#looks.set(ring, { head: ring.head, stalled: 0 });
  }
}
