import { AT_A_TIME, PRODUCERS, SHARED_CAPACITY } from '../fan-in.ts';
import { ReadyQueue, SharedLink } from '../parking.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

/** Producers that put up to 64 messages into one ring, then let the next one go on; they park while it is full. */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    const ready = new ReadyQueue(2 * PRODUCERS);
    const link = new SharedLink(SHARED_CAPACITY, ready);
    let sent = 0;
    let count = 0;
    let sum = 0;

    function producer(): () => void {
      return function produce(): void {
        for (let made = 0; made < AT_A_TIME; made += 1) {
          if (sent === messages) return;
          if (link.isFull) return link.parkWriter(produce);
          link.put(messageAt(sent));
          sent += 1;
        }
        ready.add(produce);
      };
    }
    function consume(): void {
      while (!link.isEmpty) {
        sum += link.take();
        count += 1;
      }
      link.parkReader(consume);
    }

    for (let index = 0; index < PRODUCERS; index += 1) ready.add(producer());
    ready.add(consume);
    ready.drain();
    return { count, sum };
  });
}
