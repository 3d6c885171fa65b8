import fastq from 'fastq';
import { PRODUCERS } from '../fan-in.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

/** Async producers that push into one queue and await each message's end; the worker handles one at a time. */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    let sent = 0;
    let count = 0;
    let sum = 0;

    const queue = fastq.promise<unknown, number, void>(async (message) => {
      sum += message;
      count += 1;
    }, 1);
    async function produce(): Promise<void> {
      while (sent < messages) {
        sent += 1;
        await queue.push(messageAt(sent - 1));
      }
    }

    await Promise.all(Array.from({ length: PRODUCERS }, produce));
    return { count, sum };
  });
}
