import { HoldfastError } from '../base/errors.ts';
import { FNV_OFFSET, fnv1a } from '../base/fnv1a.ts';
import { checkInteger, valueText } from '../base/options.ts';
import { disown } from '../base/promises.ts';

/** What messages can be told apart by: values that are equal when they look equal. */
export type PartitionKey = string | number | bigint | boolean;

/**
 * The lane, from 0, that a key has in a bundle of `lanes` lanes: always the same one, in every process and version. Where the
 * number of lanes changes, keys change their lanes.
 *
 * Integers up to 2 ** 53, bigints and booleans of the same numeric value have the same lane (`1`, `1n` and `true`). Keys are
 * spread as evenly as if lanes were drawn by lot, also those that differ in their last character only.
 *
 * @throws HoldfastError `ERR_INVALID_KEY`, `ERR_INVALID_OPTION` (no such number of lanes).
 */
export function laneOf(key: PartitionKey, lanes: number): number {
  checkInteger('laneOf: lanes', lanes, 1);
  if (!isPartitionKey(key)) throw invalidKey('laneOf', key);
  return laneOfHash(hashOf(key), lanes);
}

/** {@link laneOf} for lanes that are there, and a key that a user's function has answered. -1 if it is no key. */
export function laneOfAnswer(key: unknown, lanes: number): number {
  return isPartitionKey(key) ? laneOfHash(hashOf(key), lanes) : -1;
}

/** 32 bits, as a number from 0, of a key that a user's function has answered; undefined if it is no key. */
export function hashOfKey(key: unknown): number | undefined {
  return isPartitionKey(key) ? hashOf(key) : undefined;
}

export function invalidKey(by: string, received: unknown): HoldfastError<'ERR_INVALID_KEY'> {
  disown(received);
  const what = typeof received === 'number' ? 'NaN' : valueText(received);
  const message = `${by}: a key must be a string, a number (not NaN), a bigint or a boolean, got ${what}`;
  return new HoldfastError('ERR_INVALID_KEY', message, { by, received });
}

function isPartitionKey(key: unknown): key is PartitionKey {
  if (typeof key === 'number') return !Number.isNaN(key); // NaN equals nothing, itself included: it would be no one key
  return typeof key === 'string' || typeof key === 'bigint' || typeof key === 'boolean';
}

/** The share of the lanes that lie below the hash: unlike a remainder it uses the high bits, which are mixed best. */
function laneOfHash(hash: number, lanes: number): number {
  return Math.floor((hash / 2 ** 32) * lanes);
}

/** 32 bits, as a number from 0. Never to be changed: whoever keeps state by lane would look for it in the wrong one. */
function hashOf(key: PartitionKey): number {
  if (typeof key === 'string') return hashOfText(key);
  const number = Number(key);
  if (!Number.isSafeInteger(number)) return hashOfText(String(key));
  // Two words, since an integer may have 53 bits. The high one is mixed in by itself, or 2 ** 32 would look like 1.
  const high = Math.floor(number / 2 ** 32);
  return mix(mix(number | 0) ^ (high | 0));
}

/** FNV-1a over the UTF-16 code units. Its last characters hardly reach the high bits: hence the mixing. */
function hashOfText(text: string): number {
  return mix(fnv1a(FNV_OFFSET, text));
}

/** The finalizer of MurmurHash3: each bit that comes in changes half of those that go out. 0 stays 0. */
function mix(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
