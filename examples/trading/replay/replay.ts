/**
 * Quotes of the past, replayed: a tree with a branch for each symbol.
 *
 * ```
 *   (file) ──records──▶ tape ──prices──▶ AAPL: strategy ─▶ risk ─▶ executor ─▶ book
 *                        │      └──────▶ MSFT: strategy ─▶ risk ─▶ executor ─▶ book
 *                        └─rejects──▶ quarantine ──▶ (told)
 *
 *   graph ─┬─ desk ─┬─ AAPL ─┬─ book, executor, risk, strategy
 *          │        └─ MSFT ─┴─ ...
 *          ├─ quarantine
 *          └─ tape
 * ```
 *
 * With `chaos` actors are killed all the while, and the books are the same to the cent: what a turn took, sent and wrote is
 * either all done or all undone, and what is undone is done again.
 */

import { type Channel, Graph, type SupervisorBuilder, type SupervisorOptions } from 'holdfast';
import { type Progress, withProgress } from '../../ingest/progress.ts';
import { type RecordBatch, type RecordReader, recordsPerBatchMax } from '../../ingest/record-reader.ts';
import type { Rejected } from '../../ingest/parse.ts';
import type { Lesson, LessonGraphOptions } from '../../lesson.ts';
import type { Order } from '../order.ts';
import type { Book } from './book.ts';
import { bookkeeper, executor, type Mark, riskManager, strategy } from './branch.ts';
import { Chaos, type ChaosOptions } from './chaos.ts';
import { branchName } from './quotes.ts';
import { quarantine } from './quarantine.ts';
import { type Prices, tape } from './tape.ts';
import { DeskAudit } from './desk-audit.ts';

/** The records of a file, from the first one on. */
export type QuoteReader = Pick<RecordReader, 'judge' | 'handedOut' | 'ended'> & AsyncIterable<RecordBatch>;

export interface ReplayOptions {
  readonly reader: QuoteReader;
  /** What was learnt when they were read before: the symbols, and the books that must come out. */
  readonly expected: ReadonlyMap<string, Book>;
  readonly chaos?: ChaosOptions;
  /** How long the exchange takes for an order, in milliseconds. Default 0. */
  readonly exchangeMs?: number;
  /** Is told of each record that is no quote. */
  readonly tellRejected?: (rejected: Rejected) => void;
  /** Is told now and then how the reading goes, and once when it has ended. */
  readonly showProgress?: (progress: Progress) => void;
  readonly graph?: LessonGraphOptions;
}

export function buildReplay({
  reader,
  expected,
  chaos: chaosOptions,
  exchangeMs = 0,
  ...options
}: ReplayOptions): Lesson {
  const graph = new Graph({
    deadLetters: { capacity: 100, whenFull: 'evict' }, // each bad record has been told; the latest are kept
    ...(chaosOptions === undefined ? {} : { actorDefaults: { maxRestarts: Infinity } }),
    ...options.graph,
    name: 'trading',
  });
  const chaos = new Chaos(chaosOptions ?? { rate: 0, seed: 0 });
  const records = graph.channel<RecordBatch>('records', { capacity: 4 });
  const rejects = graph.channel<Rejected>('rejects', { capacity: recordsPerBatchMax }); // all of a batch may be bad
  const told = graph.channel<Rejected>('told', { capacity: recordsPerBatchMax });

  const symbols = [...expected.keys()];
  const limit = chaosOptions === undefined ? {} : underChaos;
  const { prices } = graph.supervisor('desk', { strategy: 'oneForOne', ...limit }, (desk) => ({
    prices: symbols.map((symbol) => {
      return desk.supervisor(branchName(symbol), { strategy: 'oneForOne', ...limit }, (branch) => ({
        prices: addBranch(graph, branch, symbol, { chaos, exchangeMs }),
      })).prices;
    }),
  }));
  const lanes = new Map(symbols.map((symbol, lane) => [symbol, lane]));
  chaos.add(graph.actor('quarantine', quarantine, { rejects, told }));
  chaos.add(graph.actor('tape', tape({ reader, lanes }), { records, prices, rejects }));
  const batches = chaosOptions === undefined ? reader : chaos.watch(reader);
  const { showProgress } = options;
  graph.feed('quotes', showProgress ? withProgress(graph, reader, batches, showProgress) : batches, records);
  graph.sink('rejected', told, (rejected) => options.tellRejected?.(rejected));
  const desk = new DeskAudit(graph, { reader, expected });
  return { graph, verify: () => desk.verify(), conclusion: () => desk.conclusion() };
}

/** Under chaos failures are no news: a supervisor bears as many as can come. */
const underChaos: SupervisorOptions = { maxRestarts: Number.MAX_SAFE_INTEGER, periodMs: 1 };

/** Adds the actors of one symbol. Whoever is written to starts before those who write. @returns the channel that leads to them. */
function addBranch(
  graph: Graph,
  branch: SupervisorBuilder,
  symbol: string,
  { chaos, exchangeMs }: { readonly chaos: Chaos; readonly exchangeMs: number },
): Channel<Prices> {
  const channelOf = <T>(what: string, capacity: number): Channel<T> => graph.channel<T>(`${branchName(symbol)}/${what}`, { capacity }); // prettier-ignore
  const prices = channelOf<Prices>('prices', 4);
  const marks = channelOf<Mark>('marks', 4);
  const orders = channelOf<Order>('orders', recordsPerBatchMax); // at most one for each price
  const approved = channelOf<Order>('approved', 4);
  const refused = channelOf<Order>('refused', 4);
  const fills = channelOf<Order>('fills', 4);

  chaos.add(branch.actor('book', bookkeeper, { marks, refused, fills }));
  chaos.add(branch.actor('executor', executor, { approved, fills }, { args: { exchangeMs } }));
  chaos.add(branch.actor('risk', riskManager, { orders, approved, refused }));
  chaos.add(branch.actor('strategy', strategy, { prices, orders, marks }, { args: { symbol } }));
  return prices;
}
