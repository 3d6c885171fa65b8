import { defineActor, input, output, outputBundle } from 'holdfast';
import type { Rejected } from '../../ingest/parse.ts';
import type { RecordBatch, RecordReader } from '../../ingest/record-reader.ts';
import { judgeQuote } from './quotes.ts';

/** Prices of one symbol, in order, at least one. */
export type Prices = readonly number[];

export interface TapeParts {
  readonly reader: Pick<RecordReader, 'judge'>;
  /** The lane of each symbol, which leads to its branch. */
  readonly lanes: ReadonlyMap<string, number>;
}

/** Reads the tape: checks the quotes and sends each to the branch of its symbol. What is no quote goes aside. */
export function tape({ reader, lanes }: TapeParts) {
  return defineActor({
    inputs: { records: input<RecordBatch>() },
    outputs: { prices: outputBundle<Prices>(), rejects: output<Rejected>() },
    state: () => ({ quotes: 0, rejected: 0 }),

    on: {
      records(batch, { outputs: { prices, rejects }, state }) {
        const byLane = new Map<number, number[]>();
        for (const record of batch) {
          const verdict = judgeQuote(reader, record);
          const lane = verdict.kind === 'quote' ? lanes.get(verdict.symbol) : undefined;
          if (verdict.kind === 'quote' && lane !== undefined) {
            const others = byLane.get(lane);
            if (others === undefined) byLane.set(lane, [verdict.price]);
            else others.push(verdict.price);
            state.quotes += 1;
          } else {
            rejects.send(verdict.kind === 'rejected' ? verdict : { ...verdict, kind: 'rejected', ...unheardOf, text: record.text }); // prettier-ignore
            state.rejected += 1;
          }
        }
        // What is frozen already, the channel does not look into: that costs more than reading the quotes.
        for (const [lane, itsPrices] of byLane) prices.lane(lane).send(Object.freeze(itsPrices));
      },
    },
  });
}

/** The symbols were collected when the file was read for the first time. */
const unheardOf = { reason: 'a symbol that was not there before: the file has changed' };
