import { type Channel, defineActor, type Graph, input } from '../../src/index.ts';
import type { IdlePopulation } from '../idle-population.ts';
import { productionGraph } from '../production-graph.ts';

// Few enough that the run queue, which keeps the greatest length it ever had, adds nothing to the weight of an actor.
const AT_ONCE = 1_000;

type Population = IdlePopulation<Channel<number>>;

/** Actors that nobody has written to yet. */
export function asleep(): Population {
  return populationOf(async () => {});
}

/** Actors that have each handled a message and wait for the next one. Creating one includes that message. */
export function idleAgain(): Population {
  return populationOf(async (channels, ask) => {
    for (let start = 0; start < channels.length; start += AT_ONCE) {
      await Promise.all(channels.slice(start, start + AT_ONCE).map(async (channel) => channel && ask(channel, 1)));
    }
  });
}

type Ask = (actor: Channel<number>, message: number) => Promise<number>;

/**
 * Handlers in one started graph, each with a channel of its own, by which it is known outside.
 *
 * An actor answers with the number in its name: an index among its arguments would be weighed as well.
 */
function populationOf(
  wake: (channels: readonly (Channel<number> | undefined)[], ask: Ask) => Promise<void>,
): Population {
  let graph: Graph | undefined;
  // Channels are first in, first out and actors take turns in the order in which they were written to, so answers come in
  // the order of the questions.
  const askers: ((answer: number) => void)[] = [];
  let answered = 0;

  const definition = defineActor({
    inputs: { numbers: input<number>({ capacity: 64 }) },
    on: {
      numbers(message, { name }) {
        askers[answered]?.(Number(name) + message);
        answered += 1;
      },
    },
  });

  function ask(actor: Channel<number>, message: number): Promise<number> {
    return new Promise((resolve, reject) => {
      if (answered === askers.length) answered = askers.length = 0;
      askers.push(resolve);
      if (!actor.trySend(message).ok) reject(new Error(`channel ${actor.name} did not take a message`));
    });
  }

  return {
    async create(into) {
      graph = productionGraph();
      for (let index = 0; index < into.length; index += 1) {
        into[index] = graph.actor(String(index), definition, {}).input('numbers');
      }
      graph.start();
      await wake(into, ask);
    },
    ask,
    async end() {
      graph?.requestShutdown();
      await graph?.stopped();
      graph = undefined; // or it would be weighed with the population that comes next
    },
  };
}
