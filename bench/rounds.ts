import type { LaneChildren } from './lane-children.ts';
import type { LaneResult, ScenarioResult } from './lane-results.ts';
import type { Effort, Figures, Lane, Scenario } from './scenario.ts';

interface Progress {
  readonly lane: Lane;
  readonly rounds: (Figures | undefined)[];
  failure: string | undefined;
}

/**
 * Measures the lanes of a scenario in rounds: every lane once, then every lane again.
 *
 * Noise of the machine hits all lanes alike that way. Each round starts one lane further on, so that no lane always
 * follows the same neighbour. A lane that failed is not tried again.
 */
export async function runScenario(
  scenario: Scenario,
  lanes: readonly Lane[],
  effort: Effort,
  children: LaneChildren,
): Promise<ScenarioResult> {
  const runnable: Progress[] = lanes
    .filter((lane) => lane.missing?.() === undefined)
    .map((lane) => ({ lane, rounds: [], failure: undefined }));

  for (let round = 0; round < effort.rounds; round += 1) {
    process.stderr.write(`${scenario.name}: round ${round + 1} of ${effort.rounds}\n`);
    const first = round % Math.max(1, runnable.length);
    for (const progress of [...runnable.slice(first), ...runnable.slice(0, first)]) {
      if (progress.failure !== undefined) continue;
      const answer = await children.measure({ scenario: scenario.name, lane: progress.lane.name, effort });
      if (answer.kind === 'measured') progress.rounds.push(answer.figures);
      else progress.failure = answer.reason;
    }
  }

  return { scenario, lanes: lanes.map((lane) => resultOf(lane, runnable)) };
}

function resultOf(lane: Lane, runnable: readonly Progress[]): LaneResult {
  const progress = runnable.find((candidate) => candidate.lane === lane);
  if (progress === undefined) return { kind: 'skipped', lane, reason: lane.missing?.() ?? 'cannot run here' };
  // Figures of a lane that then lost a message are worth nothing.
  if (progress.failure !== undefined) return { kind: 'failed', lane, reason: progress.failure };
  return { kind: 'measured', lane, rounds: progress.rounds };
}
