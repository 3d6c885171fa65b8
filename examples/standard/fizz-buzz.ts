/** What the worker does with each value, and what it makes of it. */

export type Kind = 'fizz' | 'buzz' | 'fizzBuzz' | 'number';

/** One value, put into words. */
export interface Word {
  readonly value: number;
  readonly kind: Kind;
  readonly text: string;
}

export function fizzBuzz(value: number): Word {
  if (value % 15 === 0) return { value, kind: 'fizzBuzz', text: 'FizzBuzz' };
  if (value % 5 === 0) return { value, kind: 'buzz', text: 'Buzz' };
  if (value % 3 === 0) return { value, kind: 'fizz', text: 'Fizz' };
  return { value, kind: 'number', text: String(value) };
}
