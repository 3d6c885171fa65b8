import fastq from 'fastq';
import { CAPACITY, messageAt, type Pass, timed } from '../throughput.ts';

/**
 * A source that pushes and two workers that handle one message at a time. The queues have no bound: the source keeps to 64
 * messages under way by looking at their lengths, and the first worker, which is done when the second is, has one at most.
 */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    let sent = 0;
    let count = 0;
    let sum = 0;

    const sink = fastq.promise<unknown, number, void>(async (message) => {
      sum += message;
      count += 1;
    }, 1);
    const middle = fastq.promise<unknown, number, void>((message) => sink.push(message + 1), 1);

    while (sent < messages) {
      while (sent < messages && middle.length() < CAPACITY) {
        void middle.push(messageAt(sent));
        sent += 1;
      }
      await middle.drained();
    }
    return { count, sum };
  });
}
