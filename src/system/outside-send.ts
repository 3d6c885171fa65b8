import type { Runnable, RunQueue } from '../actor/run-queue.ts';
import { breakerOpen, closedForSender } from '../channel/output-end.ts';
import type { Ring, RoomWaiter } from '../channel/ring.ts';

/** One message from outside that waits in line for room, like a commit. */
export class OutsideSend implements Runnable, RoomWaiter {
  queued = false;
  readonly ticket: number;
  readonly #message: unknown;
  /** What the sender gets back: the message as it was before the schema and the freezer. */
  readonly undelivered: unknown;
  /** Settles when the message is in the channel, or certainly not. */
  readonly done: Promise<void>;
  /** Where it stands in line: another one when it was turned away. */
  #ring: Ring;
  readonly #runQueue: RunQueue;
  readonly #signal: AbortSignal | undefined;
  readonly #entered: ((ring: Ring) => void) | undefined;
  #resolve!: () => void;
  #reject!: (error: Error) => void;
  #settled = false;

  constructor(options: {
    readonly ring: Ring;
    readonly runQueue: RunQueue;
    readonly ticket: number;
    readonly message: unknown;
    readonly undelivered: unknown;
    readonly signal: AbortSignal | undefined;
    /** Called in the step in which the message enters the channel. */
    readonly entered: ((ring: Ring) => void) | undefined;
  }) {
    this.#ring = options.ring;
    this.#runQueue = options.runQueue;
    this.ticket = options.ticket;
    this.#message = options.message;
    this.undelivered = options.undelivered;
    this.#signal = options.signal;
    this.#entered = options.entered;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#ring.joinLine(this);
    this.#signal?.addEventListener('abort', this.#aborted);
  }

  roomAppeared(): void {
    this.#runQueue.enqueue(this);
  }

  /** At once, and not in its next slice: what the same sender sends meanwhile must come after it. */
  turnedAway(): void {
    const { destination, turnedAway } = this.#ring;
    if (destination === null) this.refuse(breakerOpen(turnedAway?.actor ?? this.#ring.name, this.undelivered));
    else if (destination !== this.#ring) {
      this.#ring.leaveLine(this);
      this.#ring = destination;
      destination.joinLine(this);
    }
    this.roomAppeared();
  }

  runSlice(): boolean {
    const ring = this.#ring;
    if (this.#settled) return false;
    if (ring.takesNoMore || ring.closed) {
      this.refuse(closedForSender(ring.name, this.undelivered));
      return true;
    }
    if (ring.size >= ring.limit || ring.firstInLine() !== this) return false;
    ring.push(this.#message);
    this.#entered?.(ring);
    this.#leave();
    if (ring.parked) ring.consumer?.readable();
    this.#resolve();
    return true;
  }

  refuse(error: Error): void {
    if (this.#settled) return;
    this.#leave();
    this.#reject(error);
  }

  sliceTook(): void {}

  readonly #aborted = (): void => this.refuse(this.#signal?.reason as Error);

  #leave(): void {
    this.#settled = true;
    this.#signal?.removeEventListener('abort', this.#aborted);
    this.#ring.leaveLine(this);
    const { size, limit, takesNoMore, closed } = this.#ring;
    if (size < limit || takesNoMore || closed) this.#ring.roomAppeared();
  }
}
