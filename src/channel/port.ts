import type { BundleCondition } from './bundle-condition.ts';
import type { Condition } from './condition.ts';
import type { PartitionKey } from './partition.ts';

/**
 * Messages of an input, read where they are: nothing is copied. Takes of the same turn do not change it.
 *
 * Valid in its turn only: later all of it but `length` throws `ERR_FENCED`.
 */
export interface MessageSlice<T> extends Iterable<T> {
  /** How many messages it shows. */
  readonly length: number;
  /** The message at `index`, counted from the end where it is negative; `undefined` where there is none. As in arrays. */
  at(index: number): T | undefined;
  /** A copy, which outlives the turn. */
  toArray(): T[];
}

/** What an actor sees of a channel that it reads. Everything here belongs to the current turn. */
export interface Input<T> {
  /** The message `offset` places behind the next one, without taking it; `undefined` when it is not there. */
  peek(offset?: number): T | undefined;
  /** Up to `max` messages from the next one on, in order, without taking or copying them. */
  peekMany(max: number): MessageSlice<T>;
  /** The next message; `undefined` when there is none. It leaves the channel when the turn commits. */
  take(): T | undefined;
  /** Up to `max` messages, in order. They leave the channel when the turn commits. */
  takeMany(max: number): readonly T[];
  /**
   * Turns the message taken last into a dead letter with `reason`, as part of this turn: for expected bad data.
   *
   * @throws HoldfastError `ERR_NOTHING_TO_REJECT` if nothing was taken here, or the message was rejected already.
   */
  reject(reason: string): void;
  /**
   * Turns the message at `index` of those taken here in this turn, counted from 0, into a dead letter with `reason`.
   *
   * @throws HoldfastError `ERR_NOTHING_TO_REJECT` if there is no such message, or it was rejected already.
   */
  reject(index: number, reason: string): void;
  /**
   * Holds when `count` (default 1) messages are there; or fewer, when the channel has closed and they are the last, or when
   * somebody waits for more room than there is beside them.
   *
   * @throws HoldfastError `ERR_OVER_CAPACITY` if the channel can never hold so many.
   */
  avail(count?: number): Condition;
  /** No message is left for this turn to take. */
  isEmpty(): boolean;
  /** The channel is closed and this turn has taken the last message: nothing will ever come. */
  isDrained(): boolean;
  /** How many messages this turn could still take. */
  readonly size: number;
  /** The most messages that the channel holds, so the most that a wait can ask for. */
  readonly capacity: number;
}

/** What is needed of a dead letter to send it again. */
export interface Replayable {
  /** The message. */
  readonly payload: unknown;
  /** Name of the channel that it is about. */
  readonly channel: string;
  /** Identity of the message. */
  readonly messageId: string;
  /** Identity of the message that this one was replayed for already; `undefined` for one that was not. */
  readonly replayOf: string | undefined;
  /** Why it became a dead letter. */
  readonly reason: string;
}

/** What an actor sees of a channel that it writes to. Everything here belongs to the current turn. */
export interface Output<T> {
  /**
   * Stages one message. It appears in the channel when the turn commits, which waits for room. Never blocks.
   *
   * @throws HoldfastError `ERR_UNDEFINED_MESSAGE`, `ERR_OVER_CAPACITY` (more in one turn than the channel can hold),
   * `ERR_CHANNEL_CLOSED` (after `close`). Caught inside the turn, each of them keeps the turn from committing.
   */
  send(message: T): void;
  /** Stages messages in order; see {@link Output.send}. */
  sendMany(messages: Iterable<T>): void;
  /**
   * Stages what a dead letter holds, that has come by a route: as {@link Output.send}, and the new message names the old one,
   * as `ctx.replayOf`. What had passed the schema of this channel is not checked again, which would transform it twice.
   *
   * @param message - Sent instead, and checked as any message. Default: the letter's payload, which must be of this channel's
   * type: nobody knows it but the one who wires the route.
   *
   * @throws HoldfastError as {@link Output.send}; `ERR_INVALID_OPTION` for what is no dead letter.
   */
  replay(letter: Replayable, message?: T): void;
  /**
   * Holds while there is room for `count` (default 1) messages. A hint: others may take the room before this turn commits.
   *
   * @throws HoldfastError `ERR_OVER_CAPACITY` if the channel can never hold so many.
   */
  vacant(count?: number): Condition;
  /** Closes this actor's end of the channel when the turn commits. Closing again does nothing. */
  close(): void;
  /** How many more messages would fit at this moment, those staged counted as sent. A hint, as `vacant` is. */
  readonly room: number;
  /** The most messages that the channel holds, so the most that one turn can send. */
  readonly capacity: number;
}

/** What an actor sees of a bundle that it reads: its lanes, and what they have together. */
export interface InputBundle<T> extends Iterable<Input<T>> {
  /** How many lanes there are. */
  readonly length: number;
  /**
   * One lane, from 0.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION` if there is no such lane.
   */
  lane(index: number): Input<T>;
  /** The message that {@link InputBundle.take} would take, without taking it; `undefined` when there is none. */
  peek(): T | undefined;
  /**
   * The next message of any lane; `undefined` when there is none. Lanes with messages take turns, beginning with the lane that
   * ended the wait. `ctx.lane` says which one it was.
   */
  take(): T | undefined;
  /** Up to `max` messages, one from each lane with messages in turn; in order within each lane. */
  takeMany(max: number): readonly T[];
  /**
   * Turns the message taken last from this bundle into a dead letter: see {@link Input.reject}.
   *
   * @throws HoldfastError `ERR_NOTHING_TO_REJECT` if nothing was taken here, or the message was rejected already.
   */
  reject(reason: string): void;
  /**
   * Holds when a lane has so many messages, or fewer as for {@link Input.avail}: the result's `lane` says which one. Lanes
   * that are ready take turns.
   *
   * @param counts - How many; or one number for each lane, 0 for a lane that is not to be looked at. Default 1.
   *
   * @throws HoldfastError `ERR_OVER_CAPACITY` if a lane can never hold so many, `ERR_INVALID_OPTION` if the counts are not one
   * for each lane, or are all 0.
   */
  avail(counts?: number | readonly number[]): BundleCondition;
  /** No message is left for this turn to take, in any lane. */
  isEmpty(): boolean;
  /** Every lane is drained: see {@link Input.isDrained}. */
  isDrained(): boolean;
  /** How many messages this turn could still take, in all lanes. */
  readonly size: number;
}

/** What an actor sees of a bundle that it writes to: its lanes, and what they have together. */
export interface OutputBundle<T> extends Iterable<Output<T>> {
  /** How many lanes there are. */
  readonly length: number;
  /**
   * One lane, from 0, to send to by choice.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION` if there is no such lane.
   */
  lane(index: number): Output<T>;
  /**
   * Stages one message for the lane that the bundle's declaration names, or for each lane: see {@link Output.send}. What
   * `partitionBy` throws comes out here.
   *
   * @throws HoldfastError as {@link Output.send}, and `ERR_INVALID_KEY` where `partitionBy` answers what is no key.
   */
  send(message: T): void;
  /** Stages messages in order; see {@link OutputBundle.send}. */
  sendMany(messages: Iterable<T>): void;
  /**
   * Holds while a lane has room for so many messages, or nobody reads it any more: the result's `lane` says which one. Lanes
   * with room take turns. Where each lane gets each message (`everyLane`) it holds while all of them have room. A hint: others
   * may take the room before this turn commits, and the next message may be for another lane.
   *
   * @param counts - How many; or one number for each lane, 0 for a lane that is not to be looked at. Default 1.
   *
   * @throws HoldfastError as {@link InputBundle.avail}.
   */
  vacant(counts?: number | readonly number[]): BundleCondition;
  /** The lane of messages with this key, where the bundle is declared with `partitionBy`: `laneOf(key, length)`. */
  laneOf(key: PartitionKey): number;
  /** Closes this actor's end of every lane when the turn commits. Closing again does nothing. */
  close(): void;
}
