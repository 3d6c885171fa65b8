import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flights, flightsPath } from '../../test/reference/dataset.mjs';
import { ingestReference } from '../../test/reference/ingest-reference.mjs';
import { addTo, type Aggregate, resultLine, sortedKeys } from './aggregate.ts';
import { openInput } from './open-input.ts';
import { type Columns, type CsvHeader, readCsvHeader, type Rejected, validateCsv, validateNdjson } from './parse.ts';
import { csvRecords, ndjsonRecords, type RecordFormat } from './records.ts';

interface Outcome {
  readonly result: string;
  readonly deadLetters: readonly Omit<Rejected, 'kind'>[];
  readonly records: number;
}

/** The pieces joined without actors; `undefined` for a header that cannot be used. */
async function ingest(
  chunks: AsyncIterable<Uint8Array>,
  format: RecordFormat,
  columns: Columns,
  recordBytesMax?: number,
): Promise<Outcome | undefined> {
  const options = recordBytesMax === undefined ? {} : { recordBytesMax };
  const read = format === 'csv' ? csvRecords(chunks, options) : ndjsonRecords(chunks, options);
  let header: CsvHeader | undefined;
  if (format === 'csv') {
    const result = readCsvHeader((await read.next()).value, columns);
    if (result.kind === 'unusable') return undefined;
    header = result.header;
  }
  const aggregates = new Map<string, Aggregate>();
  const deadLetters: Omit<Rejected, 'kind'>[] = [];
  let records = 0;
  for await (const record of read) {
    records += 1;
    const verdict = header === undefined ? validateNdjson(record, columns) : validateCsv(record, header);
    if (verdict.kind === 'rejected') {
      deadLetters.push({ line: verdict.line, reason: verdict.reason, text: verdict.text });
    } else {
      aggregates.set(verdict.key, addTo(aggregates.get(verdict.key), verdict.value));
    }
  }
  const lines = sortedKeys(aggregates.keys()).map((key) => resultLine({ key, ...aggregates.get(key)! }));
  const result = lines.map((line) => `${line}\n`).join('');
  return { result, deadLetters, records };
}

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function referenceOf(input: Uint8Array, format: RecordFormat, columns: Columns, recordBytesMax: number): unknown {
  try {
    return ingestReference(input, { format, ...columns, recordBytesMax });
  } catch {
    return undefined; // the header cannot be used
  }
}

const pieces = {
  csv: [
    '1',
    '2.5',
    '-0',
    '1e999',
    'x',
    'a',
    '😀',
    '\uff5e',
    ',',
    ',',
    ',',
    '\n',
    '\n',
    '\r\n',
    '\r',
    '"',
    '""',
    '"a,',
    '"\n',
    'a,1\n',
    '\na,0.1\n',
    '\n"b",0.7\r\n',
    '\n"""a\n😀","-3"\n',
    '\r\uff5e,+4 \r',
  ],
  ndjson: [
    '{"k":"a","v":1}\n',
    '{"k":"b","v":0.1}\r\n',
    '{"k":"\\ud83d","v":2}\n',
    '{"k":"😀","v":-0}\r',
    '{"k":7,"v":0.7}\n',
    '{"k":null,"v":1}\n',
    '{"v":"1","k":"a"}\n',
    '{"k":"a","v":1e999}\n',
    '\n',
    '{',
    '[]\n',
    '"',
  ],
} as const;

test.each(['csv', 'ndjson'] as const)('random %s gives what the reference gives', async (format) => {
  const broken = fc.constantFrom(Uint8Array.of(0xff), Uint8Array.of(0xe2, 0x82));
  const part = fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...pieces[format]).map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: broken.map((bytes) => Buffer.from(bytes)) },
  );
  const body = fc.array(part, { minLength: 4, maxLength: 40, size: 'max' }).map((parts) => Buffer.concat(parts));
  const start = fc.constantFrom('k,v\n', '\uFEFF"k",v\r\n', '\r\nv,k\r', 'v,k,"x\n"\n', 'k\n', '');
  const columns = { key: 'k', value: 'v' };
  await fc.assert(
    fc.asyncProperty(
      start,
      body,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 6, max: 40 }),
      async (head, tail, size, bound) => {
        const bytes = format === 'csv' ? Buffer.concat([Buffer.from(head), tail]) : tail;
        const outcome = await ingest(chunksOf(bytes, size), format, columns, bound);
        expect(outcome).toEqual(referenceOf(bytes, format, columns, bound));
      },
    ),
    { numRuns: 5_000 },
  );
});

test.each(['csv', 'ndjson', 'csv.gz', 'ndjson.gz'] as const)(
  'the flights as %s give what the reference gives',
  async (file) => {
    const format = file.startsWith('csv') ? 'csv' : 'ndjson';
    const path = flightsPath(file);
    for (const value of [flights.value, flights.fractions]) {
      const columns = { key: flights.key, value };
      await using input = await openInput(path);
      const outcome = await ingest(input, format, columns);
      expect(outcome).toEqual(ingestReference(path, { format, ...columns }));
      expect(outcome).toMatchObject({ records: flights.records, deadLetters: [] });
      expect(outcome?.result.split('\n')).toHaveLength(1_079 + 1);
    }
  },
);
