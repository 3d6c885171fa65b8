import { checkCall, sendRequest } from '../actor/call-in-turn.ts';
import type { MakeRequest } from '../actor/context-calls.ts';
import { type Caller, type CallOptions, ReplyPort } from '../actor/reply-port.ts';
import type { Runtime } from '../actor/runtime.ts';
import type { Channel } from './channel.ts';

/** `ref.call`: sends a request from outside. @returns what comes back for it. */
export function callFromOutside(
  runtime: Runtime,
  mailbox: Channel<unknown>,
  callee: string,
  make: MakeRequest,
  options: CallOptions,
): Promise<unknown> {
  checkCall('ref.call', options, ['timeoutMs', 'signal']);
  return requestFromOutside(runtime, mailbox, callee, make, options);
}

/** {@link callFromOutside}, unchecked: `timeoutMs` may be `Infinity`. */
export function requestFromOutside(
  runtime: Runtime,
  mailbox: Channel<unknown>,
  callee: string,
  make: MakeRequest,
  { timeoutMs, signal }: CallOptions,
): Promise<unknown> {
  const ring = mailbox.ring();
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const caller = new OutsideCaller(resolve, reject);
    const port = new ReplyPort<unknown>({ calls: runtime.calls, caller, callee, ring, timeoutMs, key: undefined });
    const message = make(port); // what it throws, the promise rejects with
    runtime.calls.begin(port);
    if (signal !== undefined) caller.listen(port, signal);
    const to = ring.destination;
    if (runtime.stopping && !ring.abandoned) port.fail(mailbox.stoppingError(message));
    else if (to?.contended === true && !to.refuses && mailbox.isCrowded) port.fail(mailbox.overloaded(message));
    else sendRequest(runtime, ring, message, port);
  });
}

class OutsideCaller implements Caller {
  readonly name: undefined;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: Error) => void;
  #forget: (() => void) | undefined;

  constructor(resolve: (value: unknown) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  listen(port: ReplyPort<never>, signal: AbortSignal): void {
    const aborted = (): void => port.fail(signal.reason);
    signal.addEventListener('abort', aborted);
    this.#forget = () => signal.removeEventListener('abort', aborted);
  }

  answered(value: unknown): void {
    this.#forget?.();
    this.#resolve(value);
  }

  failed(error: unknown): void {
    this.#forget?.();
    this.#reject(error as Error); // whatever it is, for the signal's reason may be anything
  }
}
