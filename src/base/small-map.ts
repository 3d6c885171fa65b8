/** Up to so many entries are searched one by one: that is faster than hashing them. */
const SEARCHED = 8;
/** Up to so many are found by an index that is kept; more move into a Map. */
const INDEXED = 1_024;

/** What {@link SmallMap.get} answers for a key that is not there: any other value, `undefined` too, may have been set. */
export const ABSENT: unique symbol = Symbol('holdfast.absent');

/**
 * What a `Map` is, in its order too, for contents that are forgotten as a whole again and again: what one turn changes.
 *
 * ```
 *   keys    b  a  d  ·  ·      up to 8 entries are searched, up to 1,024 found by their place,
 *   values  1  7  2  ·  ·      and more are in a Map
 *           ▲
 *   places  a → 1, b → 0, c → 1 (of an earlier use: the key at place 1 is another one by now)
 * ```
 *
 * A Map of its own for each turn would grow from nothing each time, which costs more than all the looks into it. The arrays
 * and the index are kept, and nothing in the index has to be taken back: a place counts if the key is still there.
 */
export class SmallMap<K, V> {
  readonly #keys: K[] = [];
  readonly #values: V[] = [];
  /** How many places count. */
  #count = 0;
  #places: Map<K, number> | null = null;
  #many: Map<K, V> | null = null;
  /** A value that was set was `undefined`: that a Map answers it does not mean that the key is not there. */
  #anyUndefined = false;

  get size(): number {
    return this.#many === null ? this.#count : this.#many.size;
  }

  get(key: K): V | typeof ABSENT {
    const many = this.#many;
    if (many === null) {
      const place = this.#find(key);
      return place < 0 ? ABSENT : (this.#values[place] as V);
    }
    const value = many.get(key);
    return value !== undefined || (this.#anyUndefined && many.has(key)) ? (value as V) : ABSENT;
  }

  has(key: K): boolean {
    return this.#many === null ? this.#find(key) >= 0 : this.#many.has(key);
  }

  set(key: K, value: V): void {
    const place = this.#many === null ? this.#find(key) : -1;
    if (place < 0) {
      this.add(key, value);
      return;
    }
    if (value === undefined) this.#anyUndefined = true;
    this.#values[place] = value;
  }

  /** Sets a key that is known not to be there. */
  add(key: K, value: V): void {
    if (value === undefined) this.#anyUndefined = true;
    const place = this.#count;
    if (this.#many !== null || place === INDEXED) {
      this.asMap().set(key, value);
      return;
    }
    this.#keys[place] = key;
    this.#values[place] = value;
    this.#count = place + 1;
    if (place >= SEARCHED) this.#index(place);
  }

  delete(key: K): boolean {
    if (this.#many !== null) return this.#many.delete(key);
    const place = this.#find(key);
    if (place < 0) return false;
    if (this.#count > SEARCHED) return this.asMap().delete(key); // to close the gap would take as long as there are others
    this.#keys.splice(place, 1);
    this.#values.splice(place, 1);
    this.#count -= 1;
    return true;
  }

  /** Empties it. Whoever iterates over {@link asMap} goes on with what is set afterwards, as with a Map. */
  clear(): void {
    this.#many?.clear();
    this.#clearPlaces();
  }

  /** Empties it, and lets go of the Map: what very many entries took is not kept for the few that come next. */
  reset(): void {
    this.#many = null;
    this.#clearPlaces();
  }

  /** The entries live in a Map already. */
  get isMap(): boolean {
    return this.#many !== null;
  }

  /** The entries as a Map, in which they live from now on, until {@link reset}. */
  asMap(): Map<K, V> {
    if (this.#many !== null) return this.#many;
    const many = new Map<K, V>();
    this.copyInto(many);
    const anyUndefined = this.#anyUndefined;
    this.#clearPlaces();
    this.#anyUndefined = anyUndefined;
    this.#many = many;
    return many;
  }

  /** Sets the entries in `target`, in their order. */
  copyInto(target: Map<K, V>): void {
    if (this.#many !== null) for (const [key, value] of this.#many) target.set(key, value);
    for (let place = 0; place < this.#count; place += 1) target.set(this.#keys[place] as K, this.#values[place] as V);
  }

  /** Deletes the keys from `target`. */
  deleteFrom(target: Map<K, unknown>): void {
    if (this.#many !== null) for (const key of this.#many.keys()) target.delete(key);
    for (let place = 0; place < this.#count; place += 1) target.delete(this.#keys[place] as K);
  }

  #find(key: K): number {
    const count = this.#count;
    if (count > SEARCHED) {
      const place = this.#places?.get(key) ?? count;
      return place < count && isSame(this.#keys[place], key) ? place : -1;
    }
    for (let place = 0; place < count; place += 1) if (isSame(this.#keys[place], key)) return place;
    return -1;
  }

  #index(place: number): void {
    const places: Map<K | undefined, number> = (this.#places ??= new Map<K, number>());
    // The first one beyond those that are searched brings them along.
    for (let at = place === SEARCHED ? 0 : place; at <= place; at += 1) places.set(this.#keys[at], at);
  }

  /** The places are overwritten and not given back: growing arrays again would cost more than the rest of a turn. */
  #clearPlaces(): void {
    for (let place = 0; place < this.#count; place += 1) {
      // Kept alive by nothing any more. Safe: places from `count` on are never read.
      this.#keys[place] = undefined as K;
      this.#values[place] = undefined as V;
    }
    this.#count = 0;
    this.#anyUndefined = false;
    // Of keys that do not come again nothing is kept for ever.
    if (this.#places !== null && this.#places.size > 2 * INDEXED) this.#places = null;
  }
}

/** As a Map compares keys. */
function isSame(left: unknown, right: unknown): boolean {
  return left === right || (Number.isNaN(left) && Number.isNaN(right));
}
