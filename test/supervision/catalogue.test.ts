/** Each case of supervision that there is has a test with its id in the name. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const CATALOGUE: Readonly<Record<string, string>> = {
  starting: 'S1 S3 S4 S6 S7 S9 S10 S12 S13 S15 S16 S18',
  'restart types': 'T1 T3 T4 T6 T7 T9 T10 T12 T13 T15 T16',
  one_for_one: 'O2 O3 O5 O6',
  one_for_all: 'L1 L2 L4 L5 L7 L8 L10 L11 L13 L14 L16 L17 L19 L20',
  rest_for_one: 'F1 F2 F4 F5 F7 F8 F10',
  'intensity / period': 'I1 I3 I4 I6 I7 I9 I10 I12 I13 I15',
  'failing during restart': 'R1 R3 R4 R6 R7 R9 R10 R12 R13 R15 R16',
  stopping: 'P2 P3 P5 P6 P8 P9 P11 P12 P14 P15 P17 P18',
  'runtime child administration': 'M2 M3 M5 M6 M8 M9 M11 M12 M14 M15 M17 M18',
  'dynamic supervisor': 'Y1 Y2 Y4 Y5 Y7 Y8 Y10 Y11 Y13',
  'significant children, auto shutdown': 'A1 A3 A4 A6 A7 A9 A10 A12 A13 A15 A16',
  'nested supervisors, escalation': 'N2 N3 N5 N6 N8 N9 N11 N12',
  'actor lifecycle under supervision': 'C1 C2 C4 C5 C7 C8 C10 C11 C13 C14 C16 C17',
  'links, monitors, names, groups': 'E2 E3 E5 E6 E8 E9 E11 E12',
  'calls, timers, dead letters around failures': 'D2 D3 D5 D6 D8 D9 D11 D12 D14',
  'backoff, circuit breaker, fallback': 'B1 B3 B4 B6 B7 B9 B10 B12 B13 B15 B16',
  'trading desk': 'K2 K3 K5 K6',
};

const root = fileURLToPath(new URL('..', import.meta.url));
const here = fileURLToPath(import.meta.url);

const texts = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((path) => join(root, path))
  .filter((path) => path.endsWith('.ts') && path !== here)
  .map((path) => readFileSync(path, 'utf8'));

/** The ids at the beginning of a name: `'B16, B15: b crashes'`, `id: 'S1'`, `['T1', …`. */
const named = new Set(
  texts.flatMap((text) =>
    [...text.matchAll(/['"`](?:\w+: )?((?:[A-Z]\d+(?:, |: | |(?=['"`])))+)/g)].flatMap(
      ([, ids = '']) => ids.match(/[A-Z]\d+/g) ?? [],
    ),
  ),
);

test.each(Object.entries(CATALOGUE))('%s: each case has a test', (_, ids) => {
  expect(ids.split(' ').filter((id) => !named.has(id))).toEqual([]);
});
