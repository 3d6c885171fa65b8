import type { Ring } from '../channel/ring.ts';
import type { Actor } from './actor.ts';
import type { ActorRef } from './actor-ref.ts';
import type { Exit } from './events.ts';
import type { Family } from './family.ts';
import type { Behaviour, InputSpecs, OutputSpecs } from './definition.ts';
import type { ActorSettings } from './settings.ts';

/** What an actor is made of. */
export interface ActorSpec {
  readonly name: string;
  readonly inputs: InputSpecs;
  readonly outputs: OutputSpecs;
  readonly behaviour: Behaviour;
  readonly settings: ActorSettings;
  readonly args: unknown;
  /** Of its first incarnation, unless it goes on from one that hibernated. */
  readonly regeneration: number;
  /** How the incarnation before has ended, where another object was that actor. */
  readonly lastExit: Exit | undefined;
  readonly place: ActorPlace;
}

/** How the beginning of an incarnation has come out. `ignored`: it does not want to run now, and that is no failure. */
export type StartOutcome =
  { readonly kind: 'running' } | { readonly kind: 'ignored' } | { readonly kind: 'failed'; readonly error: unknown };

/** Where an actor is in its graph: what stays when it hibernates. */
export interface ActorPlace {
  /** Unique in the graph among those that are there at the same time. */
  readonly name: string;
  /** Of the present incarnation, or the one that has ended last. */
  readonly regeneration: number;
  /** It has ended, and does not come back by itself. */
  readonly ended: boolean;
  /** An incarnation begins without what the one before has left. */
  readonly isReset: boolean;
  /** The actor, for those who send to it. */
  readonly ref: ActorRef<never>;
  /** Where it is told of the ends of those that it is linked to; undefined where it ends with them. */
  readonly trapRing: Ring | undefined;
  /** Ends its present incarnation, if there is one, from the ready queue: one that it is linked to has ended. */
  endWith(exit: Exit, why: string): void;
  /** Its children; undefined for one that cannot have any. */
  readonly family: Family | undefined;
  /** The ring of an input or an output, by name; one for each lane of a bundle. */
  ringsOf(port: string): Ring | readonly Ring[];
  /** A slice of the actor is over: it may have come to rest. */
  sliceEnded(): void;
  /**
   * An incarnation has ended so: what comes after it is for the supervisor.
   *
   * @param counts - Whether a restart counts against the limit. Further attempts on the same message do not.
   * @param retryDelayMs - How long the message at fault has to wait.
   */
  incarnationEnded(exit: Exit, counts: boolean, retryDelayMs: number): void;
  /**
   * The beginning of an incarnation has come out so: told once for each, in a slice of the actor. If it is not `running` there is
   * none, and the actor is down.
   */
  began(outcome: StartOutcome): void;
  /** How long an `onStop` may take for which nobody has set a limit, in milliseconds. */
  readonly stopLimitMs: number;
  /** The actor that goes on where the last one has hibernated, awake; undefined if it has ended meanwhile. */
  wake(): Actor | undefined;
}
