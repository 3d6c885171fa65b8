import { checkChoice, checkInteger, checkNumber, invalidOption } from '../base/options.ts';
import type { ChildSpec } from './child.ts';
import type { SupervisionSettings } from './supervision.ts';

/**
 * Checks how a supervisor is to go about it, defaults included.
 *
 * Source: Erlang/OTP `supervisor`, `check_flags`.
 *
 * @throws HoldfastError `ERR_INVALID_OPTION`, with the option and the value.
 */
export function checkSupervision(settings: SupervisionSettings): void {
  const { strategy, autoShutdown, isDynamic, maxRestarts, periodMs, resetAfterMs, maxChildren } = settings;
  checkChoice('strategy', strategy, ['oneForOne', 'oneForAll', 'restForOne']);
  if (maxRestarts !== Infinity) checkInteger('maxRestarts', maxRestarts, 0);
  checkNumber('periodMs', periodMs, 1);
  if (resetAfterMs !== undefined) checkNumber('resetAfterMs', resetAfterMs, 1, true);
  checkChoice('autoShutdown', autoShutdown, ['never', 'anySignificant', 'allSignificant']);
  if (!isDynamic) {
    if (maxChildren !== undefined)
      throw invalidOption('maxChildren', 'left out: only dynamic supervisors have it', maxChildren);
    return;
  }
  if (strategy !== 'oneForOne') throw invalidOption('strategy', '"oneForOne" for a dynamic supervisor', strategy);
  if (autoShutdown !== 'never') throw invalidOption('autoShutdown', '"never" for a dynamic supervisor', autoShutdown);
  if (maxChildren !== undefined && maxChildren !== Infinity) checkInteger('maxChildren', maxChildren, 1);
}

/**
 * Checks that a child may be `significant` as it is and where it is.
 *
 * Source: Erlang/OTP `supervisor`, `check_childspec`.
 *
 * @param parent - Of its supervisor.
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 */
export function checkSignificant(
  { significant, restart }: Pick<ChildSpec, 'significant' | 'restart'>,
  { isDynamic, autoShutdown }: Pick<SupervisionSettings, 'isDynamic' | 'autoShutdown'>,
): void {
  if (!significant) return;
  if (isDynamic) throw invalidOption('significant', 'false under a dynamic supervisor', significant);
  if (restart === 'permanent') {
    throw invalidOption('significant', 'false for a permanent child, which never ends for good', significant);
  }
  if (autoShutdown === 'never') {
    throw invalidOption('significant', 'false while autoShutdown of its supervisor is "never"', significant);
  }
}
