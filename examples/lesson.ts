/** What the lessons have in common, so that the command line and the tests can run any of them. */

import type { Graph, GraphOptions } from 'holdfast';

/** A lesson, built and ready to run: `await lesson.graph.run()`, then `lesson.verify()`. */
export interface Lesson {
  readonly graph: Graph;
  /** Compares what came out with what went in. To be called when the graph has stopped. */
  verify(): Verification;
  /** Lines for people, to be read in the end instead of the tables of actors and channels. Where absent, the tables. */
  conclusion?(): readonly string[];
}

export interface Verification {
  /** What went in and never came out, neither at the end nor as a dead letter. */
  readonly lost: number;
  /** What came out more often than it went in. */
  readonly doubled: number;
  /** Why the job is not done, although nothing was lost; absent if it is. */
  readonly incomplete?: string;
  /** Figures for people, by what they mean. */
  readonly figures: Readonly<Record<string, number>>;
  /** What a program is told besides, at the top of the report of `--json`. */
  readonly results?: Readonly<Record<string, unknown>>;
}

/** Options of the graph that a lesson leaves to its caller: ports, logging. */
export type LessonGraphOptions = Omit<GraphOptions, 'name'>;

export interface BeatOptions {
  /** Milliseconds from beat to beat, 1 or more. */
  readonly rateMs: number;
  /** Beats until the heartbeat asks for the shutdown, 1 or more. */
  readonly beats: number;
  readonly graph?: LessonGraphOptions;
}
