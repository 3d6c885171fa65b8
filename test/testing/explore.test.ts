/** What an exploration finds, how it says so, and that it can be seen again. */
import { defineActor, Graph, HoldfastError, input, output } from 'holdfast';
import { type Build, explore, type Fault, replay, type RunPlan, type World } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';

const MESSAGES = 12;

const numbers = defineActor({
  outputs: { out: output<number>() },
  state: () => ({ next: 0 }),
  source({ outputs, state }) {
    outputs.out.send(state.next);
    state.next += 1;
    return state.next < MESSAGES ? 'more' : 'done';
  },
});

interface Options {
  /** What is done with each number outside the turn, which a roll back does not undo. */
  readonly leak?: (number: number) => void;
  /** What the worker awaits in each turn. */
  readonly wait?: (world: World) => unknown;
  readonly turnTimeoutMs?: number;
  readonly verify?: (got: readonly number[]) => readonly string[] | void;
}

/** A source, a worker and a sink, and what arrives there. */
function chain({ leak, wait, turnTimeoutMs = Infinity, verify }: Options = {}): Build {
  return (world) => {
    const { ports, log } = world;
    const graph = new Graph({ name: 'chain', ports, log });
    const input1 = graph.channel<number>('input', { capacity: 2 });
    const output1 = graph.channel<number>('output', { capacity: 2 });
    const worker = defineActor({
      inputs: { in: input<number>() },
      outputs: { out: output<number>() },
      state: () => ({ sum: 0 }),
      on: {
        async in(number, { state, outputs, effect }) {
          state.sum += number;
          leak?.(number);
          await effect('wait', () => wait?.(world));
          outputs.out.send(state.sum);
        },
      },
    });
    graph.actor('numbers', numbers, { out: input1 });
    graph.actor('worker', worker, { in: input1, out: output1 }, { turnTimeoutMs });
    const got: number[] = [];
    graph.sink('end', output1, (sum) => void got.push(sum));
    return { graph, verify: () => verify?.(got) ?? expectSums(got) };
  };
}

function expectSums(got: readonly number[]): string[] {
  const sums = Array.from({ length: MESSAGES }, (_, index) => (index * (index + 1)) / 2);
  return got.join() === sums.join() ? [] : [`got ${got.join()}`];
}

async function failureOf(
  exploration: Promise<unknown>,
): Promise<{ plan: RunPlan; problems: readonly string[]; message: string }> {
  const error = await exploration.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HoldfastError);
  const { code, details, message } = error as HoldfastError<'ERR_EXPLORATION_FAILED'>;
  expect(code).toBe('ERR_EXPLORATION_FAILED');
  return { ...details, plan: details.plan as RunPlan, message };
}

/** Adds up outside the turn: wrong as soon as a turn is retried. */
function leaky(): Build {
  return (world) => {
    let sum = 0;
    const build = chain({ leak: (number) => (sum += number), verify: () => (sum === 66 ? [] : [`the sum is ${sum}`]) });
    return build(world);
  };
}

describe('a program without mistakes', () => {
  test('stands every step, and the report says what was tried', async () => {
    const { coverage, complete } = await explore(chain(), { crashes: 'everyStep', budgetMs: Infinity });
    expect(complete).toBe(true);
    expect(coverage.crashes).toBe(coverage.runs - 1);
    const { take, 'commit:published': published, send } = coverage.points;
    expect(take).toBeUndefined(); // a handler takes without a call
    expect([send?.throws, send?.kills]).toEqual([2 * MESSAGES, 2 * MESSAGES]);
    expect([published?.throws, published?.kills]).toEqual([0, 2 * MESSAGES]);
    expect(String(coverage)).toContain('commit:published');
  });

  test('stands faults of all kinds, in all orders', async () => {
    const build = chain({ turnTimeoutMs: 1_000, wait: ({ sim }) => sim.clock.sleep(5) });
    const { coverage } = await explore(build, { seeds: 100, faultsPerRun: 6, budgetMs: Infinity });
    expect(Object.keys(coverage.faults).sort()).toEqual(
      ['clockStep', 'crash', 'effectDelayed', 'effectFailed', 'hang', 'kill', 'slow'].sort(),
    );
    expect(coverage.schedules).toBeGreaterThan(50);
    expect(coverage.distinctCrashes).toBeGreaterThan(100);
    expect(coverage.points.slice?.kills).toBeGreaterThan(0); // a quarter of the runs is not watched
  });

  test('may leave an effect behind that takes longer than its turn', async () => {
    const build = chain({ turnTimeoutMs: 100, wait: ({ sim }) => sim.clock.sleep(10) });
    const faults: readonly Fault[] = [
      { kind: 'effectDelayed', actor: 'worker', effect: 'wait', call: MESSAGES, ms: 5_000 },
    ];
    expect((await replay(build, { seed: 1, faults })).virtualMs).toBeLessThan(5_000);
  });

  test('goes the same way each time', async () => {
    const report = async (): Promise<string> =>
      String((await explore(chain(), { seeds: 20, budgetMs: Infinity })).coverage);
    expect(await report()).toBe(await report());
  });

  test('is explored no longer than its budget', async () => {
    const { complete, coverage } = await explore(chain(), { seeds: 1_000_000, budgetMs: 50 });
    expect(complete).toBe(false);
    expect(coverage.runs).toBeGreaterThan(0);
  });
});

describe('a mistake of the program', () => {
  test('is found, with the smallest plan that shows it, and seen again', async () => {
    const { plan, problems, message } = await failureOf(
      explore(leaky(), { seeds: 200, faultsPerRun: 6, budgetMs: Infinity }),
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^the sum is \d+$/);
    expect(plan.faults).toHaveLength(1);
    expect(plan.schedule).toBe('fair');
    expect(message).toContain(`To see it again: replay(build, { seed: ${plan.seed}, schedule: 'fair'`);
    expect((await failureOf(replay(leaky(), plan))).problems).toEqual(problems);
    await replay(leaky(), { ...plan, faults: [] });
  });

  test('is found by crashes at every step as well', async () => {
    const { plan } = await failureOf(explore(leaky(), { crashes: 'everyStep', budgetMs: Infinity }));
    expect(plan.faults?.map(({ kind }) => kind)).toEqual(['crash']);
  });

  test('that needs no fault is told with none', async () => {
    const wrong: Options = { verify: () => ['never right'] };
    const { plan, problems } = await failureOf(explore(chain(wrong), { seeds: 1 }));
    expect([plan.faults, problems]).toEqual([[], ['never right']]);
  });

  test.each(['random', 'none', 'everyStep'] as const)('an invariant is checked all the while (%s)', async (crashes) => {
    const build: Build = (world) => {
      const built = chain()(world) as { graph: Graph };
      const invariant = (): void => {
        const { taken } = built.graph.snapshot().channels[0] ?? {};
        if ((taken ?? 0) >= 5) throw new Error('five are taken');
      };
      return { graph: built.graph, invariant };
    };
    const { problems } = await failureOf(explore(build, { crashes, seeds: 2 }));
    expect(problems[0]).toBe('Error: five are taken');
  });

  test('a state that is written to between two turns is found', async () => {
    const build: Build = ({ ports, log, sim }) => {
      const graph = new Graph({ name: 'kept', ports, log });
      const go = graph.channel<number>('go', { capacity: 1 });
      let kept: { sum: number } | undefined;
      const definition = defineActor({
        inputs: { go: input<number>() },
        state: () => ({ sum: 0 }),
        on: {
          go(_, { state }) {
            kept ??= state;
            state.sum += 1;
          },
        },
      });
      graph.actor('keeper', definition, { go });
      const drive = async (): Promise<void> => {
        graph.start();
        for (let round = 0; round < 100; round += 1) {
          go.trySend(round);
          await sim.settle();
          if (kept !== undefined) kept.sum += 1_000;
          await sim.advance(1);
        }
        graph.requestShutdown();
        await sim.runUntil(graph.stopped());
      };
      return { graph, drive };
    };
    const { problems } = await failureOf(explore(build, { seeds: 1 }));
    expect(problems[0]).toMatch(/^the state of actor "keeper" was written to between its turns/);
  });

  test('a wait for something that is not simulated is named', async () => {
    const { problems } = await failureOf(explore(chain({ wait: () => new Promise(() => undefined) }), { seeds: 1 }));
    expect(problems[0]).toContain('actor "worker" of graph "chain" waits for what is not simulated');
  });

  test('a program that never comes to rest is given up', async () => {
    const build: Build = ({ ports, log }) => {
      const graph = new Graph({ name: 'spin', ports, log });
      graph.actor('spin', defineActor({ source: () => 'more' }), {});
      return graph;
    };
    const { problems } = await failureOf(explore(build, { seeds: 1 }));
    expect(problems).toEqual([
      expect.stringMatching(/^it does not come to rest: \d+ tasks and \d+ turns, and there is more$/),
    ]);
  });

  test('that shows early is told without waiting for the rest', async () => {
    const build: Build = ({ ports, log }) => {
      const graph = new Graph({ name: 'spin', ports, log });
      graph.actor('spin', defineActor({ source: () => 'more' }), {});
      let looks = 0;
      const invariant = (): void => {
        looks += 1;
        if (looks === 3) throw new Error('three looks');
      };
      return { graph, invariant };
    };
    expect((await failureOf(explore(build, { seeds: 1 }))).problems).toEqual(['Error: three looks']);
  });

  test('one that waits for ever is told, with what holds it', async () => {
    const build: Build = ({ ports, log }) => {
      const graph = new Graph({ name: 'open', ports, log });
      const go = graph.channel<number>('go', { capacity: 1 });
      graph.sink('end', go, () => undefined);
      return graph;
    };
    const { problems } = await failureOf(explore(build, { seeds: 1 }));
    expect(problems[0]).toContain('sink "end": "go" to close');
  });

  test('a run that draws on something else than the world is told to do so', async () => {
    let runs = 0;
    const build: Build = (world) => {
      runs += 1;
      return chain({ wait: () => (runs === 1 ? Promise.resolve() : undefined) })(world);
    };
    const fickle: Build = (world) => {
      const odd = chain()(world) as { graph: Graph };
      return runs % 2 === 0 ? build(world) : odd;
    };
    await expect(explore(fickle, { seeds: 1 })).rejects.toThrow('the graph with the ports of the world');
  });
});

describe('the plan of a run', () => {
  const faults: readonly Fault[] = [
    { kind: 'kill', at: { actor: 'worker', point: 'commit:published', occurrence: 3 }, actor: 'numbers' },
    { kind: 'slow', at: { actor: 'worker', point: 'send', occurrence: 4 }, ms: 250 },
    { kind: 'effectFailed', actor: 'worker', effect: 'wait', call: 6 },
    { kind: 'effectDelayed', actor: 'worker', effect: 'wait', call: 8, ms: 40 },
    { kind: 'hang', actor: 'worker', call: 10 },
  ];

  test('comes true, in its order', async () => {
    const outcome = await replay(chain({ turnTimeoutMs: 500 }), { seed: 1, faults });
    expect(outcome.faults).toEqual(faults);
    expect(outcome.virtualMs).toBeGreaterThanOrEqual(250 + 40 + 500);
  });

  test('a turn without a deadline is not made to hang', async () => {
    const outcome = await replay(chain(), { seed: 1, faults });
    expect(outcome.faults.map(({ kind }) => kind)).toEqual(['kill', 'slow', 'effectFailed', 'effectDelayed']);
  });
});

test('faults do not use up the limits of supervisors, unless they are to count', async () => {
  const build: Build = ({ ports, log }) => {
    const graph = new Graph({ name: 'tree', ports, log });
    const out = graph.channel<number>('out', { capacity: 2 });
    graph.sink('end', out, () => undefined);
    graph.supervisor('desk', { maxRestarts: 0 }, (desk) => desk.actor('numbers', numbers, { out }));
    const gaveUp: string[] = [];
    graph.subscribe(({ kind }) => void (kind === 'gaveUp' && gaveUp.push('gave up')));
    return { graph, verify: () => gaveUp };
  };
  await explore(build, { crashes: 'everyClass' });
  const { problems } = await failureOf(explore(build, { crashes: 'everyClass', restartLimits: true }));
  expect(problems).toContain('gave up');
});

test('options that make no sense are refused', async () => {
  await expect(explore(chain(), { crashes: 'sometimes' as never })).rejects.toMatchObject({
    code: 'ERR_INVALID_OPTION',
  });
  await expect(explore(chain(), { seeds: 0 })).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' });
  await expect(explore(chain(), { seed: 1 } as never)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' });
});

const refused = { code: 'ERR_INVALID_OPTION' };

test.each([
  { seeds: [] },
  { seeds: [NaN] },
  { seeds: 'abc' },
  { schedules: [] },
  { schedules: ['fare'] },
  { schedules: 'fair' },
  { kinds: ['crush'] },
  { kinds: 'crash' },
  { schedules: [], crashes: 'everyStep' },
])('lists that would try nothing, or something else, are refused: %j', async (options) => {
  await expect(explore(chain(), options as never)).rejects.toMatchObject(refused);
});

const at = { actor: 'worker', point: 'send', occurrence: 1 } as const;
test.each<unknown>([
  null,
  5,
  {},
  { seed: NaN },
  { seed: 1, schedule: 'fare' },
  { seed: 1, fualts: [] },
  { seed: 1, faults: 'crash' },
  { seed: 1, faults: [null] },
  { seed: 1, faults: [{ kind: 'crush', at }] },
  { seed: 1, faults: [{ kind: 'crash' }] },
  { seed: 1, faults: [{ kind: 'crash', at: { ...at, point: 'sent' } }] },
  { seed: 1, faults: [{ kind: 'kill', at }] },
  { seed: 1, faults: [{ kind: 'slow', at, ms: NaN }] },
  { seed: 1, faults: [{ kind: 'hang', actor: 'worker', call: 0 }] },
  { seed: 1, limitMs: NaN },
])('a plan that would not do what it says is refused: %j', async (plan) => {
  await expect(replay(chain(), plan as never)).rejects.toMatchObject(refused);
});

test('a build that answers no graph, or not at once, or not of its world, is refused', async () => {
  const builds: unknown[] = [() => null, () => ({}), () => Promise.resolve({}), () => new Graph({ name: 'elsewhere' })];
  for (const build of builds) await expect(explore(build as Build)).rejects.toMatchObject(refused);
});

test('an asynchronous invariant or verify fails the run: nobody would await what it finds', async () => {
  for (const check of ['invariant', 'verify'] as const) {
    const late = (): void => Promise.reject(new Error('too late')) as never;
    const build: Build = (world) => ({ graph: (chain()(world) as { graph: Graph }).graph, [check]: late });
    const { problems } = await failureOf(explore(build, { seeds: 1 }));
    expect(problems.join()).toContain(`${check} answers a promise`);
  }
});
