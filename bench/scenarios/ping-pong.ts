import { erlangIsMissing } from '../erlang.ts';
import { ROUND_TRIPS, roundTripLane } from '../round-trips.ts';
import type { Lane, Scenario } from '../scenario.ts';

function erlang(name: string, mode: 'processes' | 'servers'): Lane {
  return {
    name,
    kind: 'rival',
    missing: erlangIsMissing,
    measure: async (effort) => (await import('../lanes/ping-pong-erlang.ts')).measure(effort, mode),
  };
}

export const pingPong: Scenario = {
  name: 'ping-pong',
  about: 'Two actors cast one message back and forth. There is never a second one to handle in the same slice.',
  metrics: [{ name: ROUND_TRIPS, better: 'higher', digits: 2 }],
  floor: 'bare rings with parking',
  lanes: [
    roundTripLane(
      'bare rings with parking',
      'floor',
      async () => (await import('../lanes/ping-pong-parking-rings.ts')).run,
    ),
    roundTripLane(
      'holdfast, to(ref).cast',
      'ours',
      async () => (await import('../lanes/ping-pong-holdfast.ts')).runCasts,
    ),
    roundTripLane('holdfast, outputs', 'ours', async () => (await import('../lanes/ping-pong-holdfast.ts')).runOutputs),
    roundTripLane('nact', 'rival', async () => (await import('../lanes/ping-pong-nact.ts')).run),
    erlang('Erlang processes', 'processes'),
    erlang('Erlang gen_server:cast', 'servers'),
  ],
  targets: [
    { lane: 'holdfast, to(ref).cast', against: 'Erlang gen_server:cast', ratio: 1.3 },
    { lane: 'holdfast, outputs', against: 'Erlang processes', ratio: 1.3 },
  ],
};
