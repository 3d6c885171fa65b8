import { erlangIsMissing } from '../erlang.ts';
import type { Scenario } from '../scenario.ts';
import { CHILD_BYTES, CRASHED, measureChildren, STARTED, STOPPED } from '../supervised-children.ts';

export const supervisedChildren: Scenario = {
  name: 'supervised children',
  about:
    'A supervisor starts 100,000 children of one template, one after the other; one in a hundred crashes, all of them at once, ' +
    'and handles a message in its next incarnation; then all are stopped. Erlang starts a process for each child, Holdfast makes ' +
    'the actor when there is something to do. Nothing is logged in any lane.',
  metrics: [
    { name: STARTED, better: 'higher', digits: 0 },
    { name: CHILD_BYTES, better: 'lower', digits: 0 },
    { name: CRASHED, better: 'lower', digits: 1 },
    { name: STOPPED, better: 'higher', digits: 0 },
  ],
  floor: 'plain objects in a map',
  lanes: [
    {
      name: 'plain objects in a map',
      kind: 'floor',
      measure: async (effort) => measureChildren((await import('../lanes/supervised-plain-objects.ts')).make, effort),
    },
    {
      name: 'holdfast, dynamic supervisor',
      kind: 'ours',
      measure: async (effort) => measureChildren((await import('../lanes/supervised-holdfast.ts')).make, effort),
    },
    {
      name: 'Erlang, simple_one_for_one',
      kind: 'rival',
      missing: erlangIsMissing,
      measure: async (effort) => (await import('../lanes/supervised-erlang.ts')).measure(effort),
    },
  ],
  targets: [
    { lane: 'holdfast, dynamic supervisor', metric: STARTED, bound: 500 },
    { lane: 'holdfast, dynamic supervisor', metric: CHILD_BYTES, bound: 400 },
  ],
};
