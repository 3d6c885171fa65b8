import { HoldfastError } from './errors.ts';

/** What an option check found wrong, with the value it received. */
export function invalidOption(option: string, rule: string, received: unknown): HoldfastError<'ERR_INVALID_OPTION'> {
  return new HoldfastError('ERR_INVALID_OPTION', `${option} must be ${rule}, got ${valueText(received)}`, {
    option,
    received,
  });
}

/** Checks an integer within `[min, max]`, both included. */
export function checkInteger(
  option: string,
  value: unknown,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  const rule = max === Number.MAX_SAFE_INTEGER ? `an integer of ${min} or more` : `an integer from ${min} to ${max}`;
  throw invalidOption(option, rule, value);
}

/** Checks a finite number of `min` or more; `Infinity` passes where `allowInfinity` says so. */
export function checkNumber(option: string, value: unknown, min: number, allowInfinity: boolean = false): number {
  const fits = typeof value === 'number' && value >= min && (allowInfinity || Number.isFinite(value));
  if (fits) return value;
  throw invalidOption(option, `a number of ${min} or more`, value);
}

/** Checks that `value` is one of `choices`. */
export function checkChoice<T extends string>(option: string, value: unknown, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw invalidOption(option, `one of ${choices.map((choice) => `"${choice}"`).join(', ')}`, value);
}

/** Checks a name: a string of at least one character, without control characters. */
export function checkName(option: string, value: unknown): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  if (typeof value === 'string' && value.length > 0 && !/[\u0000-\u001f\u007f]/.test(value)) return value;
  throw invalidOption(option, 'a string of at least one character without control characters', value);
}

/** Checks that `value` is an object, and no array. */
export function checkObject(option: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidOption(option, 'an object', value);
  }
}

/** Checks that `value` is an array. */
export function checkArray(option: string, value: unknown): void {
  if (!Array.isArray(value)) throw invalidOption(option, 'an array', value);
}

/** Refuses keys that no option has: a misspelt option must not be ignored in silence. */
export function checkKnownKeys(what: string, options: object, known: readonly string[]): void {
  checkObject(what, options);
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      const rule = `one of the options ${known.join(', ')}`;
      throw new HoldfastError('ERR_INVALID_OPTION', `${what}: unknown option "${key}", it must be ${rule}`, {
        option: key,
        received: key,
      });
    }
  }
}

/** A value in a message: its beginning where it is short by nature, else its type. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return `"${value.slice(0, 80)}" (string)`;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
    return `${String(value)} (${typeof value})`;
  }
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}
