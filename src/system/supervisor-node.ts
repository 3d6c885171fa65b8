import type { Exit } from '../actor/events.ts';
import { type Runnable, runSoon } from '../actor/run-queue.ts';
import type { ActorSettings, ShutdownSpec } from '../actor/settings.ts';
import { Timer } from '../actor/timer-queue.ts';
import type { HoldfastError } from '../base/errors.ts';
import { Fifo } from '../base/fifo.ts';
import { invalidOption } from '../base/options.ts';
import type { Random } from '../ports/random.ts';
import type { BreakerState } from '../supervision/breaker.ts';
import type { Child, ChildSpec, NewChild } from '../supervision/child.ts';
import type { ChildControl, Decided, Policy, StartResult } from '../supervision/child-control.ts';
import type { AdminResult } from '../supervision/admin.ts';
import type { AlertSettings } from '../supervision/restart-alert.ts';
import { Supervision } from '../supervision/supervision.ts';
import { exitOfSupervisor, type GaveUp, type SupervisorEnd } from '../supervision/supervisor-end.ts';
import type { ActorCell } from './actor-cell.ts';
import { gaveUpError } from './gave-up-error.ts';
import type { GraphCore } from './graph-core.ts';
import { startFailed } from './start-failed.ts';
import type { SupervisorSettings } from './supervisor-options.ts';
import { FunctionPolicy } from './supervisor-policy.ts';

/** What stands under a supervisor: the place of an actor, or another supervisor. */
export interface Member {
  readonly kind: 'worker' | 'supervisor';
  /** Its path in the tree. */
  readonly name: string;
  /** Of the present incarnation, or the one that has ended last. */
  readonly regeneration: number;
  /** There is an incarnation. */
  readonly isUp: boolean;
  /**
   * The next incarnation begins.
   *
   * @param fresh - Nothing is left of the state of earlier ones.
   * @param isFallback - It is its fallback that begins.
   * @param answer - Called once, at once or later.
   */
  begin(fresh: boolean, isFallback: boolean, answer: (result: StartResult) => void): void;
  /** The incarnation ends; what it leaves behind stays for the next one. @param answer - Called once. */
  halt(shutdown: ShutdownSpec, answer: (exit: Exit) => void): void;
  /** Goes on after an error of its code, with its committed state and without the message at fault. */
  resume(answer: (result: StartResult) => void): void;
  /**
   * Another definition, to take its place for good.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION` and the like for what cannot.
   */
  replacement(given: unknown): MemberReplacement;
  /** Its supervisor begins anew: whatever has taken its place since it was built gives way to it. */
  asBuilt(): void;
  /** It will not come back by itself. @param isForgotten - Nor will anybody else bring it back. */
  retire(exit: Exit, isForgotten: boolean): void;
  /** Its circuit breaker has changed. */
  breakerIs(state: BreakerState): void;
}

/** Another one in the place of a member. */
export interface MemberReplacement {
  readonly spec: ChildSpec;
  /** It takes the place. To be called while there is no incarnation. */
  readonly take: () => Member;
}

/** Whoever has a supervisor that is nobody's child: the root of the tree, or that of an actor that owns children. */
export interface NodeListener {
  /** Nothing stands before the names of its children. */
  readonly isRoot: boolean;
  /** Decides about its children; undefined where `onChildEvent` or the rules do. */
  readonly policy: Policy<Member> | undefined;
  /** Whose children these are; undefined for those of the root. */
  readonly owner: ActorCell | undefined;
  /** What ends now keeps its place. */
  readonly keepsPlaces: boolean;
  /** It gives up: it is about to stop its children. */
  givesUp(error: HoldfastError, end: GaveUp): void;
  /** All its children have ended, and not because it was halted. */
  ended(end: SupervisorEnd): void;
}

/** Supervisors that start or stop each other in one call within another. */
const LEVELS_AT_ONCE = 64;

/** A child has ended by itself. */
interface ChildEnd {
  /** Of the incarnation of the supervisor under which it ended. */
  readonly supervision: Supervision<Member>;
  readonly child: Child<Member>;
  readonly incarnation: number;
  readonly exit: Exit;
  readonly counts: boolean;
  readonly retryDelayMs: number;
  readonly gaveUp: GaveUp | undefined;
}

/**
 * A supervisor in its place in the tree: carries out what the rules of its {@link Supervision} decide.
 *
 * Its children end in slices of their own. It hears of that in a slice of its own, so that two that fail in one moment are two
 * that it finds dead.
 */
export class SupervisorNode implements Member, ChildControl<Member>, Runnable {
  readonly kind = 'supervisor';
  readonly name: string;
  readonly id: string;
  readonly settings: SupervisorSettings;
  /** What its children are unless they say otherwise. */
  readonly actorDefaults: ActorSettings;
  readonly random: Random;
  readonly #core: GraphCore;
  /** Null for one that is nobody's child. */
  readonly parent: SupervisorNode | null;
  /** Null for those that have a parent. */
  readonly #listener: NodeListener | null;
  /** Those that are there from the start, and again whenever it starts anew. */
  readonly #statics: NewChild<Member>[] = [];
  #supervision: Supervision<Member>;
  regeneration = -1;
  #status: 'asleep' | 'running' | 'stopping' | 'ended' = 'asleep';
  /** Bounded by the children: each ends once before it begins again. */
  readonly #ends = new Fifo<ChildEnd>();
  queued = false;
  /** Supervisors above it. */
  readonly #depth: number;

  constructor(
    core: GraphCore,
    parent: SupervisorNode | NodeListener,
    place: { readonly name: string; readonly id: string; readonly actorDefaults: ActorSettings },
    settings: SupervisorSettings,
  ) {
    this.#core = core;
    this.parent = parent instanceof SupervisorNode ? parent : null;
    this.#listener = parent instanceof SupervisorNode ? null : parent;
    this.#depth = parent instanceof SupervisorNode ? parent.#depth + 1 : 0;
    this.name = place.name;
    this.id = place.id;
    this.actorDefaults = place.actorDefaults;
    this.settings = settings;
    this.random = core.random;
    this.#supervision = this.#newSupervision();
  }

  /** The full name of a child. */
  nameOf(id: string): string {
    return this.isRoot ? id : `${this.name}/${id}`;
  }

  get isRoot(): boolean {
    return this.#listener?.isRoot === true;
  }

  get status(): 'asleep' | 'running' | 'stopping' | 'ended' {
    return this.#status;
  }

  /** In start order. */
  get children(): readonly Child<Member>[] {
    return this.#supervision.children;
  }

  child(id: string): Child<Member> | undefined {
    return this.#supervision.child(id);
  }

  /** The actors under it, to any depth, in start order. */
  *cells(): Generator<ActorCell> {
    for (const { subject } of this.#supervision.children) {
      if (subject instanceof SupervisorNode) yield* subject.cells();
      else yield* withChildren(subject as ActorCell); // there are no other members
    }
  }

  /** The actors that stand under it at once, and are there from the start. */
  *ownActors(): Generator<ActorCell> {
    for (const { subject } of this.#statics) if (!(subject instanceof SupervisorNode)) yield subject as ActorCell;
  }

  get childCount(): number {
    return this.#supervision.childCount;
  }

  /** Adds one that is there from the start. */
  addStatic(child: NewChild<Member>): void {
    this.#statics.push(child);
  }

  /** Those that are there from the start, in their order. */
  get statics(): readonly NewChild<Member>[] {
    return this.#statics;
  }

  get isUp(): boolean {
    return this.#status === 'running';
  }

  /** It takes orders. */
  get takesOrders(): boolean {
    return this.#status === 'running' && !this.#core.stopping;
  }

  /** Why it takes none. */
  get whyDown(): 'stopping' | 'no such supervisor' {
    return this.#status === 'stopping' || this.#core.stopping ? 'stopping' : 'no such supervisor';
  }

  /** Adds a child while it runs. @param answer - Called once. */
  add(child: NewChild<Member>, answer: (result: AdminResult) => void): void {
    this.#supervision.add(child, answer);
  }

  administer(kind: 'terminate' | 'restart' | 'delete', id: string, answer: (result: AdminResult) => void): void {
    this.#supervision.administer(kind, id, answer);
  }

  /** Calls `answer` when it has done all that it was asked before. */
  whenFree(answer: () => void): void {
    this.#supervision.whenFree(answer);
  }

  /** Has its own supervisor stop it. */
  terminate(): Promise<void> {
    const { parent } = this;
    if (parent?.takesOrders !== true) return Promise.resolve();
    return new Promise((resolve) => parent.administer('terminate', this.id, () => resolve()));
  }

  #newSupervision(): Supervision<Member> {
    const { onChildEvent } = this.settings;
    const policy = this.#listener?.policy ?? (onChildEvent && new FunctionPolicy(this.#core, this, onChildEvent));
    return new Supervision(this.settings, this.#statics, this, policy);
  }

  /** The actor whose children these are; undefined where they are just supervised. */
  get owner(): ActorCell | undefined {
    return this.#listener?.owner;
  }

  /** Whether somebody decides about its children besides the rules. */
  get hasPolicy(): boolean {
    return this.settings.onChildEvent !== undefined || this.#listener?.policy !== undefined;
  }

  // --- As a member --------------------------------------------------------------------------------------------------

  begin(fresh: boolean, _isFallback: boolean, answer: (result: StartResult) => void): void {
    this.regeneration += 1;
    this.#isKilling = false;
    this.#status = 'running';
    if (this.#listener?.isRoot !== false) this.#retireOthers();
    this.#closeBreakers();
    for (const { subject } of this.#statics) subject.asBuilt();
    this.#isFresh = fresh || (this.regeneration > 0 && this.settings.onEscalation === 'fresh');
    this.#supervision = this.#newSupervision();
    if (this.#core.stopping) this.#supervision.hurry();
    const { name, regeneration } = this;
    if (this.parent !== null) this.#core.emit({ kind: 'actorStarted', actor: name, regeneration });
    const supervision = this.#supervision;
    const begun = (result: StartResult): void => {
      this.#isFresh = false;
      if (result.kind === 'failed') {
        this.#status = 'ended';
        if (this.parent !== null) this.#tellEnd(this, { kind: 'crashed', error: result.error });
      }
      this.#later(() => answer(result));
    };
    // Killed before it has begun, it does not begin any more.
    this.#later(() => this.#status !== 'running' || supervision.start(begun));
  }

  /** Every so many levels in a slice of its own: supervisors a thousand levels deep would overflow the stack. */
  #later(callback: () => unknown): void {
    if (this.#depth % LEVELS_AT_ONCE !== 0 || this.parent === null) callback();
    else runSoon(this.#core.runQueue, callback);
  }

  /** Only those come back that it was built with. */
  #retireOthers(): void {
    const statics = new Set(this.#statics.map(({ subject }) => subject));
    for (const { subject } of this.children) if (!statics.has(subject)) subject.retire({ kind: 'shutdown' }, true);
  }

  /** Nothing is known of its children any more. */
  #closeBreakers(): void {
    for (const child of this.children) {
      const { history } = child;
      if (history?.breaker?.reset() === true) this.decided({ kind: 'breaker', child, state: 'closed' });
    }
  }

  /** Children that begin now forget what they were. */
  #isFresh = false;

  /** Its own supervisor stops it, and kills it if that takes longer than it may. */
  halt(shutdown: ShutdownSpec, answer: (exit: Exit) => void): void {
    if (!this.isUp) {
      answer({ kind: 'shutdown' });
      return;
    }
    this.#status = 'stopping';
    const cancel = typeof shutdown === 'number' ? this.after(shutdown, () => this.killRest()) : undefined;
    this.#haltedAs = 'shutdown';
    const done = (): void => {
      const kind = this.#haltedAs ?? 'shutdown';
      cancel?.();
      this.#haltedAs = undefined;
      this.#status = 'ended';
      this.#later(() => answer({ kind }));
    };
    this.#isKilling = shutdown === 'brutal';
    this.#later(() => {
      if (shutdown === 'brutal') this.#supervision.kill(this.#killChild, done);
      else this.#supervision.stop(done);
    });
  }

  /** It ends by itself. @param answer - Called when it has. */
  whenEnded(answer: () => void): void {
    if (this.#status === 'stopping') this.#supervision.stop(answer);
    else answer();
  }

  /** While its own supervisor stops it: how it ends then. */
  #haltedAs: 'shutdown' | 'killed' | undefined;

  /** Ends it at once, and all that is under it: actors are killed, supervisors stop what is under them. */
  kill(): void {
    if (!this.isUp) return;
    this.#status = 'stopping';
    this.killRest();
  }

  /** Whoever kills a child tells of its end, and not whoever was stopping it. */
  #isKilling = false;

  /** Ends at once what it is stopping. */
  killRest(): void {
    this.#isKilling = true;
    this.#supervision.kill(this.#killChild, () => undefined);
  }

  readonly #killChild = ({ subject }: Child<Member>, answer: () => void): void => {
    if (!subject.isUp) {
      answerWhenEnded(subject, answer);
      return;
    }
    const killed = (): void => {
      this.#tellEnd(subject, { kind: 'killed' });
      answer();
    };
    if (subject.kind === 'worker') subject.halt('brutal', killed);
    // An actor dies in a slice of its own: those that were started before this one are to be dead first.
    else runSoon(this.#core.runQueue, () => subject.halt('infinity', killed));
  };

  // --- When the time to drain is over -------------------------------------------------------------------------------

  /** As the root: stops what is under it, each child by its own spec. @param done - All have ended. */
  mustEnd(done: () => void): void {
    this.#limitStarts();
    this.#supervision.stop(done);
  }

  /** A supervisor that waits for a start stops nobody meanwhile: a start has as much time as a stop. */
  #limitStarts(): void {
    for (const child of this.children) {
      if (child.subject instanceof SupervisorNode) child.subject.#limitStarts();
      else this.#limitStart(child);
    }
  }

  #limitStart(child: Child<Member>): void {
    const { subject, spec, status } = child;
    if (!subject.isUp || status === 'running') return; // its start is not under way
    subject.halt(spec.shutdown === 'brutal' ? 0 : spec.shutdown, (exit) => {
      if (child.status === 'running') this.#tellEnd(subject, exit); // or it has not started after all
    });
  }

  /** No time is left: what is under it ends in this very call, whatever it is doing, the deepest first. */
  killNow(): void {
    // Not one call within another: a tree may be a thousand levels deep.
    const nodes = [...this.#nodes()].map((node) => ({
      node,
      wasUp: node.#status === 'running' || node.#status === 'stopping',
    }));
    for (const { node } of nodes) node.#stopWorking();
    for (const { node, wasUp } of nodes.reverse()) {
      node.#endActors();
      if (wasUp && node.parent !== null) node.parent.#tellEnd(node, { kind: 'killed' });
    }
  }

  /** Itself, and the supervisors under it, those of actors that own children included; each before what is under it. */
  *#nodes(): Generator<SupervisorNode> {
    const nodes: SupervisorNode[] = [this];
    for (const node of nodes) {
      yield node;
      for (const { subject } of node.children) {
        const below = subject instanceof SupervisorNode ? subject : (subject as ActorCell).family?.node;
        if (below !== undefined) nodes.push(below);
      }
    }
  }

  #stopWorking(): void {
    this.#isKilling = true;
    this.#haltedAs ??= 'killed'; // nobody above it is to hear of it
    this.#supervision.kill(
      (_, answer) => answer(),
      () => undefined,
    );
    this.#status = 'ended';
  }

  #endActors(): void {
    for (const { subject } of this.children) {
      if (subject instanceof SupervisorNode) continue;
      const { isUp } = subject;
      (subject as ActorCell).stopNow(); // there are no other members
      if (isUp) this.#tellEnd(subject, { kind: 'killed' });
    }
  }

  /** A supervisor has no code that could throw. */
  resume(answer: (result: StartResult) => void): void {
    answer({ kind: 'running' });
  }

  replacement(given: unknown): never {
    throw invalidOption('onChildEvent: replace', `the answer for an actor, and "${this.name}" is a supervisor`, given);
  }

  /** It always is. */
  asBuilt(): void {}

  /** Supervisors have none. */
  breakerIs(): void {}

  retire(exit: Exit): void {
    this.#status = 'ended';
    const all = [...this.#supervision.children, ...this.#statics].map(({ subject }) => subject);
    for (const subject of new Set(all)) subject.retire(exit, true);
  }

  // --- What happens to its children ---------------------------------------------------------------------------------

  /** A child has ended by itself. */
  childEnded(member: Member, id: string, end: Omit<ChildEnd, 'supervision' | 'child' | 'incarnation'>): void {
    this.#tellEnd(member, end.exit);
    // Before it hears of this it may have stopped the child, or even have started it again.
    const supervision = this.#supervision;
    const child = supervision.child(id);
    if (child === undefined) return;
    this.#ends.push({ supervision, child, incarnation: child.incarnation, ...end });
    this.#core.runQueue.enqueue(this);
  }

  runSlice(): boolean {
    while (this.#ends.size > 0) {
      const { supervision, child, incarnation, exit, counts, retryDelayMs, gaveUp } = this.#ends.shift();
      supervision.childEnded(child, incarnation, exit, counts, retryDelayMs, gaveUp);
    }
    return false;
  }

  sliceTook(): void {}

  /** The graph stops: no restart waits any more, and nobody starts what is stopped. */
  graphStops(): void {
    this.#supervision.hurry();
    // A group that is about to begin again does so, and drains.
    this.#supervision.whenFree(() => {
      for (const { subject, status } of this.#supervision.children) {
        if (status === 'stopped') subject.retire({ kind: 'shutdown' }, false);
      }
    });
    for (const { subject } of this.#supervision.children) {
      if (subject instanceof SupervisorNode) {
        if (subject.status === 'running') subject.graphStops();
        continue;
      }
      subject.breakerIs('closed'); // what is under way in the graph may still need it
      (subject as ActorCell).family?.graphStops();
    }
  }

  /** The graph has stopped, and with it all actors: the supervisors end as well, last started first. */
  graphEnded(): void {
    for (const { subject } of this.children.toReversed()) if (subject instanceof SupervisorNode) subject.graphEnded();
    if (this.parent === null || this.#status !== 'running') return;
    this.#status = 'ended';
    this.#tellEnd(this, { kind: 'completed' });
  }

  /** A dynamic supervisor runs, here or below. */
  get mayGrow(): boolean {
    if (this.#status !== 'running') return false;
    if (this.settings.isDynamic) return true;
    return this.#statics.some(({ subject }) => subject instanceof SupervisorNode && subject.mayGrow);
  }

  // --- What its rules ask for ---------------------------------------------------------------------------------------

  nowMs(): number {
    return this.#core.clock.nowMs();
  }

  wallMs(): number {
    return this.#core.clock.wallMs();
  }

  after(delayMs: number, callback: () => void): () => void {
    const { timers, clock, runQueue } = this.#core;
    if (delayMs === 0) return runSoon(runQueue, callback);
    const timer = new Timer(callback);
    timers.arm(timer, clock.nowMs() + delayMs);
    return () => timers.disarm(timer);
  }

  start(child: Child<Member>, answer: (result: StartResult) => void): void {
    const { subject } = child;
    // The children of an actor are added one by one in each of its incarnations.
    const isFresh =
      this.#listener?.isRoot === false && child.incarnation === 1 && this.settings.onEscalation === 'fresh';
    subject.begin(this.#isFresh || isFresh, child.isFallback, (result) => {
      this.#tellStart(subject, result);
      answer(result);
    });
    if (this.#core.mustEnd && subject.kind === 'worker') this.#limitStart(child);
  }

  #tellStart(subject: Member, result: StartResult): void {
    if (subject instanceof SupervisorNode) return; // it has told so itself, before its children
    const { name: actor, regeneration } = subject;
    switch (result.kind) {
      case 'running':
        this.#core.emit({ kind: 'actorStarted', actor, regeneration });
        break;
      case 'ignored':
        this.#core.emit({ kind: 'startIgnored', actor, regeneration });
        break;
      case 'failed':
        this.#core.emit({ kind: 'startFailed', actor, regeneration, error: result.error });
    }
  }

  #tellEnd({ name: actor, regeneration }: Member, exit: Exit): void {
    this.#core.emit({ kind: 'actorStopped', actor, regeneration, exit });
  }

  stop({ subject, spec }: Child<Member>, answer: () => void): void {
    if (!subject.isUp) {
      answerWhenEnded(subject, answer);
      return;
    }
    subject.halt(spec.shutdown, (exit) => {
      if (!this.#isKilling) this.#tellEnd(subject, exit);
      answer();
    });
  }

  decided(what: Decided<Member>): void {
    switch (what.kind) {
      case 'restarting':
        this.#core.restarting(what.child.subject.name, what.delayMs);
        break;
      case 'gaveUp':
        this.#givesUp(what);
        break;
      case 'resumed':
        this.#core.emit({ kind: 'resumed', actor: what.child.subject.name });
        break;
      case 'limitLowered':
        this.#core.emit({ kind: 'limitLowered', actor: what.child.subject.name, value: what.value });
        break;
      case 'alert':
        this.#alert(what.child, what);
        break;
      case 'breaker':
        this.#core.emit({ kind: 'breaker', actor: what.child.subject.name, state: what.state });
        what.child.subject.breakerIs(what.state);
        break;
      case 'fallback':
        this.#core.emit({ kind: 'fallback', actor: what.child.subject.name, isOn: what.isOn });
        break;
      case 'leftOut':
        this.#core.failed(startFailed(what.child.subject.name, what.error));
        break;
      case 'autoShutdown':
        this.#core.log.info({ supervisor: this.name, child: what.child }, 'a significant child has ended');
    }
  }

  #alert(child: Child<Member>, { moreThan, withinMs }: AlertSettings): void {
    const alarm = { actor: child.subject.name, moreThan, withinMs };
    const notify = child.spec.alert?.notify;
    this.#core.emit({ kind: 'restartAlert', ...alarm });
    if (notify !== undefined) this.#core.callSoon(() => notify(alarm));
  }

  #givesUp(end: GaveUp): void {
    this.#status = 'stopping';
    const error = gaveUpError(this, end);
    const supervisor = this.name;
    this.#core.emit({ kind: 'gaveUp', supervisor, child: this.nameOf(end.child), error });
    if (this.#listener === null) this.#core.log.error({ err: error, supervisor }, 'a supervisor gives up');
    else this.#listener.givesUp(error, end);
  }

  gone({ subject }: Child<Member>, exit: Exit | undefined, mayReturn: boolean): void {
    if (this.#listener?.keepsPlaces !== true) subject.retire(exit ?? { kind: 'shutdown' }, !mayReturn);
  }

  ended(end: SupervisorEnd): void {
    if (this.#haltedAs !== undefined && end.kind === 'killed') this.#haltedAs = 'killed';
    // Whoever stopped it hears of it.
    if (end.kind === 'stopped' || this.#haltedAs !== undefined) return;
    this.#status = 'ended';
    this.#listener?.ended(end);
    const exit = exitOfSupervisor(end);
    const gaveUp = end.kind === 'gaveUp' ? end : undefined;
    this.parent?.childEnded(this, this.id, { exit, counts: true, retryDelayMs: 0, gaveUp });
  }
}

/** It has ended by itself, or is about to, and its supervisor is about to hear of that. */
function answerWhenEnded(subject: Member, answer: () => void): void {
  if (subject instanceof SupervisorNode) subject.whenEnded(answer);
  else answer();
}

/** An actor and the children that it owns, to any depth, in start order. */
function* withChildren(cell: ActorCell): Generator<ActorCell> {
  yield cell;
  for (const child of cell.family?.cells() ?? []) yield* withChildren(child);
}
