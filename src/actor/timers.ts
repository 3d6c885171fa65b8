import type { MailboxOf } from './actor-ref.ts';
import type { InputSpecs, SentTo } from './definition.ts';

/** Names of the inputs that timers may send to: those that are no bundles. */
export type TimerInput<I extends InputSpecs> = {
  [K in keyof I & string]: I[K] extends { readonly kind: 'input' } ? K : never;
}[keyof I & string];

/** Where the messages of a timer go. */
export interface TimerOptions<K extends string> {
  /** Name of an input of this very actor that is no bundle. Default: `mailbox`. */
  readonly input: K;
}

/**
 * The timers of an actor, by name. Setting and cancelling them is part of the turn. When one is due its message is in an input
 * of the actor's own, as if somebody outside had sent it.
 */
export interface Timers<I extends InputSpecs> {
  /**
   * Sets a timer that fires once, `delayMs` after this turn has committed. A timer of that name is replaced.
   *
   * @param delayMs - Milliseconds, 0 or more.
   *
   * @throws HoldfastError `ERR_TIMERS_FULL`, `ERR_UNDEFINED_MESSAGE`, `ERR_INVALID_OPTION`. Caught inside the turn, each of
   * them keeps the turn from committing.
   */
  once(name: string, delayMs: number, message: MailboxOf<I>): void;
  /** The same, with a message for an input that is not the mailbox. @throws HoldfastError as above. */
  once<K extends TimerInput<I>>(name: string, delayMs: number, message: SentTo<I[K]>, options: TimerOptions<K>): void;
  /**
   * Sets a timer that fires every `periodMs`, for the first time one period after this turn has committed, without drift. A
   * timer of that name is replaced. While its last message has not been taken by a committed turn, further beats are only
   * counted: `ctx.firing.missed` of the next one has them.
   *
   * @param periodMs - Milliseconds, 1 or more.
   *
   * @throws HoldfastError as {@link Timers.once}.
   */
  every(name: string, periodMs: number, message: MailboxOf<I>): void;
  /** The same, with messages for an input that is not the mailbox. @throws HoldfastError as above. */
  every<K extends TimerInput<I>>(name: string, periodMs: number, message: SentTo<I[K]>, options: TimerOptions<K>): void;
  /**
   * Cancels a timer; does nothing where there is none. When this turn has committed, no message of that timer comes any more:
   * one that waits in the input is taken out.
   */
  cancel(name: string): void;
  /** Whether a timer of that name is set, as this turn sees it. One that fires once is not any more when it has fired. */
  has(name: string): boolean;
}
