/**
 * From a raw record to a key and a number, or to a rejection that says why.
 *
 * What counts:
 *
 * - CSV number: the decimal syntax of JSON, with an optional leading `+`, and spaces or tabs around it. So no hex, no
 *   `Infinity`, no `.5`, no `007`, no digit separators, and an empty field is not 0.
 * - NDJSON number: a JSON number. A string that looks like one is rejected, for JSON has a way to write numbers.
 * - Both: a number beyond the range of a double (`1e999`) is rejected. More digits than a double holds are rounded.
 * - CSV key: the field as it stands, spaces and all; an empty key is a key.
 * - NDJSON key: a string, or a number, which is written as JavaScript writes it (`1e2` is the key `100`).
 */

import type { RawRecord } from './records.ts';

/** The names of the column, or NDJSON field, to group by and of the one to add up. They may be the same. */
export interface Columns {
  readonly key: string;
  readonly value: string;
}

export interface Accepted {
  readonly kind: 'accepted';
  readonly line: number;
  readonly key: string;
  readonly value: number;
}

export interface Rejected {
  readonly kind: 'rejected';
  readonly line: number;
  /** Short, and the same text for the same fault; values are cut after 40 characters. */
  readonly reason: string;
  readonly text: string;
}

export type Verdict = Accepted | Rejected;

export type ParsedCsvRecord =
  | { readonly kind: 'fields'; readonly fields: readonly string[] }
  | { readonly kind: 'broken'; readonly reason: string };

/** What a CSV header says about the records below it. */
export interface CsvHeader {
  readonly columns: Columns;
  readonly fieldCount: number;
  readonly keyIndex: number;
  readonly valueIndex: number;
}

export type CsvHeaderResult =
  | { readonly kind: 'header'; readonly header: CsvHeader }
  /** The program cannot start on this input: one line for the user, without a line end. */
  | { readonly kind: 'unusable'; readonly message: string };

/**
 * Splits one CSV record into its fields. `text` has no line end outside quotes, as `csvRecords` yields it.
 *
 * Not done with csv-parse: called for each record it took 8 to 15 µs and this function 0.1 to 0.3, and it has neither
 * these reasons nor the recovery of `records.ts`, with which this function must agree on what a broken quote is.
 */
export function parseCsvRecord(text: string): ParsedCsvRecord {
  if (!text.includes('"')) return { kind: 'fields', fields: text.split(',') };
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === '"') {
      const close = closingQuote(text, at + 1);
      if (close < 0) return { kind: 'broken', reason: 'broken quote: never closed' };
      if (close + 1 < text.length && text[close + 1] !== ',') {
        return { kind: 'broken', reason: 'broken quote: text after the closing quote' };
      }
      fields.push(text.slice(at + 1, close).replaceAll('""', '"'));
      at = close + 1;
    } else {
      const nextComma = text.indexOf(',', at);
      const fieldEnd = nextComma < 0 ? text.length : nextComma;
      const field = text.slice(at, fieldEnd);
      if (field.includes('"')) return { kind: 'broken', reason: 'broken quote: inside an unquoted field' };
      fields.push(field);
      at = fieldEnd;
    }
    if (at === text.length) return { kind: 'fields', fields };
    at += 1; // the comma, after which there is always another field, empty or not
  }
}

/** The quote that ends the field whose text begins at `from`, or -1. Doubled quotes are passed over. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}

/**
 * Reads the header, which is the first record of the input, or `undefined` for an input without records.
 *
 * Names are compared exactly, spaces and case included. A name that stands twice is no fault unless it was asked for.
 */
export function readCsvHeader(record: RawRecord | undefined, columns: Columns): CsvHeaderResult {
  if (record === undefined) return unusable('the input is empty: CSV needs a header line');
  if (record.oversized) return unusable('the header is too long: is this CSV?');
  if (record.invalidUtf8) return unusable('the header is not UTF-8: is this CSV?');
  const parsed = parseCsvRecord(record.text);
  if (parsed.kind === 'broken') return unusable(`the header has a ${parsed.reason}`);
  const names = parsed.fields;
  for (const name of [columns.key, columns.value]) {
    const index = names.indexOf(name);
    if (index < 0) return unusable(`the header has no column ${shown(name)}, it has ${shownNames(names)}`);
    if (names.includes(name, index + 1)) return unusable(`the header has the column ${shown(name)} more than once`);
  }
  const keyIndex = names.indexOf(columns.key);
  const valueIndex = names.indexOf(columns.value);
  return { kind: 'header', header: { columns, fieldCount: names.length, keyIndex, valueIndex } };
}

/** Judges a CSV record below the header. */
export function validateCsv(record: RawRecord, header: CsvHeader): Verdict {
  const fault = rawFault(record);
  if (fault !== undefined) return rejected(record, fault);
  const parsed = parseCsvRecord(record.text);
  if (parsed.kind === 'broken') return rejected(record, parsed.reason);
  const { fields } = parsed;
  if (fields.length !== header.fieldCount) {
    return rejected(record, `wrong number of fields: ${fields.length}, the header has ${header.fieldCount}`);
  }
  // Both indices are below fieldCount, so the assertions hold.
  const text = fields[header.valueIndex]!;
  if (!csvNumber.test(text)) return rejected(record, notANumber(header.columns.value, text));
  return withNumber(record, header.columns, fields[header.keyIndex]!, Number(text));
}

/** Judges a line of NDJSON. */
export function validateNdjson(record: RawRecord, columns: Columns): Verdict {
  const fault = rawFault(record);
  if (fault !== undefined) return rejected(record, fault);
  let parsed: unknown;
  try {
    parsed = JSON.parse(record.text);
  } catch {
    return rejected(record, 'not JSON'); // the engine's own message differs from one Node.js to the next
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return rejected(record, 'not a JSON object');
  const fields = new Map<string, unknown>(); // only own members count: `toString` is not a field of every record
  for (const name of [columns.key, columns.value]) {
    if (!Object.hasOwn(parsed, name)) return rejected(record, `missing field ${shown(name)}`);
    fields.set(name, Reflect.get(parsed, name));
  }
  const key = fields.get(columns.key);
  const value = fields.get(columns.value);
  if (typeof key !== 'string' && !(typeof key === 'number' && Number.isFinite(key))) {
    return rejected(record, `key ${shown(columns.key)} is neither a string nor a finite number`);
  }
  if (typeof value !== 'number') return rejected(record, notANumber(columns.value, value));
  return withNumber(record, columns, String(key), value);
}

/** `[0-9]` and not `\d` only to say that no other digits are meant. Anchored and without overlap: linear time. */
const csvNumber = /^[ \t]*[+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?[ \t]*$/;

function withNumber(record: RawRecord, columns: Columns, key: string, value: number): Verdict {
  if (!Number.isFinite(value)) return rejected(record, `value ${shown(columns.value)} is out of range`);
  return { kind: 'accepted', line: record.line, key, value };
}

function rawFault(record: RawRecord): string | undefined {
  if (record.oversized) return 'record too long';
  if (record.invalidUtf8) return 'invalid UTF-8';
  return undefined;
}

function rejected(record: RawRecord, reason: string): Rejected {
  return { kind: 'rejected', line: record.line, reason, text: record.text };
}

function unusable(message: string): CsvHeaderResult {
  return { kind: 'unusable', message };
}

function notANumber(name: string, value: unknown): string {
  return `value ${shown(name)} is not a number: ${typeof value === 'string' ? shown(value) : jsonKind(value)}`;
}

function jsonKind(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** In quotes, on one line and cut after 40 characters: reasons are read in lists. */
function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function shownNames(names: readonly string[]): string {
  const first = names.slice(0, 20).map(shown).join(', ');
  return names.length > 20 ? `${first} and ${names.length - 20} more` : first;
}
