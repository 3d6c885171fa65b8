import type { Log } from '../ports/log.ts';

const ignore = (): void => undefined;

/** A logger that says nothing, and costs nothing. */
export const SILENT: Log = Object.freeze({
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  fatal: ignore,
  isLevelEnabled: () => false,
  child: () => SILENT,
});
