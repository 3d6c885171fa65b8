import { erlangIsMissing } from '../erlang.ts';
import { fanInLane } from '../fan-in.ts';
import type { Lane, Scenario } from '../scenario.ts';
import { THROUGHPUT } from '../throughput.ts';

const floors: readonly Lane[] = [
  fanInLane('parked rings', 'floor', async () => (await import('../lanes/fan-in-parking-rings.ts')).run),
];

const ours: readonly Lane[] = [
  fanInLane('holdfast handler', 'ours', async () => (await import('../lanes/fan-in-holdfast.ts')).run),
];

const rivals: readonly Lane[] = [
  fanInLane('effect Queue, take', 'rival', async () => (await import('../lanes/fan-in-effect-queue.ts')).runTake),
  fanInLane('effect Queue, takeAll', 'rival', async () => (await import('../lanes/fan-in-effect-queue.ts')).runTakeAll),
  fanInLane('rxjs merge', 'rival', async () => (await import('../lanes/fan-in-rxjs.ts')).run),
  fanInLane('fastq, promises', 'rival', async () => (await import('../lanes/fan-in-fastq.ts')).run),
  fanInLane('xstate with credits', 'rival', async () => (await import('../lanes/fan-in-xstate.ts')).run),
  fanInLane('nact with credits', 'rival', async () => (await import('../lanes/fan-in-nact.ts')).run),
  {
    name: 'Erlang with credits',
    kind: 'rival',
    missing: erlangIsMissing,
    measure: async (effort) => (await import('../lanes/fan-in-erlang.ts')).measure(effort),
  },
];

export const fanIn: Scenario = {
  name: 'fan-in',
  about:
    '100 producers and one consumer, joined by one channel of capacity 1,024: the producers make small integers, the ' +
    'consumer adds them up, one message a turn. With credits, each producer may have 10 messages on the way.',
  metrics: [{ name: THROUGHPUT, better: 'higher', digits: 2 }],
  floor: 'parked rings',
  lanes: [...floors, ...ours, ...rivals],
  targets: [
    { lane: 'holdfast handler', against: 'Erlang with credits', ratio: 1.2 },
    { lane: 'holdfast handler', against: 'effect Queue, takeAll', ratio: 2 },
  ],
};
