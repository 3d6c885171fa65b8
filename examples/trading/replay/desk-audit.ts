import type { ActorSnapshot, Graph } from 'holdfast';
import type { RecordReader } from '../../ingest/record-reader.ts';
import type { Verification } from '../../lesson.ts';
import { type Book, emptyBook, exposureCents } from './book.ts';
import { branchName } from './quotes.ts';

/** The book of one symbol as it is reported: amounts in currency units. */
export interface BookReport {
  readonly quotes: number;
  readonly position: number;
  readonly cash: number;
  readonly exposure: number;
  readonly orders: { readonly filled: number; readonly refused: number };
}

interface Expectation {
  readonly reader: Pick<RecordReader, 'handedOut' | 'ended'>;
  readonly expected: ReadonlyMap<string, Book>;
}

/** Compares the books with those that come out without actors. To be made before the graph starts. */
export class DeskAudit {
  readonly #graph: Graph;
  readonly #expectation: Expectation;
  /** Records that no actor has handled, because the graph was stopped by force. */
  #stranded = 0;
  /** Incarnations that were killed. Chaos may strike more often: who has ended, or is about to come back, cannot be killed. */
  #kills = 0;

  constructor(graph: Graph, expectation: Expectation) {
    this.#graph = graph;
    this.#expectation = expectation;
    graph.subscribe((event) => {
      if (event.kind === 'failed' && event.exit.kind === 'killed') this.#kills += 1;
    });
    graph.deadLetters.subscribe(({ channel, reason, payload }) => {
      if (reason === 'rejected') return; // handled, by the quarantine
      if (channel === 'rejects') this.#stranded += 1;
      else if (channel === 'records' || channel.endsWith('/prices')) this.#stranded += (payload as unknown[]).length;
    });
  }

  verify(): Verification {
    const { reader, expected } = this.#expectation;
    const { actors } = this.#graph.snapshot({ tables: false });
    const books = booksIn(actors, expected.keys());
    const rejected = (stateOf(actors, 'quarantine') as { readonly records: number } | undefined)?.records ?? 0;
    const handled = sumOver(books, ({ quotes }) => quotes) + rejected + this.#stranded;
    const missing = reader.handedOut.records - handled;

    const [filled, refused] = [sumOver(books, (book) => book.filled), sumOver(books, (book) => book.refused)];
    const cash = sumOver(books, ({ cashCents }) => cashCents) / 100;
    const exposure = sumOver(books, exposureCents) / 100;
    const incomplete = this.#whyIncomplete(books);
    return {
      lost: Math.max(missing, 0),
      doubled: Math.max(-missing, 0),
      ...(incomplete === undefined ? {} : { incomplete }),
      figures: {
        symbols: expected.size,
        quotes: reader.handedOut.records - rejected,
        rejected,
        filled,
        refused,
        cash,
        exposure,
        kills: this.#kills,
        restarts: actors.reduce((sum, { restarts }) => sum + restarts, 0),
      },
      results: {
        marketDataRestarts: restartsOf(actors, 'tape') + restartsOf(actors, 'strategy'),
        riskManagerRestarts: restartsOf(actors, 'risk'),
        ordersExecuted: filled,
        exposure,
        cash,
        books: Object.fromEntries(Array.from(books, ([symbol, book]) => [symbol, reportOf(book)])),
      },
    };
  }

  /** The books as a table, those of the first symbols. */
  conclusion(): readonly string[] {
    const { actors } = this.#graph.snapshot({ tables: false });
    const books = booksIn(actors, this.#expectation.expected.keys());
    const rows = Array.from(books, ([symbol, book]) => {
      const { quotes, position, cash, exposure, orders } = reportOf(book);
      return [symbol, quotes, position, cash.toFixed(2), exposure.toFixed(2), orders.filled, orders.refused].map(
        String,
      );
    });
    const shown = [headings, ...rows.slice(0, rowsShownMax)];
    const widths = headings.map((_, column) => Math.max(...shown.map((row) => row[column]!.length))); // rows are as long
    const lines = shown.map(([symbol = '', ...cells]) => {
      const padded = cells.map((cell, column) => cell.padStart(widths[column + 1] ?? 0));
      return [symbol.padEnd(widths[0] ?? 0), ...padded].join('  ');
    });
    return [...lines, ...(rows.length > rowsShownMax ? [`and ${rows.length - rowsShownMax} more symbols`] : []), ''];
  }

  #whyIncomplete(books: ReadonlyMap<string, Book>): string | undefined {
    const { reader, expected } = this.#expectation;
    if (!reader.ended) return 'the quotes were not read to their end: the books cover a part of them';
    const wrong = [...expected].filter(([symbol, book]) => !areEqual(book, books.get(symbol)));
    if (wrong.length === 0) return undefined;
    const names = wrong.slice(0, 5).map(([symbol]) => symbol);
    return `the books are not those of a run without actors: ${names.join(', ')}${wrong.length > 5 ? ', …' : ''}`;
  }
}

const headings = ['symbol', 'quotes', 'position', 'cash', 'exposure', 'filled', 'refused'];
const rowsShownMax = 40;

function booksIn(actors: readonly ActorSnapshot[], symbols: Iterable<string>): ReadonlyMap<string, Book> {
  const states = new Map(actors.map(({ name, state }) => [name, state]));
  // The states are those that the definitions declare; an actor that had nothing to do has none yet.
  const bookOf = (symbol: string): Book => (states.get(`desk/${branchName(symbol)}/book`) ?? emptyBook()) as Book;
  return new Map(Array.from(symbols, (symbol) => [symbol, bookOf(symbol)]));
}

function stateOf(actors: readonly ActorSnapshot[], name: string): object | undefined {
  return actors.find((actor) => actor.name === name)?.state;
}

function areEqual(one: Book, other: Book | undefined): boolean {
  const keys = Object.keys(emptyBook()) as (keyof Book)[]; // a literal's keys are those of its type
  return keys.every((key) => one[key] === other?.[key]);
}

function reportOf(book: Book): BookReport {
  const { quotes, position, cashCents, filled, refused } = book;
  return { quotes, position, cash: cashCents / 100, exposure: exposureCents(book) / 100, orders: { filled, refused } };
}

function sumOver(books: ReadonlyMap<string, Book>, of: (book: Book) => number): number {
  let sum = 0;
  for (const book of books.values()) sum += of(book);
  return sum;
}

/** Restarts of all actors in one role, whatever their branch. */
function restartsOf(actors: readonly ActorSnapshot[], role: string): number {
  const inRole = actors.filter(({ name }) => name === role || name.endsWith(`/${role}`));
  return inRole.reduce((sum, { restarts }) => sum + restarts, 0);
}
