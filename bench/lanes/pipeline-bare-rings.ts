import { Ring } from '../ring.ts';
import { CAPACITY, messageAt, type Pass, timed } from '../throughput.ts';

/** One function fills the first ring, moves it into the second and empties that: no stage, no turn, no waiting. */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    const first = new Ring(CAPACITY, 0);
    const second = new Ring(CAPACITY, 0);
    let sent = 0;
    let count = 0;
    let sum = 0;
    while (count < messages) {
      while (sent < messages && !first.isFull) {
        first.put(messageAt(sent));
        sent += 1;
      }
      while (!first.isEmpty && !second.isFull) second.put(first.take() + 1);
      while (!second.isEmpty) {
        sum += second.take();
        count += 1;
      }
    }
    return { count, sum };
  });
}
