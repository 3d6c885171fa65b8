import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The directory of package.json: this file is run from bench/ and, compiled, from a directory below dist/. */
export const PROJECT_DIRECTORY: string = projectDirectory(import.meta.dirname);

/** Where the plain JavaScript and the Erlang code go that the children run. */
export const COMPILED_DIRECTORY: string = join(PROJECT_DIRECTORY, 'dist', '.bench');

function projectDirectory(start: string): string {
  if (existsSync(join(start, 'package.json'))) return start;
  if (dirname(start) === start) throw new Error('no package.json above the benchmarks');
  return projectDirectory(dirname(start));
}
