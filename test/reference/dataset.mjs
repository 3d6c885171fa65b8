/**
 * A real data set for the ingest example: 200,000 flights within the United States, with the delay in minutes, the
 * distance in miles and the hour of departure. From the Bureau of Transportation Statistics, by way of the package
 * vega-datasets, which ships it as one JSON array (data/flights-200k.json).
 */

import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** 1,079 keys. `time` is a column of fractions, for sums whose last digits depend on the order of adding. */
export const flights = { records: 200_000, key: 'distance', value: 'delay', fractions: 'time' };

const cacheFolder = fileURLToPath(new URL('../../node_modules/.cache/ingest/', import.meta.url));

/**
 * The path of the flights as CSV or NDJSON, plain or gzip, in the order of the source. Written on the first call into
 * a folder that git ignores; the same bytes every time.
 *
 * @param {'csv' | 'ndjson' | 'csv.gz' | 'ndjson.gz'} format
 * @returns {string}
 */
export function flightsPath(format) {
  const source = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data/flights-200k.json');
  // The size stands in the name, so that another version of the package does not meet an old file.
  const path = join(cacheFolder, `flights-200k-${statSync(source).size}.${format}`);
  if (existsSync(path)) return path;
  const rows = JSON.parse(readFileSync(source, 'utf8'));
  const lines = format.startsWith('csv')
    ? ['delay,distance,time', ...rows.map(({ delay, distance, time }) => `${delay},${distance},${time}`)]
    : rows.map((row) => JSON.stringify(row));
  const text = `${lines.join('\n')}\n`;
  mkdirSync(cacheFolder, { recursive: true });
  // Renamed into place, so that a test running at the same time sees the whole file or none.
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, format.endsWith('.gz') ? gzipSync(text) : text);
  renameSync(unfinished, path);
  return path;
}

/**
 * Real quotes for the trading example: the price of five stocks at the first of each month from 2000 to 2010, as CSV with
 * symbol, date and price. From the same package (data/stocks.csv; BSD-3-Clause).
 */
export const stocksPath = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data/stocks.csv');
