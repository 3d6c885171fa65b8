import { encodeTagged } from '../base/tagged-json.ts';
import type { Capsule, CapsuleError } from '../system/capsule.ts';

/**
 * How the turn of a capsule went this time.
 *
 * - `same`: it failed in the same way: the name, the code and the message of the error are those of the capsule.
 * - `other`: it failed in another way.
 * - `committed`: it did not fail.
 * - `rolledBack`: it ended by `rollback()`.
 * - `waiting`: it came neither to an end nor to a failure.
 */
export type ReplayOutcome = 'same' | 'other' | 'committed' | 'rolledBack' | 'waiting';

/** Messages that the turn took from one channel. */
export interface TakenMessages {
  /** Name of the input, with the lane in brackets where it is a bundle. */
  readonly input: string;
  /** As `ctx.messageId`, in the order of the messages. */
  readonly messageIds: readonly string[];
  /** In the order in which they were taken. */
  readonly messages: readonly unknown[];
}

/** Messages that the turn sent, or had staged when it failed. */
export interface SentMessages {
  /** Name of the output, with the lane in brackets where it is a bundle. */
  readonly output: string;
  /** In the order in which they were sent. */
  readonly messages: readonly unknown[];
}

/** What happened. Committed: the state is the one after the turn; else it is the one before. */
interface Happened {
  readonly outcome: ReplayOutcome;
  /** What it failed with; undefined where it did not fail. */
  readonly error: unknown;
  readonly took: readonly TakenMessages[];
  readonly sent: readonly SentMessages[];
  readonly state: object;
  /** The entries of each table. */
  readonly tables: Readonly<Record<string, readonly (readonly [unknown, unknown])[]>>;
  /** Messages that the turn has rejected, or that did not fit: reason and text. */
  readonly deadLetters: readonly { readonly messageId: string; readonly reason: string; readonly text: string }[];
  /** What it waits for; undefined unless it waits. */
  readonly waitsFor: string | undefined;
  /** What was otherwise than in the capsule, besides the end. */
  readonly differences: readonly string[];
}

/** Values that a report may have, in its JSON. */
const VALUES_MAX = 1_000_000;

/** The turn of a capsule, run again. */
export class CapsuleReplay {
  /** The capsule. */
  readonly capsule: Capsule;
  /** How the turn went this time. */
  readonly outcome: ReplayOutcome;
  /** What it failed with this time; undefined where it did not fail. */
  readonly error: unknown;
  /** Channel by channel. */
  readonly took: readonly TakenMessages[];
  /** Channel by channel. */
  readonly sent: readonly SentMessages[];
  /** As committed: after the turn, or before it where it did not commit. */
  readonly state: object;
  /** The entries of each table, as committed. */
  readonly tables: Happened['tables'];
  /** Messages that the turn has rejected, or that did not fit: reason and text. */
  readonly deadLetters: Happened['deadLetters'];
  /** What it waits for; undefined unless it waits. */
  readonly waitsFor: string | undefined;
  /** What was otherwise than in the capsule, besides the end: it took other messages, for example. */
  readonly differences: readonly string[];

  /** @internal */
  constructor(capsule: Capsule, happened: Happened) {
    this.capsule = capsule;
    this.outcome = happened.outcome;
    this.error = happened.error;
    this.took = happened.took;
    this.sent = happened.sent;
    this.state = happened.state;
    this.tables = happened.tables;
    this.deadLetters = happened.deadLetters;
    this.waitsFor = happened.waitsFor;
    this.differences = happened.differences;
  }

  /** What the capsule says that it failed with. */
  get expected(): CapsuleError {
    return this.capsule.error;
  }

  /** For `JSON.stringify`: values as `deadLetters.export` writes them, and of the capsule no more than what it is. */
  toJSON(): object {
    const { capsule, ...happened } = this;
    const { graph, actor, failedWallMs, error: expected, notes } = capsule;
    const { error, outcome } = happened;
    const failed = outcome === 'same' || outcome === 'other';
    return {
      graph,
      actor,
      failedWallMs,
      expected,
      notes,
      ...Object.fromEntries(Object.entries(happened).map(([key, value]) => [key, jsonOf(value)])),
      error: failed ? jsonOf(error) : null,
      waitsFor: this.waitsFor ?? null,
    };
  }
}

function jsonOf(value: unknown): unknown {
  try {
    return encodeTagged(value, VALUES_MAX);
  } catch (error) {
    return { $unwritten: error instanceof Error ? error.message : String(error) };
  }
}
