import fastq from 'fastq';
import { SHARED_CAPACITY } from '../fan-in.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

/** Code outside that pushes, and waits for the queue to run empty where it is as long as a mailbox; the worker takes one at a time. */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    let sent = 0;
    let count = 0;
    let sum = 0;

    const queue = fastq.promise<unknown, number, void>(async (message) => {
      sum += message;
      count += 1;
    }, 1);
    while (sent < messages) {
      while (sent < messages && queue.length() < SHARED_CAPACITY) {
        void queue.push(messageAt(sent));
        sent += 1;
      }
      await queue.drained();
    }
    return { count, sum };
  });
}
