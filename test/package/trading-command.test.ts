/** The lesson trading as a child process: its report, what it says of bad input, how it takes signals and closed pipes. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { stocksPath } from '../reference/dataset.mjs';
import { tradingReference } from '../reference/trading-reference.mjs';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'holdfast-trading-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Report {
  readonly stopped: string;
  readonly lost: number;
  readonly doubled: number;
  readonly marketDataRestarts: number;
  readonly riskManagerRestarts: number;
  readonly ordersExecuted: number;
  readonly exposure: number;
  readonly books: unknown;
  readonly figures: Readonly<Record<string, number>>;
  readonly deadLetters: readonly { readonly payload: unknown; readonly reason: string; readonly attempts: number }[];
}

function trading(...args: readonly string[]): Ran {
  return spawnSync(process.execPath, [main, 'lesson', 'trading', ...args], { encoding: 'utf8', timeout: 50_000 });
}

function reportIn(stdout: string): Report {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Report;
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(work, name);
  writeFileSync(path, content);
  return path;
}

const stocks = readFileSync(stocksPath, 'utf8');

describe('the session', () => {
  test('tells the story, and has the totals of the article', () => {
    const { status, stdout, stderr } = trading('--speed', '100');
    const lines = stdout.split('\n');
    expect(lines.slice(0, 4)).toEqual([
      '=== Starting Trading System ===',
      '',
      '[Supervisor] Initializing trading system for AAPL',
      '[Executor] Starting order executor',
    ]);
    for (const line of [
      '[Supervisor] Market data feed failed, restarting...',
      '[RiskManager] APPROVED order ORDER-4: exposure now 51000.00',
      '[Supervisor] Risk manager restarted with clean state',
      '[RiskManager] APPROVED order ORDER-7: exposure now 31800.00',
      'Market data restarts: 1',
      'Risk manager restarts: 1',
      'Orders executed: 8',
      '[Executor] Stopped after 8 orders',
      'Order ORDER-FAIL is a dead letter: showstopper, attempts: 1, Error: Risk calculation error: invalid market state',
    ]) {
      expect(lines).toContain(line);
    }
    expect(lines.at(-2)).toMatch(/^trading stopped cleanly: submitted 9, executed 8, .* lost 0, doubled 0$/);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  test.each(['1', '20', '1000', '1000000'])('with --json is a line, the same at speed %s', (speed) => {
    const { status, stdout } = trading('--json', '--speed', speed);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(reportIn(stdout)).toMatchObject({
      lesson: 'trading',
      stopped: 'clean',
      lost: 0,
      doubled: 0,
      marketDataRestarts: 1,
      riskManagerRestarts: 1,
      ordersExecuted: 8,
      exposure: 31_800,
      deadLetters: [{ payload: { order: { orderId: 'ORDER-FAIL' } }, reason: 'showstopper', attempts: 1 }],
    });
    expect(status).toBe(0);
  });
});

test('--mode resilience shows what a supervisor does besides restarting', () => {
  const { status, stdout } = trading('--mode', 'resilience', '--speed', '100', '--json');
  expect(reportIn(stdout)).toMatchObject({
    stopped: 'clean',
    lost: 0,
    doubled: 0,
    riskManagerRestarts: 3,
    ordersExecuted: 5,
  });
  expect(status).toBe(0);
});

describe('the replay of the stocks', () => {
  test.each([
    ['calmly', stocksPath, []],
    ['with a kill behind every other quote', stocksPath, ['--chaos', '0.5', '--seed', '3']],
    ['with one behind each', stocksPath, ['--chaos', '1']],
    ['from a packed file', file('stocks.csv.gz', gzipSync(stocks)), []],
  ])('%s has the books of the reference', (_, path, chaos) => {
    const { status, stdout, stderr } = trading('--replay', path, ...chaos, '--json');
    const report = reportIn(stdout);
    expect(report.books).toEqual(tradingReference(stocks));
    expect(report).toMatchObject({ stopped: 'clean', lost: 0, doubled: 0, deadLetters: [] });
    expect(report.figures['kills']).toBeGreaterThanOrEqual(chaos.length > 0 ? 100 : 0);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  test('without --json shows them as a table, and the figures', () => {
    const { status, stdout } = trading('--replay', stocksPath, '--chaos', '0.1');
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^symbol +quotes +position +cash +exposure +filled +refused$/);
    const apple = tradingReference(stocks)['AAPL']!;
    expect(lines.find((line) => line.startsWith('AAPL'))?.split(/ +/)).toEqual([
      'AAPL',
      ...[apple.quotes, apple.position, apple.cash.toFixed(2), apple.exposure.toFixed(2)].map(String),
      ...[apple.orders.filled, apple.orders.refused].map(String),
    ]);
    expect(lines.at(-2)).toMatch(/^trading stopped cleanly: symbols 5, quotes 560, .* lost 0, doubled 0$/);
    expect(status).toBe(0);
  });
});

describe('bad input', () => {
  const empty = file('empty.csv', '');
  const header = file('header.csv', 'symbol,date,price\n');
  const columns = file('columns.csv', 'ticker,date,price\nA,2024-01-01,5\n');
  const prices = file('prices.csv', 'symbol,date,price\nA,2024-01-01,NaN\n');
  test.each([
    ['an unknown option', ['--sped', '2'], "unknown option '--sped'"],
    ['a speed of 0', ['--speed', '0'], 'a number from 0.001'],
    ['a speed that is none', ['--speed', 'fast'], 'a number from 0.001'],
    ['a chaos rate above 1', ['--replay', stocksPath, '--chaos', '2'], 'a number from 0 to 1'],
    ['a chaos rate below 0', ['--replay', stocksPath, '--chaos', '-1'], 'a number from 0 to 1'],
    ['chaos without quotes', ['--chaos', '0.5'], "needs quotes: say which with '--replay <file>'"],
    ['an unknown mode', ['--mode', 'fast'], 'Allowed choices are session, resilience'],
    ['a mode of the replay', ['--mode', 'resilience', '--replay', stocksPath], "'--replay' has no mode"],
    ['a seed that is none', ['--replay', stocksPath, '--seed', 'x'], 'whole number of 0 or more'],
    ['a missing file', ['--replay', join(work, 'none.csv')], 'cannot open'],
    ['a folder', ['--replay', work], 'it is a directory'],
    ['standard input', ['--replay', '-'], 'reads its file twice'],
    ['an empty file', ['--replay', empty], 'the input is empty'],
    ['a header and nothing else', ['--replay', header], 'has no quotes: it has a header only'],
    ['no column for the symbol', ['--replay', columns], 'no column "symbol", it has "ticker", "date", "price"'],
    ['prices that are none', ['--replay', prices], 'no quotes: line 2: value "price" is not a number: "NaN"'],
  ])('%s ends with one line and status 2', (_what, args, message) => {
    const { status, stdout, stderr } = trading(...args);
    expect(stderr).toMatch(/^holdfast: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  test('some bad lines among good ones are told with their numbers, the first twenty of them', () => {
    const bad = Array.from({ length: 25 }, (_, index) => `A,2024-01-01,${index === 0 ? 'NaN' : 'x'}`);
    const path = file('some-bad.csv', ['symbol,date,price', 'A,2024-01-01,5', ...bad, 'B,2024-01-01,7', ''].join('\n'));
    const { status, stdout, stderr } = trading('--replay', path, '--json');
    const lines = stderr.trimEnd().split('\n');
    expect(lines[0]).toBe('holdfast: line 3: value "price" is not a number: "NaN"');
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe('holdfast: and 5 more lines that are no quotes');
    expect(reportIn(stdout)).toMatchObject({ lost: 0, doubled: 0, figures: { quotes: 2, rejected: 25 } });
    expect(status).toBe(0);
  });
});

describe.skipIf(process.platform === 'win32')('signals and pipes', () => {
  async function outcomeOf(child: ChildProcess): Promise<Ran> {
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    return { status: child.exitCode, stdout, stderr };
  }

  test('a replay that is interrupted says that its books are not whole, and shows them', async () => {
    const rows = Array.from({ length: 600_000 }, (_, index) => `S${index % 7},d,${100 + (index % 13)}\n`);
    const path = file('long.csv', `symbol,date,price\nA,d,bad\n${rows.join('')}`);
    const child = spawn(process.execPath, [main, 'lesson', 'trading', '--replay', path]);
    const output = outcomeOf(child);
    await new Promise<void>((said) => child.stderr.once('data', () => said())); // of the first line: the actors are at work
    child.kill('SIGINT');
    const { status, stdout, stderr } = await output;
    expect(stderr).toContain('holdfast: the quotes were not read to their end: the books cover a part of them\n');
    expect(stdout).toMatch(/\ntrading stopped cleanly: symbols 7, .* lost 0, doubled 0\n$/);
    expect(status).toBe(1);
  });

  test('a session that is interrupted ends cleanly, with the statistics so far', async () => {
    const child = spawn(process.execPath, [main, 'lesson', 'trading']);
    const output = outcomeOf(child);
    await new Promise<void>((said) => child.stdout.on('data', (text) => String(text).includes('ORDER-2 filled') && said())); // prettier-ignore
    child.kill('SIGINT');
    const { status, stdout } = await output;
    expect(stdout).toContain(
      '=== System Statistics ===\nMarket data restarts: 1\nRisk manager restarts: 0\nOrders executed: 3\n',
    );
    expect(stdout).toMatch(/\n\[Executor\] Stopped after 3 orders\n/);
    expect(stdout).toMatch(/\ntrading stopped cleanly: submitted 3, executed 3, .* lost 0, doubled 0\n$/);
    expect(status).toBe(0);
  });

  test.each([
    ['session', ['--speed', '0.1']],
    ['replay', ['--replay', stocksPath]],
  ])('a reader of the %s that has gone ends the process without a word', async (_, args) => {
    const child = spawn(process.execPath, [main, 'lesson', 'trading', ...args]);
    child.stdout.destroy();
    const { status, stderr } = await outcomeOf(child);
    expect(status).toBe(141);
    expect(stderr).toBe('');
  });
});
