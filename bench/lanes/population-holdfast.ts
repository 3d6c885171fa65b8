import { type Channel, defineActor, input } from '../../src/index.ts';
import type { Crowd } from '../population.ts';
import { productionGraph } from '../production-graph.ts';

/** Handlers of one definition in one started graph, each with a channel of its own. */
export function make(actors: number): Crowd {
  let sent = 0;
  let count = 0;
  let sum = 0;
  let wake = (): void => {};

  const definition = defineActor({
    inputs: { numbers: input<number>({ capacity: 64 }) },
    on: {
      numbers(message) {
        sum += message;
        count += 1;
        if (count === sent) wake();
      },
    },
  });

  const graph = productionGraph();
  const channels: Channel<number>[] = [];
  for (let index = 0; index < actors; index += 1) {
    channels.push(graph.actor(String(index), definition, {}).input('numbers'));
  }
  graph.start();

  return {
    send(actor, message) {
      if (channels[actor]?.trySend(message).ok !== true) throw new Error(`actor ${actor} did not take a message`);
      sent += 1;
    },
    handled: () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      }),
    totals: () => ({ count, sum }),
    async end() {
      graph.requestShutdown();
      await graph.stopped();
    },
  };
}
