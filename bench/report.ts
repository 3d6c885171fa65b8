import type { Host } from './host.ts';
import { judge, type LaneResult, ratioOf, type ScenarioResult, spreadOfLane } from './lane-results.ts';
import type { Effort } from './scenario.ts';
import type { Spread } from './statistics.ts';
import { table } from './table.ts';

/** Renders the whole report as Markdown, laid out as the formatter would, so that it is stable under `format`. */
export function renderReport(host: Host, effort: Effort, results: readonly ScenarioResult[]): string {
  const facts = Object.entries(host).map(([name, value]) => [name, value]);
  return [
    '# Benchmark results',
    '',
    'Written by `npm run bench`; `bench/README.md` says how the numbers are made. Compare ratios, not machines.',
    '',
    ...table(['Run', ''], facts, 2),
    '',
    `Each lane ran ${effort.rounds} times in a process of its own, in turn with the others. Shown are the median and, ` +
      'after it, the least and the greatest. A ratio divides round by round by the lane marked ×1.',
    ...results.flatMap((result) => ['', ...renderScenario(result)]),
    '',
  ].join('\n');
}

function renderScenario(result: ScenarioResult): readonly string[] {
  const { scenario } = result;
  const header = ['Lane', 'Kind', ...scenario.metrics.flatMap((metric) => [metric.name, 'min to max', 'ratio'])];
  return [
    `## ${scenario.name}`,
    '',
    scenario.about,
    '',
    ...table(
      header,
      result.lanes.map((lane) => laneRow(result, lane)),
      2,
    ),
    ...renderTargets(result),
    ...result.lanes.flatMap(renderFailure),
  ];
}

function laneRow(result: ScenarioResult, { lane, kind }: LaneResult): readonly string[] {
  const { scenario } = result;
  const cells = scenario.metrics.flatMap((metric) => {
    const spread = spreadOfLane(result, lane.name, metric.name);
    if (spread === undefined) return [kind === 'skipped' ? 'skipped' : 'failed', '', ''];
    const range = `${spread.min.toFixed(metric.digits)} to ${spread.max.toFixed(metric.digits)}`;
    const ratio = ratioOf(result, lane.name, scenario.floor, metric.name);
    const times = lane.name === scenario.floor ? '×1' : ratio === undefined ? '' : `×${ratioText(ratio.median)}`;
    return [spread.median.toFixed(metric.digits), range, times];
  });
  return [lane.name, lane.kind, ...cells];
}

function renderTargets(result: ScenarioResult): readonly string[] {
  const { targets } = result.scenario;
  if (targets.length === 0) return [];
  const rows = targets.map((target) => {
    const { verdict, measured, metric } = judge(result, target);
    const bound = metric.better === 'higher' ? 'at least' : 'at most';
    if ('against' in target) {
      const which = target.metric === undefined ? '' : ` in ${target.metric}`;
      // Three digits: a bound such as 1 / 1.4 has no end.
      const ratio = Number(target.ratio.toPrecision(3));
      const promise = `${target.lane} ${bound} ×${ratio} ${target.against}${which}`;
      return [promise, measuredText(measured, (value) => `×${ratioText(value)}`), verdict];
    }
    const promise = `${target.lane}: ${metric.name} ${bound} ${target.bound}`;
    return [promise, measuredText(measured, (value) => value.toFixed(metric.digits)), verdict];
  });
  return ['', ...table(['Target', 'Measured', 'Verdict'], rows, 3)];
}

function measuredText(spread: Spread | undefined, text: (value: number) => string): string {
  if (spread === undefined) return '';
  return `${text(spread.median)} (${text(spread.min)} to ${text(spread.max)})`;
}

// Three significant digits up to 100, none of them lost to rounding below 0.01.
function ratioText(ratio: number): string {
  return ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(3);
}

function renderFailure(result: LaneResult): readonly string[] {
  if (result.kind === 'measured') return [];
  return ['', `${result.lane.name} ${result.kind}: ${result.reason}`];
}
