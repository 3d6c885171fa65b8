import type { Ring, RoomWaiter } from '../channel/ring.ts';
import type { Runnable } from './run-queue.ts';
import type { Runtime } from './runtime.ts';

/**
 * How the graph itself sends to an input of an actor: its timers, and what it has to be told of others. A message goes in at once
 * if there is room; else it stands in line as a send from outside does, and holds an end of the channel open meanwhile.
 *
 * One message at the most is under way. Its place in line is kept whatever becomes of the message.
 */
export class Delivery implements Runnable, RoomWaiter {
  queued = false;
  /** Place in the line for room; of no meaning unless it {@link waits}. */
  ticket = 0;
  readonly ring: Ring;
  readonly #runtime: Runtime;
  /** Called in the step in which a message is to enter the channel, for which there is room. @returns the message. */
  readonly #enters: () => unknown;
  /** Called when it has, before its reader is told. */
  readonly #entered: () => void;
  #waits = false;

  constructor(runtime: Runtime, ring: Ring, enters: () => unknown, entered: () => void = () => undefined) {
    this.#runtime = runtime;
    this.ring = ring;
    this.#enters = enters;
    this.#entered = entered;
  }

  /** A message waits for room. */
  get waits(): boolean {
    return this.#waits;
  }

  /** Nobody will read more than what is there. */
  get isPointless(): boolean {
    return this.ring.closed || this.ring.takesNoMore;
  }

  /** Sends a message, now or as soon as there is room. Nothing must wait yet, and somebody read the channel. */
  send(): void {
    const { ring } = this;
    // What an actor is to get by itself waits in its input like what is there, also where others are turned away.
    if (!ring.hasRoomFor(1, Infinity)) this.#joinLine();
    else this.#enter();
  }

  /** What waits is not sent after all. */
  giveUp(): void {
    if (this.#waits) this.#leaveLine();
  }

  roomAppeared(): void {
    this.#runtime.runQueue.enqueue(this);
  }

  runSlice(): boolean {
    const { ring } = this;
    if (this.#waits && ring.abandoned) this.#leaveLine(); // nobody is left to be told
    if (!this.#waits || ring.size >= ring.limit || ring.firstInLine() !== this) return false;
    this.#enter();
    this.#leaveLine();
    return false;
  }

  sliceTook(): void {}

  #enter(): void {
    const { ring } = this;
    ring.push(this.#enters());
    ring.besidesTurns += 1;
    this.#entered();
    if (ring.parked) ring.consumer?.readable();
  }

  #joinLine(): void {
    const { ring } = this;
    this.#waits = true;
    this.ticket = this.#runtime.takeTicket();
    ring.owe();
    ring.joinLine(this);
  }

  #leaveLine(): void {
    const { ring } = this;
    this.#waits = false;
    ring.leaveLine(this);
    ring.paid();
    if (ring.size < ring.limit || ring.takesNoMore) ring.roomAppeared();
  }
}

/** Takes out messages of `ring` that the graph has sent and takes back. They count as taken. @returns how many. */
export function takeBack(ring: Ring, isMeant: (message: unknown, offset: number) => boolean): number {
  const offsets: number[] = [];
  for (let offset = 0; offset < ring.size; offset += 1) if (isMeant(ring.at(offset), offset)) offsets.push(offset);
  if (offsets.length === 0) return 0;
  ring.removeAll(offsets);
  ring.taken += offsets.length;
  return offsets.length;
}
