import { BY_IDENTITY } from '../base/plain-data.ts';
import type { Ring } from '../channel/ring.ts';
import type { Calls } from './calls.ts';

/** Who has called, and hears how that went. None of it may run user code. */
export interface Caller {
  /** An actor; undefined for code outside the graph. */
  readonly name: string | undefined;
  /** Its request, which was staged, is made. */
  begin?(): void;
  answered(value: unknown): void;
  failed(error: unknown): void;
}

/** What a call is made of before there is an answer. */
export interface PortOrigin {
  readonly calls: Calls;
  readonly caller: Caller;
  /** Name of the actor that was called. */
  readonly callee: string;
  /** Its mailbox. */
  readonly ring: Ring;
  readonly timeoutMs: number;
  /** Identity of the message that the caller had in hand. */
  readonly key: string | undefined;
}

/**
 * Where the reply to a call goes: part of the message, and as good as a value. It may be kept in state, to reply later, or sent on
 * to whoever knows the answer. `ctx.reply(port, value)` replies, once.
 */
export class ReplyPort<R> {
  static {
    // A port kept in state or sent in a message is neither copied nor frozen.
    Object.defineProperty(ReplyPort.prototype, BY_IDENTITY, { value: true });
  }

  /** Only for the type checker: never there at run time. */
  declare readonly takes: ((value: R) => void) | undefined;
  /**
   * Identity of the message that the caller had in hand when it made the call in its turn: the same in each attempt, so a key to
   * do once what is asked for once. Undefined for a call from outside.
   */
  readonly key: string | undefined;
  /** @internal */
  readonly timeoutMs: number;
  /** @internal */
  readonly caller: Caller;
  /** @internal */
  readonly callee: string;
  /** @internal Whose reader is expected to reply: the mailbox that it was sent to last. */
  ring: Ring;
  /** @internal */
  sequence = -1;
  /** @internal */
  deadlineMs = 0;
  /** @internal The turn that is about to reply. */
  repliedBy: object | null = null;
  /** @internal Name of the actor that has it in its state. */
  keptBy: string | null = null;
  /** @internal Several have it: who of them replies, nobody knows. */
  isShared = false;
  /** @internal */
  isSettled = false;
  /** @internal Takes the request back while it waits for room. */
  withdraw: (() => void) | null = null;
  readonly #calls: Calls;

  /** @internal */
  constructor({ calls, caller, callee, ring, timeoutMs, key }: PortOrigin) {
    this.key = key;
    this.timeoutMs = timeoutMs;
    this.caller = caller;
    this.callee = callee;
    this.ring = ring;
    this.#calls = calls;
  }

  /** @internal The message with it is the newest of `ring`. */
  entered(ring: Ring): void {
    this.ring = ring;
    ring.markRequest(this);
  }

  /** @internal The reply has come. One that comes too late is only counted. */
  answer(value: unknown): void {
    if (this.isSettled) {
      this.#calls.late += 1;
      return;
    }
    this.#settled();
    this.#calls.answered += 1;
    this.caller.answered(value);
  }

  /** @internal There will be no reply, or nobody waits for it any more. */
  fail(error: unknown): void {
    if (this.isSettled) return;
    this.#settled();
    this.#calls.failed += 1;
    this.caller.failed(error);
  }

  #settled(): void {
    this.#calls.settled(this);
    const { withdraw } = this;
    this.withdraw = null;
    withdraw?.();
  }
}

/** The answer to a `ctx.request`, as a message. */
export type Reply<R, Tag = unknown> =
  /** The answer. */
  | { readonly ok: true; readonly value: R; readonly tag: Tag }
  /** There is no answer, for one of the reasons for which a call rejects. */
  | { readonly ok: false; readonly error: unknown; readonly tag: Tag };

/** What a message asks for: the type of the value that its reply port takes; `never` for one without a port. */
export type AnswerTo<M> =
  M extends ReplyPort<infer R>
    ? R
    : M extends object
      ? { [K in keyof M]-?: NonNullable<M[K]> extends ReplyPort<infer R> ? R : never }[keyof M]
      : never;

/** Those of the messages of type `M` that have a reply port. */
export type Asking<M> = M extends unknown ? ([AnswerTo<M>] extends [never] ? never : M) : never;

/** What comes back from an actor that takes `M` for the message `Asked`. */
export type AnswerOf<M, Asked> = M extends unknown ? (Asked extends M ? AnswerTo<M> : never) : never;

/** The reply port that goes into a message: what it takes, the message's type says. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- fits every message that has a port; the answer's type comes from there
export type NewReplyPort = ReplyPort<any>;

/** Options of a call. */
export interface CallOptions {
  /** Milliseconds until the call rejects with `ERR_CALL_TIMEOUT`: a number above 0. No default: nobody else knows how long is too long. */
  readonly timeoutMs: number;
  /** Gives the call up: it rejects with the signal's reason, and a reply that still comes is dropped. Default: none. */
  readonly signal?: AbortSignal;
}
