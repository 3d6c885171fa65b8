/**
 * Quotes of the past, replayed: a tree with a branch for each symbol.
 *
 * ```
 *   (file) ──records──▶ tape ──prices──▶ AAPL: strategy ─▶ risk ─▶ executor ─▶ book
 *                        │      └──────▶ MSFT: strategy ─▶ risk ─▶ executor ─▶ book
 *                        └─rejects──▶ quarantine ──▶ (told)
 * ```
 *
 * With `chaos` actors are killed all the while, and the books are the same to the cent: what a turn took, sent and wrote is
 * either all done or all undone, and what is undone is done again.
 */

import { type ActorOptions, type Channel, Graph } from 'holdfast';
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

/** Under chaos failures are no news: no limit to restarts, and no delay before them. */
const underChaos: ActorOptions = { maxRestarts: Infinity };

export function buildReplay({
  reader,
  expected,
  chaos: chaosOptions,
  exchangeMs = 0,
  ...options
}: ReplayOptions): Lesson {
  const graph = new Graph({
    deadLetters: { capacity: 100, whenFull: 'evict' }, // each bad record has been told; the latest are kept
    ...(chaosOptions === undefined ? {} : { actorDefaults: underChaos }),
    ...options.graph,
    name: 'trading',
  });
  const chaos = new Chaos(chaosOptions ?? { rate: 0, seed: 0 });
  const records = graph.channel<RecordBatch>('records', { capacity: 4 });
  const rejects = graph.channel<Rejected>('rejects', { capacity: recordsPerBatchMax }); // all of a batch may be bad
  const told = graph.channel<Rejected>('told', { capacity: recordsPerBatchMax });

  const symbols = [...expected.keys()];
  const prices = symbols.map((symbol) => addBranch(graph, symbol, { chaos, exchangeMs }));
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

/** Adds the branch of one symbol. @returns the channel that leads to it. */
function addBranch(
  graph: Graph,
  symbol: string,
  { chaos, exchangeMs }: { readonly chaos: Chaos; readonly exchangeMs: number },
): Channel<Prices> {
  const branch = branchName(symbol);
  const prices = graph.channel<Prices>(`${branch}/prices`, { capacity: 4 });
  const marks = graph.channel<Mark>(`${branch}/marks`, { capacity: 4 });
  const orders = graph.channel<Order>(`${branch}/orders`, { capacity: recordsPerBatchMax }); // at most one for each price
  const approved = graph.channel<Order>(`${branch}/approved`, { capacity: 4 });
  const refused = graph.channel<Order>(`${branch}/refused`, { capacity: 4 });
  const fills = graph.channel<Order>(`${branch}/fills`, { capacity: 4 });

  chaos.add(graph.actor(`${branch}/book`, bookkeeper, { marks, refused, fills }));
  chaos.add(graph.actor(`${branch}/executor`, executor, { approved, fills }, { args: { exchangeMs } }));
  chaos.add(graph.actor(`${branch}/risk`, riskManager, { orders, approved, refused }));
  chaos.add(graph.actor(`${branch}/strategy`, strategy, { prices, orders, marks }, { args: { symbol } }));
  return prices;
}
