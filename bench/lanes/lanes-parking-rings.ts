import { laneOf } from '../../src/index.ts';
import { Link, ReadyQueue } from '../parking.ts';
import { CAPACITY, messageAt, type MessageRun, timed } from '../throughput.ts';

/** The same by hand: stages that park, two rings for each lane, and the same lane for each key. */
export function runLanes(lanes: number): MessageRun {
  return (messages) =>
    timed(async () => {
      const ready = new ReadyQueue(lanes + 2);
      const links = (): Link[] => Array.from({ length: lanes }, () => new Link(CAPACITY, ready));
      const numbers = links();
      const raised = links();
      let sent = 0;
      let count = 0;
      let sum = 0;
      let next = 0;

      function source(): void {
        while (sent < messages) {
          const message = messageAt(sent);
          const lane = numbers[laneOf(message, lanes)] as Link;
          if (lane.isFull) return lane.parkWriter(source);
          lane.put(message);
          sent += 1;
        }
      }
      const workers = numbers.map((from, index) => {
        const to = raised[index] as Link;
        return function worker(): void {
          for (;;) {
            if (from.isEmpty) return from.parkReader(worker);
            if (to.isFull) return to.parkWriter(worker);
            to.put(from.take() + 1);
          }
        };
      });
      /** One message of each lane that has some, in turn. */
      function merge(): void {
        for (let empty = 0; empty < lanes;) {
          const link = raised[next] as Link;
          next = next + 1 < lanes ? next + 1 : 0;
          if (link.isEmpty) empty += 1;
          else {
            empty = 0;
            sum += link.take();
            count += 1;
          }
        }
        for (const link of raised) link.parkReader(wakeMerge);
      }
      /** The first lane to have a message again wakes it, and no other. */
      function wakeMerge(): void {
        for (const link of raised) link.unparkReader();
        merge();
      }

      for (const stage of [source, ...workers, merge]) ready.add(stage);
      ready.drain();
      return { count, sum };
    });
}
