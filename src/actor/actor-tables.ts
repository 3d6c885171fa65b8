import { ValueFreezer } from '../base/plain-data.ts';
import type { TableSpecs } from './table.ts';
import { type TableEntry, type TableOwner, TableStore } from './table-store.ts';

/** The tables of one actor. They commit together, each turn at the cost of those that it has written. */
export class ActorTables implements TableOwner {
  readonly actor: string;
  readonly freezer: ValueFreezer | null;
  readonly stores: readonly TableStore[];
  readonly #onWrite: () => void;
  /** Those that the present turn has written; only the first `writtenCount` count: an emptied array would allocate anew. */
  readonly #written: TableStore[] = [];
  #writtenCount = 0;

  /** @param onWrite - Is called when the present turn writes. */
  constructor(actor: string, specs: TableSpecs, checks: boolean, onWrite: () => void) {
    this.actor = actor;
    this.freezer = checks ? new ValueFreezer() : null;
    this.#onWrite = onWrite;
    this.stores = Object.entries(specs).map(([name, { entriesMax }]) => new TableStore(this, name, entriesMax));
  }

  written(store: TableStore): void {
    this.#written[this.#writtenCount] = store;
    this.#writtenCount += 1;
    this.#onWrite();
  }

  /** Makes what the turn has done real. Cannot fail. */
  commit(): void {
    for (let index = 0; index < this.#writtenCount; index += 1) this.#written[index]?.commit();
    this.#writtenCount = 0;
  }

  rollBack(): void {
    for (let index = 0; index < this.#writtenCount; index += 1) this.#written[index]?.rollBack();
    this.#writtenCount = 0;
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
