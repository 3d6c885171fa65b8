/** Random networks of actors in all styles, under random faults; see network.ts for what is checked. */
import fc from 'fast-check';
import { SCHEDULES } from 'holdfast/testing';
import { afterAll, expect, test } from 'vitest';
import { type ChannelPlan, Network, type NetworkPlan, SOURCE_STYLES, HANDLER_STYLES, LOOP_STYLES } from './network.ts';
import { EFFORT, FIRST_SEED, times } from './support.ts';

const NODES_MAX = 6;

/** Channels lead from lower to higher numbers only, so that closing ripples through. */
const channel = fc.record({
  capacity: fc.integer({ min: 1, max: 4 }),
  consumer: fc.nat(NODES_MAX),
  producers: fc.array(fc.nat(NODES_MAX), { minLength: 1, maxLength: 3 }),
});

const shape = fc.record({
  seed: fc.nat(),
  schedule: fc.constantFrom(...SCHEDULES),
  probed: fc.boolean(),
  nodes: fc.array(
    fc.record({
      worker: fc.constantFrom(...HANDLER_STYLES, ...LOOP_STYLES),
      source: fc.constantFrom(...SOURCE_STYLES),
    }),
    {
      minLength: 2,
      maxLength: NODES_MAX,
    },
  ),
  channels: fc.array(channel, { minLength: 1, maxLength: 7 }),
  messages: fc.integer({ min: 1, max: 12 }),
  faults: fc.nat(25),
});

type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;

function planOf(drawn: Shape, more: Partial<NetworkPlan> = {}): NetworkPlan {
  const count = drawn.nodes.length;
  const channels: ChannelPlan[] = drawn.channels.map(({ capacity, consumer, producers }) => {
    const reader = 1 + (consumer % (count - 1));
    return { capacity, consumer: reader, producers: [...new Set(producers.map((node) => node % reader))] };
  });
  const fixed = {
    showstopperAfter: Infinity,
    stopAfter: undefined,
    forceAfter: undefined,
    resized: false,
    optional: undefined,
    lettersCapacity: undefined,
    temporary: [],
  };
  return { ...drawn, channels, ...fixed, ...more };
}

const attacked = { runs: 0, faults: 0, restarts: 0, waits: 0, hangs: 0 };

async function holds(plan: NetworkPlan | Network): Promise<void> {
  const network = plan instanceof Network ? plan : new Network(plan);
  expect(await network.run()).toEqual([]);
  attacked.runs += 1;
  attacked.faults += network.faultsMade;
  attacked.waits += network.waits;
  attacked.hangs += network.hangs;
  for (const { restarts } of network.graph.snapshot().actors) attacked.restarts += restarts;
}

afterAll(() => console.log('random networks:', attacked));

const runs = (count: number) => ({ numRuns: times(count), seed: FIRST_SEED });
/** For runs that are longer than in CI. */
const timeoutMs = 60_000 * Math.max(1, EFFORT);

test(
  'random networks lose, double and reorder nothing, whatever fails',
  async () => {
    await fc.assert(
      fc.asyncProperty(shape, (drawn) => holds(planOf(drawn))),
      runs(400),
    );
  },
  timeoutMs,
);

test(
  'channels that shrink and grow at random moments lose, double, reorder and hang nothing',
  async () => {
    const property = fc.asyncProperty(shape, fc.option(fc.integer({ min: 1, max: 120 })), (drawn, stopAfter) => {
      // Larger than elsewhere, so that there is something to shrink.
      const channels = drawn.channels.map((each) => ({ ...each, capacity: each.capacity * 2 }));
      return holds(planOf({ ...drawn, channels }, { resized: true, stopAfter: stopAfter ?? undefined }));
    });
    await fc.assert(property, runs(400));
  },
  timeoutMs,
);

test(
  'graphs that degrade and recover at random moments lose, double, reorder and hang nothing',
  async () => {
    const optional = fc.uniqueArray(fc.nat(NODES_MAX - 1));
    const stop = fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined });
    let steps = 0;
    const property = fc.asyncProperty(shape, optional, stop, async (drawn, nodes, stopAfter) => {
      const channels = drawn.channels.map((each) => ({ ...each, capacity: each.capacity * 2 }));
      const network = new Network(planOf({ ...drawn, channels }, { optional: nodes, stopAfter }));
      network.graph.subscribe(({ kind }) => (steps += kind === 'degraded' || kind === 'recovered' ? 1 : 0));
      await holds(network);
    });
    await fc.assert(property, runs(400));
    console.log('steps of degradation:', steps);
    expect(steps).toBeGreaterThan(400 * Math.min(1, EFFORT));
  },
  timeoutMs,
);

test(
  'messages that fail too often become dead letters, and only those',
  async () => {
    const property = fc.asyncProperty(shape, fc.integer({ min: 1, max: 3 }), (drawn, showstopperAfter) =>
      holds(planOf(drawn, { showstopperAfter })),
    );
    await fc.assert(property, runs(250));
  },
  timeoutMs,
);

test(
  'a shutdown at any moment drains every channel',
  async () => {
    const property = fc.asyncProperty(shape, fc.integer({ min: 1, max: 120 }), (drawn, stopAfter) =>
      holds(planOf(drawn, { stopAfter })),
    );
    await fc.assert(property, runs(250));
  },
  timeoutMs,
);

test(
  'a forced shutdown at any moment accounts for every message',
  async () => {
    const property = fc.asyncProperty(
      shape,
      fc.integer({ min: 1, max: 120 }),
      fc.integer({ min: 1, max: 30 }),
      (drawn, stopAfter, forceAfter) => holds(planOf(drawn, { stopAfter, forceAfter })),
    );
    await fc.assert(property, runs(250));
  },
  timeoutMs,
);

test(
  'actors that never come back leave dead letters, not holes',
  async () => {
    const property = fc.asyncProperty(shape, fc.uniqueArray(fc.nat(NODES_MAX - 1)), (drawn, temporary) =>
      holds(planOf(drawn, { temporary })),
    );
    await fc.assert(property, runs(250));
  },
  timeoutMs,
);

test(
  'dead letters that go into a channel hold up whoever makes them, and nobody else; none is lost or doubled',
  async () => {
    let read = 0;
    const property = fc.asyncProperty(
      shape,
      fc.record({
        lettersCapacity: fc.integer({ min: 1, max: 4 }),
        showstopperAfter: fc.constantFrom(1, 2, Infinity),
        temporary: fc.uniqueArray(fc.nat(NODES_MAX - 1), { maxLength: 2 }),
        stopAfter: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
      }),
      async (drawn, more) => {
        const network = new Network(planOf(drawn, more));
        await holds(network);
        read += network.lettersRead;
      },
    );
    await fc.assert(property, runs(300));
    console.log('dead letters read:', read);
    expect(read).toBeGreaterThan(300 * Math.min(1, EFFORT));
  },
  timeoutMs,
);
