import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LogLevel } from 'holdfast';

const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** What every lesson takes. */
export interface CommonOptions {
  readonly json: true | undefined;
  readonly logLevel: LogLevel | undefined;
}

export function addCommonOptions(command: Command): Command {
  return command
    .option('--json', 'end standard output with a report as one line of JSON')
    .addOption(
      new Option('--log-level <level>', 'least important log lines to show (default: LOG_LEVEL, else info)').choices(
        logLevels,
      ),
    );
}

/** Node's timers take no longer delay. */
const longestDelayMs = 2_147_483_647;

/** Reads a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : NaN;
    if (number >= min && number <= max) return number;
    const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };
}

export const milliseconds: (text: string) => number = wholeNumber(1, longestDelayMs);

/** Reads a number, with a fraction or without, from `min` to `max`. */
export function decimalNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : NaN;
    if (number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
  };
}
