// Runs a graph in which an error goes astray in one of several ways, on the built library, as the main job of this process.
// Prints one line of JSON when the graph has stopped.
import process from 'node:process';
import { defineActor, Graph, input } from '../../dist/src/index.js';

const [way, style, follow] = process.argv.slice(2);

const ways = {
  rejection: () => void Promise.reject(new Error('boom')),
  'late rejection': () => void new Promise((resolve) => setTimeout(resolve, 1)).then(boom),
  'asynchronous function': async () => {
    await new Promise((resolve) => setImmediate(resolve));
    boom();
  },
  timer: () => void setTimeout(boom, 1),
  interval: () => {
    const interval = setInterval(() => {
      clearInterval(interval);
      boom();
    }, 1);
  },
  immediate: () => void setImmediate(boom),
  tick: () => void process.nextTick(boom),
};

function boom() {
  throw new Error('boom');
}

function goAstray(regeneration) {
  if (regeneration === 0) void ways[way]();
}

const styles = {
  handler: { on: { go: (_, { regeneration }) => goAstray(regeneration) } },
  'asynchronous handler': {
    on: {
      go: async (_, { regeneration }) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        goAstray(regeneration);
      },
    },
  },
  loop: {
    async run({ inputs: { go }, regeneration, running, next }) {
      while (running()) {
        await next(go.avail());
        if (go.take() !== undefined) goAstray(regeneration);
      }
    },
  },
};

const graph = new Graph({
  name: 'stray',
  logLevel: 'error',
  ...(follow === undefined ? {} : { trackStray: follow === 'follow' }),
});
const worker = defineActor({ inputs: { go: input({ capacity: 4 }) }, ...styles[style] });
const bystander = defineActor({
  async run({ running, next, every }) {
    while (running()) await next(every(5));
  },
});
const handle = graph.actor('worker', worker, {});
graph.actor('bystander', bystander, {});
const told = [];
graph.subscribe((event) => {
  if (event.kind === 'stray') told.push({ actor: event.actor ?? null, error: String(event.error) });
  if (event.kind === 'restarted') graph.requestShutdown('the actor is back');
});
const ran = graph.run();
handle.input('go').trySend(1);
let failure = null;
try {
  await ran;
} catch (error) {
  failure = String(error);
}
const restarts = Object.fromEntries(graph.snapshot().actors.map(({ name, restarts: count }) => [name, count]));
process.stdout.write(`${JSON.stringify({ told, failure, restarts })}\n`);
