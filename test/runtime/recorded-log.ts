import type { Log, LogMethod } from 'holdfast';

/** One line that was logged. */
export interface Line {
  readonly level: string;
  readonly text: string;
  /** Those of the line, and of the loggers that it came through. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps its lines in `lines`. */
export function recordedLog(lines: Line[], inherited: object = {}): Log {
  const method =
    (level: string): LogMethod =>
    (first: object | string, message?: string) => {
      const fields = { ...inherited, ...(typeof first === 'string' ? {} : first) };
      lines.push({ level, text: message ?? (typeof first === 'string' ? first : ''), fields });
    };
  return {
    trace: method('trace'),
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
    fatal: method('fatal'),
    child: (fields) => recordedLog(lines, { ...inherited, ...fields }),
  };
}
