/** The scripted session of the trading desk on the virtual clock: the story of the article, and what the article's desk breaks at. */
import type { DeadLetter } from 'holdfast';
import { Simulation } from 'holdfast/testing';
import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import type { Lesson, Verification } from '../../examples/lesson.ts';
import type { Order } from '../../examples/trading/order.ts';
import { failingOrder, order, session, type Step } from '../../examples/trading/session/script.ts';
import { buildSession, type SessionOptions } from '../../examples/trading/session/session.ts';

interface Outcome extends Verification {
  readonly graph: Lesson['graph'];
  readonly log: readonly string[];
  readonly letters: readonly DeadLetter[];
  readonly tookMs: number;
}

async function run(
  options: Omit<SessionOptions, 'say'> = {},
  meanwhile: (lesson: Lesson, sim: Simulation) => Promise<void> = () => Promise.resolve(),
): Promise<Outcome> {
  const sim = new Simulation();
  const log: string[] = [];
  const lesson = buildSession({
    ...options,
    say: (line) => void log.push(line),
    graph: { ports: sim.ports, logLevel: 'silent', ...options.graph },
  });
  const ran = lesson.graph.run();
  await meanwhile(lesson, sim);
  await sim.runUntil(ran);
  lesson.graph.checkConservation();
  expect(sim.clock.pending).toBe(0); // nothing ticks any more
  expect(sim.clock.keepsAlive).toBe(false);
  expect(sim.host.listeners).toBe(0);
  const letters = lesson.graph.deadLetters.list();
  return { ...lesson.verify(), graph: lesson.graph, log, letters, tookMs: sim.clock.nowMs() };
}

const story = `
=== Starting Trading System ===

[Supervisor] Initializing trading system for AAPL
[Executor] Starting order executor
[RiskManager] Starting with max position 10000
[OrderBook] Initializing for AAPL
[MarketData] Starting feed for AAPL
[Supervisor] Starting market data feed
[Supervisor] Actor failed: Failed to connect to exchange
[Supervisor] Market data feed failed, restarting...
[MarketData] Starting feed for AAPL
[MarketData] Connected to exchange for AAPL
[Supervisor] Market data feed restarted

=== Submitting Orders ===

[OrderBook] Forwarding order ORDER-0 to risk check
[OrderBook] 5 updates: last=102.00, bid=101.90, ask=102.10
[RiskManager] APPROVED order ORDER-0: exposure now 10000.00
[Executor] Executing order ORDER-0: BUY 100 @ 100.00
[Executor] Order ORDER-0 filled
[OrderBook] Forwarding order ORDER-1 to risk check
[RiskManager] APPROVED order ORDER-1: exposure now 20100.00
[Executor] Executing order ORDER-1: SELL 100 @ 101.00
[Executor] Order ORDER-1 filled
[OrderBook] Forwarding order ORDER-2 to risk check
[RiskManager] APPROVED order ORDER-2: exposure now 30300.00
[Executor] Executing order ORDER-2: BUY 100 @ 102.00
[Executor] Order ORDER-2 filled
[OrderBook] Forwarding order ORDER-3 to risk check
[RiskManager] APPROVED order ORDER-3: exposure now 40600.00
[Executor] Executing order ORDER-3: SELL 100 @ 103.00
[Executor] Order ORDER-3 filled
[OrderBook] Forwarding order ORDER-4 to risk check
[RiskManager] APPROVED order ORDER-4: exposure now 51000.00
[Executor] Executing order ORDER-4: BUY 100 @ 104.00
[Executor] Order ORDER-4 filled

=== Triggering Risk Manager Failure ===

[OrderBook] Forwarding order ORDER-FAIL to risk check
[Supervisor] Actor failed: Risk calculation error: invalid market state
[Supervisor] Risk manager failed, restarting...
[RiskManager] Starting with max position 10000
[Supervisor] Risk manager restarted with clean state
[OrderBook] 10 updates: last=104.50, bid=104.40, ask=104.60

=== Submitting Orders After Recovery ===

[OrderBook] Forwarding order ORDER-5 to risk check
[RiskManager] APPROVED order ORDER-5: exposure now 10500.00
[Executor] Executing order ORDER-5: BUY 100 @ 105.00
[Executor] Order ORDER-5 filled
[OrderBook] Forwarding order ORDER-6 to risk check
[RiskManager] APPROVED order ORDER-6: exposure now 21100.00
[Executor] Executing order ORDER-6: BUY 100 @ 106.00
[Executor] Order ORDER-6 filled
[OrderBook] Forwarding order ORDER-7 to risk check
[RiskManager] APPROVED order ORDER-7: exposure now 31800.00
[Executor] Executing order ORDER-7: BUY 100 @ 107.00
[Executor] Order ORDER-7 filled

=== System Statistics ===
Market data restarts: 1
Risk manager restarts: 1
Orders executed: 8
[Supervisor] Shutting down trading system
[MarketData] Stopped feed for AAPL after 10 ticks
[OrderBook] Stopped for AAPL after 10 updates
[RiskManager] Stopped with exposure 31800.00
[Executor] Stopped after 8 orders`;

const numbered = (count: number, from: number): Order[] =>
  Array.from({ length: count }, (_, index) => order('AAPL', `ORDER-${from + index}`, 'BUY', 100, 100));
const failing = order('AAPL', failingOrder, 'BUY', 500, 105);
const ordersIn = (letters: readonly DeadLetter[]): string[] =>
  letters.map(({ payload }) => (payload as { readonly order: Order }).order.orderId);

describe('the session of the article', () => {
  test('tells its story, line by line', async () => {
    const { log } = await run();
    expect(log).toEqual(story.trim().split('\n'));
  });

  test('has its totals', async () => {
    const outcome = await run();
    expect(outcome.results).toEqual({
      marketDataRestarts: 1,
      riskManagerRestarts: 1,
      ordersExecuted: 8,
      exposure: 31_800,
    });
    expect(outcome).toMatchObject({ lost: 0, doubled: 0, tookMs: 7_600 });
    expect(outcome.letters).toMatchObject([
      { payload: { order: failing }, actor: 'AAPL/risk', reason: 'showstopper', attempts: 1 },
    ]);
  });

  test('takes no time, and goes the same way every time, at any speed', async () => {
    await run(); // the code is compiled now
    const before = performance.now();
    const { log } = await run();
    expect(performance.now() - before).toBeLessThan(100);
    for (const speed of [0.001, 3, 1_000]) expect((await run({ speed })).log).toEqual(log);
    expect((await run({ speed: 1_000 })).tookMs).toBeCloseTo(7.6);
  });

  test('its components know nothing of restarts: the tree does', () => {
    const folder = new URL('../../examples/trading/session/', import.meta.url);
    const components = ['executor.ts', 'risk-manager.ts', 'order-book.ts', 'market-data-feed.ts'];
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(components));
    for (const file of components) {
      expect(readFileSync(new URL(file, folder), 'utf8')).not.toMatch(/restart|supervis|resubscri|UpdateRisk|catch/i);
    }
  });
});

describe('where the desk of the article breaks', () => {
  test('K2: orders right behind the failing one are executed, all of them', async () => {
    const script: readonly Step[] = [
      { kind: 'submit', orders: numbered(5, 0) },
      { kind: 'wait', ms: 1_000 },
      { kind: 'submit', orders: [failing, ...numbered(10, 100)] },
      { kind: 'wait', ms: 5 },
      { kind: 'submit', orders: numbered(10, 200) },
      { kind: 'wait', ms: 3_000 },
      { kind: 'submit', orders: numbered(3, 5) },
    ];
    const outcome = await run({ script: () => script });
    expect(outcome.results).toMatchObject({ ordersExecuted: 28, riskManagerRestarts: 1 });
    expect(outcome).toMatchObject({ lost: 0, doubled: 0 });
    expect(ordersIn(outcome.letters)).toEqual([failingOrder]);
  });

  test('K3: 3,000 orders right behind it are executed, all of them, and the statistics are there', async () => {
    const burst = Array.from({ length: 60 }, (_, turn): Step => ({ kind: 'submit', orders: numbered(50, 100 + turn * 50) })); // prettier-ignore
    const script: readonly Step[] = [{ kind: 'submit', orders: [failing] }, ...burst, ...session('AAPL').slice(-8)];
    const outcome = await run({ script: () => script });
    expect(outcome.results).toMatchObject({ ordersExecuted: 3_003, riskManagerRestarts: 1 });
    expect(outcome).toMatchObject({ lost: 0, doubled: 0 });
    expect(outcome.log).toContain('Orders executed: 3003');
    expect(outcome.log).toContain('[Executor] Order ORDER-7 filled');
    expect(ordersIn(outcome.letters)).toEqual([failingOrder]);
  });

  test('K4: a risk manager that fails on every order is given up, with the reason, and no order is lost', async () => {
    const outcome = await run({ failsOn: () => true });
    const gaveUp = outcome.log.filter((line) => line.startsWith('[Supervisor] Gave up'));
    expect(gaveUp).toHaveLength(1);
    expect(gaveUp[0]).toContain('Risk calculation error: invalid market state');
    expect(outcome.results).toMatchObject({ ordersExecuted: 0 });
    expect(ordersIn(outcome.letters)).toHaveLength(9);
    expect(outcome).toMatchObject({ lost: 0, doubled: 0 });
  });

  test('K5: at the end the feed stops ticking, and all components stop, last started first', async () => {
    const { log, tookMs } = await run({ ticks: Infinity });
    expect(log.slice(-4).map((line) => line.split(' ', 2).join(' '))).toEqual([
      '[MarketData] Stopped',
      '[OrderBook] Stopped',
      '[RiskManager] Stopped',
      '[Executor] Stopped',
    ]);
    expect(tookMs).toBe(7_600);
  });

  test('K6: two desks side by side: what happens to one does not touch the other', async () => {
    const isApple = ({ symbol }: { readonly symbol: string }): boolean => symbol === 'AAPL';
    const touched = await run({
      symbols: ['AAPL', 'MSFT'],
      failedConnections: (symbol) => (isApple({ symbol }) ? 1 : 0),
      failsOn: (failing) => isApple(failing) && failing.orderId === failingOrder,
    });
    const restarts = Object.fromEntries(touched.graph.snapshot().actors.map(({ name, restarts }) => [name, restarts]));
    expect(restarts).toMatchObject({
      'AAPL/market': 1,
      'AAPL/risk': 1,
      'MSFT/market': 0,
      'MSFT/risk': 0,
      'MSFT/book': 0,
      'MSFT/executor': 0,
    });
    expect(touched.results).toMatchObject({ ordersExecuted: 17, riskManagerRestarts: 1, marketDataRestarts: 1 });
    expect(touched).toMatchObject({ lost: 0, doubled: 0 });
  });

  test('an order beyond the limit is refused, without a crash', async () => {
    const script: readonly Step[] = [
      { kind: 'submit', orders: [order('AAPL', 'ORDER-BIG', 'BUY', 10_001, 1), ...numbered(1, 0)] },
      { kind: 'wait', ms: 1_000 },
    ];
    const outcome = await run({ script: () => script });
    expect(outcome.log).toContain('[RiskManager] REJECTED order ORDER-BIG: quantity 10001 exceeds limit 10000');
    expect(outcome.results).toMatchObject({ ordersExecuted: 1, riskManagerRestarts: 0 });
    expect(outcome.letters).toMatchObject([{ reason: 'rejected', text: 'quantity 10001 exceeds limit 10000' }]);
  });
});

describe('a stop in the middle', () => {
  test.each([1, 250, 2_050, 3_100, 4_000])('after %i ms ends cleanly, with the statistics so far', async (ms) => {
    const outcome = await run({}, async ({ graph }, sim) => {
      await sim.advance(ms);
      graph.requestShutdown('enough');
    });
    expect(outcome).toMatchObject({ lost: 0, doubled: 0 });
    expect(outcome.log).toContain('=== System Statistics ===');
    expect(outcome.log.at(-1)).toMatch(/^\[Executor\] Stopped after \d orders$/);
  });

  test.each(['AAPL/executor', 'AAPL/risk', 'AAPL/book', 'AAPL/market', 'AAPL trader'])(
    'a kill of %s at any time loses no order and doubles none',
    async (victim) => {
      for (const ms of [0, 1_999, 2_000, 2_050, 2_100, 2_999, 3_000, 5_900, 6_650]) {
        const outcome = await run({}, async ({ graph }, sim) => {
          await sim.advance(ms);
          graph.whereIs(victim)?.kill('by a test');
        });
        expect(outcome).toMatchObject({ lost: 0, doubled: 0 });
        expect(outcome.results).toMatchObject({ ordersExecuted: 8 });
      }
    },
  );
});
