import { defineActor, input, output } from 'holdfast';
import type { Rejected } from '../../ingest/parse.ts';

/** Makes a dead letter of each record that is no quote, and passes on why. Nobody is restarted: bad data was expected. */
export const quarantine = defineActor({
  inputs: { rejects: input<Rejected>() },
  outputs: { told: output<Rejected>() },
  state: () => ({ records: 0 }),

  on: {
    rejects(rejected, { outputs: { told }, state, reject }) {
      told.send(rejected);
      reject(`line ${rejected.line}: ${rejected.reason}`);
      state.records += 1;
    },
  },
});
