import { Link, ReadyQueue } from '../parking.ts';
import { CAPACITY, messageAt, type Pass, timed } from '../throughput.ts';

/** Two parking stages; the total is a local variable that no crash could roll back. */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    const ready = new ReadyQueue();
    const link = new Link(CAPACITY, ready);
    let sent = 0;
    let count = 0;
    let sum = 0;

    function source(): void {
      while (sent < messages) {
        if (link.isFull) return link.parkWriter(source);
        link.put(messageAt(sent));
        sent += 1;
      }
    }
    function actor(): void {
      for (;;) {
        if (link.isEmpty) return link.parkReader(actor);
        sum += link.take();
        count += 1;
      }
    }

    ready.add(source);
    ready.add(actor);
    ready.drain();
    return { count, sum };
  });
}
