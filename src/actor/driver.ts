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
  /** The incarnation is over: whatever it still waits for is told once. */
  abandon(why: string): void;
  /** What the actor waits for, in words. */
  describe(): string;
}
