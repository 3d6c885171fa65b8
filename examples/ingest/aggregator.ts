import { defineActor, input, output } from 'holdfast';
import { resultLines } from './aggregate.ts';
import type { Accepted } from './parse.ts';
import { addRecord, emptyTally } from './tally.ts';
import { Totals } from './totals.ts';

/** Lines in one message of the result. */
const linesPerChunk = 512;

/**
 * Adds up the values of each key and, when there are no more, sends the result in chunks of lines.
 *
 * Both parts can fail anywhere: the totals follow the state, and the state says which lines have been sent.
 */
export function aggregator(strike: (line: number) => void) {
  const totals = new Totals();
  return defineActor({
    inputs: { values: input<readonly Accepted[]>() },
    outputs: { result: output<string>() },
    state: () => ({ batches: 0, ...emptyTally(), linesSent: 0, recordsSent: 0 }),

    async run({ inputs: { values }, outputs: { result }, state, running, next, commit }) {
      while (running()) {
        await next(values.avail());
        const batch = values.take();
        if (batch === undefined) continue;

        totals.begin(state.batches);
        for (const { line, key, value } of batch) {
          strike(line);
          totals.add(key, value);
          addRecord(state, line);
        }
        state.batches += 1;
      }
      await commit();
      totals.begin(state.batches);

      for (const { text, lines, records } of chunks(resultLines(totals.aggregates), state.linesSent)) {
        result.send(text);
        state.linesSent += lines;
        state.recordsSent += records;
        await commit(); // waits for room
      }
    },
  });
}

interface Chunk {
  readonly text: string;
  readonly lines: number;
  /** Sum of their counts. */
  readonly records: number;
}

/** The lines from number `skipped` on, in chunks. */
function* chunks(lines: Iterable<string>, skipped: number): Generator<Chunk> {
  let chunk: string[] = [];
  let at = 0;
  for (const line of lines) {
    at += 1;
    if (at <= skipped) continue;
    chunk.push(line);
    if (chunk.length < linesPerChunk) continue;
    yield chunkOf(chunk);
    chunk = [];
  }
  if (chunk.length > 0) yield chunkOf(chunk);
}

function chunkOf(lines: readonly string[]): Chunk {
  // Read back from the text: it is the text that must tell of each record once.
  const records = lines.reduce((sum, line) => sum + (JSON.parse(line) as { readonly count: number }).count, 0);
  return { text: `${lines.join('\n')}\n`, lines: lines.length, records };
}
