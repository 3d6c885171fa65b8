/** The built library makes the same runs from the same plans: in other processes and threads, and on other versions of Node. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Way } from '../attack/trace-child.ts';
import { traced } from '../attack/traced.ts';
import { plannedRuns } from '../attack/planned-runs.ts';
import { copyLibrary, copyModules } from '../planted/copies.ts';
import { otherNode } from './other-nodes.ts';

const SEEDS = [1, 2];
const timeout = 180_000;

const work = mkdtempSync(join(tmpdir(), 'holdfast-traces-'));
let expected: readonly string[] = [];
/** Of the first seed alone: under load each run takes long. */
let fewExpected: readonly string[] = [];

beforeAll(async () => {
  copyLibrary(work);
  for (const folder of ['attack', 'planted']) copyModules(`test/${folder}`, join(work, folder));
  const bySeed = await Promise.all(SEEDS.map(plannedRuns));
  const runs = bySeed.flat();
  writeFileSync(join(work, 'all.json'), JSON.stringify(runs));
  writeFileSync(join(work, 'few.json'), JSON.stringify(bySeed[0]));
  const hashes: string[] = [];
  for (const run of runs) hashes.push((await traced(run)).hash);
  expected = hashes;
  fewExpected = hashes.slice(0, bySeed[0]?.length);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

function hashesOf(node: string, way: Way, runs: 'all' | 'few' = 'all'): unknown {
  const args = [join(work, 'attack', 'trace-child.js'), join(work, `${runs}.json`), way];
  const { status, stdout, stderr } = spawnSync(node, args, { cwd: work, encoding: 'utf8', timeout });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe('the same seeds and plans make the same runs', () => {
  test('of which hardly two are the same', () => {
    expect(expected.length).toBeGreaterThan(80);
    expect(new Set(expected).size).toBeGreaterThan(0.9 * expected.length);
  });

  test.each(['plain', 'worker'] as const)('in another process: %s', { timeout }, (way) => {
    expect(hashesOf(process.execPath, way)).toEqual(expected);
  });

  test('in another process, side by side, while all processors and the event loop are busy', { timeout }, () => {
    expect(hashesOf(process.execPath, 'load', 'few')).toEqual(fewExpected);
  });

  test.for([20, 22, 24])('on Node %i', { timeout: 2 * timeout }, (major, { skip }) => {
    const node = otherNode(major);
    if (node.kind === 'missing') {
      console.warn(`SKIPPED: the traces were not compared with those of Node ${major}: ${node.why}`);
      return skip(node.why);
    }
    console.log(`Node ${major}: ${node.version}`);
    expect(hashesOf(node.path, 'plain')).toEqual(expected);
    expect(hashesOf(node.path, 'worker')).toEqual(expected);
  });
});
