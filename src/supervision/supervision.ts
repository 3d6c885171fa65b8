import type { Exit } from '../actor/events.ts';
import { Fifo } from '../base/fifo.ts';
import type { ChildControl, StartResult } from './child-control.ts';
import { Child, ChildHistory, type NewChild } from './child.ts';
import { type ChildFailure, RestartLimit } from './restart-limit.ts';
import { shouldRestart } from './restart-policy.ts';
import type { GaveUp, SupervisorEnd } from './supervisor-end.ts';

/** Which children restart when one of them ends. As in Erlang/OTP. */
export type Strategy = 'oneForOne' | 'oneForAll' | 'restForOne';

/** How a supervisor goes about it. */
export interface SupervisionSettings {
  readonly strategy: Strategy;
  /** All children have one template, none of them is there at the start, and they stop all at once. */
  readonly isDynamic: boolean;
  /** Restarts within `periodMs` that all children may have together. `Infinity`: no such limit. */
  readonly maxRestarts: number;
  readonly periodMs: number;
  readonly autoShutdown: 'never' | 'anySignificant' | 'allSignificant';
}

/** Why an operation was refused. Words of Erlang/OTP. */
export type Refusal = 'not found' | 'running' | 'restarting' | 'already started' | 'already present' | 'stopping';

/** How an operation went. */
export type AdminResult = { readonly kind: 'done' } | { readonly kind: 'refused'; readonly why: Refusal } | StartResult;

interface Ended<T> {
  readonly kind: 'ended';
  readonly child: Child<T>;
  readonly incarnation: number;
  readonly exit: Exit;
  readonly counts: boolean;
  readonly retryDelayMs: number;
  readonly gaveUp: GaveUp | undefined;
}

type Message<T> =
  | { readonly kind: 'startAll'; readonly answer: (result: StartResult) => void }
  | Ended<T>
  | { readonly kind: 'startAgain'; readonly child: Child<T>; readonly incarnation: number }
  | { readonly kind: 'add'; readonly child: NewChild<T>; readonly answer: (result: AdminResult) => void }
  | {
      readonly kind: 'terminate' | 'restart' | 'delete';
      readonly id: string;
      readonly answer: (result: AdminResult) => void;
    }
  | { readonly kind: 'stop'; readonly answer: () => void };

type Step<T> =
  | { readonly kind: 'start' | 'stop'; readonly child: Child<T> }
  | { readonly kind: 'stopAll'; readonly children: readonly Child<T>[] };
type Work<T, R = void> = Generator<Step<T>, R, StartResult>;

/** Why a child needs a restart. */
interface Failure {
  /** It counts against the limits. */
  readonly counts: boolean;
  readonly cause: unknown;
  /** By its own wish: no failure at all, but a restart. */
  readonly isOwnWish: boolean;
  /** It could not start: others have their turn before it is tried again. */
  readonly isStart: boolean;
  /** The restart waits at least so long. */
  readonly retryDelayMs: number;
  readonly gaveUp: GaveUp | undefined;
}

const RUNNING: StartResult = Object.freeze({ kind: 'running' });
const DONE: AdminResult = Object.freeze({ kind: 'done' });

/**
 * A supervisor, apart from what its children are: it takes one message after the other, and each is worked through, starts and
 * stops included, before the next.
 *
 * What it does is written as generators, which yield what they want done and go on with the answer: in one breath where it comes
 * at once, later where it does not.
 *
 * Source: Erlang/OTP `supervisor`. Differs: delays before restarts; limits of single children; further attempts at one message
 * do not count; a child that ended `completed` is not restarted by any restart type.
 */
export class Supervision<T> {
  readonly #settings: SupervisionSettings;
  readonly #control: ChildControl<T>;
  /** Made for the first failure. */
  #limit: RestartLimit | undefined;
  /** In start order: a child that is deleted and added again is the last. */
  readonly #children = new Map<string, Child<T>>();
  /** Bounded by the children and by those who wait for an answer. */
  readonly #messages = new Fifo<Message<T>>();
  #work: Work<T> | null = null;
  #status: 'running' | 'stopping' | 'ended' = 'running';
  #isHurried = false;
  readonly #stopAnswers: (() => void)[] = [];

  constructor(settings: SupervisionSettings, children: readonly NewChild<T>[], control: ChildControl<T>) {
    this.#settings = settings;
    this.#control = control;
    for (const child of children) this.#children.set(child.id, new Child(child));
  }

  /** In start order. */
  get children(): readonly Child<T>[] {
    return [...this.#children.values()];
  }

  child(id: string): Child<T> | undefined {
    return this.#children.get(id);
  }

  // --- Messages -----------------------------------------------------------------------------------------------------

  /** Starts the children one after the other. If one cannot start, those before it are stopped again. */
  start(answer: (result: StartResult) => void): void {
    this.#take({ kind: 'startAll', answer });
  }

  /**
   * An incarnation of a child has ended by itself.
   *
   * @param counts - A restart counts against the limits.
   * @param retryDelayMs - A restart waits at least so long.
   * @param gaveUp - How it gave up, if it is a supervisor that did.
   */
  childEnded(
    child: Child<T>,
    incarnation: number,
    exit: Exit,
    counts: boolean,
    retryDelayMs: number = 0,
    gaveUp?: GaveUp,
  ): void {
    this.#take({ kind: 'ended', child, incarnation, exit, counts, retryDelayMs, gaveUp });
  }

  /** Adds a child as the last one and starts it. It is not kept if it cannot start. */
  add(child: NewChild<T>, answer: (result: AdminResult) => void): void {
    this.#take({ kind: 'add', child, answer });
  }

  administer(kind: 'terminate' | 'restart' | 'delete', id: string, answer: (result: AdminResult) => void): void {
    this.#take({ kind, id, answer });
  }

  stop(answer: () => void): void {
    this.#take({ kind: 'stop', answer });
  }

  /** From now on no restart is delayed, and those that wait for their time start now. */
  hurry(): void {
    this.#isHurried = true;
    for (const child of this.#children.values()) {
      if (child.cancelStart === null) continue;
      this.#cancelStart(child);
      this.#messages.push({ kind: 'startAgain', child, incarnation: child.incarnation });
    }
    this.#goOn();
  }

  #take(message: Message<T>): void {
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
  #drive(work: Work<T>, first: StartResult): void {
    let result: StartResult | null = first;
    while (result !== null) {
      const next: IteratorResult<Step<T>, void> = work.next(result);
      if (next.done === true) {
        this.#work = null;
        return;
      }
      result = this.#ask(next.value, work);
    }
  }

  /** @returns the answer, or null if it comes later. */
  #ask(step: Step<T>, work: Work<T>): StartResult | null {
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

  *#handle(message: Message<T>): Work<T> {
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
        message.answer(yield* this.#add(message.child));
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

  *#startAll(): Work<T, StartResult> {
    for (const child of this.children) {
      const result = yield* this.#startOne(child);
      if (result.kind !== 'failed') continue;
      yield* this.#stopChildren(this.children);
      this.#status = 'ended';
      return result;
    }
    return RUNNING;
  }

  *#startOne(child: Child<T>): Work<T, StartResult> {
    child.incarnation += 1;
    const result = yield { kind: 'start', child };
    child.status = result.kind === 'running' ? 'running' : 'stopped';
    if (result.kind === 'ignored') this.#leave(child, undefined);
    return result;
  }

  /** Nothing is kept of it once it has ended. */
  #isForgotten({ spec }: Child<T>): boolean {
    return spec.restart === 'temporary' || this.#settings.isDynamic;
  }

  /** It has ended and does not come back by itself. */
  #leave(child: Child<T>, exit: Exit | undefined): void {
    if (this.#isForgotten(child)) this.#forget(child, exit);
    else this.#control.gone(child, exit, true);
  }

  #forget(child: Child<T>, exit: Exit | undefined): void {
    if (this.#children.get(child.id) !== child) return;
    this.#children.delete(child.id);
    this.#control.gone(child, exit, false);
  }

  // --- Ends and restarts --------------------------------------------------------------------------------------------

  *#ended({ child, incarnation, exit, counts, retryDelayMs, gaveUp }: Ended<T>): Work<T> {
    // It was stopped meanwhile, or is another by now: what it ended of is nobody's business any more.
    if (child.status !== 'running' || child.incarnation !== incarnation) return;
    child.status = 'stopped';
    if (shouldRestart(child.spec.restart, exit)) {
      const cause = gaveUp?.cause ?? (exit.kind === 'crashed' ? exit.error : exit.kind);
      const isOwnWish = gaveUp === undefined && (exit.kind === 'normal' || exit.kind === 'shutdown');
      yield* this.#restart(child, { counts, cause, isOwnWish, isStart: false, retryDelayMs, gaveUp });
      return;
    }
    this.#leave(child, exit);
    if (this.#endsWith(child)) yield* this.#end({ kind: 'autoShutdown', child: child.id });
  }

  #endsWith({ spec }: Child<T>): boolean {
    const { autoShutdown } = this.#settings;
    if (!spec.significant || autoShutdown === 'never') return false;
    return (
      autoShutdown === 'anySignificant' ||
      !this.children.some((other) => other.spec.significant && other.status !== 'stopped')
    );
  }

  /** A child is to come back, with those that its strategy restarts as well. They stop at once, and start when its delay is over. */
  *#restart(child: Child<T>, failure: Failure): Work<T> {
    const gaveUp = this.#record(child, failure);
    if (gaveUp !== undefined) {
      yield* this.#end(gaveUp);
      return;
    }
    const delayMs = this.#delayMs(child, failure);
    this.#control.decided({ kind: 'restarting', child, delayMs });
    child.status = 'restarting';
    yield* this.#stopChildren(this.#groupOf(child).filter((other) => other !== child));
    if (delayMs === 0 && !failure.isStart) yield* this.#startGroup(child);
    else this.#startLater(child, delayMs);
  }

  /** @returns how the supervisor gives up, if a limit is exceeded. */
  #record(child: Child<T>, failure: Failure): GaveUp | undefined {
    const { counts, cause } = failure;
    const nowMs = this.#control.nowMs();
    child.history ??= new ChildHistory(child.spec);
    const wallMs = this.#control.wallMs();
    const record: ChildFailure = { child: child.id, wallMs, regeneration: child.incarnation - 1, error: cause };
    this.#limit ??= new RestartLimit(this.#settings);
    const isBeyondOwn = child.history.limit.record(record, counts, nowMs);
    const isBeyond = this.#limit.record(record, counts, nowMs);
    if (isBeyond) return gaveUpOf(record, failure, 'supervisor', this.#limit);
    return isBeyondOwn ? gaveUpOf(record, failure, 'child', child.history.limit) : undefined;
  }

  #delayMs(child: Child<T>, { isOwnWish, retryDelayMs }: Failure): number {
    if (this.#isHurried) return retryDelayMs;
    const { backoff } = child.spec;
    if (isOwnWish) return Math.max(backoff.minMs, retryDelayMs);
    child.history ??= new ChildHistory(child.spec);
    return Math.max(child.history.delay.next(backoff, this.#control.nowMs(), this.#control.random), retryDelayMs);
  }

  #startLater(child: Child<T>, delayMs: number): void {
    const { incarnation } = child;
    const message: Message<T> = { kind: 'startAgain', child, incarnation };
    if (delayMs === 0) this.#messages.push(message);
    else child.cancelStart = this.#control.after(delayMs, () => this.#take(message));
  }

  *#startGroup(child: Child<T>): Work<T> {
    for (const member of this.#groupOf(child)) {
      if (member.status === 'running') continue;
      this.#cancelStart(member);
      const result = yield* this.#startOne(member);
      if (result.kind !== 'failed') continue;
      const failure = { counts: true, cause: result.error, isOwnWish: false, isStart: true };
      yield* this.#restart(member, { ...failure, retryDelayMs: 0, gaveUp: undefined });
      return;
    }
  }

  /** Those that restart with it, itself included, in start order. */
  #groupOf(child: Child<T>): readonly Child<T>[] {
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

  #cancelStart(child: Child<T>): void {
    child.cancelStart?.();
    child.cancelStart = null;
  }

  // --- Stopping -----------------------------------------------------------------------------------------------------

  /** In reverse order, each by its own spec. Temporary ones are forgotten. */
  *#stopChildren(children: readonly Child<T>[]): Work<T> {
    for (const child of children.toReversed()) yield* this.#stopOne(child);
  }

  *#stopOne(child: Child<T>): Work<T> {
    this.#cancelStart(child);
    if (child.status === 'running') yield { kind: 'stop', child };
    child.status = 'stopped';
    if (this.#status === 'running' && this.#isForgotten(child)) this.#forget(child, undefined);
  }

  *#end(end: SupervisorEnd): Work<T> {
    this.#status = 'stopping';
    if (end.kind !== 'stopped') this.#control.decided(end);
    if (this.#settings.isDynamic) yield* this.#stopAllAtOnce();
    else yield* this.#stopChildren(this.children);
    this.#status = 'ended';
    this.#control.ended(end);
    for (const answer of this.#stopAnswers.splice(0)) answer();
  }

  *#stopAllAtOnce(): Work<T> {
    for (const child of this.#children.values()) this.#cancelStart(child);
    const children = this.children.filter(({ status }) => status === 'running');
    if (children.length > 0) yield { kind: 'stopAll', children };
    for (const child of this.#children.values()) child.status = 'stopped';
  }

  *#stop(answer: () => void): Work<T> {
    if (this.#status !== 'running') {
      answer();
      return;
    }
    this.#stopAnswers.push(answer);
    yield* this.#end({ kind: 'stopped' });
  }

  // --- Administration -----------------------------------------------------------------------------------------------

  *#add(newChild: NewChild<T>): Work<T, AdminResult> {
    if (this.#status !== 'running') return refused('stopping');
    const known = this.#children.get(newChild.id);
    if (known !== undefined) return refused(known.status === 'running' ? 'already started' : 'already present');
    const child = new Child(newChild);
    this.#children.set(child.id, child);
    const result = yield* this.#startOne(child);
    if (result.kind === 'failed') this.#children.delete(child.id);
    return result;
  }

  *#administer(kind: 'terminate' | 'restart' | 'delete', id: string): Work<T, AdminResult> {
    if (this.#status !== 'running') return refused('stopping');
    const child = this.#children.get(id);
    if (child === undefined) return refused('not found');
    if (kind === 'terminate') {
      yield* this.#stopOne(child);
      return DONE;
    }
    if (child.status !== 'stopped') return refused(child.status);
    if (kind === 'restart') return yield* this.#startOne(child);
    this.#forget(child, undefined);
    return DONE;
  }
}

function refused(why: Refusal): AdminResult {
  return { kind: 'refused', why };
}

function gaveUpOf(
  { child, error: cause }: ChildFailure,
  { gaveUp: below }: Failure,
  whose: GaveUp['limit'],
  limit: RestartLimit,
): GaveUp {
  const { maxRestarts, periodMs, restartsMs, failures } = limit;
  const path = [child, ...(below?.path ?? [])];
  return { kind: 'gaveUp', child, path, cause, limit: whose, maxRestarts, periodMs, restartsMs, failures, below };
}
