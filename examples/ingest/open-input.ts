/** Opens the input: a file or standard input, plain or gzip. */

import { open, type FileHandle } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** The bytes of the input, unpacked. Can be read once; leaving the loop early closes the file. */
export interface Input extends AsyncIterable<Uint8Array> {
  /** Size of the file as it lies there, packed or not; `undefined` for a pipe or a terminal. */
  readonly bytesTotal: number | undefined;
  /** How many of those bytes have been read so far. Runs ahead of the chunks by what the unpacking holds. */
  bytesRead(): number;
  /** Closes the source, read to its end or not; who still reads gets an error and not an early end. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface OpenInputOptions {
  /** What `-` stands for; destroyed when the input is closed. */
  readonly stdin?: Readable;
}

/** Fewer, larger reads: 256 KiB is where reading a file stopped getting faster. */
const chunkBytes = 262_144;

/**
 * Opens `path`, or standard input for `-`. Gzip is told by its first two bytes and not by the name, so it works in a
 * pipe as well; several members one after the other are read as one.
 *
 * Errors have a message of one line that names the input: here when the file cannot be opened, while reading when
 * gzip data ends early, is damaged or is followed by something else.
 */
export async function openInput(path: string, options: OpenInputOptions = {}): Promise<Input> {
  if (path === '-') {
    const stdin = options.stdin ?? process.stdin;
    return inputOf('standard input', stdin, undefined, async () => void stdin.destroy());
  }
  const { file, bytesTotal } = await openFile(path);
  return inputOf(`"${path}"`, fileChunks(file), bytesTotal, () => file.close());
}

async function* fileChunks(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(chunkBytes), 0, chunkBytes, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function openFile(path: string): Promise<{ file: FileHandle; bytesTotal: number | undefined }> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const stats = await file.stat();
    if (stats.isDirectory()) throw new Error('it is a directory');
    return { file, bytesTotal: stats.isFile() ? stats.size : undefined };
  } catch (error) {
    await file?.close();
    throw new Error(`cannot open "${path}": ${errorText(error)}`, { cause: error });
  }
}

function inputOf(
  name: string,
  source: AsyncIterable<Uint8Array>,
  bytesTotal: number | undefined,
  close: () => Promise<void>,
): Input {
  let bytesRead = 0;
  let closing: Promise<void> | undefined;
  const closeOnce = (): Promise<void> => (closing ??= close());

  async function* counted(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source) {
        bytesRead += chunk.length;
        yield chunk;
      }
    } catch (error) {
      throw new Error(`cannot read ${name}: ${errorText(error)}`, { cause: error });
    }
  }

  async function* unpacked(): AsyncGenerator<Uint8Array> {
    try {
      yield* await plainOrGunzipped(name, counted());
    } finally {
      await closeOnce();
    }
  }

  const chunks = unpacked();
  return {
    bytesTotal,
    bytesRead: () => bytesRead,
    [Symbol.asyncIterator]: () => chunks,
    // Not `chunks.return()`: it waits for a read under way, which a terminal may never end, and a reader that does not
    // know of the closing would take the end of the chunks for the end of the input.
    [Symbol.asyncDispose]: closeOnce,
  };
}

async function plainOrGunzipped(name: string, chunks: AsyncGenerator<Uint8Array>): Promise<AsyncGenerator<Uint8Array>> {
  const head: Uint8Array[] = [];
  let start = new Uint8Array(0);
  while (start.length < 2) {
    const next = await chunks.next();
    if (next.done) break;
    head.push(next.value);
    start = Buffer.concat([start, next.value.subarray(0, 2)]);
  }
  const whole = joined(head, chunks);
  return start[0] === 0x1f && start[1] === 0x8b ? gunzipped(name, whole) : whole;
}

async function* joined(head: readonly Uint8Array[], rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* head;
  yield* rest;
}

async function* gunzipped(name: string, packed: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  let packedBytes = 0;
  let dataEnd = 0; // where the last byte other than 0 ends; zeros after the data are padding
  const measured = async function* (): AsyncGenerator<Uint8Array> {
    // Not `for await`: it would close `packed` when gunzip has enough, and what follows is looked at below.
    for (let next = await packed.next(); !next.done; next = await packed.next()) {
      const last = next.value.findLastIndex((byte) => byte !== 0);
      if (last >= 0) dataEnd = packedBytes + last + 1;
      packedBytes += next.value.length;
      yield next.value;
    }
  };
  // The callback has nothing to do: pipeline destroys gunzip with the error, and so the loop below throws it.
  pipeline(Readable.from(measured(), { objectMode: false }), gunzip, () => {});
  try {
    yield* gunzip as AsyncIterable<Buffer>; // a zlib stream without an encoding yields buffers
  } catch (error) {
    throw gzipError(name, error);
  }
  // zlib takes whatever follows a zero byte for padding, and says nothing.
  let isPadding = dataEnd <= gunzip.bytesWritten;
  for await (const chunk of packed) isPadding &&= chunk.every((byte) => byte === 0);
  if (!isPadding) {
    throw new Error(`the gzip data in ${name} is followed by something else after ${gunzip.bytesWritten} bytes`);
  }
}

function gzipError(name: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'Z_BUF_ERROR')
    return new Error(`the gzip data in ${name} ends early: is it truncated?`, { cause: error });
  if (code === 'Z_DATA_ERROR') {
    return new Error(`the gzip data in ${name} is damaged: ${errorText(error)}`, { cause: error });
  }
  return error; // already says that the input could not be read
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
