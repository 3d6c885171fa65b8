import { HoldfastError } from '../base/errors.ts';
import { invalidOption } from '../base/options.ts';
import type { MessageFreezer } from '../base/plain-data.ts';
import type { Misfit, Schema } from '../base/schema.ts';
import { checkMessage, type MessageCheck } from './message-check.ts';
import type { Replayable } from './port.ts';
import type { Request } from './requests.ts';
import type { Ring } from './ring.ts';

export interface OutputUser {
  useOutput(end: OutputEnd): void;
  /** The turn does more than take and send. */
  markSpecial(): void;
  /** The turn sends a message that does not fit the schema of the channel; perhaps again, for the one named `origin`. */
  stageMisfit(ring: Ring, message: unknown, misfit: Misfit, origin: string | undefined): void;
  /** Keeps the turn from committing, whatever the user's code makes of the error. @returns the error, to be thrown. */
  poisoned(error: Error): Error;
}

/** A sender's end of a channel: what the current turn has staged. The messages reach the ring when the turn commits. */
export class OutputEnd {
  readonly name: string;
  readonly ring: Ring;
  /** The first of the actor's ends at this channel: it stages for all of them, so that they share one order and one room. */
  readonly lead: OutputEnd;
  readonly #user: OutputUser;
  /** Freeze what is sent, so that a message cannot change after it was staged. */
  readonly #freezer: MessageFreezer | null;
  readonly #schema: Schema | null;

  /** Used again and again. */
  readonly #buffer: unknown[] = [];
  /** The first `count` are what the turn has staged: in the buffer or, where an array came first, in a copy of that. */
  staged: unknown[] = this.#buffer;
  count = 0;
  /** By place among the staged ones, the message that one is sent again for; null while there are none. */
  origins: Map<number, string> | null = null;
  /** By place among the staged ones, those that somebody waits for a reply to; null while there are none. */
  requests: Map<number, Request> | null = null;
  /** Messages of this turn that did not fit the schema: they are not among the staged ones. */
  misfits = 0;
  /** In use by the current turn. */
  used = false;
  /** This turn closes the end. */
  closing = false;
  /** The end is closed. */
  closed = false;
  /** Either of the two. */
  #shut = false;

  constructor(user: OutputUser, name: string, ring: Ring, freezer: MessageFreezer | null, lead?: OutputEnd) {
    this.#user = user;
    this.name = name;
    this.ring = ring;
    this.lead = lead ?? this;
    this.#freezer = freezer;
    this.#schema = ring.schema;
  }

  /** Closed, or about to be. */
  get shut(): boolean {
    return this.#shut;
  }

  stage(message: unknown): void {
    if (this.#shut) throw this.#user.poisoned(closedForSender(this.ring.name, message));
    if (message === undefined) throw this.#user.poisoned(undefinedMessage(this.ring.name));
    if (this.#schema === null) this.#add(message);
    else this.#addChecked(message, undefined);
  }

  /** Stages what a dead letter holds, or what is sent instead. */
  stageReplay(letter: Replayable, edited: unknown): void {
    const { name } = this.ring;
    if (typeof (letter as Partial<Replayable> | undefined)?.messageId !== 'string') {
      throw this.#user.poisoned(invalidOption(`replay into channel "${name}": letter`, 'a dead letter', letter));
    }
    const message = edited === undefined ? letter.payload : edited;
    if (this.#shut) throw this.#user.poisoned(closedForSender(name, message));
    if (message === undefined) throw this.#user.poisoned(undefinedMessage(name));
    const origin = originOf(letter);
    if (this.#schema === null || (edited === undefined && hasPassed(letter, name))) this.#addReplay(message, origin);
    else this.#addChecked(message, origin);
  }

  /** Somebody will wait for a reply to the message staged at `place`. */
  markRequest(place: number, request: Request): void {
    this.requests ??= new Map();
    this.requests.set(place, request);
  }

  #addReplay(message: unknown, origin: string): void {
    this.#add(message);
    const { lead } = this;
    lead.origins ??= new Map();
    lead.origins.set(lead.count - 1, origin);
    this.#user.markSpecial();
  }

  #add(message: unknown): void {
    const lead = this.lead;
    const frozen = this.#freezer === null ? message : this.#freeze(message, this.#freezer); // first: as a check is
    const count = lead.count;
    if (count >= this.ring.capacity) throw this.#user.poisoned(overCapacity(this.ring, count + 1));
    if (!lead.used) this.#user.useOutput(lead);
    lead.staged[count] = frozen;
    lead.count = count + 1;
  }

  /** Looks at every property, and what a getter does is code of the user's. */
  #freeze(message: unknown, freezer: MessageFreezer): unknown {
    try {
      return freezer.freeze(message);
    } catch (error) {
      throw poisonedBy(this.#user, error, 'a message could not be frozen');
    }
  }

  #addChecked(message: unknown, origin: string | undefined): void {
    const check = this.#check(message); // first: it is code of the user's, which may send as well
    const { lead, ring } = this;
    // Misfits count: there would be no bound to the dead letters that one turn can ask for.
    const asked = lead.count + lead.misfits + 1;
    if (asked > ring.capacity) throw this.#user.poisoned(overCapacity(ring, asked));
    if (check.kind === 'valid') {
      if (origin === undefined) this.#add(check.message);
      else this.#addReplay(check.message, origin);
      return;
    }
    this.#addMisfit(message, check, origin);
  }

  #addMisfit(message: unknown, misfit: Misfit, origin: string | undefined): void {
    const { lead, ring } = this;
    const frozen = this.#freezer === null ? message : this.#freeze(message, this.#freezer);
    if (!lead.used) this.#user.useOutput(lead);
    lead.misfits += 1;
    this.#user.stageMisfit(ring, frozen, misfit, origin);
  }

  /**
   * Checks and freezes a message that is staged only when the turn commits, by {@link insert}. One that does not fit the schema
   * becomes a dead letter, as any.
   *
   * @returns what is to be staged; undefined for a message that does not fit.
   */
  prepare(message: unknown): unknown {
    const check = this.#check(message);
    const { lead, ring } = this;
    if (check.kind === 'valid') {
      const { message: sent } = check;
      const frozen = this.#freezer === null ? sent : this.#freeze(sent, this.#freezer);
      if (!lead.used) this.#user.useOutput(lead); // no other end may stand in for it: it has its place in the order
      return frozen;
    }
    const asked = lead.count + lead.misfits + 1;
    if (asked > ring.capacity) throw this.#user.poisoned(overCapacity(ring, asked));
    this.#addMisfit(message, check, undefined);
    return undefined;
  }

  /** The message does not fit the schema: staging it makes a dead letter. */
  refuses(message: unknown): boolean {
    return this.#schema !== null && this.#check(message).kind !== 'valid';
  }

  #check(message: unknown): MessageCheck {
    try {
      return checkMessage(this.ring, message);
    } catch (error) {
      throw this.#user.poisoned(error as Error); // it throws nothing else
    }
  }

  stageMany(messages: Iterable<unknown>): void {
    if (this.#schema === null && isOrdinaryArray(messages) && messages.length > 1) this.#addBlock(messages);
    else stageAll(this.#user, messages, (message) => this.stage(message));
  }

  /** Does what {@link stage} does for each of them, for all in one go. */
  #addBlock(messages: readonly unknown[]): void {
    const { lead, ring } = this;
    if (this.#shut) throw this.#user.poisoned(closedForSender(ring.name, messages[0]));
    this.#checkCapacity(messages.length); // before the copy: there may be any number of them
    const block = this.#copyOf(messages);
    if (block.includes(undefined)) throw this.#user.poisoned(undefinedMessage(ring.name));
    this.#checkCapacity(block.length); // again: a getter may have sent as well
    if (!lead.used) this.#user.useOutput(lead);
    if (lead.count === 0) lead.staged = block;
    else for (let place = 0; place < block.length; place += 1) lead.staged[lead.count + place] = block[place];
    lead.count += block.length;
  }

  #checkCapacity(count: number): void {
    const asked = this.lead.count + count;
    if (asked > this.ring.capacity) throw this.#user.poisoned(overCapacity(this.ring, asked));
  }

  #copyOf(messages: readonly unknown[]): unknown[] {
    const freezer = this.#freezer;
    try {
      return freezer === null ? messages.slice() : messages.map((message) => freezer.freeze(message));
    } catch (error) {
      throw poisonedBy(this.#user, error, 'the messages could not be read');
    }
  }

  /**
   * Puts messages among the staged ones, each behind as many as were staged when it was. A part of the commit that cannot fail: they
   * are checked and frozen, and there is room for them.
   *
   * @param late - In the order in which they were staged. This end is a lead, and in use.
   */
  insert(late: readonly { readonly place: number; readonly message: unknown }[]): void {
    const { staged, count, origins, requests } = this;
    const before = staged.slice(0, count);
    let next = 0;
    let to = 0;
    if (origins !== null) this.origins = new Map();
    if (requests !== null) this.requests = new Map();
    for (let from = 0; from <= count; from += 1) {
      for (let each = late[next]; each !== undefined && (each.place <= from || from === count); each = late[next]) {
        staged[to] = each.message;
        to += 1;
        next += 1;
      }
      if (from === count) break;
      staged[to] = before[from];
      const origin = origins?.get(from);
      if (origin !== undefined) this.origins?.set(to, origin);
      const request = requests?.get(from);
      if (request !== undefined) this.requests?.set(to, request);
      to += 1;
    }
    this.count = to;
  }

  /** Hands over what is staged here to another end of the same actor, behind what is staged there. Both are leads. */
  handOver(to: OutputEnd): void {
    if (!to.used) to.#user.useOutput(to);
    for (let place = 0; place < this.count; place += 1) {
      to.staged[to.count] = this.staged[place];
      const origin = this.origins?.get(place);
      if (origin !== undefined) (to.origins ??= new Map()).set(to.count, origin);
      const request = this.requests?.get(place);
      if (request !== undefined) to.markRequest(to.count, request);
      to.count += 1;
    }
    this.forget();
    this.origins = null;
    this.requests = null;
  }

  /** Moves what is staged into the ring, which has room for it. A part of the commit that cannot fail. */
  publish(): void {
    this.ring.pushMany(this.staged, this.count);
    this.forget();
  }

  /** Nothing is staged any more, and nothing of it is kept alive. */
  forget(): void {
    const buffer = this.#buffer;
    if (this.staged !== buffer) this.staged = buffer;
    else for (let place = 0; place < this.count; place += 1) buffer[place] = undefined;
    this.count = 0;
  }

  stageClose(): void {
    if (this.#shut) return;
    if (!this.used) this.#user.useOutput(this);
    this.#user.markSpecial();
    this.closing = true;
    this.#shut = true;
  }

  /** Forgets what was staged. */
  clear(): void {
    this.forget();
    this.origins = null;
    this.requests = null;
    this.misfits = 0;
    this.used = false;
    this.closing = false;
    this.#shut = this.closed;
  }
}

const { [Symbol.iterator]: iterateArray } = Array.prototype;

/** Whether a copy of `messages` has what iterating over them would give. */
function isOrdinaryArray(messages: Iterable<unknown>): messages is readonly unknown[] {
  return Array.isArray(messages) && messages.constructor === Array && messages[Symbol.iterator] === iterateArray;
}

/** Whether what a letter holds is what the schema of channel `name` once made of a message. */
export function hasPassed({ reason, channel }: Replayable, name: string): boolean {
  return reason !== 'invalid' && channel === name;
}

/** Of a message that is sent again and again, the first one: effects that are keyed by it are done once. */
export function originOf({ replayOf, messageId }: Replayable): string {
  return replayOf ?? messageId;
}

/** Stages all of them: if the iterable fails half way, the turn cannot commit the first half. */
export function stageAll(user: OutputUser, messages: Iterable<unknown>, stage: (message: unknown) => void): void {
  try {
    for (const message of messages) stage(message);
  } catch (error) {
    throw poisonedBy(user, error, 'the messages could not be read');
  }
}

/** @returns what code of the user's has thrown, to be thrown again. */
function poisonedBy(user: OutputUser, error: unknown, text: string): unknown {
  user.poisoned(error instanceof Error ? error : new Error(text, { cause: error }));
  return error;
}

export function closedForSender(channel: string, undelivered: unknown): HoldfastError<'ERR_CHANNEL_CLOSED'> {
  return new HoldfastError('ERR_CHANNEL_CLOSED', `channel "${channel}" is closed for this sender`, {
    channel,
    undelivered,
  });
}

export function breakerOpen(actor: string, undelivered: unknown): HoldfastError<'ERR_BREAKER_OPEN'> {
  const message = `actor "${actor}" has failed too often: its circuit breaker is open, and it takes nothing for the moment`;
  return new HoldfastError('ERR_BREAKER_OPEN', message, { actor, undelivered });
}

export function undefinedMessage(channel: string): HoldfastError<'ERR_UNDEFINED_MESSAGE'> {
  const message = `undefined was sent to channel "${channel}": it is no message, take() answers it for an empty channel`;
  return new HoldfastError('ERR_UNDEFINED_MESSAGE', message, { channel });
}

export function overCapacity(ring: Ring, asked: number): HoldfastError<'ERR_OVER_CAPACITY'> {
  const message = `channel "${ring.name}" holds ${ring.capacity} messages at the most, ${asked} can never fit: raise its capacity or use fewer in one turn`;
  return new HoldfastError('ERR_OVER_CAPACITY', message, { channel: ring.name, capacity: ring.capacity, asked });
}
