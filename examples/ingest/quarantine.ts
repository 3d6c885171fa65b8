import { defineActor, input, output } from 'holdfast';
import type { Rejected } from './parse.ts';
import { addRecord, emptyTally } from './tally.ts';

/**
 * Makes a dead letter of each bad record, and a line that tells of it.
 *
 * Both in one turn, so there are as many lines as dead letters, whatever fails. The lines and not the dead letters are
 * what is kept: the graph holds only the latest of those, while the file takes its time and holds back the rest of the
 * graph, so that millions of bad records need no more memory than a few.
 */
export function quarantine(strike: (line: number) => void) {
  return defineActor({
    inputs: { rejects: input<Rejected>() },
    outputs: { letters: output<string>() },
    state: emptyTally,

    on: {
      rejects({ line, reason, text }, { outputs: { letters }, state, reject }) {
        letters.send(`${JSON.stringify({ line, reason, text })}\n`);
        reject(reason); // expected bad data is not a crash: nobody is restarted
        addRecord(state, line);
        strike(line);
      },
    },
  });
}
