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
