import type { Lane, LaneKind, Scenario } from '../scenario.ts';
import { messageLane, THROUGHPUT } from '../throughput.ts';

const FEW = 1_024;
const MANY = 1_000_000;

type Kind = 'map' | 'table' | 'manyATurn';

function lane(name: string, kind: LaneKind, sums: Kind, entries: number, keys: 'hot' | 'random'): Lane {
  const load = async () => (await import('../lanes/table-holdfast.ts')).sumsRun(sums, entries, keys);
  return messageLane({ name, kind, hops: 0, load });
}

export const tables: Scenario = {
  name: 'table',
  about:
    'A source and one actor joined by a channel of capacity 64. The actor adds each integer that it takes to one of many ' +
    'sums by its key, one a turn unless the lane says otherwise. The same 1,024 keys are used again and again, or all of ' +
    'them at random. A Map is beside the state, where nothing rolls it back. All lanes are actors of Holdfast.',
  metrics: [{ name: THROUGHPUT, better: 'higher', digits: 2 }],
  floor: 'Map of 1,000 entries',
  lanes: [
    lane('Map of 1,000 entries', 'floor', 'map', FEW, 'hot'),
    lane('Map of 1,000,000 entries', 'floor', 'map', MANY, 'hot'),
    lane('Map of 1,000,000 entries, random keys', 'floor', 'map', MANY, 'random'),
    lane('table of 1,000 entries', 'ours', 'table', FEW, 'hot'),
    lane('table of 1,000,000 entries', 'ours', 'table', MANY, 'hot'),
    lane('table of 1,000,000 entries, random keys', 'ours', 'table', MANY, 'random'),
    lane('table of 1,000 entries, 64 a turn', 'ours', 'manyATurn', FEW, 'hot'),
    lane('table of 1,000,000 entries, 64 a turn', 'ours', 'manyATurn', MANY, 'hot'),
  ],
  targets: [
    // A turn costs what it changes, at most 1.3 times as much with a thousand times the entries.
    { lane: 'table of 1,000,000 entries', against: 'table of 1,000 entries', ratio: 1 / 1.3 },
    { lane: 'table of 1,000,000 entries, 64 a turn', against: 'table of 1,000 entries, 64 a turn', ratio: 1 / 1.3 },
    // A turn that changes k entries costs O(k): an entry costs hardly more among 64 than alone.
    { lane: 'table of 1,000,000 entries, 64 a turn', against: 'table of 1,000,000 entries', ratio: 1 / 1.3 },
  ],
};
