/** Quotes in a CSV or NDJSON file with a symbol and a price in each record. Its order is that of time; dates are not read. */

import { detachedKey } from '../../ingest/aggregate.ts';
import type { Columns, Rejected } from '../../ingest/parse.ts';
import type { RecordReader } from '../../ingest/record-reader.ts';
import type { RawRecord } from '../../ingest/records.ts';

export const quoteColumns: Columns = { key: 'symbol', value: 'price' };

export interface Quote {
  readonly kind: 'quote';
  /** Line of the file, from 1. */
  readonly line: number;
  readonly symbol: string;
  readonly price: number;
}

/** Above every price there ever was, and so low that a thousand shares of it are still exact to the cent. */
const priceMax = 1_000_000_000;
const symbolLengthMax = 64;

export function judgeQuote(reader: Pick<RecordReader, 'judge'>, record: RawRecord): Quote | Rejected {
  const verdict = reader.judge(record);
  if (verdict.kind === 'rejected') return verdict;
  const { line, key: symbol, value: price } = verdict;
  const reason = faultOf(symbol, price);
  if (reason !== undefined) return { kind: 'rejected', line, reason, text: record.text };
  return { kind: 'quote', line, symbol, price };
}

function faultOf(symbol: string, price: number): string | undefined {
  if (symbol === '') return 'no symbol';
  if (symbol.length > symbolLengthMax) return `a symbol of more than ${symbolLengthMax} characters`;
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  if (/[\u0000-\u001f\u007f]/.test(symbol)) return 'a symbol with control characters';
  if (price <= 0) return `the price is not above 0: ${price}`;
  return price > priceMax ? `the price is above ${priceMax}: ${price}` : undefined;
}

/** Symbols of a file, each of which gets a branch of the tree. */
export const symbolsMax = 10_000;

/** What was learnt of a file by reading it. */
export interface Survey {
  /** In the order in which they come up. */
  readonly symbols: readonly string[];
  /** The first record that is no quote. */
  readonly firstRejected: Rejected | undefined;
}

/** Reads to the end, and calls `see` for each quote, in order. */
export async function survey(reader: RecordReader, see: (quote: Quote) => void): Promise<Survey> {
  const symbols = new Set<string>();
  let firstRejected: Rejected | undefined;
  for await (const batch of reader) {
    for (const record of batch) {
      const verdict = judgeQuote(reader, record);
      if (verdict.kind === 'rejected') {
        firstRejected ??= verdict;
        continue;
      }
      if (!symbols.has(verdict.symbol)) symbols.add(detachedKey(verdict.symbol));
      if (symbols.size > symbolsMax) {
        throw new Error(`line ${verdict.line}: more than ${symbolsMax} symbols: is "symbol" the right column?`);
      }
      see(verdict);
    }
  }
  return { symbols: [...symbols], firstRejected };
}

/** What the branch of a symbol is called: names are paths, so it may hold no slash. */
export function branchName(symbol: string): string {
  return symbol.replaceAll('%', '%25').replaceAll('/', '%2F');
}
