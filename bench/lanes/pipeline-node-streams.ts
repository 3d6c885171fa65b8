import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CAPACITY, messageAt, type Pass, timed } from '../throughput.ts';

/** Readable, Transform and Writable in object mode. The Transform has a buffer of its own on either side. */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    const options = { objectMode: true, highWaterMark: CAPACITY } as const;
    let sent = 0;
    let count = 0;
    let sum = 0;

    const source = new Readable({
      ...options,
      read(): void {
        while (sent < messages) {
          sent += 1;
          if (!this.push(messageAt(sent - 1))) return;
        }
        this.push(null);
      },
    });
    const middle = new Transform({
      ...options,
      transform(message: number, _encoding, done): void {
        done(null, message + 1);
      },
    });
    const sink = new Writable({
      ...options,
      write(message: number, _encoding, done): void {
        sum += message;
        count += 1;
        done();
      },
    });

    await pipeline(source, middle, sink);
    return { count, sum };
  });
}
