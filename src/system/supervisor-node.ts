import type { Exit } from '../actor/events.ts';
import type { Runnable } from '../actor/run-queue.ts';
import type { ActorSettings, ShutdownSpec } from '../actor/settings.ts';
import { Timer } from '../actor/timer-queue.ts';
import { errorText, HoldfastError } from '../base/errors.ts';
import { Fifo } from '../base/fifo.ts';
import type { Random } from '../ports/random.ts';
import type { Child, NewChild } from '../supervision/child.ts';
import type { ChildControl, Decided, StartResult } from '../supervision/child-control.ts';
import { Supervision } from '../supervision/supervision.ts';
import type { GaveUp, SupervisorEnd } from '../supervision/supervisor-end.ts';
import type { GraphCore } from './graph-core.ts';
import type { SupervisorSettings } from './supervisor-options.ts';

/** What stands under a supervisor: the place of an actor, or another supervisor. */
export interface Member {
  /** Its path in the tree. */
  readonly name: string;
  /** Of the present incarnation, or the one that has ended last. */
  readonly regeneration: number;
  /**
   * The next incarnation begins.
   *
   * @param fresh - Nothing is left of the state of earlier ones.
   * @param answer - Called once, at once or later.
   */
  begin(fresh: boolean, answer: (result: StartResult) => void): void;
  /** The incarnation ends; what it leaves behind stays for the next one. @param answer - Called once. */
  halt(shutdown: ShutdownSpec, answer: (exit: Exit) => void): void;
  /** It will not come back by itself. @param isForgotten - Nor will anybody else bring it back. */
  retire(exit: Exit, isForgotten: boolean): void;
}

/** Hears of the root of the tree. */
export interface RootListener {
  /** The root gives up: it is about to stop its children. */
  givesUp(error: HoldfastError): void;
  /** All children of the root have ended. */
  rootEnded(): void;
}

/** A child has ended by itself. */
interface ChildEnd {
  readonly id: string;
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
  readonly name: string;
  readonly id: string;
  readonly settings: SupervisorSettings;
  /** What its children are unless they say otherwise. */
  readonly actorDefaults: ActorSettings;
  readonly random: Random;
  readonly #core: GraphCore;
  readonly #parent: SupervisorNode | RootListener;
  /** Those that are there from the start, and again whenever it starts anew. */
  readonly #statics: NewChild<Member>[] = [];
  #supervision: Supervision<Member>;
  regeneration = -1;
  #status: 'asleep' | 'running' | 'stopping' | 'ended' = 'asleep';
  #failure: GaveUp | undefined;
  /** Bounded by the children: each ends once before it begins again. */
  readonly #ends = new Fifo<ChildEnd>();
  queued = false;

  constructor(
    core: GraphCore,
    parent: SupervisorNode | RootListener,
    place: { readonly name: string; readonly id: string; readonly actorDefaults: ActorSettings },
    settings: SupervisorSettings,
  ) {
    this.#core = core;
    this.#parent = parent;
    this.name = place.name;
    this.id = place.id;
    this.actorDefaults = place.actorDefaults;
    this.settings = settings;
    this.random = core.random;
    this.#supervision = this.#newSupervision();
  }

  /** The full name of a child. */
  nameOf(id: string): string {
    return this.#parent instanceof SupervisorNode ? `${this.name}/${id}` : id;
  }

  get isRoot(): boolean {
    return !(this.#parent instanceof SupervisorNode);
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

  /** Adds one that is there from the start. */
  addStatic(child: NewChild<Member>): void {
    this.#statics.push(child);
  }

  #newSupervision(): Supervision<Member> {
    return new Supervision(this.settings, this.#statics, this);
  }

  // --- As a member --------------------------------------------------------------------------------------------------

  begin(fresh: boolean, answer: (result: StartResult) => void): void {
    this.regeneration += 1;
    this.#status = 'running';
    this.#failure = undefined;
    this.#isFresh = fresh || (this.regeneration > 0 && this.settings.onEscalation === 'fresh');
    this.#supervision = this.#newSupervision();
    if (this.#core.stopping) this.#supervision.hurry();
    const { name, regeneration } = this;
    if (!this.isRoot) this.#core.emit({ kind: 'actorStarted', actor: name, regeneration });
    this.#supervision.start((result) => {
      this.#isFresh = false;
      if (result.kind === 'failed') {
        this.#status = 'ended';
        const exit: Exit = { kind: 'crashed', error: result.error };
        if (!this.isRoot) this.#core.emit({ kind: 'actorStopped', actor: name, regeneration, exit });
      }
      answer(result);
    });
  }
  /** Children that begin now forget what they were. */
  #isFresh = false;

  halt(_shutdown: ShutdownSpec, answer: (exit: Exit) => void): void {
    if (this.#status === 'ended' || this.#status === 'asleep') {
      answer({ kind: 'shutdown' });
      return;
    }
    this.#status = 'stopping';
    this.#supervision.stop(() => {
      this.#status = 'ended';
      answer({ kind: 'shutdown' });
    });
  }

  retire(exit: Exit): void {
    this.#status = 'ended';
    for (const child of this.#supervision.children) child.subject.retire(exit, true);
    for (const { subject } of this.#statics) subject.retire(exit, true);
  }

  // --- What happens to its children ---------------------------------------------------------------------------------

  /** A child has ended by itself. */
  childEnded(member: Member, id: string, end: Omit<ChildEnd, 'id'>): void {
    const { name, regeneration } = member;
    this.#core.emit({ kind: 'actorStopped', actor: name, regeneration, exit: end.exit });
    this.#ends.push({ id, ...end });
    this.#core.runQueue.enqueue(this);
  }

  runSlice(): boolean {
    while (this.#ends.size > 0) {
      const { id, exit, counts, retryDelayMs, gaveUp } = this.#ends.shift();
      const child = this.#supervision.child(id);
      if (child !== undefined) {
        this.#supervision.childEnded(child, child.incarnation, exit, counts, retryDelayMs, gaveUp);
      }
    }
    return false;
  }

  sliceTook(): void {}

  /** The graph stops: no restart waits any more. */
  hurry(): void {
    this.#supervision.hurry();
    for (const { subject } of this.#supervision.children) if (subject instanceof SupervisorNode) subject.hurry();
  }

  // --- What its rules ask for ---------------------------------------------------------------------------------------

  nowMs(): number {
    return this.#core.clock.nowMs();
  }

  wallMs(): number {
    return this.#core.clock.wallMs();
  }

  after(delayMs: number, callback: () => void): () => void {
    const { timers, clock } = this.#core;
    const timer = new Timer(callback);
    timers.arm(timer, clock.nowMs() + delayMs);
    return () => timers.disarm(timer);
  }

  start(child: Child<Member>, answer: (result: StartResult) => void): void {
    const { subject } = child;
    subject.begin(this.#isFresh, (result) => {
      this.#tellStart(subject, result);
      answer(result);
    });
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

  stop({ subject, spec }: Child<Member>, answer: () => void): void {
    subject.halt(spec.shutdown, (exit) => {
      const { name: actor, regeneration } = subject;
      this.#core.emit({ kind: 'actorStopped', actor, regeneration, exit });
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
      case 'autoShutdown':
        this.#core.log.info({ supervisor: this.name, child: what.child }, 'a significant child has ended');
    }
  }

  #givesUp(end: GaveUp): void {
    this.#status = 'stopping';
    this.#failure = end;
    const error = limitError(this, end);
    const supervisor = this.name;
    this.#core.emit({ kind: 'gaveUp', supervisor, child: this.nameOf(end.child), error });
    if (this.#parent instanceof SupervisorNode)
      this.#core.log.error({ err: error, supervisor }, 'a supervisor gives up');
    else this.#parent.givesUp(error);
  }

  gone({ subject }: Child<Member>, exit: Exit | undefined, mayReturn: boolean): void {
    subject.retire(exit ?? { kind: 'shutdown' }, !mayReturn);
  }

  ended(end: SupervisorEnd): void {
    if (end.kind === 'stopped') return; // whoever stopped it hears of it
    this.#status = 'ended';
    if (!(this.#parent instanceof SupervisorNode)) {
      this.#parent.rootEnded();
      return;
    }
    const exit: Exit = { kind: 'shutdown' };
    this.#parent.childEnded(this, this.id, { exit, counts: true, retryDelayMs: 0, gaveUp: this.#failure });
  }
}

function limitError(node: SupervisorNode, end: GaveUp): HoldfastError<'ERR_RESTART_LIMIT'> {
  const { maxRestarts, periodMs, failures, path, limit } = end;
  const actor = node.nameOf(path.join('/'));
  const lines = failures.map(
    ({ wallMs, child, regeneration, error }) =>
      `  ${new Date(wallMs).toISOString()} ${limit === 'child' ? '' : `"${node.nameOf(child)}" `}regeneration ${regeneration}: ${typeof error === 'string' ? error : errorText(error)}`,
  );
  const allowance = `its limit of ${maxRestarts} restarts in ${periodMs} ms allows`;
  const who = limit === 'child' ? `actor "${actor}"` : `the children of supervisor "${node.name}"`;
  const below = limit === 'child' ? '' : `; the last one was "${actor}"`;
  const message = `${who} failed more often than ${allowance}${below}:\n${lines.join('\n')}`;
  const details = { actor, maxRestarts, periodMs, failures };
  return new HoldfastError(
    'ERR_RESTART_LIMIT',
    message,
    details,
    end.cause instanceof Error ? { cause: end.cause } : {},
  );
}
