import { HoldfastError } from '../base/errors.ts';
import { invalidOption } from '../base/options.ts';
import { checkSurface, copyPlain, type ValueFreezer } from '../base/plain-data.ts';
import { ABSENT, SmallMap } from '../base/small-map.ts';
import type { TableKey } from './table.ts';

/** An entry of a table, as it is read and written from outside. */
export type TableEntry = readonly [key: TableKey, value: unknown];

/** What a table belongs to. */
export interface TableOwner {
  readonly actor: string;
  /** Freezes the values that are set; null where that is off. */
  readonly freezer: ValueFreezer | null;
  /** The first write of a turn: the table has something to commit, or to roll back. */
  written(table: TableStore): void;
}

/**
 * The entries of one table: those committed, and beside them what the present turn has done.
 *
 * ```
 *   committed ──▶ base ──deleted──▶ ──writes──▶  what the turn sees
 *      Map      the same Map, or a new one after a clear
 * ```
 *
 * The committed entries are not touched before the commit. So a roll back only forgets, in a time that does not depend on
 * how much the turn did, and everything is as it was, the order of the entries included; and whoever looks from outside
 * while the turn is open sees what is committed. A log of how to undo the changes would give neither.
 *
 * To commit, the deleted keys leave the base and the written ones are set in it, in the order of writing. That is the order
 * which a Map gets from the calls themselves: a key that the base has keeps its place, one that was deleted before has lost
 * it, and among the new ones `writes` is a Map too.
 */
export class TableStore {
  readonly name: string;
  readonly #owner: TableOwner;
  readonly #entriesMax: number;
  #committed = new Map<TableKey, unknown>();
  #base = this.#committed;
  /** Entries that the turn has set, those of the base included. */
  readonly #writes = new SmallMap<TableKey, unknown>();
  /** Keys of the base that the turn has deleted; one that it has set again since is in both. */
  readonly #deleted = new SmallMap<TableKey, true>();
  #isWritten = false;
  /** A key that is there, as the last look or write has shown: to set it, as most do next, it need not be looked for again. */
  #there: TableKey | undefined;
  #size = 0;

  constructor(owner: TableOwner, name: string, entriesMax: number) {
    this.#owner = owner;
    this.name = name;
    this.#entriesMax = entriesMax;
  }

  // --- The turn -----------------------------------------------------------------------------------------------------

  get size(): number {
    return this.#size;
  }

  get(key: TableKey): unknown {
    if (this.#isWritten) {
      const written = this.#writes.get(key);
      if (written !== ABSENT) {
        this.#there = key;
        return written;
      }
      if (this.#deleted.has(key)) return undefined;
    }
    const value = this.#base.get(key);
    if (value !== undefined) this.#there = key;
    return value;
  }

  has(key: TableKey): boolean {
    return (this.#isWritten && this.#writes.has(key)) || this.#isKept(key);
  }

  /** @throws HoldfastError `ERR_STATE_UNSUPPORTED`, `ERR_TABLE_FULL`; then nothing has changed. */
  set(key: TableKey, value: unknown): void {
    const kept = this.#admit(value);
    if (key !== this.#there && !this.has(key)) {
      if (this.#size >= this.#entriesMax) throw this.#full();
      this.#size += 1;
    }
    this.#there = key;
    this.#noteWrite();
    this.#writes.set(key, kept);
  }

  delete(key: TableKey): boolean {
    const wasKept = this.#isKept(key);
    const wasWritten = this.#writes.delete(key);
    if (!wasKept && !wasWritten) return false;
    this.#there = undefined;
    this.#noteWrite();
    if (wasKept) this.#deleted.set(key, true);
    this.#size -= 1;
    return true;
  }

  clear(): void {
    if (this.#size === 0 && !this.#isWritten) return;
    this.#there = undefined;
    this.#noteWrite();
    this.#base = new Map();
    this.#writes.clear();
    this.#deleted.clear();
    this.#size = 0;
  }

  /**
   * The entries, first to last, while the turn may go on writing: what a Map does when it is changed under an iterator.
   *
   * @param mayGoOn - Is called before each step; throws when the turn has ended.
   */
  *walk<R>(pick: (key: TableKey, value: unknown) => R, mayGoOn: () => void): Generator<R, void, undefined> {
    mayGoOn();
    const base = this.#base;
    for (const [key, value] of base) {
      const written = this.#isWritten ? this.#writes.get(key) : ABSENT;
      if (this.#isWritten && this.#deleted.has(key)) continue; // set again, it comes below
      yield pick(key, written === ABSENT ? value : written);
      mayGoOn();
      if (this.#base !== base) break; // cleared
    }
    if (this.#writes.size === 0) return;
    for (const [key, value] of this.#writes.asMap()) {
      if (this.#isKept(key)) continue; // had its place above
      yield pick(key, value);
      mayGoOn();
    }
  }

  /** What the turn has set, and not deleted since. */
  writtenValues(): unknown[] {
    const written = new Map<TableKey, unknown>();
    this.#writes.copyInto(written);
    return [...written.values()];
  }

  // --- Its end ------------------------------------------------------------------------------------------------------

  /** Makes what the turn has done real. Cannot fail: the number of entries was checked when they were set. */
  commit(): void {
    const writes = this.#writes;
    const base = this.#base;
    this.#deleted.deleteFrom(base);
    if (base.size === 0 && writes.isMap) this.#base = writes.asMap();
    else writes.copyInto(base);
    this.#committed = this.#base;
    this.#forgetTurn();
  }

  rollBack(): void {
    this.#base = this.#committed;
    this.#size = this.#committed.size;
    this.#forgetTurn();
  }

  // --- Outside of turns ---------------------------------------------------------------------------------------------

  /**
   * Starts anew with these entries; the last one of several with the same key counts.
   *
   * @param copies - Share nothing with the values that are given.
   *
   * @throws HoldfastError as `set`; `ERR_INVALID_OPTION` for what is no entry or no key. Then nothing has changed.
   */
  fill(entries: Iterable<TableEntry>, copies: boolean): void {
    const filled = new Map<TableKey, unknown>();
    for (const entry of entries) {
      if (!Array.isArray(entry) || entry.length !== 2)
        throw invalidOption(`entry of table "${this.name}"`, 'a pair of key and value', entry);
      const [key, value] = entry as TableEntry;
      checkKey(this.name, key);
      filled.set(key, this.#admit(copies ? copyPlain(value, this.#path) : value));
      if (filled.size > this.#entriesMax) throw this.#full();
    }
    this.#committed = filled;
    this.rollBack();
  }

  /** Copies of the committed entries. */
  snapshot(): TableEntry[] {
    return Array.from(this.#committed, ([key, value]) => [key, this.#copyOf(value)]);
  }

  get committedSize(): number {
    return this.#committed.size;
  }

  // --- Inside -------------------------------------------------------------------------------------------------------

  /** The base has it, and the turn has left it there. */
  #isKept(key: TableKey): boolean {
    return this.#base.has(key) && !this.#deleted.has(key);
  }

  #noteWrite(): void {
    if (this.#isWritten) return;
    this.#isWritten = true;
    this.#owner.written(this);
  }

  #forgetTurn(): void {
    this.#there = undefined; // a roll back may take it away
    this.#writes.reset();
    this.#deleted.reset();
    this.#isWritten = false;
  }

  /** The value as it is kept. */
  #admit(value: unknown): unknown {
    if (typeof value !== 'object' && typeof value !== 'function') return value;
    const { freezer } = this.#owner;
    if (freezer !== null) return freezer.freeze(value, this.#path);
    checkSurface(value, this.#path); // looking into it would cost as much as copying it
    return value;
  }

  #copyOf(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    try {
      return copyPlain(value, this.#path);
    } catch {
      return value; // without checks nobody has looked into it when it was set; a snapshot is no place to fail for it
    }
  }

  get #path(): string {
    return `tables.${this.name}`; // without the key: it may be private
  }

  #full(): HoldfastError<'ERR_TABLE_FULL'> {
    const { actor } = this.#owner;
    const entriesMax = this.#entriesMax;
    const message = `table "${this.name}" of actor "${actor}" holds ${entriesMax} entries at the most: delete some first, or raise its entriesMax`;
    return new HoldfastError('ERR_TABLE_FULL', message, { actor, table: this.name, entriesMax });
  }
}

/** @throws HoldfastError `ERR_INVALID_OPTION` for anything else, such as an object: a snapshot would have another one. */
export function checkKey(table: string, key: unknown): void {
  const type = typeof key;
  if (type === 'string' || type === 'number' || type === 'bigint' || type === 'boolean') return;
  throw invalidOption(`key of table "${table}"`, 'a string, number, bigint or boolean', key);
}
