import type { SchemaIssue } from '../base/errors.ts';

/** Options of a `send` from outside. */
export interface SendOptions {
  /** Gives up the wait for room: the promise rejects with the signal's reason. Default: waits as long as it takes. */
  readonly signal?: AbortSignal;
}

/** How `trySend` went. The message comes back with the reason when it was not sent. */
export type TrySendResult<T> =
  /** The message is in the channel. */
  | { readonly ok: true }
  /** The channel is full, or takes nothing any more from this sender or from outside. */
  | { readonly ok: false; readonly reason: 'full' | 'closed' | 'stopping'; readonly message: T }
  /** It is the mailbox of an actor whose circuit breaker is open, and nobody stands in for it. */
  | { readonly ok: false; readonly reason: 'breaker-open'; readonly message: T }
  /** The message does not fit the schema of the channel. */
  | {
      readonly ok: false;
      readonly reason: 'invalid';
      readonly issues: readonly SchemaIssue[];
      readonly message: T;
    };
