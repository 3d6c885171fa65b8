/** `npm run soak`, at a small size: that it works, that it would notice, and that it leaves nothing behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { memoryVerdict, SAMPLES_MIN } from '../../scripts/soak/memory.mjs';

const script = fileURLToPath(new URL('../../scripts/soak.mjs', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'holdfast-soak-test-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const MIB = 2 ** 20;

/** Starts a soak whose temporary files are in a folder of their own. */
function start(...args: readonly string[]): { readonly child: ChildProcess; readonly temporary: string } {
  const temporary = mkdtempSync(join(work, 'run-'));
  const child = spawn(process.execPath, [script, ...args, '--networks', '0'], {
    env: { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, temporary };
}

describe('a soak of 1 MiB', () => {
  test('writes the same bytes with crashes and without, says how it went, and cleans up', async () => {
    const { child, temporary } = start('--gib', String(1 / 1024), '--crashes', '2000');
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (text) => (stdout += text));
    child.stderr?.on('data', (text) => (stderr += text));
    const [status] = (await once(child, 'close')) as [number];
    expect(status, stderr).toBe(0);
    const rows = stdout
      .trim()
      .split('\n')
      .filter((line) => /good/.test(line))
      .map((line) => line.split('|').map((cell) => cell.trim()));
    expect(rows.map(([, name]) => name)).toEqual(['without crashes', 'seed 1']);
    const records = rows.map((row) => row[2]);
    expect(Number(records[0]?.replace(',', ''))).toBeGreaterThan(40_000);
    expect(records[1]).toBe(records[0]);
    expect(Number(rows[1]?.[3])).toBeGreaterThan(5);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('leaves nothing behind when it is interrupted', async () => {
    const { child, temporary } = start('--gib', '0.02');
    const isUnderWay = (): boolean =>
      readdirSync(temporary).some((folder) => existsSync(join(temporary, folder, 'output.ndjson')));
    while (!isUnderWay()) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    const [status] = (await once(child, 'close')) as [number];
    expect(status).toBe(130);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test.each([
    [['--gib', '0'], '--gib 0'],
    [['--crashes', 'often'], '--crashes often'],
    [['--forever'], '--forever'],
  ])('says what is wrong with %j', async (args, said) => {
    const { child } = start(...args);
    let stderr = '';
    child.stderr?.on('data', (text) => (stderr += text));
    const [status] = (await once(child, 'close')) as [number];
    expect(status).toBe(1);
    expect(stderr).toContain(said);
  });
});

describe('the verdict on memory', () => {
  const samples = (count: number, heapMib: (at: number) => number, rssMib: (at: number) => number = () => 80) =>
    Array.from({ length: count }, (_, at) => ({
      heapBytes: heapMib(at / count) * MIB,
      rssBytes: rssMib(at / count) * MIB,
    }));

  test('is steady where only the beginning grows, and peaks pass', () => {
    expect(memoryVerdict(samples(100, (at) => (at < 0.2 ? 100 * at : 20))).kind).toBe('steady');
    expect(memoryVerdict(samples(100, (at) => (at > 0.5 && at < 0.52 ? 90 : 20))).kind).toBe('steady');
  });

  test('tells growth of the heap, and of what is outside of it', () => {
    expect(memoryVerdict(samples(100, (at) => 20 + 16 * at)).kind).toBe('grows');
    expect(
      memoryVerdict(
        samples(
          100,
          () => 20,
          (at) => 80 + 128 * at,
        ),
      ).kind,
    ).toBe('grows');
  });

  test('is none from a few samples', () => {
    expect(memoryVerdict(samples(SAMPLES_MIN - 1, (at) => 100 * at)).kind).toBe('tooShort');
    expect(memoryVerdict(samples(SAMPLES_MIN, (at) => 100 * at)).kind).toBe('grows');
  });
});
