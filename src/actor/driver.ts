import type { StepMemory } from './dormant.ts';

/** Turns in one slice, before the others get theirs. */
export const TURNS_PER_SLICE = 64;
/** Milliseconds after which a slice of an actor with slow turns ends, before its next turn. */
export const SLICE_MS = 1;
/**
 * Milliseconds that a turn of the last slice took on average, up to which the next slice goes without a look at the clock: a
 * look costs 40 to 70 ns, more than a turn. An actor that slows down is noticed at the end of that slice.
 */
export const FAST_TURN_MS = 0.05;

/** How a commit went. `over`: the incarnation has ended, by failing or by its own wish. */
export type CommitOutcome = 'done' | 'waiting' | 'over';

/** Runs the user's code in one of the three styles. The actor owns the turn, the driver its control flow. */
export interface Driver {
  /** A new incarnation begins. @returns true when microtasks must run before anybody else. */
  begin(): boolean;
  /** The actor got a slice while it waited for messages or a condition. @returns as `begin`. */
  work(): boolean;
  /** The actor got a slice while its asynchronous turn was open: a result has come in. @returns as `begin`. */
  settle(): boolean;
  /** A commit that had to wait for room has been made. @returns as `begin`. */
  committed(): boolean;
  /** Something changed: is there a reason to give the waiting actor a slice? Must not run user code. */
  canGoOn(): boolean;
  /** Something came while the actor was busy. Must not run user code. */
  noteArrivals(): void;
  /** The incarnation is over: whatever it still waits for is told once. */
  abandon(why: string): void;
  /** The actor is at rest. @returns what has to be kept while it hibernates; null if it cannot. */
  hibernate(): StepMemory | null;
  /** What the actor waits for, in words. */
  describe(): string;
}
