/** One level of a {@link Log}: an object of fields and a message, or a message alone. */
export interface LogMethod {
  (fields: object, message?: string): void;
  (message: string): void;
}

/** What Holdfast needs of a logger: pino's shape, so that any pino logger can be passed in. */
export interface Log {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  /** Whether a line of `level` would be written; where it is missing, every line is taken to be. */
  isLevelEnabled?: (level: string) => boolean;
  /** A logger that adds `fields` to each of its lines. */
  child(fields: object): Log;
}
