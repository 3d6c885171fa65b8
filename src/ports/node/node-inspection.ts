import { inspect, isDeepStrictEqual } from 'node:util';

/** Both are plain data with the same content, or the very same thing. */
export function isDeepEqual(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(one, other);
}

/** A value as people read it, on one line where it is short. For tests: it shows what may be private. */
export function inspected(value: unknown): string {
  return inspect(value, { depth: 4, breakLength: 100, maxArrayLength: 20, maxStringLength: 1_000 });
}
