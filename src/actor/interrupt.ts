import type { Exit } from './events.ts';
import { isIncarnate, type Phase } from './phase.ts';
import type { ActorSettings } from './settings.ts';
import type { TurnDeadline } from './turn-deadline.ts';
import { timeoutError } from './turn-errors.ts';

/** What is to end the present incarnation of an actor from its next slice on, perhaps. */
export type Interrupt =
  | { readonly kind: 'kill'; readonly why: string }
  | { readonly kind: 'link'; readonly exit: Exit; readonly why: string }
  | { readonly kind: 'stray'; readonly error: unknown }
  | { readonly kind: 'timeout' }
  /** Its children have ended with more failures than they may have, or one that it does not outlive. */
  | { readonly kind: 'family'; readonly exit: Exit }
  | { readonly kind: 'stop' };

/**
 * How much each has to say. A deadline may turn out to be met by the time it is looked at; a kill stands. A stop is remembered
 * elsewhere, and comes up again.
 */
const RANKS: Readonly<Record<Interrupt['kind'], number>> = {
  stop: 0,
  timeout: 1,
  stray: 2,
  family: 3,
  link: 4,
  kill: 5,
};

/** The one that counts: the first of those that have the most to say. */
export function outranking(pending: Interrupt | undefined, next: Interrupt): Interrupt {
  return pending === undefined || RANKS[next.kind] > RANKS[pending.kind] ? next : pending;
}

/** An actor, as far as ends go that do not come from its own code. */
export interface InterruptedActor {
  readonly name: string;
  readonly phase: Phase;
  readonly settings: Pick<ActorSettings, 'turnTimeoutMs'>;
  readonly deadline: TurnDeadline | null;
  enqueue(): void;
  turnFailed(error: unknown): void;
  killed(why: string): boolean;
  hasStrayed(error: unknown): void;
  endedWith(exit: Exit, why: string): boolean;
  readonly lifecycle: { familyHasEnded(exit: Exit): boolean } | undefined;
}

/** In the other phases there is no incarnation, or its end is under way already. */
export function mayBeKilled(phase: Phase): boolean {
  return isIncarnate(phase) || phase === 'stopping';
}

/**
 * Ends the incarnation in a slice of its actor, if there is still a reason to.
 *
 * @returns true if code of a user may have been resumed by that, as `Runnable.runSlice` does.
 */
export function interruptNow(
  actor: InterruptedActor,
  interrupt: Exclude<Interrupt, { readonly kind: 'stop' }>,
): boolean {
  switch (interrupt.kind) {
    case 'kill':
      if (!actor.killed(interrupt.why)) break;
      return true;
    case 'link':
      if (!actor.endedWith(interrupt.exit, interrupt.why)) break;
      return true;
    case 'stray':
      if (!isIncarnate(actor.phase)) break; // it has ended by itself meanwhile
      actor.hasStrayed(interrupt.error);
      return true;
    case 'family':
      if (actor.lifecycle?.familyHasEnded(interrupt.exit) !== true) break; // it has ended by itself meanwhile
      return true;
    case 'timeout':
      if (actor.deadline?.isOver !== true || (actor.phase !== 'turn' && actor.phase !== 'paused')) break;
      actor.turnFailed(timeoutError(actor.name, actor.settings.turnTimeoutMs));
      return true;
  }
  actor.enqueue(); // the slice was meant for something else as well, perhaps: for the next incarnation
  return false;
}
