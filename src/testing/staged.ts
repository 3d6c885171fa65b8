import type { ActorDefinition, InputSpec, MessageOf, OutputSpec } from '../actor/definition.ts';
import type { DeadLetter } from '../actor/dead-letter.ts';
import type { Graph } from '../system/graph.ts';
import type { GraphPorts } from '../system/graph-options.ts';
import type { ActorSnapshot } from '../system/snapshot.ts';
import type { CapturedLog } from './captured-log.ts';
import type { Schedule } from './schedules.ts';
import type { EffectScript } from './simulated-effects.ts';
import type { Simulation } from './simulation.ts';

/* eslint-disable @typescript-eslint/no-explicit-any -- `any` is the only type that message types, which are both read and
   written, can all be assigned to; what is inferred from them replaces it. */
/**
 * What a replaced part is, for the types of its messages: the definition of an actor, `output<T>()` for a feed, `input<T>()` for
 * a sink.
 */
export type StagedAs = ActorDefinition<any, any, any, any, any, any> | OutputSpec<any> | InputSpec<any, any>;

/** What is replaced: names of actors, feeds and sinks, or those with what they are. */
export type Replaced = readonly string[] | Readonly<Record<string, StagedAs>>;

/** The names of what is replaced. */
export type StagedName<R extends Replaced> = R extends readonly (infer N extends string)[] ? N : keyof R & string;

/** What a replaced part is; unknown where only its name was given. */
export type StagedPart<R extends Replaced, N> = R extends readonly string[]
  ? unknown
  : N extends keyof R
    ? R[N]
    : never;

/** What a replaced part sends; unknown where only its name was given. */
export type SentByStaged<R extends Replaced, N> =
  StagedPart<R, N> extends ActorDefinition<any, infer O, any, any, any, any>
    ? MessageOf<O[keyof O]>
    : StagedPart<R, N> extends OutputSpec<infer T>
      ? T
      : unknown;

/** What a replaced part receives; unknown where only its name was given. */
export type ReceivedByStaged<R extends Replaced, N> =
  StagedPart<R, N> extends ActorDefinition<infer I, any, any, any, any, any>
    ? MessageOf<I[keyof I]>
    : StagedPart<R, N> extends InputSpec<infer T, any>
      ? T
      : unknown;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** The world in which a graph is put on stage. */
export interface StageWorld {
  /** The clock, effects, and so on. */
  readonly sim: Simulation;
  /** For `new Graph({ ports, log })`. */
  readonly ports: GraphPorts;
  /** For `new Graph({ log })`: it is that of the stage. */
  readonly log: CapturedLog;
  /** As in the options. */
  readonly seed: number;
}

/** What a build function gives: a graph, or something that has one, such as what makes up a program. */
export type Staged = Graph | { readonly graph: Graph };

/** What an actor starts from; that it fits the definition is checked when it starts. */
export type StagedRestore = { readonly state?: object; readonly tables?: object } | ActorSnapshot;

/** Options of {@link stage}. */
export interface StageOptions<R extends Replaced = Replaced> {
  /** Which actors, feeds and sinks are played by the test. Default: none. */
  readonly replace?: R;
  /** What actors start from, by their names: the state, the tables, or both; or their snapshots. */
  readonly restore?: Readonly<Record<string, StagedRestore>>;
  /** What is in the channels at the start, by their names, oldest first: as after the schema, where a channel has one. */
  readonly contents?: Readonly<Record<string, readonly unknown[]>>;
  /** Plays effects, by name: see `sim.effects.script`. An effect that has no script is done for real. */
  readonly effects?: Readonly<Record<string, EffectScript>>;
  /** Decides what `ctx.random()` gives, and what the schedule draws. Default 1. */
  readonly seed?: number;
  /** In which order ready actors run. Default `fair`. */
  readonly schedule?: Schedule;
  /** What becomes of a part that awaits what is not simulated. Default `forbid`: whatever the test waits for throws. */
  readonly foreignWaits?: 'allow' | 'forbid';
  /** How long a test waits for what it expects where it says nothing else, in virtual milliseconds. Default 60,000. */
  readonly withinMs?: number;
}

/** How long to wait, in virtual milliseconds. */
export interface Within {
  /** Default: that of the stage. */
  readonly withinMs?: number;
}

/** Where a message goes, and how long it may take. */
export interface StageSendOptions extends Within {
  /** Which output. May be left out where there is one. */
  readonly port?: string;
  /** Which lane of an output that is a bundle. Default: as the bundle decides. */
  readonly lane?: number;
}

/** What was left when a stage was stopped. */
export interface StageReport {
  /** By part, what it has received and no test has asked for. */
  readonly unread: Readonly<Record<string, readonly unknown[]>>;
  /** All dead letters. */
  readonly deadLetters: readonly DeadLetter[];
}
