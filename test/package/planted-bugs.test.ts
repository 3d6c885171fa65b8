/**
 * Ten mistakes are put into copies of the built library, one into each, and `explore` finds every one of them, as the docs say.
 *
 * Where the order of a run has changed, another run may find it: `HOLDFAST_UPDATE=1` brings the table in the docs up to date.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quoted, readProjectFile, rows, section } from '../docs/tables.ts';
import { copyLibrary, copyModules, plant } from '../planted/copies.ts';
import type { Catch } from '../planted/hunt.ts';
import { type Mutation, MUTATIONS } from '../planted/mutations.ts';
import { type ScenarioName, SCENARIOS } from '../planted/scenarios.ts';

type Found = Catch & { readonly kind: 'found' };

/** Characters of what it says that the docs have. */
const SAYS_MAX = 160;
/** A hunt takes a second or two; what never ends is not found either. */
const HUNT_TIMEOUT_MS = 120_000;

const DOCS = fileURLToPath(new URL('../../docs/planted-bugs.md', import.meta.url));
const updates = process.env['HOLDFAST_UPDATE'] === '1';

const work = mkdtempSync(join(tmpdir(), 'holdfast-planted-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** A copy of the library, and the scenarios beside it. */
function makeCopy(name: string): string {
  const folder = join(work, name.replaceAll(' ', '-'));
  mkdirSync(folder);
  copyLibrary(folder);
  copyModules('test/planted', join(folder, 'planted'));
  return folder;
}

function hunt(folder: string, scenario: ScenarioName, budget: number): Promise<Catch> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(folder, 'planted', 'hunt.js'), scenario, String(budget)], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: HUNT_TIMEOUT_MS,
    });
    let [out, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', (status, signal) => {
      if (status === 0) resolve(JSON.parse(out) as Catch);
      else reject(new Error(`the hunt in "${scenario}" ended with ${signal ?? status}: ${errors}`));
    });
  });
}

describe('without a mistake', () => {
  let folder: string;
  beforeAll(() => {
    folder = makeCopy('sound');
  });

  test.each(Object.keys(SCENARIOS) as ScenarioName[])(
    '%s stands all runs',
    { timeout: HUNT_TIMEOUT_MS },
    async (name) => {
      const budgets = MUTATIONS.filter(({ scenario }) => scenario === name).map(({ budget }) => budget);
      const runs = Math.max(...budgets);
      expect(await hunt(folder, name, runs)).toEqual({ kind: 'nothing', runs });
    },
  );
});

describe('with a mistake', () => {
  const text = readProjectFile('docs/planted-bugs.md');
  const table = rows(section(text, 'The ten'));
  const found = new Map<string, string[]>();

  test.each(MUTATIONS)('$name is found', { timeout: HUNT_TIMEOUT_MS }, async (mutation) => {
    const { name, scenario, budget } = mutation;
    const folder = makeCopy(name);
    plant(mutation, folder);
    const caught = await hunt(folder, scenario, budget);
    if (caught.kind !== 'found') expect.fail(`${name} is not found within ${budget} runs`);
    console.log(`${name}, run ${caught.runs}:\n${caught.message}`);
    found.set(name, rowOf(mutation, caught));
    if (!updates) expect(table.find(([first]) => first === name)).toEqual(found.get(name));
  });

  test('is in the docs, each of them and nothing else', async () => {
    if (updates) await update(text, [...found.values()]);
    else expect(table.map(([name]) => name)).toEqual(MUTATIONS.map(({ name }) => name));
    const programs = rows(section(text, 'The programs')).map(([name]) => quoted(name)[0]);
    expect(programs).toEqual(Object.keys(SCENARIOS));
  });
});

/** As it has to be in the docs. */
function rowOf({ name, means, scenario, budget }: Mutation, { runs, plan, problems }: Found): string[] {
  const faults = (plan.faults ?? []).map(({ kind }) => kind).join(', ');
  const problem = (problems[0] ?? '').replaceAll('|', '\\|');
  const says = problem.length > SAYS_MAX ? `${problem.slice(0, SAYS_MAX)}...` : problem;
  return [name, means, `\`${scenario}\``, String(budget), String(runs), faults === '' ? 'none' : faults, says];
}

/** Writes the table anew. */
async function update(text: string, found: readonly string[][]): Promise<void> {
  const [before = '', after = ''] = text.split(/^\|(?: *:?-+:? *\|){7}\n(?:\|.*\n)*/m);
  const lines = ['| --- | --- | --- | --: | --: | --- | --- |', ...found.map((cells) => `| ${cells.join(' | ')} |`)];
  const options = (await resolveConfig(DOCS)) ?? {};
  writeFileSync(DOCS, await format(`${before}${lines.join('\n')}\n${after}`, { ...options, filepath: DOCS }));
}

test('a mutation that no longer applies says so', () => {
  const folder = makeCopy('none');
  const gone = { ...(MUTATIONS[0] as Mutation), find: 'what is not there' };
  expect(() => plant(gone, folder)).toThrow(
    'the mutation "publish before state" no longer applies: its text is 0 times in dist/src/actor/commit.js',
  );
});
