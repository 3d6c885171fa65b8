import type { Graph } from 'holdfast';
import type { Lesson, Verification } from '../lesson.ts';
import type { Rejected } from './parse.ts';
import type { RecordReader } from './record-reader.ts';
import { addRecord, compare, emptyTally, sumOf, type Tally } from './tally.ts';

/** What the merger keeps in its state. */
interface Merged {
  readonly linesSent: number;
  readonly recordsSent: number;
}

/** Compares the records that were read with those in the result and those that are dead letters. */
export function verifierOf(graph: Graph, reader: RecordReader): Lesson['verify'] {
  const stranded = countStranded(graph);

  return (): Verification => {
    const { actors } = graph.snapshot({ tables: false });
    // The states are those that the definitions declare.
    const statesOf = (kind: string): object[] =>
      actors.filter(({ name }) => name.startsWith(kind)).map(({ state }) => state ?? emptyTally());
    const added = sumOf(statesOf('aggregator') as Tally[]);
    const [merged] = statesOf('merger') as [Merged];
    const [rejected] = statesOf('quarantine') as [Tally];
    const underWay = compare(reader.handedOut, sumOf([added, rejected, stranded]));
    const unsent = added.records - merged.recordsSent;
    return {
      lost: underWay.lost + Math.max(unsent, 0),
      doubled: underWay.doubled + Math.max(-unsent, 0),
      ...(reader.ended ? {} : { incomplete: 'the input was not read to its end: the result covers a part of it' }),
      figures: {
        records: reader.handedOut.records,
        keys: merged.linesSent,
        rejected: rejected.records,
        crashes: actors.reduce((sum, { failures }) => sum + failures, 0),
      },
    };
  };
}

/** Counts, from now on, the records that no actor has handled because the graph was stopped. */
function countStranded(graph: Graph): Tally {
  const stranded = emptyTally();
  graph.deadLetters.subscribe(({ channel, reason, payload }) => {
    if (reason === 'rejected') return; // handled, by the quarantine
    if (channel === 'rejects') addRecord(stranded, (payload as Rejected).line);
    if (channel !== 'records' && !channel.startsWith('values')) return;
    for (const { line } of payload as readonly { readonly line: number }[]) addRecord(stranded, line);
  });
  return stranded;
}
