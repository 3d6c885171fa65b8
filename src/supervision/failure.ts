import type { Exit } from '../actor/events.ts';
import type { GaveUp } from './supervisor-end.ts';

/** A child has ended by itself, or could not be started again. */
export interface Failure {
  /** How its incarnation ended; `undefined`: it could not start, and others have their turn before it is tried again. */
  readonly exit: Exit | undefined;
  /** What was thrown or, where nothing was, the kind of the exit. */
  readonly cause: unknown;
  /** It counts against the limits. */
  readonly counts: boolean;
  /** A restart waits at least so long. */
  readonly retryDelayMs: number;
  /** How it gave up or escalated, if it is a supervisor that did. */
  readonly gaveUp: GaveUp | undefined;
  /** Another one comes back in its place: for that one it is no failure of its own, and counts against the limits only. */
  readonly isOfAnother?: boolean;
}

/** By its own wish: a restart, perhaps, but no failure. */
export function isOwnWish({ exit, gaveUp }: Failure): boolean {
  return gaveUp === undefined && exit !== undefined && exit.kind !== 'crashed' && exit.kind !== 'killed';
}

/** An error of its code, as opposed to a kill, a failed start and a supervisor. */
export function isOwnError({ exit, gaveUp }: Failure): boolean {
  return gaveUp === undefined && exit?.kind === 'crashed';
}

export function startFailure(error: unknown): Failure {
  return { exit: undefined, cause: error, counts: true, retryDelayMs: 0, gaveUp: undefined };
}

/** What a policy is to be told of it. */
export function eventKindOf(failure: Failure): 'failed' | 'terminated' | 'gaveUp' {
  const { exit, gaveUp } = failure;
  if (exit === undefined || exit.kind === 'crashed' || exit.kind === 'killed') return 'failed';
  return gaveUp === undefined ? 'terminated' : 'gaveUp';
}
