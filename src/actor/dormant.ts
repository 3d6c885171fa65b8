import type { InputEnd } from '../channel/input-end.ts';
import type { OutputEnd } from '../channel/output-end.ts';
import type { ActorCounters } from './actor-counters.ts';
import type { ActorState } from './actor-state.ts';
import type { ActorTimers } from './actor-timers.ts';
import type { Exit } from './events.ts';
import type { Turn } from './turn.ts';

/** What the driver of a handler has learned, and would go about differently without. */
export interface StepMemory {
  /** Where the look for the next message starts. */
  readonly cursor: number;
  /** Calls have returned promises. */
  readonly ownContexts: boolean;
}

/** What an actor has to be made from to be the same one again. */
export interface ActorMemory extends StepMemory {
  readonly counters: ActorCounters;
  /** Null for an actor that has neither state nor tables. */
  readonly state: ActorState | null;
  readonly regeneration: number;
  readonly isFast: boolean;
  /** What it starts from has been made, if it has any. */
  readonly isMade: boolean;
  /** They go on while it sleeps; undefined where none was ever set. */
  readonly timers: ActorTimers | undefined;
}

/** Of an actor that has just been made. */
export const NOTHING_LEARNED: StepMemory = Object.freeze({ cursor: 0, ownContexts: false });

interface RememberedActor extends Omit<ActorMemory, keyof StepMemory | 'isMade' | 'state'> {
  readonly state: ActorState;
  readonly prepared: boolean;
}

export function memoryOf(actor: RememberedActor, { cursor, ownContexts }: StepMemory): ActorMemory {
  const { counters, isFast, prepared: isMade, regeneration, state, timers } = actor;
  return {
    counters,
    state: state.isEmpty ? null : state,
    regeneration,
    isFast,
    isMade,
    timers,
    cursor,
    ownContexts,
  };
}

interface RestingActor {
  readonly phase: string;
  readonly queued: boolean;
  readonly inputs: readonly InputEnd[];
  readonly outputs: readonly OutputEnd[];
  readonly turn: Pick<Turn, 'bundles'>;
}

/** It has nothing to do and nothing on its mind. */
export function isAtRest({ phase, queued, inputs, outputs, turn }: RestingActor): boolean {
  if (phase !== 'idle' || queued) return false;
  // Rings that are not parked: it works at this moment. Bundles know where their next messages go.
  const rests = inputs.every(({ ring }) => ring.parked && ring.size === 0);
  return rests && turn.bundles.length === 0 && outputs.every((end) => !end.closed);
}

/** Whoever comes next sends again where it had closed an output. Those of one that has ended are open again when it begins. */
export function handOverOutputs({
  exit,
  outputs,
}: { readonly exit: Exit | undefined } & Pick<RestingActor, 'outputs'>): void {
  if (exit === undefined) for (const { ring, closed } of outputs) if (closed) ring.openAgain();
}

/**
 * What is kept of an actor that hibernates: a handler at rest, with nothing in its inputs and nothing on its mind. The rest of
 * it is made anew for its next message. It is the same incarnation before and after, and its messages, counters and committed
 * state have not moved.
 */
export class Dormant implements ActorMemory {
  readonly counters: ActorCounters;
  readonly state: ActorState | null;
  regeneration = 0;
  isFast = false;
  isMade = true;
  /** It went to sleep between two turns. Else what its last turn did to the state is still to be undone: it has to begin anew. */
  isRested = true;
  timers: ActorTimers | undefined;
  cursor = 0;
  ownContexts = false;
  /** How many actors of the graph had been woken when this one went to sleep. */
  sleptAt = 0;
  /** How it ended in its sleep; undefined while it lives. */
  exit: Exit | undefined;

  constructor({ counters, state }: Pick<ActorMemory, 'counters' | 'state'>) {
    this.counters = counters;
    this.state = state;
  }

  /** Of an actor that was another before, and of which nothing is made yet. */
  static unmade(counters: ActorCounters, regeneration: number): Dormant {
    const dormant = new Dormant({ counters, state: null });
    dormant.regeneration = regeneration;
    dormant.isMade = false;
    dormant.isRested = false;
    return dormant;
  }

  /** The actor goes to sleep, for the first time or once more: one object for all its sleeps leaves no garbage among the old. */
  sleep({ regeneration, isFast, isMade, timers, cursor, ownContexts }: ActorMemory, sleptAt: number): void {
    this.regeneration = regeneration;
    this.isFast = isFast;
    this.isMade = isMade;
    this.isRested = true;
    this.timers = timers;
    this.cursor = cursor;
    this.ownContexts = ownContexts;
    this.sleptAt = sleptAt;
  }
}
