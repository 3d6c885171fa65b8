import type { Log } from 'holdfast';

const ignore = (): void => undefined;

/** Logging is not under attack. Unlike the logger of an exploration it has every line made, and drops it. */
export const silent: Log = {
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  fatal: ignore,
  child: () => silent,
};
