import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { addUp, BATCH, BATCH_CAPACITY, batchAt, raised } from '../batch-turns.ts';
import { type Pass, timed } from '../throughput.ts';

/** Readable, Transform and Writable in object mode: each object is a batch, as the source made it. */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    const options = { objectMode: true, highWaterMark: BATCH_CAPACITY / BATCH } as const;
    let sent = 0;
    const totals = { count: 0, sum: 0 };

    const source = new Readable({
      ...options,
      read(): void {
        while (sent < messages) {
          const batch = batchAt(sent, messages);
          sent += BATCH;
          if (!this.push(batch)) return;
        }
        this.push(null);
      },
    });
    const middle = new Transform({
      ...options,
      transform(batch: readonly number[], _encoding, done): void {
        done(null, raised(batch));
      },
    });
    const sink = new Writable({
      ...options,
      write(batch: readonly number[], _encoding, done): void {
        addUp(totals, batch);
        done();
      },
    });

    await pipeline(source, middle, sink);
    return totals;
  });
}
