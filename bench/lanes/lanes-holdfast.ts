import { defineActor, type Graph, input, inputBundle, output, outputBundle } from '../../src/index.ts';
import { productionGraph, runToEnd } from '../production-graph.ts';
import { CAPACITY, messageAt, type MessageRun, type Pass, timed } from '../throughput.ts';

/** A source that sends by key into `lanes` lanes, a handler for each of them, and one handler that merges what comes out. */
export function runLanes(lanes: number): MessageRun {
  return (messages) => {
    const arrived = { count: 0, sum: 0 };
    const graph = productionGraph();
    const numbers = graph.bundle<number>('numbers', { lanes, capacity: CAPACITY });
    const raised = graph.bundle<number>('raised', { lanes, capacity: CAPACITY });
    graph.actor('source', sourceOf(messages), { numbers });
    numbers.forEach((lane, index) => {
      const out = raised[index];
      if (out !== undefined) graph.actor(`worker ${index}`, worker, { numbers: lane, raised: out });
    });
    graph.actor('merge', mergeInto(arrived), { raised });
    return measured(graph, arrived);
  };
}

const worker = defineActor({
  inputs: { numbers: input<number>() },
  outputs: { raised: output<number>() },
  on: {
    numbers(message, { outputs }) {
      outputs.raised.send(message + 1);
    },
  },
});

function sourceOf(messages: number) {
  let sent = 0;
  return defineActor({
    outputs: { numbers: outputBundle<number>({ partitionBy: (message) => message }) },
    source({ outputs }) {
      outputs.numbers.send(messageAt(sent));
      sent += 1;
      return sent < messages ? 'more' : 'done';
    },
  });
}

function mergeInto(arrived: { count: number; sum: number }) {
  return defineActor({
    inputs: { raised: inputBundle<number>() },
    on: {
      raised(message) {
        arrived.sum += message;
        arrived.count += 1;
      },
    },
  });
}

/** Start and stop of the graph are inside the time, building it is not. */
function measured(graph: Graph, arrived: { count: number; sum: number }): Promise<Pass> {
  return timed(async () => {
    await runToEnd(graph);
    return arrived;
  });
}
