import { erlangIsMissing } from '../erlang.ts';
import { ROUND_TRIPS, roundTripLane } from '../round-trips.ts';
import type { Lane, Scenario } from '../scenario.ts';

function erlang(mode: 'one' | 'many'): Lane {
  return {
    name: 'Erlang gen_server:call',
    kind: 'rival',
    missing: erlangIsMissing,
    measure: async (effort) => (await import('../lanes/calls-erlang.ts')).measure(effort, mode),
  };
}

const floor = 'promises in a map';

export const callsOneAtATime: Scenario = {
  name: 'calls, one at a time',
  about:
    'One caller asks one actor, which adds one and replies at once, and asks again when it has the answer. Each call has a ' +
    'timeout of 5 s, except those of the floor and where the lane says so.',
  metrics: [{ name: ROUND_TRIPS, better: 'higher', digits: 3 }],
  floor,
  lanes: [
    roundTripLane(floor, 'floor', async () => (await import('../lanes/calls-promises.ts')).runOne),
    roundTripLane(
      'holdfast, from outside',
      'ours',
      async () => (await import('../lanes/calls-holdfast.ts')).runOneFromOutside,
    ),
    roundTripLane(
      'holdfast, in one turn',
      'ours',
      async () => (await import('../lanes/calls-holdfast.ts')).runOneInATurn,
    ),
    roundTripLane(
      'holdfast, a turn each',
      'ours',
      async () => (await import('../lanes/calls-holdfast.ts')).runOneATurn,
    ),
    roundTripLane('holdfast, by requests', 'ours', async () => (await import('../lanes/calls-holdfast.ts')).runRequest),
    roundTripLane('nact query', 'rival', async () => (await import('../lanes/calls-nact.ts')).runOne),
    roundTripLane(
      'effect Queue and Deferred, no timeout',
      'rival',
      async () => (await import('../lanes/calls-effect.ts')).runOne,
    ),
    roundTripLane(
      'effect Queue and Deferred',
      'rival',
      async () => (await import('../lanes/calls-effect.ts')).runOneTimed,
    ),
    erlang('one'),
  ],
  targets: [
    { lane: 'holdfast, from outside', against: 'Erlang gen_server:call', ratio: 1 },
    { lane: 'holdfast, in one turn', against: 'Erlang gen_server:call', ratio: 1 },
  ],
};

export const callsInFlight: Scenario = {
  name: 'calls, 1,000 in flight',
  about:
    'A thousand callers ask one actor, which adds one and replies at once; each asks again when it has its answer. Its mailbox ' +
    'holds 1,024. Each call has a timeout of 5 s, except those of the floor and where the lane says so.',
  metrics: [{ name: ROUND_TRIPS, better: 'higher', digits: 3 }],
  floor,
  lanes: [
    roundTripLane(floor, 'floor', async () => (await import('../lanes/calls-promises.ts')).runMany),
    roundTripLane(
      'holdfast, from outside',
      'ours',
      async () => (await import('../lanes/calls-holdfast.ts')).runManyFromOutside,
    ),
    roundTripLane(
      'holdfast, 1,000 actors',
      'ours',
      async () => (await import('../lanes/calls-holdfast.ts')).runManyActors,
    ),
    roundTripLane(
      'holdfast, one actor, by requests',
      'ours',
      async () => (await import('../lanes/calls-holdfast.ts')).runManyRequests,
    ),
    roundTripLane('nact query', 'rival', async () => (await import('../lanes/calls-nact.ts')).runMany),
    roundTripLane(
      'effect Queue and Deferred, no timeout',
      'rival',
      async () => (await import('../lanes/calls-effect.ts')).runMany,
    ),
    roundTripLane(
      'effect Queue and Deferred',
      'rival',
      async () => (await import('../lanes/calls-effect.ts')).runManyTimed,
    ),
    erlang('many'),
  ],
  targets: [{ lane: 'holdfast, from outside', against: 'Erlang gen_server:call', ratio: 2 }],
};
