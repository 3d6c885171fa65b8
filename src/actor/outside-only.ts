import { HoldfastError } from '../base/errors.ts';

/**
 * Refuses a call inside a turn that is for code outside.
 *
 * @param instead - What to do there.
 *
 * @throws HoldfastError `ERR_OUTSIDE_API_IN_TURN`.
 */
export function refuseInTurn(host: { turnOwner(): string | null }, api: string, instead: string): void {
  const actor = host.turnOwner();
  if (actor === null) return;
  const message = `${api} was called inside a turn of actor "${actor}", where it would escape the roll back: ${instead}`;
  throw new HoldfastError('ERR_OUTSIDE_API_IN_TURN', message, { actor, api });
}
