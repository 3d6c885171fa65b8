import { ValueFreezer } from '../base/plain-data.ts';
import type { TableSpecs } from './table.ts';
import { type TableEntry, type TableOwner, TableStore } from './table-store.ts';

/** The tables of one actor. They commit together, each turn at the cost of those that it has written. */
export class ActorTables implements TableOwner {
  readonly actor: string;
  readonly freezer: ValueFreezer | null;
  readonly stores: readonly TableStore[];
  readonly #onWrite: () => void;
  /** Those that the present turn has written. */
  readonly #written: TableStore[] = [];

  /** @param onWrite - Is called when the present turn writes. */
  constructor(actor: string, specs: TableSpecs, checks: boolean, onWrite: () => void) {
    this.actor = actor;
    this.freezer = checks ? new ValueFreezer() : null;
    this.#onWrite = onWrite;
    this.stores = Object.entries(specs).map(([name, { entriesMax }]) => new TableStore(this, name, entriesMax));
  }

  written(store: TableStore): void {
    this.#written.push(store);
    this.#onWrite();
  }

  /** Makes what the turn has done real. Cannot fail. */
  commit(): void {
    for (const store of this.#written) store.commit();
    this.#written.length = 0;
  }

  rollBack(): void {
    for (const store of this.#written) store.rollBack();
    this.#written.length = 0;
  }

  /** Copies of the committed entries of each table. */
  snapshot(): Record<string, readonly TableEntry[]> {
    return this.#each((store) => store.snapshot());
  }

  sizes(): Record<string, number> {
    return this.#each((store) => store.committedSize);
  }

  #each<R>(make: (store: TableStore) => R): Record<string, R> {
    return Object.fromEntries(this.stores.map((store) => [store.name, make(store)]));
  }
}
