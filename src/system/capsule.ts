import type { Reading } from '../actor/failure-recorder.ts';
import type { TimerFiring } from '../channel/ring.ts';

/** Marks a capsule among other JSON. */
export const CAPSULE_FORMAT = 'holdfast capsule';
/** Of the form below. One with another number is refused. */
export const CAPSULE_VERSION = 1;

/** A value, or why it is not there. */
export type CapsuleValue =
  /** In the JSON of `deadLetters.export`, where Date, Map, bigint and the like have tags. */
  | { readonly kind: 'kept'; readonly json: unknown }
  /** It was not to be kept, was too large, or cannot be written. */
  | { readonly kind: 'omitted'; readonly why: string };

/** A turn that has failed, as plain JSON: what is needed to look into it, and to run it again elsewhere. */
export interface Capsule {
  /** Always `holdfast capsule`. */
  readonly format: string;
  /** Of the format: 1. */
  readonly version: number;
  /** Version of Holdfast that wrote it. */
  readonly holdfast: string;
  /** Version of Node. */
  readonly node: string;
  /** Name of the graph. */
  readonly graph: string;
  /** Identity of the run of the graph, as message ids begin with it. */
  readonly runId: string;
  /** Name of the actor. */
  readonly actor: string;
  /** The option `checks` of the graph: messages were frozen. */
  readonly checks: boolean;
  /** By what the definition can be told from others. */
  readonly definition: CapsuleDefinition;
  /** What the turn failed with. */
  readonly error: CapsuleError;
  /** Wall-clock time of the failure, in milliseconds since the epoch. */
  readonly failedWallMs: number;
  /** Monotonic time of the failure, in milliseconds. */
  readonly failedNowMs: number;
  /** Which turn it was. */
  readonly turn: CapsuleTurn;
  /** Every channel that the actor reads, lane by lane. */
  readonly inputs: readonly CapsuleInput[];
  /** Every channel that it writes to, with what the turn had staged. */
  readonly outputs: readonly CapsuleOutput[];
  /** As `ctx.args`. */
  readonly args: CapsuleValue;
  /** As committed before the turn. */
  readonly state: CapsuleValue;
  /** The entries of each table, as committed before the turn. */
  readonly tables: Readonly<Record<string, CapsuleValue>>;
  /** What the turn read through its context, in order; the first 1,000 of each. */
  readonly readings: Readonly<Record<Reading, readonly number[]>>;
  /** The effects of the turn, in the order in which they began; the first 100. */
  readonly effects: readonly CapsuleEffect[];
  /** The options of the actor; `showstopper` says only whether there is a function. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Why it cannot be run again; empty if it can. */
  readonly obstacles: readonly string[];
  /** What may be different when it is run again. */
  readonly notes: readonly string[];
}

/** By what a definition can be told from others: its style, and the names of what it has. */
export interface CapsuleDefinition {
  /** How its code is written. */
  readonly style: 'loop' | 'handler' | 'source';
  /** Names, in the order of the definition. */
  readonly inputs: readonly string[];
  /** Names, in the order of the definition. */
  readonly outputs: readonly string[];
  /** Names, in the order of the definition. */
  readonly tables: readonly string[];
  /** It has a state besides. */
  readonly hasState: boolean;
}

/** An error as plain JSON. */
export interface CapsuleError {
  /** The error's own name; `thrown value` for what is no error. */
  readonly name: string;
  /** The first 4,000 characters. */
  readonly message: string;
  /** The error's `code`, where that is a string; else null. */
  readonly code: string | null;
  /** The first 4,000 characters; null for what is no error. */
  readonly stack: string | null;
}

/** Which turn it was, and how it stood. */
export interface CapsuleTurn {
  /** Turns that the actor had committed. */
  readonly number: number;
  /** It was before the first wait of a loop. */
  readonly opening: boolean;
  /** As `ctx.regeneration`. */
  readonly regeneration: number;
  /** As `ctx.attempt`. */
  readonly attempt: number;
  /** Failures since the last committed turn. */
  readonly failuresInARow: number;
  /** As `ctx.lane`. */
  readonly lane: number;
  /** As `ctx.messageIds` of a batch: of all messages that the turn had taken from the input it took from last. */
  readonly messageIds: readonly string[];
  /** Turns saw only part of their inputs, because several messages had failed together. */
  readonly narrowed: boolean;
  /** How often it had waited inside the turn. */
  readonly pauses: number;
}

/** A channel that the actor reads, as it was when the turn failed. */
export interface CapsuleInput {
  /** Name in the definition. */
  readonly input: string;
  /** -1 where the input is no bundle. */
  readonly lane: number;
  /** Name of the channel. */
  readonly channel: string;
  /** Of the channel. */
  readonly capacity: number;
  /** All its senders had closed their ends. */
  readonly closed: boolean;
  /** Messages in the channel, those in hand included. */
  readonly size: number;
  /** How many of them, from the oldest, the turn had taken. */
  readonly taken: number;
  /** Place of the last take among all takes of the turn, from 1; 0 without one. */
  readonly takenAs: number;
  /** How many of them it had looked at. */
  readonly peeked: number;
  /** How many are left of those that failed together. */
  readonly suspects: number;
  /** From the oldest on: those in hand and, of a loop, some of those behind them. */
  readonly messages: readonly CapsuleMessage[];
}

/** A message that was there for the turn to take. */
export interface CapsuleMessage {
  /** As `ctx.messageId`. */
  readonly messageId: string;
  /** The number at its end. */
  readonly sequence: number;
  /** As `ctx.replayOf`; null without one. */
  readonly replayOf: string | null;
  /** As `ctx.firing`; null for a message that no timer has sent. */
  readonly firing: TimerFiring | null;
  /** Before this turn. */
  readonly failedAttempts: number;
  /** The message itself, if payloads are kept. */
  readonly payload: CapsuleValue;
}

/** A channel that the actor writes to, and what the turn had staged for it. */
export interface CapsuleOutput {
  /** Name in the definition; with the lane in brackets where the output is a bundle. */
  readonly output: string;
  /** Name of the channel. */
  readonly channel: string;
  /** Of the channel. */
  readonly capacity: number;
  /** Closed by an earlier turn. */
  readonly closed: boolean;
  /** Messages that the turn had staged when it failed. */
  readonly staged: number;
  /** The first of them. */
  readonly messages: readonly CapsuleValue[];
}

/** `afterMs`: how long it took. */
export type CapsuleEffect = { readonly name: string } & (
  | { readonly kind: 'returned'; readonly afterMs: number; readonly value: CapsuleValue }
  | { readonly kind: 'threw'; readonly afterMs: number; readonly error: CapsuleValue }
  /** It had not ended. */
  | { readonly kind: 'pending' }
);
