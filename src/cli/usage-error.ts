/** The command cannot start on what it was given: told in one line, with exit status 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}
