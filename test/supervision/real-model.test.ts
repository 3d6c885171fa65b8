/**
 * Random trees of real actors, random scripts: what happens is what happens to pretended children, which is compared with a model of
 * Erlang's supervisor: event by event and to the millisecond. A failure prints its seed and the smallest tree and script.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FakeTree, type Node, type ActorPlan, type Plan, type SupervisorPlan } from './fake-tree.ts';
import { RealTree, STYLES } from './real-tree.ts';
import { backoff, type Op as ScriptOp, often, restart, startResult } from './scripts.ts';

const RUNS = Number(process.env['HOLDFAST_RUNS'] ?? 300);
// The same in each run: of two supervisors that go on in the same millisecond nobody can say which is the first, in Erlang either,
// and a script in some ten thousand has such a moment.
const SEED = Number(process.env['HOLDFAST_SEED'] ?? 1);

type Op = ScriptOp<Plan>;

const actor: fc.Arbitrary<ActorPlan> = fc
  .record({
    restart,
    shutdown: often<NonNullable<ActorPlan['shutdown']>>(1_000, 13, 0, 'brutal', 'infinity'),
    isSignificant: fc.boolean(),
    backoff,
    starts: often<readonly ('ok' | 'error' | 'ignore')[] | null>(null).chain((none) =>
      fc.oneof(
        { weight: 3, arbitrary: fc.constant(none) },
        { weight: 2, arbitrary: fc.array(startResult, { minLength: 1, maxLength: 4 }) },
      ),
    ),
    startsInMs: often<number | undefined>(undefined, 3, 29),
    stopsInMs: often<number | undefined>(undefined, 7, 43, 4_001),
    maxRestarts: often(Infinity, 1, 2),
    periodMs: fc.constantFrom(60, 10_000),
  })
  .map(({ isSignificant, startsInMs, stopsInMs, starts, maxRestarts, ...rest }) => ({
    id: '',
    significant: isSignificant && rest.restart !== 'permanent',
    ...(startsInMs === undefined ? {} : { startsInMs }),
    ...(stopsInMs === undefined ? {} : { stopsInMs }),
    ...(starts === null ? {} : { starts }),
    ...(maxRestarts === Infinity ? {} : { maxRestarts }),
    ...rest,
  }));

const supervisorOf = (children: fc.Arbitrary<Plan>): fc.Arbitrary<SupervisorPlan> =>
  fc
    .record({
      restart,
      isSignificant: fc.boolean(),
      backoff,
      children: fc.array(children, { maxLength: 4 }),
      strategy: fc.constantFrom<NonNullable<SupervisorPlan['strategy']>>('oneForOne', 'oneForAll', 'restForOne'),
      maxRestarts: fc.constantFrom(0, 1, 2, 3, 6),
      periodMs: fc.constantFrom(50, 500, 10_000),
      autoShutdown: often<NonNullable<SupervisorPlan['autoShutdown']>>('never', 'anySignificant', 'allSignificant'),
    })
    .map(({ isSignificant, ...rest }) => ({
      ...rest,
      id: '',
      significant: isSignificant && rest.restart !== 'permanent',
    }));

const planOf = (depth: number): fc.Arbitrary<Plan> =>
  depth === 0
    ? actor
    : fc.oneof({ weight: 3, arbitrary: actor }, { weight: 2, arbitrary: supervisorOf(planOf(depth - 1)) });

const numbers = { at: fc.nat(9), which: fc.nat(9) };
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      at: fc.nat(9),
      which: fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }),
      reason: often('crash', 'killed', 'normal', 'shutdown'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.constantFrom(1, 5, 20, 100, 700, 2_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('add' as const), ...numbers, takesId: often(false, true), plan: actor }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('terminate', 'restart', 'delete'), ...numbers }) },
  { weight: 1, arbitrary: fc.constant<Op>({ kind: 'stop' }) },
);

/** Unique ids, and what does not go together taken apart. */
function labelled<P extends Plan>(plan: P, id: string, parent?: SupervisorPlan): P {
  const significant = plan.significant === true && parent !== undefined && parent.autoShutdown !== 'never';
  if (!('children' in plan)) return { ...plan, id, significant };
  const children = plan.children.map((child, index) => labelled(child, `${id}${'abcd'[index]}`, plan));
  return { ...plan, id, significant, children };
}

/** The same script in both worlds. */
class Comparison {
  readonly fake: FakeTree;
  readonly real: RealTree;
  readonly answers: string[] = [];
  #hasStarted = '';
  #told: Node | undefined;
  #added = 0;

  readonly #style: (typeof STYLES)[number];

  constructor({ id: _, ...root }: SupervisorPlan, style: (typeof STYLES)[number]) {
    this.#style = style;
    this.fake = new FakeTree(root);
    this.real = new RealTree(root, style);
  }

  async start(): Promise<void> {
    this.fake.root.supervision.start(({ kind }) => (this.#hasStarted = kind));
    this.fake.advance(0);
    await this.real.start();
  }

  get isOver(): boolean {
    return this.fake.root.end !== undefined || this.#hasStarted === 'failed';
  }

  async do(op: Op): Promise<void> {
    if (op.kind === 'advance') {
      this.fake.advance(op.ms);
      await this.real.advance(op.ms);
    } else if (this.isOver) return;
    else if (op.kind === 'end') await this.#end(op.at, op.which, op.reason);
    else if (this.fake.underWay > 0) return;
    else if (op.kind === 'stop') {
      this.fake.root.supervision.stop(() => undefined);
      this.real.askToStop();
      await this.real.advance(0);
    } else if (op.kind === 'add') await this.#add(op);
    else {
      const at = this.#supervisor(op.at);
      const { children } = at.supervision;
      const id = children[op.which % (children.length + 1)]?.id ?? 'nobody';
      const ours = await this.real.administer(op.kind, id, at.plan.id);
      this.#compare(`${op.kind} ${id}`, this.fake.administer(op.kind, id, at), ours);
    }
  }

  /** While starts and stops take their time, one supervisor only is told of ends. */
  async #end(at: number, which: readonly number[], reason: string): Promise<void> {
    // What is asked to stop already does not handle a message any more.
    const alive = [...this.fake.root.all()].filter(
      ({ alive: is, node, onDeath }) => is && node === null && onDeath === null,
    );
    const parents = [...new Set(alive.map(({ parent }) => parent))];
    const parent = parents[at % parents.length];
    if (parent === undefined || (parent.isStarting && parent !== this.fake.root)) return;
    if (this.fake.underWay === 0) this.#told = undefined;
    this.#told ??= parent;
    if (this.#told !== parent) return;
    const actors = alive.filter((each) => each.parent === parent).map(({ child }) => child.id);
    const several = [...new Set(which.map((index) => actors[index % actors.length] as string))];
    // Of two actors that fail in one moment, the one with an onStop ends later.
    const ids = this.#style === 'lean' ? several.slice(0, 1) : several;
    this.fake.end(reason, ...ids);
    this.fake.advance(0);
    await this.real.end(reason, ...ids);
  }

  async #add({ at: index, which, takesId, plan }: Extract<Op, { kind: 'add' }>): Promise<void> {
    const at = this.#supervisor(index);
    const { children } = at.supervision;
    this.#added += 1;
    const taken = children[which % Math.max(1, children.length)]?.id;
    const id = takesId && taken !== undefined ? taken : `n${this.#added}`;
    const made = labelled(plan, id, at.plan);
    const ours = await this.real.add(made, at.plan.id);
    this.#compare(`add ${id}`, this.fake.add(made, at), ours);
  }

  #compare(what: string, theirs: string, ours: string): void {
    this.answers.push(what);
    expect(`${what}: ${ours}`).toBe(`${what}: ${theirs}`);
  }

  #supervisor(index: number): Node {
    const nodes = [this.fake.root];
    for (const { alive, node } of this.fake.root.all()) if (alive && node !== null) nodes.push(node);
    return nodes[index % nodes.length] as Node;
  }

  /** The children as they are, and then the end. */
  async check(): Promise<void> {
    if (!this.isOver) {
      expect(this.real.children).toBe(this.fake.children);
      this.fake.root.supervision.stop(() => undefined);
      this.real.askToStop();
      await this.do({ kind: 'advance', ms: 60_000 });
    }
    expect(Object.fromEntries(this.real.logs)).toEqual(Object.fromEntries(this.fake.logs));
    expect(this.real.isOver).toBe(this.isOver);
    expect(await this.real.leftovers()).toEqual([]);
  }
}

test.each(STYLES)(
  'real actors, %s: as pretended ones, which do what Erlang does',
  { timeout: 600_000 },
  async (style) => {
    const property = fc.asyncProperty(
      supervisorOf(planOf(3)),
      fc.array(op, { minLength: 3, maxLength: 20 }),
      async (plan, ops) => {
        const both = new Comparison(labelled({ ...plan, maxRestarts: Math.max(1, plan.maxRestarts ?? 1) }, ''), style);
        await both.start();
        for (const each of ops) await both.do(each);
        await both.do({ kind: 'advance', ms: 5_000 });
        await both.check();
      },
    );
    await fc.assert(property, {
      numRuns: Math.ceil(RUNS / STYLES.length),
      seed: SEED,
    });
  },
);
