import { erlangIsMissing } from '../erlang.ts';
import { BYTES_EACH, CREATED, measureIdle } from '../idle-population.ts';
import type { Effort, Lane, Scenario } from '../scenario.ts';

const floors: readonly Lane[] = [
  {
    name: 'plain object with lazy ring',
    kind: 'floor',
    measure: async (effort) => measureIdle((await import('../lanes/idle-plain-object.ts')).population, effort),
  },
];

const ours: readonly Lane[] = [
  {
    name: 'holdfast, before the first message',
    kind: 'ours',
    measure: async (effort) => measureIdle((await import('../lanes/idle-holdfast.ts')).asleep(), effort),
  },
  {
    name: 'holdfast, after a message',
    kind: 'ours',
    measure: async (effort) => measureIdle((await import('../lanes/idle-holdfast.ts')).idleAgain(), aFifth(effort)),
  },
];

/** For a lane whose weight and time for each actor do not depend on their number, but that takes long to create them. */
function aFifth(effort: Effort): Effort {
  return { ...effort, scale: effort.scale / 5 };
}

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
    'Creates 1,000,000 actors that wait for a first message, weighs them, and has some of them answer. Erlang, and ' +
    'Holdfast where each has handled a message already: 200,000, as the cost of one does not depend on the number.',
  metrics: [
    { name: BYTES_EACH, better: 'lower', digits: 0 },
    { name: CREATED, better: 'higher', digits: 0 },
  ],
  floor: 'plain object with lazy ring',
  lanes: [...floors, ...ours, ...rivals],
  targets: [
    { lane: 'holdfast, before the first message', metric: BYTES_EACH, bound: 250 },
    { lane: 'holdfast, before the first message', metric: CREATED, bound: 700 },
    { lane: 'holdfast, after a message', metric: BYTES_EACH, bound: 400 },
  ],
};
