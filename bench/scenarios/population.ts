import { erlangIsMissing } from '../erlang.ts';
import { type MakeCrowd, measurePopulation } from '../population.ts';
import type { Lane, LaneKind, Scenario } from '../scenario.ts';
import { THROUGHPUT } from '../throughput.ts';

function lane(name: string, kind: LaneKind, actors: number, load: () => Promise<MakeCrowd>, woken = false): Lane {
  return { name, kind, measure: async (effort) => measurePopulation(await load(), actors, effort, woken) };
}

const plain = async () => (await import('../lanes/population-plain-objects.ts')).make;
const holdfast = async () => (await import('../lanes/population-holdfast.ts')).make;

const floors: readonly Lane[] = [
  lane('plain objects, 10', 'floor', 10, plain),
  lane('plain objects, 1,000,000', 'floor', 1_000_000, plain),
];

const ours: readonly Lane[] = [
  lane('holdfast, 10', 'ours', 10, holdfast),
  lane('holdfast, 1,000', 'ours', 1_000, holdfast),
  lane('holdfast, 100,000', 'ours', 100_000, holdfast),
  lane('holdfast, 1,000,000', 'ours', 1_000_000, holdfast),
  lane('holdfast, 1,000,000, woken before', 'ours', 1_000_000, holdfast, true),
];

const rivals: readonly Lane[] = [10, 1_000_000].map((actors) => ({
  name: `Erlang, ${actors.toLocaleString('en')}`,
  kind: 'rival',
  missing: erlangIsMissing,
  measure: async (effort) => (await import('../lanes/population-erlang.ts')).measure(effort, actors),
}));

export const population: Scenario = {
  name: 'population',
  about:
    '2,000,000 messages, sent from outside to one actor after the other, at most 640 on the way: 200,000 to each of 10 actors, ' +
    'two to each of 1,000,000. Making the actors is not measured; waking them with the first message is, unless the lane says ' +
    'that they were woken before.',
  metrics: [{ name: THROUGHPUT, better: 'higher', digits: 2 }],
  floor: 'holdfast, 10',
  lanes: [...floors, ...ours, ...rivals],
  targets: [
    { lane: 'holdfast, 1,000,000', against: 'holdfast, 10', ratio: 0.5 },
    { lane: 'holdfast, 1,000,000, woken before', against: 'holdfast, 10', ratio: 0.5 },
  ],
};
