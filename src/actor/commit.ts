import { parkCommit, type ParkingActor } from './commit-parking.ts';
import type { CommitOutcome } from './driver.ts';
import { poisonError } from './turn-errors.ts';
import type { Turn } from './turn.ts';

/** An actor whose turn is decided. */
export interface CommittingActor extends ParkingActor {
  readonly turn: Turn;
  /** Keeps the state of this turn. @returns false if it cannot be kept; then the turn has failed. */
  saveState(): boolean;
}

/**
 * Makes the turn real step by step, or parks it until there is room: for turns that did more than take and send, that may
 * have no room, or that a test looks at.
 */
export function commitStepByStep<A extends CommittingActor>(actor: A): CommitOutcome {
  const { name, turn } = actor;
  const { probe } = actor.runtime;
  try {
    if (turn.poison !== undefined) throw poisonError(name, turn.poison);
    turn.calls?.decide(actor);
    probe?.('commit:decided', name);
    const lacking = turn.lacking(Infinity);
    if (lacking !== null) return parkCommit(actor, lacking);
    probe?.('commit:beforeState', name);
  } catch (error) {
    actor.turnFailed(error);
    return 'over';
  }
  if (actor.state.used && !actor.saveState()) return 'over';
  turn.publications?.settle([actor]);
  probe?.('commit:afterState', name);
  turn.release();
  turn.publish();
  probe?.('commit:published', name);
  turn.wake();
  return actor.turnCommitted();
}
