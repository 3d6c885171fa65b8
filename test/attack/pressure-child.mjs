// A source that sends more than a small heap holds, to a reader that is slow. Run by pressure.test.ts on the built library
// in a process of its own, with and without degradation. Prints one line of JSON: the levels it went through, and the sums.
import process from 'node:process';
import { defineActor, Graph, input, output } from '../../dist/src/index.js';

const MESSAGES = 8_000;
const degradation = {
  levels: [
    { name: 'tight', when: { heapUsedRatio: 0.4 }, capacityFactor: 0.05 },
    { name: 'critical', when: { heapUsedRatio: 0.8 }, capacityFactor: 0.01, sourceDelayMs: 20 },
  ],
  checkEveryMs: 5,
  recover: { afterMs: 100 },
};

const graph = new Graph({
  name: 'pressure',
  logLevel: 'silent',
  ...(process.argv[2] === 'degradation' ? { degradation } : {}),
});
// About 20 KB each: all of them together are 2.5 times the heap that the test allows.
const message = (id) => ({ id, filler: Array.from({ length: 2_500 }, (_, place) => id + place) });
const channel = graph.channel('channel', { capacity: MESSAGES });

const source = defineActor({
  outputs: { out: output() },
  state: () => ({ sent: 0 }),
  source({ outputs, state }) {
    for (let count = 0; count < 10; count += 1) {
      outputs.out.send(message(state.sent));
      state.sent += 1;
    }
    return state.sent < MESSAGES ? 'more' : 'done';
  },
});
const reader = defineActor({
  inputs: { in: input() },
  state: () => ({ sum: 0, count: 0 }),
  async run({ inputs, state, running, next, after, all }) {
    while (running()) {
      await next(all(inputs.in.avail(), after(1)));
      for (const { id, filler } of inputs.in.takeMany(20)) {
        state.sum += filler[0] - id;
        state.count += 1;
      }
    }
  },
});
graph.actor('source', source, { out: channel });
graph.actor('reader', reader, { in: channel });

const steps = [];
graph.subscribe(({ kind, name }) => {
  if (kind === 'degraded' || kind === 'recovered') steps.push(name);
});
graph.start();
await graph.stopped();
const { count } = graph.snapshot().actors[1].state;
console.log(JSON.stringify({ steps, count, highestFill: graph.snapshot().channels[0].highestFill }));
