import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { erlangIsMissing, erlangRelease } from './erlang.ts';
import { PROJECT_DIRECTORY } from './paths.ts';

const RIVALS = ['effect', 'rxjs', 'xstate', 'fastq', 'nact'] as const;

/** What a reader needs to judge the numbers, by the name it has in the report. */
export type Host = Readonly<Record<string, string>>;

export async function describeHost(): Promise<Host> {
  const { node, v8 } = process.versions;
  return {
    Date: new Date().toISOString().slice(0, 16).replace('T', ' ') + ' UTC',
    Commit: await commit(),
    Node: `${node} (V8 ${v8})`,
    Rivals: [...(await Promise.all(RIVALS.map(versionOf))), await erlangVersion()].join(', '),
    CPU: cpus()[0]?.model.trim() ?? 'unknown',
    Cores: String(availableParallelism()),
    Memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    'Load at start': loadText(),
  };
}

/** The load averages of the last 1, 5 and 15 minutes: more than one at the start means that something else ran too. */
export function loadText(): string {
  return loadavg()
    .map((load) => load.toFixed(2))
    .join(', ');
}

async function commit(): Promise<string> {
  const git = async (...args: string[]) =>
    (await promisify(execFile)('git', args, { cwd: PROJECT_DIRECTORY })).stdout.trim();
  try {
    // Only what is measured counts; the report itself is written by the run.
    const measured = ['src', 'bench', 'package-lock.json', ':!bench/RESULTS.md'];
    const changes = await git('status', '--porcelain', '--', ...measured);
    return `${await git('rev-parse', '--short', 'HEAD')}${changes === '' ? '' : ' with uncommitted changes'}`;
  } catch {
    return 'unknown';
  }
}

async function versionOf(rival: string): Promise<string> {
  const manifest = await readFile(join(PROJECT_DIRECTORY, 'node_modules', rival, 'package.json'), 'utf8');
  // Safe: every published package.json has a version.
  return `${rival} ${(JSON.parse(manifest) as { readonly version: string }).version}`;
}

async function erlangVersion(): Promise<string> {
  return `Erlang/OTP ${erlangIsMissing() ? 'not installed' : await erlangRelease()}`;
}
