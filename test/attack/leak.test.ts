/**
 * Memory follows capacities, not work or uptime: the heap after a collection at 10 % and at 100 % of the work differs by
 * less than the tolerance, and a stopped graph leaves nothing that keeps the process alive. Each scenario is a process of
 * its own on the built library, so that nothing else is on its heap.
 */
import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { times } from './support.ts';

/**
 * Compiled code, inline caches and the collector's own rounding come and go by some 100 KB. A leak of 8 bytes a unit, one
 * pointer, shows from 70,000 units on, and one closure with what it holds in the shorter ones too.
 */
const TOLERANCE_BYTES = 512 * 1024;

interface Report {
  readonly done: number;
  readonly heap: { readonly early: number; readonly late: number };
  readonly restarts: number;
  readonly left: readonly string[];
}

const scenarios: readonly (readonly [name: string, units: number, restarts: number])[] = [
  ['handler', 10_000_000, 0],
  ['async', 100_000, 0],
  ['loop', 300_000, 0],
  ['handler restarts', 100_000, 100_000],
  ['loop restarts', 100_000, 100_000],
  ['kills of a loop', 20_000, 20_000],
  ['roll backs', 20_000, 20_000],
  ['restarts with a table', 100_000, 100_000],
  ['entries that come and go', 2_000_000, 0],
  ['rejections', 200_000, 0],
  ['showstoppers behind others', 100_000, 10_000],
  ['outside sends', 50_000, 0],
];

beforeAll(async () => {
  // Plain JavaScript without types; a failure is told by the tests that then find no build, or an old one.
  const { setup } = (await import(new URL('../../scripts/ensure.mjs', import.meta.url).href)) as { setup: () => void };
  setup();
}, 180_000);

for (const [name, units, restarts] of scenarios) {
  test.concurrent(
    `${name}: ${units} times leave the heap as it was, and no handle`,
    async () => {
      const report = await run(name, times(units));
      const grownBytes = report.heap.late - report.heap.early;
      console.log(`${name}: ${report.done} units, ${report.restarts} restarts, heap ${grownBytes} bytes`);
      expect(report.done).toBeGreaterThanOrEqual(times(units));
      expect(report.restarts).toBeGreaterThanOrEqual(times(restarts) - 1);
      expect(grownBytes).toBeLessThan(TOLERANCE_BYTES);
      expect(report.left).toEqual([]);
    },
    times(180_000),
  );
}

/** The process must end by itself; one that does not is killed, and the test fails. */
async function run(scenario: string, units: number): Promise<Report> {
  const child = fileURLToPath(new URL('leak-child.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', child, scenario, String(Math.ceil(units / 10) * 10)],
    { timeout: times(150_000), env: { ...process.env, NODE_ENV: 'production' } },
  );
  return JSON.parse(stdout) as Report;
}
