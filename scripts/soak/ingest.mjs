// One run of the lesson `ingest` in a process of its own, watched.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { root } from '../ensure.mjs';
import { KEY, VALUE } from './input.mjs';

const probe = fileURLToPath(new URL('./memory-probe.mjs', import.meta.url));

/**
 * Runs the lesson on `input`, its output and its rejects beside it.
 *
 * @returns its own report, samples of its memory, how long it took, and what its two files hash to.
 */
export async function runIngest({ folder, input, crashEvery, seed, sampleMs, signal }) {
  const output = join(folder, 'output.ndjson');
  const rejects = join(folder, 'rejects.ndjson');
  const args = ['--input', input, '--key', KEY, '--value', VALUE, '--output', output, '--dead-letters', rejects];
  const crashes = crashEvery === undefined ? [] : ['--crash-every', String(crashEvery), '--seed', String(seed)];
  const startedMs = performance.now();
  const { stdout, samples } = await run([...args, ...crashes, '--json', '--log-level', 'silent'], sampleMs, signal);
  const seconds = (performance.now() - startedMs) / 1000;
  const report = JSON.parse(stdout.trimEnd().split('\n').at(-1));
  return { report, samples, seconds, hash: `${await hashOf(output)}/${await hashOf(rejects)}` };
}

function run(args, sampleMs, signal) {
  const main = join(root, 'dist', 'src', 'cli', 'main.js');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', '--import', probe, main, 'lesson', 'ingest', ...args], {
      env: { ...process.env, HOLDFAST_SAMPLE_MS: String(sampleMs) },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      signal,
      killSignal: 'SIGKILL', // its files go with the folder; a drain would only take time
    });
    const samples = [];
    let stdout = '';
    child.on('message', (sample) => samples.push(sample));
    child.stdout.on('data', (text) => (stdout += text));
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve({ stdout, samples });
      else reject(new Error(`the ingest ended with status ${status}`));
    });
  });
}

async function hashOf(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
