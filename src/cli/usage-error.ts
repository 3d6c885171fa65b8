/** The command cannot start on what it was given: told in one line, with exit status 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/** What goes wrong before there is a graph, goes wrong because of what the user asked for. */
export async function orUsageError<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
