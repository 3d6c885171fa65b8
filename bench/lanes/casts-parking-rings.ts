import { SHARED_CAPACITY } from '../fan-in.ts';
import { Link, ReadyQueue } from '../parking.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

/** One stage that fills a ring and one that empties it; each parks when it cannot go on. */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    const ready = new ReadyQueue();
    const mailbox = new Link(SHARED_CAPACITY, ready);
    let sent = 0;
    let count = 0;
    let sum = 0;

    function sender(): void {
      while (!mailbox.isFull) {
        if (sent === messages) return;
        mailbox.put(messageAt(sent));
        sent += 1;
      }
      mailbox.parkWriter(sender);
    }
    function receiver(): void {
      while (!mailbox.isEmpty) {
        sum += mailbox.take();
        count += 1;
      }
      mailbox.parkReader(receiver);
    }

    ready.add(sender);
    ready.add(receiver);
    ready.drain();
    return { count, sum };
  });
}
