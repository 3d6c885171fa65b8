import { type ActorHandle, defineActor, type Graph, input, type OwnInputSpec } from '../../src/index.ts';
import type { IdlePopulation } from '../idle-population.ts';
import { productionGraph } from '../production-graph.ts';

// Few enough that the run queue, which keeps the greatest length it ever had, adds nothing to the weight of an actor.
const AT_ONCE = 1_000;

type Handle = ActorHandle<{ readonly numbers: OwnInputSpec<number> }>;
type Population = IdlePopulation<Handle>;

/** Actors that nobody has written to yet. */
export function asleep(): Population {
  return populationOf(async () => {});
}

/** Actors that have each handled a message and wait for the next one. Creating one includes that message. */
export function idleAgain(): Population {
  return populationOf(async (handles, ask) => {
    for (let start = 0; start < handles.length; start += AT_ONCE) {
      await Promise.all(handles.slice(start, start + AT_ONCE).map(async (handle) => handle && ask(handle, 1)));
    }
  });
}

type Ask = (actor: Handle, message: number) => Promise<number>;

/**
 * Handlers in one started graph, each with a channel of its own, which is made when somebody writes to it.
 *
 * An actor answers with the number in its name: an index among its arguments would be weighed as well.
 */
function populationOf(wake: (handles: readonly (Handle | undefined)[], ask: Ask) => Promise<void>): Population {
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

  function ask(actor: Handle, message: number): Promise<number> {
    return new Promise((resolve, reject) => {
      if (answered === askers.length) answered = askers.length = 0;
      askers.push(resolve);
      if (!actor.input('numbers').trySend(message).ok) reject(new Error(`actor ${actor.name} did not take a message`));
    });
  }

  return {
    async create(into) {
      graph = productionGraph();
      for (let index = 0; index < into.length; index += 1) {
        into[index] = graph.actor(String(index), definition, {});
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
