// `npm run soak`: a long run of what must last. The lesson `ingest` reads a large input without crashes and then with many,
// must write the same bytes both times, and its memory must not grow. Then random networks of actors fail at random. Leaves
// nothing behind, also when it is interrupted.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensure, root } from './ensure.mjs';
import { runIngest } from './soak/ingest.mjs';
import { writeInput } from './soak/input.mjs';
import { memoryVerdict } from './soak/memory.mjs';

const USAGE = `Usage: npm run soak -- [options]

  --gib N       size of the input in GiB (default 1; with --minutes 0.25)
  --minutes N   go on with other crashes and other networks until N minutes have passed
  --crashes N   crash a random actor about every N records (default 20,000)
  --networks N  how many times as many random networks as npm test tries, in each round (default 5; 0 for none)
  --seed N      decides about crashes and networks (default 1)
  --help        this text`;

const GIB = 2 ** 30;
const MIB = 2 ** 20;
/** Inputs below that are read before a process has all its code and buffers. */
const JUDGED_BYTES_MIN = 16 * MIB;

const HEADINGS = [
  'run',
  'records',
  'crashes',
  'seconds',
  'MiB/s',
  'heap MiB',
  'growth',
  'RSS MiB',
  'growth',
  'verdict',
];

function settings() {
  const { values } = parseArgs({
    options: {
      gib: { type: 'string' },
      minutes: { type: 'string' },
      crashes: { type: 'string', default: '20000' },
      networks: { type: 'string', default: '5' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  const number = (name, text, isFine) => {
    if (isFine(Number(text))) return Number(text);
    throw new Error(`--${name} ${text}: see --help`);
  };
  const isPositive = (value) => value > 0 && value < Infinity;
  const isWhole = (value) => Number.isSafeInteger(value) && value >= 0;
  return {
    help: values.help,
    gib: number('gib', values.gib ?? (values.minutes === undefined ? '1' : '0.25'), isPositive),
    minutes: number('minutes', values.minutes ?? '0', (value) => value >= 0 && value < Infinity),
    crashEvery: number('crashes', values.crashes, (value) => isWhole(value) && value > 0),
    networks: number('networks', values.networks, isWhole),
    seed: number('seed', values.seed, isWhole),
  };
}

async function soak({ gib, minutes, crashEvery, networks, seed }, folder, signal) {
  const untilMs = performance.now() + minutes * 60_000;
  const bytes = Math.ceil(gib * GIB);
  const input = join(folder, 'input.csv');
  mustFit(folder, bytes);
  say(`writing ${(bytes / MIB).toFixed(1)} MiB to ${input}`);
  await writeInput(input, bytes, signal);
  // A run of some seconds has to give enough samples to judge by.
  const common = { folder, input, sampleMs: gib < 0.1 ? 50 : 500, signal };

  const rows = [];
  let isGood = true;
  const add = (name, ran, expected) => {
    const { row, isFine } = judged(name, ran, bytes, expected);
    rows.push(row);
    isGood &&= isFine;
    say(row.join('  '));
    return ran;
  };
  say('without crashes');
  const clean = add('without crashes', await runIngest(common));
  for (let round = 0; round === 0 || performance.now() < untilMs; round += 1) {
    say(`with a crash about every ${crashEvery} records, seed ${seed + round}`);
    add(`seed ${seed + round}`, await runIngest({ ...common, crashEvery, seed: seed + round }), clean);
    if (networks > 0) isGood = (await attack(networks, seed + round, signal)) && isGood;
  }
  console.log(`\n${table([HEADINGS, ...rows])}`);
  return isGood;
}

function mustFit(folder, bytes) {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize > 1.1 * bytes) return;
  throw new Error(
    `${folder} has room for ${Math.floor((bavail * bsize) / MIB)} MiB only: choose a smaller --gib, or set TMPDIR`,
  );
}

function judged(name, { report, samples, seconds, hash }, bytes, expected) {
  // A small input says nothing, however many samples a slow machine takes of it: the process is still starting.
  const memory = bytes < JUDGED_BYTES_MIN ? { kind: 'tooShort' } : memoryVerdict(samples);
  const problems = [];
  if (expected !== undefined && hash !== expected.hash) problems.push('other bytes than without crashes');
  if (expected !== undefined && report.figures.crashes === 0) problems.push('nothing crashed');
  if (report.lost !== 0 || report.doubled !== 0) problems.push(`${report.lost} lost, ${report.doubled} doubled`);
  if (memory.kind === 'grows') problems.push('memory grows');
  const good = memory.kind === 'tooShort' ? 'good; too short to judge memory' : 'good';
  const most = (key) => Math.max(0, ...samples.map((sample) => sample[key]));
  const row = [
    name,
    report.figures.records.toLocaleString('en'),
    report.figures.crashes.toLocaleString('en'),
    seconds.toFixed(1),
    (bytes / MIB / seconds).toFixed(1),
    (most('heapBytes') / MIB).toFixed(1),
    memory.kind === 'tooShort' ? '' : (memory.heapGrowthBytes / MIB).toFixed(2),
    (most('rssBytes') / MIB).toFixed(0),
    memory.kind === 'tooShort' ? '' : (memory.rssGrowthBytes / MIB).toFixed(2),
    problems.length === 0 ? good : problems.join(', '),
  ];
  return { row, isFine: problems.length === 0 };
}

/** The random networks of the tests, many more of them. @returns whether all were as they should be. */
function attack(effort, seed, signal) {
  say(`random networks, ${effort} times as many as npm test tries, seed ${seed}`);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const env = { ...process.env, HOLDFAST_ATTACK: String(effort), HOLDFAST_SEED: String(seed) };
  return new Promise((resolve, reject) => {
    const args = [vitest, 'run', '--project', 'unit', 'test/attack/network.test.ts'];
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 2, 2], signal });
    child.on('error', reject);
    child.on('close', (status) => resolve(status === 0));
  });
}

/** A Markdown table, so that it can go into a document as it is. */
function table([headings, ...rows]) {
  const widths = headings.map((_, column) => Math.max(...[headings, ...rows].map((row) => row[column].length)));
  const isNumber = (column) => column > 0 && column < headings.length - 1;
  const line = (row) =>
    `| ${row.map((cell, i) => (isNumber(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (isNumber(i) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  return [line(headings), rule, ...rows.map(line)].join('\n');
}

// Standard error: standard output has the table alone.
function say(text) {
  process.stderr.write(`holdfast: ${text}\n`);
}

async function main() {
  const chosen = settings();
  if (chosen.help) {
    console.log(USAGE);
    return 0;
  }
  const failure = ensure();
  if (failure !== undefined) throw new Error(failure);
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-soak-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const interruption = new AbortController();
  const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
  for (const [name, status] of Object.entries(signals)) {
    process.once(name, () => {
      interruption.abort(); // ends the children
      process.exit(status);
    });
  }
  return (await soak(chosen, folder, interruption.signal)) ? 0 : 1;
}

process.exitCode = await main().catch((error) => {
  say(error instanceof Error ? error.message : String(error));
  return 1;
});
