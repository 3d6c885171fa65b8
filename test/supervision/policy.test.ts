/** What a policy may answer, and what that means under each strategy. */
import { describe, expect, test } from 'vitest';
import type { ChildEvent, PolicyAnswer } from '../../src/supervision/directive.ts';
import type { Strategy } from '../../src/supervision/child-table.ts';
import { FakeTree, type Plan, type SupervisorPlan } from './fake-tree.ts';

type Policy = NonNullable<SupervisorPlan['policy']>;

const a: Plan = { id: 'a' };
const b: Plan = { id: 'b' };
const c: Plan = { id: 'c' };

/** Answers so to every failure, and nothing to all else. */
const onFailure =
  (answer: PolicyAnswer<Plan>): Policy =>
  ({ kind }) =>
    kind === 'failed' ? answer : undefined;

function started(plan: Omit<SupervisorPlan, 'id'>): FakeTree {
  const tree = new FakeTree(plan);
  tree.start();
  tree.advance(0);
  return tree;
}

const crashOfB: readonly [Strategy, PolicyAnswer<Plan>, string, string][] = [
  ['oneForOne', 'default', '+b.2', 'a running, b running, c running'],
  ['oneForAll', 'default', '-c.1:shutdown -a.1:shutdown +a.2 +b.2 +c.2', 'a running, b running, c running'],
  ['restForOne', 'default', '-c.1:shutdown +b.2 +c.2', 'a running, b running, c running'],
  ['oneForOne', 'restart', '+b.2', 'a running, b running, c running'],
  ['oneForAll', 'restart', '-c.1:shutdown -a.1:shutdown +a.2 +b.2 +c.2', 'a running, b running, c running'],
  ['restForOne', 'restart', '-c.1:shutdown +b.2 +c.2', 'a running, b running, c running'],
  ['oneForOne', 'stop', '', 'a running, b stopped, c running'],
  ['oneForAll', 'stop', '', 'a running, b stopped, c running'],
  ['restForOne', 'stop', '', 'a running, b stopped, c running'],
  ['oneForOne', 'resume', '=b.1', 'a running, b running, c running'],
  ['oneForAll', 'resume', '=b.1', 'a running, b running, c running'],
  ['restForOne', 'resume', '=b.1', 'a running, b running, c running'],
  ['oneForOne', 'escalate', '-c.1:shutdown -a.1:shutdown', 'a stopped, b stopped, c stopped'],
  ['oneForAll', 'escalate', '-c.1:shutdown -a.1:shutdown', 'a stopped, b stopped, c stopped'],
  ['restForOne', 'escalate', '-c.1:shutdown -a.1:shutdown', 'a stopped, b stopped, c stopped'],
  ['oneForOne', { replace: { id: 'x' } }, '+x.1', 'a running, b running, c running'],
  [
    'oneForAll',
    { replace: { id: 'x' } },
    '-c.1:shutdown -a.1:shutdown +a.2 +x.1 +c.2',
    'a running, b running, c running',
  ],
  ['restForOne', { replace: { id: 'x' } }, '-c.1:shutdown +x.1 +c.2', 'a running, b running, c running'],
];

describe('B16, B15: b crashes', () => {
  test.each(crashOfB)('%s, %o', (strategy, answer, then, children) => {
    const tree = started({ strategy, children: [a, b, c], policy: onFailure(answer) });
    tree.end('crash', 'b');
    tree.advance(0);
    expect(tree.text).toBe(['+a.1 +b.1 +c.1 -b.1:crash', then].join(' ').trim());
    expect(tree.children).toBe(children);
    expect(tree.leftovers).toEqual([]);
  });
});

describe('an answer', () => {
  test('restart brings back what the restart type would not', () => {
    const policy: Policy = ({ kind }) => (kind === 'started' ? undefined : 'restart');
    const children: Plan[] = [
      { id: 't', restart: 'temporary' },
      { id: 'n', restart: 'transient' },
    ];
    const tree = started({ children, policy });
    tree.end('crash', 't');
    tree.end('normal', 'n');
    expect(tree.text).toBe('+t.1 +n.1 -t.1:crash +t.2 -n.1:normal +n.2');
  });

  test('restart counts against the limit', () => {
    const tree = started({ maxRestarts: 1, children: [a], policy: onFailure('restart') });
    tree.end('crash', 'a');
    tree.end('crash', 'a');
    expect(tree.root.end).toMatchObject({ kind: 'gaveUp', why: 'limit', cause: new Error('crash') });
  });

  test('restart with a delay takes the place of the backoff, in a hurry it does not', () => {
    const policy = onFailure({ restart: { delayMs: 70 } });
    const tree = started({ children: [{ ...a, backoff: { minMs: 1_000 } }], policy });
    tree.end('crash', 'a');
    tree.advance(69);
    expect(tree.children).toBe('a restarting');
    tree.advance(1);
    expect(tree.children).toBe('a running');
    tree.root.supervision.hurry();
    tree.end('crash', 'a');
    expect(tree.root.told).toEqual(['restarting a in 70', 'restarting a in 0']);
  });

  test('stop, resume and escalate count nothing, and stop may be taken back', () => {
    const answers: PolicyAnswer<Plan>[] = ['resume', 'resume', 'stop', 'resume', 'escalate'];
    const policy: Policy = ({ kind }) => (kind === 'failed' ? answers.shift() : undefined);
    const tree = started({ maxRestarts: 0, children: [a], policy });
    for (let time = 0; time < 3; time += 1) tree.end('crash', 'a');
    expect(tree.administer('restart', 'a')).toBe('running');
    tree.end('crash', 'a');
    tree.end('crash', 'a');
    expect(tree.text).toBe('+a.1 -a.1:crash =a.1 -a.1:crash =a.1 -a.1:crash +a.2 -a.2:crash =a.2 -a.2:crash');
    const told = ['resumed a', 'resumed a', 'gone a crashed, may return', 'resumed a', 'gaveUp a escalated'];
    expect(tree.root.told).toEqual(told);
  });

  test('stop of a significant child is its end: it may end the supervisor', () => {
    const children: Plan[] = [a, { ...b, restart: 'transient', significant: true }];
    const tree = started({ autoShutdown: 'anySignificant', children, policy: onFailure('stop') });
    tree.end('crash', 'b');
    expect(tree.text).toBe('+a.1 +b.1 -b.1:crash -a.1:shutdown');
    expect(tree.root.end).toEqual({ kind: 'autoShutdown', child: 'b' });
  });

  test('resume is the default for a kill, a failed start and a supervisor', () => {
    const m: SupervisorPlan = { id: 'm', maxRestarts: 0, children: [b] };
    const policy: Policy = ({ kind }) => (kind === 'started' ? undefined : 'resume');
    const tree = started({ children: [{ ...a, starts: ['ok', 'error', 'ok'] }, m], policy });
    tree.end('killed', 'a');
    tree.advance(0);
    tree.end('crash', 'b');
    expect(tree.text).toBe('+a.1 +m.1 +b.1 -a.1:killed !a.2 +a.3 -b.1:crash -m.1:shutdown +m.2 +b.2');
  });

  test('stop of a member that cannot start again lets the rest of the group start', () => {
    const policy: Policy = (event) => (event.kind === 'failed' && event.exit === undefined ? 'stop' : undefined);
    const tree = started({ strategy: 'oneForAll', children: [a, { ...b, starts: ['ok', 'error'] }, c], policy });
    tree.end('crash', 'c');
    expect(tree.text).toBe('+a.1 +b.1 +c.1 -c.1:crash -b.1:shutdown -a.1:shutdown +a.2 !b.2 +c.2');
    expect(tree.children).toBe('a running, b stopped, c running');
  });

  test('a replacement is kept as its own spec says, and knows nothing of earlier failures', () => {
    const other: Plan = { id: 'x', restart: 'temporary' };
    const answers = [undefined, { replace: other }, undefined];
    const policy: Policy = ({ kind }) => (kind === 'failed' ? answers.shift() : undefined);
    const tree = started({ children: [{ ...a, maxRestarts: 1 }, b], policy });
    tree.end('crash', 'a');
    tree.end('crash', 'a');
    expect(tree.find('a').name).toBe('x.1');
    tree.end('crash', 'a');
    expect(tree.text).toBe('+a.1 +b.1 -a.1:crash +a.2 -a.2:crash +x.1 -x.1:crash');
    expect(tree.children).toBe('b running');
  });
});

describe('B15: an escalation', () => {
  class Unrecoverable extends Error {}

  test('is decided by the class of the error, and a failure to the supervisor above, which restarts a transient one', () => {
    const policy: Policy = (event) =>
      event.kind === 'failed' && event.cause instanceof Unrecoverable ? 'escalate' : 'default';
    const m: SupervisorPlan = { id: 'm', restart: 'transient', children: [a, b], policy };
    const tree = started({ children: [{ id: 'z' }, m], policy: () => undefined });
    tree.end('crash', 'a');
    const { child, incarnation, parent } = tree.find('a');
    tree.find('a').alive = false;
    parent.supervision.childEnded(child, incarnation, { kind: 'crashed', error: new Unrecoverable('X') }, true);
    expect(tree.text).toBe('+z.1 +m.1 +a.1 +b.1 -a.1:crash +a.2 -b.1:shutdown -m.1:X +m.2 +a.3 +b.2');
    tree.advance(0);
    expect(tree.root.asked).toEqual(['started z', 'started m', 'failed m', 'started m']);
  });

  test('hands its cause up', () => {
    const seen: ChildEvent<Plan>[] = [];
    const m: SupervisorPlan = { id: 'm', children: [a], policy: onFailure('escalate') };
    const tree = started({ children: [m], policy: (event) => (seen.push(event), onFailure('escalate')(event)) });
    tree.end('boom', 'a');
    const cause = new Error('boom');
    expect(seen.at(-1)).toMatchObject({ kind: 'failed', cause, gaveUp: { why: 'escalated', path: ['a'] } });
    expect(tree.root.end).toMatchObject({ why: 'escalated', path: ['m', 'a'], cause, below: { child: 'a' } });
  });
});

describe('a policy', () => {
  test('hears what children do by themselves, in order, and the default decides where it says nothing', () => {
    const m: SupervisorPlan = { id: 'm', maxRestarts: 0, children: [c] };
    const tree = started({ children: [a, { ...b, restart: 'transient' }, m], policy: () => undefined });
    tree.end('crash', 'a');
    tree.end('normal', 'b');
    tree.end('killed', 'c');
    tree.administer('terminate', 'a');
    tree.administer('restart', 'a');
    const later = ['failed a', 'started a', 'terminated b', 'gaveUp m', 'started m', 'started a'];
    expect(tree.root.asked).toEqual(['started a', 'started b', 'started m', ...later]);
  });

  test('is told how many restarts there were', () => {
    const seen: number[] = [];
    const policy: Policy = (event) => void (event.kind === 'failed' && seen.push(event.restarts));
    const tree = started({ children: [a], policy });
    for (let time = 0; time < 3; time += 1) tree.end('crash', 'a');
    expect(seen).toEqual([0, 1, 2]);
  });

  test('holds up what comes after it, for as long as it takes', () => {
    const tree = started({ children: [a, b], policy: onFailure('restart'), policyTakesMs: 100 });
    tree.advance(200);
    tree.end('crash', 'a', 'b');
    expect(tree.administer('terminate', 'b')).toBe('no answer yet');
    tree.advance(100);
    expect(tree.text).toBe('+a.1 +b.1 -a.1:crash -b.1:crash +a.2');
    tree.advance(1_000);
    expect(tree.text).toBe('+a.1 +b.1 -a.1:crash -b.1:crash +a.2 +b.2 -b.2:shutdown');
  });

  test.each<[string, unknown, string]>([
    ['a word that is none', 'retry', 'got "retry" (string)'],
    ['an empty object', {}, 'got a value of type object'],
    ['two at once', { restart: { delayMs: 1 }, replace: a }, 'got a value of type object'],
    ['null', null, 'got null'],
    ['a list', [], 'got an array'],
    ['no delay', { restart: {} }, 'onChildEvent: restart.delayMs must be a number of 0 or more, got undefined'],
    ['a negative delay', { restart: { delayMs: -1 } }, 'got -1 (number)'],
  ])('fails with its supervisor if it answers %s', (_, answer, text) => {
    const tree = started({ children: [a, b], policy: onFailure(answer as PolicyAnswer<Plan>) });
    tree.end('crash', 'a');
    expect(tree.text).toBe('+a.1 +b.1 -a.1:crash -b.1:shutdown');
    const { end } = tree.root;
    expect(end).toMatchObject({ kind: 'gaveUp', why: 'policyFailed', child: 'a', path: [] });
    expect(String(end?.kind === 'gaveUp' ? end.cause : '')).toContain(text);
  });

  test('C5: that throws fails its supervisor, and the one above hears of nobody else', () => {
    const policy: Policy = ({ kind }) => {
      if (kind === 'failed') throw new Error('policy');
    };
    const m: SupervisorPlan = { id: 'm', children: [a, b], policy };
    const tree = started({ children: [m], policy: () => undefined });
    tree.end('crash', 'a');
    expect(tree.text).toBe('+m.1 +a.1 +b.1 -a.1:crash -b.1:shutdown -m.1:policy +m.2 +a.2 +b.2');
    expect(tree.root.asked).toEqual(['started m', 'failed m', 'started m']);
  });

  test('that throws on a start fails its supervisor once the start is done', () => {
    const policy: Policy = ({ kind }) => {
      if (kind === 'started') throw new Error('policy');
    };
    const tree = new FakeTree({ children: [a, b], policy });
    expect(tree.start()?.kind).toBe('running');
    expect(tree.text).toBe('+a.1 +b.1 -b.1:shutdown -a.1:shutdown');
    expect(tree.root.end).toMatchObject({ why: 'policyFailed', child: 'a' });
  });

  test('the answer to a start and to a completion is not looked at', () => {
    const tree = started({ children: [a, b], policy: () => 'restart' });
    tree.end('completed', 'a');
    expect(tree.text).toBe('+a.1 +b.1 -a.1:completed');
    expect(tree.children).toBe('a stopped, b running');
  });
});
