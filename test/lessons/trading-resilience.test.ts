/** Beyond simple restarts: the backup feed, the breaker, the limit that shrinks and recovers, the alert. On the virtual clock. */
import { Simulation } from 'holdfast/testing';
import { expect, test } from 'vitest';
import type { Verification } from '../../examples/lesson.ts';
import { buildResilience, type ResilienceOptions } from '../../examples/trading/resilience/resilience.ts';
import { order, type Step } from '../../examples/trading/session/script.ts';

async function run(
  options: Pick<ResilienceOptions, 'speed' | 'script'> = {},
): Promise<Verification & { readonly log: readonly string[] }> {
  const sim = new Simulation();
  const log: string[] = [];
  const lesson = buildResilience({
    ...options,
    say: (line) => void log.push(line),
    graph: { ports: sim.ports, logLevel: 'silent' },
  });
  await sim.runUntil(lesson.graph.run());
  lesson.graph.checkConservation();
  expect(sim.clock.pending).toBe(0);
  return { ...lesson.verify(), log };
}

/** The lines that match, with nothing but what is in the pattern's group. */
const told = (log: readonly string[], pattern: RegExp): string[] =>
  log.flatMap((line) => pattern.exec(line)?.[1] ?? []);

test('after three failed connections the backup feed takes over, and the orders do not notice', async () => {
  const { log, results } = await run();
  expect(told(log, /Actor failed: (Failed to connect)/)).toHaveLength(3);
  const takeOver = log.indexOf('[Supervisor] Market data feed: the backup takes over');
  expect(log.slice(takeOver)).toContain('[MarketData] Connected to exchange for AAPL');
  expect(log.slice(0, takeOver)).not.toContain('[MarketData] Connected to exchange for AAPL');
  expect(log).toContain('[OrderBook] 10 updates: last=104.50, bid=104.40, ask=104.60');
  expect(results).toMatchObject({ marketDataRestarts: 3, ordersExecuted: 5 });
});

test('while the exchange does not answer it is left alone for a second, and the order that waits is executed', async () => {
  const { log } = await run();
  expect(told(log, /Circuit breaker of the order executor is (\w+)/)).toEqual(['open', 'half', 'closed']);
  expect(told(log, /Executing order (ORDER-2):/)).toHaveLength(5);
  expect(told(log, /Order (\S+) filled/)).toEqual(['ORDER-0', 'ORDER-1', 'ORDER-2', 'ORDER-3', 'ORDER-LARGE-AGAIN']);
});

test('the position limit is halved by each failure, and comes back in quiet times', async () => {
  const { log } = await run();
  expect(told(log, /Position limit lowered to (\d+)/)).toEqual(['5000', '2500', '1250', '625']);
  expect(log).toContain('[RiskManager] REJECTED order ORDER-LARGE: quantity 6000 exceeds limit 1250');
  expect(log).toContain('[Executor] Order ORDER-LARGE-AGAIN filled');
});

test('the third restart of the risk manager within a minute is an alert, once', async () => {
  const { log, results } = await run();
  expect(told(log, /ALERT: more than (\d+) restarts/)).toEqual(['2']);
  expect(results).toMatchObject({ riskManagerRestarts: 3 });
});

test('a risk manager that begins anew keeps to a limit that was lowered', async () => {
  const submit = (orderId: string, quantity: number): Step => ({
    kind: 'submit',
    orders: [order('AAPL', orderId, 'BUY', quantity, 100)],
  });
  const script: readonly Step[] = [
    submit('ORDER-2', 100),
    { kind: 'wait', ms: 3_000 },
    submit('ORDER-FAIL', 100),
    { kind: 'wait', ms: 100 },
    submit('ORDER-LARGE', 6_000),
    { kind: 'wait', ms: 100 },
  ];
  const { log } = await run({ script });
  expect(log).toContain('[RiskManager] REJECTED order ORDER-LARGE: quantity 6000 exceeds limit 625');
});

test('goes the same way every time, at any speed, and loses nothing', async () => {
  const outcome = await run();
  expect(outcome).toMatchObject({ lost: 0, doubled: 0, figures: { submitted: 9, executed: 5, 'dead letters': 4 } });
  for (const speed of [1, 7, 100]) expect((await run({ speed })).log).toEqual(outcome.log);
});
