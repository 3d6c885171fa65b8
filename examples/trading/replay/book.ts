/** What the desk owns and owes in one symbol, and what became of its orders. */

import type { Order } from '../order.ts';

export interface Book {
  /** Quotes seen. */
  quotes: number;
  /** The latest of them; 0 before the first. */
  lastPrice: number;
  /** Shares owned. */
  position: number;
  /** Earned with sales less spent on purchases, in whole cents: sums of them are exact in any order. */
  cashCents: number;
  /** Orders by what became of them. */
  filled: number;
  refused: number;
}

export function emptyBook(): Book {
  return { quotes: 0, lastPrice: 0, position: 0, cashCents: 0, filled: 0, refused: 0 };
}

export function noteQuotes(book: Book, count: number, lastPrice: number): void {
  book.quotes += count;
  book.lastPrice = lastPrice;
}

export function noteFill(book: Book, { side, quantity, price }: Order): void {
  const sign = side === 'BUY' ? 1 : -1;
  book.position += sign * quantity;
  book.cashCents -= sign * cents(quantity, price);
  book.filled += 1;
}

export function noteRefusal(book: Book): void {
  book.refused += 1;
}

/** What the position is worth at the latest price, in whole cents. */
export function exposureCents({ position, lastPrice }: Book): number {
  return cents(position, lastPrice);
}

function cents(quantity: number, price: number): number {
  return Math.round(quantity * price * 100);
}
