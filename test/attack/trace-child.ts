/**
 * Makes the runs that a file describes, and prints the hash of each: for a process of its own.
 *
 * `plain`: one after the other. `worker`: in a worker thread. `load`: side by side, while other threads keep the processors
 * busy and something else keeps the event loop busy.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { traced, type TracedRun } from './traced.ts';

export type Way = 'plain' | 'worker' | 'load';

const BUSY_THREADS = 2;
const BUSY_MS = 3;

if (isMainThread) {
  const [file = '', way = 'plain'] = process.argv.slice(2) as [string, Way];
  process.stdout.write(JSON.stringify(await hashesOf(file, way)));
} else parentPort?.postMessage(await oneByOne(workerData as TracedRun[]));

async function hashesOf(file: string, way: Way): Promise<readonly string[]> {
  const runs = JSON.parse(readFileSync(file, 'utf8')) as TracedRun[];
  switch (way) {
    case 'plain':
      return oneByOne(runs);
    case 'worker':
      return inWorker(runs);
    case 'load':
      return underLoad(runs);
  }
}

async function oneByOne(runs: readonly TracedRun[]): Promise<string[]> {
  const hashes: string[] = [];
  for (const run of runs) hashes.push((await traced(run)).hash);
  return hashes;
}

function inWorker(runs: readonly TracedRun[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: runs });
    worker.on('message', resolve);
    worker.on('error', reject);
  });
}

async function underLoad(runs: readonly TracedRun[]): Promise<string[]> {
  const spin = (): Worker => new Worker('for (;;);', { eval: true });
  const threads = Array.from({ length: BUSY_THREADS }, spin);
  const timer = setInterval(() => {
    const endMs = performance.now() + BUSY_MS;
    while (performance.now() < endMs);
  }, 1);
  const hashes = await Promise.all(runs.map(async (run) => (await traced(run)).hash));
  clearInterval(timer);
  await Promise.all(threads.map((thread) => thread.terminate()));
  return hashes;
}
