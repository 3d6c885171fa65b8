import { defineActor, type Graph, input } from 'holdfast';
import type { RecordBatch, RecordReader } from './record-reader.ts';

export interface Progress {
  readonly elapsedMs: number;
  readonly records: number;
  readonly deadLetters: number;
  /** This is the last time. */
  readonly isLast: boolean;
}

/** How often the progress is shown. */
const periodMs = 250;

/** Adds an actor that shows the progress, and returns `batches`, with which it ends. */
export function withProgress(
  graph: Graph,
  reader: Pick<RecordReader, 'handedOut'>,
  batches: AsyncIterable<RecordBatch>,
  show: (progress: Progress) => void,
): AsyncIterable<RecordBatch> {
  // Nothing is ever sent here: that the channel closes is the message.
  const reading = graph.channel<null>('reading', { capacity: 1 });
  const end = reading.sender();
  const teller = progressTeller((elapsedMs, isLast) => {
    const { records } = reader.handedOut;
    show({ elapsedMs, records, deadLetters: graph.deadLetters.total, isLast });
  });
  graph.actor('progress', teller, { reading });
  return closing(batches, () => end.close());
}

/** Calls `show` at a fixed pace until its input closes, and once more then. */
function progressTeller(show: (elapsedMs: number, isLast: boolean) => void) {
  return defineActor({
    inputs: { reading: input<null>() },

    async run({ inputs: { reading }, running, next, any, every, nowMs }) {
      const startMs = nowMs();
      while (running()) {
        await next(any(every(periodMs), reading.avail()));
        show(nowMs() - startMs, reading.isDrained());
      }
    },
  });
}

async function* closing<T>(items: AsyncIterable<T>, close: () => void): AsyncGenerator<T> {
  try {
    yield* items;
  } finally {
    close();
  }
}
