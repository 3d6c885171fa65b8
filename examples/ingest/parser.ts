import { defineActor, input, output, outputBundle } from 'holdfast';
import type { Accepted, Rejected, Verdict } from './parse.ts';
import type { RecordBatch } from './record-reader.ts';
import type { RawRecord } from './records.ts';

export interface ParserParts {
  readonly judge: (record: RawRecord) => Verdict;
  /** May fail the turn: see `--crash-every`. */
  readonly strike: (line: number) => void;
  /** The most messages that a turn checks. */
  readonly messagesPerTurn: number;
}

/**
 * Checks records: the good ones go on, the bad ones go aside one by one.
 *
 * A turn sends one message to each lane at the most, with the records whose keys belong there, in their order: a sum of
 * doubles depends on the order in which they are added.
 */
export function parser({ judge, strike, messagesPerTurn }: ParserParts) {
  return defineActor({
    inputs: { batches: input<RecordBatch>({ batch: { size: messagesPerTurn } }) },
    outputs: { values: outputBundle<readonly Accepted[]>(), rejects: output<Rejected>() },
    state: () => ({ accepted: 0, rejected: 0 }),

    on: {
      batches(batches, { outputs: { values, rejects }, state }) {
        const lanes = [...values].map((lane) => ({ lane, accepted: [] as Accepted[] }));
        for (const record of batches.flat()) {
          strike(record.line);
          const verdict = judge(record);
          if (verdict.kind === 'accepted') {
            lanes[values.laneOf(verdict.key)]?.accepted.push(verdict);
            state.accepted += 1;
          } else {
            rejects.send(verdict);
            state.rejected += 1;
          }
        }
        for (const { lane, accepted } of lanes) {
          if (accepted.length > 0) lane.send(Object.freeze(accepted)); // frozen here for the reader's reason
        }
      },
    },
  });
}
