import process from 'node:process';
import { pino } from 'pino';
import pretty from 'pino-pretty';
import type { Log } from '../log.ts';

/** How much is logged, from the most to the least talkative; `silent` writes nothing. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Every level there is. */
export const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/**
 * A pino logger on standard error: one JSON object a line, or pretty lines where standard error is a terminal.
 *
 * Standard error, because standard output belongs to the program's results. Writes are synchronous: a buffer of lines
 * would be one more queue without a bound, and would lose the last ones when the process dies.
 */
export function createNodeLog(level?: LogLevel, isTerminal: boolean = process.stderr.isTTY): Log {
  const options = { level: level ?? levelFromEnvironment() };
  const destination = standardError();
  return isTerminal
    ? pino(options, pretty({ destination, ignore: 'pid,hostname', singleLine: true, translateTime: 'HH:MM:ss.l' }))
    : pino(options, destination);
}

/** Bytes of lines that are kept while standard error takes none; more are dropped. */
const BACKLOG_BYTES_MAX = 1_048_576;

function standardError(): ReturnType<typeof pino.destination> {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: BACKLOG_BYTES_MAX });
  // A full disk behind standard error must not take the service down: the lines are lost, and nothing else.
  destination.on('error', () => undefined);
  return destination;
}

function levelFromEnvironment(): LogLevel {
  const wanted = process.env['LOG_LEVEL'];
  return LOG_LEVELS.find((level) => level === wanted) ?? 'info';
}

/** Whether the checks that cost time (freezing messages) are on by default: everywhere but in production. */
export function checksByDefault(): boolean {
  return process.env['NODE_ENV'] !== 'production';
}
