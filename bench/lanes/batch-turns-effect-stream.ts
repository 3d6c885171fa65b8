import { type Array as Arr, Effect, Option, Stream } from 'effect';
import { addUp, BATCH, BATCH_CAPACITY, batchAt, raised } from '../batch-turns.ts';
import { type Pass, timed } from '../throughput.ts';

/** The chunks of the streams are the batches: a buffer between the stages makes each stage a fiber and keeps the chunks. */
export function run(messages: number): Promise<Pass> {
  const totals = { count: 0, sum: 0 };
  const buffer = Stream.bufferArray({ capacity: BATCH_CAPACITY / BATCH });
  const pipeline = Stream.paginate(0, (sent) =>
    Effect.sync(() => {
      const next = sent + BATCH;
      return [batchAt(sent, messages), next < messages ? Option.some(next) : Option.none()] as const;
    }),
  ).pipe(
    buffer,
    Stream.mapArray((batch) => raised(batch) as Arr.NonEmptyArray<number>),
    buffer,
    Stream.runForEachArray((batch) => Effect.sync(() => addUp(totals, batch))),
    Effect.as(totals),
  );
  return timed(() => Effect.runPromise(pipeline));
}
