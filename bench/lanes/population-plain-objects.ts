import type { Crowd } from '../population.ts';

/** Who it is, what has been sent to it, and whether it stands in the queue of those that have something to do. */
interface PlainActor {
  readonly messages: number[];
  isReady: boolean;
}

/** Objects with a list of messages each, and one queue: what it costs to go from one to the next in memory. */
export function make(actors: number): Crowd {
  const all = Array.from({ length: actors }, (): PlainActor => ({ messages: [], isReady: false }));
  const ready: PlainActor[] = [];
  let count = 0;
  let sum = 0;

  return {
    send(actor, message) {
      const to = all[actor] as PlainActor; // the scenario counts up to their number
      to.messages.push(message);
      if (to.isReady) return;
      to.isReady = true;
      ready.push(to);
    },
    async handled() {
      for (const actor of ready) {
        actor.isReady = false;
        for (const message of actor.messages) {
          sum += message;
          count += 1;
        }
        actor.messages.length = 0;
      }
      ready.length = 0;
    },
    totals: () => ({ count, sum }),
  };
}
