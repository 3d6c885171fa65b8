import { defineActor, input, output, table } from 'holdfast';
import { addTo, type Aggregate, detachedKey, type KeyedAggregate, sortedKeys } from './aggregate.ts';
import type { Accepted } from './parse.ts';
import { addRecord, emptyTally } from './tally.ts';

/** Aggregates in one message. */
const aggregatesPerChunk = 512;

export interface AggregatorParts {
  /** May fail the turn: see `--crash-every`. */
  readonly strike: (line: number) => void;
  /** The most messages that a turn adds up. */
  readonly messagesPerTurn: number;
}

/** Adds up the values of each key and, when there are no more, sends the aggregates in the order of their keys. */
export function aggregator({ strike, messagesPerTurn }: AggregatorParts) {
  return defineActor({
    inputs: { values: input<readonly Accepted[]>() },
    outputs: { aggregates: output<readonly KeyedAggregate[]>() },
    tables: { totals: table<string, Aggregate>() },
    state: () => ({ ...emptyTally(), keysSent: 0 }),

    async run({ inputs: { values }, outputs: { aggregates }, tables: { totals }, state, running, next, commit }) {
      while (running()) {
        await next(values.avail());
        for (const records of values.takeMany(messagesPerTurn)) {
          for (const { line, key, value } of records) {
            strike(line);
            const before = totals.get(key);
            totals.set(before === undefined ? detachedKey(key) : key, addTo(before, value));
            addRecord(state, line);
          }
        }
      }
      await commit();

      const keys = sortedKeys(totals.keys());
      while (state.keysSent < keys.length) {
        const chunk = keys.slice(state.keysSent, state.keysSent + aggregatesPerChunk);
        // Each key was taken from this very table. Frozen here, or the channel would look into every aggregate.
        aggregates.send(Object.freeze(chunk.map((key) => ({ key, ...totals.get(key)! }))));
        state.keysSent += chunk.length;
        await commit(); // waits for room
      }
    },
  });
}
