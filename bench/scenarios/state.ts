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

/** Holdfast's own lanes go here, one for each way to keep state over turns. */
const ours: readonly Lane[] = [];

export const state: Scenario = {
  name: 'state',
  about:
    'A source and one actor joined by a channel of capacity 64. The actor adds up the integers it takes, one a turn; ' +
    'the lanes differ in where the total lives and what it costs to roll it back.',
  metrics: [{ name: THROUGHPUT, better: 'higher', digits: 2 }],
  floor: 'turn without state',
  lanes: [...floors, ...ours],
  targets: [],
};
