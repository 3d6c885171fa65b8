import { batchLane } from '../batch-turns.ts';
import type { Lane, Scenario } from '../scenario.ts';
import { THROUGHPUT } from '../throughput.ts';

const floors: readonly Lane[] = [
  batchLane(
    'one await a batch',
    'floor',
    async () => (await import('../lanes/batch-turns-await-rings.ts')).runInBlocks,
  ),
  batchLane(
    'one await a batch, put one by one',
    'floor',
    async () => (await import('../lanes/batch-turns-await-rings.ts')).runOneByOne,
  ),
];

const ours: readonly Lane[] = [
  batchLane('holdfast handler', 'ours', async () => (await import('../lanes/batch-turns-holdfast-handler.ts')).run),
  batchLane('holdfast loop', 'ours', async () => (await import('../lanes/batch-turns-holdfast-loop.ts')).run),
];

const rivals: readonly Lane[] = [
  batchLane('effect Queue', 'rival', async () => (await import('../lanes/batch-turns-effect-queue.ts')).run),
  batchLane('effect Stream, arrays', 'rival', async () => (await import('../lanes/batch-turns-effect-stream.ts')).run),
  batchLane('Node streams of arrays', 'rival', async () => (await import('../lanes/batch-turns-node-streams.ts')).run),
  batchLane('rxjs bufferCount, by calls', 'rival', async () => (await import('../lanes/batch-turns-rxjs.ts')).run),
];

export const batchTurns: Scenario = {
  name: 'batch-turns',
  about:
    'Three stages joined by two channels of capacity 1,024: the source makes 64 small integers at a time, the middle takes ' +
    'up to 64 and adds one to each, the sink takes up to 64 and adds them up. In the lanes of streams a batch stays the ' +
    'array that the source has made, of which the buffers hold 16.',
  metrics: [{ name: THROUGHPUT, better: 'higher', digits: 2 }],
  floor: 'one await a batch',
  lanes: [...floors, ...ours, ...rivals],
  targets: [
    { lane: 'holdfast handler', against: 'one await a batch', ratio: 2 / 3 },
    { lane: 'holdfast handler', against: 'effect Queue', ratio: 2 },
  ],
};
