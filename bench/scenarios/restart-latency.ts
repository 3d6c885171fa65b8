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

/** Holdfast's own lanes go here: `measureRestarts(run, effort)` does the warm-up and the percentiles. */
const ours: readonly Lane[] = [];

const rivals: readonly Lane[] = [
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
    'message that the next regeneration handles. Nothing is logged in any lane.',
  metrics: [
    { name: RESTART_P50, better: 'lower', digits: 2 },
    { name: RESTART_P99, better: 'lower', digits: 2 },
  ],
  floor: 'bare try and reset',
  lanes: [...floors, ...ours, ...rivals],
  targets: [],
};
