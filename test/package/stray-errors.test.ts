/** Errors that nothing caught in a process of its own, on the built library: what Node reports must find its actor. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const child = fileURLToPath(new URL('stray-child.mjs', import.meta.url));

interface Ran {
  readonly status: number | null;
  readonly report: unknown;
  readonly log: readonly Readonly<Record<string, unknown>>[];
}

function run(...args: readonly string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [child, ...args], {
    encoding: 'utf8',
    timeout: 50_000,
  });
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
  return { status, report: JSON.parse(stdout), log: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

const ways = ['rejection', 'late rejection', 'asynchronous function', 'timer', 'interval', 'immediate', 'tick'];
const styles = ['handler', 'asynchronous handler', 'loop'];

test.each(styles.flatMap((style) => ways.map((way) => ({ style, way }))))(
  'of a $style: $way is a failure of its actor, and the process goes on',
  ({ style, way }) => {
    const { status, report, log } = run(way, style, 'follow');
    expect(report).toEqual({
      told: [{ actor: 'worker', error: 'Error: boom' }],
      failure: null,
      restarts: { worker: 1, bystander: 0 },
    });
    expect(status).toBe(0);
    expect(log).toMatchObject([
      { actor: 'worker', msg: 'an error that nothing caught: it is a failure of the actor that set it off' },
    ]);
  },
);

test.each(ways)('not followed, %s stops the graph with status 1', (way) => {
  const { status, report, log } = run(way, 'handler', 'do not');
  expect(report).toMatchObject({ told: [{ actor: null }], failure: 'Error: boom', restarts: { worker: 0 } });
  expect([status, log[0]?.['msg']]).toEqual([1, 'an error that nothing caught: stopping']);
});
