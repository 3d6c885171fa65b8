import { checkChoice, checkKnownKeys, checkObject } from '../base/options.ts';
import type { Log, LogMethod } from '../ports/log.ts';
import { inspected } from '../ports/node/node-inspection.ts';
import { LOG_LEVELS } from '../ports/node/node-log.ts';
import { expectationError, includes } from './matching.ts';

/** One line that was logged. */
export interface LogLine {
  /** How grave it is. */
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  /** Empty for a line that has fields only. */
  readonly text: string;
  /** Those of the line, and of the loggers that it came through, such as `graph` and `actor`. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Which lines: those with this in their text, or those that fit in all that is said here. */
export type LogPattern =
  | string
  | RegExp
  | {
      readonly level?: LogLine['level'];
      /** A part of the text, or an expression that fits it. */
      readonly text?: string | RegExp;
      /** Those that count; the line may have others. */
      readonly fields?: Readonly<Record<string, unknown>>;
    };

/** Lines that are kept; older ones go. */
const LINES_MAX = 100_000;
/** Lines that an error shows. */
const SHOWN_MAX = 20;

/**
 * A logger that keeps its lines and writes none: `log` for a graph, or for anything that takes a pino logger. Each has lines of
 * its own, so that graphs in one process do not see each other's.
 */
export class CapturedLog implements Log {
  readonly trace: LogMethod = this.#method('trace');
  readonly debug: LogMethod = this.#method('debug');
  readonly info: LogMethod = this.#method('info');
  readonly warn: LogMethod = this.#method('warn');
  readonly error: LogMethod = this.#method('error');
  readonly fatal: LogMethod = this.#method('fatal');
  readonly #lines: LogLine[];
  readonly #inherited: object;

  /** @internal */
  constructor(lines: LogLine[] = [], inherited: object = {}) {
    this.#lines = lines;
    this.#inherited = inherited;
  }

  /** The last 100,000, oldest first. */
  get lines(): readonly LogLine[] {
    return this.#lines.slice(-LINES_MAX);
  }

  /** The lines that fit, oldest first. */
  find(pattern: LogPattern): readonly LogLine[] {
    checkPattern(pattern);
    return this.lines.filter((line) => fits(pattern, line));
  }

  /**
   * Checks that there is a line for each pattern, in this order; other lines may come between.
   *
   * @throws HoldfastError `ERR_TEST_EXPECTATION` with the first pattern that has none, and the lines that were searched.
   */
  expectLog(...patterns: readonly LogPattern[]): void {
    patterns.forEach(checkPattern);
    const { lines } = this;
    let from = 0;
    patterns.forEach((pattern, index) => {
      const place = lines.findIndex((line, at) => at >= from && fits(pattern, line));
      if (place < 0) throw missing(pattern, index === 0 ? undefined : patterns[index - 1], lines.slice(from));
      from = place + 1;
    });
  }

  /** Forgets the lines so far. */
  clear(): void {
    this.#lines.length = 0;
  }

  /** A logger that adds `fields` to each of its lines. Its lines are among those of this one. */
  child(fields: object): CapturedLog {
    return new CapturedLog(this.#lines, { ...this.#inherited, ...fields });
  }

  #method(level: LogLine['level']): LogMethod {
    return (first: object | string, message?: string): void => {
      const own = typeof first === 'string' ? {} : first;
      const text = message ?? (typeof first === 'string' ? first : '');
      this.#lines.push({ level, text, fields: { ...this.#inherited, ...own } });
      if (this.#lines.length >= 2 * LINES_MAX) this.#lines.splice(0, LINES_MAX);
    };
  }
}

/** A logger that keeps its lines, for one graph or for several: see {@link CapturedLog}. */
export function capturedLog(): CapturedLog {
  return new CapturedLog();
}

/** One that says nothing of what it was meant to say would fit any line. */
function checkPattern(pattern: LogPattern): void {
  if (typeof pattern === 'string' || pattern instanceof RegExp) return;
  checkKnownKeys('log pattern', pattern, ['level', 'text', 'fields']);
  if (pattern.level !== undefined) checkChoice('level', pattern.level, LOG_LEVELS);
  if (pattern.fields !== undefined) checkObject('fields', pattern.fields);
}

function fits(pattern: LogPattern, line: LogLine): boolean {
  if (typeof pattern === 'string' || pattern instanceof RegExp) return fitsText(pattern, line.text);
  const { level, text, fields } = pattern;
  return (
    (level === undefined || line.level === level) &&
    (text === undefined || fitsText(text, line.text)) &&
    (fields === undefined || includes(line.fields, fields))
  );
}

function fitsText(pattern: string | RegExp, text: string): boolean {
  return typeof pattern === 'string' ? text.includes(pattern) : text.search(pattern) >= 0;
}

function missing(pattern: LogPattern, after: LogPattern | undefined, searched: readonly LogLine[]): Error {
  const expected = inspected(pattern);
  const where = after === undefined ? '' : ` after the one for ${inspected(after)}`;
  const shown = searched.slice(-SHOWN_MAX).map(({ level, text, fields }) => `  ${level} ${text} ${inspected(fields)}`);
  const lines = shown.length === 0 ? '  no line' : shown.join('\n');
  const title = `${searched.length > SHOWN_MAX ? `the last ${SHOWN_MAX} of ${searched.length} lines` : 'the lines'}${where}`;
  return expectationError(`no line of the log fits ${expected}${where}; ${title}:\n${lines}`, expected, searched);
}
