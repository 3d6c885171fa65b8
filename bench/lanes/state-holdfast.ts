import { type ActorDefinition, defineActor, input, output } from '../../src/index.ts';
import { productionGraph, runToEnd } from '../production-graph.ts';
import { CAPACITY, messageAt, type MessageRun, timed } from '../throughput.ts';

const numbers = { numbers: input<number>() };
const MAP_ENTRIES = 1_000;

/** What an adder has added up. */
interface Total {
  count: number;
  sum: number;
}

type Adder = ActorDefinition<typeof numbers, Record<never, never>, object, undefined>;

/** The total is a local variable that no crash would roll back: what a turn costs without state. */
export const runWithoutState: MessageRun = (messages) => {
  const total: Total = { count: 0, sum: 0 };
  const adder = defineActor({
    inputs: numbers,
    on: {
      numbers(message) {
        total.count += 1;
        total.sum += message;
      },
    },
  });
  return run(messages, adder, total);
};

/** Eight numbers, two of which each turn changes. */
export const runFlat: MessageRun = (messages) => {
  const total: Total = { count: 0, sum: 0 };
  const adder = defineActor({
    inputs: numbers,
    state: () => ({ count: 0, sum: 0, least: 1, greatest: 2, first: 3, last: 4, early: 5, late: 6 }),
    on: {
      numbers(message, { state }) {
        state.count += 1;
        state.sum += message;
      },
    },
    onDrained({ state }) {
      total.count = state.count;
      total.sum = state.sum;
    },
  });
  return run(messages, adder, total);
};

/** Fifty numbers and strings in ten objects, two of which each turn changes. */
export const runNested: MessageRun = (messages) => {
  const total: Total = { count: 0, sum: 0 };
  const adder = defineActor({
    inputs: numbers,
    state: () => ({ total: group(0), spare: [group(1), group(2), group(3)], ...nestedRest() }),
    on: {
      numbers(message, { state }) {
        state.total.count += 1;
        state.total.sum += message;
      },
    },
    onDrained({ state }) {
      total.count = state.total.count;
      total.sum = state.total.sum;
    },
  });
  return run(messages, adder, total);
};

function group(first: number) {
  return { count: 0, sum: 0, first, name: `group ${first}`, isOpen: true };
}

function nestedRest() {
  return {
    east: { near: group(4), far: group(5) },
    west: { near: group(6), far: group(7) },
    ends: [group(8), group(9)],
  };
}

/** A Map of 1,000 entries, one of which each turn changes: every commit copies all of them. */
export const runMap: MessageRun = (messages) => {
  const total: Total = { count: 0, sum: 0 };
  const adder = defineActor({
    inputs: numbers,
    state: () => ({ sums: new Map(Array.from({ length: MAP_ENTRIES }, (_, key) => [key, 0])), count: 0 }),
    on: {
      numbers(message, { state }) {
        const { sums } = state;
        const key = message % MAP_ENTRIES;
        sums.set(key, (sums.get(key) ?? 0) + message);
        state.count += 1;
      },
    },
    onDrained({ state }) {
      total.count = state.count;
      for (const sum of state.sums.values()) total.sum += sum;
    },
  });
  return run(messages, adder, total);
};

/** Start and stop of the graph are inside the time, building it is not. */
function run(messages: number, adder: Adder, total: Total) {
  let sent = 0;
  const source = defineActor({
    outputs: { numbers: output<number>() },
    source({ outputs }) {
      outputs.numbers.send(messageAt(sent));
      sent += 1;
      return sent < messages ? 'more' : 'done';
    },
  });

  const graph = productionGraph();
  const channel = graph.channel<number>('numbers', { capacity: CAPACITY });
  graph.actor('source', source, { numbers: channel });
  graph.actor('adder', adder, { numbers: channel });
  return timed(async () => {
    await runToEnd(graph);
    return total;
  });
}
