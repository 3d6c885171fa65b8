/** The trading desk with a crash at each of its steps, and with several at random, in all the orders in which actors can run. */
import { explore, SeededRandom, type World } from 'holdfast/testing';
import type { Explored } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';
import { validateNdjson } from '../../examples/ingest/parse.ts';
import type { RecordBatch } from '../../examples/ingest/record-reader.ts';
import type { RawRecord } from '../../examples/ingest/records.ts';
import { addRecord, emptyTally } from '../../examples/ingest/tally.ts';
import type { Lesson } from '../../examples/lesson.ts';
import { PlainDesk } from '../../examples/trading/replay/plain-desk.ts';
import { judgeQuote, quoteColumns } from '../../examples/trading/replay/quotes.ts';
import { buildReplay, type QuoteReader } from '../../examples/trading/replay/replay.ts';
import { buildResilience } from '../../examples/trading/resilience/resilience.ts';
import { buildSession } from '../../examples/trading/session/session.ts';

const timeoutMs = 120_000;

function explored(lesson: Lesson): Explored {
  const verify = (): string[] => {
    const { lost, doubled, incomplete } = lesson.verify();
    return [...(lost + doubled === 0 ? [] : [`lost ${lost}, doubled ${doubled}`]), ...(incomplete ? [incomplete] : [])];
  };
  return { graph: lesson.graph, verify };
}

describe('the replay', () => {
  const records = recordsOf(160);

  /** Hands out the records in batches of a few, as a reader of a file would. */
  class FakeReader implements QuoteReader {
    readonly handedOut = emptyTally();
    ended = false;

    readonly judge = (record: RawRecord) => validateNdjson(record, quoteColumns);

    async *[Symbol.asyncIterator](): AsyncGenerator<RecordBatch> {
      for (let from = 0; from < records.length; from += 16) {
        const batch = records.slice(from, from + 16);
        for (const { line } of batch) addRecord(this.handedOut, line);
        yield batch;
      }
      this.ended = true;
    }
  }

  const build = ({ ports, log }: World): Explored => {
    const desk = new PlainDesk();
    const reader = new FakeReader();
    for (const record of records) {
      const verdict = judgeQuote(reader, record);
      if (verdict.kind === 'quote') desk.see(verdict);
    }
    return explored(buildReplay({ reader, expected: desk.books, exchangeMs: 2, graph: { ports, log } }));
  };

  test('has the same books after a crash at any kind of step', { timeout: timeoutMs }, async () => {
    const { complete } = await explore(build, { crashes: 'everyClass', budgetMs: Infinity });
    expect(complete).toBe(true);
  });

  test('has the same books after several at random', { timeout: timeoutMs }, async () => {
    const { coverage } = await explore(build, { seeds: 60, faultsPerRun: 6, kinds: ['crash', 'kill'], budgetMs: Infinity }); // prettier-ignore
    expect(coverage.crashes).toBeGreaterThan(200);
  });
});

describe('the session', () => {
  /** Every order is executed once, but for the failing one, whatever the speed of those who wait for it. */
  const build = ({ ports, log }: World): Explored => {
    const lesson = buildSession({ graph: { ports, log } });
    const { verify } = explored(lesson);
    const isWhole = (): string[] => {
      const { ordersExecuted } = lesson.verify().results ?? {};
      return ordersExecuted === 8 ? [] : [`${String(ordersExecuted)} of 8 orders were executed`];
    };
    return { graph: lesson.graph, verify: () => [...((verify?.() ?? []) as string[]), ...isWhole()] };
  };

  test('executes every order after a crash at any step', { timeout: timeoutMs }, async () => {
    const { complete } = await explore(build, { crashes: 'everyStep', budgetMs: Infinity });
    expect(complete).toBe(true);
  });

  test('executes every order after several at random', { timeout: timeoutMs }, async () => {
    const { coverage } = await explore(build, { seeds: 100, faultsPerRun: 6, kinds: ['crash', 'kill'], budgetMs: Infinity }); // prettier-ignore
    expect(coverage.crashes).toBeGreaterThan(200);
  });
});

describe('the desk with a policy', () => {
  const build = ({ ports, log }: World): Explored => explored(buildResilience({ graph: { ports, log } }));

  test('loses and doubles no order after a crash at any kind of step', { timeout: timeoutMs }, async () => {
    const { complete } = await explore(build, { crashes: 'everyClass', budgetMs: Infinity });
    expect(complete).toBe(true);
  });

  test('loses and doubles none after several at random', { timeout: timeoutMs }, async () => {
    const { coverage } = await explore(build, { seeds: 60, faultsPerRun: 6, kinds: ['crash', 'kill'], budgetMs: Infinity }); // prettier-ignore
    expect(coverage.crashes).toBeGreaterThan(100);
  });
});

/** Quotes of two symbols that wander about, and some records that are none. */
function recordsOf(count: number): readonly RawRecord[] {
  const random = new SeededRandom(5);
  const prices: Record<string, number> = { A: 100, B: 20 };
  return Array.from({ length: count }, (_, index) => {
    const symbol = random.next() < 0.5 ? 'A' : 'B';
    const price = (prices[symbol]! *= 0.9 + 0.2 * random.next());
    const text = index % 50 === 49 ? 'none' : JSON.stringify({ symbol, price: Number(price.toFixed(2)) });
    return { line: index + 1, text };
  });
}
