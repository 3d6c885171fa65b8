import type { Ring, RoomWaiter } from '../channel/ring.ts';
import { buryUndelivered } from './burial.ts';
import type { Caller, Reply } from './reply-port.ts';
import type { Runnable } from './run-queue.ts';
import type { Runtime } from './runtime.ts';

/**
 * An actor that has asked with `ctx.request`, and gets the answer as a message of an input of its own. The answer waits for room
 * there like any sender, and nobody waits with it. Until it is there the input does not close.
 */
export class RequestCaller implements Caller, Runnable, RoomWaiter {
  readonly name: string;
  readonly #runtime: Runtime;
  readonly #ring: Ring;
  readonly #tag: unknown;
  queued = false;
  ticket = 0;
  #reply: Reply<unknown> | undefined;

  constructor(runtime: Runtime, name: string, ring: Ring, tag: unknown) {
    this.#runtime = runtime;
    this.name = name;
    this.#ring = ring;
    this.#tag = tag;
  }

  /** The request is made: one more who sends to that input. */
  begin(): void {
    this.#ring.owe();
  }

  answered(value: unknown): void {
    this.#deliver({ ok: true, value, tag: this.#tag });
  }

  failed(error: unknown): void {
    this.#deliver({ ok: false, error, tag: this.#tag });
  }

  #deliver(reply: Reply<unknown>): void {
    const { freezer } = this.#runtime;
    this.#reply = freezer === null ? reply : Object.freeze(reply); // the value was frozen when it was staged
    const ring = this.#ring;
    if (ring.abandoned) {
      this.#put();
      return;
    }
    // Not at once, whatever room there is: it may be promised to the commit that this comes from.
    this.ticket = this.#runtime.takeTicket();
    ring.joinLine(this);
    this.#runtime.runQueue.enqueue(this);
  }

  roomAppeared(): void {
    this.#runtime.runQueue.enqueue(this);
  }

  runSlice(): boolean {
    const ring = this.#ring;
    if (this.#reply === undefined) return false;
    if (!ring.abandoned && (ring.size >= ring.limit || ring.firstInLine() !== this)) return false;
    ring.leaveLine(this);
    this.#put();
    if (ring.takesNoMore || ring.size < ring.limit) ring.roomAppeared();
    return false;
  }

  sliceTook(): void {}

  #put(): void {
    const ring = this.#ring;
    const reply = this.#reply;
    this.#reply = undefined;
    if (ring.abandoned) {
      const text = `actor "${this.name}" is gone, and a reply came for it`;
      buryUndelivered(this.#runtime, ring, reply, { reason: 'no-consumer', text });
    } else {
      ring.push(reply);
      ring.besidesTurns += 1;
      if (ring.parked) ring.consumer?.readable();
    }
    ring.paid();
  }
}
