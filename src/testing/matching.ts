import { HoldfastError, type Holdout } from '../base/errors.ts';
import { invalidOption } from '../base/options.ts';
import { isThenable } from '../base/promises.ts';
import { inspected, isDeepEqual } from '../ports/node/node-inspection.ts';

/**
 * What is expected of a message: another one with the same content, or a function that says whether it will do. Parts of it
 * may be asymmetric matchers, such as `expect.any(Number)` of vitest.
 */
export type Expected<T> = T | ((message: T) => boolean);

/** A matcher of vitest or jest that stands for a value. */
interface AsymmetricMatcher {
  asymmetricMatch(found: unknown): boolean;
}

/** Deeper than this, what does not match as a whole does not match: it may well go in circles. */
const DEPTH_MAX = 100;

/** Found messages that an error shows. */
const SHOWN_MAX = 10;

export function meets<T>(expected: Expected<T>, found: T): boolean {
  // A message is data, so that a function can only be a condition.
  if (typeof expected !== 'function') return matches(expected, found);
  return holds('expected', () => (expected as (message: T) => boolean)(found));
}

/** A promise would count as true, whatever comes of it. */
export function holds(option: string, condition: () => boolean): boolean {
  if (typeof condition !== 'function') throw invalidOption(option, 'a function', condition);
  const answer: unknown = condition();
  if (!isThenable(answer)) return Boolean(answer);
  answer.then(undefined, () => undefined);
  throw invalidOption(option, 'a function that answers at once, and no asynchronous one', answer);
}

export function matches(expected: unknown, found: unknown, depth = 0): boolean {
  if (isAsymmetric(expected)) return expected.asymmetricMatch(found);
  if (isDeepEqual(expected, found)) return true;
  if (depth >= DEPTH_MAX) return false;
  if (Array.isArray(expected) && Array.isArray(found)) {
    return expected.length === found.length && expected.every((each, index) => matches(each, found[index], depth + 1));
  }
  if (!isPlain(expected) || !isPlain(found)) return false;
  const keys = Object.keys(expected);
  return (
    keys.length === Object.keys(found).length &&
    keys.every((key) => Object.hasOwn(found, key) && matches(expected[key], found[key], depth + 1))
  );
}

/** Every key of `expected` is there, and matches. */
export function includes(found: object, expected: object): boolean {
  return Object.entries(expected).every(([key, value]) => matches(value, Reflect.get(found, key)));
}

export function expectedText(expected: unknown): string {
  if (typeof expected !== 'function') return inspected(expected);
  return expected.name === '' ? 'a message that meets a condition' : `a message that meets ${expected.name}`;
}

/** One to a line. */
export function listed(found: readonly unknown[], nothing: string): string {
  if (found.length === 0) return `  ${nothing}`;
  const more = found.length > SHOWN_MAX ? [`  and ${found.length - SHOWN_MAX} more`] : [];
  return [...found.slice(0, SHOWN_MAX).map((each) => `  ${inspected(each)}`), ...more].join('\n');
}

export function expectationError(
  message: string,
  expected: string,
  found: readonly unknown[],
  waiting: readonly Holdout[] = [],
): HoldfastError<'ERR_TEST_EXPECTATION'> {
  return new HoldfastError('ERR_TEST_EXPECTATION', message, { expected, found, waiting });
}

export function leftoversError(what: string, leftovers: readonly string[]): HoldfastError<'ERR_TEST_LEFTOVERS'> {
  const message = `${what} has ended, and something is left:\n${leftovers.map((each) => `  ${each}`).join('\n')}`;
  return new HoldfastError('ERR_TEST_LEFTOVERS', message, { leftovers });
}

function isAsymmetric(value: unknown): value is AsymmetricMatcher {
  return typeof (Object(value) as Partial<AsymmetricMatcher>).asymmetricMatch === 'function';
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
