import { erlangIsMissing } from '../erlang.ts';
import { BYTES_EACH, CREATED, measureIdle } from '../idle-population.ts';
import type { Lane, Scenario } from '../scenario.ts';

const floors: readonly Lane[] = [
  {
    name: 'plain object with lazy ring',
    kind: 'floor',
    measure: async (effort) => measureIdle((await import('../lanes/idle-plain-object.ts')).population, effort),
  },
];

/** Holdfast's own lanes go here: `measureIdle(population, effort)` creates, weighs and checks. */
const ours: readonly Lane[] = [];

const rivals: readonly Lane[] = [
  {
    name: 'Erlang spawn',
    kind: 'rival',
    missing: erlangIsMissing,
    measure: async (effort) => (await import('../lanes/idle-erlang.ts')).measure(effort, 'spawn'),
  },
  {
    name: 'Erlang spawn, hibernating',
    kind: 'rival',
    missing: erlangIsMissing,
    measure: async (effort) => (await import('../lanes/idle-erlang.ts')).measure(effort, 'hibernate'),
  },
];

export const idleActors: Scenario = {
  name: 'idle actors',
  about:
    'Creates 1,000,000 actors that wait for a first message (Erlang: 200,000, its cost per process does not depend on ' +
    'the number), weighs them, and has some of them answer.',
  metrics: [
    { name: BYTES_EACH, better: 'lower', digits: 0 },
    { name: CREATED, better: 'higher', digits: 0 },
  ],
  floor: 'plain object with lazy ring',
  lanes: [...floors, ...ours, ...rivals],
  targets: [],
};
