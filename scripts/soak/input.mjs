// The input of the soak: readings of stations, some of which cannot be read. The same bytes for the same size, every time.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';

const HEADER = 'station,celsius,remark\n';
const STATIONS = 20_000;
/** One line in so many is bad, so that the rejects are a stream of their own. */
const BAD_EVERY = 5_000;
const CHUNK_BYTES = 1_048_576;

export const KEY = 'station';
export const VALUE = 'celsius';

/** Writes whole lines until the file has at least `bytes`. @returns how many records it has. */
export async function writeInput(path, bytes, signal) {
  const file = createWriteStream(path, { signal });
  const failed = once(file, 'error', { signal }).then(([error]) => Promise.reject(error));
  failed.catch(() => undefined);
  const next = numbers(20_261_122);
  let records = 0;
  let written = HEADER.length;
  let chunk = HEADER;
  while (written < bytes) {
    while (chunk.length < CHUNK_BYTES && written < bytes) {
      const line = lineOf(records, next);
      chunk += line;
      written += line.length; // every character is one byte
      records += 1;
    }
    if (!file.write(chunk)) await Promise.race([once(file, 'drain', { signal }), failed]);
    chunk = '';
  }
  file.end();
  await finished(file, { signal });
  return records;
}

function lineOf(index, next) {
  const station = `S${next() % STATIONS}`;
  if (index % BAD_EVERY === BAD_EVERY - 1) return `${station},unreadable,line ${index}\n`;
  // A comma in quotes now and then: the slower way through the parser.
  const remark = index % 64 === 0 ? '"cold, and windy"' : 'ok';
  return `${station},${(next() % 8_000) / 100 - 40},${remark}\n`;
}

/** Whole numbers of 31 bits. Source of the generator: xorshift32 by George Marsaglia. */
function numbers(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0x7fffffff;
  };
}
