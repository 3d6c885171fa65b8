/**
 * Lesson 4: real input. Counts and adds up the values of each key in a CSV or NDJSON file.
 *
 * ```
 *   (input) ──records──▶ parser ──values──▶ aggregator ──result──▶ (output)
 *                          └─────rejects──▶ quarantine ──letters──▶ (dead letter file)
 * ```
 *
 * A message on `records` and `values` is a batch. Every channel is bounded, so the memory in use follows the number of
 * distinct keys and not that of records, and a slow output slows the reading down.
 *
 * With `sabotage`, actors crash all the time, and the result is the same to the byte.
 */

import { type ActorOptions, type Channel, Graph, type SinkFunction, type WritableTarget } from 'holdfast';
import type { Lesson, LessonGraphOptions } from '../lesson.ts';
import { aggregator } from './aggregator.ts';
import type { Accepted, Rejected, Verdict } from './parse.ts';
import { parser } from './parser.ts';
import { type Progress, withProgress } from './progress.ts';
import { quarantine } from './quarantine.ts';
import { type RecordBatch, type RecordReader, recordsPerBatchMax } from './record-reader.ts';
import type { RawRecord } from './records.ts';
import { Sabotage, type SabotageOptions, type Victim } from './sabotage.ts';
import { verifierOf } from './verify.ts';

/** Where text goes: a stream, which is ended afterwards unless `end` is false, or a function. */
export interface TextTarget {
  readonly to: WritableTarget | SinkFunction<string>;
  readonly end?: boolean;
}

export interface IngestOptions {
  readonly reader: RecordReader;
  readonly output: TextTarget;
  /** Gets a line of JSON for each bad record. Default: nobody. */
  readonly deadLetters?: TextTarget;
  readonly sabotage?: SabotageOptions;
  /** Is told now and then how the reading goes, and once when it has ended. */
  readonly showProgress?: (progress: Progress) => void;
  readonly graph?: LessonGraphOptions;
}

/** Under sabotage failures are no news: no limit to restarts or attempts, and no delay before them. */
const underSabotage: ActorOptions = {
  maxRestarts: Infinity,
  showstopperAfter: Infinity,
  retryBackoff: { minMs: 0, maxMs: 0 },
};

export function buildIngest(options: IngestOptions): Lesson {
  const { reader, output, deadLetters = { to: () => undefined } } = options;
  const graph = new Graph({
    // The file of dead letters has them all; the graph keeps the latest, to be looked at.
    deadLetters: { capacity: 100, whenFull: 'evict' },
    ...(options.sabotage === undefined ? {} : { actorDefaults: underSabotage }),
    ...options.graph,
    name: 'ingest',
  });
  const records = graph.channel<RecordBatch>('records', { capacity: 4 });
  const values = graph.channel<readonly Accepted[]>('values', { capacity: 4 });
  const rejects = graph.channel<Rejected>('rejects', { capacity: recordsPerBatchMax }); // all of a batch may be bad
  const result = graph.channel<string>('result', { capacity: 4 });
  const letters = graph.channel<string>('letters', { capacity: recordsPerBatchMax });

  const actors = new Map<Victim, { kill(why: string): void }>();
  const sabotage = options.sabotage && new Sabotage(options.sabotage, (victim) => actors.get(victim)?.kill('sabotage'));
  const strikeAt = (victim: Victim) => (line: number) => sabotage?.strike(victim, line);
  const judge = (record: RawRecord): Verdict => reader.judge(record);

  const parserActor = parser({ judge, strike: strikeAt('parser') });
  actors.set('parser', graph.actor('parser', parserActor, { batches: records, values, rejects }));
  actors.set('aggregator', graph.actor('aggregator', aggregator(strikeAt('aggregator')), { values, result }));
  actors.set('quarantine', graph.actor('quarantine', quarantine(strikeAt('quarantine')), { rejects, letters }));

  const batches = sabotage?.watch(reader) ?? reader;
  const watched = options.showProgress ? withProgress(graph, reader, batches, options.showProgress) : batches;
  graph.feed('input', watched, records);
  addSink(graph, 'output', result, output);
  addSink(graph, 'dead letter file', letters, deadLetters);
  return { graph, verify: verifierOf(graph, reader) };
}

function addSink(graph: Graph, name: string, channel: Channel<string>, { to, end = true }: TextTarget): void {
  graph.sink(name, channel, to, { end });
}
