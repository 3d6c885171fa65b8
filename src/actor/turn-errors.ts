import { HoldfastError, isHoldfastError } from '../base/errors.ts';

/** Why a poisoned turn cannot commit; a roll back passes through as it is. */
export function poisonError(actor: string, cause: Error): Error {
  if (isHoldfastError(cause, 'ERR_ROLLED_BACK')) return cause;
  const message = `the turn of actor "${actor}" cannot commit: an error of a context call was caught inside it (${cause.message})`;
  return new HoldfastError('ERR_TURN_POISONED', message, { actor }, { cause });
}

export function timeoutError(actor: string, timeoutMs: number): HoldfastError<'ERR_TURN_TIMEOUT'> {
  const message = `a turn of actor "${actor}" was still open after ${timeoutMs} ms: raise turnTimeoutMs, or give up earlier what it awaits`;
  return new HoldfastError('ERR_TURN_TIMEOUT', message, { actor, timeoutMs });
}
