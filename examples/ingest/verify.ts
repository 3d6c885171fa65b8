import type { Graph } from 'holdfast';
import type { Lesson, Verification } from '../lesson.ts';
import type { Rejected } from './parse.ts';
import type { RecordReader } from './record-reader.ts';
import { addRecord, compare, emptyTally, sumOf, type Tally } from './tally.ts';

/** What the aggregator keeps in its state. */
interface Added extends Tally {
  readonly linesSent: number;
  readonly recordsSent: number;
}

/** Compares the records that were read with those in the result and those that are dead letters. */
export function verifierOf(graph: Graph, reader: RecordReader): Lesson['verify'] {
  const stranded = countStranded(graph);
  const stateOf = (actor: string): object => graph.snapshot().actors.find(({ name }) => name === actor)?.state ?? {};

  return (): Verification => {
    const added = stateOf('aggregator') as Added; // the states are those that the definitions declare
    const rejected = stateOf('quarantine') as Tally;
    const underWay = compare(reader.handedOut, sumOf([added, rejected, stranded]));
    const unsent = added.records - added.recordsSent;
    return {
      lost: underWay.lost + Math.max(unsent, 0),
      doubled: underWay.doubled + Math.max(-unsent, 0),
      ...(reader.ended ? {} : { incomplete: 'the input was not read to its end: the result covers a part of it' }),
      figures: {
        records: reader.handedOut.records,
        keys: added.linesSent,
        rejected: rejected.records,
        crashes: graph.snapshot().actors.reduce((sum, { failures }) => sum + failures, 0),
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
    if (channel !== 'records' && channel !== 'values') return;
    for (const { line } of payload as readonly { readonly line: number }[]) addRecord(stranded, line);
  });
  return stranded;
}
