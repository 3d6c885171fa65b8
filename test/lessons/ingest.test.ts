/** The ingest on real and on dirty data, with and without crashes, against a computation that shares nothing with it. */
import { Graph, isHoldfastError } from 'holdfast';
import { Simulation } from 'holdfast/testing';
import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { KeyedAggregate } from '../../examples/ingest/aggregate.ts';
import { aggregator } from '../../examples/ingest/aggregator.ts';
import { buildIngest, type IngestOptions } from '../../examples/ingest/ingest.ts';
import { merger } from '../../examples/ingest/merger.ts';
import type { Accepted, Columns } from '../../examples/ingest/parse.ts';
import type { Progress } from '../../examples/ingest/progress.ts';
import { RecordReader } from '../../examples/ingest/record-reader.ts';
import type { RecordFormat } from '../../examples/ingest/records.ts';
import type { Verification } from '../../examples/lesson.ts';
import { flights, flightsPath } from '../reference/dataset.mjs';
import { ingestReference } from '../reference/ingest-reference.mjs';

interface Outcome extends Verification {
  readonly result: string;
  readonly letters: readonly unknown[];
  readonly graph: Graph;
}

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function ingest(
  bytes: Uint8Array,
  format: RecordFormat,
  columns: Columns,
  options: Pick<IngestOptions, 'sabotage' | 'lanes' | 'messagesPerTurn'> = {},
): Promise<Outcome> {
  const sim = new Simulation();
  const texts = { output: '', deadLetters: '' };
  const reader = await RecordReader.open(chunksOf(bytes, 262_144), format, columns);
  const lesson = buildIngest({
    reader,
    output: { to: (text) => void (texts.output += text) },
    deadLetters: { to: (text) => void (texts.deadLetters += text) },
    ...options,
    graph: { ports: sim.ports },
  });
  await sim.runUntil(lesson.graph.run());
  const letters = texts.deadLetters.split('\n').slice(0, -1);
  return {
    ...lesson.verify(),
    result: texts.output,
    letters: letters.map((line) => JSON.parse(line) as unknown),
    graph: lesson.graph,
  };
}

describe('the flights', () => {
  for (const [format, value] of [
    ['csv', flights.value],
    ['csv', flights.fractions],
    ['ndjson', flights.value],
  ] as const) {
    test(`as ${format}, by ${value}, give what the reference gives`, async () => {
      const columns = { key: flights.key, value };
      const path = flightsPath(format);
      const outcome = await ingest(readFileSync(path), format, columns);
      expect(outcome.result).toBe(ingestReference(path, { format, ...columns }).result);
      expect(outcome).toMatchObject({ lost: 0, doubled: 0, letters: [] });
      expect(outcome.incomplete).toBeUndefined();
      expect(outcome.figures).toEqual({ records: flights.records, keys: 1_079, rejected: 0, crashes: 0 });
    });
  }

  test.each([
    [1_000, 1],
    [1_000, 2],
    [50, 3],
  ])('give the same to the byte with a crash about every %i records (seed %i)', async (everyRecords, seed) => {
    const path = flightsPath('csv');
    const columns = { key: flights.key, value: flights.fractions };
    const outcome = await ingest(readFileSync(path), 'csv', columns, { sabotage: { everyRecords, seed } });
    expect(outcome.result).toBe(ingestReference(path, { format: 'csv', ...columns }).result);
    expect(outcome).toMatchObject({ lost: 0, doubled: 0, letters: [] });
    expect(outcome.figures['crashes']).toBeGreaterThan((0.7 * flights.records) / everyRecords);
    expect(outcome.figures['crashes']).toBeLessThan((1.3 * flights.records) / everyRecords);
  });

  test.each([
    [1, 16, Infinity],
    [2, 1, Infinity],
    [8, 1, Infinity],
    [3, 5, 100],
    [8, 64, 100],
    [200, 3, 50],
  ])('give the same to the byte in %i lanes, %i messages a turn, a crash about every %d records', async (...shape) => {
    const [lanes, messagesPerTurn, everyRecords] = shape;
    const path = flightsPath('csv');
    const columns = { key: flights.key, value: flights.fractions };
    const sabotage = everyRecords === Infinity ? {} : { sabotage: { everyRecords, seed: lanes } };
    const outcome = await ingest(readFileSync(path), 'csv', columns, { lanes, messagesPerTurn, ...sabotage });
    expect(outcome.result).toBe(ingestReference(path, { format: 'csv', ...columns }).result);
    expect(outcome).toMatchObject({ lost: 0, doubled: 0, letters: [] });
    expect(outcome.figures).toMatchObject({ records: flights.records, keys: 1_079 });
    const { actors } = outcome.graph.snapshot();
    const shares = actors
      .filter(({ name }) => name.startsWith('aggregator'))
      .map(({ tableSizes }) => tableSizes['totals']);
    expect(shares).toHaveLength(lanes);
    expect(Math.min(...shares.map(Number))).toBeGreaterThan(0);
  });
});

describe('dirty data', () => {
  const columns = { key: 'k', value: 'v' };
  const block = [
    'a,1',
    'b,0.1',
    '"c ""quoted"", with a comma",2',
    '"over\ntwo lines",3',
    'broken "quote,4',
    '"never closed,5',
    'a,6,too many',
    'too few',
    'a,seven',
    'a,',
    'a,1e999',
    'a,Infinity',
    '',
    'b,0.2',
  ].join('\n');
  const dirty = Buffer.concat([
    Buffer.from(`k,v\n${`${block}\n`.repeat(300)}`),
    Buffer.from([0x61, 0xff, 0x2c, 0x31, 0x0a]), // not UTF-8
    Buffer.from(`${'x'.repeat(1_100_000)},1\nlast,8`),
  ]);
  const expected = ingestReference(dirty, { format: 'csv', ...columns });

  test.each([undefined, { everyRecords: 1, seed: 7 }, { everyRecords: 20, seed: 8 }])(
    'has its bad records among the dead letters and the others in the result (crashes: %o)',
    async (sabotage) => {
      const outcome = await ingest(dirty, 'csv', columns, sabotage === undefined ? {} : { sabotage });
      expect(outcome.result).toBe(expected.result);
      expect(outcome.letters).toEqual(expected.deadLetters);
      expect(outcome).toMatchObject({ lost: 0, doubled: 0 });
      expect(outcome.figures).toMatchObject({ records: expected.records, rejected: expected.deadLetters.length });
    },
  );

  test('gives the same in lanes, with all the records of many messages bad in one turn', async () => {
    const outcome = await ingest(dirty, 'csv', columns, {
      lanes: 3,
      messagesPerTurn: 40,
      sabotage: { everyRecords: 20, seed: 9 },
    });
    expect(outcome.result).toBe(expected.result);
    expect(outcome.letters).toEqual(expected.deadLetters);
    expect(outcome).toMatchObject({ lost: 0, doubled: 0 });
  });

  test('is counted in full while the graph keeps only the latest', async () => {
    const { graph } = await ingest(dirty, 'csv', columns);
    expect(graph.snapshot().deadLetters).toMatchObject({ kept: 100, total: expected.deadLetters.length });
    const rejects = graph.snapshot().channels.find(({ name }) => name === 'rejects');
    expect(rejects).toMatchObject({ sent: expected.deadLetters.length, taken: 0, inFlight: 0 });
    expect(rejects?.deadLettered).toBe(expected.deadLetters.length);
    expect(graph.deadLetters.list().at(-1)).toMatchObject({ reason: 'rejected', text: 'record too long' });
  });

  test('restarts nobody', async () => {
    const { figures } = await ingest(dirty, 'csv', columns);
    expect(figures).toMatchObject({ crashes: 0 });
  });

  test('of nothing but a header gives an empty result', async () => {
    const outcome = await ingest(Buffer.from('k,v\n'), 'csv', columns);
    expect(outcome).toMatchObject({ result: '', letters: [], lost: 0, doubled: 0, figures: { records: 0, keys: 0 } });
  });

  test('with an unusable header is refused before anything starts', async () => {
    await expect(ingest(Buffer.from('k,w\n'), 'csv', columns)).rejects.toThrow('the header has no column "v"');
    await expect(ingest(Buffer.from(''), 'csv', columns)).rejects.toThrow('the input is empty');
  });
});

test.each([false, true])(
  'an ingest that is stopped early accounts for every record (by force: %s)',
  async (isForced) => {
    const sim = new Simulation();
    const bytes = readFileSync(flightsPath('csv'));
    async function* stopping(): AsyncGenerator<Uint8Array> {
      for await (const [index, chunk] of numbered(chunksOf(bytes, 65_536))) {
        if (index === 5) graph.requestShutdown('seen enough');
        yield chunk;
      }
    }
    const columns = { key: flights.key, value: flights.value };
    const reader = await RecordReader.open(stopping(), 'csv', columns);
    const { graph, verify } = buildIngest({
      reader,
      output: { to: () => undefined },
      graph: { ports: sim.ports, ...(isForced ? { shutdownTimeoutMs: 0 } : {}) },
    });
    await sim.runUntil(graph.run()).catch((error: unknown) => {
      expect(isHoldfastError(error, 'ERR_STOPPED_UNCLEANLY')).toBe(isForced);
    });
    const { lost, doubled, incomplete, figures } = verify();
    expect(doubled).toBe(0);
    if (!isForced) expect(lost).toBe(0);
    expect(incomplete).toMatch('not read to its end');
    expect(figures['records']).toBeGreaterThan(0);
    expect(figures['records']).toBeLessThan(flights.records);
  },
);

async function* numbered<T>(items: AsyncIterable<T>): AsyncGenerator<readonly [index: number, item: T]> {
  let index = 0;
  for await (const item of items) {
    yield [index, item];
    index += 1;
  }
}

test('aggregators and a merger that are killed after every chunk of the result send each line once', async () => {
  const sim = new Simulation();
  const graph = new Graph({ name: 'result', ports: sim.ports, actorDefaults: { maxRestarts: Infinity } });
  const lanes = 3;
  const values = graph.bundle<readonly Accepted[]>('values', { lanes, capacity: 1 });
  const aggregates = graph.bundle<readonly KeyedAggregate[]>('aggregates', { lanes, capacity: 1 });
  const result = graph.channel<string>('result', { capacity: 1 });
  const accepted = Array.from({ length: 5_000 }, (_, index) => {
    return { kind: 'accepted', line: index + 2, key: `key ${index}`, value: index } as const;
  });
  let text = '';
  const definition = aggregator({ strike: () => undefined, messagesPerTurn: 1 });
  const handles = values.map((lane, index) => {
    graph.feed(`values ${index}`, [accepted.filter((_, place) => place % lanes === index)], lane);
    return graph.actor(`aggregator ${index}`, definition, { values: lane, aggregates: aggregates[index]! });
  });
  const merging = graph.actor('merger', merger(lanes), { aggregates, result });
  graph.sink('output', result, (chunk) => {
    text += chunk;
    for (const handle of [...handles, merging]) handle.kill('between two chunks');
  });
  await sim.runUntil(graph.run());

  const keys = text
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { readonly key: string }).key);
  expect(keys).toEqual(accepted.map(({ key }) => key).sort());
  const snapshot = graph.snapshot().actors.at(-1);
  expect(snapshot?.restarts).toBeGreaterThan(5);
  expect(snapshot?.state).toMatchObject({ linesSent: 5_000, recordsSent: 5_000 });
});

test('a result that cannot be written stops the graph with its reason', async () => {
  const sim = new Simulation();
  const reader = await RecordReader.open(chunksOf(Buffer.from('k,v\na,1\n'), 100), 'csv', { key: 'k', value: 'v' });
  const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space left')) });
  const { graph } = buildIngest({ reader, output: { to: full }, graph: { ports: sim.ports } });
  await expect(sim.runUntil(graph.run())).rejects.toThrow('sink "output" failed: no space left');
});

test('the progress is shown at a fixed pace, and for the last time when the input ends', async () => {
  const sim = new Simulation();
  const shown: Progress[] = [];
  async function* slowly(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('k,v\na,1\n');
    for (let second = 0; second < 2; second += 1) {
      await new Promise<void>((resolve) => sim.clock.setTimer(sim.clock.nowMs() + 400, resolve));
      yield Buffer.from('a,x\na,2\n');
    }
  }
  const reader = await RecordReader.open(slowly(), 'csv', { key: 'k', value: 'v' });
  const { graph } = buildIngest({
    reader,
    output: { to: () => undefined },
    showProgress: (progress) => shown.push(progress),
    graph: { ports: sim.ports },
  });
  await sim.runUntil(graph.run());
  expect(shown).toEqual([
    { elapsedMs: 250, records: 1, deadLetters: 0, isLast: false },
    { elapsedMs: 500, records: 3, deadLetters: 1, isLast: false },
    { elapsedMs: 750, records: 3, deadLetters: 1, isLast: false },
    { elapsedMs: 800, records: 5, deadLetters: 1, isLast: true },
  ]);
});
