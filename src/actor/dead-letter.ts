import { errorText, type SchemaIssue } from '../base/errors.ts';

/** Why a message became a dead letter. */
export type DeadLetterReason =
  /** Its turns failed as often as allowed. */
  | 'showstopper'
  /** A turn rejected it, or a sink could not write it. */
  | 'rejected'
  /** It does not fit the schema of its channel, and never was in there. */
  | 'invalid'
  /** Nobody reads its channel any more. */
  | 'no-consumer'
  /** Its actor fails too often: the circuit breaker before it was open, and nobody stood in. */
  | 'breaker-open'
  /** Its actor was restarted, and is one that begins with an empty mailbox. */
  | 'restarted'
  /** Its actor, or the graph, was stopped before anybody took it. */
  | 'stopped';

const EACH_REASON: Readonly<Record<DeadLetterReason, true>> = {
  showstopper: true,
  rejected: true,
  invalid: true,
  'no-consumer': true,
  'breaker-open': true,
  restarted: true,
  stopped: true,
};

export const DEAD_LETTER_REASONS = Object.keys(EACH_REASON) as readonly DeadLetterReason[];

/** An error as data, so that a dead letter can be stored and shown. */
export interface ErrorRecord {
  /** The error's own name, such as `TypeError`; `thrown value` for what is no error. */
  readonly name: string;
  /** The error's message or, for what is no error, its type. */
  readonly message: string;
  /** The error's `code`, where that is a string, as the errors of Node and Holdfast have it. */
  readonly code: string | undefined;
  /** At most the first 4,000 characters; undefined for what is no error. */
  readonly stack: string | undefined;
}

/** A message that nobody will handle, kept with its reason. */
export interface DeadLetter {
  /** Counted from 1 in each graph. */
  readonly id: number;
  /** The message itself. */
  readonly payload: unknown;
  /** Name of the channel that it was in, or was meant for. */
  readonly channel: string;
  /** The identity that the turns saw as `ctx.messageId`. */
  readonly messageId: string;
  /** Identity of the message that this one was sent again for, after a replay; undefined otherwise. */
  readonly replayOf: string | undefined;
  /** The actor or sink that had it in hand; where it is `invalid`, the actor or feed that sent it; else undefined. */
  readonly actor: string | undefined;
  /** The reason as one of a few words, for programs. */
  readonly reason: DeadLetterReason;
  /** The reason in words: what `reject` was given, the issues of the schema, or the error's text. */
  readonly text: string;
  /** What the schema of the channel found wrong; empty for any reason but `invalid`. */
  readonly issues: readonly SchemaIssue[];
  /** What the last turn failed with; undefined where no failure was the reason. */
  readonly error: ErrorRecord | undefined;
  /** Turns that had it in hand, the last one included. */
  readonly attempts: number;
  /** Regeneration of the actor at the end. */
  readonly regeneration: number;
  /** Wall-clock time of the first failed attempt; undefined if no attempt failed. */
  readonly firstFailedWallMs: number | undefined;
  /** Wall-clock time at which it became a dead letter. */
  readonly wallMs: number;
}

/** A dead letter that has no number yet. */
export type NewDeadLetter = Omit<DeadLetter, 'id'>;

/** Longer stacks are cut: an error's stack is kept for each dead letter. */
const STACK_CHARACTERS_MAX = 4_000;

export function errorRecord(error: unknown): ErrorRecord {
  if (!(error instanceof Error)) {
    return { name: 'thrown value', message: errorText(error), code: undefined, stack: undefined };
  }
  const code: unknown = (error as { readonly code?: unknown }).code;
  return {
    name: error.name,
    message: error.message,
    code: typeof code === 'string' ? code : undefined,
    // Written out when it is read: that costs more than everything else about a dead letter.
    get stack() {
      return error.stack?.slice(0, STACK_CHARACTERS_MAX);
    },
  };
}
