import type { Figures, Lane, Metric, Scenario, Target } from './scenario.ts';
import { type Spread, spreadOf, spreadOfRatios } from './statistics.ts';

/** What became of one lane: its figures by round (`undefined` where the child failed), or why it did not run. */
export type LaneResult =
  | { readonly kind: 'measured'; readonly lane: Lane; readonly rounds: readonly (Figures | undefined)[] }
  | { readonly kind: 'skipped'; readonly lane: Lane; readonly reason: string }
  | { readonly kind: 'failed'; readonly lane: Lane; readonly reason: string };

export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly lanes: readonly LaneResult[];
}

export type Verdict = 'met' | 'not met' | 'not run';

/** One metric of one lane in every round; empty when the lane was not measured. */
export function valuesOf(result: ScenarioResult, lane: string, metric: string): readonly (number | undefined)[] {
  const found = result.lanes.find((candidate) => candidate.lane.name === lane);
  return found?.kind === 'measured' ? found.rounds.map((figures) => figures?.[metric]) : [];
}

export function spreadOfLane(result: ScenarioResult, lane: string, metric: string): Spread | undefined {
  const values = valuesOf(result, lane, metric).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : spreadOf(values);
}

export function ratioOf(result: ScenarioResult, lane: string, against: string, metric: string): Spread | undefined {
  return spreadOfRatios(valuesOf(result, lane, metric), valuesOf(result, against, metric));
}

export interface Judgement {
  readonly verdict: Verdict;
  /** What was measured: ratios, or values in the unit of the metric. */
  readonly measured: Spread | undefined;
  readonly metric: Metric;
}

/** Judges a target by the median of its ratio or value. */
export function judge(result: ScenarioResult, target: Target): Judgement {
  const { metrics } = result.scenario;
  const metric = metrics.find((candidate) => candidate.name === target.metric) ?? metrics[0];
  const isRatio = 'against' in target;
  const bound = isRatio ? target.ratio : target.bound;
  const measured = isRatio
    ? ratioOf(result, target.lane, target.against, metric.name)
    : spreadOfLane(result, target.lane, metric.name);
  if (measured === undefined) return { verdict: 'not run', measured, metric };
  const isMet = metric.better === 'higher' ? measured.median >= bound : measured.median <= bound;
  return { verdict: isMet ? 'met' : 'not met', measured, metric };
}
