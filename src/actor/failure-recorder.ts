import type { ActorCounters } from './actor-counters.ts';
import type { ActorState } from './actor-state.ts';
import type { Behaviour } from './definition.ts';
import type { InputEnd } from '../channel/input-end.ts';
import type { Narrowing } from '../channel/narrowing.ts';
import type { OutputEnd } from '../channel/output-end.ts';
import type { ActorSettings } from './settings.ts';
import type { Turn } from './turn.ts';

/** What a turn reads of the world through its context, besides messages. `hasTimer` is 1 for true and 0 for false. */
export type Reading = 'nowMs' | 'wallMs' | 'random' | 'hasTimer';

/** An actor, as far as the record of a failed turn goes. */
export interface RecordedActor {
  readonly name: string;
  readonly args: unknown;
  readonly behaviour: Behaviour;
  readonly settings: ActorSettings;
  readonly state: ActorState;
  readonly turn: Turn;
  readonly inputs: readonly InputEnd[];
  readonly outputs: readonly OutputEnd[];
  readonly counters: ActorCounters;
  readonly regeneration: number;
  /** As `Actor.turnNumber`: -1 for what a loop does before its first wait. */
  readonly turnNumber: number;
  /** A loop has begun and not come to its first wait. */
  readonly opening: boolean;
  readonly narrowing: Narrowing | null;
  readonly failuresInARow: number;
  /** `starting`: there is no turn yet, its state could not be made. */
  readonly phase: string;
}

/** An effect of a turn that is recorded, to be told how it ends. */
export interface EffectNote {
  returned(value: unknown): void;
  threw(error: unknown): void;
}

/** What is known of a failed turn, before it is rolled back. */
export interface FailedTurnDraft {
  /** Writes it down. To be called when the turn is undone: what may be left out is for code of the user's to decide. */
  keep(): void;
}

/**
 * Records what cannot be told of a turn afterwards, in case it fails: what it has read of time and randomness, and how its
 * effects ended. Everything else is looked up when it has failed.
 */
export interface FailureRecorder {
  /** The present turn of `actor` reads `value`. @returns what it is given, which is another value only in a replay. */
  reading(actor: RecordedActor, what: Reading, value: number): number;
  /** The present turn of `actor` begins an effect. */
  effect(actor: RecordedActor, name: string): EffectNote;
  /** The present turn of a loop waits inside the turn. */
  paused(actor: RecordedActor): void;
  /** The turn has failed and is still there. @returns null where it is not to be written down. Never throws. */
  turnFailed(actor: RecordedActor, error: unknown): FailedTurnDraft | null;
}
