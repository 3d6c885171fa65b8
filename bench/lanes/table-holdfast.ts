import { type ActorDefinition, defineActor, input, output, table } from '../../src/index.ts';
import { productionGraph } from '../production-graph.ts';
import { CAPACITY, messageAt, type MessageRun, type Pass, timed } from '../throughput.ts';

/** As many keys are hot as there are different messages. */
const HOT_KEYS = 1_024;
/** What a turn takes, and so changes, in the lanes with many at once. */
const MANY_A_TURN = 64;

/** Which of the sums a message is added to. */
type KeyOf = (message: number) => number;

/** Where the sums are, and how a turn adds to one. */
interface Sums {
  readonly definition: Adder;
  /** Undefined where they are in the actor's table. */
  readonly inMap: ReadonlyMap<number, number> | undefined;
}

const inputs = { numbers: input<number>() };
type Adder = ActorDefinition<typeof inputs, Record<never, never>, object, undefined>;

/** The same 1,024 keys for every number of entries, as far apart as there are entries. */
function hotKeys(entries: number): KeyOf {
  const distance = Math.floor(entries / HOT_KEYS);
  return (message) => message * distance;
}

/** Every key as often as every other one: nearly each look meets memory that no cache has. */
function randomKeys(entries: number): KeyOf {
  let seed = 1;
  return () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0; // the lowest bits of this generator repeat too soon
    return Math.floor((seed / 2 ** 32) * entries);
  };
}

/** What all sums begin with. One Map for all passes: entries made anew would be swept up while the clock runs. */
function zeros(entries: number): ReadonlyMap<number, number> {
  return new Map(Array.from({ length: entries }, (_, key) => [key, 0]));
}

/** A table, which is rolled back with its turn. */
function inTable(initial: ReadonlyMap<number, number>, keyOf: KeyOf): Sums {
  const definition = defineActor({
    inputs,
    tables: { sums: table<number, number>({ initial: () => initial }) },
    on: {
      numbers(message, { tables: { sums } }) {
        const key = keyOf(message);
        sums.set(key, (sums.get(key) ?? 0) + message);
      },
    },
  });
  return { definition, inMap: undefined };
}

/** The same with up to 64 messages in a turn. */
function inTableManyATurn(initial: ReadonlyMap<number, number>, keyOf: KeyOf): Sums {
  const definition = defineActor({
    inputs,
    tables: { sums: table<number, number>({ initial: () => initial }) },
    async run({ inputs: { numbers }, tables: { sums }, running, next, tryNext }) {
      const some = numbers.avail(MANY_A_TURN);
      while (running()) {
        void (tryNext(some) ?? (await next(some)));
        for (const message of numbers.takeMany(MANY_A_TURN)) {
          const key = keyOf(message);
          sums.set(key, (sums.get(key) ?? 0) + message);
        }
      }
    },
  });
  return { definition, inMap: undefined };
}

/** A Map beside the state, which nothing rolls back: what the same turns cost without the promise. */
function inMap(initial: ReadonlyMap<number, number>, keyOf: KeyOf): Sums {
  const sums = new Map(initial);
  const definition = defineActor({
    inputs,
    on: {
      numbers(message) {
        const key = keyOf(message);
        sums.set(key, (sums.get(key) ?? 0) + message);
      },
    },
  });
  return { definition, inMap: sums };
}

const KINDS = { map: inMap, table: inTable, manyATurn: inTableManyATurn };
const KEYS = { hot: hotKeys, random: randomKeys };

/** A run that adds every message to one of `entries` sums. */
export function sumsRun(kind: keyof typeof KINDS, entries: number, keys: keyof typeof KEYS): MessageRun {
  const initial = zeros(entries);
  return (messages) => run(messages, KINDS[kind](initial, KEYS[keys](entries)));
}

/** Building and starting the graph, which fills the sums, is not inside the time. */
async function run(messages: number, { definition, inMap }: Sums): Promise<Pass> {
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
  graph.actor('sums', definition, { numbers: channel });
  graph.start();
  globalThis.gc?.(); // the garbage of a million entries is not this pass's to pay for
  const pass = await timed(async () => {
    await graph.stopped();
    return { count: 0, sum: 0 }; // counted below: going through a million entries is no part of the turns
  });
  const { channels, actors } = graph.snapshot();
  const entries = actors.find(({ name }) => name === 'sums')?.tables?.['sums'] as [number, number][] | undefined;
  let sum = 0;
  for (const [, value] of inMap ?? entries ?? []) sum += value;
  return { ...pass, count: channels[0]?.taken ?? 0, sum };
}
