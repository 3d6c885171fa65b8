import { HoldfastError } from '../base/errors.ts';

/** What those are told who have asked for the start of an actor or a supervisor, or waited for it. */
export function startFailed(actor: string, cause: unknown): HoldfastError<'ERR_START_FAILED'> {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new HoldfastError('ERR_START_FAILED', `actor "${actor}" could not start: ${text}`, { actor }, { cause });
}
