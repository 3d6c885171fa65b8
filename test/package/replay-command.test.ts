/** Capsules of a real process, on a real disk, and `holdfast replay`, on the built library. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCapsule, replayCapsule } from 'holdfast/testing';
import { NodeCapsuleFiles } from '../../src/ports/node/node-capsule-files.ts';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const child = fileURLToPath(new URL('capsule-child.mjs', import.meta.url));
const actors = fileURLToPath(new URL('capsule-actors.mjs', import.meta.url));
const isWindows = process.platform === 'win32';

const work = mkdtempSync(join(tmpdir(), 'holdfast-capsules-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function holdfast(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    timeout: 50_000,
  });
  return { status, stdout, stderr };
}

function file(name: string, text: string): string {
  const path = join(work, name);
  writeFileSync(path, text);
  return path;
}

const capsulesIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.capsule.json'));

describe('the capsule of a real failure', () => {
  const folder = join(work, 'deep', 'folder');
  let capsule = '';
  let log = '';

  beforeAll(() => {
    const ran = spawnSync(process.execPath, [child, folder], { encoding: 'utf8', timeout: 50_000 });
    log = ran.stderr;
    expect(ran.status, log).toBe(0);
    const [name = ''] = capsulesIn(folder);
    capsule = join(folder, name);
  });

  test('is the only file, named after time, run and actor, and the log says where it is', () => {
    expect(readdirSync(folder)).toEqual([
      expect.stringMatching(/^\d{8}T\d{9}Z-[0-9a-z]{8}-0001-counter\.capsule\.json$/),
    ]);
    expect(log).toContain(`"capsule":${JSON.stringify(capsule)}`);
    if (!isWindows) expect(statSync(capsule).mode & 0o777).toBe(0o600);
  });

  test('has the versions, and nothing of the environment', () => {
    const text = readFileSync(capsule, 'utf8');
    expect(readCapsule(text)).toMatchObject({
      node: process.version,
      holdfast: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    expect(text).not.toContain(process.env['PATH']);
  });

  test('run again, fails in the same way: status 0', () => {
    const { status, stdout, stderr } = holdfast('replay', capsule, '--module', actors, '--export', 'counter');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^actor "counter" of graph "service", attempt 1, \d{4}-/);
    expect(stdout).toMatch(/\nfailed with RangeError: a line of 9, 0\.\d+\n/);
    expect(stdout).toContain('\nrun again: it fails again, in the same way\n  RangeError: a line of 9');
    expect(stdout).toContain("code: 'E_BAD'");
    expect(stdout).toMatch(/\ntook from lines, \w+\/lines\/2: 'bad three'\nhad staged to words: 9\n/);
    expect(stdout).toMatch(/\nstate before it: \{ lines: 2, last: \d{4}-/);
  });

  test('mended, commits: status 3', () => {
    const { status, stdout } = holdfast('replay', capsule, '--module', actors, '--export', 'mended');
    expect(status).toBe(3);
    expect(stdout).toContain('\nrun again: it does not fail: the turn commits\n');
    expect(stdout).toMatch(/\nsent to words: 9\nstate after it: \{ lines: 3, /);
  });

  test('by another definition, fails in another way: status 4', () => {
    const { status, stdout } = holdfast('replay', capsule, '--module', actors, '--export', 'wrong');
    expect(status).toBe(4);
    expect(stdout).toContain('it fails, in another way\n  Error: always');
  });

  test('with --json, prints one line', () => {
    const { status, stdout } = holdfast('replay', capsule, '--module', actors, '--export', 'counter', '--json');
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({
      status,
      outcome: 'same',
      actor: 'counter',
      expected: { name: 'RangeError', code: 'E_BAD' },
      error: { $error: { name: 'RangeError', code: 'E_BAD' } },
      took: [{ input: 'lines', messages: ['bad three'] }],
      sent: [{ output: 'words', messages: [9] }],
      state: { lines: 2, last: { $date: expect.any(String) } },
      waitsFor: null,
    });
  });

  test('is a regression test of one line, alone as well', async () => {
    const { counter, mended } = (await import(actors)) as Record<string, never>;
    const text = readFileSync(capsule, 'utf8');
    await expect(replayCapsule(counter as never, text)).rejects.toThrow('fails as its capsule says');
    await expect(replayCapsule(mended as never, text)).resolves.toMatchObject({ outcome: 'committed' });
    const test_ = file(
      'regression.test.mjs',
      `import { test } from 'node:test';
       import { readFileSync } from 'node:fs';
       import { replayCapsule } from ${JSON.stringify(new URL('../../dist/src/testing/index.js', import.meta.url).href)};
       import { mended } from ${JSON.stringify(new URL('capsule-actors.mjs', import.meta.url).href)};
       test('a bad line', () => replayCapsule(mended, readFileSync(${JSON.stringify(capsule)}, 'utf8')));`,
    );
    expect(spawnSync(process.execPath, ['--test', test_], { encoding: 'utf8', timeout: 50_000 }).status).toBe(0);
  });

  describe('what cannot be run says why in one line: status 2', () => {
    const refused = (...args: readonly string[]): string => {
      const { status, stdout, stderr } = holdfast('replay', ...args);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^holdfast: [^\n]*\n$/);
      return stderr;
    };

    test('several definitions would do', () => {
      const path = file(
        'someone.json',
        readFileSync(capsule, 'utf8').replace('"actor": "counter"', '"actor": "someone"'),
      );
      expect(refused(path, '--module', actors)).toContain(
        'exports 4 actor definitions (counter, mended, other, wrong), and counter, mended, wrong would do: say which one with --export',
      );
    });

    test('one fits: it is taken; the name of the actor decides among several', () => {
      const module = (code: string): string =>
        file(
          'one.mjs',
          `import * as all from ${JSON.stringify(new URL('capsule-actors.mjs', import.meta.url).href)};\n${code}`,
        );
      expect(holdfast('replay', capsule, '--module', module('export const { counter: a, other } = all;')).status).toBe(
        0,
      );
      expect(holdfast('replay', capsule, '--module', module('export const a = all.counter;')).status).toBe(0);
      const both = module('export const wrong = all.counter; export const other = all.other;');
      expect(holdfast('replay', capsule, '--module', both).status).toBe(0);
    });

    test('modules that are none', () => {
      expect(refused(capsule, '--module', join(work, 'none.js'))).toContain('there is no module');
      expect(refused(capsule, '--module', file('throws.mjs', 'throw new Error("no luck")'))).toContain('cannot be imported: Error: no luck');
      expect(refused(capsule, '--module', file('syntax.mjs', 'export const ='))).toContain('cannot be imported: SyntaxError');
      expect(refused(capsule, '--module', file('empty.mjs', 'export const x = 1;'))).toContain('exports no actor definition\n');
      expect(refused(capsule, '--module', file('factory.mjs', 'export const make = () => 1;'))).toContain('It exports functions (make): export what they make');
    }); // prettier-ignore

    test('exports that are none', () => {
      expect(refused(capsule, '--module', actors, '--export', 'nobody')).toContain('which it does not export; its definitions are counter, mended, other, wrong');
      expect(refused(capsule, '--module', actors, '--export', 'text')).toContain('which is no actor definition');
      expect(refused(capsule, '--module', actors, '--export', 'other')).toContain('its inputs are numbers, and those of the capsule lines');
    }); // prettier-ignore

    test('TypeScript, where Node cannot import it', () => {
      const module = file('actor.ts', `export { counter } from ${JSON.stringify(actors)};`);
      const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
      if (major > 23 || (major === 22 && minor >= 18) || (major === 23 && minor >= 6)) {
        expect(holdfast('replay', capsule, '--module', module).status).toBe(0);
      } else expect(refused(capsule, '--module', module)).toContain('is TypeScript, which Node v');
    });

    test('capsules that are none', () => {
      const text = readFileSync(capsule, 'utf8');
      const bad = (name: string, content: string): string => refused(file(name, content), '--module', actors);
      expect(refused(join(work, 'none.json'), '--module', actors)).toContain('cannot read');
      expect(refused(work, '--module', actors)).toContain('cannot read');
      expect(bad('cut.json', text.slice(0, 500))).toContain('it ends early: is the file cut off?');
      expect(bad('other.json', '{"a":1}')).toContain('its "format" is not');
      expect(bad('new.json', text.replace('"version": 1', '"version": 2'))).toContain('it is of version 2');
      expect(bad('hostile.json', text.replace('"actor": "counter"', '"actor": "\\u001b[2J"'))).toContain('control characters');
    }); // prettier-ignore

    test('a capsule without payloads', () => {
      const bare = JSON.parse(readFileSync(capsule, 'utf8')) as Record<string, unknown>;
      bare['obstacles'] = ['messages in hand: payloads are not kept: see the option capsules'];
      const path = file('bare.json', JSON.stringify(bare));
      expect(refused(path, '--module', actors, '--export', 'counter')).toContain('Write capsules with the option payloads: true');
    }); // prettier-ignore

    test('no module, no file', () => {
      expect(refused(capsule)).toContain("required option '--module <path>' not specified");
      expect(refused('--module', actors)).toContain("missing required argument 'capsule'");
    });
  });
});

describe('the folder', () => {
  test.skipIf(isWindows)('holds whole capsules only, however often the process is killed while it writes', async () => {
    const folder = join(work, 'killed');
    let unfinished = 0;
    for (let round = 0; round < 12; round += 1) {
      const service = spawn(process.execPath, [child, folder, 'many', '2000000'], { stdio: 'ignore' });
      const ended = once(service, 'exit');
      // Killed when it writes: at the sight of a file that is not finished or, where that is too quick to see, after some.
      const deadline = Date.now() + 5_000;
      const before = existsSync(folder) ? readdirSync(folder).length : 0;
      for (;;) {
        const names = existsSync(folder) ? readdirSync(folder) : [];
        if (names.some((name) => name.endsWith(`-${service.pid}.capsule.tmp`))) break;
        if (Date.now() > deadline && names.length > before) break;
        await new Promise((resolve) => setImmediate(resolve));
      }
      service.kill('SIGKILL');
      await ended;
      unfinished += readdirSync(folder).filter((name) => name.endsWith(`-${service.pid}.capsule.tmp`)).length;
    }
    expect(unfinished).toBeGreaterThan(0); // it was killed in the middle of writing, now and then
    for (const name of capsulesIn(folder)) {
      const { obstacles, inputs } = readCapsule(readFileSync(join(folder, name), 'utf8'));
      expect(obstacles).toEqual([]);
      expect(inputs[0]?.messages).toHaveLength(1);
    }
    expect(capsulesIn(folder).length).toBeLessThanOrEqual(20);
  });

  const write = (folder: string, name: string, filesMax = 3): Promise<string> =>
    new NodeCapsuleFiles().write({ folder, name: `${name}.capsule.json`, text: name, filesMax });

  test('keeps the newest, and nothing that is not its own is touched', async () => {
    const folder = join(work, 'bounded');
    mkdirSync(folder);
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    for (const name of ['1', '2', '3', '4', '5']) await write(folder, name);
    expect(readdirSync(folder).sort()).toEqual(['3.capsule.json', '4.capsule.json', '5.capsule.json', 'notes.txt']);
  });

  test('what processes that died have left goes after a while, and what others are writing stays', async () => {
    const folder = join(work, 'left');
    mkdirSync(folder);
    for (const name of ['old.capsule.tmp', 'new.capsule.tmp']) writeFileSync(join(folder, name), '{');
    const longAgo = new Date(Date.now() - 120_000);
    utimesSync(join(folder, 'old.capsule.tmp'), longAgo, longAgo);
    await write(folder, '1');
    expect(readdirSync(folder).sort()).toEqual(['1.capsule.json', 'new.capsule.tmp']);
  });

  test('that cannot be made, or is full, is an error, and leaves nothing behind', async () => {
    await expect(write(join(file('a file', ''), 'folder'), '1')).rejects.toThrow(/ENOTDIR|ENOENT|EEXIST/);
    const folder = join(work, 'taken');
    mkdirSync(join(folder, '1.capsule.json', 'full'), { recursive: true }); // a folder that is not empty stands there
    await expect(write(folder, '1')).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['1.capsule.json']);
  });

  test.skipIf(process.platform !== 'linux')('that takes nothing does the service no harm', () => {
    const { status, stderr } = spawnSync(process.execPath, [child, '/proc/holdfast'], {
      encoding: 'utf8',
      timeout: 50_000,
    });
    expect(status).toBe(0);
    expect(stderr.match(/a capsule could not be written/g)).toHaveLength(1);
  });
});
