import { Link, ReadyQueue } from '../parking.ts';
import { CAPACITY, messageAt, type Pass, timed } from '../throughput.ts';

/** Three stages that park when they cannot go on and are woken by their neighbours: a scheduler without any promise. */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    const ready = new ReadyQueue();
    const first = new Link(CAPACITY, ready);
    const second = new Link(CAPACITY, ready);
    let sent = 0;
    let count = 0;
    let sum = 0;

    function source(): void {
      while (sent < messages) {
        if (first.isFull) return first.parkWriter(source);
        first.put(messageAt(sent));
        sent += 1;
      }
    }
    function middle(): void {
      for (;;) {
        if (first.isEmpty) return first.parkReader(middle);
        if (second.isFull) return second.parkWriter(middle);
        second.put(first.take() + 1);
      }
    }
    function sink(): void {
      for (;;) {
        if (second.isEmpty) return second.parkReader(sink);
        sum += second.take();
        count += 1;
      }
    }

    for (const stage of [source, middle, sink]) ready.add(stage);
    ready.drain();
    return { count, sum };
  });
}
