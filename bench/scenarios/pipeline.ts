import { erlangIsMissing } from '../erlang.ts';
import type { Lane, LaneKind, Scenario } from '../scenario.ts';
import { type MessageRun, messageLane, THROUGHPUT } from '../throughput.ts';

// The middle stage adds one to each message: a sum that is right shows that it ran for every one.
const HOPS = 1;

function lane(name: string, kind: LaneKind, load: () => Promise<MessageRun>): Lane {
  return messageLane({ name, kind, hops: HOPS, load });
}

const floors: readonly Lane[] = [
  lane('bare rings', 'floor', async () => (await import('../lanes/pipeline-bare-rings.ts')).run),
  lane('bare rings with parking', 'floor', async () => (await import('../lanes/pipeline-parking-rings.ts')).run),
  lane('one await a message', 'floor', async () => (await import('../lanes/pipeline-await-rings.ts')).run),
];

const ours: readonly Lane[] = [
  lane('holdfast handler', 'ours', async () => (await import('../lanes/pipeline-holdfast-handler.ts')).run),
  lane('holdfast loop, next', 'ours', async () => (await import('../lanes/pipeline-holdfast-next.ts')).run),
  lane('holdfast loop, tryNext', 'ours', async () => (await import('../lanes/pipeline-holdfast-try-next.ts')).run),
  lane(
    'holdfast loop, several a turn',
    'ours',
    async () => (await import('../lanes/pipeline-holdfast-several.ts')).run,
  ),
];

const rivals: readonly Lane[] = [
  lane('naive JS channel', 'rival', async () => (await import('../lanes/pipeline-naive-channel.ts')).run),
  lane('effect Queue', 'rival', async () => (await import('../lanes/pipeline-effect-queue.ts')).run),
  lane('effect Stream', 'rival', async () => (await import('../lanes/pipeline-effect-stream.ts')).run),
  lane('Node object streams', 'rival', async () => (await import('../lanes/pipeline-node-streams.ts')).run),
  lane('rxjs, by calls', 'rival', async () => (await import('../lanes/pipeline-rxjs.ts')).runCalls),
  lane('rxjs, scheduled, with credits', 'rival', async () => (await import('../lanes/pipeline-rxjs.ts')).runScheduled),
  lane('fastq, promises', 'rival', async () => (await import('../lanes/pipeline-fastq.ts')).run),
  lane('xstate with credits', 'rival', async () => (await import('../lanes/pipeline-xstate.ts')).run),
  lane('nact with credits', 'rival', async () => (await import('../lanes/pipeline-nact.ts')).run),
  {
    name: 'Erlang with credits',
    kind: 'rival',
    missing: erlangIsMissing,
    measure: async (effort) => (await import('../lanes/pipeline-erlang.ts')).measure(effort, HOPS),
  },
];

export const pipeline: Scenario = {
  name: 'pipeline',
  about:
    'Three stages joined by two channels of capacity 64: the source makes small integers, the middle adds one, the ' +
    'sink adds them up. One message a turn, except where the lane says several, and in effect Stream, which moves up to ' +
    '64 at once by itself.',
  metrics: [{ name: THROUGHPUT, better: 'higher', digits: 2 }],
  floor: 'bare rings with parking',
  lanes: [...floors, ...ours, ...rivals],
  targets: [
    { lane: 'holdfast handler', against: 'bare rings with parking', ratio: 0.25 },
    { lane: 'holdfast handler', against: 'Erlang with credits', ratio: 1.5 },
    { lane: 'holdfast handler', against: 'Node object streams', ratio: 1.3 },
    { lane: 'holdfast handler', against: 'effect Queue', ratio: 15 },
    { lane: 'holdfast loop, next', against: 'one await a message', ratio: 0.45 },
    { lane: 'holdfast loop, tryNext', against: 'one await a message', ratio: 1.5 },
    { lane: 'holdfast loop, several a turn', against: 'one await a message', ratio: 2 },
  ],
};
