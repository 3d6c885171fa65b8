import { erlangIsMissing } from '../erlang.ts';
import { measureRestarts, RESTART_P50, RESTART_P99 } from '../restart-samples.ts';
import type { Lane, Scenario } from '../scenario.ts';

const floors: readonly Lane[] = [
  {
    name: 'bare try and reset',
    kind: 'floor',
    measure: async (effort) => measureRestarts((await import('../lanes/restart-bare.ts')).run, effort),
  },
];

const ours: readonly Lane[] = [
  {
    name: 'holdfast, dead letter',
    kind: 'ours',
    measure: async (effort) => measureRestarts((await import('../lanes/restart-holdfast.ts')).runDeadLetter, effort),
  },
  {
    name: 'holdfast, dead letter, under a supervisor',
    kind: 'ours',
    measure: async (effort) => measureRestarts((await import('../lanes/restart-holdfast.ts')).runSupervised, effort),
  },
  {
    name: 'holdfast, same message again',
    kind: 'ours',
    measure: async (effort) => measureRestarts((await import('../lanes/restart-holdfast.ts')).runRetry, effort),
  },
];

const rivals: readonly Lane[] = [
  {
    name: 'nact, reset',
    kind: 'rival',
    measure: async (effort) => measureRestarts((await import('../lanes/restart-nact.ts')).run, effort),
  },
  {
    name: 'Erlang supervisor',
    kind: 'rival',
    missing: erlangIsMissing,
    measure: async (effort) => (await import('../lanes/restart-erlang.ts')).measure(effort),
  },
];

export const restartLatency: Scenario = {
  name: 'restart latency',
  about:
    'A child crashes and is restarted alone (one for one). The time runs from just before the throw to the first ' +
    'message that the next regeneration handles. Nothing is logged in any lane. Holdfast also moves the message at fault ' +
    'to the dead letters, or hands it out again.',
  metrics: [
    { name: RESTART_P50, better: 'lower', digits: 2 },
    { name: RESTART_P99, better: 'lower', digits: 2 },
  ],
  floor: 'bare try and reset',
  lanes: [...floors, ...ours, ...rivals],
  targets: ours.flatMap(({ name }) => [
    { lane: name, metric: RESTART_P50, bound: 10 },
    { lane: name, metric: RESTART_P99, bound: 60 },
  ]),
};
