import type { Schema } from '../base/schema.ts';
import type { Batch } from './batch.ts';
import type { Narrowing } from './narrowing.ts';
import type { Ring } from './ring.ts';

/** So many messages are visible that it is no limit. */
const ALL: number = 2 ** 30;

/** What its definition says of an input. */
export interface InputNature {
  readonly tick: boolean;
  readonly batch: Batch | undefined;
  /** Checks the messages of a channel of its own. */
  readonly schema?: Schema | undefined;
}

/** What a turn tells its ends: which of them it has used. */
export interface InputUser {
  useInput(end: InputEnd): void;
}

/**
 * The consumer's end of a channel: what the current turn has peeked at and taken.
 *
 * Taking only moves a mark. The messages leave the ring when the turn commits; a roll back moves the mark back.
 */
export class InputEnd {
  readonly name: string;
  /** The input that this is an end of. */
  readonly port: string;
  /** Which lane it is, where the input is a bundle; else -1. */
  readonly lane: number;
  readonly ring: Ring;
  /** Ticks pace a turn and are never blamed for its failure. */
  readonly tick: boolean;
  /** How its messages come to their handler: one at a time where it is undefined. */
  readonly batch: Batch | undefined;
  /** Its messages are declared by what its schema takes, and not by what that makes of them. */
  readonly checksOwn: boolean;
  readonly #user: InputUser;

  /** Messages taken in this turn; they are the oldest of the ring. */
  taken = 0;
  /** Those of the taken ones that the turn rejected, by offset; null while there are none, which is nearly always. */
  #rejected: Set<number> | null = null;
  /** Messages that this turn has looked at, taken or not. */
  peeked = 0;
  /** Turns that have looked at messages here: tells what one of them saw from what the present one may see. */
  looks = 0;
  /** Place of the last take among all takes of the turn, from 1: blame goes to the latest. */
  takenAs = 0;
  /** In use by the current turn. */
  used = false;

  /** Greatest number of messages this turn may see. */
  #limit = ALL;
  /** Set while turns see one message at a time: see {@link Narrowing}. */
  isolation: Pick<Narrowing, 'isOver'> | null = null;
  /** While the head of the ring is before this position, a turn sees only what its wait asked for. */
  #narrowedUntil = 0;

  constructor(user: InputUser, port: string, ring: Ring, nature: InputNature, lane: number = -1) {
    this.#user = user;
    this.name = lane < 0 ? port : `${port}[${lane}]`;
    this.port = port;
    this.lane = lane;
    this.ring = ring;
    this.tick = nature.tick;
    this.batch = nature.batch;
    this.checksOwn = nature.schema !== undefined;
    if (nature.batch !== undefined) ring.demand(nature.batch.size);
  }

  /** Messages that this turn may still take. */
  get visible(): number {
    const size = this.ring.tail - this.ring.head;
    return (size < this.#limit ? size : this.#limit) - this.taken;
  }

  /** Messages that wait, whatever this turn may see of them. */
  get waiting(): number {
    return this.ring.tail - this.ring.head - this.taken;
  }

  /** Nothing will ever come, takes of this turn counted as gone. */
  get drained(): boolean {
    return this.ring.closed && this.waiting === 0;
  }

  peek(offset: number): unknown {
    // Below 0 there are messages taken already, or none; between two places there is nothing.
    if (!(offset >= 0 && offset < this.visible && Number.isInteger(offset))) return undefined;
    if (!this.used) this.#user.useInput(this);
    if (this.taken + offset >= this.peeked) this.peeked = this.taken + offset + 1;
    return this.ring.at(this.taken + offset);
  }

  /** Looks at `count` messages, from the next one on, which are there to see. */
  peekMany(count: number): void {
    if (count <= 0) return;
    if (!this.used) this.#user.useInput(this);
    if (this.taken + count > this.peeked) this.peeked = this.taken + count;
  }

  /** The next message, marked as taken; undefined when there is none to see. */
  take(order: number): unknown {
    if (this.visible <= 0) return undefined;
    if (!this.used) this.#user.useInput(this);
    const message = this.ring.at(this.taken);
    this.taken += 1;
    this.takenAs = order;
    return message;
  }

  /** The next `count` messages, which are there to see, marked as taken. */
  takeMany(count: number, lastOrder: number): unknown[] {
    if (!this.used) this.#user.useInput(this);
    const messages = this.ring.slice(this.taken, count);
    this.taken += count;
    this.takenAs = lastOrder;
    return messages;
  }

  /** How many of the taken messages the turn rejected. */
  get rejected(): number {
    return this.#rejected?.size ?? 0;
  }

  isRejected(offset: number): boolean {
    return this.#rejected?.has(offset) === true;
  }

  /** Marks a message as rejected. @returns false if this turn has not taken it, or has rejected it before. */
  reject(offset: number): boolean {
    if (!Number.isInteger(offset) || offset < 0 || offset >= this.taken) return false;
    if (this.isRejected(offset)) return false;
    this.#rejected ??= new Set();
    this.#rejected.add(offset);
    return true;
  }

  /** Ends the turn's use of this end; the caller has dealt with the messages. */
  reset(): void {
    this.taken = 0;
    this.used = false;
    if (this.peeked > 0) {
      this.peeked = 0;
      this.looks += 1;
    }
    if (this.#rejected !== null) this.#rejected = null;
  }

  /** After a failure with several messages in hand: until they are gone, a turn sees only what its wait asked for. */
  narrow(inHand: number): void {
    this.#narrowedUntil = Math.max(this.#narrowedUntil, this.ring.head + inHand);
  }

  /** Shows what a wait of this turn asked for: `asked` messages, besides what it has taken. */
  show(asked: number): void {
    let shown = asked;
    if (this.isolation !== null) shown = Math.min(1, asked);
    else if (!this.narrowed) shown = ALL;
    // A loop may wait for something else and take here all the same: shown nothing, it would never get past them.
    else if (asked === 0) shown = 1;
    this.#limit = Math.max(this.#limit, this.taken + shown);
  }

  /** This turn sees nothing here, unless it is shown something. */
  hide(): void {
    this.#limit = 0;
  }

  get narrowed(): boolean {
    return this.ring.head < this.#narrowedUntil;
  }

  /** How many messages are left of those that failed together. */
  get suspects(): number {
    return Math.max(0, this.#narrowedUntil - this.ring.head);
  }

  /** `count` messages wait or, while messages are isolated, one of them. */
  hasAvailable(count: number): boolean {
    const { waiting } = this;
    return waiting >= count || (waiting > 0 && this.isolation !== null && !this.isolation.isOver);
  }
}
