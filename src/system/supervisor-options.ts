import { checkChoice, checkInteger, checkKnownKeys, checkNumber } from '../base/options.ts';
import type { SupervisionSettings } from '../supervision/supervision.ts';

/** Options of a supervisor. */
export interface SupervisorOptions {
  /** Which children restart when one of them ends. Default `"oneForOne"`. */
  readonly strategy?: SupervisionSettings['strategy'];
  /** Restarts of all its children together allowed within `periodMs`; one more and it gives up. Default 5. */
  readonly maxRestarts?: number;
  /** Length of the sliding window for `maxRestarts`, in milliseconds. Default 10,000. */
  readonly periodMs?: number;
  /** Whether it ends when any, or the last, of its significant children has ended by itself. Default `"never"`. */
  readonly autoShutdown?: SupervisionSettings['autoShutdown'];
  /** What its children start from when it is restarted itself: from the beginning, or from what they had. Default `"fresh"`. */
  readonly onEscalation?: 'fresh' | 'preserve';
}

export interface SupervisorSettings extends SupervisionSettings {
  readonly onEscalation: 'fresh' | 'preserve';
}

/** The defaults, each with its reason. */
export const SUPERVISOR_DEFAULTS: SupervisorSettings = Object.freeze({
  strategy: 'oneForOne', // what shares no fate needs no common restart
  isDynamic: false,
  // As for the actors of a graph: Erlang's 1 in 5 s is used up by the second time-out of a flaky peer.
  maxRestarts: 5,
  periodMs: 10_000,
  autoShutdown: 'never',
  onEscalation: 'fresh', // so often restarted in vain, the children's states are under suspicion as well
});

/** Checks a supervisor's options and completes them. @throws HoldfastError `ERR_INVALID_OPTION`. */
export function supervisorSettings(what: string, options: SupervisorOptions): SupervisorSettings {
  const { isDynamic, ...defaults } = SUPERVISOR_DEFAULTS;
  checkKnownKeys(what, options, Object.keys(defaults));
  const settings = { ...defaults, ...options };
  checkChoice('strategy', settings.strategy, ['oneForOne', 'oneForAll', 'restForOne']);
  if (settings.maxRestarts !== Infinity) checkInteger('maxRestarts', settings.maxRestarts, 0);
  checkNumber('periodMs', settings.periodMs, 1);
  checkChoice('autoShutdown', settings.autoShutdown, ['never', 'anySignificant', 'allSignificant']);
  checkChoice('onEscalation', settings.onEscalation, ['fresh', 'preserve']);
  return Object.freeze({ ...settings, isDynamic });
}
