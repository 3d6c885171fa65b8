/** The same cases on real actors: in a graph of their own, on virtual time, by nothing but the public API. */
import {
  type ActorDefinition,
  type ActorOptions,
  type SpawnedActor,
  defineActor,
  type DynamicSupervisorRef,
  type Exit,
  Graph,
  type GraphEvent,
  type HandlerContext,
  HoldfastError,
  input,
  isHoldfastError,
  type OwnInputSpec,
  type StartAnswer,
  type SupervisorBuilder,
  type SupervisorOptions,
  type SupervisorRef,
} from '../../src/index.ts';
import { leftovers } from '../../src/testing/leftovers.ts';
import { Simulation } from '../../src/testing/index.ts';
import type { AdminKind, Answer, CaseTree, Root } from './case-tree.ts';
import type { ActorPlan, Plan, SupervisorPlan } from './fake-tree.ts';

/** How the actors of a tree are written. `lean`: handlers, with hooks only where the case needs them. */
export const STYLES = ['lean', 'handler', 'loop'] as const;
export type Style = (typeof STYLES)[number];

type Inputs = { readonly mailbox: OwnInputSpec<string> };
type Definition = ActorDefinition<Inputs, Record<never, never>, object, undefined>;
type Context = Pick<HandlerContext<Record<never, never>, object, undefined>, 'name' | 'exit' | 'effect'>;

/** Names without the path, which is part of the names in a graph and not in the cases. */
const idOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

export class RealTree implements CaseTree {
  readonly sim = new Simulation();
  readonly graph: Graph;
  readonly root: Handle;
  readonly #style: Style;
  readonly #trace: string[] = [];
  /** What happened to the children of each supervisor, over all its incarnations, and when. */
  readonly logs = new Map<string, string[]>();
  readonly #plans = new Map<string, Plan>();
  readonly #names = new Map<string, string>();
  readonly #refs = new Map<string, SpawnedActor<Inputs>>();
  readonly #supervisors = new Map<string, Handle>();
  readonly #attempts = new Map<string, number>();
  /** Incarnations of children of the same id that were there before: an actor that is added anew counts from 0. */
  readonly #earlier = new Map<string, number>();
  readonly #alive = new Map<string, string>();
  /** Those whose own wish, or mistake, it is to end. */
  readonly #ending = new Set<string>();
  readonly #startErrors = new Set<unknown>();
  readonly #definitions = new Map<string, Definition>();
  #sleepers = 0;
  #hasEnded = false;
  readonly #violations: string[] = [];

  constructor(root: Root, style: Style = 'lean') {
    this.#style = style;
    const actorDefaults = { showstopperAfter: 1, shutdown: 1_000, backoff: { jitter: 0 } };
    this.graph = new Graph({ name: 'tree', ports: this.sim.ports, logLevel: 'silent', actorDefaults });
    this.graph.subscribe((event) => this.#hear(event));
    const build = (builder: SupervisorBuilder): void => this.#build(builder, 'root', root.children);
    // Not restarted: what is above the root of a case is not part of it.
    const plan: SupervisorPlan = { ...root, id: 'root', restart: 'temporary' };
    this.root = this.#place(this.graph, plan, build);
    // A graph whose actors have all ended stops.
    this.graph.spawn('keeper', this.#define(false, false));
  }

  // --- The tree -----------------------------------------------------------------------------------------------------

  #build(builder: SupervisorBuilder, path: string, children: readonly Plan[]): void {
    for (const plan of children) {
      this.#know(plan, `${path}/${plan.id}`);
      if ('children' in plan) {
        this.#place(builder, plan, (deeper) => this.#build(deeper, `${path}/${plan.id}`, plan.children));
      } else this.#refs.set(plan.id, builder.spawn(plan.id, this.#definitionOf(plan), {}, optionsOf(plan)));
    }
  }

  #know(plan: Plan, name: string): void {
    this.#plans.set(plan.id, plan);
    this.#names.set(plan.id, name);
  }

  #place(builder: Builder, plan: SupervisorPlan, build: (deeper: SupervisorBuilder) => void): Handle {
    const { id, maxRestarts = 5, periodMs = 10_000, template = { id: 'template' } } = plan;
    const common = { ...childOptionsOf(plan), maxRestarts, periodMs };
    let handle: Handle;
    if (plan.isDynamic === true) {
      const { maxChildren = 1_000_000 } = plan;
      const definition = this.#definitionOf({ ...template, startsInMs: 0, stopsInMs: 0 });
      handle = builder.dynamicSupervisor(id, { ...common, maxChildren }, definition, {}, optionsOf(template));
    } else {
      const { strategy = 'oneForOne', autoShutdown = 'never', resetAfterMs = Infinity } = plan;
      const options: SupervisorOptions = { ...common, strategy, autoShutdown };
      const own = resetAfterMs === Infinity ? options : { ...options, resetAfterMs };
      handle = builder.supervisor(id, own, (deeper) => build(deeper)).supervisor;
    }
    this.#supervisors.set(id, handle);
    return handle;
  }

  /** With the hooks that it needs; the same for all that need the same. */
  #definitionOf({ starts, startsInMs, stopsInMs, stopReason }: ActorPlan): Definition {
    const isLean = this.#style === 'lean';
    const hasStart = !isLean || starts !== undefined || startsInMs !== undefined;
    const hasStop = !isLean || stopsInMs !== undefined || stopReason !== undefined;
    const key = `${hasStart} ${hasStop}`;
    let definition = this.#definitions.get(key);
    if (definition === undefined) this.#definitions.set(key, (definition = this.#define(hasStart, hasStop)));
    return definition;
  }

  #define(hasStart: boolean, hasStop: boolean): Definition {
    const hooks = {
      ...(hasStart && { onStart: (ctx: Context) => this.#starts(ctx) }),
      ...(hasStop && { onStop: (ctx: Context, exit: Exit) => this.#stops(ctx, exit) }),
    };
    const inputs = { mailbox: input<string>({ capacity: 16 }) };
    if (this.#style !== 'loop') {
      return defineActor({ inputs, ...hooks, on: { mailbox: (order, ctx) => this.#does(ctx, order) } });
    }
    return defineActor({
      inputs,
      ...hooks,
      run: async (ctx) => {
        while (ctx.running()) {
          await ctx.next(ctx.inputs.mailbox.avail());
          const order = ctx.inputs.mailbox.take();
          if (order !== undefined) this.#does(ctx, order);
        }
      },
    });
  }

  #planOf({ name }: Context): ActorPlan {
    return this.#plans.get(idOf(name)) as ActorPlan; // supervisors have no code
  }

  async #starts(ctx: Context): Promise<StartAnswer> {
    const { id, starts = ['ok'], startsInMs } = this.#planOf(ctx);
    const attempt = this.#attempts.get(id) ?? 0;
    this.#attempts.set(id, attempt + 1);
    if (startsInMs !== undefined && startsInMs > 0) await this.#takes(ctx, startsInMs);
    const how = starts[Math.min(attempt, starts.length - 1)];
    if (how === 'error') throw new Error(`${id} does not start`);
    return how === 'ignore' ? 'ignore' : undefined;
  }

  /** Not asynchronous where it takes no time: it may have none. */
  #stops(ctx: Context, exit: Exit): Promise<void> | void {
    const { id, stopsInMs = 0, stopReason } = this.#planOf(ctx);
    if (this.#ending.has(id) || exit.kind !== 'shutdown') return; // nobody has asked it to stop
    const fail = (): void => {
      if (stopReason !== undefined) throw new Error(stopReason);
    };
    return stopsInMs > 0 ? this.#takes(ctx, stopsInMs).then(fail) : fail();
  }

  async #takes(ctx: Context, ms: number): Promise<void> {
    await ctx.effect('take time', (signal) => {
      return new Promise<void>((resolve) => {
        if (ms === Infinity) return;
        this.#sleepers += 1;
        const done = (): void => {
          cancel();
          this.#sleepers -= 1;
          signal.removeEventListener('abort', done);
          resolve();
        };
        const cancel = this.sim.clock.setTimer(this.sim.clock.nowMs() + ms, done);
        signal.addEventListener('abort', done);
      });
    });
  }

  #does(ctx: Context, order: string): void {
    this.#ending.add(this.#planOf(ctx).id);
    if (order === 'normal' || order === 'shutdown') ctx.exit(order);
    else if (order.startsWith('{shutdown')) ctx.exit({ shutdown: order.slice('{shutdown,'.length, -1) });
    else throw new Error(order);
  }

  // --- What happens -------------------------------------------------------------------------------------------------

  #hear(event: GraphEvent): void {
    const { kind } = event;
    if (kind !== 'actorStarted' && kind !== 'actorStopped' && kind !== 'startFailed' && kind !== 'startIgnored') return;
    const { actor, regeneration } = event;
    if (actor === 'keeper') return;
    if (actor === 'root') {
      this.#hasEnded = kind === 'actorStopped';
      return;
    }
    const id = idOf(actor);
    const name = `${id}.${regeneration + 1 + (this.#earlier.get(id) ?? 0)}`;
    const before = this.#alive.get(id);
    switch (kind) {
      case 'actorStarted':
        this.#note(actor, `+${name}`);
        if (before !== undefined) this.#violations.push(`${name} is started while ${before} runs`);
        this.#alive.set(id, name);
        this.#ending.delete(id);
        break;
      case 'startFailed':
        if (before !== undefined) this.#violations.push(`${name} is tried while ${before} runs`);
        this.#startErrors.add(event.error);
        this.#note(actor, `!${name}`);
        break;
      case 'startIgnored':
        this.#note(actor, `~${name}`);
        break;
      case 'actorStopped':
        this.#note(actor, `-${name}:${this.#reasonOf(event.exit)}`);
        if (before !== name) this.#violations.push(`${name} ends while ${before ?? 'none'} runs`);
        this.#alive.delete(id);
    }
  }

  #note(actor: string, what: string): void {
    this.#trace.push(what);
    const under = idOf(actor.slice(0, actor.lastIndexOf('/')));
    let log = this.logs.get(under);
    if (log === undefined) this.logs.set(under, (log = []));
    log.push(`${this.sim.clock.nowMs()} ${what}`);
  }

  #reasonOf(exit: Exit): string {
    if (exit.kind === 'shutdown') return exit.why === undefined ? 'shutdown' : `{shutdown,${exit.why as string}}`;
    if (exit.kind !== 'crashed') return exit.kind;
    if (this.#startErrors.has(exit.error)) return 'failed_to_start';
    return exit.error instanceof Error ? exit.error.message : String(exit.error);
  }

  // --- What the cases do --------------------------------------------------------------------------------------------

  get text(): string {
    return this.#trace.join(' ');
  }

  get children(): string {
    const all = this.root.children();
    return all.map(({ id, status }) => `${id} ${status}`).join(', ');
  }

  get counts(): string {
    const { specs, active, supervisors, workers } = this.root.counts();
    return [specs, active, supervisors, workers].join();
  }

  get nowMs(): number {
    return this.sim.clock.nowMs();
  }

  get isOver(): boolean {
    return this.#hasEnded;
  }

  async start(): Promise<void> {
    this.graph.start();
    this.graph.stopped().catch(() => undefined);
    await this.sim.settle();
  }

  async end(reason: string, ...ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      if (reason === 'killed') this.ref(id).kill();
      else this.ref(id).tryCast(reason);
    }
    await this.sim.settle();
  }

  ref(id: string): SpawnedActor<Inputs> {
    const ref = this.#refs.get(id);
    if (ref === undefined) throw new Error(`there is no ${id}`);
    return ref;
  }

  supervisor(id: string): Handle {
    return this.#supervisors.get(id) as Handle;
  }

  async administer(kind: AdminKind, id: string, at: string = 'root'): Promise<Answer> {
    return this.#settled(this.#administer(kind, id, at));
  }

  async #administer(kind: AdminKind, id: string, at: string): Promise<Answer> {
    const handle = this.supervisor(at);
    return answerOf(async () => {
      if ('spec' in handle) await handle[kind](id);
      else if (kind === 'terminate') await handle.terminate(this.ref(id));
      else return 'not for a dynamic supervisor'; // there is no such function
      if (kind !== 'restart') return 'done';
      return handle.children().find((child) => child.id === id)?.status === 'running' ? 'running' : 'ignored';
    });
  }

  async add(plan: Plan, at: string = 'root'): Promise<Answer> {
    return this.#settled(this.#add(plan, at));
  }

  #add(plan: Plan, at: string): Promise<Answer> {
    if ('children' in plan) throw new Error('supervisors are not added at run time');
    const handle = this.supervisor(at);
    const { id } = plan;
    if (!handle.children().some((child) => child.id === id)) {
      this.#earlier.set(id, this.#highest(id));
      this.#know(plan, `${handle.name}/${id}`);
    }
    return answerOf(async () => {
      const start = (): Promise<SpawnedActor<Inputs>> =>
        'spec' in handle
          ? handle.start(id, this.#definitionOf(plan), {}, optionsOf(plan))
          : handle.start(undefined, { id });
      const ref = await start();
      this.#refs.set(id, ref);
      return handle.children().find((child) => child.id === id)?.status === 'running' ? 'running' : 'ignored';
    });
  }

  /** The number of the last attempt to start one of this id. */
  #highest(id: string): number {
    const numbers = this.#trace
      .filter((what) => what.slice(1).startsWith(`${id}.`))
      .map((what) => parseInt(what.slice(id.length + 2)));
    return Math.max(0, ...numbers);
  }

  ask(kind: AdminKind, id: string, answers: Answer[]): void {
    void this.#administer(kind, id, 'root').then((answer) => answers.push(answer));
  }

  askToAdd(plan: Plan, answers: Answer[]): void {
    void this.#add(plan, 'root').then((answer) => answers.push(answer));
  }

  async #settled(work: Promise<Answer>): Promise<Answer> {
    let answer = 'no answer yet';
    void work.then((result) => (answer = result));
    await this.sim.settle();
    return answer;
  }

  async stop(): Promise<void> {
    this.#trace.push('STOP');
    this.askToStop();
    await this.sim.advance(10_000);
  }

  askToStop(done: () => void = () => undefined): void {
    void this.root.stop().then(done);
  }

  async advance(ms: number): Promise<void> {
    await this.sim.advance(ms);
  }

  /** Those that are alive, and what the handles say of them, agree; and at the end of the graph nothing is left of it. */
  async leftovers(): Promise<readonly string[]> {
    const found = [...this.#violations];
    if (this.isOver) {
      found.push(...this.#alive.values());
      const timers = this.sim.clock.pending;
      if (timers > 0) found.push(`${timers} timers when the supervisor is dead`);
    } else {
      for (const { id, status, kind } of this.root.children()) {
        if (kind === 'worker' && (status === 'running') !== this.#alive.has(id))
          found.push(`${id} is said to be ${status}`);
      }
    }
    this.graph.requestShutdown();
    const end = this.graph.stopped().catch((error: unknown) => (error instanceof HoldfastError ? error.code : error));
    const ended = await this.sim.runUntil(end);
    if (ended !== undefined && ended !== 'ERR_START_FAILED') found.push(String(ended));
    found.push(...leftovers(this.graph, this.sim), ...this.#alive.values());
    if (this.#sleepers > 0) found.push(`${this.#sleepers} are still busy`);
    this.graph.checkConservation();
    return found;
  }
}

type Handle = SupervisorRef | DynamicSupervisorRef<Inputs, undefined>;
type Builder = Pick<SupervisorBuilder, 'supervisor' | 'dynamicSupervisor'>;

async function answerOf(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (isHoldfastError(error, 'ERR_START_FAILED')) return 'failed';
    if (isHoldfastError(error, 'ERR_CHILD_REFUSED')) return error.details.why;
    throw error;
  }
}

function childOptionsOf({ restart, shutdown, significant, backoff }: Plan) {
  return {
    ...(restart && { restart }),
    ...(shutdown !== undefined && { shutdown }),
    ...(significant && { significant }),
    ...(backoff && { backoff: { jitter: 0, ...backoff } }),
  };
}

function optionsOf(plan: ActorPlan): ActorOptions {
  const { maxRestarts, periodMs, breaker, alert } = plan;
  return {
    ...childOptionsOf(plan),
    ...(maxRestarts !== undefined && { maxRestarts }),
    ...(periodMs !== undefined && { periodMs }),
    ...(breaker && { breaker }),
    ...(alert && { alert }),
  };
}
