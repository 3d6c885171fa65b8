import {
  DEAD_LETTER_REASONS,
  type DeadLetter,
  type DeadLetterReason,
  type NewDeadLetter,
} from '../actor/dead-letter.ts';
import type { ConservationFault } from '../base/errors.ts';
import type { RoomSource, RoomWaiter } from '../channel/ring.ts';
import { WaitingLine } from '../channel/waiting-line.ts';

export interface DeadLetterStoreOptions {
  /** Greatest number of dead letters kept. */
  readonly capacity: number;
  /** What happens when it is full: the actor that has one more waits (`block`), or the oldest goes (`evict`). */
  readonly whenFull: 'block' | 'evict';
}

/** Parts of the capacity at which the store says that it fills. */
const WARNED_AT = [0.8, 1];
/**
 * Part of the capacity by which it must have emptied before it says so again: a full store from which letters are replayed
 * one by one, and which as many wait for, would otherwise log an error for each.
 */
const REARMED_BELOW = 0.1;

/** The dead letters of a graph: bounded, written to by every actor, and emptied by nobody but the operator. */
export class DeadLetterStore implements RoomSource {
  readonly name = 'dead letters';
  readonly capacity: number;
  readonly consumer = null;
  /** When it is full the oldest give way, and nobody waits. */
  readonly evicts: boolean;
  readonly #added: (letter: DeadLetter) => void;
  readonly #filling: (size: number, capacity: number) => void;
  readonly #line = new WaitingLine();
  /** By id, and so oldest first. */
  readonly #letters = new Map<number, DeadLetter>();
  /** Ids of letters that a replay has in hand: nobody else may have them, and they do not count against the bound. */
  readonly #claimed = new Set<number>();
  /** No letter that may be evicted has a smaller id. */
  #oldestId = 1;
  #ids = 0;
  /** How many are kept, by reason. */
  readonly #byReason = Object.fromEntries(DEAD_LETTER_REASONS.map((reason) => [reason, 0])) as Record<
    DeadLetterReason,
    number
  >;
  /** Sizes at which the store says that it fills. */
  readonly #marks: readonly number[];
  readonly #slack: number;
  /** How many of the marks it has told of. */
  #marksTold = 0;
  #evicted = 0;
  #discarded = 0;
  #replayed = 0;
  #routed = 0;
  /** Set in a shutdown: what is left in the channels must go somewhere. */
  unbounded = false;

  constructor(
    options: DeadLetterStoreOptions,
    added: (letter: DeadLetter) => void,
    filling: (size: number, capacity: number) => void,
  ) {
    this.capacity = options.capacity;
    this.evicts = options.whenFull === 'evict';
    this.#added = added;
    this.#filling = filling;
    this.#marks = WARNED_AT.map((part) => Math.ceil(options.capacity * part));
    this.#slack = options.capacity * REARMED_BELOW;
  }

  /** Never lowered: room here is what keeps the graph going. */
  get limit(): number {
    return this.capacity;
  }

  /** Those that count against the bound. */
  get size(): number {
    return this.#letters.size - this.#claimed.size;
  }

  /** Those that are kept, with those that a replay has in hand. */
  get kept(): number {
    return this.#letters.size;
  }

  get replayed(): number {
    return this.#replayed;
  }

  get evicted(): number {
    return this.#evicted;
  }

  get discarded(): number {
    return this.#discarded;
  }

  get routed(): number {
    return this.#routed;
  }

  /** All letters ever. */
  get total(): number {
    return this.#ids;
  }

  hasRoomFor(count: number, ticket: number): boolean {
    if (this.unbounded || this.evicts) return true;
    const { first } = this.#line;
    if (first !== undefined && first.ticket < ticket) return false;
    const { size, capacity } = this;
    // More than the capacity at once never fits: the empty store takes it rather than block for ever.
    return size + count <= capacity || (size === 0 && count > capacity);
  }

  add(letter: NewDeadLetter): void {
    if (!this.unbounded) this.#evictForOne();
    this.#append(letter);
  }

  /**
   * Adds letters from elsewhere: all of them, or none where they do not fit and nobody may be evicted. Whoever waits for room
   * goes first. They fit no better in a shutdown: they need not go anywhere.
   *
   * @param evicted - Letters that came before them and would have been evicted by them.
   */
  addAll(letters: readonly NewDeadLetter[], evicted: number): boolean {
    const fits = this.#line.first === undefined && this.size + letters.length <= this.capacity;
    if (!this.evicts && !fits) return false;
    this.#ids += evicted;
    this.#evicted += evicted;
    for (const letter of letters) {
      this.#evictForOne();
      this.#append(letter);
    }
    return true;
  }

  /** Gives a letter that goes elsewhere its number. */
  pass(letter: NewDeadLetter): DeadLetter {
    this.#routed += 1;
    const numbered = this.#numbered(letter);
    this.#added(numbered);
    return numbered;
  }

  #append(letter: NewDeadLetter): void {
    const numbered = this.#numbered(letter);
    this.#letters.set(numbered.id, numbered);
    this.#byReason[letter.reason] += 1;
    this.#added(numbered);
    this.#warn();
  }

  #numbered(letter: NewDeadLetter): DeadLetter {
    this.#ids += 1;
    return { id: this.#ids, ...letter };
  }

  list(): DeadLetter[] {
    return [...this.#letters.values()];
  }

  get(id: number): DeadLetter | undefined {
    return this.#letters.get(id);
  }

  /** How many are kept, by reason. */
  countByReason(): Readonly<Record<DeadLetterReason, number>> {
    return { ...this.#byReason };
  }

  /** Removes these letters, and makes room. @returns how many; those that a replay has in hand stay. */
  discard(letters: readonly DeadLetter[]): number {
    let gone = 0;
    for (const letter of letters) if (!this.#claimed.has(letter.id) && this.#remove(letter)) gone += 1;
    this.#discarded += gone;
    if (gone > 0) this.#madeRoom();
    return gone;
  }

  /**
   * Takes a letter in hand for a replay. Its room is free meanwhile: the message may be waiting for an actor that itself
   * waits for room here. If the replay comes to nothing, the letter is kept beyond the bound.
   *
   * @returns `gone` if it is not kept any more, `busy` if another replay has it.
   */
  claim({ id }: DeadLetter): 'claimed' | 'busy' | 'gone' {
    if (!this.#letters.has(id)) return 'gone';
    if (this.#claimed.has(id)) return 'busy';
    this.#claimed.add(id);
    this.#madeRoom();
    return 'claimed';
  }

  /** The replay of a letter in hand has come to nothing. */
  unclaim({ id }: DeadLetter): void {
    this.#claimed.delete(id);
    this.#oldestId = Math.min(this.#oldestId, id);
    this.#warn();
  }

  /** The letter in hand has entered a channel. */
  leave(letter: DeadLetter): void {
    this.#claimed.delete(letter.id);
    this.#remove(letter);
    this.#replayed += 1;
  }

  firstInLine(): RoomWaiter | undefined {
    return this.#line.first;
  }

  joinLine(waiter: RoomWaiter): void {
    this.#line.join(waiter);
  }

  leaveLine(waiter: RoomWaiter): void {
    this.#line.leave(waiter);
  }

  roomAppeared(): void {
    this.#line.first?.roomAppeared();
  }

  /** The counters, if they do not add up. */
  conservationFault(): ConservationFault | undefined {
    const taken = this.#evicted + this.#discarded + this.#replayed + this.#routed;
    if (this.total === taken + this.kept) return undefined;
    return { channel: this.name, sent: this.total, taken, deadLettered: 0, inFlight: this.kept };
  }

  #evictForOne(): void {
    // More than one: a replay may have come to nothing while the store was full.
    while (this.evicts && this.size >= this.capacity) this.#evictOldest();
  }

  #evictOldest(): void {
    // Ids only grow, so this looks at each of them once in all. The first entry of a map would not do: until a map that
    // loses its first entry again and again is tidied up, finding the next first one means walking over the holes.
    let oldest: DeadLetter | undefined;
    while ((oldest = this.#letters.get(this.#oldestId)) === undefined || this.#claimed.has(oldest.id)) {
      this.#oldestId += 1;
    }
    this.#remove(oldest);
    this.#evicted += 1;
  }

  #remove(letter: DeadLetter): boolean {
    if (!this.#letters.delete(letter.id)) return false;
    this.#byReason[letter.reason] -= 1;
    return true;
  }

  #madeRoom(): void {
    while (this.#marksTold > 0 && this.size <= (this.#marks[this.#marksTold - 1] as number) - this.#slack) {
      this.#marksTold -= 1;
    }
    this.roomAppeared();
  }

  /** Says so when a mark is reached that has not been told of since the store was well below it. */
  #warn(): void {
    const reached = this.#marks.findLastIndex((mark) => this.size >= mark) + 1;
    if (reached <= this.#marksTold) return;
    this.#marksTold = reached;
    this.#filling(this.size, this.capacity);
  }
}
