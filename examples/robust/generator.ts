import { defineActor, output } from 'holdfast';
import { faults, injectFault } from './faults.ts';

/** Counts from 0 upwards, as fast as there is room. Fails once, and goes on with the very value at which it failed. */
export const generator = defineActor({
  outputs: { numbers: output<number>() },
  state: () => ({ generated: 0 }),

  async run({ outputs: { numbers }, state, running, next, regeneration }) {
    while (running()) {
      const { kind } = await next(numbers.vacant());
      if (kind === 'stopping') continue;

      numbers.send(state.generated);
      state.generated += 1;
      // The worst moment: the message is sent and counted, but the turn has not committed. Neither will have happened.
      if (state.generated === faults.generatorAtMessage && regeneration === 0)
        injectFault(`message ${state.generated}`);
    }
  },
});
