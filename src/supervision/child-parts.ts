import type { AlertOptions, BreakerOptions, FallbackOptions } from '../actor/child-policies.ts';
import { checkInteger, checkKnownKeys, checkNumber, invalidOption } from '../base/options.ts';
import type { BreakerSettings } from './breaker.ts';
import type { FallbackSettings } from './fallback.ts';
import type { AlertSettings } from './restart-alert.ts';
import type { ShrinkingLimitSettings } from './shrinking-limit.ts';

/** A limit that failures lower, step by step, and that quiet times restore. */
export interface ShrinkingLimitOptions {
  /** The limit as it is meant to be. */
  readonly full: number;
  /** It is never lower than this. */
  readonly min: number;
  /** Each step down multiplies it by this: more than 0 and less than 1. Default 0.5. */
  readonly factor?: number;
  /** So many failures within `withinMs` are one step down. Default 1. */
  readonly failures?: number;
  /** Length of the sliding window for `failures`, in milliseconds. Default 60,000. */
  readonly withinMs?: number;
  /** So many milliseconds without a failure are one step up, and so many again another. Default 60,000. */
  readonly restoreAfterMs?: number;
}

/** The time in which a breaker's failures count: what fails three times in a minute is ill, three times a day is not. */
const BREAKER_PERIOD_MS = 60_000;
/** When a fallback is left again: late enough for an outage to pass, early enough that nobody gets used to it. */
const RETURN_AFTER_MS = 60_000;
/** A limit is halved by each failure and doubled by each quiet minute: down fast and up slowly, as congestion control does. */
const SHRINKING = Object.freeze({ factor: 0.5, failures: 1, withinMs: 60_000, restoreAfterMs: 60_000 });

/** Checks the option `breaker` of a child and completes it. @throws HoldfastError `ERR_INVALID_OPTION`. */
export function breakerSettings(options: BreakerOptions): BreakerSettings {
  checkKnownKeys('breaker', options, ['maxFailures', 'periodMs', 'resetTimeoutMs']);
  const { maxFailures, periodMs = BREAKER_PERIOD_MS, resetTimeoutMs } = options;
  checkInteger('breaker.maxFailures', maxFailures, 1);
  checkNumber('breaker.periodMs', periodMs, 1);
  checkNumber('breaker.resetTimeoutMs', resetTimeoutMs, 1);
  return Object.freeze({ maxFailures, periodMs, resetTimeoutMs });
}

/**
 * Checks the option `fallback` of a child and completes it. Keys it does not know are not its business.
 *
 * @param resetAfterMs - Of the child's `backoff`: what earns it all its attempts back.
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 */
export function fallbackSettings(options: FallbackOptions, resetAfterMs: number): FallbackSettings {
  const { after, returnAfterMs = RETURN_AFTER_MS } = options;
  checkInteger('fallback.after', after, 1);
  checkNumber('fallback.returnAfterMs', returnAfterMs, 1, true);
  return Object.freeze({ after, returnAfterMs, resetAfterMs });
}

/** Checks the option `alert` of a child. @throws HoldfastError `ERR_INVALID_OPTION`. */
export function alertSettings(options: AlertOptions): AlertSettings {
  checkKnownKeys('alert', options, ['moreThan', 'withinMs', 'notify']);
  const { moreThan, withinMs, notify } = options;
  checkInteger('alert.moreThan', moreThan, 0);
  checkNumber('alert.withinMs', withinMs, 1);
  if (notify !== undefined && typeof notify !== 'function') throw invalidOption('alert.notify', 'a function', notify);
  return Object.freeze({ moreThan, withinMs, notify });
}

/** Checks a limit that shrinks and completes it. @param option - What it is called in errors. @throws HoldfastError `ERR_INVALID_OPTION`. */
export function shrinkingLimitSettings(option: string, options: ShrinkingLimitOptions): ShrinkingLimitSettings {
  checkKnownKeys(option, options, ['full', 'min', ...Object.keys(SHRINKING)]);
  const settings = { ...SHRINKING, ...options };
  checkNumber(`${option}.min`, settings.min, 0);
  checkNumber(`${option}.full`, settings.full, settings.min);
  const { factor } = settings;
  if (!(factor > 0 && factor < 1)) throw invalidOption(`${option}.factor`, 'more than 0 and less than 1', factor);
  checkInteger(`${option}.failures`, settings.failures, 1);
  checkNumber(`${option}.withinMs`, settings.withinMs, 1);
  checkNumber(`${option}.restoreAfterMs`, settings.restoreAfterMs, 1, true);
  return Object.freeze(settings);
}
