import { defineActor, input, output } from 'holdfast';
import type { Accepted, Rejected, Verdict } from './parse.ts';
import type { RecordBatch } from './record-reader.ts';
import type { RawRecord } from './records.ts';

export interface ParserParts {
  readonly judge: (record: RawRecord) => Verdict;
  /** May fail the turn: see `--crash-every`. */
  readonly strike: (line: number) => void;
}

/** Checks records: the good ones go on as a batch, the bad ones go aside one by one. */
export function parser({ judge, strike }: ParserParts) {
  return defineActor({
    inputs: { batches: input<RecordBatch>() },
    outputs: { values: output<readonly Accepted[]>(), rejects: output<Rejected>() },
    state: () => ({ accepted: 0, rejected: 0 }),

    on: {
      batches(batch, { outputs: { values, rejects }, state }) {
        const accepted: Accepted[] = [];
        for (const record of batch) {
          strike(record.line);
          const verdict = judge(record);
          if (verdict.kind === 'accepted') accepted.push(verdict);
          else rejects.send(verdict);
        }
        if (accepted.length > 0) values.send(Object.freeze(accepted)); // frozen here for the reader's reason
        state.accepted += accepted.length;
        state.rejected += batch.length - accepted.length;
      },
    },
  });
}
