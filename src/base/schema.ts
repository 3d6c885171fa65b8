import type { StandardSchemaV1 } from '@standard-schema/spec';
import { HoldfastError, type SchemaIssue } from './errors.ts';
import { invalidOption } from './options.ts';
import { copyPlain } from './plain-data.ts';

/** Any Standard Schema, whatever it takes and gives. */
export type Schema = StandardSchemaV1;

/** A value that does not fit its schema. */
export interface Misfit {
  readonly kind: 'invalid';
  /** The first ten at the most. */
  readonly issues: readonly SchemaIssue[];
  /** How many more there were. */
  readonly omitted: number;
}

/** What a schema says of a value. */
export type SchemaCheck =
  /** It fits; `value` is what the schema made of it. */
  | { readonly kind: 'valid'; readonly value: unknown }
  | Misfit
  /** The schema answers with a promise, which nobody waits for. */
  | { readonly kind: 'async' }
  /** The schema threw, or answered what is no answer. */
  | { readonly kind: 'threw'; readonly error: unknown };

/** Issues that are kept: whoever looks needs the first ones, and a dead letter keeps them as long as it lives. */
const ISSUES_MAX = 10;
const MESSAGE_CHARACTERS_MAX = 200;
const PATH_KEYS_MAX = 12;
const KEY_CHARACTERS_MAX = 60;
const TEXT_CHARACTERS_MAX = 1_000;

/** Checks that an option is a Standard Schema. */
export function checkSchema(option: string, value: unknown): Schema {
  // Of arktype a schema is a function. What has a `~standard` with a `validate` is a schema by the words of the standard.
  const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function';
  const standard = isHolder ? (value as Partial<Schema>)['~standard'] : undefined;
  if (typeof standard?.validate === 'function') return value as Schema;
  throw invalidOption(option, 'a Standard Schema, as zod, valibot and arktype make them', value);
}

/** Asks `schema` about `value`. Never throws, and leaves no promise behind that could reject unheard. */
export function checkAgainst(schema: Schema, value: unknown): SchemaCheck {
  const check = ask(schema, value);
  if (check.kind !== 'threw' || !(check.error instanceof TypeError)) return check;
  // What comes from a message is frozen. A schema of arktype that transforms it writes into a copy, which that makes frozen as
  // well, and throws. A copy that is not will do.
  const copy = thawed(value);
  const again = copy === undefined ? check : ask(schema, copy);
  return again.kind === 'threw' ? check : again;
}

/** A copy that can be written to; undefined for what is no data that could be copied. */
function thawed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return copyPlain(value, 'value');
  } catch {
    return undefined;
  }
}

function ask(schema: Schema, value: unknown): SchemaCheck {
  try {
    const answer: unknown = schema['~standard'].validate(value);
    if (typeof answer !== 'object' || answer === null) throw noAnswer();
    if ('then' in answer && typeof answer.then === 'function') {
      Promise.resolve(answer).catch(() => undefined);
      return { kind: 'async' };
    }
    const { issues, value: output } = answer as { readonly issues?: unknown; readonly value?: unknown };
    if (issues === undefined || issues === null || issues === false) return { kind: 'valid', value: output };
    if (!Array.isArray(issues)) throw noAnswer();
    return misfit(issues);
  } catch (error) {
    return { kind: 'threw', error };
  }
}

/** A misfit with one issue of Holdfast's own. */
export function misfitOf(message: string): Misfit {
  return { kind: 'invalid', issues: [{ message, path: [] }], omitted: 0 };
}

/** All issues in one line, each with its path. May quote the value, as they may. */
export function issuesText({ issues, omitted }: Misfit): string {
  if (issues.length === 0) return 'it does not fit, and the schema does not say why';
  const texts = issues.map(({ message, path }) => {
    const place = pathText(path);
    // Some vendors begin the message with the path themselves.
    return place === '' || message.startsWith(place) ? message : `${place}: ${message}`;
  });
  if (omitted > 0) texts.push(`and ${omitted} more`);
  return cut(texts.join('; '), TEXT_CHARACTERS_MAX);
}

/** Where the issues are, in one line, for messages of errors: it has the keys and no value. */
export function pathsText({ issues, omitted }: Misfit): string {
  const places = new Set(issues.map(({ path }) => (path.length === 0 ? 'as a whole' : `at ${pathText(path)}`)));
  const listed = [...places].join(', ');
  return cut(omitted > 0 ? `${listed} and ${omitted} more` : listed, TEXT_CHARACTERS_MAX);
}

/**
 * What `schema` makes of `value`, which the program itself has given: arguments, a state.
 *
 * @param subject - What it is, for the error: `args of actor "x"`.
 * @param mayQuote - Whether the message of the error may have the issues in their own words, which may quote the value.
 *
 * @throws HoldfastError `ERR_SCHEMA`, `ERR_ASYNC_SCHEMA`, `ERR_SCHEMA_THREW`.
 */
export function mustFit(schema: Schema, value: unknown, subject: string, mayQuote: boolean): unknown {
  const check = checkAgainst(schema, value);
  switch (check.kind) {
    case 'valid':
      return check.value;
    case 'invalid':
      throw misfitError(subject, check, mayQuote);
    case 'async':
      throw asyncSchema(subject);
    case 'threw':
      throw schemaThrew(subject, check.error);
  }
}

/** @see mustFit */
export function misfitError(subject: string, misfit: Misfit, mayQuote: boolean): HoldfastError<'ERR_SCHEMA'> {
  const found = mayQuote ? issuesText(misfit) : `${pathsText(misfit)} (details.issues says why)`;
  return new HoldfastError('ERR_SCHEMA', `${subject}: does not fit the schema: ${found}`, {
    subject,
    issues: misfit.issues,
  });
}

export function asyncSchema(subject: string): HoldfastError<'ERR_ASYNC_SCHEMA'> {
  // Of zod a schema answers so as well where its own code throws: from here the two look the same.
  const message = `the schema of ${subject} answers with a promise: it is asynchronous, or one of zod whose own code throws. Nothing waits for it: check beforehand what needs waiting for, and give a synchronous schema here`;
  return new HoldfastError('ERR_ASYNC_SCHEMA', message, { subject });
}

export function schemaThrew(subject: string, cause: unknown): HoldfastError<'ERR_SCHEMA_THREW'> {
  const message = `the schema of ${subject} threw instead of answering: see the cause`;
  return new HoldfastError('ERR_SCHEMA_THREW', message, { subject }, { cause });
}

function misfit(issues: readonly unknown[]): Misfit {
  const kept = firstOf(issues, ISSUES_MAX, plainIssue);
  return { kind: 'invalid', issues: kept, omitted: issues.length - kept.length };
}

/** A copy without whatever else the vendor keeps in an issue: valibot's have the whole value in every step of the path. */
function plainIssue(issue: unknown): SchemaIssue {
  const { message, path } = issue as { readonly message?: unknown; readonly path?: unknown };
  const keys = Array.isArray(path) ? firstOf(path, PATH_KEYS_MAX, plainKey) : [];
  return { message: cut(String(message), MESSAGE_CHARACTERS_MAX), path: keys };
}

/** By index: arktype's lists have an array type of their own, which `slice` and `map` would make more of. */
function firstOf<T>(list: readonly unknown[], max: number, plain: (item: unknown) => T): T[] {
  return Array.from({ length: Math.min(list.length, max) }, (_, index) => plain(list[index]));
}

function plainKey(step: unknown): string | number {
  const key: unknown = typeof step === 'object' && step !== null ? (step as { readonly key?: unknown }).key : step;
  return typeof key === 'number' ? key : cut(String(key), KEY_CHARACTERS_MAX);
}

/** A path as code would have it: `orders[0].city`. */
function pathText(path: SchemaIssue['path']): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
}

/** The beginning of a text. Put together anew: a mere slice would keep all of a long text alive. */
function cut(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : `${[...text.slice(0, charactersMax - 1)].join('')}…`;
}

function noAnswer(): Error {
  return new Error('validate must answer { value } or { issues }');
}
