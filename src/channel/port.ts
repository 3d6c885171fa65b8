import type { Condition } from './condition.ts';

/** What an actor sees of a channel that it reads. Everything here belongs to the current turn. */
export interface Input<T> {
  /** The message `offset` places behind the next one, without taking it; `undefined` when it is not there. */
  peek(offset?: number): T | undefined;
  /** Up to `max` messages from the next one on, in order, without taking them. */
  peekMany(max: number): readonly T[];
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
   * Holds when `count` (default 1) messages are there, or fewer when the channel has closed and they are the last.
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
