import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BEAM_DIRECTORY, compileErlang, erlangIsMissing } from './erlang.ts';
import { COMPILED_DIRECTORY, PROJECT_DIRECTORY } from './paths.ts';

const COMPILER = join(PROJECT_DIRECTORY, 'node_modules', 'typescript', 'bin', 'tsc');

/**
 * Compiles what the children run, and gives the path of their entry.
 *
 * The children must not run through a loader that rewrites code on the fly: one that keeps the names of functions
 * wraps every closure in a call, and that call would be measured.
 */
export async function build(): Promise<string> {
  await rm(COMPILED_DIRECTORY, { recursive: true, force: true });
  await mkdir(BEAM_DIRECTORY, { recursive: true });
  await promisify(execFile)(process.execPath, [COMPILER, '-p', join(PROJECT_DIRECTORY, 'bench', 'tsconfig.json')]);
  if (erlangIsMissing() === undefined) await compileErlang();
  return join(COMPILED_DIRECTORY, 'bench', 'lane-child.js');
}
