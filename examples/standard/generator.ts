import { defineActor, output } from 'holdfast';

/** Counts from 0 upwards, as fast as there is room. */
export const generator = defineActor({
  outputs: { numbers: output<number>() },
  state: () => ({ generated: 0 }),

  async run({ outputs: { numbers }, state, running, next }) {
    while (running()) {
      const { kind } = await next(numbers.vacant());
      if (kind === 'stopping') continue;

      numbers.send(state.generated);
      state.generated += 1;
    }
  },
});
