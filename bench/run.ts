import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Profiler } from 'node:inspector';
import { parseArgs } from 'node:util';
import { build } from './build.ts';
import { messageOf } from './child-protocol.ts';
import { renderSelfTimes } from './cpu-profile.ts';
import { describeHost, loadText } from './host.ts';
import { LaneChildren } from './lane-children.ts';
import type { ScenarioResult } from './lane-results.ts';
import { COMPILED_DIRECTORY, PROJECT_DIRECTORY } from './paths.ts';
import { renderReport } from './report.ts';
import { runScenario } from './rounds.ts';
import { checkScenario, type Effort, type Figures, type Lane, type Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

const USAGE = `Usage: npm run bench -- [options] [scenario...]

  scenario       part of a name; without any, all scenarios run
  --lane TEXT    only lanes with TEXT in their name, and each scenario's floor
  --profile      run the one lane of --lane once, and say where its time went
  --quick        fewer, shorter rounds: some minutes, for a first look
  --write        write bench/RESULTS.md even if the run is quick or not of everything
  --list         list scenarios and lanes, and run none
  --help         this text`;

const FULL: Effort = { warmUpMs: 400, measureMs: 500, scale: 1, rounds: 9 };
const QUICK: Effort = { warmUpMs: 150, measureMs: 150, scale: 0.2, rounds: 3 };

/** Long enough that the warm-up, which is in the profile, does not count. */
const PROFILE: Effort = { warmUpMs: 400, measureMs: 3_000, scale: 1, rounds: 1 };

const RESULTS = join(PROJECT_DIRECTORY, 'bench', 'RESULTS.md');

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      lane: { type: 'string' },
      profile: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(USAGE);

  SCENARIOS.forEach(checkScenario);
  const scenarios = SCENARIOS.filter(
    ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  );
  if (scenarios.length === 0) throw new Error(`no scenario is named like ${positionals.join(', ')}; --list shows all`);
  if (values.list) return list(scenarios);

  if (values.profile) return profile(scenarios, values.lane);

  const effort = values.quick ? QUICK : FULL;
  const report = await measureAll(scenarios, values.lane, effort);
  console.log(`\n${report}`);

  // A partial report in place of the whole one would be a loss that nobody notices.
  const isComplete = !values.quick && values.lane === undefined && positionals.length === 0;
  if (isComplete || values.write) await writeFile(RESULTS, report);
}

/** Compiles what the children run, and makes sure that none of them outlives this process. */
async function startChildren(): Promise<LaneChildren> {
  const children = new LaneChildren(await build());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      children.endAll();
      process.exit(130);
    });
  }
  return children;
}

async function profile(scenarios: readonly Scenario[], only: string | undefined): Promise<void> {
  const named = scenarios.flatMap((scenario) =>
    scenario.lanes
      .filter(({ name }) => only !== undefined && name.includes(only))
      .map((lane) => ({ scenario: scenario.name, lane: lane.name })),
  );
  const [chosen] = named;
  if (chosen === undefined || named.length > 1) {
    const lanes = named.map(({ scenario, lane }) => `${scenario}: ${lane}`).join('; ');
    throw new Error(`--profile needs a scenario and a --lane that name one lane, and they name ${lanes || 'none'}`);
  }

  const profileTo = join(COMPILED_DIRECTORY, 'lane.cpuprofile');
  const answer = await (await startChildren()).measure({ ...chosen, effort: PROFILE, profileTo });
  if (answer.kind === 'failed') throw new Error(`${chosen.lane} failed: ${answer.reason}`);
  // Safe: the child has written it just now.
  const written = JSON.parse(await readFile(profileTo, 'utf8')) as Profiler.Profile;
  console.log(`${chosen.scenario}, ${chosen.lane}: ${figuresText(answer.figures)}, profiler included\n`);
  console.log(renderSelfTimes(written, COMPILED_DIRECTORY));
  console.log(`\nThe whole profile, for the browser's developer tools: ${profileTo}`);
}

function figuresText(figures: Figures): string {
  return Object.entries(figures)
    .map(([metric, value]) => `${value.toPrecision(3)} ${metric}`)
    .join(', ');
}

async function measureAll(scenarios: readonly Scenario[], only: string | undefined, effort: Effort): Promise<string> {
  const host = await describeHost();
  const children = await startChildren();
  const results: ScenarioResult[] = [];
  for (const scenario of scenarios) {
    results.push(await runScenario(scenario, chosenLanes(scenario, only), effort, children));
  }
  if (results.some((result) => result.lanes.some(({ kind }) => kind === 'failed'))) process.exitCode = 1;
  return renderReport({ ...host, 'Load at end': loadText() }, effort, results);
}

function chosenLanes(scenario: Scenario, only: string | undefined): readonly Lane[] {
  if (only === undefined) return scenario.lanes;
  return scenario.lanes.filter(({ name }) => name === scenario.floor || name.includes(only));
}

function list(scenarios: readonly Scenario[]): void {
  for (const { name, lanes } of scenarios) {
    console.log(name);
    for (const lane of lanes) {
      const reason = lane.missing?.();
      console.log(`  ${lane.kind.padEnd(5)}  ${lane.name}${reason === undefined ? '' : ` (skipped: ${reason})`}`);
    }
  }
}

await main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exitCode = 1;
});
