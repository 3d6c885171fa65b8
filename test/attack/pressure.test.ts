/** Memory pressure on a real heap: with degradation a graph gets through what kills it without. */
import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';

const HEAP_MB = 64;

beforeAll(async () => {
  // Plain JavaScript without types; a failure is told by the tests that then find no build, or an old one.
  const { setup } = (await import(new URL('../../scripts/ensure.mjs', import.meta.url).href)) as { setup: () => void };
  setup();
}, 180_000);

function run(what: 'degradation' | 'nothing'): Promise<{ stdout: string }> {
  const child = fileURLToPath(new URL('pressure-child.mjs', import.meta.url));
  return promisify(execFile)(process.execPath, [`--max-old-space-size=${HEAP_MB}`, child, what], {
    timeout: 100_000,
    env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
  });
}

test('degradation gets a graph through that dies of its heap without', async () => {
  const { stdout } = await run('degradation');
  const report = JSON.parse(stdout) as { steps: string[]; count: number; highestFill: number };
  console.log('memory pressure:', report);
  expect(report.count).toBe(8_000);
  expect(report.steps).toContain('tight');
  expect(report.highestFill).toBeLessThan(3_500);
  await expect(run('nothing')).rejects.toThrow('heap out of memory');
}, 240_000);
