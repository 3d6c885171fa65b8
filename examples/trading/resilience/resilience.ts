/**
 * Beyond simple restarts: the same components, and options of theirs.
 *
 * - After three failed connections a backup feed stands in.
 * - While the exchange does not answer, a circuit breaker leaves it alone, and tries it once a second. The orders wait.
 * - Each failed execution halves the position limit; each quiet time doubles it again.
 * - The third restart of the risk manager within a minute calls somebody.
 */

import { fallbackTo, Graph, shrinkingLimit } from 'holdfast';
import type { Lesson } from '../../lesson.ts';
import { orderExecutor } from '../session/executor.ts';
import { marketDataFeed } from '../session/market-data-feed.ts';
import { narrate } from '../session/narrator.ts';
import { orderBook } from '../session/order-book.ts';
import type { Parts } from '../session/parts.ts';
import { fullLimit, riskManager } from '../session/risk-manager.ts';
import { order, type Step } from '../session/script.ts';
import { type SessionOptions, statisticsLines } from '../session/session.ts';
import { SessionAudit } from '../session/session-audit.ts';
import { trader } from '../session/trader.ts';

const symbol = 'AAPL';
/** Attempts at which the exchange does not answer, by the order. */
const outages: Readonly<Record<string, number>> = { 'ORDER-2': 4 };
const quietMs = 5_000;
const minuteMs = 60_000;

/** What is done to the desk, and when. */
const tour: readonly Step[] = [
  { kind: 'start' },
  { kind: 'wait', ms: 2_000 },
  heading('Two orders, and an outage of the exchange'),
  ...[0, 1, 2, 3].map((number) => submit(`ORDER-${number}`, 100)),
  { kind: 'wait', ms: 7_000 },
  heading('A large order while the limit is low, and again when it has recovered'),
  submit('ORDER-LARGE', 6_000),
  { kind: 'wait', ms: 30_000 },
  submit('ORDER-LARGE-AGAIN', 6_000),
  { kind: 'wait', ms: 1_000 },
  heading('Three failures of the risk manager within a minute'),
  ...[1, 2, 3].flatMap((number): Step[] => [submit(`ORDER-FAIL-${number}`, 500), { kind: 'wait', ms: 4_000 }]),
];

export interface ResilienceOptions extends Pick<SessionOptions, 'speed' | 'say' | 'graph'> {
  /** What is done to the desk. Default: what shows each of the policies. */
  readonly script?: readonly Step[];
}

export function buildResilience(options: ResilienceOptions = {}): Lesson {
  const { speed = 1, say = () => undefined, script = tour, graph: graphOptions } = options;
  const graph = new Graph({ ...graphOptions, name: 'trading' });
  const audit = new SessionAudit(graph);
  const waitMs = (ms: number): number => ms / speed;
  narrate(graph, say);
  const limit = shrinkingLimit({ full: fullLimit, min: 500, restoreAfterMs: waitMs(quietMs) });
  const parts: Parts = {
    symbol,
    say,
    waitMs,
    ticks: 10,
    failedConnections: 3,
    quantityMax: (nowMs) => limit.valueAt(nowMs),
    failsOn: ({ orderId }) => orderId.startsWith('ORDER-FAIL'),
    failedExecutions: ({ orderId }) => outages[orderId] ?? 0,
  };
  const backup = marketDataFeed({ ...parts, failedConnections: 0 });
  // What waits for an exchange is tried until that answers.
  const patient = { showstopperAfter: Infinity, retryBackoff: { minMs: 0, maxMs: 0 } };
  const alarm = ({ moreThan }: { readonly moreThan: number }): void =>
    say(`[Operations] ALERT: more than ${moreThan} restarts of the risk manager within a minute`);

  say(`[Supervisor] Initializing trading system for ${symbol}`);
  const { book, market } = graph.supervisor(symbol, {}, (desk) => {
    const breaker = { maxFailures: 3, periodMs: waitMs(minuteMs), resetTimeoutMs: waitMs(1_000) };
    const executor = desk.spawn('executor', orderExecutor(parts), {}, { ...patient, breaker, lowers: limit });
    const alert = { moreThan: 2, withinMs: waitMs(minuteMs), notify: alarm };
    const clean = { stateOnRestart: 'reset', showstopperAfter: 1 } as const;
    const risk = desk.spawn('risk', riskManager(parts), { executor }, { ...clean, alert });
    const orders = desk.spawn('book', orderBook(parts), { risk });
    const fallback = fallbackTo(backup, { after: 3, returnAfterMs: Infinity });
    return {
      book: orders,
      market: desk.spawn('market', marketDataFeed(parts), { book: orders }, { ...patient, fallback }),
    };
  });
  const tellStatistics = (executed: number): void => {
    for (const line of statisticsLines(audit.statistics(symbol), executed)) say(line);
  };
  graph.actor(`${symbol} trader`, trader({ script, say, waitMs, book, tellStatistics }), { market, orders: book });
  return { graph, verify: () => audit.verify(), conclusion: () => audit.conclusion() };
}

function submit(orderId: string, quantity: number): Step {
  return { kind: 'submit', orders: [order(symbol, orderId, 'BUY', quantity, 100)] };
}

function heading(text: string): Step {
  return { kind: 'say', lines: ['', `=== ${text} ===`, ''] };
}
