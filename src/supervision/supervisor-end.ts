import type { Exit } from '../actor/events.ts';
import type { ChildFailure } from './restart-limit.ts';

/** A supervisor gives up, and why. It is carried along through all the levels that give up because of it. */
export interface GaveUp {
  readonly kind: 'gaveUp';
  /** The child that was one too many. */
  readonly child: string;
  /** From that child down to where it all began: ids, each the child of the one before. */
  readonly path: readonly string[];
  /** What was thrown there in the end or, where nothing was, the kind of the `Exit`, such as `killed`. */
  readonly cause: unknown;
  /** Whose limit was exceeded. */
  readonly limit: 'supervisor' | 'child';
  readonly maxRestarts: number;
  readonly periodMs: number;
  /** When the restarts within the period were, this one included, oldest first, in monotonic milliseconds. */
  readonly restartsMs: readonly number[];
  /** The latest failures that the limit knows of, oldest first, 20 at the most: the child's own, or those of all children. */
  readonly failures: readonly ChildFailure[];
  /** How the child itself gave up, if it is a supervisor that did. */
  readonly below: GaveUp | undefined;
}

/** How a supervisor ended. */
export type SupervisorEnd =
  { readonly kind: 'stopped' } | GaveUp | { readonly kind: 'autoShutdown'; readonly child: string };

/**
 * What the end of a supervisor is to its own supervisor: always `shutdown`, which is no failure. So a transient one that gave
 * up does not come back.
 *
 * Source: Erlang/OTP `supervisor`. Differs: whoever hears of it is also told how it gave up.
 */
export function exitOfSupervisor(_end: SupervisorEnd): Exit {
  return { kind: 'shutdown' };
}
