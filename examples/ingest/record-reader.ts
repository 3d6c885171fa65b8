/** Reads the input in batches of records: what the graph is fed with. */

import { type Columns, type CsvHeader, readCsvHeader, validateCsv, validateNdjson, type Verdict } from './parse.ts';
import { type RawRecord, type RecordFormat, RecordSplitter } from './records.ts';
import { addRecord, emptyTally, type Tally } from './tally.ts';

/** Records in the order of the input, at least one. */
export type RecordBatch = readonly RawRecord[];

/** How many bytes are split at a time. Together with the greatest length of a record it bounds the size of a batch. */
const sliceBytes = 65_536;

/**
 * One message for many records: a message a record would cost more than reading, checking and adding up the record. Not
 * many more, because a turn that fails is done again as a whole.
 */
export const recordsPerBatchMax = 256;

/** The input, opened: the header has been read, the records below it have not. Can be read once. */
export class RecordReader implements AsyncIterable<RecordBatch> {
  /** What was handed out so far. Kept here and not by the graph, so that the graph can be checked against it. */
  readonly handedOut: Tally = emptyTally();
  readonly #batches: AsyncIterator<RecordBatch>;
  readonly #first: RecordBatch;
  readonly #columns: Columns;
  readonly #header: CsvHeader | undefined;
  #ended = false;

  private constructor(
    batches: AsyncIterator<RecordBatch>,
    begun: { readonly first: RecordBatch; readonly columns: Columns; readonly header: CsvHeader | undefined },
  ) {
    this.#batches = batches;
    this.#first = begun.first;
    this.#columns = begun.columns;
    this.#header = begun.header;
  }

  /** @throws Error with a message of one line, if the header is not one for `columns` or cannot be read. */
  static async open(chunks: AsyncIterable<Uint8Array>, format: RecordFormat, columns: Columns): Promise<RecordReader> {
    const batches = batchesOf(chunks, new RecordSplitter(format));
    if (format === 'ndjson') return new RecordReader(batches, { first: [], columns, header: undefined });
    const next = await batches.next();
    const [headRecord, ...first] = next.done === true ? [] : next.value;
    const result = readCsvHeader(headRecord, columns);
    if (result.kind === 'unusable') throw new Error(result.message);
    return new RecordReader(batches, { first, columns, header: result.header });
  }

  /** The input was read to its end. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Checks one of the records. */
  judge(record: RawRecord): Verdict {
    return this.#header === undefined ? validateNdjson(record, this.#columns) : validateCsv(record, this.#header);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RecordBatch> {
    try {
      if (this.#first.length > 0) yield this.#handOut(this.#first);
      for (let next = await this.#batches.next(); next.done !== true; next = await this.#batches.next()) {
        yield this.#handOut(next.value);
      }
      this.#ended = true;
    } finally {
      await this.#batches.return?.();
    }
  }

  #handOut(batch: RecordBatch): RecordBatch {
    for (const { line } of batch) addRecord(this.handedOut, line);
    // The channel deep-freezes what is not frozen. Nobody writes to these records, and looking into each costs as much as
    // splitting the input.
    return Object.freeze(batch);
  }
}

async function* batchesOf(chunks: AsyncIterable<Uint8Array>, splitter: RecordSplitter): AsyncGenerator<RecordBatch> {
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += sliceBytes) {
      for (const batch of cut(splitter.push(chunk.subarray(from, from + sliceBytes)))) yield batch;
    }
  }
  for (const batch of cut(splitter.end())) yield batch;
}

function* cut(records: readonly RawRecord[]): Generator<RecordBatch> {
  for (let from = 0; from < records.length; from += recordsPerBatchMax) {
    yield records.slice(from, from + recordsPerBatchMax);
  }
}
