/** Bundles under random faults; see support.ts for longer runs. */
import { expect, test } from 'vitest';
import { type LanesPlan, LanesRun, MERGES, planOf, ROUTES, WORKERS } from './lanes.ts';
import { EFFORT, FIRST_SEED, times } from './support.ts';

const timeoutMs = 120_000 * Math.max(1, EFFORT);

async function problemsOf(plan: LanesPlan): Promise<{ problems: string[]; faults: number }> {
  const run = new LanesRun(plan);
  return { problems: await run.run(), faults: run.faultsMade };
}

test(
  'lanes lose, double and reorder nothing, whatever fails: order is kept per lane and per key',
  async () => {
    const failures: string[] = [];
    const covered = new Set<string>();
    let faults = 0;
    const runs = times(600);
    for (let index = 0; index < runs; index += 1) {
      const plan = planOf(FIRST_SEED * 1_000_003 + index);
      const outcome = await problemsOf(plan);
      faults += outcome.faults;
      covered.add(plan.route).add(plan.workers).add(plan.merge);
      if (outcome.problems.length > 0) {
        failures.push(`${JSON.stringify(plan)}: ${outcome.problems.slice(0, 5).join('; ')}`);
      }
    }
    console.log(`lanes: ${runs} runs, ${faults} faults`);
    expect(failures).toEqual([]);
    expect(faults).toBeGreaterThan(2 * runs);
    expect([...covered].sort()).toEqual([...new Set([...ROUTES, ...WORKERS, ...MERGES])].sort());
  },
  timeoutMs,
);
