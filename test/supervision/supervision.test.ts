/** What a supervisor tells of itself, and what Erlang/OTP does not have. */
import { describe, expect, test } from 'vitest';
import { FakeTree, type Plan, type SupervisorPlan } from './fake-tree.ts';

const started = (plan: Omit<SupervisorPlan, 'id'>): FakeTree => {
  const tree = new FakeTree(plan);
  tree.start();
  return tree;
};

describe('delays', () => {
  const slow: Plan = { id: 'a', backoff: { minMs: 1_000 } };

  test('the longer one counts, of the backoff and of what the message at fault needs', () => {
    const tree = started({ children: [slow] });
    tree.end('crash', 'a');
    tree.advance(1_000);
    const { child, incarnation } = tree.find('a');
    tree.root.supervision.childEnded(child, incarnation, { kind: 'crashed', error: 'boom' }, false, 5_000);
    expect(tree.root.told).toEqual(['restarting a in 1000', 'restarting a in 5000']);
  });

  test('an end of its own wish is no failure: the next delay is no longer', () => {
    const tree = started({ children: [slow] });
    for (const reason of ['normal', 'shutdown', 'crash', 'crash']) {
      tree.end(reason, 'a');
      tree.advance(2_000);
    }
    expect(tree.root.told.map((line) => line.split(' ').at(-1))).toEqual(['1000', '1000', '1000', '2000']);
  });

  test('in a hurry there are none, and what waits starts at once', () => {
    const tree = started({ children: [slow, { ...slow, id: 'b' }] });
    tree.end('crash', 'a');
    tree.root.supervision.hurry();
    tree.advance(0);
    expect(tree.children).toBe('a running, b running');
    expect(tree.clock.pending).toBe(0);
    tree.end('crash', 'b');
    expect(tree.children).toBe('a running, b running');
    expect(tree.root.told).toEqual(['restarting a in 1000', 'restarting b in 0']);
  });

  test('in a hurry a start that fails is not tried again; the others go on, and so does the supervisor', () => {
    const starts = ['ok', 'error'] as const;
    const tree = started({
      strategy: 'oneForAll',
      autoShutdown: 'anySignificant',
      children: [{ id: 'a' }, { id: 'b', restart: 'transient', significant: true, starts }, { id: 'c' }],
    });
    tree.root.supervision.hurry();
    tree.end('crash', 'a');
    tree.advance(0);
    expect(tree.children).toBe('a running, b stopped, c running');
    expect(tree.root.told).toEqual([
      'restarting a in 0',
      'left out b: b.2 does not start',
      'gone b without exit, may return',
    ]);
    expect([tree.clock.pending, tree.root.end]).toEqual([0, undefined]);
  });
});

describe('giving up', () => {
  test('says which child, of what, and when', () => {
    const tree = started({ maxRestarts: 1, children: ['a', 'b'].map((id) => ({ id })) });
    tree.end('crash', 'a');
    tree.advance(100);
    tree.end('killed', 'b');
    const failure = { wallMs: expect.any(Number) as number, regeneration: 0 };
    expect(tree.root.end).toEqual({
      kind: 'gaveUp',
      why: 'limit',
      child: 'b',
      path: ['b'],
      cause: 'killed',
      limit: 'supervisor',
      maxRestarts: 1,
      periodMs: 10_000,
      restartsMs: [0, 100],
      failures: [
        { ...failure, child: 'a', error: new Error('crash') },
        { ...failure, child: 'b', error: 'killed' },
      ],
      below: undefined,
    });
    expect(tree.root.told).toEqual(['restarting a in 0', 'gaveUp b limit']);
  });

  test('a child may have a limit of its own, under a supervisor that has none', () => {
    const tree = started({ maxRestarts: Infinity, children: [{ id: 'a', maxRestarts: 1, periodMs: 50 }, { id: 'b' }] });
    for (let time = 0; time < 5; time += 1) tree.end('crash', 'b');
    tree.end('crash', 'a');
    tree.advance(51);
    tree.end('crash', 'a');
    expect(tree.root.end).toBeUndefined();
    tree.end('crash', 'a');
    expect(tree.root.end).toMatchObject({
      child: 'a',
      limit: 'child',
      maxRestarts: 1,
      periodMs: 50,
      restartsMs: [51, 51],
    });
    expect(tree.root.end).toMatchObject({ failures: [{ regeneration: 0 }, { regeneration: 1 }, { regeneration: 2 }] });
  });

  test('carries its cause through all levels', () => {
    const never = { maxRestarts: 0 };
    const inner = { id: 'inner', ...never, children: [{ id: 'leaf' }] };
    const tree = started({ ...never, children: [{ id: 'middle', ...never, children: [inner] }] });
    tree.end('boom', 'leaf');
    expect(tree.root.end).toMatchObject({
      child: 'middle',
      path: ['middle', 'inner', 'leaf'],
      cause: new Error('boom'),
    });
    expect(tree.root.end).toMatchObject({ below: { child: 'inner', below: { child: 'leaf', below: undefined } } });
  });

  test('does not let the report grow with the failures', () => {
    const tree = started({ maxRestarts: 500, children: [{ id: 'a' }] });
    for (let time = 0; time <= 500; time += 1) tree.end('crash', 'a');
    const { end } = tree.root;
    expect(end?.kind === 'gaveUp' ? end.failures.map(({ regeneration }) => regeneration) : []).toEqual(
      Array.from({ length: 20 }, (_, index) => 481 + index),
    );
  });
});

describe('a child that does not come back by itself', () => {
  const told = (plan: Plan, run: (tree: FakeTree) => void, more: Partial<SupervisorPlan> = {}): readonly string[] => {
    const tree = started({ children: more.isDynamic === true ? [] : [plan], ...more });
    if (more.isDynamic === true) tree.add(plan);
    run(tree);
    return tree.root.told.filter((line) => line.startsWith('gone'));
  };
  const ends =
    (reason: string) =>
    (tree: FakeTree): void =>
      tree.end(reason, 'a');

  test.each<[string, Plan, (tree: FakeTree) => void, readonly string[], Partial<SupervisorPlan>?]>([
    ['transient', { id: 'a', restart: 'transient' }, ends('normal'), ['gone a normal, may return']],
    ['temporary', { id: 'a', restart: 'temporary' }, ends('crash'), ['gone a crashed']],
    ['dynamic', { id: 'a', restart: 'transient' }, ends('normal'), ['gone a normal'], { isDynamic: true }],
    ['completed', { id: 'a' }, ends('completed'), ['gone a completed, may return']],
    ['ignored', { id: 'a', starts: ['ignore'] }, () => undefined, ['gone a without exit, may return']],
    ['could not be added', { id: 'a', starts: ['error'] }, () => undefined, [], { isDynamic: true }],
    ['terminated', { id: 'a' }, (tree) => void tree.administer('terminate', 'a'), []],
    [
      'deleted',
      { id: 'a' },
      (tree) => void (tree.administer('terminate', 'a') + tree.administer('delete', 'a')),
      ['gone a without exit'],
    ],
    [
      'temporary, terminated',
      { id: 'a', restart: 'temporary' },
      (tree) => void tree.administer('terminate', 'a'),
      ['gone a without exit'],
    ],
    ['its supervisor stops', { id: 'a', restart: 'temporary' }, (tree) => tree.stop(), []],
    ['comes back', { id: 'a' }, ends('crash'), []],
  ])('%s', (_, plan, run, expected, more = {}) => {
    expect(told(plan, run, more)).toEqual(expected);
  });

  test('comes back with its group, and is told again', () => {
    const tree = started({ strategy: 'oneForAll', children: [{ id: 'a', restart: 'transient' }, { id: 'b' }] });
    tree.end('normal', 'a');
    tree.end('crash', 'b');
    tree.end('normal', 'a');
    expect(tree.root.told.filter((line) => line.startsWith('gone'))).toHaveLength(2);
  });
});

test('a supervisor that has ended still knows what it had', () => {
  const tree = started({ children: [{ id: 'a' }, { id: 't', restart: 'temporary' }] });
  tree.stop();
  expect(tree.children).toBe('a stopped, t stopped');
});
