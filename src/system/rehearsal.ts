import type { Reading } from '../actor/failure-recorder.ts';
import type { WorkRehearsal } from '../actor/rehearsal.ts';
import type { ActorSettings } from '../actor/settings.ts';
import type { Restored } from '../actor/start-state.ts';
import type { ActorCell } from './actor-cell.ts';
import type { AnyDefinition } from './wired-cell.ts';
import type { Channel } from './channel.ts';
import type { Edge } from './edge.ts';
import type { FeedSource } from './feed.ts';
import type { Graph } from './graph.ts';
import type { GraphCore } from './graph-core.ts';
import type { SinkFunction } from './sink.ts';
import type { WritableTarget } from './writable-sink.ts';

/** What is placed under the name of an actor. */
export interface Casting {
  /** With the ports of the definition that was given: the wiring is that of the graph. */
  readonly definition: AnyDefinition;
  readonly settings: ActorSettings;
  /** What it starts from, instead of what the definition makes. */
  readonly restored: Restored | undefined;
}

/** What the end of a sink is: a function, or a stream. */
export type SinkTarget = SinkFunction<unknown> | WritableTarget;

/** What a graph is made of, for the testing kit. */
export interface Backstage {
  readonly core: GraphCore;
  readonly channels: ReadonlyMap<string, Channel<unknown>>;
  readonly cells: ReadonlyMap<string, ActorCell>;
  readonly edges: ReadonlyMap<string, Edge>;
}

/**
 * What a test may replace of a graph that is built as in production. A simulation has one among its ports; in production there
 * is none.
 */
export interface Rehearsal extends WorkRehearsal {
  /** A graph has been made, and is still empty. */
  graphMade(graph: Graph): void;
  /** An actor is placed. @returns what plays its part. */
  cast(actor: string, casting: Casting): Casting;
  /** A supervisor is placed. @returns how many restarts within its period it bears, if it was to bear `maxRestarts`. */
  restartsBorne(supervisor: string, maxRestarts: number): number;
  /** A turn reads time or randomness in a graph that writes capsules. @returns what it is given. */
  reading?(actor: string, what: Reading, value: number): number;
  /** A feed is added. @returns what it reads. */
  sourceOf(feed: string, source: FeedSource<unknown>): FeedSource<unknown>;
  /** A sink is added. @returns what it writes to. */
  targetOf(sink: string, target: SinkTarget): SinkTarget;
}
