import type { Command } from 'commander';
import { type Capsule, isHoldfastError } from 'holdfast';
import { type CapsuleReplay, readCapsule, replayCapsule, type ReplayOutcome } from 'holdfast/testing';
import { readFile, stat } from 'node:fs/promises';
import process from 'node:process';
import { loadDefinition } from './actor-module.ts';
import { replayText } from './replay-text.ts';
import { UsageError } from './usage-error.ts';

interface ReplayOptions {
  readonly module: string;
  readonly export: string | undefined;
  readonly json: true | undefined;
}

/** What the command exits with; 1 is what no run of it should end with, and 2 that it could not begin. */
const STATUS: Readonly<Record<ReplayOutcome, number>> = {
  same: 0,
  committed: 3,
  other: 4,
  waiting: 5,
  rolledBack: 5,
};

/** Larger files are no capsules. */
const BYTES_MAX = 2 ** 28;

export function addReplay(program: Command, done: (status: number) => void): void {
  program
    .command('replay')
    .description('run the failed turn of a capsule again, in a simulation, and show what happens')
    .argument('<capsule>', 'file that the option "capsules" of a graph has written')
    .requiredOption('--module <path>', 'JavaScript module that exports the definition of the actor')
    .option('--export <name>', 'name of the export (default: the only definition that fits)')
    .option('--json', 'print the report as one line of JSON')
    .addHelpText(
      'after',
      '\nExit status: 0 the turn fails in the same way, 3 it commits, 4 it fails in another way, 5 it does not come to its end,\n2 it cannot be run (the message says why).',
    )
    .action(async (path: string, options: ReplayOptions) => {
      const capsule = await capsuleIn(path);
      const definition = await loadDefinition(options.module, options.export, capsule);
      const replay = await replayed(path, capsule, definition);
      const text = options.json ? JSON.stringify({ status: STATUS[replay.outcome], ...replay.toJSON() }) : replayText(replay); // prettier-ignore
      process.stdout.write(`${text}\n`);
      done(STATUS[replay.outcome]);
    });
}

async function capsuleIn(path: string): Promise<Capsule> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > BYTES_MAX) throw new Error(`it has ${size} bytes`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read "${path}": ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return readCapsule(text);
  } catch (error) {
    if (isHoldfastError(error, 'ERR_INVALID_CAPSULE')) throw new UsageError(`"${path}": ${error.message}`);
    throw error;
  }
}

async function replayed(
  path: string,
  capsule: Capsule,
  definition: Parameters<typeof replayCapsule>[0],
): Promise<CapsuleReplay> {
  try {
    return await replayCapsule(definition, capsule, { failure: 'report' });
  } catch (error) {
    if (isHoldfastError(error)) throw new UsageError(`"${path}": ${error.message}`);
    throw error;
  }
}
