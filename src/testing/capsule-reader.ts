import { HoldfastError } from '../base/errors.ts';
import { type Capsule, CAPSULE_FORMAT, CAPSULE_VERSION } from '../system/capsule.ts';

/** Longer texts are no capsule that any graph has written. */
const CHARACTERS_MAX = 2 ** 28;
/** Of lists in a capsule: what is longer was made to do harm. */
const ITEMS_MAX = 300_000;

type Check = (value: unknown, path: string) => void;

/**
 * Reads a capsule: its text, or what `JSON.parse` or an import of a JSON file has made of it.
 *
 * @throws HoldfastError `ERR_INVALID_CAPSULE`: it is no JSON, cut off, of another version, or no capsule.
 */
export function readCapsule(source: unknown): Capsule {
  const json = typeof source === 'string' ? parsed(source) : source;
  if (typeof json !== 'object' || json === null) throw invalid('a capsule is a JSON object');
  const { format, version } = json as Partial<Capsule>;
  if (format !== CAPSULE_FORMAT) throw invalid(`its "format" is not "${CAPSULE_FORMAT}"`);
  if (version !== CAPSULE_VERSION) {
    const found = typeof version === 'number' ? version : 'none';
    throw invalid(
      `it is of version ${found}, and this Holdfast reads version ${CAPSULE_VERSION}: use the Holdfast that wrote it`,
    );
  }
  capsule(json, 'capsule');
  return json as Capsule; // just checked
}

function parsed(text: string): unknown {
  if (text.length > CHARACTERS_MAX) throw invalid(`it is longer than ${CHARACTERS_MAX} characters`);
  if (text.trim() === '') throw invalid('it is empty');
  try {
    return JSON.parse(text);
  } catch {
    // What the parser says quotes the text, which may be private.
    const isCut = text.trimStart().startsWith('{') && !text.trimEnd().endsWith('}');
    throw invalid(isCut ? 'it ends early: is the file cut off?' : 'it is no JSON');
  }
}

function invalid(problem: string): HoldfastError<'ERR_INVALID_CAPSULE'> {
  return new HoldfastError('ERR_INVALID_CAPSULE', `this is no capsule that can be read: ${problem}`, { problem });
}

// --- What a capsule has to look like ------------------------------------------------------------------------------------

const text: Check = (value, path) => {
  if (typeof value !== 'string') throw invalid(`${path} is no string`);
};

/** It is shown on a terminal: no sequences that would do something there. */
const line: Check = (value, path) => {
  text(value, path);
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(value as string)) throw invalid(`${path} has control characters`);
};

const flag: Check = (value, path) => {
  if (typeof value !== 'boolean') throw invalid(`${path} is neither true nor false`);
};

const time: Check = (value, path) => {
  if (typeof value !== 'number' || Math.abs(value) > 8.64e15) throw invalid(`${path} is no number of milliseconds`);
};

const number: Check = (value, path) => {
  if (typeof value !== 'number') throw invalid(`${path} is no number`);
};

/** Not an enumeration of everything that could be there: other versions within this format may add to it. */
function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Check {
  return (value, path) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return;
    throw invalid(`${path} is no integer from ${min} to ${max}`);
  };
}

function orNull(check: Check): Check {
  return (value, path) => {
    if (value !== null) check(value, path);
  };
}

function oneOf(...choices: readonly string[]): Check {
  return (value, path) => {
    if (!choices.includes(value as string)) throw invalid(`${path} is none of ${choices.join(', ')}`);
  };
}

function list(item: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) throw invalid(`${path} is no list`);
    if (value.length > ITEMS_MAX) throw invalid(`${path} has more than ${ITEMS_MAX} items`);
    value.forEach((each: unknown, index) => item(each, `${path}[${index}]`));
  };
}

function record(item: Check): Check {
  return (value, path) => {
    if (!isObject(value)) throw invalid(`${path} is no object`);
    for (const [key, each] of Object.entries(value)) item(each, `${path}.${key.slice(0, 60)}`);
  };
}

function object(fields: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    if (!isObject(value)) throw invalid(`${path} is no object`);
    for (const [key, check] of Object.entries(fields)) {
      if (!Object.hasOwn(value, key)) throw invalid(`${path}.${key} is missing`);
      check(value[key], `${path}.${key}`);
    }
  };
}

/** By its kind. */
function union(kinds: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    if (!isObject(value)) throw invalid(`${path} is no object`);
    oneOf(...Object.keys(kinds))(value['kind'], `${path}.kind`);
    kinds[value['kind'] as string]?.(value, path);
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const anything: Check = () => undefined;

const kept: Check = union({ kept: object({ json: anything }), omitted: object({ why: text }) });

const message: Check = object({
  messageId: text,
  sequence: integer(0, 2 ** 52),
  replayOf: orNull(text),
  firing: orNull(object({ timer: text, missed: integer(0) })),
  failedAttempts: integer(0, 1_000_000),
  payload: kept,
});

const input: Check = object({
  input: text,
  lane: integer(-1, ITEMS_MAX),
  channel: text,
  capacity: integer(1),
  closed: flag,
  size: integer(0),
  taken: integer(0),
  takenAs: integer(0),
  peeked: integer(0),
  suspects: integer(0),
  messages: list(message),
});

const output: Check = object({
  output: text,
  channel: text,
  capacity: integer(1),
  closed: flag,
  staged: integer(0),
  messages: list(kept),
});

const effect: Check = union({
  returned: object({ name: text, afterMs: time, value: kept }),
  threw: object({ name: text, afterMs: time, error: kept }),
  pending: object({ name: text }),
});

const turn: Check = object({
  number: integer(0),
  opening: flag,
  regeneration: integer(0),
  attempt: integer(1),
  failuresInARow: integer(0),
  lane: integer(-1, ITEMS_MAX),
  messageIds: list(text),
  narrowed: flag,
  pauses: integer(0),
});

const runId: Check = (value, path) => {
  if (typeof value === 'string' && /^[0-9a-z]{8}$/.test(value) && parseInt(value, 36) < 2 ** 40) return;
  throw invalid(`${path} is no identity of a run`);
};

const capsule: Check = object({
  holdfast: line,
  node: line,
  graph: line,
  runId,
  actor: line,
  checks: flag,
  definition: object({
    style: oneOf('loop', 'handler', 'source'),
    inputs: list(text),
    outputs: list(text),
    tables: list(text),
    hasState: flag,
  }),
  error: object({ name: text, message: text, code: orNull(text), stack: orNull(text) }),
  failedWallMs: time,
  failedNowMs: time,
  turn,
  inputs: list(input),
  outputs: list(output),
  args: kept,
  state: kept,
  tables: record(kept),
  readings: object({ nowMs: list(number), wallMs: list(number), random: list(number), hasTimer: list(number) }),
  effects: list(effect),
  settings: record(anything),
  obstacles: list(line),
  notes: list(line),
});
