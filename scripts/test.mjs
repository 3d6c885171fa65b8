// `npm test`: every check there is. A step that fails stops no other, and the last line is `N passed, N failed`.
// Arguments go to vitest: `npm test -- src/channel`, `npm test -- -t 'in order'`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensure, root } from './ensure.mjs';

const filters = process.argv.slice(2);
const reports = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
/** vitest would colour what it writes into files and pipes as well. */
const env = process.stdout.isTTY || process.env.FORCE_COLOR ? process.env : { ...process.env, NO_COLOR: '1' };
const failures = [];
const skipped = [];
let passed = 0;
let failed = 0;

/** Runs a tool that was installed here, and says whether it succeeded. */
function tool(script, ...args) {
  const path = join(root, 'node_modules', script);
  const result = spawnSync(process.execPath, [path, ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return result.status === 0;
}

function record(name, isPassed) {
  if (isPassed) passed += 1;
  else {
    failed += 1;
    failures.push(name);
  }
}

/** A step that counts as one: it passes or it fails. */
function check(name, run) {
  const startedMs = performance.now();
  console.log(`\n── ${name}`);
  const isPassed = run();
  record(name, isPassed);
  console.log(`── ${name}: ${isPassed ? 'passed' : 'FAILED'} in ${seconds(startedMs)}`);
}

/** A vitest project: each of its tests counts, and so does a file that fails before its first test. */
function tests(project) {
  const startedMs = performance.now();
  console.log(`\n── ${project} tests`);
  const report = join(reports, `${project}.json`);
  const isGreen = tool(
    'vitest/vitest.mjs',
    'run',
    '--project',
    project,
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...filters,
  );
  const ran = readReport(report);
  passed += ran.passed;
  for (const failure of ran.failures) record(failure, false);
  if (filters.length === 0) skipped.push(...ran.skipped); // a filter leaves out what nobody asked for
  // vitest also fails for errors that belong to no test, such as an unhandled rejection.
  if (!isGreen && ran.failures.length === 0) record(`${project} tests: vitest failed outside any test`, false);
  console.log(`── ${project} tests: ${ran.passed} passed, ${ran.failures.length} failed in ${seconds(startedMs)}`);
  return ran.passed + ran.failures.length;
}

function readReport(path) {
  const result = { passed: 0, failures: [], skipped: [] };
  if (!existsSync(path)) return result;
  for (const file of JSON.parse(readFileSync(path, 'utf8')).testResults) {
    const broken = file.assertionResults.filter((test) => test.status === 'failed');
    const left = file.assertionResults.filter((test) => test.status !== 'failed' && test.status !== 'passed');
    const name = file.name.replace(`${root}/`, '');
    result.passed += file.assertionResults.filter((test) => test.status === 'passed').length;
    result.failures.push(...broken.map((test) => `${name} > ${test.fullName}`));
    result.skipped.push(...left.map((test) => `${name} > ${test.fullName}`));
    if (file.status === 'failed' && broken.length === 0) result.failures.push(name);
  }
  return result;
}

function seconds(startedMs) {
  return `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
}

check('build', () => {
  const failure = ensure();
  if (failure !== undefined) console.log(failure);
  return failure === undefined;
});
check('format', () => tool('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'));
check('lint', () => tool('eslint/bin/eslint.js', '.'));
check('types', () => {
  const everything = tool('typescript/bin/tsc', '-p', 'tsconfig.json');
  const library = tool('typescript/bin/tsc', '-p', 'tsconfig.src.json');
  return everything && library;
});
const ran = tests('unit') + tests('package');
if (ran === 0) record(`no test was run${filters.length > 0 ? ` for ${filters.join(' ')}` : ''}`, false);

rmSync(reports, { recursive: true, force: true });
if (skipped.length > 0)
  console.log(`\nSkipped, and why stands above:\n${skipped.map((name) => `  ${name}`).join('\n')}`);
if (failures.length > 0) console.log(`\nFailed:\n${failures.map((name) => `  ${name}`).join('\n')}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
