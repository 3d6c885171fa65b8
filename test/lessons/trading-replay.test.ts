/** The trading desk on real quotes and on bad ones, with and without kills, against a computation that shares nothing with it. */
import { SeededRandom, Simulation } from 'holdfast/testing';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Rejected } from '../../examples/ingest/parse.ts';
import { RecordReader } from '../../examples/ingest/record-reader.ts';
import type { Lesson, Verification } from '../../examples/lesson.ts';
import { PlainDesk } from '../../examples/trading/replay/plain-desk.ts';
import { quoteColumns, survey } from '../../examples/trading/replay/quotes.ts';
import { buildReplay, type ReplayOptions } from '../../examples/trading/replay/replay.ts';
import { stocksPath } from '../reference/dataset.mjs';
import { tradingReference } from '../reference/trading-reference.mjs';

interface Outcome extends Verification {
  readonly graph: Lesson['graph'];
  readonly told: readonly Rejected[];
}

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const readerOf = (text: string): Promise<RecordReader> =>
  RecordReader.open(chunksOf(Buffer.from(text), 65_536), 'csv', quoteColumns);

async function replay(
  text: string,
  options: Pick<ReplayOptions, 'chaos' | 'exchangeMs'> = {},
  meanwhile: (lesson: Lesson, sim: Simulation) => Promise<void> = () => Promise.resolve(),
): Promise<Outcome> {
  const desk = new PlainDesk();
  await survey(await readerOf(text), (quote) => desk.see(quote));
  const sim = new Simulation();
  const told: Rejected[] = [];
  const lesson = buildReplay({
    reader: await readerOf(text),
    expected: desk.books,
    tellRejected: (rejected) => told.push(rejected),
    ...options,
    graph: { ports: sim.ports, logLevel: 'silent' },
  });
  const ran = lesson.graph.run();
  await meanwhile(lesson, sim);
  await sim.runUntil(ran);
  lesson.graph.checkConservation();
  return { ...lesson.verify(), graph: lesson.graph, told };
}

/** Prices of several symbols that wander about, so that averages cross often. */
function wandering(symbols: readonly string[], rows: number, seed: number): string {
  const random = new SeededRandom(seed);
  const prices = new Map(symbols.map((symbol) => [symbol, 100]));
  const lines = Array.from({ length: rows }, (_, row) => {
    const symbol = symbols[random.integer(symbols.length)]!;
    const price = Math.max(5, prices.get(symbol)! * (0.95 + 0.1 * random.next()));
    prices.set(symbol, price);
    return `${symbol},${row},${price.toFixed(2)}`;
  });
  return ['symbol,date,price', ...lines, ''].join('\n');
}

describe('the stocks', () => {
  const stocks = readFileSync(stocksPath, 'utf8');

  test('give the books that the reference gives', async () => {
    const outcome = await replay(stocks);
    expect(outcome.results?.['books']).toEqual(tradingReference(stocks));
    expect(outcome).toMatchObject({ lost: 0, doubled: 0, told: [] });
    expect(outcome.incomplete).toBeUndefined();
    expect(outcome.figures).toMatchObject({ symbols: 5, quotes: 560, rejected: 0, kills: 0 });
    expect(outcome.figures['filled']).toBeGreaterThan(50);
    expect(outcome.figures['refused']).toBeGreaterThan(0);
  });

  test.each([1, 2, 3])('give the same books with a kill behind each quote (seed %i)', async (seed) => {
    const outcome = await replay(stocks, { chaos: { rate: 1, seed }, exchangeMs: 7 });
    expect(outcome.results?.['books']).toEqual(tradingReference(stocks));
    expect(outcome).toMatchObject({ lost: 0, doubled: 0 });
    expect(outcome.incomplete).toBeUndefined();
    expect(outcome.figures['kills']).toBeGreaterThan(100);
  });
});

describe('records that are no quotes', () => {
  test('are dead letters with the line and the reason, and the rest goes on', async () => {
    const rows = ['A,d,1', 'A,d,NaN', 'A,d,-3', ',d,3', 'A,d', 'A,"d,4', 'B,d,2', 'B,d,1e10', 'B,d,1e999', ''];
    const outcome = await replay(`symbol,date,price\n${rows.join('\n')}`);
    const told = [
      'line 3: value "price" is not a number: "NaN"',
      'line 4: the price is not above 0: -3',
      'line 5: no symbol',
      'line 6: wrong number of fields: 2, the header has 3',
      'line 7: broken quote: never closed',
      'line 9: the price is above 1000000000: 10000000000',
      'line 10: value "price" is out of range',
    ];
    expect(outcome.told.map(({ line, reason }) => `line ${line}: ${reason}`)).toEqual(told);
    expect(outcome.graph.deadLetters.list().map(({ text }) => text)).toEqual(told);
    expect(outcome).toMatchObject({ lost: 0, doubled: 0, figures: { symbols: 2, quotes: 2, rejected: 7 } });
  });

  test('may be symbols that look like parts of the tree', async () => {
    const symbols = ['BRK/B', 'BRK%2FB', 'tape', 'a/book', 'a'];
    const outcome = await replay(wandering(symbols, 500, 1));
    expect(Object.keys(outcome.results?.['books'] ?? {}).sort()).toEqual([...symbols].sort());
    expect(outcome).toMatchObject({ lost: 0, doubled: 0 });
    expect(outcome.incomplete).toBeUndefined();
  });
});

describe('a stop in the middle', () => {
  test('finishes what was read, and says that the books are not whole', async () => {
    const text = wandering(['A', 'B'], 40_000, 2);
    const outcome = await replay(text, { exchangeMs: 5 }, async ({ graph }, sim) => {
      await sim.advance(50);
      graph.requestShutdown('enough');
    });
    expect(outcome).toMatchObject({ lost: 0, doubled: 0 });
    expect(outcome.incomplete).toMatch(/not read to their end/);
    expect(outcome.figures['quotes']).toBeGreaterThan(0);
    expect(outcome.figures['quotes']).toBeLessThan(40_000);
  });
});

describe('chaos', () => {
  const quotes = wandering(['A', 'B', 'C', 'D'], 24_000, 7);

  test('10,000 random kills leave the books as they are without any', async () => {
    const calm = await replay(quotes);
    const wild = await replay(quotes, { chaos: { rate: 0.9, seed: 11 }, exchangeMs: 3 });
    expect(wild.figures['kills']).toBeGreaterThan(10_000);
    expect(wild.results?.['books']).toEqual(calm.results?.['books']);
    expect(wild.results?.['books']).toEqual(tradingReference(quotes));
    expect(wild).toMatchObject({ lost: 0, doubled: 0 });
  });

  test('the same seed kills in the same way', async () => {
    const few = wandering(['A', 'B'], 500, 3);
    const runs = await Promise.all([5, 5, 6].map((seed) => replay(few, { chaos: { rate: 0.5, seed }, exchangeMs: 3 })));
    const [one, again, other] = runs.map(({ figures }) => figures);
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });
});
