/** Supervision of children that are only pretended, on a virtual clock, with an exact trace of what happened. */
import { SeededRandom, VirtualClock } from 'holdfast/testing';
import type { Exit } from '../../src/actor/events.ts';
import type { Backoff, RestartType } from '../../src/actor/settings.ts';
import {
  type AdminResult,
  type Child,
  type ChildControl,
  type ChildSpec,
  type ShutdownSpec,
  type StartResult,
  Supervision,
  type SupervisionSettings,
  type SupervisorEnd,
} from '../../src/supervision/supervision.ts';

export interface ActorPlan {
  readonly id: string;
  readonly restart?: RestartType;
  readonly shutdown?: ShutdownSpec;
  readonly significant?: boolean;
  readonly backoff?: Partial<Backoff>;
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
  readonly maxRestarts?: number;
  readonly periodMs?: number;
  readonly autoShutdown?: SupervisionSettings['autoShutdown'];
}

export type Plan = ActorPlan | SupervisorPlan;

const NO_BACKOFF: Backoff = { minMs: 0, maxMs: 30_000, factor: 2, jitter: 0, resetAfterMs: 60_000 };

/** A child that runs, or has run. */
interface Running {
  readonly child: Child;
  readonly incarnation: number;
  readonly name: string;
  readonly parent: Node;
  node: Node | null;
  alive: boolean;
}

export class Node implements ChildControl {
  readonly tree: FakeTree;
  readonly plan: SupervisorPlan;
  readonly supervision: Supervision;
  readonly plans: Map<string, Plan>;
  readonly running = new Map<Child, Running>();
  readonly random = new SeededRandom(1);
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
    } = plan;
    this.plans = new Map(plan.children.map((each) => [each.id, each]));
    const specs = isDynamic ? [] : plan.children.map(specOf);
    this.supervision = new Supervision({ strategy, isDynamic, maxRestarts, periodMs, autoShutdown }, specs, this);
  }

  nowMs(): number {
    return this.tree.clock.nowMs();
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.tree.clock.setTimer(this.nowMs() + delayMs, callback);
  }

  start(child: Child, answer: (result: StartResult) => void): void {
    const plan = this.plans.get(child.spec.id) as Plan;
    const attempt = this.tree.nextAttempt(plan.id);
    const name = `${plan.id}.${attempt + 1}`;
    if ('children' in plan) this.#startNode(child, plan, name, answer);
    else if (plan.startsInMs === undefined) answer(this.#started(child, plan, name, attempt));
    else this.after(plan.startsInMs, () => answer(this.#started(child, plan, name, attempt)));
  }

  #started(child: Child, plan: ActorPlan, name: string, attempt: number): StartResult {
    const { starts = ['ok'] } = plan;
    const how = starts[Math.min(attempt, starts.length - 1)];
    if (how === 'error') {
      this.tree.trace(`!${name}`);
      return { kind: 'failed', error: new Error(`${name} does not start`) };
    }
    if (how === 'ignore') {
      this.tree.trace(`~${name}`);
      return { kind: 'ignored' };
    }
    this.tree.trace(`+${name}`);
    this.running.set(child, { child, incarnation: child.incarnation, name, parent: this, node: null, alive: true });
    return { kind: 'running' };
  }

  #startNode(child: Child, plan: SupervisorPlan, name: string, answer: (result: StartResult) => void): void {
    this.tree.trace(`+${name}`);
    const node = new Node(this.tree, plan);
    const { incarnation } = child;
    const running: Running = { child, incarnation, name, parent: this, node, alive: true };
    this.running.set(child, running);
    node.onEnd = (end) => {
      if (!running.alive || end.kind === 'stopped') return;
      running.alive = false;
      this.tree.trace(`-${name}:shutdown`);
      this.supervision.childEnded(child, incarnation, { kind: 'shutdown' }, true);
    };
    node.supervision.start((result) => {
      if (result.kind === 'failed') {
        running.alive = false;
        this.tree.trace(`-${name}:failed_to_start`);
      }
      answer(result);
    });
  }

  stop(child: Child, answer: () => void): void {
    const running = this.running.get(child);
    if (running?.alive !== true) {
      answer();
      return;
    }
    const plan = this.plans.get(child.spec.id) as Plan;
    const ends = (reason: string): void => {
      running.alive = false;
      this.tree.trace(`-${running.name}:${reason}`);
      answer();
    };
    if (running.node !== null) {
      running.node.supervision.stop(() => ends('shutdown'));
      return;
    }
    const { shutdown } = child.spec;
    const { stopsInMs = 0, stopReason = 'shutdown' } = plan as ActorPlan;
    const limitMs = shutdown === 'brutal' ? -1 : shutdown === 'infinity' ? Infinity : shutdown;
    const isInTime = stopsInMs <= limitMs;
    const takesMs = Math.max(0, isInTime ? stopsInMs : limitMs);
    if (takesMs === 0) ends(isInTime ? stopReason : 'killed');
    else this.after(takesMs, () => ends(isInTime ? stopReason : 'killed'));
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
  readonly #attempts = new Map<string, number>();

  constructor(plan: Omit<SupervisorPlan, 'id'>) {
    this.root = new Node(this, { id: 'root', ...plan });
  }

  get text(): string {
    return this.#trace.join(' ');
  }

  trace(what: string): void {
    this.#trace.push(what);
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
      this.trace(`-${running.name}:${reason}`);
    }
    for (const { child, incarnation, parent } of found) {
      parent.supervision.childEnded(child, incarnation, exitOf(reason), true);
    }
  }

  find(id: string): Running {
    const found = [...this.root.all()].find(({ alive, child }) => alive && child.spec.id === id);
    if (found === undefined) throw new Error(`no ${id} is running: ${this.text}`);
    return found;
  }

  administer(kind: 'terminate' | 'restart' | 'delete', id: string, at: Node = this.root): string {
    return this.#asked((answer) => at.supervision.administer(kind, id, answer));
  }

  add(plan: Plan, at: Node = this.root): string {
    at.plans.set(plan.id, plan);
    return this.#asked((answer) => at.supervision.add(specOf(plan), answer));
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
    return this.root.supervision.children.map(({ spec, status }) => `${spec.id} ${status}`).join(', ');
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

function exitOf(reason: string): Exit {
  if (reason === 'normal') return { kind: 'normal' };
  if (reason.startsWith('shutdown') || reason.startsWith('{shutdown')) return { kind: 'shutdown' };
  return reason === 'killed' ? { kind: 'killed' } : { kind: 'crashed', error: new Error(reason) };
}

function specOf(plan: Plan): ChildSpec {
  const { id, restart = 'permanent', significant = false, backoff = {} } = plan;
  const isSupervisor = 'children' in plan;
  const shutdown = plan.shutdown ?? (isSupervisor ? 'infinity' : 1_000);
  return { id, restart, shutdown, significant, isSupervisor, backoff: { ...NO_BACKOFF, ...backoff } };
}
