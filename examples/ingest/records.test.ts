import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  csvRecords,
  ndjsonRecords,
  oversizedTextBytes,
  type RawRecord,
  recordBytesMaxDefault,
  type RecordFormat,
  type RecordOptions,
  RecordSplitter,
} from './records.ts';
import { parseCsvRecord } from './parse.ts';

function split(format: RecordFormat, input: string | Uint8Array, options: RecordOptions = {}): RawRecord[] {
  const splitter = new RecordSplitter(format, options);
  return [...splitter.push(Buffer.from(input)), ...splitter.end()];
}

/** `[line, text]`, or `[line, text, flag]`: shorter to read than the objects. */
function csv(input: string | Uint8Array, recordBytesMax?: number): unknown[] {
  return split('csv', input, recordBytesMax === undefined ? {} : { recordBytesMax }).map(brief);
}

function brief({ line, text, ...flags }: RawRecord): unknown[] {
  return [line, text, ...Object.keys(flags)];
}

async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.slice(at, at + size);
    at += size;
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('lines', () => {
  test.each([
    ['LF', 'a\nb\n'],
    ['CRLF', 'a\r\nb\r\n'],
    ['CR', 'a\rb\r'],
    ['a last line without an end', 'a\nb'],
  ])('end with %s', (_, input) => {
    expect(csv(input)).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(split('ndjson', input).map(brief)).toEqual(csv(input));
  });

  test('that are empty are skipped but counted, whatever their ends', () => {
    expect(csv('\n\r\n\ra\n\n\r\r\nb\n\n')).toEqual([
      [4, 'a'],
      [8, 'b'],
    ]);
  });

  test('of spaces are records', () => {
    expect(csv(' \n\t')).toEqual([
      [1, ' '],
      [2, '\t'],
    ]);
  });

  test('are none in an empty input or in one of nothing but a byte order mark', () => {
    expect(csv('')).toEqual([]);
    expect(csv('\uFEFF')).toEqual([]);
  });

  test('start after a byte order mark, which is dropped at the very start only', () => {
    expect(csv('\uFEFF"a,\n",b\n\uFEFFc')).toEqual([
      [1, '"a,\n",b'],
      [3, '\uFEFFc'],
    ]);
  });

  test('of one or two bytes are not taken for half a byte order mark', () => {
    expect(csv('a')).toEqual([[1, 'a']]);
    expect(csv(Uint8Array.of(0xef, 0xbb))).toEqual([[1, '\uFFFD', 'invalidUtf8']]);
  });

  test('keep their quotes to themselves in NDJSON', () => {
    expect(split('ndjson', '{"a":"\n"}\n').map(brief)).toEqual([
      [1, '{"a":"'],
      [2, '"}'],
    ]);
  });
});

describe('quotes', () => {
  test('hold commas, doubled quotes and line ends together', () => {
    expect(csv('a,"x,""y""\nz\r\n",c\nnext\n')).toEqual([
      [1, 'a,"x,""y""\nz\r\n",c'],
      [4, 'next'],
    ]);
  });

  test('hold CRLF as one line end and CR LF LF as two', () => {
    expect(csv('"\r\n"\nb')).toEqual([
      [1, '"\r\n"'],
      [3, 'b'],
    ]);
    expect(csv('"\r\r\n"\nb')).toEqual([
      [1, '"\r\r\n"'],
      [4, 'b'],
    ]);
  });

  test('may be empty', () => {
    expect(csv('""\n"",""\n')).toEqual([
      [1, '""'],
      [2, '"",""'],
    ]);
  });

  test.each([
    ['inside an unquoted field', 'a,b"c,d\nnext,"1\n2"\n', [[1, 'a,b"c,d']]],
    ['with text after the closing one', '"a"b,"c\nnext,"1\n2"\n', [[1, '"a"b,"c']]],
    ['never closed', 'a,"b\nnext,1\n', [[1, 'a,"b']]],
    [
      'closed by the quote of a later record',
      'a,"b\nc\nd,"e"\nnext,1\n',
      [
        [1, 'a,"b'],
        [2, 'c'],
        [3, 'd,"e"'],
      ],
    ],
  ])('that are broken cost one line: %s', (_, input, broken) => {
    const found = csv(input);
    expect(found.slice(0, broken.length)).toEqual(broken);
    expect(found.slice(broken.length)).toHaveLength(1);
    expect(found.at(-1)).toEqual([broken.length + 1, input.includes('next,1') ? 'next,1' : 'next,"1\n2"']);
  });

  test('that are broken on every line cost those lines only', () => {
    expect(csv('x\n"a"b\ny\na"\r\n"\r\nz')).toEqual([
      [1, 'x'],
      [2, '"a"b'],
      [3, 'y'],
      [4, 'a"'],
      [5, '"'],
      [6, 'z'],
    ]);
  });

  test('that are never closed in a large input are read over twice at most', () => {
    const lines = Array.from({ length: 50_000 }, (_, i) => (i % 100 === 0 ? '"x' : '"y",z'));
    expect(csv(lines.join('\n'))).toEqual(lines.map((line, i) => [i + 1, line]));
  });
});

describe('the bound', () => {
  test('admits a record of recordBytesMax bytes and cuts the next larger one', () => {
    expect(csv('12345\r\nb', 5)).toEqual([
      [1, '12345'],
      [2, 'b'],
    ]);
    expect(csv('123456\r\nb', 5)).toEqual([
      [1, '12345', 'oversized'],
      [2, 'b'],
    ]);
    expect(csv('123456', 5)).toEqual([[1, '12345', 'oversized']]);
    expect(csv('12345', 5)).toEqual([[1, '12345']]);
  });

  test('counts bytes, and cuts between characters', () => {
    expect(csv('éé\nb', 4)).toEqual([
      [1, 'éé'],
      [2, 'b'],
    ]);
    expect(csv('ééx\nb', 3)).toEqual([
      [1, 'é', 'oversized'],
      [2, 'b'],
    ]);
    expect(csv('a😀b\nb', 4)).toEqual([
      [1, 'a', 'oversized'],
      [2, 'b'],
    ]);
  });

  test('admits a record of several lines of that length; a longer one is its first line', () => {
    expect(csv('"a\nb"\nc', 5)).toEqual([
      [1, '"a\nb"'],
      [3, 'c'],
    ]);
    expect(csv('"a\nbc"\nc', 5)).toEqual([
      [1, '"a'],
      [2, 'bc"'],
      [3, 'c'],
    ]);
  });

  test('ends an oversized line at its line end, whatever quotes it holds', () => {
    expect(csv('a,"bcdefgh\ni"\nj', 5)).toEqual([
      [1, 'a,"bc', 'oversized'],
      [2, 'i"'],
      [3, 'j'],
    ]);
  });

  test('holds for a record that outgrows it where its quote breaks', () => {
    expect(csv('""3456', 5)).toEqual([[1, '""345', 'oversized']]);
    expect(csv('""345', 5)).toEqual([[1, '""345']]);
  });

  test('keeps the start of an oversized record only', () => {
    const [record, ...others] = split('ndjson', 'x'.repeat(recordBytesMaxDefault + 1));
    expect(record).toEqual({ line: 1, text: 'x'.repeat(oversizedTextBytes), oversized: true });
    expect(others).toEqual([]);
    expect(split('ndjson', 'x'.repeat(recordBytesMaxDefault))[0]?.text).toHaveLength(recordBytesMaxDefault);
  });

  test('is an integer of 1 or more', () => {
    expect(csv('a\nbc', 1)).toEqual([
      [1, 'a'],
      [2, 'b', 'oversized'],
    ]);
    for (const recordBytesMax of [0, -1, 1.5, NaN, Infinity]) {
      expect(() => new RecordSplitter('csv', { recordBytesMax })).toThrow(
        'recordBytesMax must be an integer of 1 or more',
      );
    }
  });

  test('bounds the time for a record that comes byte by byte', () => {
    const splitter = new RecordSplitter('csv', { recordBytesMax: 300_000 });
    const byte = Buffer.from('x');
    for (let i = 0; i < 300_000; i += 1) splitter.push(byte);
    expect(splitter.end()[0]?.text).toHaveLength(300_000);
  });
});

describe('UTF-8', () => {
  test('that is invalid is marked, in its own record only', () => {
    expect(csv(Buffer.concat([Buffer.from('a\né'), Uint8Array.of(0xff), Buffer.from('\nc')]))).toEqual([
      [1, 'a'],
      [2, 'é\uFFFD', 'invalidUtf8'],
      [3, 'c'],
    ]);
  });

  test('may hold U+FFFD itself', () => {
    expect(csv('\uFFFD')).toEqual([[1, '\uFFFD']]);
  });
});

/** Inputs full of the bytes that matter. */
const nastyBytes = fc
  .array(
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc.constantFrom('"', '"', ',', '\n', '\r', '\r\n', 'a', 'é', '😀', '\uFEFF', '""', '"\n"', '",'),
      },
      { weight: 1, arbitrary: fc.constantFrom(Uint8Array.of(0xff), Uint8Array.of(0xe2, 0x82), Uint8Array.of(0x80)) },
    ),
    { maxLength: 60 },
  )
  .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part as string))));

test('every chunking of the input gives the same records', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });
  const bound = fc.integer({ min: 1, max: 70 });
  await fc.assert(
    fc.asyncProperty(nastyBytes, sizes, bound, async (bytes, chunkSizes, recordBytesMax) => {
      for (const [format, read] of [['csv', csvRecords] as const, ['ndjson', ndjsonRecords] as const]) {
        const found = await collect(read(chunksOf(bytes, chunkSizes), { recordBytesMax }));
        expect(found).toEqual(split(format, bytes, { recordBytesMax }));
      }
    }),
    { numRuns: 1_000 },
  );
});

test('no byte is lost: records and line ends together are the input', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('"', ',', '\n', 'a', 'é', '"a"', ',"'), { maxLength: 60 }), (parts) => {
      const input = parts.join('');
      const lines = input.split('\n');
      for (const { line, text } of split('csv', input)) {
        for (const [i, part] of text.split('\n').entries()) {
          expect(lines[line - 1 + i]).toBe(part);
          lines[line - 1 + i] = '';
        }
      }
      expect(lines.join('')).toBe('');
    }),
    { numRuns: 1_000 },
  );
});

test('what RFC 4180 writes is read back', async () => {
  const field = fc.array(fc.constantFrom('"', ',', '\n', '\r\n', '\r', 'a', ' ', 'é', '😀'), { maxLength: 6 });
  const row = fc.array(
    field.map((parts) => parts.join('')),
    { minLength: 1, maxLength: 4 },
  );
  const written = (fields: readonly string[]): string =>
    fields.map((text) => (/^$|[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(',');
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 6 }), fc.constantFrom('\n', '\r\n', '\r'), async (rows, lineEnd) => {
      const bytes = Buffer.from(rows.map((fields) => written(fields) + lineEnd).join(''));
      const found = await collect(csvRecords(chunksOf(bytes, [3, 1])));
      expect(found.map(({ text }) => parseCsvRecord(text))).toEqual(rows.map((fields) => ({ kind: 'fields', fields })));
    }),
    { numRuns: 500 },
  );
});

test('a chunk may be reused by its owner as soon as the next one is asked for', async () => {
  async function* reused(): AsyncGenerator<Uint8Array> {
    const buffer = Buffer.alloc(1);
    for (const byte of Buffer.from('ab\ncd')) {
      buffer[0] = byte;
      yield buffer;
    }
  }
  expect((await collect(ndjsonRecords(reused()))).map(brief)).toEqual([
    [1, 'ab'],
    [2, 'cd'],
  ]);
});
