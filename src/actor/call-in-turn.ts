import { HoldfastError } from '../base/errors.ts';
import { checkKnownKeys, checkObject, invalidOption } from '../base/options.ts';
import { checkMessage, invalidMessage } from '../channel/message-check.ts';
import { breakerOpen, undefinedMessage } from '../channel/output-end.ts';
import type { Ring, RoomWaiter } from '../channel/ring.ts';
import { actorGone } from './call-errors.ts';
import type { ReplyPort } from './reply-port.ts';
import type { Runnable } from './run-queue.ts';
import type { Runtime } from './runtime.ts';

type Port = ReplyPort<never>;

/** @throws HoldfastError `ERR_INVALID_OPTION`. */
export function checkCall(api: string, options: unknown, known: readonly string[]): number {
  checkObject(`${api}: options`, options);
  checkKnownKeys(api, options as object, known);
  const { timeoutMs } = options as { readonly timeoutMs?: unknown };
  if (typeof timeoutMs === 'number' && timeoutMs > 0 && Number.isFinite(timeoutMs)) return timeoutMs;
  throw invalidOption(`${api}: timeoutMs`, 'a finite number above 0', timeoutMs);
}

/** Sends a request at once: from outside, or as the outside effect of a turn. Where there is no room it waits in line. Whatever fails, fails the call. */
export function sendRequest(runtime: Runtime, ring: Ring, message: unknown, port: Port): void {
  let sent: unknown;
  try {
    sent = admitted(runtime, ring, message);
  } catch (error) {
    port.fail(error);
    return;
  }
  const to = ring.destination;
  if (to === null) port.fail(breakerOpen(port.callee, message));
  else if (to.refuses) port.fail(actorGone(port.callee, port));
  else if (!to.contended && to.size < to.limit) put(to, sent, port);
  else new RequestInLine(runtime, to, sent, port);
}

/** What the channel makes of it. */
function admitted({ freezer }: Runtime, ring: Ring, message: unknown): unknown {
  if (message === undefined) throw undefinedMessage(ring.name);
  let sent: unknown = message;
  if (ring.schema !== null) {
    const check = checkMessage(ring, message);
    if (check.kind === 'invalid') throw invalidMessage(ring.name, check, message);
    sent = check.message;
  }
  return freezer === null ? sent : freezer.freeze(sent);
}

function put(ring: Ring, message: unknown, port: Port): void {
  ring.push(message);
  ring.besidesTurns += 1;
  port.entered(ring);
  if (ring.parked) ring.consumer?.readable();
}

/** A request that waits for room, as long as its call waits for the reply. */
class RequestInLine implements Runnable, RoomWaiter {
  queued = false;
  readonly ticket: number;
  readonly #runtime: Runtime;
  #ring: Ring;
  readonly #message: unknown;
  readonly #port: Port;

  constructor(runtime: Runtime, ring: Ring, message: unknown, port: Port) {
    this.#runtime = runtime;
    this.ticket = runtime.takeTicket();
    this.#ring = ring;
    this.#message = message;
    this.#port = port;
    port.withdraw = () => this.#leave();
    ring.joinLine(this);
  }

  roomAppeared(): void {
    this.#runtime.runQueue.enqueue(this);
  }

  /** At once: what the same sender sends meanwhile must come after it. */
  turnedAway(): void {
    const { destination } = this.#ring;
    if (destination === null) this.#port.fail(breakerOpen(this.#port.callee, this.#message));
    else if (destination !== this.#ring) {
      this.#ring.leaveLine(this);
      this.#ring = destination;
      destination.joinLine(this);
    }
    this.roomAppeared();
  }

  outsideRefused(refusal: (undelivered: unknown) => Error): void {
    // Where the actor takes nothing any more, that is what the caller is about to hear.
    if (this.#port.caller.name === undefined && !this.#ring.refuses) this.#port.fail(refusal(this.#message));
  }

  runSlice(): boolean {
    const ring = this.#ring;
    const port = this.#port;
    if (port.isSettled) return false;
    if (ring.refuses) port.fail(actorGone(port.callee, port));
    else if (ring.size < ring.limit && ring.firstInLine() === this) {
      port.withdraw = null;
      put(ring, this.#message, port);
      this.#leave();
    }
    return false;
  }

  sliceTook(): void {}

  #leave(): void {
    const ring = this.#ring;
    ring.leaveLine(this);
    if (ring.size < ring.limit || ring.refuses) ring.roomAppeared();
  }
}

/** A call that would overtake what its turn has staged for the same actor. */
export function overtakes(caller: string, callee: string): HoldfastError<'ERR_CALL_OVERTAKES'> {
  const message = `actor "${caller}" calls "${callee}" with casts to it staged in the same turn, which the call would overtake: commit first, call before casting, or use ctx.request`;
  return new HoldfastError('ERR_CALL_OVERTAKES', message, { actor: caller, callee });
}
