// `npm run sim`: crashes the lessons at random moments, in all orders of actors, for some minutes. Prints what was tried. From
// another seed each time, which it says: `--seed N` goes from there again.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensure, root } from './ensure.mjs';

const USAGE = `Usage: npm run sim -- [options]

  --minutes N   how long (default 5)
  --seed N      where to start (default: drawn from the clock)
  --help        this text`;

function settings() {
  const { values } = parseArgs({
    options: { minutes: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) return { kind: 'help' };
  const minutes = Number(values.minutes ?? 5);
  const seed = Number(values.seed ?? Math.floor(Date.now() / 1_000) % 1_000_000);
  if (!(minutes > 0) || minutes > 10_000) throw new Error(`--minutes ${values.minutes}: a number above 0 is needed`);
  if (!Number.isSafeInteger(seed) || seed < 1)
    throw new Error(`--seed ${values.seed}: a whole number from 1 on is needed`);
  return { kind: 'run', minutes, seed };
}

function simulate({ minutes, seed }) {
  process.stdout.write(`seed ${seed}, ${minutes} minutes\n`);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--project', 'unit', 'test/attack/simulation.test.ts'], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, HOLDFAST_SIM_MS: String(minutes * 60_000), HOLDFAST_SEED: String(seed) },
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (status, signal) => {
    process.exitCode = status ?? (signal === 'SIGINT' ? 130 : 143);
  });
}

let asked;
try {
  asked = settings();
} catch (error) {
  process.stderr.write(`holdfast: ${error.message}\n\n${USAGE}\n`);
  process.exitCode = 2;
}
if (asked?.kind === 'help') process.stdout.write(`${USAGE}\n`);
if (asked?.kind === 'run') {
  const failure = ensure();
  if (failure === undefined) simulate(asked);
  else {
    process.stderr.write(`holdfast: ${failure}\n`);
    process.exitCode = 1;
  }
}
