/** The thread of the watchdog, on the built library: it reports while the event loop stands still, and ends with the graph. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const child = fileURLToPath(new URL('stuck-child.mjs', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'holdfast-watchdog-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

interface Line {
  readonly level: number;
  readonly graph: string;
  readonly elapsedMs: number;
  readonly msg: string;
  readonly actor?: string;
  readonly feed?: string;
  readonly sink?: string;
}

interface Report {
  readonly stuck: readonly {
    readonly part: { readonly kind: string; readonly name: string } | null;
    readonly elapsedMs: number;
  }[];
  readonly written: readonly number[];
}

/** The child holds its event loop until its standard error has `reports` lines about that, with `mark` in them. */
function run(
  who: string,
  mark: string,
  reports: number,
): { status: number | null; report: Report; lines: readonly Line[] } {
  const path = join(work, `${who}.log`);
  const log = openSync(path, 'w');
  const { status, stdout } = spawnSync(process.execPath, [child, who, mark, String(reports), path], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', log],
    timeout: 50_000, // the loop is never given back if nobody reports it
  });
  closeSync(log);
  const text = readFileSync(path, 'utf8');
  expect(stdout, text).not.toBe('');
  const lines = text.split('\n').filter((line) => line !== '');
  return { status, report: JSON.parse(stdout) as Report, lines: lines.map((line) => JSON.parse(line) as Line) };
}

// A busy machine may hold up the loop outside the graph as well, before and after: only the lines that are meant are looked at.
test.each([
  ['actor', 'actor', 'doubler'],
  ['last actor', 'actor', 'doubler'],
  ['feed', 'feed', 'numbers from outside'],
  ['sink', 'sink', 'writer'],
] as const)(
  'a loop held by the %s is reported with its name while it is, and told when it goes on',
  (who, kind, name) => {
    const { status, report, lines } = run(who, name, 2);
    const reports = lines.filter((line) => line.msg === 'stuck: the event loop stands still' && line[kind] === name);
    expect(reports.map(({ level, graph }) => [level, graph])).toEqual([1, 2].map(() => [50, 'held']));
    const [first = 0, second = 0] = reports.map(({ elapsedMs }) => elapsedMs);
    expect(first).toBeGreaterThanOrEqual(200);
    expect(second).toBeGreaterThanOrEqual(2 * first - 1);
    const over = report.stuck.find(({ part }) => part?.name === name);
    expect(over?.part).toEqual({ kind, name });
    expect(over?.elapsedMs).toBeGreaterThanOrEqual(second);
    expect(lines).toContainEqual(
      expect.objectContaining({
        msg: 'no longer stuck: the event loop goes on',
        [kind]: name,
        elapsedMs: over?.elapsedMs,
      }),
    );
    expect([status, report.written]).toEqual([0, [2, 4]]);
  },
);

test('a loop held by something outside the graph is reported as such', () => {
  const text = 'stuck: the event loop stands still, outside the actors, feeds and sinks of this graph';
  const { status, report, lines } = run('timer', 'outside', 2);
  const reports = lines.filter(({ msg }) => msg === text);
  expect(reports.length).toBeGreaterThanOrEqual(2);
  expect(reports.filter(({ actor, feed, sink }) => actor ?? feed ?? sink)).toEqual([]);
  expect(Math.max(...report.stuck.map(({ elapsedMs }) => elapsedMs))).toBeGreaterThanOrEqual(
    Math.max(...reports.map(({ elapsedMs }) => elapsedMs)),
  );
  expect(report.stuck.at(-1)?.part).toBeNull();
  expect([status, report.written]).toEqual([0, [2, 4]]);
});

test('when nobody holds it, nothing is said, and the process ends with the graph', () => {
  const { status, report, lines } = run('nobody', 'nothing', 0);
  expect([status, report, lines]).toEqual([0, { stuck: [], written: [2, 4] }, []]);
});
