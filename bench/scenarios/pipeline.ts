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

/** Holdfast's own lanes go here: `lane('holdfast ...', 'ours', async () => (await import(...)).run)`. */
const ours: readonly Lane[] = [];

const rivals: readonly Lane[] = [
  lane('naive JS channel', 'rival', async () => (await import('../lanes/pipeline-naive-channel.ts')).run),
  lane('effect Queue', 'rival', async () => (await import('../lanes/pipeline-effect-queue.ts')).run),
  lane('effect Stream', 'rival', async () => (await import('../lanes/pipeline-effect-stream.ts')).run),
  lane('Node object streams', 'rival', async () => (await import('../lanes/pipeline-node-streams.ts')).run),
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
    'sink adds them up. One message a turn, except in effect Stream, which moves up to 64 at once by itself.',
  metrics: [{ name: THROUGHPUT, better: 'higher', digits: 2 }],
  floor: 'bare rings with parking',
  lanes: [...floors, ...ours, ...rivals],
  targets: [],
};
