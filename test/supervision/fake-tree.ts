/** Supervision of children that are only pretended, on a virtual clock, with an exact trace of what happened. */
import { SeededRandom, VirtualClock } from 'holdfast/testing';
import type { Exit } from '../../src/actor/events.ts';
import type { Backoff, RestartType, ShutdownSpec } from '../../src/actor/settings.ts';
import type { ChildControl, Decided, Policy, StartResult } from '../../src/supervision/child-control.ts';
import type { BreakerSettings } from '../../src/supervision/breaker.ts';
import type { Child, ChildSpec, NewChild } from '../../src/supervision/child.ts';
import { type ChildEvent, type Directive, type PolicyAnswer, directiveOf } from '../../src/supervision/directive.ts';
import type { FallbackSettings } from '../../src/supervision/fallback.ts';
import type { AlertSettings } from '../../src/supervision/restart-alert.ts';
import type { AdminResult } from '../../src/supervision/admin.ts';
import { Supervision, type SupervisionSettings } from '../../src/supervision/supervision.ts';
import { type SupervisorEnd, exitOfSupervisor } from '../../src/supervision/supervisor-end.ts';

export interface ActorPlan {
  readonly id: string;
  readonly restart?: RestartType;
  readonly shutdown?: ShutdownSpec;
  readonly significant?: boolean;
  readonly backoff?: Partial<Backoff>;
  /** A limit of its own; of a supervisor, see `ownLimit`. */
  readonly maxRestarts?: number;
  readonly periodMs?: number;
  readonly breaker?: BreakerSettings;
  readonly fallback?: FallbackSettings;
  readonly alert?: AlertSettings;
  /** How each attempt to start it goes; the last one goes for all that follow. Default: it runs. */
  readonly starts?: readonly ('ok' | 'error' | 'ignore')[];
  /** Virtual milliseconds that it takes to start and to stop. Default 0. */
  readonly startsInMs?: number;
  readonly stopsInMs?: number;
  /** What it ends of when it is asked to stop. Default `shutdown`. */
  readonly stopReason?: string;
}

export interface SupervisorPlan extends Omit<ActorPlan, 'starts' | 'startsInMs' | 'stopsInMs'> {
  readonly children: readonly Plan[];
  readonly strategy?: SupervisionSettings['strategy'];
  readonly isDynamic?: boolean;
  /** What the children of a dynamic one have in common. Pretended children need none. */
  readonly template?: ActorPlan;
  /** The limit for its children. */
  readonly maxRestarts?: number;
  readonly periodMs?: number;
  /** The limit of itself as a child. */
  readonly ownLimit?: { readonly maxRestarts: number; readonly periodMs: number };
  readonly autoShutdown?: SupervisionSettings['autoShutdown'];
  readonly maxChildren?: number;
  readonly resetAfterMs?: number;
  /** What it answers, or throws. */
  readonly policy?: (event: ChildEvent<Plan>) => PolicyAnswer<Plan> | undefined | void;
  /** Virtual milliseconds that the policy takes to answer. Default: it answers at once. */
  readonly policyTakesMs?: number;
}

export type Plan = ActorPlan | SupervisorPlan;

const NO_BACKOFF: Backoff = { minMs: 0, maxMs: 30_000, factor: 2, jitter: 0, resetAfterMs: 60_000 };

/** A child that runs, or has run. */
interface Running {
  readonly child: Child<Plan>;
  readonly incarnation: number;
  readonly name: string;
  readonly parent: Node;
  node: Node | null;
  alive: boolean;
  /** It is asked to stop, and dies of something else before. */
  onDeath: (() => void) | null;
}

export class Node implements ChildControl<Plan>, Policy<Plan> {
  readonly tree: FakeTree;
  readonly plan: SupervisorPlan;
  readonly supervision: Supervision<Plan>;
  readonly running = new Map<Child<Plan>, Running>();
  /** What was told, apart from the trace, and what the policy was asked about. */
  readonly told: string[] = [];
  readonly asked: string[] = [];
  readonly random = new SeededRandom(1);
  isStarting = false;
  #restartsMs: number[] = [];
  end: SupervisorEnd | undefined;
  onEnd: (end: SupervisorEnd) => void = () => undefined;

  constructor(tree: FakeTree, plan: SupervisorPlan) {
    this.tree = tree;
    this.plan = plan;
    const {
      strategy = 'oneForOne',
      isDynamic = false,
      maxRestarts = 5,
      periodMs = 10_000,
      autoShutdown = 'never',
      maxChildren = Infinity,
      resetAfterMs = Infinity,
    } = plan;
    if (isDynamic) tree.dynamic.add(plan.id);
    const children = isDynamic ? [] : plan.children.map(newChildOf);
    const limits = { maxRestarts, periodMs, resetAfterMs, maxChildren };
    const policy = plan.policy === undefined ? undefined : this;
    this.supervision = new Supervision({ strategy, isDynamic, autoShutdown, ...limits }, children, this, policy);
  }

  nowMs(): number {
    return this.tree.clock.nowMs();
  }

  wallMs(): number {
    return this.tree.clock.wallMs();
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.tree.clock.setTimer(this.nowMs() + delayMs, callback);
  }

  start(child: Child<Plan>, answer: (result: StartResult) => void): void {
    const plan = child.subject;
    if (this.running.get(child)?.alive === true) this.tree.violations.push(`${plan.id} is started while it runs`);
    if (this.end !== undefined) this.tree.violations.push(`${plan.id} is started after the end of ${this.plan.id}`);
    const attempt = this.tree.nextAttempt(plan.id);
    const name = `${plan.id}.${attempt + 1}${child.isFallback ? '(fallback)' : ''}`;
    if ('children' in plan) this.#startNode(child, plan, name, answer);
    else if (plan.startsInMs === undefined) answer(this.#started(child, plan, name, attempt));
    else this.#takes(plan.startsInMs, () => answer(this.#started(child, plan, name, attempt)));
  }

  #takes(ms: number, callback: () => void): () => void {
    this.tree.underWay += 1;
    const done = (): void => void (this.tree.underWay -= 1);
    const cancel = this.after(ms, () => {
      done();
      callback();
    });
    return () => {
      done();
      cancel();
    };
  }

  #started(child: Child<Plan>, plan: ActorPlan, name: string, attempt: number): StartResult {
    const { starts = ['ok'] } = plan;
    const how = starts[Math.min(attempt, starts.length - 1)];
    if (how === 'error') {
      this.trace(`!${name}`);
      return { kind: 'failed', error: new Error(`${name} does not start`) };
    }
    if (how === 'ignore') {
      this.trace(`~${name}`);
      return { kind: 'ignored' };
    }
    this.trace(`+${name}`);
    const { incarnation } = child;
    this.running.set(child, { child, incarnation, name, parent: this, node: null, alive: true, onDeath: null });
    return { kind: 'running' };
  }

  #startNode(child: Child<Plan>, plan: SupervisorPlan, name: string, answer: (result: StartResult) => void): void {
    this.trace(`+${name}`);
    const node = new Node(this.tree, plan);
    const { incarnation } = child;
    const running: Running = { child, incarnation, name, parent: this, node, alive: true, onDeath: null };
    this.running.set(child, running);
    node.onEnd = (end) => {
      if (!running.alive || end.kind === 'stopped' || end.kind === 'killed') return;
      running.alive = false;
      const exit = exitOfSupervisor(end);
      this.trace(`-${name}:${exit.kind === 'crashed' ? errorText(exit.error) : exit.kind}`);
      this.supervision.childEnded(child, incarnation, exit, true, 0, end.kind === 'gaveUp' ? end : undefined);
    };
    node.isStarting = true;
    node.supervision.start((result) => {
      node.isStarting = false;
      if (result.kind === 'failed') {
        running.alive = false;
        this.trace(`-${name}:failed_to_start`);
      }
      answer(result);
    });
  }

  stop(child: Child<Plan>, answer: () => void): void {
    const running = this.running.get(child);
    if (running?.alive !== true) {
      answer();
      return;
    }
    const ends = (reason: string): void => {
      if (running.alive) this.trace(`-${running.name}:${reason}`);
      running.alive = false;
      answer();
    };
    if (running.node !== null) {
      running.node.supervision.stop(() => ends('shutdown'));
      return;
    }
    const { shutdown } = child.spec;
    const { stopsInMs = 0, stopReason = 'shutdown' } = child.subject as ActorPlan;
    const limitMs = shutdown === 'brutal' ? -1 : shutdown === 'infinity' ? Infinity : shutdown;
    const isInTime = stopsInMs <= limitMs;
    const takesMs = Math.max(0, isInTime ? stopsInMs : limitMs);
    if (takesMs === 0) {
      ends(isInTime ? stopReason : 'killed');
      return;
    }
    const cancel = this.#takes(takesMs, () => ends(isInTime ? stopReason : 'killed'));
    running.onDeath = () => {
      cancel();
      answer();
    };
  }

  trace(what: string): void {
    this.tree.trace(what, this.plan.id);
  }

  resume(child: Child<Plan>, answer: (result: StartResult) => void): void {
    const running = this.running.get(child) as Running;
    running.alive = true;
    this.trace(`=${running.name}`);
    answer({ kind: 'running' });
  }

  kill(child: Child<Plan>, answer: () => void): void {
    const running = this.running.get(child);
    if (running?.alive !== true) {
      answer();
      return;
    }
    const ends = (): void => {
      running.alive = false;
      this.trace(`-${running.name}:killed`);
      answer();
    };
    if (running.node === null) ends();
    else running.node.supervision.stop(ends);
  }

  ask(event: ChildEvent<Plan>, answer: (directive: Directive<Plan>) => void): void {
    const { policy, policyTakesMs } = this.plan;
    this.asked.push(`${event.kind} ${event.child.id}`);
    let directive: Directive<Plan>;
    try {
      directive = directiveOf(policy?.(event), (replace) => ({
        take: () => replace as Plan,
        spec: specOf(replace as Plan),
      }));
    } catch (error) {
      directive = { kind: 'threw', error };
    }
    if (policyTakesMs === undefined) answer(directive);
    else this.after(policyTakesMs, () => answer(directive));
  }

  decided(what: Decided<Plan>): void {
    if (what.kind === 'restarting') this.#checkIntensity();
    this.told.push(textOf(what));
  }

  #checkIntensity(): void {
    const { maxRestarts = 5, periodMs = 10_000 } = this.plan;
    this.#restartsMs = [...this.#restartsMs, this.nowMs()].filter((atMs) => this.nowMs() - atMs <= periodMs);
    if (this.#restartsMs.length > maxRestarts) this.tree.violations.push(`${this.plan.id} restarts too often`);
  }

  gone(child: Child<Plan>, exit: Exit | undefined, mayReturn: boolean): void {
    this.told.push(`gone ${child.id} ${exit?.kind ?? 'without exit'}${mayReturn ? ', may return' : ''}`);
  }

  ended(end: SupervisorEnd): void {
    this.end = end;
    this.onEnd(end);
  }

  *all(): Generator<Running> {
    for (const running of this.running.values()) {
      yield running;
      if (running.node !== null) yield* running.node.all();
    }
  }
}

export class FakeTree {
  readonly clock = new VirtualClock();
  readonly root: Node;
  readonly #trace: string[] = [];
  /** What happened to the children of each supervisor, over all its incarnations, and when. */
  readonly logs = new Map<string, string[]>();
  /** The ids of dynamic supervisors. */
  readonly dynamic = new Set<string>();
  /** Starts and stops that take their time. */
  underWay = 0;
  /** What must never happen: a child that is started while it runs, more restarts than allowed, events after the end. */
  readonly violations: string[] = [];
  readonly #attempts = new Map<string, number>();

  constructor(plan: Omit<SupervisorPlan, 'id'>) {
    this.root = new Node(this, { id: 'root', ...plan });
  }

  get text(): string {
    return this.#trace.join(' ');
  }

  /** @param under - The supervisor whose child it is about. */
  trace(what: string, under: string = 'nobody'): void {
    this.#trace.push(what);
    let log = this.logs.get(under);
    if (log === undefined) this.logs.set(under, (log = []));
    log.push(`${this.clock.nowMs()} ${what}`);
  }

  newChildOf(plan: Plan): NewChild<Plan> {
    return newChildOf(plan);
  }

  nextAttempt(id: string): number {
    const attempt = this.#attempts.get(id) ?? 0;
    this.#attempts.set(id, attempt + 1);
    return attempt;
  }

  start(): StartResult | undefined {
    let result: StartResult | undefined;
    this.root.supervision.start((answer) => (result = answer));
    return result;
  }

  /** The children end, all of them before any supervisor hears of one. */
  end(reason: string, ...ids: readonly string[]): void {
    const found = ids.map((id) => this.find(id));
    for (const running of found) {
      running.alive = false;
      this.trace(`-${running.name}:${reason}`, running.parent.plan.id);
    }
    for (const { child, incarnation, parent, onDeath } of found) {
      onDeath?.();
      parent.supervision.childEnded(child, incarnation, exitOf(reason), true);
    }
  }

  find(id: string): Running {
    const found = [...this.root.all()].find(({ alive, child }) => alive && child.id === id);
    if (found === undefined) throw new Error(`no ${id} is running: ${this.text}`);
    return found;
  }

  administer(kind: 'terminate' | 'restart' | 'delete', id: string, at: Node = this.root): string {
    return this.#asked((answer) => at.supervision.administer(kind, id, answer));
  }

  add(plan: Plan, at: Node = this.root): string {
    return this.#asked((answer) => at.supervision.add(newChildOf(plan), answer));
  }

  stop(): void {
    this.trace('STOP');
    this.root.supervision.stop(() => undefined);
    this.advance(10_000);
  }

  advance(ms: number): void {
    const untilMs = this.clock.nowMs() + ms;
    while (this.clock.fireNext(untilMs));
    this.clock.jumpTo(untilMs);
  }

  /** Each child of the root, in start order. */
  get children(): string {
    return this.root.supervision.children.map(({ id, status }) => `${id} ${status}`).join(', ');
  }

  /** What nobody may have left behind. */
  get leftovers(): readonly string[] {
    const dead = this.root.end !== undefined;
    const alive = [...this.root.all()].filter((running) => running.alive).map(({ name }) => name);
    return dead ? [...alive, ...(this.clock.pending > 0 ? [`${this.clock.pending} timers`] : [])] : [];
  }

  #asked(ask: (answer: (result: AdminResult) => void) => void): string {
    let result: AdminResult | undefined;
    ask((answer) => (result = answer));
    this.advance(0);
    if (result === undefined) return 'no answer yet';
    return result.kind === 'refused' ? result.why : result.kind;
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function textOf(what: Decided<Plan>): string {
  switch (what.kind) {
    case 'restarting':
      return `restarting ${what.child.id} in ${what.delayMs}`;
    case 'breaker':
      return `breaker ${what.child.id} ${what.state}`;
    case 'fallback':
      return `fallback ${what.child.id} ${what.isOn ? 'on' : 'off'}`;
    case 'alert':
      return `alert ${what.child.id} more than ${what.moreThan} in ${what.withinMs}`;
    case 'limitLowered':
      return `limit ${what.child.id} ${what.value}`;
    case 'leftOut':
      return `left out ${what.child.id}: ${errorText(what.error)}`;
    case 'resumed':
      return `resumed ${what.child.id}`;
    case 'autoShutdown':
      return `autoShutdown ${what.child}`;
    case 'gaveUp':
      return `gaveUp ${what.child} ${what.why}`;
  }
}

function exitOf(reason: string): Exit {
  if (reason === 'normal' || reason === 'completed') return { kind: reason };
  if (reason.startsWith('shutdown') || reason.startsWith('{shutdown')) return { kind: 'shutdown' };
  return reason === 'killed' ? { kind: 'killed' } : { kind: 'crashed', error: new Error(reason) };
}

function newChildOf(plan: Plan): NewChild<Plan> {
  return { id: plan.id, spec: specOf(plan), subject: plan };
}

function specOf(plan: Plan): ChildSpec {
  const { restart = 'permanent', significant = false } = plan;
  const isSupervisor = 'children' in plan;
  const shutdown = plan.shutdown ?? (isSupervisor ? 'infinity' : 1_000);
  const { maxRestarts = Infinity, periodMs = 10_000 } = ('children' in plan ? plan.ownLimit : plan) ?? {};
  const backoff = { ...NO_BACKOFF, ...plan.backoff };
  const { breaker, fallback, alert } = plan;
  return { restart, shutdown, significant, backoff, maxRestarts, periodMs, breaker, fallback, alert };
}
