import type { Exit } from '../actor/events.ts';
import type { ChildFailure, RestartLimit } from './restart-limit.ts';

/** A supervisor gives up, and why. It is carried along through all the levels that give up because of it. */
export interface GaveUp {
  readonly kind: 'gaveUp';
  /** A limit was exceeded, the policy wanted it so, or the policy itself failed. */
  readonly why: 'limit' | 'escalated' | 'policyFailed';
  /** The child that was one too many, or that the policy was asked about. */
  readonly child: string;
  /** From that child down to where it all began: ids, each the child of the one before. Empty: in the policy. */
  readonly path: readonly string[];
  /** What was thrown there in the end or, where nothing was, the kind of the `Exit`, such as `killed`. */
  readonly cause: unknown;
  /** Whose limit was exceeded or, where none was, would be: the one for all children, or the child's own. */
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
  { readonly kind: 'stopped' | 'killed' } | GaveUp | { readonly kind: 'autoShutdown'; readonly child: string };

/**
 * What the end of a supervisor is to its own supervisor. `shutdown` after an exceeded limit, which is no failure: so a transient
 * one that gave up does not come back. Who hears of it is also told how it gave up, for the cause. A failure after an
 * escalation, or if its policy failed.
 *
 * Source: Erlang/OTP `supervisor`; escalation as in Akka.
 */
export function exitOfSupervisor(end: SupervisorEnd): Exit {
  if (end.kind === 'killed') return { kind: 'killed' };
  if (end.kind !== 'gaveUp' || end.why === 'limit') return { kind: 'shutdown' };
  return { kind: 'crashed', error: end.cause };
}

/** Why a supervisor gives up, and what its limit knows of it. */
export function gaveUpOf(
  why: GaveUp['why'],
  { child, error: cause }: ChildFailure,
  below: GaveUp | undefined,
  of: GaveUp['limit'],
  limit: RestartLimit,
): GaveUp {
  const path = why === 'policyFailed' ? [] : [child, ...(below?.path ?? [])];
  const { maxRestarts, periodMs, restartsMs, failures } = limit;
  return { kind: 'gaveUp', why, child, path, cause, limit: of, maxRestarts, periodMs, restartsMs, failures, below };
}
