/** What users install: the packed tarball, checked from outside in an empty folder. */
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name: string; version: string };
const isWindows = process.platform === 'win32';

/** Runs a command in `cwd` and returns what it printed. npm's own settings for this run must not leak into it. */
function run(command: string, args: readonly string[], cwd: string): string {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(?!config_registry)/i.test(name)),
  );
  const result = spawnSync(command, args, { cwd, env, encoding: 'utf8', shell: isWindows });
  expect(result.status, `${command} ${args.join(' ')}\n${result.stdout}${result.stderr}`).toBe(0);
  return result.stdout;
}

/** What a test of a user's looks like, with vitest. */
const halverTest = `
  import { defineActor, input, output } from 'holdfast';
  import { testActor } from 'holdfast/testing';
  import 'holdfast/testing/vitest';
  import { expect, test } from 'vitest';

  const halver = defineActor({
    inputs: { numbers: input<number>() },
    outputs: { halves: output<number>() },
    on: {
      numbers(value, { outputs, reject }) {
        if (value % 2 === 1) reject('odd');
        else outputs.halves.send(value / 2);
      },
    },
  });

  test('halves', async () => {
    await using actor = testActor(halver);
    actor.send('numbers', 4, 3);
    await actor.idle();
    expect(actor).toHaveSent('halves', [2]);
    expect(actor).toHaveTaken('numbers', 1);
    expect(actor).toHaveDeadLetter({ payload: 3, reason: 'rejected' });
    expect(actor).toBeConserved();
    // @ts-expect-error: halves are numbers
    expect(actor).not.toHaveSent('halves', ['2']);
    // @ts-expect-error: there is no such output
    expect(() => expect(actor).toHaveSent('quarters', 1)).toThrow('one of "halves"');
  });
`;

/** And with Node's own runner, in plain JavaScript. */
const halverNodeTest = `
  import assert from 'node:assert/strict';
  import { test } from 'node:test';
  import { defineActor, Graph, input, output } from 'holdfast';
  import { explore, stage, testActor } from 'holdfast/testing';

  const halver = defineActor({
    inputs: { numbers: input() },
    outputs: { halves: output() },
    on: { numbers: (value, { outputs }) => outputs.halves.send(value / 2) },
  });

  function build({ ports, log }) {
    const graph = new Graph({ name: 'halves', ports, log });
    const numbers = graph.channel('numbers', { capacity: 2 });
    const halves = graph.channel('halves', { capacity: 2 });
    graph.feed('source', [2, 4, 6], numbers);
    graph.actor('halver', halver, { numbers, halves });
    graph.sink('target', halves, () => undefined);
    return graph;
  }

  test('one actor', async () => {
    const actor = testActor(halver);
    actor.send('numbers', 4);
    actor.crashAt('send');
    await actor.turns(2);
    assert.deepEqual(actor.sent('halves'), [2]);
    await actor.stop();
  });

  test('a graph on stage', async () => {
    const play = stage(build, { replace: ['source', 'target'] });
    await play.send('source', 30);
    await play.expect('target', 15);
    await assert.rejects(play.expect('target', 16, { withinMs: 10 }), { code: 'ERR_TEST_EXPECTATION' });
    await play.stop();
  });

  test('an exploration', async () => {
    const { complete } = await explore(build, { seeds: 5 });
    assert.ok(complete);
  });
`;

describe('the packed package', () => {
  const work = mkdtempSync(join(tmpdir(), 'holdfast-tarball-'));
  const consumer = join(work, 'consumer');
  const tarball = join(work, `${manifest.name}-${manifest.version}.tgz`);
  let packed: readonly string[] = [];

  /** A package of the checkout's, as if the project had installed it. */
  function linkFromRoot(name: string): void {
    const link = join(consumer, 'node_modules', name);
    if (!existsSync(link)) symlinkSync(join(root, 'node_modules', name), link, isWindows ? 'junction' : 'dir');
  }

  beforeAll(() => {
    const report = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', work], root);
    const [entry] = JSON.parse(report) as { files: { path: string }[] }[];
    packed = entry?.files.map(({ path }) => path) ?? [];
    mkdirSync(consumer);
    writeFileSync(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball], consumer);
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  test('holds the library, its papers and no test', () => {
    for (const path of [
      'dist/src/index.js',
      'dist/src/index.d.ts',
      'dist/src/testing/index.js',
      'dist/src/testing/vitest/index.js',
      'dist/src/cli/main.js',
    ]) {
      expect(packed).toContain(path);
    }
    expect(packed).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md']));
    expect(
      packed.filter((path) => !/^(dist\/(src|examples)\/|docs\/|bench\/[A-Z]+\.md$|[A-Za-z.]+$)/.test(path)),
    ).toEqual([]);
    expect(packed.filter((path) => /\.test\.|bench\/.*\.[jt]s|scripts\/|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  test('passes publint', async () => {
    const data = readFileSync(tarball);
    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(data).buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test('has types that agree with the code, for Node and for bundlers', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
    if (analysis.types === false) throw new Error('the package has no types');
    // CommonJS and resolution as before `exports` are not supported, and say so by failing.
    const isSupported = (kind: string): boolean => kind === 'node16-esm' || kind === 'bundler';
    const problems = analysis.problems.filter(
      (problem) => !('resolutionKind' in problem) || isSupported(problem.resolutionKind),
    );
    expect(problems.filter(({ kind }) => kind !== 'CJSResolvesToESM')).toEqual([]);
    const entrypoints = Object.keys(analysis.entrypoints);
    expect(entrypoints).toEqual(expect.arrayContaining(['.', './testing', './testing/vitest']));
  });

  test('can be imported, with its names in place', () => {
    const script = `
      import * as main from 'holdfast';
      import * as testing from 'holdfast/testing';
      import manifest from 'holdfast/package.json' with { type: 'json' };
      console.log(JSON.stringify({ main: Object.keys(main), testing: Object.keys(testing), version: manifest.version }));
    `;
    writeFileSync(join(consumer, 'names.mjs'), script);
    const names = JSON.parse(run(process.execPath, ['--no-warnings', 'names.mjs'], consumer)) as Record<
      string,
      unknown
    >;
    expect(names['main']).toEqual(expect.arrayContaining(['Graph', 'defineActor', 'input', 'output', 'HoldfastError']));
    expect(names['testing']).not.toEqual([]);
    expect(names['main']).not.toContain('default');
    expect(names['version']).toBe(manifest.version);
  });

  test('hides its inside', () => {
    writeFileSync(join(consumer, 'deep.mjs'), "import 'holdfast/dist/src/index.js';");
    const result = spawnSync(process.execPath, ['deep.mjs'], { cwd: consumer, encoding: 'utf8' });
    expect(result.stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  test('type-checks in a strict project that looks into the libraries too', () => {
    // Node's types come with a user's project, not with the package; these are the ones the library was built with.
    for (const name of ['@types/node', 'undici-types']) {
      cpSync(join(root, 'node_modules', name), join(consumer, 'node_modules', name), { recursive: true });
    }
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      skipLibCheck: false,
      target: 'ES2023',
      lib: ['ES2023', 'ESNext.Disposable'],
      module: 'NodeNext',
      types: ['node'],
    };
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['consumer.ts'] }));
    writeFileSync(
      join(consumer, 'consumer.ts'),
      `import { Graph, HoldfastError, defineActor, input, output } from 'holdfast';
       import * as testing from 'holdfast/testing';

       const doubler = defineActor({
         inputs: { numbers: input<number>() },
         outputs: { doubles: output<number>() },
         on: {
           numbers(value, { outputs }) {
             const exact: number = value;
             outputs.doubles.send(exact * 2);
             // @ts-expect-error: the channel carries numbers
             outputs.doubles.send('two');
           },
         },
       });

       const graph = new Graph({ name: 'consumer' });
       const numbers = graph.channel<number>('numbers', { capacity: 4 });
       const doubles = graph.channel<number>('doubles', { capacity: 4 });
       graph.actor('doubler', doubler, { numbers, doubles });
       export const run = (): Promise<unknown> => Promise.resolve(graph.run());
       export const isOurs = (error: unknown): boolean => error instanceof HoldfastError;
       export const kit: object = testing;
      `,
    );
    run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'], consumer);
  });

  test('has matchers that type-check in a strict project with vitest', () => {
    // The declarations of vitest do not stand a strict look, so that only the project's own are checked.
    linkFromRoot('vitest');
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: true,
      target: 'ES2023',
      lib: ['ES2023', 'ESNext.Disposable'],
      module: 'NodeNext',
      types: ['node'],
    };
    writeFileSync(
      join(consumer, 'tsconfig.vitest.json'),
      JSON.stringify({ compilerOptions, include: ['halver.test.ts'] }),
    );
    writeFileSync(join(consumer, 'halver.test.ts'), halverTest);
    run(
      process.execPath,
      [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.vitest.json'],
      consumer,
    );
  });

  test('has matchers that vitest runs', () => {
    linkFromRoot('vitest');
    writeFileSync(join(consumer, 'halver.test.ts'), halverTest);
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const said = run(
      process.execPath,
      [vitest, 'run', '--root', consumer, '--pool', 'forks', 'halver.test.ts'],
      consumer,
    );
    expect(said).toMatch(/1 passed/);
  });

  test('has a testing kit that runs under node:test, without vitest', () => {
    rmSync(join(consumer, 'node_modules', 'vitest'), { recursive: true, force: true });
    writeFileSync(join(consumer, 'halver.node.mjs'), halverNodeTest);
    const said = run(process.execPath, ['--test', '--test-reporter', 'tap', 'halver.node.mjs'], consumer);
    expect(said).toContain('# pass 3');
    expect(said).toContain('# fail 0');
  });

  test('brings the command', () => {
    expect(run('npx', ['--no-install', 'holdfast', '--help'], consumer)).toContain('holdfast');
  });
});
