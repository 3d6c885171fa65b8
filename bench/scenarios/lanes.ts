import type { Lane, LaneKind, Scenario } from '../scenario.ts';
import { type MessageRun, messageLane, THROUGHPUT } from '../throughput.ts';

function lane(name: string, kind: LaneKind, load: () => Promise<MessageRun>): Lane {
  return messageLane({ name, kind, hops: 1, load });
}

const rings = async (lanes: number): Promise<MessageRun> =>
  (await import('../lanes/lanes-parking-rings.ts')).runLanes(lanes);
const holdfast = async (lanes: number): Promise<MessageRun> =>
  (await import('../lanes/lanes-holdfast.ts')).runLanes(lanes);

export const keyedLanes: Scenario = {
  name: 'keyed-lanes',
  about:
    'A source sends small integers by key into the lanes of a bundle, an actor for each lane adds one, and one actor ' +
    'merges the lanes and adds up: channels of capacity 64, one message a turn, 1,024 keys, one thread. More lanes are ' +
    'more actors for the same work, and so fewer messages for each slice of theirs.',
  metrics: [{ name: THROUGHPUT, better: 'higher', digits: 2 }],
  floor: 'parked rings, 1 lane',
  lanes: [
    lane('parked rings, 1 lane', 'floor', () => rings(1)),
    lane('parked rings, 8 lanes', 'floor', () => rings(8)),
    lane('holdfast, 1 lane', 'ours', () => holdfast(1)),
    lane('holdfast, 8 lanes', 'ours', () => holdfast(8)),
    lane('holdfast, 64 lanes', 'ours', () => holdfast(64)),
  ],
  targets: [{ lane: 'holdfast, 8 lanes', against: 'holdfast, 1 lane', ratio: 0.9 }],
};
