import type { Host } from './host.ts';
import { judge, type LaneResult, ratioOf, type ScenarioResult, spreadOfLane } from './lane-results.ts';
import type { Effort } from './scenario.ts';
import type { Spread } from './statistics.ts';

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
    const { verdict, ratio, better } = judge(result, target);
    const bound = better === 'higher' ? 'at least' : 'at most';
    const metric = target.metric === undefined ? '' : ` in ${target.metric}`;
    return [`${target.lane} ${bound} ×${target.ratio} ${target.against}${metric}`, measuredRatio(ratio), verdict];
  });
  return ['', ...table(['Target', 'Measured', 'Verdict'], rows, 3)];
}

function measuredRatio(ratio: Spread | undefined): string {
  if (ratio === undefined) return '';
  return `×${ratioText(ratio.median)} (${ratioText(ratio.min)} to ${ratioText(ratio.max)})`;
}

// Three significant digits up to 100, none of them lost to rounding below 0.01.
function ratioText(ratio: number): string {
  return ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(3);
}

function renderFailure(result: LaneResult): readonly string[] {
  if (result.kind === 'measured') return [];
  return ['', `${result.lane.name} ${result.kind}: ${result.reason}`];
}

/** Aligns the first `leftColumns` columns to the left and the others, which are numbers, to the right. */
function table(header: readonly string[], rows: readonly (readonly string[])[], leftColumns: number): string[] {
  const widths = header.map((heading, column) =>
    Math.max(3, heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const padded = (row: readonly string[]) =>
    widths.map((width, column) => {
      const cell = row[column] ?? '';
      return column < leftColumns ? cell.padEnd(width) : cell.padStart(width);
    });
  const rule = widths.map((width, column) => (column < leftColumns ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(padded(header)), line(rule), ...rows.map((row) => line(padded(row)))];
}
