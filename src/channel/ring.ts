import type { ConservationFault } from '../base/errors.ts';
import type { Schema } from '../base/schema.ts';
import { type Request, Requests } from './requests.ts';
import { type RoomWaiter, WaitingLine } from './waiting-line.ts';

/** Whoever reads a ring: an actor, a sink, or code outside the graph. */
export interface RingConsumer {
  /**
   * A message arrived, the ring closed or, where messages are {@link Ring.heldBack}, somebody came to wait for room, while
   * {@link Ring.parked} was set. Must not run user code.
   */
  readable(): void;
  /** It stands in the run queue, so that {@link readable} would do nothing. Absent where there is no telling. */
  readonly queued?: boolean;
}

export type { RoomWaiter } from './waiting-line.ts';

/** Something bounded in whose line a sender waits for room: a channel's ring, or the dead letters. */
export interface RoomSource {
  readonly name: string;
  readonly capacity: number;
  /** How many it takes at the moment: the capacity, unless a degraded graph has lowered it. */
  readonly limit: number;
  readonly size: number;
  /** Whose takes make room; null where nobody's do. */
  readonly consumer: RingConsumer | null;
  /**
   * Whether `count` more fit, and nobody with an earlier ticket waits.
   *
   * @param ticket - Infinity for whoever has not begun to wait.
   */
  hasRoomFor(count: number, ticket: number): boolean;
  firstInLine(): RoomWaiter | undefined;
  joinLine(waiter: RoomWaiter): void;
  leaveLine(waiter: RoomWaiter): void;
  /** Tells those who wait for room to look again. */
  roomAppeared(): void;
}

/** A wait for `vacant()`: it hears of every change, holds no place in the line, and reserves nothing. */
export interface VacancyWatcher {
  vacancyChanged(): void;
}

/** How often a message was in hand of a turn that failed. */
export interface FailedAttempts {
  readonly count: number;
  /** Wall-clock time of the first one. */
  readonly firstWallMs: number;
}

/** What a message is that a timer of its reader has sent. */
export interface TimerFiring {
  /** Name of the timer. */
  readonly timer: string;
  /** Beats of an interval that have passed since its last message without one of their own; 0 for a timer that fires once. */
  readonly missed: number;
}

/** Senders are turned away from a ring: its reader fails too often to be sent anything more. */
export interface TurnedAway {
  /** The reader. */
  readonly actor: string;
  /** Where they are sent instead; null where nobody stands in. */
  readonly divertTo: Ring | null;
}

const FIRST_SLOTS = 8;
/** Of a ring in which there is nothing. Never written to: the first message brings slots of its own. */
const NO_SLOTS: unknown[] = [];

/**
 * The messages of one channel, in order, with their counters.
 *
 * ```
 *   slots   . . m3 m4 m5 m6 . .         position p lives in slots[p & mask]
 *               ^head       ^tail       head: the oldest message; tail: where the next one goes
 * ```
 *
 * Positions only grow. The slots start at 8 and double up to the capacity, so that a channel nobody uses costs nothing. They
 * are given back when its reader hibernates.
 * Everything here is synchronous and calls no user code: it is the part of a commit that cannot fail.
 */
export class Ring implements RoomSource {
  readonly name: string;
  readonly capacity: number;
  /** Whoever sends checks by it before; null where every message will do. */
  readonly schema: Schema | null;
  /** How many messages senders may bring it to at the moment: the capacity, unless {@link setLimit} has lowered it. */
  limit: number;
  /** The most that was ever asked for at once, by a turn or a condition. */
  #demanded = 1;

  #slots: unknown[] = NO_SLOTS;
  #mask = -1;
  /** Position of the oldest message. */
  head = 0;
  /** Position that the next message will get. */
  tail = 0;

  /** Messages published here, ever. Kept apart from the positions, so that the conservation check can fail. */
  sent = 0;
  /** Messages taken by a committed turn, an acknowledged write or an outside reader. */
  taken = 0;
  /** Messages that became dead letters. */
  deadLettered = 0;
  /** The most messages that were ever in here at once. */
  highestFill = 0;
  /** Messages that came in at once, and not with a committed turn: of timers, watches and calls. */
  besidesTurns = 0;

  /** Set by the consumer while it waits to be told of the next message. */
  parked = false;
  consumer: RingConsumer | null = null;
  /** The consumer leaves messages here until there are more, and hears when somebody waits for their room. */
  heldBack = false;
  /** No consumer will ever come back: what is sent becomes a dead letter. */
  abandoned = false;
  /** All senders have closed their ends. */
  closed = false;
  /** Its reader takes no more, whatever ends are open: it works off what is here, and ends. */
  isShut = false;
  /** What is sent goes elsewhere or becomes a dead letter, while what is here waits; null as long as the reader is well. */
  turnedAway: TurnedAway | null = null;
  /** Open ends: outputs of actors, feeds, outside senders; and one of the graph's own, until it has started. */
  #senders = 0;
  /** Those of its own reader: replies that are to come, and what waits for room of its timers and watches. */
  #owed = 0;

  /** Those messages that somebody waits for a reply to; null until there was one. */
  requests: Requests | null = null;

  /** True while senders must look twice: others wait in line for room, or nothing that is sent arrives any more. */
  contended = false;
  /** True while somebody wants to hear that room appeared. */
  roomWanted = false;
  #line: WaitingLine | null = null;
  /** Who waits for how much room. */
  #watchers: Map<VacancyWatcher, number> | null = null;
  /** The most room that any of them waits for. */
  #vacancyWatched = 0;

  #undeliverable = 0;
  /** Failed attempts by sequence number; null while there are none, which is nearly always. */
  #attempts: Map<number, FailedAttempts> | null = null;
  /** Sequence numbers of messages that moved up because one behind them was taken out; null while there are none. */
  #renumbered: Map<number, number> | null = null;
  /** By sequence number, the message that one is sent again for; null while there are none. */
  #origins: Map<number, string> | null = null;
  /** By sequence number, the messages that timers have sent; null while there are none. */
  #firings: Map<number, TimerFiring> | null = null;
  /** One of the four is there: what it says of a message goes with the message. */
  #annotated = false;

  constructor(name: string, capacity: number, schema: Schema | null = null) {
    this.name = name;
    this.capacity = capacity;
    this.limit = capacity;
    this.schema = schema;
  }

  get size(): number {
    return this.tail - this.head;
  }

  /** Closed and empty: nothing will ever come. */
  get drained(): boolean {
    return this.closed && this.head === this.tail;
  }

  /** Adds a message. The caller has made sure that there is room, or that the bound may be exceeded. */
  push(message: unknown): void {
    const size = this.tail - this.head;
    if (size > this.#mask) this.#grow();
    this.#slots[this.tail & this.#mask] = message;
    this.tail += 1;
    this.sent += 1;
    if (size >= this.highestFill) this.highestFill = size + 1;
  }

  /** Adds the first `count` of `messages`. The caller has made sure that there is room. */
  pushMany(messages: readonly unknown[], count: number): void {
    const size = this.tail - this.head + count;
    while (size > this.#mask + 1) this.#grow();
    const slots = this.#slots;
    const mask = this.#mask;
    const tail = this.tail;
    for (let place = 0; place < count; place += 1) slots[(tail + place) & mask] = messages[place];
    this.tail = tail + count;
    this.sent += count;
    if (size > this.highestFill) this.highestFill = size;
  }

  /** The message `offset` places behind the oldest. */
  at(offset: number): unknown {
    return this.#slots[(this.head + offset) & this.#mask];
  }

  /** The `count` messages from `offset` places behind the oldest on, in order. The caller has made sure that they are there. */
  slice(offset: number, count: number): unknown[] {
    const slots = this.#slots;
    const from = (this.head + offset) & this.#mask;
    const beyond = from + count - slots.length;
    return beyond <= 0 ? slots.slice(from, from + count) : slots.slice(from).concat(slots.slice(0, beyond));
  }

  /** Removes the oldest message. The caller counts it as taken or dead-lettered. */
  dropOne(): void {
    if (this.#annotated) this.#forget(1);
    this.#slots[this.head & this.#mask] = undefined;
    this.head += 1;
  }

  /** Removes the `count` oldest messages. The caller counts them as taken or dead-lettered. */
  drop(count: number): void {
    if (this.#annotated) this.#forget(count);
    const slots = this.#slots;
    const mask = this.#mask;
    const end = this.head + count;
    for (let position = this.head; position < end; position += 1) slots[position & mask] = undefined; // or it stays alive
    this.head = end;
  }

  /** Takes out all messages at `offsets` (ascending), in one walk; those before them keep order, number and attempts. */
  removeAll(offsets: readonly number[]): void {
    let left = offsets.length;
    for (let place = offsets.at(-1) ?? -1; place >= 0; place -= 1) {
      const sequence = this.sequenceAt(place);
      if (place === offsets[left - 1]) {
        this.#attempts?.delete(sequence);
        this.#origins?.delete(sequence);
        this.#firings?.delete(sequence);
        left -= 1;
        continue;
      }
      const position = this.head + place + offsets.length - left;
      this.#renumbered ??= new Map();
      this.#annotated = true;
      this.#renumbered.set(position, sequence);
      this.#slots[position & this.#mask] = this.at(place);
    }
    for (let gone = 0; gone < offsets.length; gone += 1) {
      this.#slots[this.head & this.#mask] = undefined;
      this.#renumbered?.delete(this.head);
      this.head += 1;
    }
    this.#tidy();
  }

  /** The number of the message `offset` places behind the oldest, counted from 0 over all messages ever sent here. */
  sequenceAt(offset: number): number {
    const position = this.head + offset;
    return this.#renumbered?.get(position) ?? position;
  }

  /** Failed attempts of the message `offset` places behind the oldest; undefined while there are none. */
  failedAttemptsAt(offset: number): FailedAttempts | undefined {
    return this.#attempts?.get(this.sequenceAt(offset));
  }

  /** Counts a failed attempt. @returns how many there are now. */
  addFailedAttempt(offset: number, wallMs: number): number {
    const before = this.failedAttemptsAt(offset);
    const count = (before?.count ?? 0) + 1;
    this.#attempts ??= new Map();
    this.#annotated = true;
    this.#attempts.set(this.sequenceAt(offset), { count, firstWallMs: before?.firstWallMs ?? wallMs });
    return count;
  }

  /** A failed attempt of the message with this number was another's fault. */
  takeBackFailedAttempt(sequence: number): void {
    const attempts = this.#attempts?.get(sequence);
    if (attempts !== undefined && attempts.count > 1)
      this.#attempts?.set(sequence, { ...attempts, count: attempts.count - 1 });
  }

  clearFailedAttempts(offset: number): void {
    this.#attempts?.delete(this.sequenceAt(offset));
    this.#tidy();
  }

  /** Says of the newest message that it is sent again for the one with the identity `origin`. */
  markReplay(origin: string): void {
    this.#origins ??= new Map();
    this.#annotated = true;
    this.#origins.set(this.sequenceAt(this.size - 1), origin);
  }

  /** The identity of the message that the one at `offset` is sent again for; undefined for one that is sent first. */
  originAt(offset: number): string | undefined {
    return this.#origins?.get(this.sequenceAt(offset));
  }

  /** Says of the newest message that a timer has sent it. */
  markFiring(firing: TimerFiring): void {
    this.#firings ??= new Map();
    this.#annotated = true;
    this.#firings.set(this.sequenceAt(this.size - 1), firing);
  }

  /** What timer has sent the message at `offset`; undefined for any other message. */
  firingAt(offset: number): TimerFiring | undefined {
    return this.#firings?.get(this.sequenceAt(offset));
  }

  /** Where the message of timer `timer` is, counted from the oldest; -1 where there is none. */
  offsetOfFiring(timer: string): number {
    for (const [sequence, firing] of this.#firings ?? []) {
      if (firing.timer === timer) return this.#offsetOf(sequence);
    }
    return -1;
  }

  #offsetOf(sequence: number): number {
    if (this.#renumbered === null) return sequence - this.head;
    for (let offset = 0; offset < this.size; offset += 1) if (this.sequenceAt(offset) === sequence) return offset;
    return -1;
  }

  /** Somebody waits for a reply to the newest message. */
  markRequest(request: Request): void {
    this.requests ??= new Requests();
    this.requests.add(this, request);
  }

  hasRoomFor(count: number, ticket: number): boolean {
    if (this.size + count > this.limit) return false;
    const first = this.#line?.first;
    return first === undefined || first.ticket >= ticket;
  }

  /** The waiter that is served next; undefined while nobody waits. */
  firstInLine(): RoomWaiter | undefined {
    return this.#line?.first;
  }

  /** How many commits and outside sends wait for room. */
  get lineLength(): number {
    return this.#line?.length ?? 0;
  }

  /** Somebody waits for more room than there is. Whoever is first in line and fits by now is about to go. */
  get lacksRoom(): boolean {
    if (!this.roomWanted) return false;
    const free = this.limit - this.size;
    const first = this.firstInLine();
    if (first !== undefined && free < (first.roomNeededIn?.(this) ?? 1)) return true;
    if (free >= this.#vacancyWatched || this.#watchers === null) return false;
    for (const count of this.#watchers.values()) if (free < count) return true;
    return false;
  }

  /** Whoever waits for room lacks it still: a consumer that leaves messages here until there are more has to hear of it. */
  roomIsLacked(): void {
    if (this.heldBack && this.parked) this.consumer?.readable();
  }

  /** Puts a waiter into the line, at the place its ticket gives it. */
  joinLine(waiter: RoomWaiter): void {
    this.#line ??= new WaitingLine();
    this.#line.join(waiter);
    this.#updateFlags();
    this.roomIsLacked();
  }

  leaveLine(waiter: RoomWaiter): void {
    this.#line?.leave(waiter);
    this.#updateFlags();
  }

  /** Tells `watcher` when there comes to be room for `count` messages. */
  watchVacancy(watcher: VacancyWatcher, count: number): void {
    const watchers = (this.#watchers ??= new Map<VacancyWatcher, number>());
    // A condition may name a channel twice. Told too often is harmless: whoever is told looks at the whole condition.
    watchers.set(watcher, Math.max(count, watchers.get(watcher) ?? count));
    this.#vacancyWatched = Math.max(this.#vacancyWatched, count);
    this.#updateFlags();
    this.roomIsLacked();
  }

  unwatchVacancy(watcher: VacancyWatcher): void {
    this.#watchers?.delete(watcher);
    if (this.#watchers?.size === 0) this.#vacancyWatched = 0;
    this.#updateFlags();
  }

  /** Tells those who wait for room to look again. For the last phase of a commit: nothing here runs user code. */
  roomAppeared(freed: number = this.capacity): void {
    this.#line?.first?.roomAppeared();
    const vacantBefore = this.limit - this.size - freed;
    // Whoever had enough room before waits for something else, and needs no telling with every message that is taken.
    if (this.#watchers === null || vacantBefore >= this.#vacancyWatched) return;
    for (const [watcher, count] of this.#watchers) if (vacantBefore < count) watcher.vacancyChanged();
  }

  /** So many messages are asked for at once: that stays possible, whatever the limit is lowered to. */
  demand(count: number): void {
    if (count <= this.#demanded) return;
    this.#demanded = count;
    if (count > this.limit) this.setLimit(count);
  }

  /**
   * Lowers or raises the limit, within what was ever asked for at once and the capacity. Messages beyond it stay; who waits
   * for room is told of more of it.
   */
  setLimit(limit: number): void {
    const before = this.limit;
    this.limit = Math.min(this.capacity, Math.max(limit, this.#demanded));
    if (this.limit < before) {
      this.#shrink();
      this.roomIsLacked(); // by somebody who had room before, perhaps
    } else if (this.limit > before && this.roomWanted) this.roomAppeared(this.limit - before);
  }

  /** Those who wait in line, at this moment. */
  whoStandsInLine(): RoomWaiter[] {
    return [...(this.#line ?? [])];
  }

  /** All who want to hear of room. */
  *whoWaitsForRoom(): Iterable<RoomWaiter | VacancyWatcher> {
    yield* this.#line ?? [];
    yield* this.#watchers?.keys() ?? [];
  }

  /** All its ends were closed before it was made. */
  closeUnused(): void {
    this.closed = true;
    this.#updateFlags();
  }

  /**
   * What is sent here becomes a dead letter: nobody will read it, all ends are closed and the sender has none, or senders are
   * turned away and have not gone elsewhere.
   */
  get refuses(): boolean {
    return this.takesNoMore || this.closed || this.turnedAway !== null;
  }

  /** Nobody takes what senders still send, whatever ends they have. */
  get takesNoMore(): boolean {
    return this.abandoned || this.isShut;
  }

  /** Its reader works off what is here and what it is owed, and takes nothing else: senders are refused, also those in line. */
  shut(): void {
    if (this.isShut || this.abandoned) return;
    this.isShut = true;
    if (this.#owed === 0) this.closed = true;
    this.#updateFlags();
    for (const waiter of this.whoStandsInLine()) waiter.roomAppeared();
    for (const watcher of this.#watchers?.keys() ?? []) watcher.vacancyChanged();
    if (this.closed && this.parked) this.consumer?.readable();
  }

  /** From now on senders are turned away, also those who wait for room. */
  turnAway(how: TurnedAway): void {
    this.turnedAway = how;
    this.#updateFlags();
    for (const waiter of this.whoStandsInLine()) {
      if (waiter.turnedAway === undefined) waiter.roomAppeared();
      else waiter.turnedAway();
    }
    for (const watcher of this.#watchers?.keys() ?? []) watcher.vacancyChanged();
  }

  /** Senders are welcome again. */
  letIn(): void {
    this.turnedAway = null;
    this.#updateFlags();
    if (this.roomWanted) this.roomAppeared();
  }

  /** Where a message for this ring goes: here, or to whoever stands in; null while there is nobody who takes it. */
  get destination(): Ring | null {
    return this.turnedAway === null ? this : standInOf(this);
  }

  openSender(): void {
    this.#senders += 1;
  }

  /** Something is to come that its own reader is owed: the ring stays open for it. */
  owe(): void {
    this.#owed += 1;
    if (this.closed) this.openAgain();
    else this.openSender();
  }

  /** It has come, or will not come. */
  paid(): void {
    this.#owed -= 1;
    this.closeSender();
  }

  /** The last end to close closes the ring; of one that is shut, those of its senders count no more. */
  closeSender(): void {
    this.#senders -= 1;
    const left = this.isShut ? this.#owed : this.#senders;
    if (left > 0 || this.closed) return;
    this.closed = true;
    this.#updateFlags();
    if (this.parked) this.consumer?.readable();
    if (this.roomWanted) this.roomAppeared(); // only sends from outside can wait here still: they are refused
  }

  /** Counts a message that became a dead letter without ever being in here. @returns how many there have been. */
  countUndeliverable(): number {
    this.sent += 1;
    this.deadLettered += 1;
    this.#undeliverable += 1;
    return this.#undeliverable;
  }

  /** Nobody will read this ring any more. */
  abandon(): void {
    this.abandoned = true;
    this.#updateFlags();
  }

  /** Its reader is back. */
  readAgain(consumer: RingConsumer, parked: boolean): void {
    this.abandoned = false;
    if (this.isShut) this.closed = this.#senders === 0;
    this.isShut = false;
    this.consumer = consumer;
    this.parked = parked;
    this.#updateFlags();
  }

  /** Its reader is at rest: the one that is to be told of the next message. */
  restsWith(consumer: RingConsumer): void {
    this.consumer = consumer;
    this.parked = true;
  }

  /** One who had closed an end sends again. */
  openAgain(): void {
    this.closed = this.isShut && this.#owed === 0;
    this.#senders += 1;
    this.#updateFlags();
  }

  /** The counters, if they do not add up. */
  conservationFault(): ConservationFault | undefined {
    const { name, sent, taken, deadLettered, size } = this;
    if (sent === taken + deadLettered + size) return undefined;
    return { channel: name, sent, taken, deadLettered, inFlight: size };
  }

  #updateFlags(): void {
    const waiting = this.lineLength > 0;
    this.contended = waiting || this.refuses;
    this.roomWanted = waiting || (this.#watchers?.size ?? 0) > 0;
  }

  #forget(count: number): void {
    for (let offset = 0; offset < count; offset += 1) {
      const sequence = this.sequenceAt(offset);
      this.#attempts?.delete(sequence);
      this.#origins?.delete(sequence);
      this.#firings?.delete(sequence);
      this.#renumbered?.delete(this.head + offset);
    }
    this.#tidy();
  }

  #tidy(): void {
    if (this.#attempts?.size === 0) this.#attempts = null;
    if (this.#renumbered?.size === 0) this.#renumbered = null;
    if (this.#origins?.size === 0) this.#origins = null;
    if (this.#firings?.size === 0) this.#firings = null;
    this.#annotated = (this.#attempts ?? this.#renumbered ?? this.#origins ?? this.#firings) !== null;
  }

  /** Doubles the slots. Outside the bound only when a shutdown turns what is left over into dead letters. */
  #grow(): void {
    this.#resize(Math.max(FIRST_SLOTS, this.#slots.length * 2));
  }

  /** Gives the slots back; there is no message in them. */
  releaseSlots(): void {
    this.#slots = NO_SLOTS;
    this.#mask = -1;
  }

  /** Gives back slots that neither the messages here nor the limit need. */
  #shrink(): void {
    const needed = Math.max(this.tail - this.head, this.limit);
    let length = this.#slots.length;
    while (length > FIRST_SLOTS && length / 2 >= needed) length /= 2;
    if (length < this.#slots.length) this.#resize(length);
  }

  /** @param length - A power of two, of the size or more. */
  #resize(length: number): void {
    const size = this.tail - this.head;
    // Filled with undefined, so that V8 keeps one kind of elements for rings of numbers and of objects.
    const slots = new Array<unknown>(length).fill(undefined);
    for (let offset = 0; offset < size; offset += 1) {
      slots[(this.head + offset) & (length - 1)] = this.at(offset);
    }
    this.#slots = slots;
    this.#mask = length - 1;
  }
}

/** Whoever takes what is meant for `ring`, which turns senders away. */
function standInOf(ring: Ring): Ring | null {
  const passed = new Set<Ring>();
  let next: Ring | null = ring;
  while (next !== null && !passed.has(next)) {
    if (next.turnedAway === null || next.abandoned || next.closed) return next;
    passed.add(next);
    next = next.turnedAway.divertTo;
  }
  return null; // nobody, or they stand in for each other
}
