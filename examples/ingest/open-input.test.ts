import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openInput } from './open-input.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingest-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

let files = 0;

async function fileOf(...parts: readonly (string | Uint8Array)[]): Promise<string> {
  files += 1;
  const path = join(folder, `input-${files}`);
  await writeFile(path, Buffer.concat(parts.map((part) => Buffer.from(part as string))));
  return path;
}

async function textOf(input: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function byteByByte(bytes: Uint8Array): Readable {
  return Readable.from(Array.from(bytes, (byte) => Buffer.of(byte)));
}

const long = Array.from({ length: 200_000 }, (_, i) => `line ${i}\n`).join('');

describe('a file', () => {
  test('is read as it stands, with its size and the progress', async () => {
    await using input = await openInput(await fileOf(long));
    expect(input.bytesTotal).toBe(long.length);
    expect(input.bytesRead()).toBe(0);
    expect(await textOf(input)).toBe(long);
    expect(input.bytesRead()).toBe(long.length);
  });

  test.each(['', 'a', '\x1f', '\x1fa'])('of %j is not gzip', async (text) => {
    await using input = await openInput(await fileOf(text));
    expect(await textOf(input)).toBe(text);
  });

  test('that is not there, or is a directory, is an error of one line', async () => {
    await expect(openInput(join(folder, 'nowhere'))).rejects.toThrow(/^cannot open ".*nowhere": ENOENT.*$/);
    await expect(openInput(folder)).rejects.toThrow(/^cannot open ".*": it is a directory$/);
  });

  test('is closed when the reader leaves early, and when nobody reads', async () => {
    for (const path of [await fileOf(long), await fileOf(gzipSync(long))]) {
      const input = await openInput(path);
      for await (const chunk of input) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      await input[Symbol.asyncDispose]();
      await input[Symbol.asyncDispose]();
      expect(await textOf(input)).toBe('');
      const unread = await openInput(path);
      await unread[Symbol.asyncDispose]();
      await expect(textOf(unread)).rejects.toThrow(/^cannot read ".*": file closed$/);
    }
  });
});

describe('gzip', () => {
  test('is unpacked by its first bytes; sizes and progress are of the packed file', async () => {
    const packed = gzipSync(long);
    await using input = await openInput(await fileOf(packed));
    expect(input.bytesTotal).toBe(packed.length);
    expect(await textOf(input)).toBe(long);
    expect(input.bytesRead()).toBe(packed.length);
  });

  test('of several members, one of them empty, is one text', async () => {
    await using input = await openInput(await fileOf(gzipSync('a\n'), gzipSync(''), gzipSync(long)));
    expect(await textOf(input)).toBe(`a\n${long}`);
  });

  test('may be padded with zeros', async () => {
    await using input = await openInput(await fileOf(gzipSync('a'), Buffer.alloc(600_000)));
    expect(await textOf(input)).toBe('a');
  });

  test('that ends early is an error, wherever it ends', async () => {
    const packed = gzipSync('some text');
    for (let length = 2; length < packed.length; length += 1) {
      await using input = await openInput(await fileOf(packed.subarray(0, length)));
      await expect(textOf(input)).rejects.toThrow(/^the gzip data in ".*" ends early: is it truncated\?$/);
    }
  });

  test('that is damaged is an error', async () => {
    const packed = gzipSync(long);
    packed[packed.length - 6]! ^= 1;
    await using input = await openInput(await fileOf(packed));
    await expect(textOf(input)).rejects.toThrow(/^the gzip data in ".*" is damaged: incorrect data check$/);
  });

  test('that is followed by something else is an error, even behind zeros', async () => {
    await using text = await openInput(await fileOf(gzipSync('a'), 'more'));
    await expect(textOf(text)).rejects.toThrow(/^the gzip data in ".*" is damaged: incorrect header check$/);
    await using behindZeros = await openInput(await fileOf(gzipSync('a'), '\0more'));
    await expect(textOf(behindZeros)).rejects.toThrow(/is followed by something else after 21 bytes$/);
    await using farBehind = await openInput(await fileOf(gzipSync('a'), Buffer.alloc(600_000), gzipSync('b')));
    await expect(textOf(farBehind)).rejects.toThrow('is followed by something else');
  });
});

describe('standard input', () => {
  test('is read as it stands, in chunks of any size, without a known size', async () => {
    await using input = await openInput('-', { stdin: byteByByte(Buffer.from('a,b\n1,é\n')) });
    expect(input.bytesTotal).toBeUndefined();
    expect(await textOf(input)).toBe('a,b\n1,é\n');
    expect(input.bytesRead()).toBe(9);
  });

  test('may be gzip, of several members, byte by byte', async () => {
    const packed = Buffer.concat([gzipSync('one\n'), gzipSync('two\n'), gzipSync('three\n')]);
    await using input = await openInput('-', { stdin: byteByByte(packed) });
    expect(await textOf(input)).toBe('one\ntwo\nthree\n');
  });

  test('that fails is an error that names it, packed or not', async () => {
    async function* failing(start: Uint8Array): AsyncGenerator<Uint8Array> {
      yield start;
      throw new Error('the pipe broke');
    }
    for (const start of [Buffer.from('abc'), gzipSync('abc')]) {
      await using input = await openInput('-', { stdin: Readable.from(failing(start)) });
      await expect(textOf(input)).rejects.toThrow(/^cannot read standard input: the pipe broke$/);
    }
  });

  test('that waits for more does not hold up closing, and its reader learns of it', async () => {
    for (const start of ['', 'abc', gzipSync('abc')]) {
      const stdin = new PassThrough();
      if (start.length > 0) stdin.write(start);
      const input = await openInput('-', { stdin });
      const reading = expect(textOf(input)).rejects.toThrow('cannot read standard input: Premature close');
      await input[Symbol.asyncDispose]();
      await reading;
      expect(stdin.destroyed).toBe(true);
    }
  });

  test('that is packed and left early does not hold up closing', async () => {
    const stdin = new PassThrough();
    stdin.write(gzipSync(long).subarray(0, 200_000));
    const input = await openInput('-', { stdin });
    for await (const chunk of input) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await input[Symbol.asyncDispose]();
    expect(stdin.destroyed).toBe(true);
  });
});
