import { checkPlainObject, copyPlain } from '../base/plain-data.ts';

/** Flat values above this number make every turn that touches the state noticeably slower. */
export const STATE_VALUES_WARNED = 256;

/** How the states of one shape are copied. Made once per definition and shape, never per actor. */
export interface StatePlan {
  /** A new object of the same shape. Throws `ERR_STATE_UNSUPPORTED`; then nothing has happened. */
  copy(source: object): object;
  /** Copies all values into `target`. Throws `ERR_STATE_UNSUPPORTED`; then `target` is as it was. */
  copyInto(target: object, source: object): void;
}

/**
 * The plan for states with the keys of `sample`.
 *
 * Code is generated, one local for each key, because a shared copying loop sees many shapes and is 5 to 10 times slower
 * than property accesses that always meet the same one. All values are read and checked before the first is written.
 */
export function statePlanFor(plans: Map<string, unknown>, sample: object): StatePlan {
  checkPlainObject(sample, 'state');
  const keys = Object.keys(sample);
  const shape = JSON.stringify(keys);
  const known = plans.get(shape);
  // The map is only ever filled here.
  if (known !== undefined) return known as StatePlan;
  const plan = generatePlan(keys) ?? plainPlan(keys);
  plans.set(shape, plan);
  return plan;
}

/** The values in a state, nested ones included, up to a little over the number that is warned about. */
export function countValues(value: unknown, limit: number = STATE_VALUES_WARNED + 1): number {
  if (typeof value !== 'object' || value === null || limit <= 0) return 1;
  if (ArrayBuffer.isView(value)) return Math.ceil(value.byteLength / 64);
  const inner: Iterable<unknown> =
    value instanceof Map || value instanceof Set ? value.values() : (Object.values(value) as unknown[]);
  let count = 0;
  for (const item of inner) {
    count += countValues(item, limit - count);
    if (count >= limit) break;
  }
  return count;
}

/** Undefined where the process forbids code generation. */
function generatePlan(keys: readonly string[]): StatePlan | undefined {
  // Keys go in as JSON string literals; a key named __proto__ would mean the prototype in a literal, hence computed keys.
  const name = (key: string): string =>
    JSON.stringify(key).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  const reads = keys.map((key, index) => {
    const local = `v${index}`;
    return `let ${local} = s[${name(key)}]; if (typeof ${local} === "object" && ${local} !== null || typeof ${local} === "function") ${local} = deep(${local}, ${name(`state.${key}`)});`;
  });
  const literal = keys.map((key, index) => `${key === '__proto__' ? `[${name(key)}]` : name(key)}: v${index}`);
  const writes = keys.map((key, index) => `t[${name(key)}] = v${index};`);
  const body = `"use strict"; return {
    copy(s) { ${reads.join('\n')} return { ${literal.join(', ')} }; },
    copyInto(t, s) { ${reads.join('\n')} ${writes.join('\n')} },
  };`;
  try {
    // The only code generation in Holdfast: from the keys of a state that the program itself made, quoted as JSON.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- see above
    return (new Function('deep', body) as (deep: typeof copyPlain) => StatePlan)(copyPlain);
  } catch {
    return undefined;
  }
}

/** The same without generated code. @internal exported for its test. */
export function plainPlan(keys: readonly string[]): StatePlan {
  const values = new Array<unknown>(keys.length);
  const read = (source: object): void => {
    for (const [index, key] of keys.entries()) {
      values[index] = copyPlain((source as Record<string, unknown>)[key], `state.${key}`);
    }
  };
  const write = (target: object): void => {
    for (const [index, key] of keys.entries()) {
      Reflect.set(target, key, values[index]);
      values[index] = undefined;
    }
  };
  return {
    copy(source) {
      read(source);
      const target: Record<string, unknown> = {};
      for (const key of keys) {
        Object.defineProperty(target, key, { value: undefined, writable: true, enumerable: true, configurable: true });
      }
      write(target);
      return target;
    },
    copyInto(target, source) {
      read(source);
      write(target);
    },
  };
}
