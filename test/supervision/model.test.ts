/**
 * Random trees, random scripts: Holdfast's supervisors do what Erlang's do, event by event and to the millisecond. A failure
 * prints its seed and the smallest tree and script that show it.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FakeTree } from './fake-tree.ts';
import { type ModelActor, type ModelPlan, type ModelSupervisor, OtpModel } from './otp-model.ts';
import { backoff, type Op as ScriptOp, often, restart, startResult } from './scripts.ts';

const RUNS = Number(process.env['HOLDFAST_RUNS'] ?? 1_500);
/**
 * The same in each run, so that a run says something about the code, and not about luck. Others, by hand:
 *
 *   HOLDFAST_SEED=7 HOLDFAST_RUNS=100000 npx vitest run --project unit test/supervision/model.test.ts
 */
const SEED = Number(process.env['HOLDFAST_SEED'] ?? 1);

type Op = ScriptOp<ModelPlan>;

const actor: fc.Arbitrary<ModelActor> = fc
  .record({
    restart,
    shutdown: often<ModelActor['shutdown']>(1_000, 13, 0, 'brutal', 'infinity'),
    isSignificant: fc.boolean(),
    backoff,
    starts: fc.oneof(
      { weight: 3, arbitrary: fc.constant<ModelActor['starts']>(['ok']) },
      {
        weight: 2,
        arbitrary: fc.array(startResult, { minLength: 1, maxLength: 4 }),
      },
    ),
    startsInMs: often<number | undefined>(undefined, 0, 3, 29),
    stopsInMs: often(0, 7, 43, 4_001),
    maxRestarts: often(Infinity, 1, 2),
    periodMs: fc.constantFrom(60, 10_000),
  })
  .map(({ isSignificant, startsInMs, ...rest }) => ({
    id: '',
    significant: isSignificant && rest.restart !== 'permanent',
    ...(startsInMs === undefined ? {} : { startsInMs }),
    ...rest,
  }));

const supervisorOf = (children: fc.Arbitrary<ModelPlan>): fc.Arbitrary<ModelSupervisor> =>
  fc
    .record({
      restart,
      isSignificant: fc.boolean(),
      backoff,
      ownLimit: fc.record({ maxRestarts: often(Infinity, 1), periodMs: fc.constant(500) }),
      children: fc.array(children, { maxLength: 4 }),
      strategy: fc.constantFrom<ModelSupervisor['strategy']>('oneForOne', 'oneForAll', 'restForOne'),
      isDynamic: often(false, true),
      maxRestarts: fc.constantFrom(0, 1, 2, 3, 6),
      periodMs: fc.constantFrom(50, 500, 10_000),
      autoShutdown: often<ModelSupervisor['autoShutdown']>('never', 'anySignificant', 'allSignificant'),
    })
    .map(({ isSignificant, ...rest }) => ({
      ...rest,
      id: '',
      significant: isSignificant && rest.restart !== 'permanent',
      ...(rest.isDynamic ? { strategy: 'oneForOne', autoShutdown: 'never' } : {}),
    }));

const planOf = (depth: number): fc.Arbitrary<ModelPlan> =>
  depth === 0
    ? actor
    : fc.oneof({ weight: 3, arbitrary: actor }, { weight: 2, arbitrary: supervisorOf(planOf(depth - 1)) });

const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      at: fc.nat(9),
      which: fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }),
      reason: often('crash', 'killed', 'normal', 'shutdown', 'completed'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('advance' as const),
      ms: fc.constantFrom(1, 5, 20, 100, 700, 2_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      at: fc.nat(9),
      which: fc.nat(9),
      takesId: often(false, true),
      plan: planOf(1),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('terminate' as const, 'restart' as const, 'delete' as const),
      at: fc.nat(9),
      which: fc.nat(9),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Op>({ kind: 'stop' }) },
);

/** Unique ids, and what does not go together taken apart. */
function labelled<P extends ModelPlan>(plan: P, id: string, parent?: ModelSupervisor): P {
  const significant = plan.significant && parent !== undefined && parent.autoShutdown !== 'never';
  if (!('children' in plan)) return { ...plan, id, significant };
  const children = plan.children.map((child, index) => labelled(child, `${id}${'abcd'[index]}`, plan));
  return { ...plan, id, significant, children };
}

/** The same script in both worlds. */
class Comparison {
  readonly tree: FakeTree;
  readonly model: OtpModel;
  readonly answers: { readonly ours: string[]; readonly theirs: string[] } = { ours: [], theirs: [] };
  #added = 0;

  constructor(plan: ModelSupervisor) {
    const { id: _, ...root } = plan;
    this.tree = new FakeTree(root);
    this.model = new OtpModel({ ...plan, id: 'root' });
  }

  async start(): Promise<void> {
    this.tree.root.supervision.start(({ kind }) => (this.#hasStarted = kind));
    await this.model.start();
  }
  #hasStarted = '';

  async do(op: Op): Promise<void> {
    switch (op.kind) {
      case 'end':
        await this.#end(op.at, op.which, op.reason);
        return;
      case 'advance':
        this.tree.advance(op.ms);
        await this.model.advance(op.ms);
        return;
      case 'add':
        await this.#add(op);
        return;
      case 'terminate':
      case 'restart':
      case 'delete': {
        const at = this.#supervisor(op.at);
        if (!this.#mayTell(at)) return;
        const { children } = at.supervision;
        const id = children[op.which % (children.length + 1)]?.id ?? 'nobody';
        await this.#call(at, { kind: op.kind, id });
        return;
      }
      case 'stop':
        if (!this.#mayTell(this.tree.root)) return;
        this.tree.root.supervision.stop(() => undefined);
        await this.model.stop();
    }
  }

  /**
   * While starts and stops take their time, one supervisor only has messages to wait with: of two that go on at the same moment
   * nobody can say which is the first, in Erlang either.
   */
  #mayTell(node: FakeTree['root']): boolean {
    if (node.isStarting && node !== this.tree.root) return false;
    if (this.tree.underWay === 0) this.#told = undefined;
    this.#told ??= node;
    return this.#told === node;
  }
  #told: FakeTree['root'] | undefined;

  async #end(at: number, which: readonly number[], reason: string): Promise<void> {
    const alive = [...this.tree.root.all()].filter(({ alive, node }) => alive && node === null);
    const parents = [...new Set(alive.map(({ parent }) => parent))];
    const parent = parents[at % parents.length];
    if (parent === undefined || !this.#mayTell(parent)) return;
    const actors = alive.filter((each) => each.parent === parent).map(({ child }) => child.id);
    if (actors.length === 0) return;
    const ids = [...new Set(which.map((index) => actors[index % actors.length] as string))];
    this.tree.end(reason, ...ids);
    await this.model.end(ids, reason);
  }

  async #add({ at: index, which, takesId, plan }: Extract<Op, { kind: 'add' }>): Promise<void> {
    const at = this.#supervisor(index);
    if (!this.#mayTell(at)) return;
    const { children } = at.supervision;
    this.#added += 1;
    const taken = children[which % Math.max(1, children.length)]?.id;
    const id = takesId && taken !== undefined ? taken : `n${this.#added}`;
    // Those below it have names of their own in any case.
    const made = labelled(plan, `n${this.#added}`, at.plan as ModelSupervisor);
    await this.#call(at, { kind: 'add', plan: { ...made, id } });
  }

  #supervisor(index: number): FakeTree['root'] {
    const nodes = [this.tree.root];
    for (const { alive, node } of this.tree.root.all()) if (alive && node !== null) nodes.push(node);
    return nodes[index % nodes.length] as FakeTree['root'];
  }

  async #call(at: FakeTree['root'], call: Parameters<OtpModel['call']>[1]): Promise<void> {
    const { ours, theirs } = this.answers;
    const place = ours.length;
    ours.push('no answer');
    theirs.push('no answer');
    const told = ({ kind, why }: { readonly kind: string; readonly why?: string }): void => {
      ours[place] = `${this.tree.clock.nowMs()} ${call.kind} ${why ?? kind}`;
    };
    if (call.kind === 'add') at.supervision.add(this.tree.newChildOf(call.plan), told);
    else at.supervision.administer(call.kind, call.id, told);
    await this.model.call(at.plan.id, call, (result) => {
      theirs[place] = `${this.model.clock.nowMs()} ${call.kind} ${result}`;
    });
  }

  /** The children of a dynamic supervisor stop all at once: those that do so at the same moment have no order. */
  #comparable(logs: ReadonlyMap<string, readonly string[]>): object {
    const sorted = [...logs].map(([id, log]) => {
      const isDynamic = this.tree.dynamic.has(id);
      return [id, isDynamic ? [...log].sort((a, b) => parseFloat(a) - parseFloat(b) || (a < b ? -1 : 1)) : log];
    });
    return Object.fromEntries(sorted) as object;
  }

  check(): void {
    const { tree, model } = this;
    expect(this.#comparable(tree.logs)).toEqual(this.#comparable(model.logs));
    expect(this.answers.ours).toEqual(this.answers.theirs);
    const isOver = tree.root.end !== undefined || this.#hasStarted === 'failed';
    expect(isOver).toBe(model.isOver);
    if (isOver) expect(tree.leftovers).toEqual([]);
    else if (!model.isEnding) expect(tree.children).toBe(model.children);
    expect(tree.violations).toEqual([]);
  }
}

test('does what Erlang does', { timeout: 120_000 + 10 * RUNS }, async () => {
  const events = new Map<string, number>();
  const property = fc.asyncProperty(
    supervisorOf(planOf(3)),
    fc.array(op, { minLength: 3, maxLength: 25 }),
    async (plan, ops) => {
      const both = new Comparison(labelled({ ...plan, maxRestarts: Math.max(1, plan.maxRestarts) }, ''));
      await both.start();
      for (const each of ops) await both.do(each);
      await both.do({ kind: 'advance', ms: 5_000 });
      both.check();
      for (const log of both.tree.logs.values()) {
        for (const line of log) {
          const kind = line.replace(/^\S+ (.)[^:]*(:?.*)/, '$1$2');
          events.set(kind, (events.get(kind) ?? 0) + 1);
        }
      }
    },
  );
  await fc.assert(property, { numRuns: RUNS, seed: SEED });
  // What never happens is not compared.
  const seen = ['+', '!', '~', '-:shutdown', '-:crash', '-:killed', '-:normal', '-:completed', '-:failed_to_start'];
  expect(seen.filter((kind) => (events.get(kind) ?? 0) < RUNS / 100)).toEqual([]);
});

describe('what other seeds have found', () => {
  const common = {
    restart: 'permanent',
    significant: false,
    backoff: { minMs: 0, maxMs: 150, factor: 1, resetAfterMs: 40 },
  } as const;
  const limits = { maxRestarts: Infinity, periodMs: 60 };
  const anActor = (more: Partial<ModelActor> = {}): ModelActor => {
    return { ...common, ...limits, id: '', shutdown: 1_000, starts: ['ok'], stopsInMs: 0, ...more };
  };
  const aSupervisor = (children: readonly ModelPlan[], more: Partial<ModelSupervisor> = {}): ModelSupervisor => {
    const rules = { strategy: 'oneForOne', isDynamic: false, autoShutdown: 'never', periodMs: 50 } as const;
    return { ...common, ...rules, id: '', ownLimit: limits, maxRestarts: 0, children, ...more };
  };
  const crash = { kind: 'end', at: 0, which: [0], reason: 'crash' } as const;

  test.each<[string, ModelSupervisor, Op[]]>([
    [
      'nobody asks a supervisor for its children while it ends',
      aSupervisor([
        anActor({ shutdown: 'infinity', stopsInMs: 6_000 }),
        anActor({ restart: 'temporary', starts: ['error'] }),
      ]),
      [],
    ],
    [
      'a supervisor that is stopped in the moment of its start is not behind one that gives up in that moment',
      aSupervisor([
        aSupervisor([aSupervisor([anActor()]), anActor({ startsInMs: 29 })]),
        aSupervisor([aSupervisor([]), aSupervisor([anActor({ starts: ['error', 'ok'] })])]),
      ]),
      [crash, { kind: 'stop' }],
    ],
    [
      'a start that was due while its supervisor was busy, and was taken back, does not come',
      aSupervisor([anActor({ backoff: { ...common.backoff, minMs: 101 }, starts: ['ok', 'error'] })], {
        strategy: 'oneForAll',
        maxRestarts: 2,
      }),
      [
        crash,
        { kind: 'add', at: 0, which: 0, takesId: false, plan: anActor() },
        { kind: 'add', at: 0, which: 0, takesId: false, plan: aSupervisor([anActor({ stopsInMs: 4_001 })]) },
        crash,
      ],
    ],
  ])('%s', async (_, plan, ops) => {
    const both = new Comparison(labelled(plan, ''));
    await both.start();
    for (const each of ops) await both.do(each);
    await both.do({ kind: 'advance', ms: 5_000 });
    both.check();
  });
});
