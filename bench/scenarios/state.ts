import type { Lane, Scenario } from '../scenario.ts';
import { messageLane, THROUGHPUT } from '../throughput.ts';

const floors: readonly Lane[] = [
  messageLane({
    name: 'turn without state',
    kind: 'floor',
    hops: 0,
    load: async () => (await import('../lanes/state-none.ts')).run,
  }),
];

const ours: readonly Lane[] = [
  messageLane({
    name: 'holdfast, no state',
    kind: 'ours',
    hops: 0,
    load: async () => (await import('../lanes/state-holdfast.ts')).runWithoutState,
  }),
  messageLane({
    name: 'holdfast, flat state of 8 numbers',
    kind: 'ours',
    hops: 0,
    load: async () => (await import('../lanes/state-holdfast.ts')).runFlat,
  }),
  messageLane({
    name: 'holdfast, nested state of 50 fields',
    kind: 'ours',
    hops: 0,
    load: async () => (await import('../lanes/state-holdfast.ts')).runNested,
  }),
  messageLane({
    name: 'holdfast, Map of 1,000 entries',
    kind: 'ours',
    hops: 0,
    load: async () => (await import('../lanes/state-holdfast.ts')).runMap,
  }),
];

export const state: Scenario = {
  name: 'state',
  about:
    'A source and one actor joined by a channel of capacity 64. The actor adds up the integers it takes, one a turn; ' +
    'the lanes differ in where the total lives and what it costs to roll it back.',
  metrics: [{ name: THROUGHPUT, better: 'higher', digits: 2 }],
  floor: 'turn without state',
  lanes: [...floors, ...ours],
  // A turn with state may cost 1.4 times as much as one without.
  targets: [{ lane: 'holdfast, flat state of 8 numbers', against: 'holdfast, no state', ratio: 1 / 1.4 }],
};
