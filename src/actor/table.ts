/** What a table may be keyed by: values that are equal when they look equal. */
export type TableKey = string | number | bigint | boolean;

/** Declares a table of an actor. Made by {@link table}. */
export interface TableSpec<K extends TableKey, V> {
  readonly kind: 'table';
  /** Only for the type checker: never there at run time. */
  readonly entry?: (key: K, value: V) => [K, V];
}

/* eslint-disable-next-line @typescript-eslint/no-explicit-any -- `any` is the only type that keys and values, which are
   both read and written, can all be assigned to; the inferred types replace it at every use. */
export type TableSpecs = Readonly<Record<string, TableSpec<any, any>>>;

/** The tables of an actor that declares none. */
export type NoTables = Record<never, never>;

export type TableOf<Spec> = Spec extends TableSpec<infer K, infer V> ? Table<K, V> : never;

/**
 * Keyed state of an actor: what a `Map` in the state would be, at a cost for each entry that a turn changes and not for each
 * that is there. Everything here belongs to the current turn.
 */
export interface Table<K extends TableKey, V> extends Iterable<[K, V]> {
  get(key: K): V | undefined;
  has(key: K): boolean;
  set(key: K, value: V): void;
  /** @returns whether there was one. */
  delete(key: K): boolean;
  keys(): IterableIterator<K>;
  values(): IterableIterator<V>;
  entries(): IterableIterator<[K, V]>;
  readonly size: number;
}

/** Declares a table. */
export function table<K extends TableKey, V>(): TableSpec<K, V> {
  return Object.freeze({ kind: 'table' });
}
