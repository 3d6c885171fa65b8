import type { DeadLetter } from './dead-letter.ts';

/** How an incarnation ended. */
export type Exit =
  /** All inputs drained, or a source that is done. Never restarted. */
  | { readonly kind: 'completed' }
  /** By the actor's own wish. */
  | { readonly kind: 'normal' }
  /** Stopped with the graph. */
  | { readonly kind: 'shutdown' }
  /** A throw, a rejection or a turn past its deadline. */
  | { readonly kind: 'crashed'; readonly error: unknown }
  | { readonly kind: 'killed' };

/** What happened, for logs, tests and telemetry. Listening never changes it. */
export type GraphEvent =
  | { readonly kind: 'started' }
  | {
      readonly kind: 'failed';
      readonly actor: string;
      readonly regeneration: number;
      readonly exit: Exit;
      /** The messages in hand, with their failed attempts so far. */
      readonly inHand: readonly { readonly messageId: string; readonly failedAttempts: number }[];
    }
  | { readonly kind: 'restarting'; readonly actor: string; readonly delayMs: number }
  | { readonly kind: 'restarted'; readonly actor: string; readonly regeneration: number }
  | { readonly kind: 'ended'; readonly actor: string; readonly exit: Exit }
  | { readonly kind: 'deadLetter'; readonly letter: DeadLetter }
  | { readonly kind: 'deadLettersFilling'; readonly size: number; readonly capacity: number }
  /** `turns` turns took `elapsedMs` without giving up the event loop. */
  | { readonly kind: 'slowTurn'; readonly actor: string; readonly elapsedMs: number; readonly turns: number }
  /** Code of an ended turn or incarnation tried to act; it reached nothing. */
  | { readonly kind: 'fenced'; readonly actor: string; readonly verb: string }
  | { readonly kind: 'edgeFailed'; readonly edge: string; readonly error: unknown }
  | { readonly kind: 'stopping'; readonly reason: string }
  | { readonly kind: 'stopped'; readonly clean: boolean };
