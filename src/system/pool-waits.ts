import type { Condition, Waker } from '../channel/condition.ts';
import type { Input } from '../channel/port.ts';
import type { Ring } from '../channel/ring.ts';
import type { PoolCell } from './pool-cell.ts';
import type { ResizeOrder } from './pool-router.ts';

/** What a message waits for before it is handed on. */
export interface HeldUp {
  /** It is over: the router has to look again. */
  readonly isOver: () => boolean;
  /** Where something is to become of it, and how much room there has to be then. */
  readonly rings: readonly (readonly [ring: Ring, room: number])[];
  /** For the report of what held a shutdown. */
  readonly text: string;
}

/** Where a router is with a resize. */
export interface Resizing {
  /** One is under way: further orders wait. */
  readonly isUnderWay: boolean;
  /** All that it has to wait for has happened. */
  readonly isSettled: boolean;
  /** Where that is to happen, and how much room there will be then. */
  readonly rings: readonly (readonly [ring: Ring, room: number])[];
}

/** There is something to do for the router of a pool. */
export class RouterCondition implements Condition {
  readonly isCondition = true;
  readonly readsInputs = true;
  readonly timed = false;
  readonly laned = false;
  readonly #pool: PoolCell;
  readonly #mailbox: Input<unknown>;
  readonly #control: Input<ResizeOrder>;
  readonly #resize: Resizing;
  /** Undefined while nothing holds up the next message. */
  heldUp: HeldUp | undefined;

  constructor(
    pool: PoolCell,
    inputs: { readonly mailbox: Input<unknown>; readonly control: Input<ResizeOrder> },
    resize: Resizing,
  ) {
    this.#pool = pool;
    this.#mailbox = inputs.mailbox;
    this.#control = inputs.control;
    this.#resize = resize;
  }

  holds(): boolean {
    const { isUnderWay, isSettled } = this.#resize;
    if (this.#pool.isStale || (isUnderWay && isSettled)) return true;
    if (!isUnderWay && this.#control.size > 0) return true;
    return this.#mailbox.size > 0 && this.heldUp?.isOver() !== false;
  }

  isSpent(): boolean {
    return this.#mailbox.isDrained() && this.#control.isDrained();
  }

  attach(waker: Waker): void {
    for (const [ring, room] of this.heldUp?.rings ?? []) waker.watchVacancy(ring, room);
    for (const [ring, room] of this.#resize.rings) waker.watchVacancy(ring, room);
  }

  collectDue(): void {}
  noteAsked(): void {}

  timePassed(): boolean {
    return false;
  }

  describe(): string {
    return this.heldUp === undefined ? 'messages' : this.heldUp.text;
  }
}

/** All workers of a pool have ended. */
export class WorkersGone implements Condition {
  readonly isCondition = true;
  readonly readsInputs = false;
  readonly timed = false;
  readonly laned = false;
  readonly #pool: PoolCell;

  constructor(pool: PoolCell) {
    this.#pool = pool;
  }

  holds(): boolean {
    return this.#pool.workersByNumber().every((worker) => worker === undefined || worker.ended);
  }

  isSpent(): boolean {
    return false;
  }

  attach(waker: Waker): void {
    for (const worker of this.#pool.workersByNumber()) {
      if (worker?.ended === false) waker.watchVacancy(worker.mailbox.ring(), worker.mailbox.capacity);
    }
  }

  collectDue(): void {}
  noteAsked(): void {}

  timePassed(): boolean {
    return false;
  }

  describe(): string {
    const left = this.#pool.workersByNumber().filter((worker) => worker?.ended === false).length;
    return `${left} workers to work off what they have`;
  }
}
