import type { Exit } from '../actor/events.ts';
import type { Backoff, RestartType } from '../actor/settings.ts';
import { Fifo } from '../base/fifo.ts';
import type { Random } from '../ports/random.ts';
import { shouldRestart } from './restart-policy.ts';
import { RestartDelay } from './restart-delay.ts';
import { RestartWindow } from './restart-window.ts';

/** Which children restart when one of them ends. As in Erlang/OTP. */
export type Strategy = 'oneForOne' | 'oneForAll' | 'restForOne';

/** How long a child has to stop: milliseconds, not at all, or as long as it takes. */
export type ShutdownSpec = number | 'brutal' | 'infinity';

/** What a supervisor knows of a child before it starts. */
export interface ChildSpec {
  /** Unique among its siblings. */
  readonly id: string;
  readonly restart: RestartType;
  readonly shutdown: ShutdownSpec;
  readonly isSupervisor: boolean;
  /** Its end may end the supervisor. */
  readonly significant: boolean;
  readonly backoff: Backoff;
}

/** How a supervisor goes about it. */
export interface SupervisionSettings {
  readonly strategy: Strategy;
  /** All children have one template, none of them is there at the start, and they stop all at once. */
  readonly isDynamic: boolean;
  readonly maxRestarts: number;
  readonly periodMs: number;
  readonly autoShutdown: 'never' | 'anySignificant' | 'allSignificant';
}

/** How an attempt to start a child went. `ignored`: it does not want to run now, and that is no failure. */
export type StartResult =
  { readonly kind: 'running' } | { readonly kind: 'ignored' } | { readonly kind: 'failed'; readonly error: unknown };

/** Why an operation was refused. Words of Erlang/OTP. */
export type Refusal = 'not found' | 'running' | 'restarting' | 'already started' | 'already present' | 'stopping';

/** How an operation went. */
export type AdminResult = { readonly kind: 'done' } | { readonly kind: 'refused'; readonly why: Refusal } | StartResult;

/** How a supervisor ended, and why: the exit of the child that was one too many. */
export type SupervisorEnd =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'gaveUp'; readonly child: string; readonly cause: unknown }
  | { readonly kind: 'autoShutdown'; readonly child: string };

/** Whoever can start and stop children. It answers at once or later, never twice. */
export interface ChildControl {
  start(child: Child, answer: (result: StartResult) => void): void;
  /** Stops a child as its spec says; one that has ended already is answered for at once. */
  stop(child: Child, answer: () => void): void;
  /** Calls `callback` in `delayMs`. @returns a function that takes it back. */
  after(delayMs: number, callback: () => void): () => void;
  nowMs(): number;
  readonly random: Random;
  /** All children have ended. */
  ended(end: SupervisorEnd): void;
}

/** One child, over all its incarnations. */
export class Child {
  readonly spec: ChildSpec;
  status: 'running' | 'restarting' | 'stopped' = 'stopped';
  /** Counts attempts to start it, from 1. */
  incarnation = 0;
  /** Made for its first restart. */
  delay: RestartDelay | undefined;
  /** Takes back the start that is to come. */
  cancelStart: (() => void) | null = null;

  constructor(spec: ChildSpec) {
    this.spec = spec;
  }
}

type Message =
  | { readonly kind: 'startAll'; readonly answer: (result: StartResult) => void }
  | {
      readonly kind: 'ended';
      readonly child: Child;
      readonly incarnation: number;
      readonly exit: Exit;
      readonly counts: boolean;
    }
  | { readonly kind: 'startAgain'; readonly child: Child; readonly incarnation: number }
  | { readonly kind: 'add'; readonly spec: ChildSpec; readonly answer: (result: AdminResult) => void }
  | {
      readonly kind: 'terminate' | 'restart' | 'delete';
      readonly id: string;
      readonly answer: (result: AdminResult) => void;
    }
  | { readonly kind: 'stop'; readonly answer: () => void };

type Step =
  | { readonly kind: 'start' | 'stop'; readonly child: Child }
  | { readonly kind: 'stopAll'; readonly children: readonly Child[] };
type Work<R = void> = Generator<Step, R, StartResult>;

const RUNNING: StartResult = Object.freeze({ kind: 'running' });
const DONE: AdminResult = Object.freeze({ kind: 'done' });

/**
 * A supervisor, apart from what its children are: it takes one message after the other, and each is worked through, starts and
 * stops included, before the next.
 *
 * What it does is written as generators, which yield what they want done and go on with the answer: in one breath where it comes
 * at once, later where it does not.
 *
 * Source: Erlang/OTP `supervisor`. Differs: delays before restarts; further attempts at one message do not count; a child that
 * ended `completed` is not restarted by any restart type.
 */
export class Supervision {
  readonly #settings: SupervisionSettings;
  readonly #control: ChildControl;
  readonly #window: RestartWindow;
  /** In start order: a child that is deleted and added again is the last. */
  readonly #children = new Map<string, Child>();
  /** Bounded by the children and by those who wait for an answer. */
  readonly #messages = new Fifo<Message>();
  #work: Work | null = null;
  #status: 'running' | 'stopping' | 'ended' = 'running';
  readonly #stopAnswers: (() => void)[] = [];

  constructor(settings: SupervisionSettings, specs: readonly ChildSpec[], control: ChildControl) {
    this.#settings = settings;
    this.#control = control;
    this.#window = new RestartWindow(settings);
    for (const spec of specs) this.#children.set(spec.id, new Child(spec));
  }

  /** In start order. */
  get children(): readonly Child[] {
    return [...this.#children.values()];
  }

  child(id: string): Child | undefined {
    return this.#children.get(id);
  }

  // --- Messages -----------------------------------------------------------------------------------------------------

  /** Starts the children one after the other. If one cannot start, those before it are stopped again. */
  start(answer: (result: StartResult) => void): void {
    this.#take({ kind: 'startAll', answer });
  }

  /** An incarnation of a child has ended. @param counts - A restart counts against the limit. */
  childEnded(child: Child, incarnation: number, exit: Exit, counts: boolean): void {
    this.#take({ kind: 'ended', child, incarnation, exit, counts });
  }

  add(spec: ChildSpec, answer: (result: AdminResult) => void): void {
    this.#take({ kind: 'add', spec, answer });
  }

  administer(kind: 'terminate' | 'restart' | 'delete', id: string, answer: (result: AdminResult) => void): void {
    this.#take({ kind, id, answer });
  }

  stop(answer: () => void): void {
    this.#take({ kind: 'stop', answer });
  }

  #take(message: Message): void {
    this.#messages.push(message);
    this.#goOn();
  }

  #goOn(): void {
    while (this.#work === null && this.#messages.size > 0) {
      const work = this.#handle(this.#messages.shift());
      this.#work = work;
      this.#drive(work, RUNNING);
    }
  }

  /** Goes on until an answer does not come at once. */
  #drive(work: Work, first: StartResult): void {
    let result: StartResult | null = first;
    while (result !== null) {
      const next: IteratorResult<Step, void> = work.next(result);
      if (next.done === true) {
        this.#work = null;
        return;
      }
      result = this.#ask(next.value, work);
    }
  }

  /** @returns the answer, or null if it comes later. */
  #ask(step: Step, work: Work): StartResult | null {
    let answered: StartResult | null = null;
    let isLate = false;
    const answer = (result: StartResult): void => {
      answered = result;
      if (!isLate) return;
      this.#drive(work, result);
      this.#goOn();
    };
    switch (step.kind) {
      case 'start':
        this.#control.start(step.child, answer);
        break;
      case 'stop':
        this.#control.stop(step.child, () => answer(RUNNING));
        break;
      case 'stopAll': {
        let left = step.children.length;
        for (const child of step.children) {
          this.#control.stop(child, () => {
            left -= 1;
            if (left === 0) answer(RUNNING);
          });
        }
      }
    }
    isLate = true;
    return answered;
  }

  *#handle(message: Message): Work {
    switch (message.kind) {
      case 'startAll':
        message.answer(yield* this.#startAll());
        return;
      case 'ended':
        yield* this.#ended(message);
        return;
      case 'startAgain':
        if (message.child.status === 'restarting' && message.child.incarnation === message.incarnation) {
          message.child.cancelStart = null;
          yield* this.#startGroup(message.child);
        }
        return;
      case 'add':
        message.answer(yield* this.#add(message.spec));
        return;
      case 'terminate':
      case 'restart':
      case 'delete':
        message.answer(yield* this.#administer(message.kind, message.id));
        return;
      case 'stop':
        yield* this.#stop(message.answer);
    }
  }

  // --- Starting -----------------------------------------------------------------------------------------------------

  *#startAll(): Work<StartResult> {
    for (const child of this.children) {
      const result = yield* this.#startOne(child);
      if (result.kind !== 'failed') continue;
      yield* this.#stopChildren(this.children);
      this.#status = 'ended';
      return result;
    }
    return RUNNING;
  }

  *#startOne(child: Child): Work<StartResult> {
    child.incarnation += 1;
    const result = yield { kind: 'start', child };
    child.status = result.kind === 'running' ? 'running' : 'stopped';
    if (result.kind === 'ignored' && this.#isForgotten(child)) this.#forget(child);
    return result;
  }

  /** Nothing is kept of it once it has ended. */
  #isForgotten({ spec }: Child): boolean {
    return spec.restart === 'temporary' || this.#settings.isDynamic;
  }

  #forget(child: Child): void {
    if (this.#children.get(child.spec.id) === child) this.#children.delete(child.spec.id);
  }

  // --- Ends and restarts --------------------------------------------------------------------------------------------

  *#ended({ child, incarnation, exit, counts }: Extract<Message, { readonly kind: 'ended' }>): Work {
    // It was stopped meanwhile, or is another by now: what it ended of is nobody's business any more.
    if (child.status !== 'running' || child.incarnation !== incarnation) return;
    child.status = 'stopped';
    if (shouldRestart(child.spec.restart, exit)) {
      yield* this.#restart(child, counts, exit.kind === 'crashed' ? exit.error : exit.kind, false);
      return;
    }
    if (this.#isForgotten(child)) this.#forget(child);
    if (this.#endsWith(child)) yield* this.#end({ kind: 'autoShutdown', child: child.spec.id });
  }

  #endsWith({ spec }: Child): boolean {
    const { autoShutdown } = this.#settings;
    if (!spec.significant || autoShutdown === 'never') return false;
    return (
      autoShutdown === 'anySignificant' ||
      !this.children.some((other) => other.spec.significant && other.status !== 'stopped')
    );
  }

  /**
   * A child is to come back, with those that its strategy restarts as well. They stop at once, and start when its delay is over.
   *
   * @param hasFailedToStart - Others have their turn before it is tried again.
   */
  *#restart(child: Child, counts: boolean, cause: unknown, hasFailedToStart: boolean): Work {
    if (counts && this.#window.record(this.#control.nowMs()) === 'escalate') {
      yield* this.#end({ kind: 'gaveUp', child: child.spec.id, cause });
      return;
    }
    yield* this.#stopChildren(this.#groupOf(child).filter((other) => other !== child));
    child.status = 'restarting';
    const delayMs = this.#delayMs(child);
    if (delayMs === 0 && !hasFailedToStart) yield* this.#startGroup(child);
    else this.#startLater(child, delayMs);
  }

  #delayMs(child: Child): number {
    child.delay ??= new RestartDelay();
    return child.delay.next(child.spec.backoff, this.#control.nowMs(), this.#control.random);
  }

  #startLater(child: Child, delayMs: number): void {
    const { incarnation } = child;
    const message: Message = { kind: 'startAgain', child, incarnation };
    if (delayMs === 0) this.#messages.push(message);
    else child.cancelStart = this.#control.after(delayMs, () => this.#take(message));
  }

  *#startGroup(child: Child): Work {
    for (const member of this.#groupOf(child)) {
      if (member.status === 'running') continue;
      this.#cancelStart(member);
      const result = yield* this.#startOne(member);
      if (result.kind !== 'failed') continue;
      yield* this.#restart(member, true, result.error, true);
      return;
    }
  }

  /** Those that restart with it, itself included, in start order. */
  #groupOf(child: Child): readonly Child[] {
    switch (this.#settings.strategy) {
      case 'oneForOne':
        return [child];
      case 'oneForAll':
        return this.children;
      case 'restForOne': {
        const { children } = this;
        return children.slice(children.indexOf(child));
      }
    }
  }

  #cancelStart(child: Child): void {
    child.cancelStart?.();
    child.cancelStart = null;
  }

  // --- Stopping -----------------------------------------------------------------------------------------------------

  /** In reverse order, each by its own spec. Temporary ones are forgotten. */
  *#stopChildren(children: readonly Child[]): Work {
    for (const child of children.toReversed()) yield* this.#stopOne(child);
  }

  *#stopOne(child: Child): Work {
    this.#cancelStart(child);
    if (child.status === 'running') yield { kind: 'stop', child };
    child.status = 'stopped';
    if (this.#isForgotten(child)) this.#forget(child);
  }

  *#end(end: SupervisorEnd): Work {
    this.#status = 'stopping';
    if (this.#settings.isDynamic) yield* this.#stopAllAtOnce();
    else yield* this.#stopChildren(this.children);
    this.#status = 'ended';
    this.#control.ended(end);
    for (const answer of this.#stopAnswers.splice(0)) answer();
  }

  *#stopAllAtOnce(): Work {
    for (const child of this.#children.values()) this.#cancelStart(child);
    const children = this.children.filter(({ status }) => status === 'running');
    if (children.length > 0) yield { kind: 'stopAll', children };
    for (const child of this.#children.values()) child.status = 'stopped';
    this.#children.clear();
  }

  *#stop(answer: () => void): Work {
    if (this.#status !== 'running') {
      answer();
      return;
    }
    this.#stopAnswers.push(answer);
    yield* this.#end({ kind: 'stopped' });
  }

  // --- Administration -----------------------------------------------------------------------------------------------

  *#add(spec: ChildSpec): Work<AdminResult> {
    if (this.#status !== 'running') return refused('stopping');
    const known = this.#children.get(spec.id);
    if (known !== undefined) return refused(known.status === 'running' ? 'already started' : 'already present');
    const child = new Child(spec);
    this.#children.set(spec.id, child);
    const result = yield* this.#startOne(child);
    if (result.kind === 'failed') this.#forget(child);
    return result;
  }

  *#administer(kind: 'terminate' | 'restart' | 'delete', id: string): Work<AdminResult> {
    if (this.#status !== 'running') return refused('stopping');
    const child = this.#children.get(id);
    if (child === undefined) return refused('not found');
    if (kind === 'terminate') {
      yield* this.#stopOne(child);
      return DONE;
    }
    if (child.status !== 'stopped') return refused(child.status);
    if (kind === 'restart') return yield* this.#startOne(child);
    this.#forget(child);
    return DONE;
  }
}

function refused(why: Refusal): AdminResult {
  return { kind: 'refused', why };
}
