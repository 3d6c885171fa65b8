import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Columns,
  type CsvHeader,
  parseCsvRecord,
  readCsvHeader,
  validateCsv,
  validateNdjson,
  type Verdict,
} from './parse.ts';
import type { RawRecord } from './records.ts';

const columns: Columns = { key: 'city', value: 'amount' };

function raw(text: string, flags: Partial<RawRecord> = {}): RawRecord {
  return { line: 7, text, ...flags };
}

function header(text: string, wanted: Columns = columns): CsvHeader {
  const result = readCsvHeader(raw(text), wanted);
  if (result.kind === 'unusable') throw new Error(result.message);
  return result.header;
}

function csv(text: string, flags: Partial<RawRecord> = {}): Verdict {
  return validateCsv(raw(text, flags), header('id,city,amount'));
}

function ndjson(text: string, flags: Partial<RawRecord> = {}): Verdict {
  return validateNdjson(raw(text, flags), columns);
}

const accepted = (key: string, value: number): Verdict => ({ kind: 'accepted', line: 7, key, value });
const rejected = (text: string, reason: string): Verdict => ({ kind: 'rejected', line: 7, reason, text });

describe('a CSV record', () => {
  test.each([
    ['', ['']],
    [',', ['', '']],
    ['a,b', ['a', 'b']],
    [' a , b ', [' a ', ' b ']],
    ['"a",b,"c"', ['a', 'b', 'c']],
    ['"",""', ['', '']],
    ['"""",""""""', ['"', '""']],
    ['"a,""b""\r\n",c,', ['a,"b"\r\n', 'c', '']],
  ])('%j has its fields', (text, fields) => {
    expect(parseCsvRecord(text)).toEqual({ kind: 'fields', fields });
  });

  test.each([
    ['"', 'never closed'],
    ['a,"b', 'never closed'],
    ['"a""', 'never closed'],
    ['"a"b', 'text after the closing quote'],
    ['"a" ,b', 'text after the closing quote'],
    ['a"', 'inside an unquoted field'],
    ['a, "b"', 'inside an unquoted field'],
    ['"a",b"c"', 'inside an unquoted field'],
  ])('%j has a broken quote', (text, where) => {
    expect(parseCsvRecord(text)).toEqual({ kind: 'broken', reason: `broken quote: ${where}` });
  });

  test('is the same with every field quoted', () => {
    const fields = fc.array(fc.string({ unit: fc.constantFrom('"', ',', '\n', 'a', ' ') }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(fields, (expected) => {
        const text = expected.map((field) => `"${field.replaceAll('"', '""')}"`).join(',');
        expect(parseCsvRecord(text)).toEqual({ kind: 'fields', fields: expected });
      }),
    );
  });
});

describe('a CSV header', () => {
  test('gives the places of both columns', () => {
    expect(header('"amount",id,"city"')).toEqual({ columns, fieldCount: 3, keyIndex: 2, valueIndex: 0 });
    expect(header('n', { key: 'n', value: 'n' })).toMatchObject({ keyIndex: 0, valueIndex: 0 });
  });

  test('may repeat a name that nobody asked for', () => {
    expect(header('x,x,city,amount')).toMatchObject({ fieldCount: 4, keyIndex: 2, valueIndex: 3 });
  });

  test.each([
    ['city,amount,city', 'the header has the column "city" more than once'],
    ['amount,city,amount', 'the header has the column "amount" more than once'],
    ['City,amount', 'the header has no column "city", it has "City", "amount"'],
    ['city, amount', 'the header has no column "amount", it has "city", " amount"'],
    ['city,"amount', 'the header has a broken quote: never closed'],
  ])('%j is unusable', (text, message) => {
    expect(readCsvHeader(raw(text), columns)).toEqual({ kind: 'unusable', message });
  });

  test('is needed, in whole and in UTF-8', () => {
    expect(readCsvHeader(undefined, columns)).toMatchObject({ message: 'the input is empty: CSV needs a header line' });
    expect(readCsvHeader(raw('city,amount', { oversized: true }), columns)).toMatchObject({ kind: 'unusable' });
    expect(readCsvHeader(raw('city,amount', { invalidUtf8: true }), columns)).toMatchObject({ kind: 'unusable' });
  });

  test('is told on one short line, however it looks', () => {
    const names = Array.from({ length: 22 }, (_, i) => `"${'x'.repeat(50)}\n${i}"`).join(',');
    const result = readCsvHeader(raw(names), columns);
    expect(result).toMatchObject({
      kind: 'unusable',
      message: expect.stringMatching(/^the header has no column.* and 2 more$/),
    });
  });
});

describe('a CSV value', () => {
  test.each([
    ['0', 0],
    ['-12.50', -12.5],
    ['+3', 3],
    ['1e3', 1000],
    ['1E-2', 0.01],
    [' 4\t', 4],
    ['1e-999', 0],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['9007199254740993', 9007199254740992],
  ])('%j is a number', (text, value) => {
    expect(csv(`1,Oslo,${text}`)).toEqual(accepted('Oslo', value));
    expect(csv(`1,Oslo,"${text}"`)).toEqual(accepted('Oslo', value));
  });

  test.each([
    '',
    ' ',
    'abc',
    '0x10',
    '0b1',
    'Infinity',
    '-Infinity',
    'NaN',
    '.5',
    '5.',
    '007',
    '1_000',
    '1 000',
    '--1',
    '1e',
    '１',
  ])('%j is none', (text) => {
    const reason = `value "amount" is not a number: ${JSON.stringify(text)}`;
    expect(csv(`1,Oslo,${text}`)).toEqual(rejected(`1,Oslo,${text}`, reason));
  });

  test('beyond the range of a double is rejected', () => {
    expect(csv('1,Oslo,-1e309')).toEqual(rejected('1,Oslo,-1e309', 'value "amount" is out of range'));
  });

  test('is every finite double as JavaScript writes it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(csv(`1,Oslo,${value}`)).toEqual(accepted('Oslo', value === 0 ? 0 : value));
      }),
    );
  });
});

describe('a CSV record below the header', () => {
  test('keeps its key as it stands, empty or not', () => {
    expect(csv('1, Oslo ,5')).toEqual(accepted(' Oslo ', 5));
    expect(csv('1,,5')).toEqual(accepted('', 5));
  });

  test('needs as many fields as the header', () => {
    expect(csv('1,Oslo')).toEqual(rejected('1,Oslo', 'wrong number of fields: 2, the header has 3'));
    expect(csv('1,Oslo,5,')).toEqual(rejected('1,Oslo,5,', 'wrong number of fields: 4, the header has 3'));
  });

  test('is rejected for a broken quote, for its length, for bytes that are not UTF-8', () => {
    expect(csv('1,"Oslo,5')).toEqual(rejected('1,"Oslo,5', 'broken quote: never closed'));
    expect(csv('1,Oslo,5', { oversized: true })).toEqual(rejected('1,Oslo,5', 'record too long'));
    expect(csv('1,Oslo,5', { invalidUtf8: true })).toEqual(rejected('1,Oslo,5', 'invalid UTF-8'));
  });
});

describe('a line of NDJSON', () => {
  test.each([
    ['{"city":"Oslo","amount":-1.5}', 'Oslo', -1.5],
    [' {"amount":1e2,"city":"","x":[]} ', '', 100],
    ['{"city":1e2,"amount":1}', '100', 1],
    ['{"city":"a","city":"b","amount":1}', 'b', 1],
    ['{"city":"\\ud83d","amount":1}', '\ud83d', 1],
  ])('%s is accepted', (text, key, value) => {
    expect(ndjson(text)).toEqual(accepted(key, value));
  });

  test.each([
    ['{"city":"Oslo"', 'not JSON'],
    ['{"city":"Oslo","amount":+1}', 'not JSON'],
    ['[1]', 'not a JSON object'],
    ['null', 'not a JSON object'],
    ['"text"', 'not a JSON object'],
    ['{"amount":1}', 'missing field "city"'],
    ['{"city":"Oslo"}', 'missing field "amount"'],
    ['{"city":null,"amount":1}', 'key "city" is neither a string nor a finite number'],
    ['{"city":1e999,"amount":1}', 'key "city" is neither a string nor a finite number'],
    ['{"city":["a"],"amount":1}', 'key "city" is neither a string nor a finite number'],
    ['{"city":"a","amount":"1"}', 'value "amount" is not a number: "1"'],
    ['{"city":"a","amount":null}', 'value "amount" is not a number: null'],
    ['{"city":"a","amount":[1]}', 'value "amount" is not a number: array'],
    ['{"city":"a","amount":{}}', 'value "amount" is not a number: object'],
    ['{"city":"a","amount":true}', 'value "amount" is not a number: boolean'],
    ['{"city":"a","amount":1e999}', 'value "amount" is out of range'],
  ])('%s is rejected', (text, reason) => {
    expect(ndjson(text)).toEqual(rejected(text, reason));
  });

  test('has only the fields that it names', () => {
    const record = raw('{"amount":1}');
    expect(validateNdjson(record, { key: 'toString', value: 'amount' })).toMatchObject({
      reason: 'missing field "toString"',
    });
    const proto = raw('{"__proto__":"x","amount":1}');
    expect(validateNdjson(proto, { key: '__proto__', value: 'amount' })).toEqual(accepted('x', 1));
  });

  test('is rejected for its length and for bytes that are not UTF-8', () => {
    expect(ndjson('{', { oversized: true })).toEqual(rejected('{', 'record too long'));
    expect(ndjson('{', { invalidUtf8: true })).toEqual(rejected('{', 'invalid UTF-8'));
  });
});

test('a reason shows 40 characters of a value and no line end', () => {
  const reason = `value "amount" is not a number: "${'x'.repeat(39)}\\n…"`;
  const text = `1,Oslo,"${'x'.repeat(39)}\n${'x'.repeat(9)}"`;
  expect(csv(text)).toEqual(rejected(text, reason));
  expect(csv(`1,Oslo,${'x'.repeat(40)}`)).toMatchObject({
    reason: `value "amount" is not a number: "${'x'.repeat(40)}"`,
  });
});
