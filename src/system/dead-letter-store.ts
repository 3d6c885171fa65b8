import type { DeadLetter, NewDeadLetter } from '../actor/dead-letter.ts';
import type { DeadLetterSink } from '../actor/runtime.ts';
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

/** The dead letters of a graph: bounded, written to by every actor, and emptied by nobody but the operator. */
export class DeadLetterStore implements DeadLetterSink, RoomSource {
  readonly name = 'dead letters';
  readonly capacity: number;
  readonly consumer = null;
  readonly #whenFull: 'block' | 'evict';
  readonly #added: (letter: DeadLetter) => void;
  readonly #filling: (size: number, capacity: number) => void;
  readonly #line = new WaitingLine();
  /** By id, and so oldest first. */
  readonly #letters = new Map<number, DeadLetter>();
  /** No letter that is kept has a smaller id. */
  #oldestId = 1;
  #ids = 0;
  #evicted = 0;
  #discarded = 0;
  /** Set in a shutdown: what is left in the channels must go somewhere. */
  unbounded = false;

  constructor(
    options: DeadLetterStoreOptions,
    added: (letter: DeadLetter) => void,
    filling: (size: number, capacity: number) => void,
  ) {
    this.capacity = options.capacity;
    this.#whenFull = options.whenFull;
    this.#added = added;
    this.#filling = filling;
  }

  get size(): number {
    return this.#letters.size;
  }

  get evicted(): number {
    return this.#evicted;
  }

  /** All letters ever. */
  get total(): number {
    return this.#ids;
  }

  hasRoomFor(count: number, ticket: number): boolean {
    if (this.unbounded || this.#whenFull === 'evict') return true;
    const { first } = this.#line;
    if (first !== undefined && first.ticket < ticket) return false;
    const { size, capacity } = this;
    // More than the capacity at once never fits: the empty store takes it rather than block for ever.
    return size + count <= capacity || (size === 0 && count > capacity);
  }

  add(letter: NewDeadLetter): void {
    this.#ids += 1;
    const numbered = { id: this.#ids, ...letter };
    const evicts = this.#whenFull === 'evict' && !this.unbounded && this.size >= this.capacity;
    if (evicts) this.#evictOldest();
    this.#letters.set(numbered.id, numbered);
    this.#added(numbered);
    if (evicts) return; // it was full before, and has said so
    if (WARNED_AT.some((part) => this.size === Math.ceil(this.capacity * part)))
      this.#filling(this.size, this.capacity);
  }

  list(): DeadLetter[] {
    return [...this.#letters.values()];
  }

  /** Removes the letters for which `matches` is true. @returns how many there were. */
  discard(matches: (letter: DeadLetter) => boolean): number {
    // Asked about all of them before any goes: `matches` may throw.
    const matching = this.list().filter((letter) => matches(letter));
    for (const { id } of matching) this.#letters.delete(id);
    this.#discarded += matching.length;
    if (matching.length > 0) this.roomAppeared();
    return matching.length;
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
    const taken = this.#evicted + this.#discarded;
    if (this.total === taken + this.size) return undefined;
    return { channel: this.name, sent: this.total, taken, deadLettered: 0, inFlight: this.size };
  }

  #evictOldest(): void {
    // Ids only grow, so this looks at each of them once in all. The first entry of a map would not do: until a map that
    // loses its first entry again and again is tidied up, finding the next first one means walking over the holes.
    while (!this.#letters.delete(this.#oldestId)) this.#oldestId += 1;
    this.#evicted += 1;
  }
}
