import { Link, ReadyQueue } from '../parking.ts';
import { answerTo } from '../round-trips.ts';
import { CAPACITY, messageAt, type Pass, timed } from '../throughput.ts';

/** Two stages and two rings; each parks when it has handled the one message that there is. */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    const ready = new ReadyQueue();
    const there = new Link(CAPACITY, ready);
    const back = new Link(CAPACITY, ready);
    let sent = 1;
    let count = 0;
    let sum = 0;

    function pong(): void {
      while (!there.isEmpty) back.put(answerTo(there.take()));
      there.parkReader(pong);
    }
    function ping(): void {
      while (!back.isEmpty) {
        sum += back.take();
        count += 1;
        if (sent === messages) return;
        there.put(messageAt(sent));
        sent += 1;
      }
      back.parkReader(ping);
    }

    there.put(messageAt(0));
    ready.add(pong);
    ready.add(ping);
    ready.drain();
    return { count, sum };
  });
}
