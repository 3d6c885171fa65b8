/** One level of a {@link Log}: an object of fields and a message, or a message alone. */
export interface LogMethod {
  (fields: object, message?: string): void;
  (message: string): void;
}

/** What Holdfast needs of a logger: pino's shape, so that any pino logger can be passed in. */
export interface Log {
  /** Not used by Holdfast itself: here for `ctx.log`. */
  readonly trace: LogMethod;
  /** Not used by Holdfast itself either. */
  readonly debug: LogMethod;
  /** What happened as it should: restarts, the stop. */
  readonly info: LogMethod;
  /** What somebody should look into at leisure: slow turns, kills, messages left over. */
  readonly warn: LogMethod;
  /** What failed: turns, feeds, sinks, listeners. */
  readonly error: LogMethod;
  /** Why the whole graph gives up. */
  readonly fatal: LogMethod;
  /** Whether a line of `level` would be written; where it is missing, every line is taken to be. */
  isLevelEnabled?: (level: string) => boolean;
  /** A logger that adds `fields` to each of its lines. */
  child(fields: object): Log;
}
