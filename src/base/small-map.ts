/** Up to so many entries are searched one by one: that is faster than hashing them, and allocates nothing. */
const FEW = 8;

/** What {@link SmallMap.get} answers for a key that is not there: any other value, `undefined` too, may have been set. */
export const ABSENT: unique symbol = Symbol('holdfast.absent');

/**
 * What a `Map` is, in its order too, for contents that are few nearly every time and very many now and then, and that are
 * forgotten as a whole: what one turn changes. A few entries live in two arrays that are used again; one more, and they
 * move into a Map.
 *
 * An index of the many that is kept from use to use would save the growing of that Map, 50 of 225 ns for each of 64
 * entries. But it would keep the keys, and with a key that was cut out of a longer text, that text.
 */
export class SmallMap<K, V> {
  readonly #keys: K[] = [];
  readonly #values: V[] = [];
  /** How many places of the arrays count. */
  #few = 0;
  #many: Map<K, V> | null = null;
  /** A value that was set was `undefined`: that a Map answers it does not mean that the key is not there. */
  #anyUndefined = false;

  get size(): number {
    return this.#many === null ? this.#few : this.#many.size;
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
    if (value === undefined) this.#anyUndefined = true;
    const place = this.#many === null ? this.#find(key) : FEW;
    if (place >= 0 && place < FEW) this.#values[place] = value;
    else if (place < 0 && this.#few < FEW) {
      this.#keys[this.#few] = key;
      this.#values[this.#few] = value;
      this.#few += 1;
    } else this.asMap().set(key, value);
  }

  delete(key: K): boolean {
    if (this.#many !== null) return this.#many.delete(key);
    const place = this.#find(key);
    if (place < 0) return false;
    this.#keys.splice(place, 1); // the others keep their order
    this.#values.splice(place, 1);
    this.#few -= 1;
    return true;
  }

  /** Empties it. Whoever iterates over {@link asMap} goes on with what is set afterwards, as with a Map. */
  clear(): void {
    this.#many?.clear();
    this.#clearFew();
    this.#anyUndefined = false;
  }

  /** Empties it, and lets go of the Map: what many entries took is not kept for the few that come next. */
  reset(): void {
    this.#many = null;
    this.#clearFew();
    this.#anyUndefined = false;
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
    this.#clearFew();
    this.#many = many;
    return many;
  }

  /** Sets the entries in `target`, in their order. */
  copyInto(target: Map<K, V>): void {
    if (this.#many !== null) for (const [key, value] of this.#many) target.set(key, value);
    for (let place = 0; place < this.#few; place += 1) target.set(this.#keys[place] as K, this.#values[place] as V);
  }

  /** Deletes the keys from `target`. */
  deleteFrom(target: Map<K, unknown>): void {
    if (this.#many !== null) for (const key of this.#many.keys()) target.delete(key);
    for (let place = 0; place < this.#few; place += 1) target.delete(this.#keys[place] as K);
  }

  #find(key: K): number {
    const keys = this.#keys;
    for (let place = 0; place < this.#few; place += 1) if (keys[place] === key) return place;
    // Equal to a Map, and unequal to ===.
    return Number.isNaN(key) ? keys.findIndex((known, place) => place < this.#few && Number.isNaN(known)) : -1;
  }

  /** The places are overwritten and not given back: growing arrays again would cost more than the rest of a turn. */
  #clearFew(): void {
    for (let place = 0; place < this.#few; place += 1) {
      // Kept alive by nothing any more. Safe: places from `few` on are never read.
      this.#keys[place] = undefined as K;
      this.#values[place] = undefined as V;
    }
    this.#few = 0;
  }
}
