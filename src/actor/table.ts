import { invalidOption, checkInteger, checkKnownKeys } from '../base/options.ts';

/** What a table may be keyed by: values that are equal when they look equal. */
export type TableKey = string | number | bigint | boolean;

/**
 * The greatest number of entries that a table can hold. A `Map` of V8 has 16,777,216 places, and those of deleted entries
 * are not always free again: with more than half of them in use, it can be full without holding so many.
 */
const ENTRIES_MAX = 8_388_608;

/** Options of a {@link table}. */
export interface TableOptions<K extends TableKey, V, A = unknown> {
  /**
   * Makes the first entries, in their order. Default: none.
   *
   * @param args - Those of the actor.
   */
  readonly initial?: (args: A) => Iterable<readonly [K, V]>;
  /** The most entries that the table may hold; one more fails its turn with `ERR_TABLE_FULL`. Default 8,388,608. */
  readonly entriesMax?: number;
}

/** Declares a table of an actor. Made by {@link table}. */
export interface TableSpec<K extends TableKey, V, A = unknown> {
  /** Marks what {@link table} has made. */
  readonly kind: 'table';
  /** See {@link TableOptions.initial}; undefined for a table that begins empty. */
  readonly initial: ((args: A) => Iterable<readonly [K, V]>) | undefined;
  /** See {@link TableOptions.entriesMax}. */
  readonly entriesMax: number;
  /** Only for the type checker: never there at run time. */
  readonly entry?: (key: K, value: V) => [K, V];
}

/* eslint-disable @typescript-eslint/no-explicit-any -- `any` is the only type that keys and values, which are both read
   and written, can all be assigned to; the inferred types replace it at every use. */
/** The tables of a definition, by the names that its code uses. */
export type TableSpecs = Readonly<Record<string, TableSpec<any, any, any>>>;

/** Tables whose `initial` can be called with arguments of type `A`. */
export type TablesFor<T extends TableSpecs, A> = { readonly [K in keyof T]: TableSpec<any, any, A> };
/* eslint-enable @typescript-eslint/no-explicit-any */

/** The tables of an actor that declares none. */
export type NoTables = Record<never, never>;

/** What a turn sees of a table. */
export type TableOf<Spec> = Spec extends TableSpec<infer K, infer V> ? Table<K, V> : never;

/** The entries of each table, as `restore` takes them. */
export type EntriesOf<T extends TableSpecs> = {
  readonly [Name in keyof T]: T[Name] extends TableSpec<infer K, infer V> ? Iterable<readonly [K, V]> : never;
};

/**
 * Keyed state of an actor: what a `Map` in the state would be, at a cost for each entry that a turn changes and not for each
 * that is there.
 *
 * Everything here is part of the current turn: it sees what the turn has written, the graph sees it when the turn commits,
 * and nobody when it is rolled back. Keys are compared and entries ordered as in a `Map`: a new key comes last, one that is
 * set again keeps its place, one that was deleted and set again comes last.
 *
 * Values are replaced, never edited: an edit could not be rolled back. Where the option `checks` is on they are frozen.
 *
 * @throws HoldfastError (all methods) `ERR_FENCED`, `ERR_NO_TURN`; `ERR_INVALID_OPTION` for a key of another type.
 */
export interface Table<K extends TableKey, V> extends Iterable<[K, V]> {
  /** The value of `key`; `undefined` where there is none. */
  get(key: K): V | undefined;
  /** Whether there is an entry for `key`: one whose value is `undefined` counts. */
  has(key: K): boolean;
  /**
   * Sets the value of `key`, in the place of an earlier one.
   *
   * @throws HoldfastError `ERR_TABLE_FULL`; `ERR_STATE_UNSUPPORTED` for a value that is no plain data.
   */
  set(key: K, value: V): void;
  /** Deletes the entry of `key`. @returns whether there was one. */
  delete(key: K): boolean;
  /** Deletes all entries, at once: the cost does not depend on how many there are. */
  clear(): void;
  /** The keys, as {@link Table.entries} has them. */
  keys(): IterableIterator<K>;
  /** The values, as {@link Table.entries} has them. */
  values(): IterableIterator<V>;
  /** The entries, first to last. May be changed meanwhile, with the effect that it has on a `Map`; ends with its turn. */
  entries(): IterableIterator<[K, V]>;
  /** How many entries there are. */
  readonly size: number;
}

/**
 * Declares a table: keyed state that may grow.
 *
 * @throws HoldfastError `ERR_INVALID_OPTION`
 */
export function table<K extends TableKey, V, A = unknown>(options: TableOptions<K, V, A> = {}): TableSpec<K, V, A> {
  checkKnownKeys('table', options, ['initial', 'entriesMax']);
  const { initial, entriesMax = ENTRIES_MAX } = options;
  if (initial !== undefined && typeof initial !== 'function') {
    throw invalidOption('initial', 'a function that gives the first entries', initial);
  }
  checkInteger('entriesMax', entriesMax, 1, ENTRIES_MAX);
  return Object.freeze({ kind: 'table', initial, entriesMax });
}
