import type { Actor } from './actor.ts';
import type { Fence } from './fence.ts';
import type { ContextVerb } from './runtime.ts';
import type { Table, TableKey } from './table.ts';
import { checkKey, type TableStore } from './table-store.ts';

/** A table as one context sees it. */
export class TableView implements Table<TableKey, unknown> {
  readonly #fence: Fence;
  readonly #actor: Actor;
  readonly #store: TableStore;

  constructor(fence: Fence, actor: Actor, store: TableStore) {
    this.#fence = fence;
    this.#actor = actor;
    this.#store = store;
  }

  get(key: TableKey): unknown {
    this.#check('table.get', key);
    return this.#store.get(key);
  }

  has(key: TableKey): boolean {
    this.#check('table.has', key);
    return this.#store.has(key);
  }

  set(key: TableKey, value: unknown): void {
    this.#check('table.set', key);
    try {
      this.#store.set(key, value);
    } catch (error) {
      throw this.#poisoned(error);
    }
  }

  delete(key: TableKey): boolean {
    this.#check('table.delete', key);
    return this.#store.delete(key);
  }

  clear(): void {
    this.#fence.check('table.clear');
    this.#store.clear();
  }

  get size(): number {
    this.#fence.check('table.size');
    return this.#store.size;
  }

  keys(): IterableIterator<TableKey> {
    return this.#store.walk((key) => key, this.#mayIterate());
  }

  values(): IterableIterator<unknown> {
    return this.#store.walk((_key, value) => value, this.#mayIterate());
  }

  entries(): IterableIterator<[TableKey, unknown]> {
    return this.#store.walk((key, value) => [key, value], this.#mayIterate());
  }

  [Symbol.iterator](): IterableIterator<[TableKey, unknown]> {
    return this.entries();
  }

  #check(verb: ContextVerb, key: TableKey): void {
    this.#fence.check(verb);
    try {
      checkKey(this.#store.name, key);
    } catch (error) {
      throw this.#poisoned(error);
    }
  }

  /** A turn that caught this must not commit. @returns the error, to be thrown. */
  #poisoned(error: unknown): unknown {
    const { turn } = this.#actor;
    turn.poisoned(error instanceof Error ? error : new Error('the value could not be read', { cause: error }));
    return error;
  }

  /** Checks that an iteration may begin. @returns the check that it may go on: it belongs to the turn that began it. */
  #mayIterate(): () => void {
    const fence = this.#fence;
    fence.check('table.iterate');
    const actor = this.#actor;
    const turn = actor.turnNumber;
    return () => {
      fence.check('table.iterate');
      if (actor.turnNumber !== turn) throw fence.leftOver('table.iterate');
    };
  }
}
