import { defineActor, input, output } from 'holdfast';
import type { Word } from '../standard/fizz-buzz.ts';
import { faults, injectFault } from './faults.ts';

/** Logs words, counts them by kind, and says which values it has counted. A failed turn has counted nothing. */
export const logger = defineActor({
  inputs: { words: input<Word>() },
  outputs: { counted: output<number>() },
  state: () => ({ total: 0, fizz: 0, buzz: 0, fizzBuzz: 0, number: 0 }),

  on: {
    words({ value, kind, text }, { outputs: { counted }, state, log }) {
      state.total += 1;
      state[kind] += 1;
      counted.send(value);
      if (value === faults.loggerOnValue) injectFault(`value ${value}`);
      log.info({ value }, text); // last, because a log line is not rolled back
    },
  },
});
