// Weighs actors that have handled a message and are idle again, on the built library, in a process of its own with
// --expose-gc. Prints one line of JSON: bytes an actor, when all have rested, and what they answer after that.
import process from 'node:process';
import { defineActor, Graph, input } from '../../dist/src/index.js';

const ACTORS = 40_000;

function bytesInUse() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const graph = new Graph({ name: 'weight', checks: false, logLevel: 'silent' });
let handled = 0;
let sum = 0;
const definition = defineActor({
  inputs: { numbers: input({ capacity: 64 }) },
  on: {
    numbers(value) {
      handled += 1;
      sum += value;
    },
  },
});

/** A message to each of `handles`, all of them before any is handled; resolves when all are. */
async function burst(handles) {
  const until = handled + handles.length;
  for (const handle of handles) handle.input('numbers').trySend(1);
  while (handled < until) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

function actors(prefix, count) {
  return Array.from({ length: count }, (_, index) => graph.actor(`${prefix}${index}`, definition, {}));
}

const warmUp = actors('warm ', 2_000);
const few = actors('few ', 200);
const crowd = actors('', ACTORS);
graph.start();
await burst(warmUp);
await burst(few);
const before = bytesInUse();
await burst(crowd);
const after = bytesInUse();
await burst(few);
await burst(crowd.slice(0, 100));
const { actors: seen } = graph.snapshot();
const turns = seen.reduce((total, actor) => total + actor.turns, 0);
graph.requestShutdown();
await graph.stopped();
process.stdout.write(`${JSON.stringify({ bytesEach: (after - before) / ACTORS, handled, sum, turns })}\n`);
