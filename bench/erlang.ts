import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { COMPILED_DIRECTORY, PROJECT_DIRECTORY } from './paths.ts';

const execute = promisify(execFile);

/** Where `erlangNumbers` finds the compiled modules. */
export const BEAM_DIRECTORY: string = join(COMPILED_DIRECTORY, 'erlang');
const MODULES = [
  'credits',
  'fan_in',
  'calls',
  'ping_pong',
  'casts',
  'population',
  'restarts',
  'supervised',
  'idle',
] as const;

/** Says that Erlang is missing here, or `undefined` when it is there. */
export function erlangIsMissing(): string | undefined {
  const isThere = (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, 'erl'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  return isThere ? undefined : 'erl is not installed (Debian package erlang-base)';
}

/** The installed release of Erlang/OTP, such as `25`. */
export async function erlangRelease(): Promise<string> {
  const print = 'io:put_chars(erlang:system_info(otp_release)), halt().';
  return (await execute('erl', ['-noshell', '-eval', print])).stdout;
}

/** Compiles the modules into the directory that `erlangNumbers` runs them from, which must exist. */
export async function compileErlang(): Promise<void> {
  const sources = MODULES.map((name) => join(PROJECT_DIRECTORY, 'bench', 'erlang', `${name}.erl`));
  await execute('erlc', ['-o', BEAM_DIRECTORY, ...sources]);
}

/**
 * Runs `main` of a compiled module on one scheduler, as JavaScript has one, and gives the numbers that it printed.
 *
 * Logging is off: a report on the terminal for every crash would be most of what the restarts measure.
 */
export async function erlangNumbers(
  module: (typeof MODULES)[number],
  args: readonly (string | number)[],
): Promise<readonly number[]> {
  // +P: more processes than there are in any scenario.
  const vm = ['-noshell', '+S', '1:1', '+P', '2000000', '-kernel', 'logger_level', 'none', '-pa', BEAM_DIRECTORY];
  const { stdout } = await execute('erl', [...vm, '-run', module, 'main', ...args.map(String)]);
  const numbers = stdout.trim().split(/\s+/).map(Number);
  if (!numbers.every(Number.isFinite)) throw new Error(`Erlang module ${module} printed ${stdout.slice(0, 200)}`);
  return numbers;
}
