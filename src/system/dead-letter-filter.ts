import { DEAD_LETTER_REASONS, type DeadLetter, type DeadLetterReason } from '../actor/dead-letter.ts';
import { isPlainObject } from '../base/plain-data.ts';
import { disown } from '../base/promises.ts';
import { checkChoice, checkInteger, checkKnownKeys, checkNumber, invalidOption } from '../base/options.ts';

/** One value, or a list of which one must match; an empty list matches nothing. */
export type OneOrMany<T> = T | readonly T[];

/** Which dead letters are meant: those that fit every key. Without keys, all of them. */
export interface DeadLetterQuery {
  /** The letter's own number. */
  readonly id?: OneOrMany<number>;
  /** The channel that the message was in, or was meant for. */
  readonly channel?: OneOrMany<string>;
  /** The actor or sink that had it in hand. */
  readonly actor?: OneOrMany<string>;
  /** Why it became a dead letter. */
  readonly reason?: OneOrMany<DeadLetterReason>;
  /** The message's identity. */
  readonly messageId?: OneOrMany<string>;
  /** It became a dead letter at this wall-clock time or later, in milliseconds since the epoch. */
  readonly sinceWallMs?: number;
  /** It became a dead letter before this wall-clock time, so that ranges that follow each other share none. */
  readonly untilWallMs?: number;
}

/** A query, or a function that answers true for the letters that are meant. */
export type DeadLetterFilter = DeadLetterQuery | ((letter: DeadLetter) => boolean);

type Test = (letter: DeadLetter) => boolean;

/** How the value of each key becomes a test. The table is the list of the keys. */
const TESTS: { readonly [K in keyof Required<DeadLetterQuery>]: (option: string, value: unknown) => Test } = {
  id: (option, value) => {
    const ids = oneOrMany(value, (each) => checkInteger(option, each, 1));
    return ({ id }) => ids.has(id);
  },
  channel: (option, value) => {
    const names = oneOrMany(value, (each) => checkString(option, each));
    return ({ channel }) => names.has(channel);
  },
  actor: (option, value) => {
    const names = oneOrMany(value, (each) => checkString(option, each));
    return ({ actor }) => actor !== undefined && names.has(actor);
  },
  reason: (option, value) => {
    const reasons = oneOrMany(value, (each) => checkChoice(option, each, DEAD_LETTER_REASONS));
    return ({ reason }) => reasons.has(reason);
  },
  messageId: (option, value) => {
    const ids = oneOrMany(value, (each) => checkString(option, each));
    return ({ messageId }) => ids.has(messageId);
  },
  sinceWallMs: (option, value) => {
    const since = checkNumber(option, value, -Infinity, true);
    return ({ wallMs }) => wallMs >= since;
  },
  untilWallMs: (option, value) => {
    const until = checkNumber(option, value, -Infinity, true);
    return ({ wallMs }) => wallMs < until;
  },
};

const DEAD_LETTER_QUERY_KEYS = Object.keys(TESTS) as readonly (keyof DeadLetterQuery)[];

/**
 * The filter as a test. What a function answers must be a boolean: that of an asynchronous one is a promise, which counts
 * as true, and would discard everything.
 *
 * @param keys - Those that are allowed here.
 *
 * @throws HoldfastError `ERR_INVALID_OPTION`. A key that is there without a value is one: taken for "any", a mistake in
 * what it was to hold would discard everything as well.
 */
export function compileFilter(
  what: string,
  filter: DeadLetterFilter,
  keys: readonly string[] = DEAD_LETTER_QUERY_KEYS,
): Test {
  if (typeof filter === 'function') return (letter) => answerOf(what, filter(letter));
  // Anything else has no keys of its own, and would match all: a Map, an instance, a promise that nobody awaited.
  if (typeof filter !== 'object' || filter === null || !isPlainObject(filter)) {
    disown(filter);
    throw invalidOption(`${what}: filter`, 'a plain object or a function', filter);
  }
  checkKnownKeys(`${what}: filter`, filter, keys);
  const given = Object.entries(filter) as [keyof DeadLetterQuery, unknown][];
  const tests = given.map(([key, value]) => TESTS[key](`${what}: filter.${key}`, value));
  return (letter) => tests.every((test) => test(letter));
}

function answerOf(what: string, answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  disown(answer);
  throw invalidOption(`${what}: the filter's answer`, 'true or false', answer);
}

function oneOrMany<T>(value: unknown, check: (each: unknown) => T): ReadonlySet<T> {
  return new Set((Array.isArray(value) ? (value as unknown[]) : [value]).map(check));
}

function checkString(option: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw invalidOption(option, 'a string or a list of strings', value);
}
