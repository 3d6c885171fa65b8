/** What an idle actor weighs, on a real heap. */
import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';

/** What it takes more than before its first message. It is 800 bytes; 900 if the slots of its ring stay, and 3,000 awake. */
const BYTES_MAX = 850;

beforeAll(async () => {
  // Plain JavaScript without types; a failure is told by the tests that then find no build, or an old one.
  const { setup } = (await import(new URL('../../scripts/ensure.mjs', import.meta.url).href)) as { setup: () => void };
  setup();
}, 180_000);

test('40,000 actors that a burst has woken at once are given up when they rest, and answer after that', async () => {
  const child = fileURLToPath(new URL('weight-child.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', child], {
    timeout: 100_000,
    env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
  });
  const report = JSON.parse(stdout) as { bytesEach: number; handled: number; sum: number; turns: number };
  console.log('an idle actor:', report);
  const messages = 2_000 + 200 + 40_000 + 200 + 100;
  expect(report).toMatchObject({ handled: messages, sum: messages, turns: messages });
  expect(report.bytesEach).toBeLessThan(BYTES_MAX);
}, 240_000);
