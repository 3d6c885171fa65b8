/**
 * Plain data as JSON that can be read, edited and turned back without loss. What JSON has stays as it is; everything else
 * is an object with one key, its tag:
 *
 * ```
 *   undefined           {"$undefined": true}
 *   NaN, -0, Infinity   {"$number": "NaN"}
 *   12n                 {"$bigint": "12"}
 *   a Date              {"$date": "2024-02-29T12:00:00.000Z"}, or "invalid"
 *   a Map, a Set        {"$map": [[key, value], ...]}, {"$set": [value, ...]}
 *   bytes               {"$bytes": ["Uint8Array", base64]}; so do Int8Array, Uint8ClampedArray and Buffer
 *   typed arrays        {"$array": ["Float64Array", [1.5, ...]]}
 *   an Error            {"$error": {"name": ..., "message": ..., "stack": ..., ...}}
 *   {"$x": 1}           {"$object": {"$x": 1}}: an object of the user's that looks like one of these
 * ```
 *
 * Of other instances the enumerable fields are kept, as a plain object. What would be lost is refused: functions, symbols,
 * data that contains itself, and instances that have no such fields.
 *
 * Not superjson, the library for this: it turns invalid dates into null and NaN in typed arrays into 0 without a word, drops
 * functions, refuses data with a key named `constructor`, and what it reads can make it allocate gigabytes from a line of
 * 65 bytes. What reads the tags here builds nothing that is larger than its text.
 */
import { BY_IDENTITY } from './plain-data.ts';

/** Why a value cannot be encoded or decoded, and where in it. */
export class TaggedJsonError extends Error {
  override readonly name: string = 'TaggedJsonError';
}

/** Deeper data than this is taken for a cycle, as it is in state. */
const DEPTH_MAX = 200;

/** Arrays of which each element is a byte. */
const BYTE_ARRAYS = {
  Int8Array: (bytes: Buffer) => new Int8Array(bytes),
  Uint8Array: (bytes: Buffer) => new Uint8Array(bytes),
  Uint8ClampedArray: (bytes: Buffer) => new Uint8ClampedArray(bytes),
  Buffer: (bytes: Buffer) => bytes,
} as const;

const NUMBER_ARRAYS = { Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array } as const;
const BIGINT_ARRAYS = { BigInt64Array, BigUint64Array } as const;

/** Fields of an error that are not enumerable. */
const ERROR_FIELDS = ['name', 'message', 'stack', 'cause'] as const;

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * The value as one that `JSON.stringify` writes without loss.
 *
 * @param sizeMax - Values in it at the most: data that refers to the same object again and again has it many times.
 *
 * @throws TaggedJsonError. What a getter of the value throws passes through.
 */
export function encodeTagged(value: unknown, sizeMax: number): Json {
  return new Encoder(sizeMax).encode(value, 0);
}

/**
 * The value of what {@link encodeTagged} has made, or somebody else: safe with whatever `JSON.parse` gives. Keys such as
 * `__proto__` come back as keys.
 *
 * @throws TaggedJsonError.
 */
export function decodeTagged(json: unknown): unknown {
  return new Decoder().decode(json, 0);
}

/** The way into a value, kept up to date while it is walked through: it is put into words only where there is an error. */
class Walk {
  readonly #path: (string | number)[] = [];

  protected within<T>(key: string | number, step: () => T): T {
    this.#path.push(key);
    const result = step();
    this.#path.pop(); // not where it throws: the error that ends the walk is made after the step that it names
    return result;
  }

  protected problem(text: string): TaggedJsonError {
    const place = this.#path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key.slice(0, 60)}`));
    if (place.length > 12) place.splice(6, place.length - 12, '...');
    return new TaggedJsonError(`payload${place.join('')} ${text}`);
  }
}

class Encoder extends Walk {
  #left: number;
  readonly #sizeMax: number;

  constructor(sizeMax: number) {
    super();
    this.#left = sizeMax;
    this.#sizeMax = sizeMax;
  }

  encode(value: unknown, depth: number): Json {
    this.#left -= 1;
    if (this.#left < 0) throw new TaggedJsonError(`payload has more than ${this.#sizeMax} values`);
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: numberText(value) };
      case 'undefined':
        return { $undefined: true };
      case 'bigint':
        return { $bigint: String(value) };
      case 'object':
        if (value === null) return null;
        if (depth >= DEPTH_MAX) throw this.problem(`is nested more than ${DEPTH_MAX} deep, or contains itself`);
        return this.#encodeObject(value, depth + 1);
      case 'function':
      case 'symbol':
        throw this.problem(`is a ${typeof value}`);
    }
  }

  #encodeObject(value: object, depth: number): Json {
    if (Array.isArray(value)) return this.#encodeAll(value, depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return this.#encodeInstance(value, depth);
    return marked(this.#encodeFields(value, Object.keys(value), depth));
  }

  /** By index, so that a hole is `undefined`. */
  #encodeAll(values: ArrayLike<unknown>, depth: number): Json[] {
    const all: Json[] = [];
    for (let index = 0; index < values.length; index += 1) {
      all.push(this.within(index, () => this.encode(values[index], depth)));
    }
    return all;
  }

  #encodeFields(value: object, keys: readonly string[], depth: number): { [key: string]: Json } {
    const symbol = Object.getOwnPropertySymbols(value).find((key) =>
      Object.prototype.propertyIsEnumerable.call(value, key),
    );
    if (symbol !== undefined) throw this.problem('has a symbol as a key');
    // Without a prototype, so that a key named `__proto__` is a key like any other.
    const fields = Object.create(null) as { [key: string]: Json };
    for (const key of keys) {
      fields[key] = this.within(key, () => this.encode((value as Record<string, unknown>)[key], depth));
    }
    return fields;
  }

  #encodeInstance(value: object, depth: number): Json {
    if (BY_IDENTITY in value) throw this.problem('is a part of a graph');
    if (value instanceof Error) return this.#encodeError(value, depth);
    if (ArrayBuffer.isView(value)) return this.#encodeView(value, depth);
    const keys = Object.keys(value);
    const builtIn = this.#encodeBuiltIn(value, depth);
    if ((builtIn === undefined) === (keys.length === 0)) {
      const kept = builtIn === undefined ? 'nothing' : 'not everything';
      throw this.problem(`is ${instanceText(value)}, of which ${kept} can be kept`);
    }
    return builtIn ?? marked(this.#encodeFields(value, keys, depth));
  }

  #encodeBuiltIn(value: object, depth: number): Json | undefined {
    if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString() };
    if (value instanceof Set) return { $set: this.#encodeAll([...value], depth) };
    if (!(value instanceof Map)) return undefined;
    return { $map: this.#encodeAll([...value], depth) };
  }

  #encodeError(error: Error, depth: number): Json {
    const hidden = ERROR_FIELDS.filter((key) => key === 'name' || Object.hasOwn(error, key));
    return { $error: this.#encodeFields(error, [...new Set([...hidden, ...Object.keys(error)])], depth) };
  }

  #encodeView(view: ArrayBufferView, depth: number): Json {
    const name = Buffer.isBuffer(view) ? 'Buffer' : Object.prototype.toString.call(view).slice(8, -1);
    if (name in BYTE_ARRAYS) {
      const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
      return { $bytes: [name, bytes.toString('base64')] };
    }
    if (!(name in NUMBER_ARRAYS || name in BIGINT_ARRAYS)) throw this.problem(`is ${instanceText(view)}`);
    return { $array: [name, this.#encodeAll(view as unknown as ArrayLike<unknown>, depth)] };
  }
}

class Decoder extends Walk {
  decode(json: unknown, depth: number): unknown {
    if (typeof json !== 'object' || json === null) return json;
    // One more than the encoder goes: what is no object there may be a tag here.
    if (depth > DEPTH_MAX) throw this.problem(`is nested more than ${DEPTH_MAX} deep`);
    if (Array.isArray(json)) return this.#decodeAll(json, depth + 1);
    if (!looksTagged(json)) return this.#decodeFields(json, depth + 1, {});
    const [tag, content] = Object.entries(json)[0] as [string, unknown];
    const value = this.#decodeTag(tag, content, depth + 1);
    if (value !== MALFORMED) return value;
    throw this.problem(
      `has a "${tag.slice(0, 60)}" that stands for nothing: an object of your own with such a key goes into {"$object": ...}`,
    );
  }

  #decodeTag(tag: string, content: unknown, depth: number): unknown {
    switch (tag) {
      case '$undefined':
        return content === true ? undefined : MALFORMED;
      case '$number':
        return NUMBERS.get(content) ?? MALFORMED;
      case '$bigint':
        return typeof content === 'string' && /^(0|-?[1-9]\d*)$/.test(content) ? BigInt(content) : MALFORMED;
      case '$date':
        return dateOf(content);
      case '$map':
        return this.#decodeMap(content, depth);
      case '$set':
        return Array.isArray(content) ? new Set(this.#decodeAll(content, depth)) : MALFORMED;
      case '$bytes':
        return bytesOf(content);
      case '$array':
        return this.#decodeArray(content, depth);
      case '$error':
        return isObject(content) ? this.#decodeError(content, depth) : MALFORMED;
      case '$object':
        return isObject(content) ? this.#decodeFields(content, depth, {}) : MALFORMED;
      default:
        return MALFORMED;
    }
  }

  #decodeAll(all: readonly unknown[], depth: number): unknown[] {
    return all.map((each, index) => this.within(index, () => this.decode(each, depth)));
  }

  #decodeFields<T extends object>(fields: object, depth: number, into: T): T {
    for (const [key, field] of Object.entries(fields)) {
      const value = this.within(key, () => this.decode(field, depth));
      // Never assigned: a key named `__proto__` would set the prototype, and one of an error's fields is not enumerable.
      const enumerable = !(into instanceof Error && ERROR_FIELDS.some((hidden) => hidden === key));
      Object.defineProperty(into, key, { value, enumerable, writable: true, configurable: true });
    }
    return into;
  }

  #decodeMap(content: unknown, depth: number): unknown {
    if (!Array.isArray(content)) return MALFORMED;
    const isEntries = content.every((entry) => Array.isArray(entry) && entry.length === 2);
    return isEntries ? new Map(this.#decodeAll(content, depth) as [unknown, unknown][]) : MALFORMED;
  }

  #decodeArray(content: unknown, depth: number): unknown {
    if (!Array.isArray(content) || content.length !== 2) return MALFORMED;
    const [name, elements] = content as [unknown, unknown];
    if (typeof name !== 'string' || !Array.isArray(elements)) return MALFORMED;
    const values = this.#decodeAll(elements, depth);
    if (Object.hasOwn(NUMBER_ARRAYS, name) && values.every((value) => typeof value === 'number')) {
      return NUMBER_ARRAYS[name as keyof typeof NUMBER_ARRAYS].from(values);
    }
    if (Object.hasOwn(BIGINT_ARRAYS, name) && values.every((value) => typeof value === 'bigint')) {
      return BIGINT_ARRAYS[name as keyof typeof BIGINT_ARRAYS].from(values);
    }
    return MALFORMED;
  }

  #decodeError(fields: object, depth: number): unknown {
    const error = new Error();
    delete error.stack; // that of the decoder says nothing
    return this.#decodeFields(fields, depth, error);
  }
}

/** What stands for no value. `undefined` is one. */
const MALFORMED: unique symbol = Symbol('malformed');

const NUMBERS: ReadonlyMap<unknown, number> = new Map(
  [NaN, Infinity, -Infinity, -0].map((number) => [numberText(number), number]),
);

function numberText(number: number): string {
  return Object.is(number, -0) ? '-0' : String(number);
}

/** Fields of the user's, so that they are not taken for a tag. */
function marked(fields: { readonly [key: string]: Json }): Json {
  return looksTagged(fields) ? { $object: fields } : fields;
}

function looksTagged(value: object): boolean {
  let only: string | undefined;
  for (const key in value) {
    if (only !== undefined) return false;
    only = key;
  }
  return only?.startsWith('$') === true;
}

function dateOf(content: unknown): unknown {
  if (content === 'invalid') return new Date(NaN);
  if (typeof content !== 'string') return MALFORMED;
  const date = new Date(content);
  // Other spellings of dates mean this or that, by time zone and engine.
  return !Number.isNaN(date.getTime()) && date.toISOString() === content ? date : MALFORMED;
}

function bytesOf(content: unknown): unknown {
  if (!Array.isArray(content) || content.length !== 2) return MALFORMED;
  const [name, text] = content as [unknown, unknown];
  if (typeof name !== 'string' || typeof text !== 'string' || !Object.hasOwn(BYTE_ARRAYS, name)) return MALFORMED;
  const bytes = Buffer.from(text, 'base64');
  // It skips what is no base64, and so would lose it without a word.
  return bytes.toString('base64') === text ? BYTE_ARRAYS[name as keyof typeof BYTE_ARRAYS](bytes) : MALFORMED;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function instanceText(value: object): string {
  const { constructor } = value as { readonly constructor?: unknown };
  const name = typeof constructor === 'function' ? constructor.name : '';
  return name === '' ? 'an object with a prototype of its own' : `an instance of ${name}`;
}
