export interface ReferenceBook {
  readonly quotes: number;
  readonly position: number;
  readonly cash: number;
  readonly exposure: number;
  readonly orders: { readonly filled: number; readonly refused: number };
}

/** @param text - CSV with the columns symbol and price; no quotes, no bad rows. */
export function tradingReference(text: string): Readonly<Record<string, ReferenceBook>>;
