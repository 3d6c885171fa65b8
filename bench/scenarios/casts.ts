import { erlangIsMissing } from '../erlang.ts';
import { fanInLane, PRODUCERS } from '../fan-in.ts';
import type { Lane, Scenario } from '../scenario.ts';
import { THROUGHPUT } from '../throughput.ts';

function erlang(name: string, senders: number): Lane {
  return {
    name,
    kind: 'rival',
    missing: erlangIsMissing,
    measure: async (effort) => (await import('../lanes/casts-erlang.ts')).measure(effort, senders),
  };
}

export const casts: Scenario = {
  name: 'casts',
  about:
    'Small integers are cast to one actor, which adds them up, by one sender unless the lane says otherwise. Its mailbox holds ' +
    '1,024. One message a turn.',
  metrics: [{ name: THROUGHPUT, better: 'higher', digits: 2 }],
  floor: 'bare rings with parking',
  lanes: [
    fanInLane('bare rings with parking', 'floor', async () => (await import('../lanes/casts-parking-rings.ts')).run),
    fanInLane('holdfast, to(ref).cast', 'ours', async () => (await import('../lanes/casts-holdfast.ts')).runCasts),
    fanInLane(
      'holdfast, to(ref).cast, 100 senders',
      'ours',
      async () => (await import('../lanes/casts-holdfast.ts')).runManyCasts,
    ),
    fanInLane('holdfast, output', 'ours', async () => (await import('../lanes/casts-holdfast.ts')).runOutput),
    fanInLane(
      'holdfast, from outside, cast',
      'ours',
      async () => (await import('../lanes/casts-holdfast.ts')).runFromOutside,
    ),
    fanInLane(
      'holdfast, from outside, tryCast',
      'ours',
      async () => (await import('../lanes/casts-holdfast.ts')).runTryFromOutside,
    ),
    fanInLane('fastq, from outside', 'rival', async () => (await import('../lanes/casts-fastq.ts')).run),
    fanInLane('nact with credits', 'rival', async () => (await import('../lanes/casts-nact.ts')).runOne),
    fanInLane('nact with credits, 100 senders', 'rival', async () => (await import('../lanes/casts-nact.ts')).runMany),
    erlang('Erlang gen_server:cast', 1),
    erlang('Erlang gen_server:cast, 100 senders', PRODUCERS),
  ],
  targets: [],
};
