/** The same desk without actors: one quote after the other, from the strategy to the book. It says what must come out. */

import { type Book, emptyBook, noteFill, noteQuotes, noteRefusal } from './book.ts';
import { type Crossing, emptyCrossing, observe } from './crossing.ts';
import { objection } from './limits.ts';
import { detachedKey } from '../../ingest/aggregate.ts';
import type { Quote } from './quotes.ts';

export class PlainDesk {
  readonly #branches = new Map<string, { readonly crossing: Crossing; readonly book: Book }>();

  see({ symbol, price }: Quote): void {
    const { crossing, book } = this.#branches.get(symbol) ?? this.#addBranch(symbol);
    noteQuotes(book, 1, price);
    const order = observe(crossing, symbol, price);
    if (order === undefined) return;
    if (objection(order, book.position) === undefined) noteFill(book, order);
    else noteRefusal(book);
  }

  #addBranch(symbol: string): { readonly crossing: Crossing; readonly book: Book } {
    const branch = { crossing: emptyCrossing(), book: emptyBook() };
    this.#branches.set(detachedKey(symbol), branch);
    return branch;
  }

  get books(): ReadonlyMap<string, Book> {
    return new Map(Array.from(this.#branches, ([symbol, { book }]) => [symbol, book]));
  }
}
