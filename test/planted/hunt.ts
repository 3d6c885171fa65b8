/** Explores one scenario with the Holdfast that is found from here, and prints what came of it: for a process of its own. */
import process from 'node:process';
import { HoldfastError } from 'holdfast';
import { explore, type RunPlan } from 'holdfast/testing';
import { type Scenario, type ScenarioName, SCENARIOS } from './scenarios.ts';

/** What a hunt has come to. */
export type Catch =
  | { readonly kind: 'nothing'; readonly runs: number }
  /** `runs`: how many it took, the one that failed included. */
  | {
      readonly kind: 'found';
      readonly runs: number;
      readonly problems: readonly string[];
      readonly plan: RunPlan;
      readonly message: string;
    };

const [name, budget] = process.argv.slice(2) as [ScenarioName, string];
process.stdout.write(JSON.stringify(await hunt(SCENARIOS[name], Number(budget))));

async function hunt({ build, options }: Scenario, runs: number): Promise<Catch> {
  try {
    const { coverage } = await explore(build, { ...options, seeds: runs, budgetMs: Infinity });
    return { kind: 'nothing', runs: coverage.runs };
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'ERR_EXPLORATION_FAILED') throw error;
    const { plan, problems } = error.details as { readonly plan: RunPlan; readonly problems: readonly string[] };
    // The seeds begin at 1, one for each run, so the seed says how many it took.
    return { kind: 'found', runs: plan.seed, problems, plan, message: error.message };
  }
}
