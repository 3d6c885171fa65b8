/**
 * The result of the ingest example, computed a second time in the plainest way: the whole input in memory, regular
 * expressions instead of a state machine, a list for each key instead of running totals. It shares no code with
 * examples/ingest, so that a mistake would have to be made twice to stay unseen.
 */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const field = '(?:"[^"]*(?:""[^"]*)*"(?!")|[^",]*)';
const plainField = '(?:"[^"]*(?:""[^"]*)*"(?!")|[^",\\r\\n]*)';
const wholeRecord = new RegExp(`^${plainField}(?:,${plainField})*$`);
const goodStart = new RegExp(`^(?:${field},)*`);
const decimal = /^[+-]?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

/**
 * @param {Uint8Array | string} input The bytes, or the path of a file with them; gzip or plain.
 * @param {{ format: 'csv' | 'ndjson', key: string, value: string, recordBytesMax?: number }} options
 * @returns {{ result: string, deadLetters: { line: number, reason: string, text: string }[], records: number }}
 *   The NDJSON text, the rejected records in input order, and how many records there were, the header not counted.
 */
export function ingestReference(input, { format, key, value, recordBytesMax = 1048576 }) {
  let bytes = Buffer.from(typeof input === 'string' ? readFileSync(input) : input);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = gunzipSync(bytes);
  const records = rawRecords(bytes, format, recordBytesMax);
  const deadLetters = [];
  const values = new Map();
  let header;
  if (format === 'csv') {
    header = csvHeader(records.shift(), key, value);
  }
  for (const record of records) {
    try {
      const [k, v] = format === 'csv' ? fromCsv(record, header) : fromJson(record, key, value);
      if (!values.has(k)) values.set(k, []);
      values.get(k).push(v === 0 ? 0 : v);
    } catch (reason) {
      if (typeof reason !== 'string') throw reason;
      deadLetters.push({ line: record.line, reason, text: record.text });
    }
  }
  let result = '';
  for (const k of [...values.keys()].sort(byCodePoint)) {
    const all = values.get(k);
    let [sum, min, max] = [all[0], all[0], all[0]];
    for (const v of all.slice(1)) {
      sum += v;
      if (v < min) min = v;
      if (v > max) max = v;
    }
    result += `${JSON.stringify({ key: k, count: all.length, sum, min, max })}\n`;
  }
  return { result, deadLetters, records: records.length };
}

/** One character for each byte, so that lengths are bytes; decoded record by record at the end. */
function rawRecords(bytes, format, recordBytesMax) {
  const all = bytes.toString('latin1').replace(/^\xef\xbb\xbf/, '');
  const lines = [...all.matchAll(/([^\r\n]*)(\r\n|\n|\r|$)/g)];
  const found = [];
  for (let i = 0; i < lines.length; i += 1) {
    const [, first] = lines[i];
    const line = i + 1;
    if (first.length > recordBytesMax) {
      found.push({ line, text: startOf(first, Math.min(recordBytesMax, 1024)), fault: 'record too long' });
      continue;
    }
    let raw = first;
    if (format === 'csv' && quotes(first) % 2 === 1) {
      // Join lines until the quotes are even in number; if that makes a record of the right shape, it is one.
      let joined = first;
      let open = true;
      let last = i;
      while (open && last + 1 < lines.length && joined.length <= recordBytesMax) {
        joined += lines[last][2] + lines[last + 1][1];
        last += 1;
        open = quotes(lines[last][1]) % 2 === 0;
      }
      if (!open && joined.length <= recordBytesMax && wholeRecord.test(joined)) {
        raw = joined;
        i = last;
      }
    }
    if (raw !== '') found.push({ line, ...decoded(raw) });
  }
  return found;
}

function quotes(text) {
  return text.split('"').length - 1;
}

function decoded(raw) {
  const bytes = Buffer.from(raw, 'latin1');
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), fault: 'invalid UTF-8' };
  }
}

/** At most `length` bytes, without the half character at the end that the cut may leave. */
function startOf(raw, length) {
  let cut = raw.slice(0, length);
  const half = /[\xc0-\xff][\x80-\xbf]{0,2}$/.exec(cut);
  if (half && /^[\x80-\xbf]/.test(raw.slice(length))) cut = cut.slice(0, half.index);
  return Buffer.from(cut, 'latin1').toString('utf8');
}

function csvFields(text) {
  if (!wholeRecord.test(text)) {
    const rest = text.replace(goodStart, '');
    if (!rest.startsWith('"')) throw 'broken quote: inside an unquoted field';
    if (/^"[^"]*(?:""[^"]*)*"(?!")/.test(rest)) throw 'broken quote: text after the closing quote';
    throw 'broken quote: never closed';
  }
  const fields = [...`,${text}`.matchAll(new RegExp(`,(${plainField})`, 'g'))].map((match) => match[1]);
  return fields.map((raw) => (raw.startsWith('"') ? raw.slice(1, -1).split('""').join('"') : raw));
}

function csvHeader(record, key, value) {
  if (!record) throw new Error('no header');
  if (record.fault) throw new Error(record.fault);
  const names = csvFields(record.text);
  for (const name of [key, value]) {
    if (names.filter((other) => other === name).length !== 1) throw new Error(`not one column ${name}`);
  }
  return { names, key, value };
}

function fromCsv(record, { names, key, value }) {
  if (record.fault) throw record.fault;
  const fields = csvFields(record.text);
  if (fields.length !== names.length) {
    throw `wrong number of fields: ${fields.length}, the header has ${names.length}`;
  }
  const text = fields[names.indexOf(value)];
  if (!decimal.test(text.replace(/^[ \t]+|[ \t]+$/g, ''))) {
    throw `value ${shown(value)} is not a number: ${shown(text)}`;
  }
  return [fields[names.indexOf(key)], inRange(parseFloat(text.trim()), value)];
}

function fromJson(record, key, value) {
  if (record.fault) throw record.fault;
  let object;
  try {
    object = JSON.parse(record.text);
  } catch {
    throw 'not JSON';
  }
  if (Object.prototype.toString.call(object) !== '[object Object]') throw 'not a JSON object';
  const members = new Map(Object.entries(object));
  for (const name of [key, value]) if (!members.has(name)) throw `missing field ${shown(name)}`;
  const k = members.get(key);
  if (!(typeof k === 'string' || (typeof k === 'number' && Math.abs(k) !== Infinity))) {
    throw `key ${shown(key)} is neither a string nor a finite number`;
  }
  const v = members.get(value);
  if (typeof v === 'string') throw `value ${shown(value)} is not a number: ${shown(v)}`;
  if (v === null) throw `value ${shown(value)} is not a number: null`;
  if (Array.isArray(v)) throw `value ${shown(value)} is not a number: array`;
  if (typeof v !== 'number') throw `value ${shown(value)} is not a number: ${typeof v}`;
  return [`${k}`, inRange(v, value)];
}

function inRange(number, name) {
  if (Math.abs(number) === Infinity) throw `value ${shown(name)} is out of range`;
  return number;
}

function shown(text) {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function byCodePoint(left, right) {
  const [a, b] = [[...left], [...right]].map((characters) => characters.map((character) => character.codePointAt(0)));
  for (let i = 0; i < a.length && i < b.length; i += 1) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
