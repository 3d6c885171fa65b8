/** Supervision as in Erlang/OTP, case by case, with exact traces: `+a.2` started, `-a.1:R` ended of R, `!a.2` could not start. */
import { expect } from 'vitest';
import type { Answer, Awaitable, CaseTree, Root as TreeRoot } from './case-tree.ts';
import type { ActorPlan, Plan, SupervisorPlan } from './fake-tree.ts';

type Root = Omit<TreeRoot, 'children'> & { readonly children: readonly (Plan | string)[] };

/** What happens to one tree. */
export interface Case {
  readonly id: string;
  readonly root: Root;
  readonly run?: (tree: CaseTree) => Awaitable<unknown>;
  readonly trace: string;
  /** On pretended children, where that is something else. */
  readonly pretended?: string;
  /** What is left of the children in the end. */
  readonly children?: string;
  /** Their number in the end: `specs,active,supervisors,workers`. */
  readonly counts?: string;
  /** The supervisor is gone in the end. Default false. */
  readonly isOver?: boolean;
}

export const sub = (
  id: string,
  children: readonly (Plan | string)[],
  more: Partial<SupervisorPlan> = {},
): SupervisorPlan => ({
  id,
  ...more,
  children: children.map(planOf),
});
const temporary = (id: string, more: Partial<ActorPlan> = {}): ActorPlan => ({ id, restart: 'temporary', ...more });
const transient = (id: string, more: Partial<ActorPlan> = {}): ActorPlan => ({ id, restart: 'transient', ...more });

function planOf(child: Plan | string): Plan {
  return typeof child === 'string' ? { id: child } : child;
}

const crash =
  (...ids: readonly string[]) =>
  (tree: CaseTree): Awaitable<void> =>
    tree.end('crash', ...ids);
const stop = (tree: CaseTree): Awaitable<void> => tree.stop();

const all = 'oneForAll';
const rest = 'restForOne';
const errors = (
  ...starts: readonly ('ok' | 'error' | 'ignore')[]
): { starts: readonly ('ok' | 'error' | 'ignore')[] } => ({ starts });

export const CASES: readonly Case[] = [
  // 1. Starting
  {
    id: 'S1',
    root: { children: ['a', 'b', 'c'] },
    run: stop,
    trace: '+a.1 +b.1 +c.1 STOP -c.1:shutdown -b.1:shutdown -a.1:shutdown',
    isOver: true,
  },
  {
    id: 'S3',
    root: { children: ['a', 'b', 'c', { id: 'd', ...errors('error') }] },
    trace: '+a.1 +b.1 +c.1 !d.1 -c.1:shutdown -b.1:shutdown -a.1:shutdown',
    isOver: true,
  },
  {
    id: 'S4',
    root: { children: ['a', { id: 'b', ...errors('error') }] },
    trace: '+a.1 !b.1 -a.1:shutdown',
    isOver: true,
  },
  {
    id: 'S6',
    root: { children: [{ id: 'a', ...errors('ignore', 'ok') }, 'b'] },
    run: async (tree) => {
      expect(tree.children).toBe('a stopped, b running');
      expect(tree.counts).toBe('2,1,0,2');
      expect(await tree.administer('restart', 'a')).toBe('running');
    },
    trace: '~a.1 +b.1 +a.2',
    children: 'a running, b running',
  },
  {
    id: 'S7',
    root: { children: [transient('a', errors('ignore')), 'b'] },
    trace: '~a.1 +b.1',
    children: 'a stopped, b running',
  },
  {
    id: 'S12',
    root: {
      children: [
        { id: 'a', startsInMs: 100 },
        { id: 'b', startsInMs: 100 },
      ],
    },
    run: async (tree) => {
      await tree.advance(199);
      expect(tree.text).toBe('+a.1');
      await tree.advance(1);
    },
    trace: '+a.1 +b.1',
  },
  {
    id: 'S13',
    root: { children: ['a', sub('m', ['l', { id: 'x', ...errors('error') }]), 'c'] },
    trace: '+a.1 +m.1 +l.1 !x.1 -l.1:shutdown -m.1:failed_to_start -a.1:shutdown',
    isOver: true,
  },

  // 2. Restart type and reason
  ...(
    [
      ['T1', 'permanent', 'normal', '+a.2', 'a running, z running'],
      ['T3', 'permanent', '{shutdown,why}', '+a.2', 'a running, z running'],
      ['T4', 'permanent', 'crash', '+a.2', 'a running, z running'],
      ['T6', 'transient', 'normal', '', 'a stopped, z running'],
      ['T7', 'transient', 'shutdown', '', 'a stopped, z running'],
      ['T9', 'transient', 'crash', '+a.2', 'a running, z running'],
      ['T10', 'transient', 'killed', '+a.2', 'a running, z running'],
      ['T12', 'temporary', 'shutdown', '', 'z running'],
      ['T13', 'temporary', '{shutdown,why}', '', 'z running'],
      ['T15', 'temporary', 'killed', '', 'z running'],
    ] as const
  ).map(([id, restart, reason, then, children]): Case => ({
    id,
    root: { children: [{ id: 'a', restart }, 'z'] },
    run: (tree) => tree.end(reason, 'a'),
    trace: `+a.1 +z.1 -a.1:${reason}${then === '' ? '' : ` ${then}`}`,
    children,
  })),

  {
    id: 'T16',
    root: { children: [transient('a')] },
    run: (tree) => tree.end('killed', 'a'),
    trace: '+a.1 -a.1:killed +a.2',
  },

  // 3. One for one
  {
    id: 'O2',
    root: { children: ['a', 'b', 'c'], maxRestarts: 2 },
    run: crash('a', 'b'),
    trace: '+a.1 +b.1 +c.1 -a.1:crash -b.1:crash +a.2 +b.2',
  },
  {
    id: 'O3',
    root: { children: ['a', 'b', 'c'], maxRestarts: 1 },
    run: crash('a', 'b'),
    trace: '+a.1 +b.1 +c.1 -a.1:crash -b.1:crash +a.2 -c.1:shutdown -a.2:shutdown',
    isOver: true,
  },
  {
    id: 'O5',
    root: { children: numbered(10), maxRestarts: 9 },
    run: crash(...numbered(10)),
    trace: [
      ...numbered(10).map((id) => `+${id}.1`),
      ...numbered(10).map((id) => `-${id}.1:crash`),
      ...numbered(9).map((id) => `+${id}.2`),
      ...numbered(9)
        .map((id) => `-${id}.2:shutdown`)
        .reverse(),
    ].join(' '),
    isOver: true,
  },
  {
    id: 'O6',
    root: { children: ['a', 'b', 'c'] },
    run: async (tree) => {
      await tree.end('crash', 'a');
      await tree.stop();
    },
    trace: '+a.1 +b.1 +c.1 -a.1:crash +a.2 STOP -c.1:shutdown -b.1:shutdown -a.2:shutdown',
    isOver: true,
  },

  // 4. One for all
  {
    id: 'L1',
    root: { strategy: all, children: ['a', 'b', 'c'] },
    run: crash('b'),
    trace: '+a.1 +b.1 +c.1 -b.1:crash -c.1:shutdown -a.1:shutdown +a.2 +b.2 +c.2',
  },
  {
    id: 'L2',
    root: { strategy: all, children: ['a', 'b', 'c'] },
    run: crash('a'),
    trace: '+a.1 +b.1 +c.1 -a.1:crash -c.1:shutdown -b.1:shutdown +a.2 +b.2 +c.2',
  },
  {
    id: 'L4',
    root: { strategy: all, children: ['a', temporary('t'), 'c'] },
    run: crash('a'),
    trace: '+a.1 +t.1 +c.1 -a.1:crash -c.1:shutdown -t.1:shutdown +a.2 +c.2',
    children: 'a running, c running',
  },
  {
    id: 'L5',
    root: { strategy: all, children: ['a', transient('t'), 'c'] },
    run: crash('a'),
    trace: '+a.1 +t.1 +c.1 -a.1:crash -c.1:shutdown -t.1:shutdown +a.2 +t.2 +c.2',
  },
  {
    id: 'L7',
    root: { strategy: all, children: ['a', 'b', 'c'] },
    run: async (tree) => {
      expect(await tree.administer('terminate', 'b')).toBe('done');
      await tree.end('crash', 'a');
    },
    trace: '+a.1 +b.1 +c.1 -b.1:shutdown -a.1:crash -c.1:shutdown +a.2 +b.2 +c.2',
  },
  {
    id: 'L8',
    root: { strategy: all, children: ['a', transient('t'), 'c'] },
    run: (tree) => tree.end('normal', 't'),
    trace: '+a.1 +t.1 +c.1 -t.1:normal',
    children: 'a running, t stopped, c running',
  },
  {
    id: 'L10',
    root: { strategy: all, children: ['a', temporary('t'), 'c'] },
    run: crash('t'),
    trace: '+a.1 +t.1 +c.1 -t.1:crash',
    children: 'a running, c running',
  },
  {
    id: 'L11',
    root: { strategy: all, children: ['a', 'b'] },
    run: (tree) => tree.end('normal', 'a'),
    trace: '+a.1 +b.1 -a.1:normal -b.1:shutdown +a.2 +b.2',
  },
  {
    id: 'L13',
    root: { strategy: all, maxRestarts: 1, children: ['a', 'b', 'c', 'd'] },
    run: crash('b'),
    trace: '+a.1 +b.1 +c.1 +d.1 -b.1:crash -d.1:shutdown -c.1:shutdown -a.1:shutdown +a.2 +b.2 +c.2 +d.2',
  },
  {
    id: 'L14',
    root: { strategy: all, maxRestarts: 1, children: ['a', 'b', 'c'] },
    run: crash('a', 'c'),
    trace: '+a.1 +b.1 +c.1 -a.1:crash -c.1:crash -b.1:shutdown +a.2 +b.2 +c.2',
  },
  {
    id: 'L16',
    root: {
      strategy: all,
      children: ['a', { id: 'b', shutdown: 'brutal' }, { id: 'c', shutdown: 100, stopsInMs: Infinity }, 'd'],
    },
    run: async (tree) => {
      await tree.end('crash', 'a');
      await tree.advance(99);
      expect(tree.text).toMatch(/-d\.1:shutdown$/);
      await tree.advance(1);
    },
    trace: '+a.1 +b.1 +c.1 +d.1 -a.1:crash -d.1:shutdown -c.1:killed -b.1:killed +a.2 +b.2 +c.2 +d.2',
  },
  {
    id: 'L17',
    root: { strategy: all, children: ['a'] },
    run: async (tree) => {
      expect(await tree.add({ id: 'b' })).toBe('running');
      await tree.end('crash', 'a');
    },
    trace: '+a.1 +b.1 -a.1:crash -b.1:shutdown +a.2 +b.2',
  },
  {
    id: 'L19',
    root: { strategy: all, children: ['a', { id: 'b', ...errors('ignore', 'ok') }] },
    run: crash('a'),
    trace: '+a.1 ~b.1 -a.1:crash +a.2 +b.2',
  },
  {
    id: 'L20',
    root: { strategy: all, children: ['a', 'b'] },
    run: async (tree) => expect(await tree.add({ id: 'n', ...errors('error') })).toBe('failed'),
    trace: '+a.1 +b.1 !n.1',
    children: 'a running, b running',
  },

  // 5. Rest for one
  {
    id: 'F1',
    root: { strategy: rest, children: ['a', 'b', 'c', 'd'] },
    run: crash('b'),
    trace: '+a.1 +b.1 +c.1 +d.1 -b.1:crash -d.1:shutdown -c.1:shutdown +b.2 +c.2 +d.2',
  },
  {
    id: 'F2',
    root: { strategy: rest, children: ['a', 'b', 'c'] },
    run: crash('a'),
    trace: '+a.1 +b.1 +c.1 -a.1:crash -c.1:shutdown -b.1:shutdown +a.2 +b.2 +c.2',
  },
  {
    id: 'F4',
    root: { strategy: rest, children: ['a', 'b', temporary('t'), 'd'] },
    run: crash('b'),
    trace: '+a.1 +b.1 +t.1 +d.1 -b.1:crash -d.1:shutdown -t.1:shutdown +b.2 +d.2',
    children: 'a running, b running, d running',
  },
  {
    id: 'F5',
    root: { strategy: rest, children: ['a', 'b', 'c'] },
    run: async (tree) => {
      await tree.administer('terminate', 'a');
      await tree.administer('terminate', 'c');
      await tree.end('crash', 'b');
    },
    trace: '+a.1 +b.1 +c.1 -a.1:shutdown -c.1:shutdown -b.1:crash +b.2 +c.2',
    children: 'a stopped, b running, c running',
  },
  {
    id: 'F7',
    root: { strategy: rest, children: ['a', 'b', 'c'] },
    run: async (tree) => {
      await tree.administer('terminate', 'a');
      expect(await tree.administer('delete', 'a')).toBe('done');
      await tree.add({ id: 'a' });
      await tree.end('crash', 'b');
    },
    trace: '+a.1 +b.1 +c.1 -a.1:shutdown +a.2 -b.1:crash -a.2:shutdown -c.1:shutdown +b.2 +c.2 +a.3',
  },
  {
    id: 'F8',
    root: { strategy: rest, maxRestarts: 1, children: ['a', 'b', 'c', 'd'] },
    run: crash('b', 'd'),
    trace: '+a.1 +b.1 +c.1 +d.1 -b.1:crash -d.1:crash -c.1:shutdown +b.2 +c.2 +d.2',
  },
  {
    id: 'F10',
    root: { strategy: rest, children: ['a', transient('t'), 'c'] },
    run: (tree) => tree.end('normal', 't'),
    trace: '+a.1 +t.1 +c.1 -t.1:normal',
  },

  // 6. Intensity and period
  {
    id: 'I1',
    root: { maxRestarts: 0, children: ['a', 'b', 'c'] },
    run: crash('b'),
    trace: '+a.1 +b.1 +c.1 -b.1:crash -c.1:shutdown -a.1:shutdown',
    isOver: true,
  },
  {
    id: 'I3',
    root: { maxRestarts: 1, children: ['a', 'b', 'c'] },
    run: async (tree) => {
      await tree.end('crash', 'a');
      await tree.end('crash', 'c');
    },
    trace: '+a.1 +b.1 +c.1 -a.1:crash +a.2 -c.1:crash -b.1:shutdown -a.2:shutdown',
    isOver: true,
  },
  {
    id: 'I4',
    root: { maxRestarts: 0, children: [temporary('a'), temporary('b'), 'c'] },
    run: async (tree) => {
      await tree.end('crash', 'a');
      await tree.end('crash', 'b');
    },
    trace: '+a.1 +b.1 +c.1 -a.1:crash -b.1:crash',
    children: 'c running',
  },
  {
    id: 'I6',
    root: { maxRestarts: 1, children: ['a'] },
    run: async (tree) => {
      await tree.end('normal', 'a');
      await tree.end('normal', 'a');
    },
    trace: '+a.1 -a.1:normal +a.2 -a.2:normal',
    isOver: true,
  },
  {
    id: 'I7',
    root: { maxRestarts: 3, children: ['a', 'b'] },
    run: async (tree) => {
      for (let time = 0; time < 4; time += 1) await tree.end('crash', 'a');
    },
    trace: '+a.1 +b.1 -a.1:crash +a.2 -a.2:crash +a.3 -a.3:crash +a.4 -a.4:crash -b.1:shutdown',
    isOver: true,
  },
  {
    id: 'I9',
    root: { maxRestarts: 2, periodMs: 1_000, children: ['a'] },
    run: async (tree) => {
      for (let time = 0; time < 6; time += 1) {
        await tree.end('crash', 'a');
        await tree.advance(700);
      }
    },
    trace: `+a.1 ${[1, 2, 3, 4, 5, 6].map((number) => `-a.${number}:crash +a.${number + 1}`).join(' ')}`,
  },
  {
    id: 'I10',
    root: { maxRestarts: 2, periodMs: 1_000, children: ['a'] },
    run: async (tree) => {
      await tree.end('crash', 'a');
      await tree.advance(700);
      await tree.end('crash', 'a');
      await tree.advance(250);
      await tree.end('crash', 'a');
    },
    trace: '+a.1 -a.1:crash +a.2 -a.2:crash +a.3 -a.3:crash',
    isOver: true,
  },
  {
    id: 'I12',
    root: { strategy: all, maxRestarts: 0, children: ['a', 'b', 'c'] },
    run: crash('b'),
    trace: '+a.1 +b.1 +c.1 -b.1:crash -c.1:shutdown -a.1:shutdown',
    isOver: true,
  },
  {
    id: 'I13',
    root: { strategy: rest, maxRestarts: 0, children: ['a', 'b', 'c'] },
    run: crash('b'),
    trace: '+a.1 +b.1 +c.1 -b.1:crash -c.1:shutdown -a.1:shutdown',
    isOver: true,
  },

  // 7. Failing during a restart
  {
    id: 'R1',
    root: { maxRestarts: 4, children: [{ id: 'a', ...errors('ok', 'error') }, 'b'] },
    run: crash('a'),
    trace: '+a.1 +b.1 -a.1:crash !a.2 !a.3 !a.4 !a.5 -b.1:shutdown',
    isOver: true,
  },
  {
    id: 'R3',
    root: { maxRestarts: 3, children: [{ id: 'a', ...errors('ok', 'error', 'error', 'ok') }, 'b'] },
    run: crash('a'),
    trace: '+a.1 +b.1 -a.1:crash !a.2 !a.3 +a.4',
  },
  {
    id: 'R4',
    root: { maxRestarts: 2, children: [{ id: 'a', ...errors('ok', 'error') }, 'b'] },
    run: crash('a'),
    trace: '+a.1 +b.1 -a.1:crash !a.2 !a.3 -b.1:shutdown',
    isOver: true,
  },
  {
    id: 'R6',
    root: { children: [transient('a', errors('ok', 'error', 'ok')), 'b'] },
    run: crash('a'),
    trace: '+a.1 +b.1 -a.1:crash !a.2 +a.3',
  },
  {
    id: 'R7',
    root: { children: [{ id: 'a', ...errors('ok', 'ignore') }, 'b'] },
    run: crash('a'),
    trace: '+a.1 +b.1 -a.1:crash ~a.2',
    children: 'a stopped, b running',
    counts: '2,1,0,2',
  },
  {
    id: 'R9',
    root: { strategy: all, maxRestarts: 1, children: ['a', { id: 'b', ...errors('ok', 'error') }, 'c'] },
    run: crash('a'),
    trace: '+a.1 +b.1 +c.1 -a.1:crash -c.1:shutdown -b.1:shutdown +a.2 !b.2 -a.2:shutdown',
    isOver: true,
  },
  {
    id: 'R10',
    root: { strategy: rest, children: ['a', { id: 'b', ...errors('ok', 'error', 'ok') }, 'c'] },
    run: crash('a'),
    trace: '+a.1 +b.1 +c.1 -a.1:crash -c.1:shutdown -b.1:shutdown +a.2 !b.2 +b.3 +c.2',
  },
  {
    id: 'R12',
    root: { maxRestarts: 100, children: [{ id: 'a', startsInMs: 300, ...errors('ok', 'error') }, 'b'] },
    run: async (tree) => {
      await tree.advance(300);
      await tree.end('crash', 'a');
      await tree.advance(5 * 300 + 1);
      const answers: string[] = [];
      expect(tree.children).toBe('a restarting, b running');
      expect(tree.counts).toBe('2,1,0,2');
      for (const kind of ['restart', 'delete', 'terminate', 'delete'] as const) tree.ask(kind, 'a', answers);
      await tree.advance(10_000);
      expect(answers).toEqual(['restarting', 'restarting', 'done', 'done']);
    },
    trace: '+a.1 +b.1 -a.1:crash !a.2 !a.3 !a.4 !a.5 !a.6 !a.7',
    children: 'b running',
  },
  {
    id: 'R13',
    root: { maxRestarts: 100, children: ['z', { id: 'a', startsInMs: 300, ...errors('ok', 'error') }] },
    run: async (tree) => {
      await tree.advance(300);
      await tree.end('crash', 'a');
      await tree.advance(2 * 300 + 1);
      await tree.stop();
    },
    trace: '+z.1 +a.1 -a.1:crash !a.2 !a.3 STOP !a.4 -z.1:shutdown',
    isOver: true,
  },
  {
    id: 'R15',
    root: {
      strategy: rest,
      children: ['a', 'b', { id: 'c', startsInMs: 100, ...errors('ok', 'error', 'error', 'ok') }, 'd'],
    },
    run: async (tree) => {
      await tree.advance(100);
      await tree.end('crash', 'c');
      await tree.advance(50);
      await tree.end('crash', 'a');
      await tree.advance(1_000);
    },
    trace: '+a.1 +b.1 +c.1 +d.1 -c.1:crash -d.1:shutdown -a.1:crash !c.2 -b.1:shutdown +a.2 +b.2 !c.3 +c.4 +d.2',
    children: 'a running, b running, c running, d running',
  },
  {
    id: 'R16',
    root: { maxRestarts: 2, children: ['z', sub('m', [{ id: 'a', ...errors('ok', 'error') }], { maxRestarts: 1 })] },
    run: crash('a'),
    trace:
      '+z.1 +m.1 +a.1 -a.1:crash !a.2 -m.1:shutdown +m.2 !a.3 -m.2:failed_to_start +m.3 !a.4 -m.3:failed_to_start -z.1:shutdown',
    isOver: true,
  },

  // 8. Stopping
  {
    id: 'P2',
    root: { children: ['a', { id: 'b', shutdown: 'brutal', stopsInMs: 500 }, 'c'] },
    run: stop,
    trace: '+a.1 +b.1 +c.1 STOP -c.1:shutdown -b.1:killed -a.1:shutdown',
    isOver: true,
  },
  {
    id: 'P3',
    root: { children: ['a', { id: 'b', shutdown: 'infinity', stopsInMs: 400 }, 'c'] },
    run: stop,
    trace: '+a.1 +b.1 +c.1 STOP -c.1:shutdown -b.1:shutdown -a.1:shutdown',
    isOver: true,
  },
  {
    id: 'P5',
    root: { children: ['a', { id: 'b', shutdown: 0, stopsInMs: 50 }] },
    run: stop,
    trace: '+a.1 +b.1 STOP -b.1:killed -a.1:shutdown',
    isOver: true,
  },
  {
    id: 'P6',
    root: { children: ['a', { id: 'b', stopReason: 'oops' }, 'c'] },
    run: stop,
    trace: '+a.1 +b.1 +c.1 STOP -c.1:shutdown -b.1:oops -a.1:shutdown',
    isOver: true,
  },
  {
    id: 'P8',
    root: { children: ['a', sub('m1', ['b', 'c']), sub('m2', ['d', 'e']), 'f'] },
    run: stop,
    trace:
      '+a.1 +m1.1 +b.1 +c.1 +m2.1 +d.1 +e.1 +f.1 STOP -f.1:shutdown -e.1:shutdown -d.1:shutdown -m2.1:shutdown -c.1:shutdown -b.1:shutdown -m1.1:shutdown -a.1:shutdown',
    isOver: true,
  },
  {
    id: 'P9',
    root: { children: [chainOf(50)] },
    run: stop,
    trace: [
      ...levels(50).map((id) => `+${id}.1`),
      '+leaf.1 STOP -leaf.1:shutdown',
      ...levels(50)
        .map((id) => `-${id}.1:shutdown`)
        .reverse(),
    ].join(' '),
    isOver: true,
  },
  {
    id: 'P12',
    root: { children: ['a', { id: 'b', shutdown: 150, stopsInMs: Infinity }] },
    run: async (tree) => {
      expect(await tree.administer('terminate', 'b')).toBe('no answer yet');
      await tree.advance(149);
      expect(tree.text).toBe('+a.1 +b.1');
      await tree.advance(1);
    },
    trace: '+a.1 +b.1 -b.1:killed',
    children: 'a running, b stopped',
  },
  {
    id: 'P15',
    root: { children: ['a', sub('m', ['b', 'c'])] },
    run: async (tree) => expect(await tree.administer('terminate', 'm')).toBe('done'),
    trace: '+a.1 +m.1 +b.1 +c.1 -c.1:shutdown -b.1:shutdown -m.1:shutdown',
    children: 'a running, m stopped',
  },
  {
    id: 'P17',
    root: { children: ['a', { id: 'b', stopsInMs: 100 }] },
    run: async (tree) => {
      const done: number[] = [];
      for (const time of [1, 2]) tree.askToStop(() => done.push(time));
      await tree.advance(100);
      expect(done).toEqual([1, 2]);
    },
    trace: '+a.1 +b.1 -b.1:shutdown -a.1:shutdown',
    isOver: true,
  },
  {
    id: 'P18',
    root: { children: [{ id: 'a', stopsInMs: 100 }] },
    run: async (tree) => {
      const answers: Answer[] = [];
      tree.askToStop();
      tree.askToAdd({ id: 'n' }, answers);
      await tree.advance(100);
      expect(answers).toEqual(['stopping']);
    },
    trace: '+a.1 -a.1:shutdown',
    isOver: true,
  },

  // 9. Administration
  {
    id: 'M2',
    root: { children: ['a'] },
    run: async (tree) => {
      const asked = [
        await tree.administer('terminate', 'q'),
        await tree.administer('restart', 'q'),
        await tree.administer('delete', 'q'),
        await tree.administer('restart', 'a'),
        await tree.administer('delete', 'a'),
        await tree.administer('terminate', 'a'),
        await tree.administer('terminate', 'a'),
        await tree.administer('restart', 'a'),
        await tree.administer('terminate', 'a'),
        await tree.administer('delete', 'a'),
        await tree.administer('restart', 'a'),
      ];
      expect(asked).toEqual([
        ...['not found', 'not found', 'not found', 'running', 'running'],
        ...['done', 'done', 'running', 'done', 'done', 'not found'],
      ]);
    },
    trace: '+a.1 -a.1:shutdown +a.2 -a.2:shutdown',
    children: '',
  },
  {
    id: 'M3',
    root: { children: [temporary('a')] },
    run: async (tree) => {
      await tree.administer('terminate', 'a');
      expect(await tree.administer('restart', 'a')).toBe('not found');
    },
    trace: '+a.1 -a.1:shutdown',
    children: '',
  },
  {
    id: 'M5',
    root: { children: [{ id: 'a', ...errors('ok', 'error') }] },
    run: async (tree) => {
      await tree.administer('terminate', 'a');
      expect(await tree.administer('restart', 'a')).toBe('failed');
    },
    trace: '+a.1 -a.1:shutdown !a.2',
    children: 'a stopped',
  },
  {
    id: 'M6',
    root: { maxRestarts: 0, children: ['a', 'b'] },
    run: async (tree) => void (await tree.administer('terminate', 'a')),
    trace: '+a.1 +b.1 -a.1:shutdown',
    children: 'a stopped, b running',
  },
  {
    id: 'M8',
    root: { children: ['a', 'b', 'c'] },
    run: async (tree) => {
      await tree.administer('terminate', 'a');
      await tree.administer('restart', 'a');
      await tree.stop();
    },
    trace: '+a.1 +b.1 +c.1 -a.1:shutdown +a.2 STOP -c.1:shutdown -b.1:shutdown -a.2:shutdown',
    isOver: true,
  },
  {
    id: 'M9',
    root: { children: [transient('a')] },
    run: async (tree) => {
      await tree.end('normal', 'a');
      await tree.administer('restart', 'a');
    },
    trace: '+a.1 -a.1:normal +a.2',
  },
  {
    id: 'M11',
    root: { children: ['a', sub('m', ['x']), transient('c')] },
    run: async (tree) => {
      await tree.end('normal', 'c');
      expect(tree.counts).toBe('3,2,1,2');
    },
    trace: '+a.1 +m.1 +x.1 +c.1 -c.1:normal',
    children: 'a running, m running, c stopped',
  },
  {
    id: 'M12',
    root: { children: [sub('m', ['b', 'c'])] },
    run: async (tree) => {
      await tree.administer('terminate', 'm');
      await tree.administer('restart', 'm');
    },
    trace: '+m.1 +b.1 +c.1 -c.1:shutdown -b.1:shutdown -m.1:shutdown +m.2 +b.2 +c.2',
  },

  // 10. Dynamic
  {
    id: 'Y1',
    root: { isDynamic: true, children: [] },
    run: async (tree) => {
      await tree.add({ id: 'k1' });
      await tree.add({ id: 'k2' });
      await tree.end('crash', 'k1');
    },
    trace: '+k1.1 +k2.1 -k1.1:crash +k1.2',
    children: 'k1 running, k2 running',
    counts: '1,2,0,2',
  },
  {
    id: 'Y2',
    root: { isDynamic: true, children: [], template: transient('template') },
    run: async (tree) => {
      await tree.add(transient('k1'));
      await tree.add(transient('k2'));
      await tree.end('normal', 'k1');
    },
    trace: '+k1.1 +k2.1 -k1.1:normal',
    children: 'k2 running',
    counts: '1,1,0,1',
  },
  {
    id: 'Y5',
    root: { isDynamic: true, children: [] },
    run: async (tree) => {
      expect(await tree.add({ id: 'k1', ...errors('error') })).toBe('failed');
      expect(await tree.add({ id: 'k2', ...errors('ignore') })).toBe('ignored');
    },
    trace: '!k1.1 ~k2.1',
    children: '',
  },
  {
    id: 'Y7',
    root: { isDynamic: true, children: [] },
    run: async (tree) => {
      await tree.add({ id: 'k1', ...errors('ok', 'ignore') });
      await tree.end('crash', 'k1');
    },
    trace: '+k1.1 -k1.1:crash ~k1.2',
    children: '',
  },
  {
    id: 'Y8',
    root: { isDynamic: true, children: [] },
    run: async (tree) => {
      for (const id of ['k1', 'k2', 'k3']) await tree.add({ id, stopsInMs: 200 });
      const startMs = tree.nowMs;
      tree.askToStop(() => expect(tree.nowMs - startMs).toBe(200));
      await tree.advance(199);
      expect(tree.text).toBe('+k1.1 +k2.1 +k3.1');
      await tree.advance(1);
    },
    trace: '+k1.1 +k2.1 +k3.1 -k1.1:shutdown -k2.1:shutdown -k3.1:shutdown',
    isOver: true,
  },

  // 11. Significant children
  {
    id: 'A1',
    root: { autoShutdown: 'anySignificant', children: ['a', transient('b', { significant: true }), 'c'] },
    run: (tree) => tree.end('normal', 'b'),
    trace: '+a.1 +b.1 +c.1 -b.1:normal -c.1:shutdown -a.1:shutdown',
    isOver: true,
  },
  {
    id: 'A3',
    root: { autoShutdown: 'anySignificant', children: ['a', temporary('b', { significant: true }), 'c'] },
    run: crash('b'),
    trace: '+a.1 +b.1 +c.1 -b.1:crash -c.1:shutdown -a.1:shutdown',
    isOver: true,
  },
  {
    id: 'A4',
    root: { autoShutdown: 'anySignificant', children: ['a', temporary('b', { significant: true }), 'c'] },
    run: (tree) => tree.end('killed', 'b'),
    trace: '+a.1 +b.1 +c.1 -b.1:killed -c.1:shutdown -a.1:shutdown',
    isOver: true,
  },
  {
    id: 'A6',
    root: { autoShutdown: 'anySignificant', children: ['a', transient('b', { significant: true })] },
    run: async (tree) => void (await tree.administer('terminate', 'b')),
    trace: '+a.1 +b.1 -b.1:shutdown',
  },
  {
    id: 'A7',
    root: { autoShutdown: 'anySignificant', children: [transient('a'), transient('b', { significant: true })] },
    run: (tree) => tree.end('normal', 'a'),
    trace: '+a.1 +b.1 -a.1:normal',
  },
  {
    id: 'A9',
    root: {
      autoShutdown: 'allSignificant',
      children: [temporary('s1', { significant: true }), transient('s2', { significant: true }), 'n'],
    },
    run: async (tree) => {
      await tree.end('crash', 's1');
      await tree.end('crash', 's2');
      await tree.end('normal', 's2');
    },
    trace: '+s1.1 +s2.1 +n.1 -s1.1:crash -s2.1:crash +s2.2 -s2.2:normal -n.1:shutdown',
    isOver: true,
  },
  {
    id: 'A10',
    root: {
      autoShutdown: 'allSignificant',
      children: [transient('b', { significant: true }), transient('c', { significant: true }), 'z'],
    },
    run: async (tree) => {
      await tree.administer('terminate', 'b');
      await tree.end('normal', 'c');
    },
    trace: '+b.1 +c.1 +z.1 -b.1:shutdown -c.1:normal -z.1:shutdown',
    isOver: true,
  },
  {
    id: 'A12',
    root: { strategy: all, autoShutdown: 'anySignificant', children: [temporary('a', { significant: true }), 'b'] },
    run: crash('b'),
    trace: '+a.1 +b.1 -b.1:crash -a.1:shutdown +b.2',
    children: 'b running',
  },
  {
    id: 'A15',
    root: {
      children: [
        'z',
        sub('m', [transient('a', { significant: true })], { restart: 'transient', autoShutdown: 'anySignificant' }),
      ],
    },
    run: (tree) => tree.end('normal', 'a'),
    trace: '+z.1 +m.1 +a.1 -a.1:normal -m.1:shutdown',
    children: 'z running, m stopped',
  },
  {
    id: 'A16',
    root: { children: ['z', sub('m', [transient('a', { significant: true })], { autoShutdown: 'anySignificant' })] },
    run: (tree) => tree.end('normal', 'a'),
    trace: '+z.1 +m.1 +a.1 -a.1:normal -m.1:shutdown +m.2 +a.2',
  },

  // 12. Nested supervisors
  {
    id: 'N2',
    root: { children: [sub('m', ['a'], { maxRestarts: 1 })] },
    run: async (tree) => {
      for (let time = 0; time < 3; time += 1) await tree.end('crash', 'a');
    },
    trace: '+m.1 +a.1 -a.1:crash +a.2 -a.2:crash -m.1:shutdown +m.2 +a.3 -a.3:crash +a.4',
  },
  {
    id: 'N3',
    root: { children: ['z', sub('m', ['a'], { restart: 'transient', maxRestarts: 0 })] },
    run: crash('a'),
    trace: '+z.1 +m.1 +a.1 -a.1:crash -m.1:shutdown',
    children: 'z running, m stopped',
  },
  {
    id: 'N5',
    root: { children: [sub('m', ['a'], { maxRestarts: 0 })] },
    run: async (tree) => {
      await tree.add({ id: 'dyn' }, 'm');
      await tree.end('crash', 'a');
    },
    trace: '+m.1 +a.1 +dyn.1 -a.1:crash -dyn.1:shutdown -m.1:shutdown +m.2 +a.2',
  },
  {
    id: 'N6',
    root: {
      maxRestarts: 0,
      children: [
        'z',
        sub('m', ['y', sub('n', [sub('x', ['a'], { maxRestarts: 0 })], { maxRestarts: 0 })], { maxRestarts: 0 }),
      ],
    },
    run: crash('a'),
    trace:
      '+z.1 +m.1 +y.1 +n.1 +x.1 +a.1 -a.1:crash -x.1:shutdown -n.1:shutdown -y.1:shutdown -m.1:shutdown -z.1:shutdown',
    isOver: true,
  },
  {
    id: 'N8',
    root: { strategy: all, children: [sub('m', ['a'], { maxRestarts: 0 }), sub('n', ['b', 'c'])] },
    run: crash('a'),
    trace:
      '+m.1 +a.1 +n.1 +b.1 +c.1 -a.1:crash -m.1:shutdown -c.1:shutdown -b.1:shutdown -n.1:shutdown +m.2 +a.2 +n.2 +b.2 +c.2',
  },
  {
    id: 'N9',
    root: { strategy: rest, children: ['z', sub('m', ['a'], { maxRestarts: 0 }), 'q'] },
    run: crash('a'),
    trace: '+z.1 +m.1 +a.1 +q.1 -a.1:crash -m.1:shutdown -q.1:shutdown +m.2 +a.2 +q.2',
  },
  {
    id: 'N11',
    root: { children: [sub('m', ['a'], { maxRestarts: 0 }), sub('n', ['b'])] },
    run: crash('a'),
    trace: '+m.1 +a.1 +n.1 +b.1 -a.1:crash -m.1:shutdown +m.2 +a.2',
  },

  {
    id: 'N12',
    root: {
      maxRestarts: 2,
      children: [sub('m', ['a'], { maxRestarts: 0 }), sub('n', ['b'], { maxRestarts: 0 })],
    },
    run: crash('a', 'b'),
    trace: '+m.1 +a.1 +n.1 +b.1 -a.1:crash -b.1:crash -m.1:shutdown -n.1:shutdown +m.2 +a.2 +n.2 +b.2',
    // The pretended one hears of each crash in one go.
    pretended: '+m.1 +a.1 +n.1 +b.1 -a.1:crash -b.1:crash -m.1:shutdown +m.2 +a.2 -n.1:shutdown +n.2 +b.2',
    children: 'm running, n running',
  },

  // 16. Backoff
  {
    id: 'B1',
    root: {
      maxRestarts: 100,
      children: [{ id: 'a', backoff: { minMs: 100, maxMs: 1_000 }, ...errors('ok', 'error') }],
    },
    run: async (tree) => {
      const delays: number[] = [];
      let lastMs = tree.nowMs;
      await tree.end('crash', 'a');
      let { text } = tree;
      while (delays.length < 6) {
        await tree.advance(1);
        if (tree.text === text) continue;
        ({ text } = tree);
        delays.push(tree.nowMs - lastMs);
        lastMs = tree.nowMs;
      }
      expect(delays).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    },
    trace: '+a.1 -a.1:crash !a.2 !a.3 !a.4 !a.5 !a.6 !a.7',
  },
  {
    id: 'B4',
    root: { children: [{ id: 'a', backoff: { minMs: 100 } }, 'b'] },
    run: async (tree) => {
      await tree.end('crash', 'a');
      expect(tree.children).toBe('a restarting, b running');
      expect(await tree.administer('restart', 'a')).toBe('restarting');
      await tree.end('crash', 'b');
      await tree.advance(100);
    },
    trace: '+a.1 +b.1 -a.1:crash -b.1:crash +b.2 +a.2',
  },
  {
    id: 'B6',
    root: { children: [{ id: 'a', backoff: { minMs: 100 } }, 'b'] },
    run: async (tree) => {
      await tree.end('crash', 'a');
      await tree.stop();
    },
    trace: '+a.1 +b.1 -a.1:crash STOP -b.1:shutdown',
    isOver: true,
  },
  {
    id: 'B7',
    root: { maxRestarts: 1, children: [{ id: 'a', backoff: { minMs: 2_000 } }] },
    run: async (tree) => {
      await tree.end('crash', 'a');
      await tree.advance(2_000);
      await tree.end('crash', 'a');
    },
    trace: '+a.1 -a.1:crash +a.2 -a.2:crash',
    isOver: true,
  },
  {
    id: 'B9',
    root: { strategy: all, children: ['a', { id: 'b', backoff: { minMs: 100 } }, 'c'] },
    run: async (tree) => {
      await tree.end('crash', 'b');
      expect(tree.text).toMatch(/-a\.1:shutdown$/);
      await tree.advance(100);
    },
    trace: '+a.1 +b.1 +c.1 -b.1:crash -c.1:shutdown -a.1:shutdown +a.2 +b.2 +c.2',
  },
];

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `c${index + 1}`);
}

function levels(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `lv${count - index}`);
}

export function chainOf(count: number): Plan {
  return count === 0 ? { id: 'leaf' } : sub(`lv${count}`, [chainOf(count - 1)]);
}

/** The tree of a case. */
export function rootOf({ root }: Case): TreeRoot {
  return { ...root, children: root.children.map(planOf) };
}
