import { HoldfastError } from '../base/errors.ts';
import { invalidOption } from '../base/options.ts';
import type { ActorPlace } from './actor-spec.ts';
import type { InputSpec } from './definition.ts';
import type { DownListener, WatchRefOptions } from './down.ts';
import type { Receiver } from '../channel/receiver.ts';
import type { Ring } from '../channel/ring.ts';
import type { SendOptions, TrySendResult } from '../channel/sending.ts';
import type { AnswerOf, Asking, CallOptions, NewReplyPort } from './reply-port.ts';
import type { Runtime } from './runtime.ts';

/**
 * An actor, for those who send to it: made by `graph.spawn`, had as `ctx.self`, sent in messages, kept in state.
 *
 * It names the actor, not an incarnation of it: it stays valid over restarts, and so does what is in the mailbox. The mailbox is
 * the input called `mailbox`; `M` is what may be sent there.
 */
export interface ActorRef<M> extends Receiver<M> {
  /** Unique in the graph among actors, feeds and sinks. */
  readonly name: string;
  /**
   * Sends one message to the mailbox from outside the graph's actors, waiting for room while it is full.
   *
   * Order: kept per sender; nothing is promised between senders.
   * Resolves: when the message is in the mailbox, not when it has been handled.
   * Abort: if `signal` wins, the message is certainly not in the mailbox.
   *
   * @throws HoldfastError `ERR_CHANNEL_CLOSED` (the actor is gone for good, or drains what it has), `ERR_STOPPING`,
   * `ERR_OVERLOADED`, `ERR_INVALID_MESSAGE` (the promise rejects), each with the message in `details.undelivered`;
   * `ERR_UNDEFINED_MESSAGE`, `ERR_ASYNC_SCHEMA`, `ERR_SCHEMA_THREW` (the same). At once: `ERR_WIRING` for an actor without a
   * mailbox; `ERR_OUTSIDE_API_IN_TURN` inside a turn: stage it there, with `ctx.to(ref).cast`.
   */
  cast(message: M, options?: SendOptions): Promise<void>;
  /**
   * Sends one message to the mailbox if there is room and nobody waits before it. Never waits.
   *
   * @throws HoldfastError `ERR_UNDEFINED_MESSAGE`; `ERR_ASYNC_SCHEMA`, `ERR_SCHEMA_THREW`, where the schema is at fault;
   * `ERR_WIRING`, `ERR_OUTSIDE_API_IN_TURN` as for {@link ActorRef.cast}.
   */
  tryCast<T extends M>(message: T): TrySendResult<T>;
  /**
   * Calls `listener` when the actor has ended and does not come back by itself; soon, if it has already. Between two slices;
   * what it throws is logged. Erlang calls that a monitor.
   *
   * @returns a function that ends it: nothing is told after that.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`; `ERR_OUTSIDE_API_IN_TURN` inside a turn: `ctx.watch` is for that.
   */
  watch(listener: DownListener, options?: WatchRefOptions): () => void;
  /**
   * Asks the actor something from outside the graph's actors, and waits for its reply. The message is sent as by
   * {@link ActorRef.cast}; the call outlives the retries of it.
   *
   * @param request - Makes the message around its reply port: `(reply) => ({ kind: 'count', reply })`.
   *
   * @throws HoldfastError (the promise rejects) `ERR_CALL_TIMEOUT`; and at once when there will be no reply: `ERR_CALL_DEAD_LETTER`,
   * `ERR_ACTOR_GONE`, `ERR_NO_REPLY`; `ERR_STOPPING`, `ERR_OVERLOADED`, `ERR_INVALID_MESSAGE`, `ERR_UNDEFINED_MESSAGE`,
   * `ERR_ASYNC_SCHEMA`, `ERR_SCHEMA_THREW` as for a cast; what `request` throws; and the reason of `signal`. Thrown at once:
   * `ERR_INVALID_OPTION`, `ERR_WIRING`, `ERR_OUTSIDE_API_IN_TURN`.
   */
  call<S, const Asked extends Asking<S>>(
    this: Receiver<S>,
    request: (reply: NewReplyPort) => Asked,
    options: CallOptions,
  ): Promise<AnswerOf<S, Asked>>;
  /** Kills the present incarnation: its turn is rolled back, and its restart type decides. For tests and operators. */
  kill(why?: string): void;
  /**
   * Stops the present incarnation: a turn that is open may finish, `onStop` runs, and it has ended as `shutdown`; what takes longer
   * than the actor's `shutdown` is killed. Its restart type decides whether it comes back. What waits in its inputs stays there for
   * the next incarnation. Erlang calls that `exit(Pid, shutdown)`.
   *
   * Resolves: when the incarnation has ended; at once where there is none.
   *
   * @throws HoldfastError `ERR_OUTSIDE_API_IN_TURN` inside a turn.
   */
  stop(): Promise<void>;
  /**
   * Lets the actor work off what it has, and no more: what is sent to it from now on finds an actor that is gone. When its inputs
   * are empty it has `completed`, and no restart type brings it back. A crash meanwhile is no end of it: the actor is restarted,
   * and goes on. There is no time limit: `stop` and `kill` are there for an actor that does not come to an end.
   *
   * Resolves: when the actor is gone for good.
   *
   * @throws HoldfastError `ERR_WIRING` for an actor without inputs; `ERR_OUTSIDE_API_IN_TURN` inside a turn.
   */
  drain(): Promise<void>;
}

/** The name of the input that refs send to. */
export const MAILBOX_PORT = 'mailbox';

/** What may be sent to the mailbox of an actor with such inputs; `never` for one that has none. */
export type MailboxOf<I> = I extends { readonly mailbox: InputSpec<infer _, infer In> } ? In : never;

/** What a ref is inside the runtime. */
export interface Addressee {
  readonly name: string;
  /** The ring of its mailbox; undefined for an actor of another graph. Throws if it has no mailbox. */
  mailboxIn(runtime: Runtime): Ring | undefined;
  /** Its place; undefined for an actor of another graph. */
  placeIn(runtime: Runtime): ActorPlace | undefined;
}

/**
 * The ring of the mailbox behind a ref.
 *
 * @throws HoldfastError `ERR_INVALID_OPTION` for what is no ref of an actor of this graph; `ERR_WIRING` for one without a mailbox.
 */
export function mailboxOf(api: string, ref: unknown, runtime: Runtime): Ring {
  const addressee = ref as Addressee | null | undefined; // looked at here
  const ring = typeof addressee?.mailboxIn === 'function' ? addressee.mailboxIn(runtime) : undefined;
  if (ring === undefined) throw invalidOption(`${api}: ref`, 'a ref of an actor of this graph', ref);
  return ring;
}

/**
 * The place of the actor behind a ref.
 *
 * @throws HoldfastError `ERR_INVALID_OPTION` for what is no ref of an actor of this graph.
 */
export function placeOf(api: string, ref: unknown, runtime: Runtime): ActorPlace {
  const addressee = ref as Addressee | null | undefined; // looked at here
  const place = typeof addressee?.placeIn === 'function' ? addressee.placeIn(runtime) : undefined;
  if (place === undefined) throw invalidOption(`${api}: ref`, 'a ref of an actor of this graph', ref);
  return place;
}

export function nothingToDrain(actor: string): HoldfastError<'ERR_WIRING'> {
  const message = `actor "${actor}" has no inputs, and so nothing to work off: stop it instead`;
  return new HoldfastError('ERR_WIRING', message, { actor, port: MAILBOX_PORT });
}

export function noMailbox(actor: string): HoldfastError<'ERR_WIRING'> {
  const message = `actor "${actor}" has no mailbox: declare an input named "mailbox" with a capacity`;
  return new HoldfastError('ERR_WIRING', message, { actor, port: MAILBOX_PORT });
}
