import type { Random } from '../ports/random.ts';
import type { Backoff } from './settings.ts';

/**
 * The delay before a new try, in milliseconds.
 *
 * @param step - 0 for the first delay, 1 for the one after it, and so on.
 */
export function backoffDelayMs(backoff: Backoff, step: number, random: Random): number {
  const { minMs, maxMs, factor, jitter } = backoff;
  if (minMs === 0) return 0; // or, once the factor has grown to Infinity, not a number
  return Math.min(maxMs, minMs * factor ** step) * (1 - jitter * random.next());
}

/** Tries of one message that a stopping graph makes without delay: the time to drain is short. */
const URGENT_TRIES = 3;
/** Delay between further ones: what fails for ever must not spend that time at the speed of the processor. */
const DRAIN_DELAY_MS = 10;

/**
 * The delay before a message is tried again, in milliseconds. The second attempt is at once.
 *
 * @param failedAttempts - How often it has failed.
 * @param stopping - The graph drains.
 */
export function retryDelayMs(backoff: Backoff, failedAttempts: number, stopping: boolean, random: Random): number {
  if (failedAttempts < 2 || (stopping && failedAttempts <= URGENT_TRIES)) return 0;
  const delayMs = backoffDelayMs(backoff, failedAttempts - 2, random);
  return stopping ? Math.min(delayMs, DRAIN_DELAY_MS) : delayMs;
}
