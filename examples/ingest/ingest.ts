/**
 * Lesson 4: real input. Counts and adds up the values of each key in a CSV or NDJSON file.
 *
 * ```
 *                                 ┌─▶ aggregator 0 ─┐
 *   (input) ──records──▶ parser ──┼─▶ aggregator 1 ─┼──▶ merger ──result──▶ (output)
 *                          │      └─▶ aggregator 2 ─┘
 *                          └─rejects──▶ quarantine ──letters──▶ (dead letter file)
 * ```
 *
 * A message on `records` and `values` is a batch. All records of one key go through the same lane, in their order, so the
 * result is the same however many lanes there are. Every channel is bounded, so the memory in use follows the number of
 * distinct keys and not that of records, and a slow output slows the reading down.
 *
 * With `sabotage`, actors crash all the time, and the result is the same to the byte.
 */

import { type ActorOptions, type Channel, Graph, type SinkFunction, type WritableTarget } from 'holdfast';
import type { Lesson, LessonGraphOptions } from '../lesson.ts';
import type { KeyedAggregate } from './aggregate.ts';
import { aggregator } from './aggregator.ts';
import { merger } from './merger.ts';
import type { Accepted, Rejected, Verdict } from './parse.ts';
import { parser } from './parser.ts';
import { type Progress, withProgress } from './progress.ts';
import { quarantine } from './quarantine.ts';
import { type RecordBatch, type RecordReader, recordsPerBatchMax } from './record-reader.ts';
import type { RawRecord } from './records.ts';
import { Sabotage, type SabotageOptions, type Victim, Victims } from './sabotage.ts';
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
  /** How many aggregators share the keys. Default 1. */
  readonly lanes?: number;
  /** The most messages in one turn of the parser and of an aggregator. Default 1. */
  readonly messagesPerTurn?: number;
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
  const { reader, output, deadLetters = { to: () => undefined }, lanes = 1, messagesPerTurn = 1 } = options;
  const graph = new Graph({
    // The file of dead letters has them all; the graph keeps the latest, to be looked at.
    deadLetters: { capacity: 100, whenFull: 'evict' },
    ...(options.sabotage === undefined ? {} : { actorDefaults: underSabotage }),
    ...options.graph,
    name: 'ingest',
  });
  const inATurn = Math.max(4, messagesPerTurn);
  const records = graph.channel<RecordBatch>('records', { capacity: inATurn });
  const values = graph.bundle<readonly Accepted[]>('values', { lanes, capacity: inATurn });
  const aggregates = graph.bundle<readonly KeyedAggregate[]>('aggregates', { lanes, capacity: 4 });
  const rejects = graph.channel<Rejected>('rejects', { capacity: recordsPerBatchMax * messagesPerTurn }); // all may be bad
  const result = graph.channel<string>('result', { capacity: 4 });
  const letters = graph.channel<string>('letters', { capacity: recordsPerBatchMax });

  const victims = new Victims();
  const sabotage = options.sabotage && new Sabotage(options.sabotage, (victim) => victims.kill(victim));
  const strikeAt = (victim: Victim) => (line: number) => sabotage?.strike(victim, line);
  const judge = (record: RawRecord): Verdict => reader.judge(record);

  const parserActor = parser({ judge, strike: strikeAt('parser'), messagesPerTurn });
  victims.add('parser', graph.actor('parser', parserActor, { batches: records, values, rejects }));
  const aggregatorActor = aggregator({ strike: strikeAt('aggregator'), messagesPerTurn });
  for (let lane = 0; lane < lanes; lane += 1) {
    const wiring = { values: values[lane]!, aggregates: aggregates[lane]! }; // both have so many lanes
    victims.add('aggregator', graph.actor(`aggregator ${lane}`, aggregatorActor, wiring));
  }
  graph.actor('merger', merger(lanes), { aggregates, result });
  victims.add('quarantine', graph.actor('quarantine', quarantine(strikeAt('quarantine')), { rejects, letters }));

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
