import { defineActor, input, output } from 'holdfast';
import type { Word } from './fizz-buzz.ts';

/** Logs words, counts them by kind, and says which values it has counted. */
export const logger = defineActor({
  inputs: { words: input<Word>() },
  outputs: { counted: output<number>() },
  state: () => ({ total: 0, fizz: 0, buzz: 0, fizzBuzz: 0, number: 0 }),

  on: {
    words({ value, kind, text }, { outputs: { counted }, state, log }) {
      log.info({ value }, text);
      state.total += 1;
      state[kind] += 1;
      counted.send(value);
    },
  },
});
