import process from 'node:process';
import { pino } from 'pino';
import pretty from 'pino-pretty';
import type { Log } from '../log.ts';

/** Levels from the most to the least talkative; `silent` writes nothing. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * A pino logger on standard error: one JSON object a line, or pretty lines where standard error is a terminal.
 *
 * Standard error, because standard output belongs to the program's results. Writes are synchronous: a buffer of lines
 * would be one more queue without a bound, and would lose the last ones when the process dies.
 */
export function createNodeLog(level?: LogLevel): Log {
  const options = { level: level ?? levelFromEnvironment() };
  return process.stderr.isTTY
    ? pino(options, pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l' }))
    : pino(options, pino.destination({ dest: 2, sync: true }));
}

function levelFromEnvironment(): LogLevel {
  const wanted = process.env['LOG_LEVEL'];
  return LOG_LEVELS.find((level) => level === wanted) ?? 'info';
}

/** Whether the checks that cost time (freezing messages) are on by default: everywhere but in production. */
export function checksByDefault(): boolean {
  return process.env['NODE_ENV'] !== 'production';
}
