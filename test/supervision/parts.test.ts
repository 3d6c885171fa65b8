/** Breakers, fallbacks, alerts, delays and other limits of a child, under a supervisor. */
import { describe, expect, test } from 'vitest';
import { FakeTree, type Plan, type SupervisorPlan } from './fake-tree.ts';

function started(plan: Omit<SupervisorPlan, 'id'>): FakeTree {
  const tree = new FakeTree(plan);
  tree.start();
  return tree;
}

const unlimited = { maxRestarts: 1_000 };

describe('B11: a fallback', () => {
  const fallback = { after: 3, returnAfterMs: 60_000, resetAfterMs: 10_000 };

  test('takes over after so many failed attempts: the fourth start is its', () => {
    const tree = started({ children: [{ id: 'a', fallback, starts: ['ok', 'error', 'error', 'ok'] }, { id: 'b' }] });
    tree.end('crash', 'a');
    tree.advance(0);
    expect(tree.text).toBe('+a.1 +b.1 -a.1:crash !a.2 !a.3 +a.4(fallback)');
    expect(tree.root.told.filter((line) => line.startsWith('fallback'))).toEqual(['fallback a on']);
  });

  test('starts at once, and its own failures have delays of their own', () => {
    const tree = started({ ...unlimited, children: [{ id: 'a', fallback, backoff: { minMs: 100 } }] });
    for (let time = 0; time < 4; time += 1) {
      tree.end('crash', 'a');
      tree.advance(1_000);
    }
    const told = [
      'restarting a in 100',
      'restarting a in 200',
      'fallback a on',
      'restarting a in 0',
      'restarting a in 100',
    ];
    expect(tree.root.told).toEqual(told);
    expect(tree.find('a').name).toBe('a.5(fallback)');
  });

  test('is left again after a while; one failure brings it back, a quiet time earns all attempts back', () => {
    const tree = started({ ...unlimited, children: [{ id: 'a', fallback }, { id: 'b' }] });
    for (let time = 0; time < 3; time += 1) tree.end('crash', 'a');
    tree.advance(59_999);
    expect(tree.find('a').name).toBe('a.4(fallback)');
    tree.advance(1);
    expect(tree.find('a').name).toBe('a.5');
    tree.end('crash', 'a');
    expect(tree.find('a').name).toBe('a.6(fallback)');
    tree.advance(60_000 + 10_000);
    for (let time = 0; time < 2; time += 1) tree.end('crash', 'a');
    expect(tree.find('a').name).toBe('a.9');
    tree.end('crash', 'a');
    expect(tree.text).toBe(
      '+a.1 +b.1 -a.1:crash +a.2 -a.2:crash +a.3 -a.3:crash +a.4(fallback) -a.4(fallback):shutdown +a.5 -a.5:crash ' +
        '+a.6(fallback) -a.6(fallback):shutdown +a.7 -a.7:crash +a.8 -a.8:crash +a.9 -a.9:crash +a.10(fallback)',
    );
  });

  test('is back at once if the way back fails at the start, and the way back restarts the group', () => {
    const starts = ['ok', 'ok', 'ok', 'ok', 'error', 'ok'] as const;
    const tree = started({
      ...unlimited,
      strategy: 'oneForAll',
      children: [{ id: 'a', fallback, starts }, { id: 'b' }],
    });
    for (let time = 0; time < 3; time += 1) tree.end('crash', 'a');
    tree.advance(60_000);
    expect(tree.text).toMatch(/\+b\.4 -b\.4:shutdown -a\.4\(fallback\):shutdown !a\.5 \+a\.6\(fallback\) \+b\.5$/);
  });

  test('has no way back in a hurry, nor one that outlives it', () => {
    const tree = started({ ...unlimited, children: [{ id: 'a', fallback: { ...fallback, after: 1 } }] });
    tree.end('crash', 'a');
    expect(tree.clock.pending).toBe(1);
    tree.end('crash', 'a');
    expect(tree.clock.pending).toBe(1);
    tree.root.supervision.hurry();
    expect(tree.clock.pending).toBe(0);
    tree.end('crash', 'a');
    expect(tree.clock.pending).toBe(0);
    expect(tree.find('a').name).toBe('a.4(fallback)');
  });

  test('has a way back of its own in each incarnation', () => {
    const a: Plan = { id: 'a', fallback: { ...fallback, after: 1 } };
    const tree = started({ ...unlimited, children: [a] });
    tree.end('crash', 'a');
    tree.advance(59_000);
    tree.root.supervision.add(tree.newChildOf({ id: 'slow', startsInMs: 2_000 }), () => undefined);
    tree.end('crash', 'a');
    tree.advance(2_000); // the way back was due while the supervisor had its hands full
    expect(tree.find('a').name).toBe('a.3(fallback)');
    tree.advance(59_999);
    expect(tree.find('a').name).toBe('a.3(fallback)');
    tree.advance(1);
    expect(tree.find('a').name).toBe('a.4');
  });

  test('does not count ends of its own wish, but further attempts at one message', () => {
    const tree = started({ children: [{ id: 'a', fallback: { ...fallback, after: 2 } }] });
    tree.end('normal', 'a');
    tree.end('crash', 'a');
    expect(tree.find('a').name).toBe('a.3');
    const { child, incarnation, parent } = tree.find('a');
    tree.find('a').alive = false;
    parent.supervision.childEnded(child, incarnation, { kind: 'crashed', error: 'boom' }, false);
    expect(tree.find('a').name).toBe('a.4(fallback)');
  });
});

describe('B12: an alert', () => {
  const alert = { moreThan: 2, withinMs: 60_000 };

  test('comes at the third restart within the time, once, and again after it was quiet; restarts go on', () => {
    const tree = started({ ...unlimited, children: [{ id: 'a', alert }] });
    const alerts: number[] = [];
    for (let restart = 1; restart <= 9; restart += 1) {
      if (restart === 6) tree.advance(60_001);
      tree.end('crash', 'a');
      tree.advance(10);
      if (tree.root.told.at(-2)?.startsWith('alert') === true) alerts.push(restart);
    }
    expect(alerts).toEqual([3, 8]);
    expect(tree.root.told.find((line) => line.startsWith('alert'))).toBe('alert a more than 2 in 60000');
    expect(tree.find('a').name).toBe('a.10');
  });

  test('does not come with a restart that there is none of any more', () => {
    const tree = started({ maxRestarts: 2, children: [{ id: 'a', alert }] });
    for (let time = 0; time < 3; time += 1) tree.end('crash', 'a');
    expect(tree.root.told).toEqual(['restarting a in 0', 'restarting a in 0', 'gaveUp a limit']);
  });
});

describe('B13: a breaker', () => {
  const breaker = { maxFailures: 3, periodMs: 60_000, resetTimeoutMs: 1_000 };
  const told = (tree: FakeTree): readonly string[] => tree.root.told.filter((line) => line.startsWith('breaker'));

  test('opens at the third failure, tries one start after its time, and closes if it succeeds', () => {
    const tree = started({ children: [{ id: 'a', breaker }, { id: 'b' }] });
    for (let time = 0; time < 3; time += 1) tree.end('crash', 'a');
    expect(tree.children).toBe('a restarting, b running');
    expect(tree.administer('restart', 'a')).toBe('restarting');
    tree.advance(999);
    expect(told(tree)).toEqual(['breaker a open']);
    tree.advance(1);
    expect(told(tree)).toEqual(['breaker a open', 'breaker a halfOpen', 'breaker a closed']);
    for (let time = 0; time < 2; time += 1) tree.end('crash', 'a');
    expect(tree.find('a').name).toBe('a.6');
  });

  test('opens again for as long if the one start fails, without end and without a limit', () => {
    const starts = ['ok', 'ok', 'ok', 'error', 'error', 'error', 'error', 'error', 'error', 'ok'] as const;
    const tree = started({ maxRestarts: 2, children: [{ id: 'a', breaker, starts }] });
    for (let time = 0; time < 3; time += 1) tree.end('crash', 'a');
    tree.advance(6_999);
    expect(tree.children).toBe('a restarting');
    tree.advance(1);
    expect(tree.text).toMatch(/-a\.3:crash !a\.4 !a\.5 !a\.6 !a\.7 !a\.8 !a\.9 \+a\.10$/);
    expect(told(tree)).toHaveLength(2 * 7 + 1);
  });

  test('keeps its group waiting', () => {
    const tree = started({ strategy: 'oneForAll', children: [{ id: 'a', breaker }, { id: 'b' }] });
    for (let time = 0; time < 3; time += 1) tree.end('crash', 'a');
    expect(tree.children).toBe('a restarting, b stopped');
    tree.advance(1_000);
    expect(tree.children).toBe('a running, b running');
  });

  test('may be overruled: terminated and restarted by an operator, who closes it', () => {
    const tree = started({ children: [{ id: 'a', breaker }] });
    for (let time = 0; time < 3; time += 1) tree.end('crash', 'a');
    expect([tree.administer('terminate', 'a'), tree.administer('restart', 'a')]).toEqual(['done', 'running']);
    expect(told(tree)).toEqual(['breaker a open', 'breaker a halfOpen', 'breaker a closed']);
    expect(tree.clock.pending).toBe(0);
  });

  test('counts further attempts at one message as well, which the limit does not', () => {
    const tree = started({ maxRestarts: 1, children: [{ id: 'a', breaker }] });
    for (const counts of [true, false, false]) {
      const running = tree.find('a');
      running.alive = false;
      tree.root.supervision.childEnded(running.child, running.incarnation, { kind: 'crashed', error: 'boom' }, counts);
    }
    expect([tree.children, told(tree), tree.root.end]).toEqual(['a restarting', ['breaker a open'], undefined]);
  });

  test('is out of action in a hurry, where the limits count instead', () => {
    const tree = started({ maxRestarts: 4, children: [{ id: 'a', breaker }] });
    for (let time = 0; time < 3; time += 1) tree.end('crash', 'a');
    tree.root.supervision.hurry();
    tree.advance(0);
    for (let time = 0; time < 3; time += 1) tree.end('crash', 'a');
    expect(tree.text).toMatch(/-a\.3:crash \+a\.4 -a\.4:crash \+a\.5 -a\.5:crash \+a\.6 -a\.6:crash$/);
    expect(tree.root.end).toMatchObject({ why: 'limit' });
  });

  test('is closed when a fallback or a replacement takes over', () => {
    const fallback = { after: 4, returnAfterMs: Infinity, resetAfterMs: Infinity };
    const starts = ['ok', 'ok', 'ok', 'error', 'ok'] as const;
    const tree = started({ ...unlimited, children: [{ id: 'a', breaker, fallback, starts }] });
    for (let time = 0; time < 3; time += 1) tree.end('crash', 'a');
    tree.advance(1_000);
    expect(tree.text).toMatch(/-a\.3:crash !a\.4 \+a\.5\(fallback\)$/);
    expect(told(tree)).toEqual(['breaker a open', 'breaker a halfOpen', 'breaker a closed']);
  });
});

describe('delays', () => {
  test('B3: a child that lasts long enough after it came back starts from the shortest delay again', () => {
    const backoff = { minMs: 100, maxMs: 1_000, resetAfterMs: 550 };
    const delays = (upMs: number): readonly string[] => {
      const tree = started({ ...unlimited, children: [{ id: 'a', backoff }] });
      for (let time = 0; time < 3; time += 1) {
        tree.end('crash', 'a');
        tree.advance(100 * 2 ** time + (time < 2 ? 0 : upMs));
      }
      tree.end('crash', 'a');
      return tree.root.told.map((line) => line.replace(/.* in /, ''));
    };
    expect(delays(550)).toEqual(['100', '200', '400', '100']);
    expect(delays(549)).toEqual(['100', '200', '400', '800']);
  });

  test('B3: the delay itself is no quiet time', () => {
    const backoff = { minMs: 1_000, resetAfterMs: 500 };
    const tree = started({ ...unlimited, children: [{ id: 'a', backoff, starts: ['ok', 'error'] }] });
    tree.end('crash', 'a');
    tree.advance(3_000);
    expect(tree.root.told).toEqual(['restarting a in 1000', 'restarting a in 2000', 'restarting a in 4000']);
  });

  test('a supervisor that gives up has failed: its delays grow, those after an auto shutdown do not', () => {
    const m: SupervisorPlan = { id: 'm', maxRestarts: 0, backoff: { minMs: 100 }, children: [{ id: 'a' }] };
    const gaveUp = started({ ...unlimited, children: [m] });
    const significant: Plan = { id: 'a', restart: 'transient', significant: true };
    const over = started({
      ...unlimited,
      children: [{ ...m, autoShutdown: 'anySignificant', children: [significant] }],
    });
    for (let time = 0; time < 3; time += 1) {
      gaveUp.end('crash', 'a');
      over.end('normal', 'a');
      for (const tree of [gaveUp, over]) tree.advance(1_000);
    }
    expect(gaveUp.root.told).toEqual(['restarting m in 100', 'restarting m in 200', 'restarting m in 400']);
    expect(over.root.told).toEqual(Array.from({ length: 3 }, () => 'restarting m in 100'));
  });

  const merging = (backoffOfA: number, rest: Partial<SupervisorPlan> = {}): FakeTree => {
    const children: Plan[] = [
      { id: 'a', backoff: { minMs: backoffOfA } },
      { id: 'b' },
      { id: 'c', backoff: { minMs: 1_000 } },
      { id: 'd' },
    ];
    const tree = started({ strategy: 'restForOne', children, ...rest });
    tree.end('crash', 'c');
    tree.advance(300);
    tree.end('crash', 'a');
    return tree;
  };

  test.each([
    [100, 1_000],
    [700, 1_000],
    [900, 1_200],
  ])('B9: an earlier child that crashes with a delay of %i makes one group, which starts at %i', (delayMs, startMs) => {
    const tree = merging(delayMs);
    expect(tree.children).toBe('a restarting, b stopped, c stopped, d stopped');
    tree.advance(startMs - 301);
    expect(tree.text).toBe('+a.1 +b.1 +c.1 +d.1 -c.1:crash -d.1:shutdown -a.1:crash -b.1:shutdown');
    expect(tree.clock.pending).toBe(1);
    tree.advance(1);
    expect(tree.text).toMatch(/-b\.1:shutdown \+a\.2 \+b\.2 \+c\.2 \+d\.2$/);
  });

  test('B10: failed starts have the same delays, and each counts one restart', () => {
    const tree = started({ maxRestarts: 3, children: [{ id: 'a', backoff: { minMs: 100 }, starts: ['ok', 'error'] }] });
    tree.end('crash', 'a');
    tree.advance(100 + 200 + 399);
    expect(tree.text).toBe('+a.1 -a.1:crash !a.2 !a.3');
    tree.advance(1);
    expect(tree.text).toBe('+a.1 -a.1:crash !a.2 !a.3 !a.4');
    expect(tree.root.end).toMatchObject({ restartsMs: [0, 100, 300, 700] });
  });

  test('a child that is started by an operator while its group waits is started again with it', () => {
    const tree = started({ strategy: 'oneForAll', children: [{ id: 'a', backoff: { minMs: 100 } }, { id: 'b' }] });
    tree.end('crash', 'a');
    expect(tree.administer('restart', 'b')).toBe('running');
    tree.advance(100);
    expect(tree.text).toBe('+a.1 +b.1 -a.1:crash -b.1:shutdown +b.2 -b.2:shutdown +a.2 +b.3');
  });
});

describe('I15: a quiet time', () => {
  const crashes = (quietMs: number): FakeTree => {
    const tree = started({ maxRestarts: 2, resetAfterMs: 2_000, children: [{ id: 'a' }] });
    tree.end('crash', 'a');
    tree.end('crash', 'a');
    tree.advance(quietMs);
    tree.end('crash', 'a');
    return tree;
  };

  test('has all earlier restarts forgotten', () => {
    expect(crashes(3_000).text).toBe('+a.1 -a.1:crash +a.2 -a.2:crash +a.3 -a.3:crash +a.4');
    expect(crashes(2_000).root.end).toBeUndefined();
    expect(crashes(1_999).root.end).toMatchObject({ restartsMs: [0, 0, 1_999] });
  });
});

describe('a dynamic supervisor', () => {
  const dynamic = (more: Partial<SupervisorPlan> = {}): FakeTree => started({ isDynamic: true, children: [], ...more });

  test('has so many children at the most, and room again when one has gone', () => {
    const tree = dynamic({ maxChildren: 2 });
    const add = (id: string): string => tree.add({ id, restart: 'temporary' });
    expect(['k1', 'k2', 'k3'].map(add)).toEqual(['running', 'running', 'too many children']);
    expect(tree.add({ id: 'k1' })).toBe('already started');
    tree.end('crash', 'k1');
    expect(add('k3')).toBe('running');
  });

  test('Y4: terminates, but neither restarts nor deletes', () => {
    const tree = dynamic();
    tree.add({ id: 'k1' });
    expect(tree.administer('terminate', 'k1')).toBe('done');
    expect(tree.administer('terminate', 'k1')).toBe('not found');
    const no = 'not for a dynamic supervisor';
    expect([tree.administer('restart', 'k1'), tree.administer('delete', 'k1')]).toEqual([no, no]);
  });

  test('Y1, Y2: counts its template and its children', () => {
    const tree = dynamic();
    tree.add({ id: 'k1', restart: 'transient' });
    tree.add({ id: 'k2' });
    tree.end('crash', 'k2');
    expect(tree.root.supervision.counts).toEqual({ specs: 1, active: 2 });
    tree.end('normal', 'k1');
    expect(tree.root.supervision.counts).toEqual({ specs: 1, active: 1 });
  });
});

describe('R15: a child crashes while one after it cannot start', () => {
  test('everything from it on is one group', () => {
    const starts = ['ok', 'error', 'error', 'ok'] as const;
    const children: Plan[] = [{ id: 'a' }, { id: 'b' }, { id: 'c', starts, startsInMs: 100 }, { id: 'd' }];
    const tree = started({ strategy: 'restForOne', children });
    tree.advance(100);
    tree.end('crash', 'c');
    tree.advance(50);
    tree.end('crash', 'a');
    tree.advance(1_000);
    expect(tree.text).toBe(
      '+a.1 +b.1 +c.1 +d.1 -c.1:crash -d.1:shutdown -a.1:crash !c.2 -b.1:shutdown +a.2 +b.2 !c.3 +c.4 +d.2',
    );
  });
});

describe('P11: a supervisor that is killed', () => {
  test('leaves nobody behind; a nested one stops its own in order', () => {
    const tree = started({ children: [{ id: 'a' }, { id: 'm', children: [{ id: 'b' }, { id: 'c' }] }] });
    tree.root.supervision.kill(
      (child, answer) => tree.root.kill(child, answer),
      () => tree.trace('killed'),
    );
    expect(tree.text).toBe('+a.1 +m.1 +b.1 +c.1 -a.1:killed -c.1:shutdown -b.1:shutdown -m.1:killed killed');
    expect(tree.leftovers).toEqual([]);
    expect(tree.root.end).toEqual({ kind: 'killed' });
  });

  test('answers whoever waits, and drops what it was about to do', () => {
    const tree = started({ children: [{ id: 'a' }, { id: 'b', backoff: { minMs: 100 } }] });
    tree.end('crash', 'b');
    const answers: string[] = [];
    const { supervision } = tree.root;
    const slow: Plan = { id: 's', startsInMs: 100 };
    supervision.add({ id: 's', spec: tree.find('a').child.spec, subject: slow }, ({ kind }) => answers.push(kind));
    supervision.administer('terminate', 'a', ({ kind }) => answers.push(kind));
    supervision.stop(() => answers.push('stopped'));
    supervision.kill(
      (child, answer) => tree.root.kill(child, answer),
      () => answers.push('killed'),
    );
    supervision.kill(
      (child, answer) => tree.root.kill(child, answer),
      () => answers.push('killed again'),
    );
    expect(answers).toEqual(['refused', 'refused', 'stopped', 'killed', 'killed again']);
    expect(tree.text).toBe('+a.1 +b.1 -b.1:crash -a.1:killed');
  });

  test('goes on with nothing if it is killed by the policy it has asked', () => {
    const tree: FakeTree = started({
      children: [{ id: 'a' }, { id: 'b' }],
      policy: ({ kind }) => {
        if (kind !== 'failed') return undefined;
        tree.root.supervision.kill(
          (child, answer) => tree.root.kill(child, answer),
          () => tree.trace('killed'),
        );
        return 'restart';
      },
    });
    tree.end('crash', 'a');
    expect(tree.text).toBe('+a.1 +b.1 -a.1:crash -b.1:killed killed');
    expect(tree.root.told).toEqual([]);
  });

  test('may be killed while it stops or starts', () => {
    const stopping = started({ children: [{ id: 'a' }, { id: 'b', shutdown: 'infinity', stopsInMs: 1_000 }] });
    const answers: string[] = [];
    stopping.root.supervision.stop(() => answers.push('stopped'));
    stopping.root.supervision.kill(
      (child, answer) => stopping.root.kill(child, answer),
      () => answers.push('killed'),
    );
    expect(stopping.text).toBe('+a.1 +b.1 -a.1:killed -b.1:killed');
    expect(answers).toEqual(['stopped', 'killed']);

    const starting = new FakeTree({ children: [{ id: 'a' }, { id: 'b', startsInMs: 100 }] });
    starting.root.supervision.start(({ kind }) => answers.push(kind));
    starting.root.supervision.kill(
      (child, answer) => starting.root.kill(child, answer),
      () => answers.push('killed'),
    );
    expect(starting.text).toBe('+a.1 -a.1:killed');
    expect(answers.slice(2)).toEqual(['failed', 'killed']);
  });
});

test('allSignificant: a child that waits for its restart is there', () => {
  const significant = { restart: 'transient', significant: true } as const;
  const children: Plan[] = [
    { id: 'a', ...significant, backoff: { minMs: 100 } },
    { id: 'b', ...significant },
  ];
  const tree = started({ autoShutdown: 'allSignificant', children });
  tree.end('crash', 'a');
  tree.end('normal', 'b');
  tree.advance(100);
  expect(tree.children).toBe('a running, b stopped');
  tree.end('normal', 'a');
  expect(tree.root.end).toEqual({ kind: 'autoShutdown', child: 'a' });
});
