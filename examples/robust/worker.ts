import { defineActor, input, output } from 'holdfast';
import { fizzBuzz, type Word } from '../standard/fizz-buzz.ts';
import { faults, injectFault } from './faults.ts';

/**
 * Turns numbers into words, one at each beat. When it fails, the beat and the number are back in their channels, and its
 * next incarnation takes the same two again; a number that fails three times becomes a dead letter, and its beat serves
 * the number behind it.
 */
export const worker = defineActor({
  // A tick is never to blame for a failure, so a beat never becomes a dead letter.
  inputs: { beats: input<number>({ tick: true }), numbers: input<number>() },
  outputs: { words: output<Word>() },
  state: () => ({ beats: 0, values: 0 }),

  async run({ inputs: { beats, numbers }, outputs: { words }, state, running, next, all }) {
    while (running()) {
      await next(all(beats.avail(), numbers.avail(), words.vacant()));
      if (beats.take() !== undefined) state.beats += 1; // after the last beat the rest is drained without
      const value = numbers.take();
      if (value === undefined) continue;

      words.send(fizzBuzz(value));
      state.values += 1;
      if (value === faults.workerOnValue) injectFault(`value ${value}`);
    }
  },
});
