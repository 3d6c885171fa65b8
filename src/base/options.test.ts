import { expect, test } from 'vitest';
import { checkChoice, checkInteger, checkKnownKeys, checkName, checkNumber } from './options.ts';

test('checkInteger takes its bounds, and nothing beyond or between', () => {
  expect([checkInteger('n', 1, 1, 3), checkInteger('n', 3, 1, 3)]).toEqual([1, 3]);
  for (const value of [0, 4, 1.5, NaN, Infinity, '2', null, undefined, 2n]) {
    expect(() => checkInteger('n', value, 1, 3)).toThrow('n must be an integer from 1 to 3, got ');
  }
  expect(() => checkInteger('capacity', 0, 1)).toThrow('capacity must be an integer of 1 or more, got 0 (number)');
});

test('checkNumber takes its bound; Infinity only where it is allowed, NaN nowhere', () => {
  expect([checkNumber('n', 0.5, 0.5), checkNumber('n', Infinity, 0, true)]).toEqual([0.5, Infinity]);
  for (const value of [0.49, NaN, Infinity, -Infinity, '1', undefined]) {
    expect(() => checkNumber('n', value, 0.5)).toThrow('n must be a number of 0.5 or more, got ');
  }
  expect(() => checkNumber('n', NaN, 0, true)).toThrow('got NaN (number)');
});

test('checkChoice names the choices', () => {
  expect(checkChoice('when', 'b', ['a', 'b'])).toBe('b');
  expect(() => checkChoice('when', 'c', ['a', 'b'])).toThrow('when must be one of "a", "b", got "c" (string)');
});

test('checkName wants a character and no control characters', () => {
  expect(checkName('name', 'é')).toBe('é');
  for (const value of ['', 'a\nb', '\u007f', 7, undefined]) {
    expect(() => checkName('name', value)).toThrow('name must be a string of at least one character');
  }
});

test('checkKnownKeys names the key that no option has, and those that there are', () => {
  expect(() => checkKnownKeys('channel "x"', { capacity: 1 }, ['capacity'])).not.toThrow();
  expect(() => checkKnownKeys('channel "x"', { capasity: 1 }, ['capacity', 'maxWaiting'])).toThrow(
    expect.objectContaining({
      code: 'ERR_INVALID_OPTION',
      message: 'channel "x": unknown option "capasity", it must be one of the options capacity, maxWaiting',
    }) as Error,
  );
});

test.each([null, undefined, [], 5, 'x', () => 1])('checkKnownKeys wants an object, and not %o', (options) => {
  expect(() => checkKnownKeys('snapshot', options as never, ['tables'])).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION' }) as Error,
  );
});

test('a long or private value does not fill the message', () => {
  expect(() => checkName('name', ['x'.repeat(500)])).toThrow(/got an array$/);
  expect(() => checkInteger('n', 'x'.repeat(500), 0)).toThrow(/got "x{80}" \(string\)$/);
});
