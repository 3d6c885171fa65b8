import { defineActor, input, output } from 'holdfast';
import { fizzBuzz, type Word } from './fizz-buzz.ts';

/** Turns numbers into words: at each beat all that are there, a batch. */
export const worker = defineActor({
  inputs: { beats: input<number>({ tick: true }), numbers: input<number>() },
  outputs: { words: output<Word>() },
  state: () => ({ batches: 0, values: 0 }),

  async run({ inputs: { beats, numbers }, outputs: { words }, state, running, next, all }) {
    // Runs until its inputs are closed and empty. After the last beat `beats` counts as met: what is left is drained.
    while (running()) {
      await next(all(beats.avail(), numbers.avail(), words.vacant()));
      beats.take();
      const batch = numbers.takeMany(words.capacity); // one turn cannot send more than the channel can hold
      if (batch.length === 0) continue;

      words.sendMany(batch.map(fizzBuzz));
      state.batches += 1;
      state.values += batch.length;
    }
  },
});
