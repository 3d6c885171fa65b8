/**
 * Lesson 5: a trading desk under supervisors. One branch for each symbol, and a trader who goes through a script:
 *
 * ```
 *   trader ──orders──▶ AAPL (oneForOne)
 *                      ├─ executor
 *                      ├─ risk      ──▶ executor      a crash: begins anew, without what it knew
 *                      ├─ book      ──▶ risk
 *                      └─ market    ──▶ book          its first connection fails
 * ```
 *
 * After https://medium.com/rustaceans/when-things-break-supervision-and-fault-tolerance-in-actor-systems-2b61d41660f9, where
 * the supervisor is written by hand: it compares the actor that failed with each of its children, spawns another, and tells
 * all who knew the old one of the new (`UpdateRiskManager`, `Subscribe`). None of that is here. A ref names the actor and not
 * one incarnation of it, so it leads to whoever has the name now, and what waits in the mailbox waits on. The order at fault
 * becomes a dead letter; those behind it are executed.
 */

import { Graph } from 'holdfast';
import type { Lesson, LessonGraphOptions } from '../../lesson.ts';
import { orderExecutor } from './executor.ts';
import { marketDataFeed } from './market-data-feed.ts';
import { narrate } from './narrator.ts';
import { orderBook } from './order-book.ts';
import type { Parts } from './parts.ts';
import { fullLimit, riskManager } from './risk-manager.ts';
import { failingOrder, session, type Step } from './script.ts';
import { SessionAudit, type Statistics } from './session-audit.ts';
import { trader } from './trader.ts';

export interface SessionOptions {
  /** Divides all waits. Default 1. */
  readonly speed?: number;
  /** Default: the script of the article, for each symbol. */
  readonly script?: (symbol: string) => readonly Step[];
  /** Default: AAPL. */
  readonly symbols?: readonly string[];
  /** Prices of each feed. Default 10. */
  readonly ticks?: number;
  /** How many connections of a feed fail. Default: the first one. */
  readonly failedConnections?: (symbol: string) => number;
  /** Orders at which the risk manager fails. Default: ORDER-FAIL. */
  readonly failsOn?: Parts['failsOn'];
  /** Is told what happens, in lines. */
  readonly say?: (line: string) => void;
  readonly graph?: LessonGraphOptions;
}

export function buildSession(options: SessionOptions = {}): Lesson {
  const { speed = 1, symbols = ['AAPL'], script = session, ticks = 10, say = () => undefined } = options;
  const { failedConnections = () => 1, failsOn = ({ orderId }) => orderId === failingOrder } = options;
  const graph = new Graph({ shutdownBarrier: symbols.length, ...options.graph, name: 'trading' });
  const audit = new SessionAudit(graph);
  const waitMs = (ms: number): number => ms / speed;
  narrate(graph, say);

  say('=== Starting Trading System ===');
  say('');
  for (const symbol of symbols) {
    const { market, book } = addDesk(graph, {
      symbol,
      say,
      waitMs,
      ticks,
      failedConnections: failedConnections(symbol),
      failsOn,
      quantityMax: () => fullLimit,
      failedExecutions: () => 0,
    });
    const tellStatistics = (executed: number): void => {
      for (const line of statisticsLines(audit.statistics(symbol), executed)) say(line);
    };
    const itsTrader = trader({ script: script(symbol), say, waitMs, book, tellStatistics });
    graph.actor(`${symbol} trader`, itsTrader, { market, orders: book });
  }
  return { graph, verify: () => audit.verify(), conclusion: () => audit.conclusion() };
}

/** Adds the branch of one symbol. Whoever is written to starts before those who write, and stops after them. */
function addDesk(graph: Graph, parts: Parts) {
  parts.say(`[Supervisor] Initializing trading system for ${parts.symbol}`);
  return graph.supervisor(parts.symbol, { strategy: 'oneForOne' }, (desk) => {
    const executor = desk.spawn('executor', orderExecutor(parts));
    const risk = desk.spawn('risk', riskManager(parts), { executor }, { stateOnRestart: 'reset', showstopperAfter: 1 });
    const book = desk.spawn('book', orderBook(parts), { risk });
    const market = desk.spawn('market', marketDataFeed(parts), { book });
    return { market, book };
  });
}

export function statisticsLines(
  { marketDataRestarts, riskManagerRestarts }: Statistics,
  ordersExecuted: number,
): readonly string[] {
  return [
    '',
    '=== System Statistics ===',
    `Market data restarts: ${marketDataRestarts}`,
    `Risk manager restarts: ${riskManagerRestarts}`,
    `Orders executed: ${ordersExecuted}`,
    '[Supervisor] Shutting down trading system',
  ];
}
