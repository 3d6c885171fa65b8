import { HoldfastError } from './errors.ts';

/**
 * Marks objects of Holdfast's own that stand for something by identity, such as a channel. They may be kept in state and
 * sent in messages: they are neither copied nor frozen.
 */
export const BY_IDENTITY: unique symbol = Symbol('holdfast.byIdentity');

/** Deeper data than this is taken for a cycle. */
const MAX_DEPTH = 200;

type TypedArray = { readonly buffer: ArrayBufferLike; slice(): object };

/**
 * Copies plain data: primitives, plain objects, arrays, Date, Map, Set, typed arrays, and what is marked
 * {@link BY_IDENTITY} (kept as it is).
 *
 * @throws HoldfastError `ERR_STATE_UNSUPPORTED` for anything else, with its path; also for data that contains itself.
 */
export function copyPlain(value: unknown, path: string, depth: number = 0): unknown {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function') throw unsupported(path, 'a function');
    return value;
  }
  if (depth > MAX_DEPTH) throw tooDeep(path);
  if (Array.isArray(value)) return copyArray(value, path, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return copyObject(value, prototype, path, depth);
  return copyExotic(value, path, depth);
}

function copyArray(value: readonly unknown[], path: string, depth: number): unknown[] {
  const copy: unknown[] = [];
  for (let index = 0; index < value.length; index += 1) {
    copy.push(copyPlain(value[index], path, depth + 1));
  }
  return copy;
}

function copyObject(value: object, prototype: object | null, path: string, depth: number): object {
  const copy = prototype === null ? (Object.create(null) as Record<string, unknown>) : {};
  for (const key of Object.keys(value)) {
    const inner: unknown = (value as Record<string, unknown>)[key];
    const plain =
      typeof inner !== 'object' && typeof inner !== 'function' ? inner : copyPlain(inner, `${path}.${key}`, depth + 1);
    // A key named __proto__ would set the prototype if it were assigned.
    if (key === '__proto__')
      Object.defineProperty(copy, key, { value: plain, writable: true, enumerable: true, configurable: true });
    else copy[key] = plain;
  }
  return copy;
}

function copyExotic(value: object, path: string, depth: number): unknown {
  if (BY_IDENTITY in value) return value;
  if (value instanceof Date && isExactly(value, Date)) return new Date(value.getTime());
  if (value instanceof Map && isExactly(value, Map)) {
    const copy = new Map<unknown, unknown>();
    for (const [key, inner] of value)
      copy.set(copyPlain(key, `${path}<key>`, depth + 1), copyPlain(inner, path, depth + 1));
    return copy;
  }
  if (value instanceof Set && isExactly(value, Set)) {
    const copy = new Set<unknown>();
    for (const inner of value) copy.add(copyPlain(inner, path, depth + 1));
    return copy;
  }
  if (isTypedArray(value)) return copyTypedArray(value);
  throw unsupported(path, describeObject(value));
}

/**
 * Deep-freezes plain objects and arrays, and copies what cannot be frozen (Date, Map, Set, typed arrays): what a sender
 * keeps of a message must not change it later. Class instances and functions are left as they are.
 *
 * Remembers what it has frozen, so that a message that is passed on is not walked through again, and one that its sender
 * has frozen at the surface only is.
 */
export class MessageFreezer {
  readonly #done = new WeakSet();

  /** @returns the value to send: the same object wherever nothing had to be copied. */
  freeze(value: unknown, depth: number = 0): unknown {
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
    if (!Array.isArray(value) && !isPlainObject(value)) return isCopyable(value) ? copyOrKeep(value) : value;
    if (this.#done.has(value)) return value;
    this.#done.add(value); // before going in: it may contain itself
    let kept: object | undefined;
    try {
      kept = Object.freeze(this.#withFrozenFields(value as Record<string, unknown>, depth));
    } finally {
      // A copy has taken its place, or a getter threw: it would be passed on as it is the next time.
      if (kept !== value) this.#done.delete(value);
    }
    if (kept !== value) this.#done.add(kept);
    return kept;
  }

  #withFrozenFields(record: Record<string, unknown>, depth: number): object {
    let kept = record;
    for (const key of Object.keys(record)) {
      const inner = record[key];
      if (typeof inner !== 'object' || inner === null) continue;
      const frozen = this.freeze(inner, depth + 1);
      if (frozen !== inner) kept = replaced(kept, key, frozen);
    }
    return kept;
  }
}

/** `record` with another value at `key`, or a copy of it where somebody has frozen it: what is to go in could not else. */
function replaced(record: Record<string, unknown>, key: string, value: unknown): Record<string, unknown> {
  const property = Reflect.getOwnPropertyDescriptor(record, key);
  if (property === undefined || !('value' in property)) return record; // a getter makes its own
  const target = property.writable === true ? record : thawed(record);
  target[key] = value;
  return target;
}

/** A copy of an object or array, of its surface only, whose fields can be written. */
function thawed(record: Record<string, unknown>): Record<string, unknown> {
  if (Array.isArray(record)) return record.slice() as unknown as Record<string, unknown>;
  const properties = Object.getOwnPropertyDescriptors(record);
  for (const property of Object.values(properties)) {
    property.configurable = true;
    if ('value' in property) property.writable = true;
  }
  return Object.create(Object.getPrototypeOf(record) as object | null, properties) as Record<string, unknown>;
}

function isCopyable(value: object): boolean {
  return isExactly(value, Date) || isExactly(value, Map) || isExactly(value, Set) || isTypedArray(value);
}

function copyOrKeep(value: object): unknown {
  try {
    return copyPlain(value, 'message');
  } catch {
    return value; // a Map of class instances: ours to pass on, not to judge
  }
}

/**
 * Checks a value that is kept and replaced as a whole, such as that of a table, without looking into it.
 *
 * @throws HoldfastError `ERR_STATE_UNSUPPORTED` for a function or an instance of a class that {@link copyPlain} refuses.
 */
export function checkSurface(value: unknown, path: string): void {
  if (typeof value === 'function') throw unsupported(path, 'a function');
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value) || isPlainObject(value) || isCopyable(value) || BY_IDENTITY in value) return;
  throw unsupported(path, describeObject(value));
}

/**
 * Deep-freezes values that are kept and replaced as a whole, and copies in them what cannot be frozen: whoever reads one
 * must not edit it, because that could not be rolled back.
 *
 * Unlike a {@link MessageFreezer} it refuses what could not be copied into a snapshot, wherever it is in the value.
 */
export class ValueFreezer {
  /** Values with others inside that have been walked through: a nested one is often part of the next value too. */
  readonly #done = new WeakSet();

  /**
   * @returns the value to keep: the same object wherever nothing had to be copied.
   *
   * @throws HoldfastError `ERR_STATE_UNSUPPORTED`
   */
  freeze(value: unknown, path: string, depth: number = 0): unknown {
    if (typeof value === 'function') throw unsupported(path, 'a function');
    if (typeof value !== 'object' || value === null) return value;
    if (!Array.isArray(value) && !isPlainObject(value)) return copyExotic(value, path, depth);
    if (depth > MAX_DEPTH) throw tooDeep(path);
    if (Object.isFrozen(value) && this.#done.has(value)) return value;
    const record = value as Record<string, unknown>;
    let kept = record;
    let isFlat = true;
    for (const key of Object.keys(record)) {
      const inner = record[key];
      if ((typeof inner !== 'object' && typeof inner !== 'function') || inner === null) continue;
      isFlat = false;
      const frozen = this.freeze(inner, Array.isArray(value) ? path : `${path}.${key}`, depth + 1);
      if (frozen !== inner) kept = replaced(kept, key, frozen);
    }
    // Only now: a value that was refused is refused again.
    if (!isFlat) this.#done.add(kept);
    return Object.freeze(kept);
  }
}

/** @throws HoldfastError `ERR_STATE_UNSUPPORTED` for anything but a plain object: it could not be copied key by key. */
export function checkPlainObject(value: unknown, path: string): void {
  if (typeof value !== 'object') throw unsupported(path, `a value of type ${typeof value}`);
  if (value === null) throw unsupported(path, 'null');
  if (Array.isArray(value)) throw unsupported(path, 'an array');
  if (!isPlainObject(value)) throw unsupported(path, describeObject(value));
}

/** Of no class: its prototype is that of objects, or none. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isExactly(value: object, type: { readonly prototype: object }): boolean {
  return Object.getPrototypeOf(value) === type.prototype;
}

function isTypedArray(value: object): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** By the method of all typed arrays: a Buffer's own `slice` shares the memory of the original. */
function copyTypedArray(value: TypedArray): object {
  return Uint8Array.prototype.slice.call(value);
}

function describeObject(value: object): string {
  if (value instanceof Promise) return 'a promise';
  const name = (value.constructor as { readonly name?: string } | undefined)?.name;
  return name === undefined || name === '' ? 'an object with a prototype of its own' : `an instance of ${name}`;
}

function tooDeep(path: string): HoldfastError<'ERR_STATE_UNSUPPORTED'> {
  return unsupported(path, `data nested more than ${MAX_DEPTH} deep, or containing itself`);
}

function unsupported(path: string, found: string): HoldfastError<'ERR_STATE_UNSUPPORTED'> {
  const message = `${path} is ${found}, which cannot be rolled back: keep plain data in state (objects, arrays, Date, Map, Set, typed arrays), and build the rest anew in each incarnation`;
  return new HoldfastError('ERR_STATE_UNSUPPORTED', message, { path, found });
}
