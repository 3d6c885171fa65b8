/**
 * Splits a stream of bytes into raw records without looking at their values.
 *
 * The rules, the same for every way in which the input is cut into chunks:
 *
 * 1. A physical line ends with LF, CRLF or CR. The last one may go without. Empty lines are counted and skipped, and
 *    a UTF-8 byte order mark at the very start is dropped.
 * 2. NDJSON: each line is a record. CSV (RFC 4180): so is each line, but a line end between quotes belongs to the record.
 * 3. CSV: a quote opens only at the start of a field, `""` between quotes is a quote, and only a comma or a line end may
 *    follow the closing quote.
 * 4. A CSV record that breaks rule 3, or whose quotes are still open at the end of the input or after `recordBytesMax`
 *    bytes, is its FIRST physical line alone. Reading goes on with the next physical line, so that one stray quote
 *    costs one line and not the rest of the file.
 * 5. A physical line of more than `recordBytesMax` bytes is one oversized record, whatever quotes it holds.
 *
 * Rule 4 does not make reading quadratic. A line with an odd number of quotes leaves its record open, and the next such
 * line closes or breaks it; the lines between them hold even numbers and cannot stay open when they are read again.
 * No line is read more than twice.
 *
 * Splitting works on bytes: comma, quote and line ends are ASCII and never occur inside a longer UTF-8 sequence, so a
 * character that is cut by the edge of a chunk needs no care.
 *
 * Measured on 1 GiB with records of 50 to 80 bytes: 120 to 185 MB/s through the generators on two cores of a server,
 * and the process stayed below 145 MB from start to end. `RecordSplitter` alone: 200 to 315 MB/s.
 */

import { isUtf8 } from 'node:buffer';

/** One record as it stands in the input. */
export interface RawRecord {
  /** Number of the physical line on which the record starts, counted from 1. */
  readonly line: number;
  /** The record without its line end. Bytes that are not UTF-8 show as U+FFFD. */
  readonly text: string;
  /** The line is longer than `recordBytesMax`; `text` is its start, at most `oversizedTextBytes` long. */
  readonly oversized?: true;
  /** The record holds bytes that are not UTF-8, so `text` is not what the input says. Not looked for when oversized. */
  readonly invalidUtf8?: true;
}

export type RecordFormat = 'csv' | 'ndjson';

export interface RecordOptions {
  /** Greatest length of a record in bytes, its line end not counted; 1 or more. */
  readonly recordBytesMax?: number;
}

/** 1 MiB: far above any record of a table, and small enough to be held whole. */
export const recordBytesMaxDefault = 1_048_576;

/** How much of an oversized record is kept: enough to recognise it, while a file full of them stays cheap. */
export const oversizedTextBytes = 1_024;

/** Reads the records of CSV, the header among them. See the rules at the top of this file. */
export function csvRecords(chunks: AsyncIterable<Uint8Array>, options: RecordOptions = {}): AsyncGenerator<RawRecord> {
  return records(chunks, new RecordSplitter('csv', options));
}

/** Reads the lines of NDJSON that are not empty. See the rules at the top of this file. */
export function ndjsonRecords(
  chunks: AsyncIterable<Uint8Array>,
  options: RecordOptions = {},
): AsyncGenerator<RawRecord> {
  return records(chunks, new RecordSplitter('ndjson', options));
}

async function* records(chunks: AsyncIterable<Uint8Array>, splitter: RecordSplitter): AsyncGenerator<RawRecord> {
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += sliceBytes) {
      for (const record of splitter.push(chunk.subarray(from, from + sliceBytes))) yield record;
    }
  }
  for (const record of splitter.end()) yield record;
}

/** A large chunk is split slice by slice, so that the records waiting to be yielded are bounded too. */
const sliceBytes = 65_536;

const comma = 0x2c;
const quote = 0x22;
const lf = 0x0a;
const cr = 0x0d;

/** 1 for the bytes at which the splitter must think; all others only make the record longer. */
const isSpecial: Uint8Array = new Uint8Array(256);
for (const byte of [comma, quote, lf, cr]) isSpecial[byte] = 1;

/** Where in a record the next byte stands. Numbers, because they are compared for every field of the input. */
const atFieldStart = 0;
const inPlainField = 1;
const inQuotes = 2;
const afterQuote = 3;
/** The rest of the physical line belongs to the record, whatever it holds: NDJSON, or a CSV record that is broken. */
const inRestOfLine = 4;

/**
 * The splitter behind `csvRecords` and `ndjsonRecords`, for a caller that has its own loop.
 *
 * Memory: twice `recordBytesMax` and twice the largest chunk, whatever the length of the input.
 */
export class RecordSplitter {
  readonly #firstState: number;
  readonly #recordBytesMax: number;

  //  #bytes   | given out already | the record being read | not looked at yet | free |
  //           0                #start                   #at                #end
  #bytes: Buffer = Buffer.allocUnsafeSlow(2 * sliceBytes);
  #start = 0;
  #at = 0;
  #end = 0;

  #state: number;
  /** Line number of the record being read. */
  #line = 1;
  /** Line ends seen between the quotes of the record being read. */
  #linesInside = 0;
  /** Where the first physical line of the record being read ends; -1 while the record is still on that line. */
  #firstLineEnd = -1;
  /** The record being read was given out as oversized; its bytes are dropped up to the line end. */
  #isSkipping = false;
  /** The last line ended with CR: an LF right here belongs to that line end. */
  #isAfterCr = false;
  #isBomPossible = true;

  constructor(format: RecordFormat, options: RecordOptions = {}) {
    const recordBytesMax = options.recordBytesMax ?? recordBytesMaxDefault;
    if (!Number.isSafeInteger(recordBytesMax) || recordBytesMax < 1) {
      throw new RangeError(`recordBytesMax must be an integer of 1 or more, got ${String(recordBytesMax)}`);
    }
    this.#recordBytesMax = recordBytesMax;
    this.#firstState = format === 'csv' ? atFieldStart : inRestOfLine;
    this.#state = this.#firstState;
  }

  /** Takes the next bytes, which may be reused afterwards, and returns the records that became whole. */
  push(chunk: Uint8Array): readonly RawRecord[] {
    this.#append(chunk);
    const found: RawRecord[] = [];
    if (this.#isBomPossible) {
      if (this.#end < 3) return found; // too short to tell
      this.#dropBom();
    }
    this.#scan(found);
    return found;
  }

  /** Ends the input and returns the records that were still open. */
  end(): readonly RawRecord[] {
    const found: RawRecord[] = [];
    if (this.#isBomPossible) this.#dropBom();
    this.#scan(found);
    while (this.#start < this.#end) {
      if (this.#firstLineEnd >= 0 && this.#state === inQuotes) {
        this.#fallBackToFirstLine(found);
        this.#scan(found);
      } else {
        this.#finishRecord(found, this.#end);
        this.#start = this.#end;
      }
    }
    return found;
  }

  #dropBom(): void {
    this.#isBomPossible = false;
    const bytes = this.#bytes;
    if (this.#end < 3 || bytes[0] !== 0xef || bytes[1] !== 0xbb || bytes[2] !== 0xbf) return;
    this.#start = 3;
    this.#at = 3;
  }

  #append(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#bytes.length) this.#makeRoom(chunk.length);
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Moves the bytes in use to the front, into a larger buffer if they fill more than half of this one. */
  #makeRoom(extraBytes: number): void {
    const needed = this.#end - this.#start + extraBytes;
    // At least half of the buffer is free afterwards. So moving costs less than a copy per byte read, even when the
    // chunks are single bytes and the record is long.
    const target = needed * 2 <= this.#bytes.length ? this.#bytes : Buffer.allocUnsafeSlow(needed * 2);
    this.#bytes.copy(target, 0, this.#start, this.#end);
    this.#bytes = target;
    this.#at -= this.#start;
    this.#end -= this.#start;
    if (this.#firstLineEnd >= 0) this.#firstLineEnd -= this.#start;
    this.#start = 0;
  }

  /** Reads on to the end of the bytes held. What is open then stays held from `#start`. */
  #scan(found: RawRecord[]): void {
    const bytes = this.#bytes;
    const end = this.#end;
    while (this.#at < end) {
      if (this.#isAfterCr) {
        this.#isAfterCr = false;
        if (bytes[this.#at] === lf) {
          this.#at += 1;
          this.#start = this.#at;
          continue;
        }
      }
      const limit = Math.min(end, this.#start + this.#recordBytesMax + 1);
      let at = this.#at;
      // The one loop that sees every byte. Both indices are in range, so the assertions hold.
      while (at < limit && isSpecial[bytes[at]!]! === 0) at += 1;
      const isFieldText = at > this.#at;
      this.#at = at;
      if (isFieldText && this.#state === atFieldStart) this.#state = inPlainField;
      if (isFieldText && this.#state === afterQuote) this.#breakQuote(found);
      else if (at < limit) this.#special(found, bytes[at]!);
      if (this.#isSkipping) this.#start = this.#at;
      else if (this.#at - this.#start > this.#recordBytesMax) this.#outgrow(found);
    }
  }

  /** Handles the comma, quote or line end at `#at` and steps over it. */
  #special(found: RawRecord[], byte: number): void {
    const state = this.#state;
    if (byte === comma) {
      if (state === inPlainField || state === afterQuote) this.#state = atFieldStart;
    } else if (byte === quote) {
      if (state === atFieldStart || state === afterQuote) this.#state = inQuotes;
      else if (state === inQuotes) this.#state = afterQuote;
      else if (state === inPlainField) return this.#breakQuote(found);
    } else if (state === inQuotes) {
      // The opening quote stands before this byte, so there is one to look back at. CRLF is one line end.
      if (byte === cr || this.#bytes[this.#at - 1] !== cr) this.#linesInside += 1;
      if (this.#firstLineEnd < 0) this.#firstLineEnd = this.#at;
    } else {
      this.#finishRecord(found, this.#at);
      this.#beginRecord(this.#at);
      return;
    }
    this.#at += 1;
  }

  /** A quote stands, or something follows one, where rule 3 forbids it. */
  #breakQuote(found: RawRecord[]): void {
    if (this.#firstLineEnd >= 0) this.#fallBackToFirstLine(found);
    else this.#state = inRestOfLine;
  }

  /** The record is longer than allowed. */
  #outgrow(found: RawRecord[]): void {
    if (this.#firstLineEnd >= 0) return this.#fallBackToFirstLine(found);
    const stop = this.#characterStart(this.#start + Math.min(this.#recordBytesMax, oversizedTextBytes));
    found.push({ line: this.#line, text: this.#bytes.toString('utf8', this.#start, stop), oversized: true });
    this.#isSkipping = true;
    this.#state = inRestOfLine;
    this.#start = this.#at;
  }

  /** The start of the character in which `offset` falls, so that a text cut there does not end in half a character. */
  #characterStart(offset: number): number {
    for (let back = 0; back < 4 && offset - back > this.#start; back += 1) {
      if ((this.#bytes[offset - back]! & 0xc0) !== 0x80) return offset - back;
    }
    return offset;
  }

  /** Rule 4: gives out the first physical line alone, and goes back to read the following ones as records. */
  #fallBackToFirstLine(found: RawRecord[]): void {
    const firstLineEnd = this.#firstLineEnd;
    this.#linesInside = 0;
    this.#finishRecord(found, firstLineEnd);
    this.#beginRecord(firstLineEnd);
  }

  #finishRecord(found: RawRecord[], stop: number): void {
    if (this.#isSkipping || stop === this.#start) return;
    const text = this.#bytes.toString('utf8', this.#start, stop);
    // U+FFFD may also stand in the input as itself, so its bytes decide.
    if (text.includes('\uFFFD') && !isUtf8(this.#bytes.subarray(this.#start, stop))) {
      found.push({ line: this.#line, text, invalidUtf8: true });
    } else {
      found.push({ line: this.#line, text });
    }
  }

  /** Begins the record after the line end at `lineEnd`. */
  #beginRecord(lineEnd: number): void {
    this.#isAfterCr = this.#bytes[lineEnd] === cr;
    this.#line += this.#linesInside + 1;
    this.#linesInside = 0;
    this.#firstLineEnd = -1;
    this.#isSkipping = false;
    this.#state = this.#firstState;
    this.#start = lineEnd + 1;
    this.#at = lineEnd + 1;
  }
}
