import { DEAD_LETTER_REASONS, type DeadLetter, type ErrorRecord, type NewDeadLetter } from '../actor/dead-letter.ts';
import type { SchemaIssue } from '../base/errors.ts';
import { disown } from '../base/promises.ts';
import { decodeTagged, encodeTagged, TaggedJsonError } from '../base/tagged-json.ts';

/** Turns payloads into plain data, for messages that are none. */
export type EncodePayload = (payload: unknown, letter: DeadLetter) => unknown;
/** Turns plain data back into payloads. */
export type DecodePayload = (plain: unknown, letter: NewDeadLetter) => unknown;

/** What is wrong with a letter that was to become a line, or with a line that was to become a letter. */
export class LetterLineError extends Error {
  override readonly name: string = 'LetterLineError';
}

/** So that a later version can tell which fields to expect. */
const VERSION = 1;

/** Fields of a line, what each must be, and whether it may be missing. */
const FIELDS: Readonly<Record<'v' | keyof DeadLetter, readonly [rule: string, fits: (value: unknown) => boolean]>> = {
  v: [`${VERSION}`, (value) => value === VERSION],
  id: ['an integer of 1 or more, or missing', (value) => value === undefined || isCount(value, 1)],
  channel: ['a string that is not empty', isName],
  messageId: ['a string that is not empty', isName],
  replayOf: ['a string that is not empty, or missing', (value) => value === undefined || isName(value)],
  actor: ['a string, or missing', isTextOrMissing],
  reason: [
    `one of ${DEAD_LETTER_REASONS.join(', ')}`,
    (value) => DEAD_LETTER_REASONS.some((reason) => reason === value),
  ],
  text: ['a string', isText],
  issues: [
    'a list of issues, or missing',
    (value) => value === undefined || (Array.isArray(value) && value.every(isIssue)),
  ],
  error: ['an error record, or missing', (value) => value === undefined || isErrorRecord(value)],
  attempts: ['an integer of 0 or more', (value) => isCount(value, 0)],
  regeneration: ['an integer of 0 or more', (value) => isCount(value, 0)],
  firstFailedWallMs: ['a number, or missing', (value) => value === undefined || isTime(value)],
  wallMs: ['a number', isTime],
  payload: ['there', (value) => value !== undefined],
};

/** Characters that JSON leaves as they are and some readers of lines take for the end of one. */
const LINE_SEPARATORS = /[\u2028\u2029]/g;

/**
 * A letter as a line of JSON, without a line end in it or after it.
 *
 * @throws LetterLineError, with what `encode` threw as its cause.
 */
export function lineOf(letter: DeadLetter, encode: EncodePayload | undefined, charactersMax: number): string {
  const { issues, error } = letter;
  // One order for all lines, the payload last. What is undefined, JSON leaves out.
  const record: Record<keyof typeof FIELDS, unknown> = {
    v: VERSION,
    id: letter.id,
    channel: letter.channel,
    messageId: letter.messageId,
    replayOf: letter.replayOf,
    actor: letter.actor,
    reason: letter.reason,
    text: letter.text,
    issues: issues.length === 0 ? undefined : issues,
    error: error === undefined ? undefined : { ...error }, // the stack of a fresh one is a getter
    attempts: letter.attempts,
    regeneration: letter.regeneration,
    firstFailedWallMs: letter.firstFailedWallMs,
    wallMs: letter.wallMs,
    payload: encoded(letter.payload, letter, encode, charactersMax),
  };
  const line = jsonOf(record).replaceAll(LINE_SEPARATORS, (separator) =>
    separator === '\u2028' ? '\\u2028' : '\\u2029',
  );
  if (line.length <= charactersMax) return line;
  throw new LetterLineError(
    `its line would have ${line.length} characters, more than lineCharactersMax (${charactersMax})`,
  );
}

/**
 * The letter that a line stands for, with every field checked.
 *
 * @throws LetterLineError, with what `decode` threw as its cause. Nothing of the line is in the message but the names of keys.
 */
export function letterOf(line: string, decode: DecodePayload | undefined): NewDeadLetter {
  const record = parsed(line);
  for (const key of Object.keys(record)) {
    if (!Object.hasOwn(FIELDS, key))
      throw new LetterLineError(`has the field "${key.slice(0, 60)}", which letters have not`);
  }
  for (const [key, [rule, fits]] of Object.entries(FIELDS)) {
    const value = Object.hasOwn(record, key) ? record[key] : undefined;
    if (!fits(value)) throw new LetterLineError(`${key} must be ${rule}`);
  }
  // Each of them was checked above.
  const fields = record as unknown as Omit<DeadLetter, 'issues'> & Partial<DeadLetter>;
  const { error } = fields;
  const letter: NewDeadLetter = {
    payload: decoded(fields.payload),
    channel: fields.channel,
    messageId: fields.messageId,
    replayOf: fields.replayOf,
    actor: fields.actor,
    reason: fields.reason,
    text: fields.text,
    issues: fields.issues ?? [],
    error: error && { name: error.name, message: error.message, code: error.code, stack: error.stack },
    attempts: fields.attempts,
    regeneration: fields.regeneration,
    firstFailedWallMs: fields.firstFailedWallMs,
    wallMs: fields.wallMs,
  };
  if (decode === undefined) return letter;
  return { ...letter, payload: byHand(() => decode(letter.payload, letter), 'decode') };
}

function encoded(payload: unknown, letter: DeadLetter, encode: EncodePayload | undefined, sizeMax: number): unknown {
  const plain = encode === undefined ? payload : byHand(() => encode(payload, letter), 'encode');
  try {
    return encodeTagged(plain, sizeMax);
  } catch (error) {
    if (error instanceof TaggedJsonError) throw new LetterLineError(error.message);
    throw new LetterLineError('a getter of its payload threw', { cause: error });
  }
}

function jsonOf(record: object): string {
  try {
    return JSON.stringify(record);
  } catch {
    throw new LetterLineError('its line would be longer than a string can be'); // nothing else is left that could fail
  }
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    throw new LetterLineError('is no JSON'); // the parser's own words quote the line, which may be private
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record))
    throw new LetterLineError('is no JSON object');
  return record as Readonly<Record<string, unknown>>;
}

function decoded(json: unknown): unknown {
  try {
    const payload = decodeTagged(json);
    if (payload !== undefined) return payload;
  } catch (error) {
    throw new LetterLineError((error as TaggedJsonError).message); // it throws nothing else
  }
  throw new LetterLineError('payload is undefined, which is no message');
}

/** What a hook of the user's gives. */
function byHand(hook: () => unknown, name: string): unknown {
  let value: unknown;
  try {
    value = hook();
  } catch (error) {
    throw new LetterLineError(`${name} threw`, { cause: error });
  }
  if (value === undefined) throw new LetterLineError(`${name} gave undefined, which is no message`);
  if (value instanceof Promise) {
    disown(value);
    throw new LetterLineError(`${name} gave a promise: it must answer at once`);
  }
  return value;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextOrMissing(value: unknown): boolean {
  return value === undefined || isText(value);
}

function isName(value: unknown): boolean {
  return isText(value) && value !== '';
}

function isCount(value: unknown, min: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min;
}

function isTime(value: unknown): boolean {
  return Number.isFinite(value);
}

function isIssue(value: unknown): value is SchemaIssue {
  if (typeof value !== 'object' || value === null || !hasOnly(value, ['message', 'path'])) return false;
  const { message, path } = value as Partial<SchemaIssue>;
  return isText(message) && Array.isArray(path) && path.every((key) => isText(key) || isTime(key));
}

function isErrorRecord(value: unknown): value is ErrorRecord {
  if (typeof value !== 'object' || value === null || !hasOnly(value, ['name', 'message', 'code', 'stack']))
    return false;
  const { name, message, code, stack } = value as Partial<ErrorRecord>;
  return isText(name) && isText(message) && isTextOrMissing(code) && isTextOrMissing(stack);
}

function hasOnly(value: object, keys: readonly string[]): boolean {
  return Object.keys(value).every((key) => keys.includes(key));
}
