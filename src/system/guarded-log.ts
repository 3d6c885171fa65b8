import type { Log, LogMethod } from '../ports/log.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** The same logger, except that what it throws is lost with the line: a logger must not change what happens. */
export function guardedLog(log: Log): Log {
  const methods = Object.fromEntries(LEVELS.map((level) => [level, guarded(log, level)])) as Record<
    (typeof LEVELS)[number],
    LogMethod
  >;
  return {
    ...methods,
    child: (fields) => guardedLog(childOf(log, fields)),
    isLevelEnabled: (level) => log.isLevelEnabled?.(level) ?? true,
  };
}

function guarded(log: Log, level: (typeof LEVELS)[number]): LogMethod {
  return (...line: readonly unknown[]) => {
    try {
      // Both forms of a line are forms that the logger itself takes.
      (log[level] as (...line: readonly unknown[]) => void)(...line);
    } catch {
      // Nowhere to say it.
    }
  };
}

function childOf(log: Log, fields: object): Log {
  try {
    return log.child(fields);
  } catch {
    return log;
  }
}
