/** The built command as a child process: what it prints, what it exits with, how it takes signals. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { flights, flightsPath } from '../reference/dataset.mjs';
import { ingestReference } from '../reference/ingest-reference.mjs';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const isWindows = process.platform === 'win32';
const work = mkdtempSync(join(tmpdir(), 'holdfast-command-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function holdfast(
  args: readonly string[],
  options: { input?: Uint8Array; stdout?: number; stderr?: number } = {},
): Ran {
  return spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    input: options.input,
    stdio: ['pipe', options.stdout ?? 'pipe', options.stderr ?? 'pipe'],
    timeout: 50_000,
    maxBuffer: 2 ** 28,
  });
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(work, name);
  writeFileSync(path, content);
  return path;
}

interface Report {
  readonly stopped: string;
  readonly lost: number;
  readonly doubled: number;
  readonly actors: Readonly<
    Record<string, { readonly restarts: number; readonly failures: number; readonly state: object }>
  >;
  readonly channels: Readonly<Record<string, { readonly sent: number; readonly taken: number }>>;
  readonly deadLetters: readonly { readonly payload: unknown }[];
}

function reportIn(stdout: string): Report {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Report;
}

describe('the lessons with a heartbeat', () => {
  test.skipIf(process.platform !== 'linux')('go on when nobody can write the log lines', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stdout } = holdfast(['lesson', 'robust', '--rate', '2', '--beats', '45', '--json'], {
      stderr: full,
    });
    closeSync(full);
    expect([status, reportIn(stdout).lost]).toEqual([0, 0]);
  });

  test('robust reports what failed and that nothing was lost', () => {
    const { status, stdout } = holdfast(['lesson', 'robust', '--rate', '2', '--beats', '60', '--json']);
    const report = reportIn(stdout);
    expect(report).toMatchObject({ stopped: 'clean', lost: 0, doubled: 0 });
    expect(report.actors).toMatchObject({
      generator: { failures: 1, restarts: 1 },
      heartbeat: { failures: 1, restarts: 1, state: { beats: 60 } },
      worker: { failures: 3, restarts: 3 },
      logger: { failures: 3, restarts: 3 },
    });
    expect(report.channels['beats']).toMatchObject({ sent: 60, taken: 60, deadLettered: 0, inFlight: 0 });
    expect(report.deadLetters).toMatchObject([{ payload: 33 }, { payload: { value: 41 } }]);
    expect(status).toBe(0);
  });

  test('robust tells people the story', () => {
    const { status, stdout } = holdfast(['lesson', 'robust', '--rate', '2', '--beats', '10']);
    expect(stdout).toContain('worker restarted, regeneration 3\n');
    expect(stdout).toMatch(/\nrobust stopped cleanly: .*, lost 0, doubled 0\n$/);
    expect(status).toBe(0);
  });

  test.each(['minimum', 'standard'])('%s stops cleanly', (lesson) => {
    const { status, stdout } = holdfast(['lesson', lesson, '--rate', '1', '--beats', '5', '--json']);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(reportIn(stdout)).toMatchObject({ stopped: 'clean', lost: 0, doubled: 0, deadLetters: [] });
    expect(reportIn(stdout).actors['heartbeat']).toMatchObject({ state: { beats: 5 }, restarts: 0 });
    expect(status).toBe(0);
  });

  test('logs go to standard error, at the level that was asked for', () => {
    const { stderr } = holdfast(['lesson', 'minimum', '--rate', '1', '--beats', '2', '--log-level', 'info']);
    const lines = stderr.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { readonly msg: string }).msg)).toContain('beat');
    expect(holdfast(['lesson', 'minimum', '--rate', '1', '--beats', '2', '--log-level', 'silent']).stderr).toBe('');
  });
});

describe('what is asked for', () => {
  test.each(['', 'lesson', 'lesson minimum', 'lesson standard', 'lesson robust', 'lesson ingest'])(
    'holdfast %s --help is there',
    (command) => {
      const words = command.split(' ').filter((word) => word !== '');
      const { status, stdout, stderr } = holdfast([...words, '--help']);
      expect(stdout).toContain(['Usage: holdfast', ...words].join(' '));
      expect(stderr).toBe('');
      expect(status).toBe(0);
    },
  );

  test('--version is that of the package', () => {
    expect(holdfast(['--version'])).toMatchObject({ status: 0, stdout: `${manifest.version}\n` });
  });

  const csv = file('some.csv', 'k,v\na,1\n');
  const ingest = ['lesson', 'ingest', '--key', 'k', '--value', 'v'];
  test.each([
    ['an unknown option', ['lesson', 'robust', '--rat', '5'], "unknown option '--rat'"],
    ['a number that is none', ['lesson', 'robust', '--rate', 'fast'], 'whole number from 1'],
    ['a number with more behind it', ['lesson', 'robust', '--beats', '5x'], 'whole number of 1 or more'],
    ['a number out of range', ['lesson', 'robust', '--rate', '0'], 'whole number from 1'],
    ['a missing value', ['lesson', 'robust', '--rate'], 'argument missing'],
    ['an unknown level', ['lesson', 'robust', '--log-level', 'loud'], 'Allowed choices'],
    ['an unknown lesson', ['lesson', 'robst'], "unknown command 'robst'"],
    ['an unknown command', ['lessons'], "unknown command 'lessons'"],
    ['an argument too many', ['lesson', 'robust', 'now'], 'too many arguments'],
    ['a missing option', ingest, "required option '--input <file>' not specified"],
    ['an unknown format', [...ingest, '--input', csv, '--format', 'xml'], 'Allowed choices'],
    ['a crash rate of 0', [...ingest, '--input', csv, '--crash-every', '0'], 'whole number of 1 or more'],
    ['no lane', [...ingest, '--input', csv, '--lanes', '0'], 'whole number from 1 to 256'],
    ['half a message', [...ingest, '--input', csv, '--batch', '0.5'], 'whole number from 1 to 1024'],
    ['a missing file', [...ingest, '--input', join(work, 'none.csv')], 'cannot open'],
    ['a folder', [...ingest, '--input', work], 'it is a directory'],
    ['a missing column', ['lesson', 'ingest', '--input', csv, '--key', 'x', '--value', 'v'], 'no column "x"'],
    ['an output in no folder', [...ingest, '--input', csv, '--output', join(work, 'no', 'o')], 'cannot write'],
    ['an output over its input', [...ingest, '--input', csv, '--output', csv], 'the same file'],
  ])('%s ends with one line and status 2', (_what, args, message) => {
    const { status, stdout, stderr } = holdfast(args);
    expect(stderr).toMatch(/^holdfast: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(status).toBe(2);
    expect(readFileSync(csv, 'utf8')).toBe('k,v\na,1\n');
  });
});

describe('ingest', () => {
  const columns = { key: flights.key, value: flights.fractions };
  const expected = ingestReference(flightsPath('csv'), { format: 'csv', ...columns });
  const ingest = ['lesson', 'ingest', '--key', columns.key, '--value', columns.value];

  test.each(['csv', 'ndjson', 'csv.gz', 'ndjson.gz'] as const)('reads %s, told by its name', (format) => {
    const { status, stdout } = holdfast([...ingest, '--input', flightsPath(format)]);
    expect(stdout === expected.result).toBe(true);
    expect(status).toBe(0);
  });

  test.each([
    { lanes: 1, batch: 1 },
    { lanes: 3, batch: 8 },
  ])('gives the same to the byte when actors crash, and reports it (%o)', ({ lanes, batch }) => {
    const output = join(work, 'flights.ndjson');
    const crashing = ['--crash-every', '500', '--seed', '42', '--log-level', 'silent'];
    const shape = ['--lanes', String(lanes), '--batch', String(batch)];
    const args = [...ingest, '--input', flightsPath('csv'), '--output', output, ...shape, ...crashing, '--json'];
    const { status, stdout } = holdfast(args);
    expect(readFileSync(output, 'utf8') === expected.result).toBe(true);
    const report = reportIn(stdout);
    expect(report).toMatchObject({ stopped: 'clean', lost: 0, doubled: 0, deadLetters: [] });
    expect(report.actors['parser']?.restarts).toBeGreaterThan(10);
    for (let lane = 0; lane < lanes; lane += 1) {
      expect(report.actors[`aggregator ${lane}`]?.restarts).toBeGreaterThan(10);
    }
    expect(status).toBe(0);
  });

  test('reads standard input, plain and packed', () => {
    const bytes = readFileSync(flightsPath('csv'));
    for (const input of [bytes, gzipSync(bytes)]) {
      const { status, stdout } = holdfast([...ingest, '--input', '-'], { input });
      expect(stdout === expected.result).toBe(true);
      expect(status).toBe(0);
    }
  });

  test('writes bad records to the file of dead letters, and goes on', () => {
    const text = 'k,v\na,1\nb\n"c",x\n"d"e,4\na,2\n';
    const letters = join(work, 'letters.ndjson');
    const args = [
      'lesson',
      'ingest',
      '--key',
      'k',
      '--value',
      'v',
      '--input',
      '-',
      '--dead-letters',
      letters,
      '--json',
    ];
    const { status, stdout } = holdfast(args, { input: Buffer.from(text) });
    const [result] = stdout.split('\n');
    expect(result).toBe('{"key":"a","count":2,"sum":3,"min":1,"max":2}');
    const reference = ingestReference(Buffer.from(text), { format: 'csv', key: 'k', value: 'v' });
    expect(readFileSync(letters, 'utf8')).toBe(
      reference.deadLetters.map((letter) => `${JSON.stringify(letter)}\n`).join(''),
    );
    expect(reportIn(stdout)).toMatchObject({ lost: 0, doubled: 0, figures: { records: 5, rejected: 3 } });
    expect(reportIn(stdout).deadLetters).toHaveLength(3);
    expect(status).toBe(0);
  });

  test('fails with its reason on gzip data that ends early', () => {
    const packed = gzipSync(readFileSync(flightsPath('csv')));
    const path = file('cut.csv.gz', packed.subarray(0, packed.length / 2));
    const { status, stderr } = holdfast([...ingest, '--input', path, '--output', join(work, 'cut.ndjson'), '--json']);
    expect(stderr).toContain('ends early: is it truncated?');
    expect(status).toBe(1);
  });

  test.skipIf(process.platform !== 'linux')('fails with its reason when an output is full', () => {
    const byOption = holdfast([...ingest, '--input', flightsPath('csv'), '--output', '/dev/full', '--json']);
    expect(byOption.stderr).toContain('holdfast: sink "output" failed: ENOSPC');
    expect(reportIn(byOption.stdout)).toMatchObject({ stopped: 'unclean' });
    expect(byOption.status).toBe(1);

    const full = openSync('/dev/full', 'w');
    const redirected = holdfast([...ingest, '--input', flightsPath('csv')], { stdout: full });
    closeSync(full);
    expect(redirected.stderr).toMatch(/^holdfast: cannot write to standard output: ENOSPC[^\n]*\n$/);
    expect(redirected.status).toBe(1);
  });
});

// Signals are sent when the child has said that it is ready for them; nothing here waits for time to pass.
describe.skipIf(isWindows)('signals and pipes', () => {
  /** Collects what `child` prints; `until` resolves when `pattern` is in it. */
  function watch(child: ChildProcess, from: 'stdout' | 'stderr') {
    let all = '';
    const stream = child[from];
    if (stream === null) throw new Error(`${from} is not piped`);
    stream.setEncoding('utf8').on('data', (text: string) => (all += text));
    return {
      all: () => all,
      until: async (pattern: RegExp): Promise<void> => {
        while (!pattern.test(all)) {
          if (stream.readableEnded) throw new Error(`${from} ended without ${String(pattern)}: ${all}`);
          await Promise.race([once(stream, 'data'), once(stream, 'end')]);
        }
      },
    };
  }

  /** A named pipe, open for reading: reading one byte from it waits for somebody to write. */
  function pipe(name: string): { readonly path: string; readonly fd: number } {
    const path = join(work, name);
    expect(spawnSync('mkfifo', [path]).status).toBe(0);
    return { path, fd: openSync(path, 'r+') }; // for both, so that opening waits for nobody
  }

  async function statusOf(child: ChildProcess): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    return child.exitCode;
  }

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s stops robust cleanly, and what is under way is finished',
    async (signal) => {
      const child = spawn(process.execPath, [main, 'lesson', 'robust', '--rate', '5', '--beats', '1000000']);
      const output = watch(child, 'stdout');
      await output.until(/heartbeat restarted/);
      child.kill(signal);
      expect(await statusOf(child)).toBe(0);
      expect(output.all()).toMatch(/\nrobust stopped cleanly: .*, lost 0, doubled 0\n$/);
    },
  );

  test('a second signal ends a process whose drain is held up', async () => {
    const rows = Array.from({ length: 50_000 }, (_, index) => `key-${index},1\n`);
    const input = file('many-keys.csv', `k,v\n${rows.join('')}`);
    const output = pipe('full');
    const args = ['lesson', 'ingest', '--key', 'k', '--value', 'v', '--input', input, '--output', output.path];
    const child = spawn(process.execPath, [main, ...args, '--log-level', 'info']);
    const log = watch(child, 'stderr');
    readSync(output.fd, Buffer.alloc(1)); // the first byte of a result that is far longer than a pipe holds
    child.kill('SIGINT');
    await log.until(/"msg":"stopping"/);
    child.kill('SIGTERM'); // another one, because the same signal at once could be an echo
    await log.until(/a second signal/);
    closeSync(output.fd); // a process does not end while one of its writes to a pipe is under way
    expect(await statusOf(child)).toBe(128 + 15);
    expect(log.all()).toContain('stopped uncleanly');
  });

  test('an ingest that is interrupted says that its result is not whole', async () => {
    const letters = pipe('letters');
    const args = ['lesson', 'ingest', '--key', 'k', '--value', 'v', '--input', '-', '--dead-letters', letters.path];
    const child = spawn(process.execPath, [main, ...args]);
    const output = watch(child, 'stdout');
    const errors = watch(child, 'stderr');
    child.stdin.write('k,v\na,1\nb,broken\n');
    readSync(letters.fd, Buffer.alloc(1));
    child.kill('SIGINT');
    expect(await statusOf(child)).toBe(1);
    closeSync(letters.fd);
    expect(output.all()).toBe('{"key":"a","count":1,"sum":1,"min":1,"max":1}\n');
    expect(errors.all()).toContain('holdfast: the input was not read to its end');
  });

  test('a reader that has gone ends the process without a word', async () => {
    const child = spawn(process.execPath, [main, 'lesson', 'robust', '--rate', '5', '--beats', '1000000']);
    const errors = watch(child, 'stderr');
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect(await statusOf(child)).toBe(141);
    expect(errors.all()).toBe('');
  });
});
