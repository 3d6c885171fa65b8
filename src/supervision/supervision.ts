import type { Exit } from '../actor/events.ts';
import { type AdminResult, refused } from './admin.ts';
import type { ChildControl, KillChild, Policy, StartResult } from './child-control.ts';
import { type ChildCounts, ChildTable, type Strategy } from './child-table.ts';
import type { Child, NewChild } from './child.ts';
import type { ChildEvent, Directive } from './directive.ts';
import { type Failure, eventKindOf, isOwnError, isOwnWish, startFailure } from './failure.ts';
import { RestartJudge } from './restart-judge.ts';
import { shouldRestart } from './restart-policy.ts';
import type { GaveUp, SupervisorEnd } from './supervisor-end.ts';
import { type Message, refuse } from './supervisor-message.ts';
import { type Work, WorkLoop } from './work-loop.ts';

/** How a supervisor goes about it. */
export interface SupervisionSettings {
  readonly strategy: Strategy;
  /** All children have one template, none of them is there at the start, and they stop all at once. */
  readonly isDynamic: boolean;
  /** Children that a dynamic supervisor has at the most. Default: no limit. */
  readonly maxChildren?: number;
  /** Restarts within `periodMs` that all children may have together. `Infinity`: no such limit. */
  readonly maxRestarts: number;
  readonly periodMs: number;
  /** After so many milliseconds without a restart all earlier ones are forgotten. Default: never. */
  readonly resetAfterMs?: number;
  readonly autoShutdown: 'never' | 'anySignificant' | 'allSignificant';
}

const RUNNING: StartResult = Object.freeze({ kind: 'running' });
const DONE: AdminResult = Object.freeze({ kind: 'done' });
const NO_POLICY = Object.freeze({ kind: 'default' });

/**
 * A supervisor, apart from what its children are: it takes one message after the other, and each is worked through, starts and
 * stops included, before the next.
 *
 * What it does is written as generators, which yield what they want done and go on with the answer: in one breath where it comes
 * at once, later where it does not.
 *
 * Source: Erlang/OTP `supervisor`. Differs: delays before restarts; limits, breakers, fallbacks and alerts of single children; a
 * policy; further attempts at one message do not count; a child that ended `completed` is not restarted by any restart type;
 * siblings stop when a start of the group fails, not when it is tried again.
 */
export class Supervision<T> {
  readonly #settings: SupervisionSettings;
  readonly #control: ChildControl<T>;
  readonly #loop: WorkLoop<Message<T>, T>;
  readonly #children: ChildTable<T>;
  readonly #judge: RestartJudge<T>;
  readonly #policy: Policy<T> | undefined;
  #status: 'running' | 'stopping' | 'ended' = 'running';
  readonly #stopAnswers: (() => void)[] = [];

  constructor(
    settings: SupervisionSettings,
    children: readonly NewChild<T>[],
    control: ChildControl<T>,
    policy?: Policy<T>,
  ) {
    this.#settings = settings;
    this.#control = control;
    this.#policy = policy;
    this.#loop = new WorkLoop((message) => this.#handle(message), control, policy);
    this.#children = new ChildTable(settings.strategy, children);
    this.#judge = new RestartJudge(settings, control);
  }

  /** In start order. */
  get children(): readonly Child<T>[] {
    return this.#children.all();
  }

  get childCount(): number {
    return this.#children.size;
  }

  child(id: string): Child<T> | undefined {
    return this.#children.get(id);
  }

  get counts(): ChildCounts {
    const { size, active } = this.#children;
    return { specs: this.#settings.isDynamic ? 1 : size, active };
  }

  // --- Messages -----------------------------------------------------------------------------------------------------

  /** Starts the children one after the other. If one cannot start, those before it are stopped again. */
  start(answer: (result: StartResult) => void): void {
    this.#loop.take({ kind: 'startAll', answer });
  }

  /**
   * An incarnation of a child has ended by itself.
   *
   * @param counts - A restart counts against the limits.
   * @param retryDelayMs - A restart waits at least so long, even in a hurry.
   * @param gaveUp - How it gave up or escalated, if it is a supervisor that did.
   */
  childEnded(
    child: Child<T>,
    incarnation: number,
    exit: Exit,
    counts: boolean,
    retryDelayMs: number = 0,
    gaveUp?: GaveUp,
  ): void {
    const own: unknown = exit.kind === 'crashed' ? exit.error : exit.kind;
    const cause = gaveUp === undefined ? own : gaveUp.cause;
    this.#loop.take({ kind: 'ended', child, incarnation, failure: { exit, cause, counts, retryDelayMs, gaveUp } });
  }

  /** Adds a child as the last one and starts it. It is not kept if it cannot start. */
  add(child: NewChild<T>, answer: (result: AdminResult) => void): void {
    this.#loop.take({ kind: 'add', child, answer });
  }

  administer(kind: 'terminate' | 'restart' | 'delete', id: string, answer: (result: AdminResult) => void): void {
    this.#loop.take({ kind, id, answer });
  }

  stop(answer: () => void): void {
    this.#loop.take({ kind: 'stop', answer });
  }

  /** Calls `answer` when it has nothing under way. */
  whenFree(answer: () => void): void {
    this.#loop.take({ kind: 'free', answer });
  }

  /** Drops whatever it is doing, and has all its children killed at once. Operations under way are refused as `stopping`. */
  kill(kill: KillChild<T>, answer: () => void): void {
    if (this.#status === 'ended') {
      answer();
      return;
    }
    for (const message of this.#loop.abandon()) {
      if (message.kind !== 'stop' && message.kind !== 'kill') refuse(message);
      else if (!this.#stopAnswers.includes(message.answer)) this.#stopAnswers.push(message.answer);
    }
    this.#loop.take({ kind: 'kill', kill, answer });
  }

  /**
   * From now on there is no backoff, no open breaker and no way back from a fallback, and what waits for its time starts now.
   * What a message at fault needs is still waited for. What cannot start is not tried again.
   */
  hurry(): void {
    this.#judge.hurry();
    for (const child of this.children) {
      if (child.cancelTimer === null) continue;
      cancelTimer(child);
      if (child.status !== 'restarting') continue;
      child.cancelTimer = this.#control.after(0, () => this.#startAgain(child));
    }
  }

  *#handle(message: Message<T>): Work<T> {
    switch (message.kind) {
      case 'startAll':
        message.answer(yield* this.#startAll());
        return;
      case 'ended':
        yield* this.#ended(message.child, message.incarnation, message.failure);
        return;
      case 'startAgain':
      case 'goBack':
      case 'tellStarted':
        yield* this.#remind(message.kind, message.child, message.incarnation);
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
        return;
      case 'free':
        message.answer();
        return;
      case 'kill':
        this.#stopAnswers.push(message.answer);
        yield* this.#kill(message.kill);
    }
  }

  /** Something that was put off, unless it has become pointless meanwhile. */
  *#remind(kind: 'startAgain' | 'goBack' | 'tellStarted', child: Child<T>, incarnation: number): Work<T> {
    if (this.#status !== 'running') return;
    if (kind === 'tellStarted') {
      const directive = yield* this.#ask({ kind: 'started', child });
      if (directive.kind === 'threw') yield* this.#end(this.#judge.giveUp('policyFailed', child, directive.error));
      return;
    }
    if (child.incarnation !== incarnation || child.status !== (kind === 'goBack' ? 'running' : 'restarting')) return;
    child.cancelTimer = null;
    const group = this.#children.groupOf(child);
    if (kind === 'goBack') {
      if (this.#waitsForOthers(child, group) || child.history?.fallback?.goBack() !== true) return;
      this.#control.decided({ kind: 'fallback', child, isOn: false });
    }
    yield* this.#stopChildren(group, child);
    yield* this.#startGroup(child);
  }

  /** Going back would start the others as well: not while one of them waits for its own time. @returns whether it is put off. */
  #waitsForOthers(child: Child<T>, group: readonly Child<T>[]): boolean {
    const nowMs = this.#control.nowMs();
    const waitMs = this.#latestDueMs(group, nowMs) - nowMs;
    if (waitMs > 0) this.#goBackLater(child, waitMs);
    return waitMs > 0;
  }

  #goBackLater(child: Child<T>, delayMs: number): void {
    const { incarnation } = child;
    const goBack = (): void => this.#loop.take({ kind: 'goBack', child, incarnation });
    child.cancelTimer = this.#control.after(delayMs, goBack);
  }

  // --- Starting -----------------------------------------------------------------------------------------------------

  *#startAll(): Work<T, StartResult> {
    for (const child of this.children) {
      const result = yield* this.#startOne(child);
      if (result.kind !== 'failed') continue;
      this.#status = 'stopping';
      yield* this.#stopChildren(this.children);
      this.#status = 'ended';
      return result;
    }
    return RUNNING;
  }

  *#startOne(child: Child<T>): Work<T, StartResult> {
    child.incarnation += 1;
    if (child.history?.breaker?.starting() === true) this.#tellBreaker(child, 'halfOpen');
    const result = (yield { kind: 'start', child }) as StartResult; // a start is answered with how it went
    child.status = result.kind === 'running' ? 'running' : 'stopped';
    if (result.kind === 'running') this.#started(child);
    else if (result.kind === 'ignored') this.#leave(child, undefined);
    return result;
  }

  #started(child: Child<T>): void {
    const { history, incarnation } = child;
    if (this.#policy !== undefined) this.#loop.add({ kind: 'tellStarted', child, incarnation });
    if (history === undefined) return;
    const nowMs = this.#control.nowMs();
    history.delay.started(nowMs);
    if (history.breaker?.started() === true) this.#tellBreaker(child, 'closed');
    const returnAfterMs = history.fallback?.started(nowMs);
    if (returnAfterMs === undefined || this.#judge.isHurried) return;
    this.#goBackLater(child, returnAfterMs);
  }

  #tellBreaker(child: Child<T>, state: 'closed' | 'open' | 'halfOpen'): void {
    this.#control.decided({ kind: 'breaker', child, state });
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
    if (this.#children.remove(child)) this.#control.gone(child, exit, false);
  }

  // --- Ends and restarts --------------------------------------------------------------------------------------------

  *#ended(child: Child<T>, incarnation: number, failure: Failure): Work<T> {
    // It was stopped meanwhile, or is another by now: what it ended of is nobody's business any more.
    if (child.status !== 'running' || child.incarnation !== incarnation) return;
    cancelTimer(child);
    child.status = 'stopped';
    yield* this.#settle(child, failure);
  }

  /** Whatever becomes of the child: it has failed. */
  #lowerLimit(child: Child<T>, failure: Failure): void {
    const { lowers } = child.spec;
    if (lowers === undefined || isOwnWish(failure)) return;
    const nowMs = this.#control.nowMs();
    if (lowers.failed(nowMs)) this.#control.decided({ kind: 'limitLowered', child, value: lowers.valueAt(nowMs) });
  }

  /** What the policy says, else what the restart type says. @returns whether those that wait to start with it still may. */
  *#settle(child: Child<T>, failure: Failure): Work<T, boolean> {
    this.#lowerLimit(child, failure);
    const directive = this.#policy === undefined ? NO_POLICY : yield* this.#askAbout(child, failure);
    if (directive.kind === 'threw') {
      yield* this.#end(this.#judge.giveUp('policyFailed', child, directive.error));
      return false;
    }
    const { exit } = failure;
    if (exit?.kind === 'completed') return yield* this.#abandon(child, exit);
    switch (directive.kind) {
      case 'escalate':
        yield* this.#end(this.#judge.giveUp('escalated', child, failure.cause, failure.gaveUp));
        return false;
      case 'stop':
        return yield* this.#abandon(child, exit);
      case 'replace':
        this.#judge.forget(child);
        child.subject = directive.take();
        child.spec = directive.spec;
        return yield* this.#restart(child, { ...failure, isOfAnother: true });
      case 'restart':
        return yield* this.#restart(child, failure, directive.delayMs);
      case 'resume':
        if (isOwnError(failure)) return yield* this.#resume(child);
        break;
      case 'default':
    }
    if (exit === undefined && this.#judge.isHurried) return yield* this.#leaveOut(child, failure.cause);
    const comesBack = exit === undefined || shouldRestart(child.spec.restart, exit);
    return yield* comesBack ? this.#restart(child, failure) : this.#abandon(child, exit);
  }

  *#askAbout(child: Child<T>, failure: Failure): Work<T, Directive<T>> {
    const { exit, cause, gaveUp } = failure;
    const { restarts } = this.#judge;
    return yield* this.#ask({ kind: eventKindOf(failure), child, exit, cause, gaveUp, restarts });
  }

  *#ask(event: ChildEvent<T>): Work<T, Directive<T>> {
    return (yield { kind: 'ask', event }) as Directive<T>; // a question is answered with what the policy says
  }

  /** It does not come back by itself, which may be the end of the supervisor. */
  *#abandon(child: Child<T>, exit: Exit | undefined): Work<T, boolean> {
    this.#leave(child, exit);
    // Whatever completes in a graph that stops, or cannot begin again, leaves the rest to complete as well.
    const drains = (exit === undefined || exit.kind === 'completed') && this.#judge.isHurried;
    if (drains || !this.#endsWith(child)) return true;
    yield* this.#end({ kind: 'autoShutdown', child: child.id });
    return false;
  }

  /** In a hurry there is one attempt to start: others would hold up whoever is in a hurry, for as long as they take. */
  *#leaveOut(child: Child<T>, error: unknown): Work<T, boolean> {
    this.#control.decided({ kind: 'leftOut', child, error });
    return yield* this.#abandon(child, undefined);
  }

  #endsWith({ spec }: Child<T>): boolean {
    const { autoShutdown } = this.#settings;
    if (!spec.significant || autoShutdown === 'never') return false;
    return autoShutdown === 'anySignificant' || !this.#children.hasActiveSignificant();
  }

  *#resume(child: Child<T>): Work<T, boolean> {
    this.#control.decided({ kind: 'resumed', child });
    const result = (yield { kind: 'resume', child }) as StartResult; // answered like a start
    if (result.kind === 'failed') return yield* this.#restart(child, startFailure(result.error));
    child.status = 'running';
    return true;
  }

  /**
   * A child is to come back, with those that its strategy restarts as well. They stop at once, and start when the longest delay of
   * them is over.
   *
   * @returns false: those that wait to start with it do so, or never.
   */
  *#restart(child: Child<T>, failure: Failure, policyDelayMs?: number): Work<T, boolean> {
    const decided = this.#judge.judge(child, failure, policyDelayMs);
    if (typeof decided !== 'number') {
      yield* this.#end(decided);
      return false;
    }
    const group = this.#children.groupOf(child);
    const nowMs = this.#control.nowMs();
    const dueMs = this.#latestDueMs(group, nowMs + decided);
    this.#control.decided({ kind: 'restarting', child, delayMs: dueMs - nowMs });
    child.status = 'restarting';
    yield* this.#stopChildren(group, child);
    if (failure.exit === undefined || dueMs > this.#control.nowMs()) this.#startLater(child, dueMs);
    else yield* this.#startGroup(child);
    return false;
  }

  /** Those of the group that wait for their own time keep the others waiting as well. */
  #latestDueMs(group: readonly Child<T>[], dueMs: number): number {
    if (this.#judge.isHurried) return dueMs;
    let latestMs = dueMs;
    for (const { status, cancelTimer: waits, history } of group) {
      if (status !== 'restarting' || waits === null || history === undefined) continue;
      latestMs = Math.max(latestMs, history.dueMs);
    }
    return latestMs;
  }

  /** The time counts from the failure: what the others took to stop is a part of it. */
  #startLater(child: Child<T>, dueMs: number): void {
    if (child.history !== undefined) child.history.dueMs = dueMs;
    const leftMs = Math.max(0, dueMs - this.#control.nowMs());
    child.cancelTimer = this.#control.after(leftMs, () => this.#startAgain(child));
  }

  #startAgain(child: Child<T>): void {
    this.#loop.take({ kind: 'startAgain', child, incarnation: child.incarnation });
  }

  *#startGroup(child: Child<T>): Work<T> {
    for (const member of this.#children.groupOf(child)) {
      const result = yield* this.#startOne(member);
      if (result.kind === 'failed' && !(yield* this.#settle(member, startFailure(result.error)))) return;
    }
  }

  // --- Stopping -----------------------------------------------------------------------------------------------------

  /** In reverse order, each by its own spec. Temporary ones are forgotten, except `kept`, which is to come back. */
  *#stopChildren(children: readonly Child<T>[], kept?: Child<T>): Work<T> {
    for (const child of children.toReversed()) yield* this.#stopOne(child, child === kept);
  }

  *#stopOne(child: Child<T>, isKept: boolean = false): Work<T> {
    cancelTimer(child);
    const wasRunning = child.status === 'running';
    child.status = isKept ? 'restarting' : 'stopped';
    if (wasRunning) yield { kind: 'stop', children: [child] };
    if (!isKept && this.#status === 'running' && this.#isForgotten(child)) this.#forget(child, undefined);
  }

  *#end(end: SupervisorEnd): Work<T> {
    this.#status = 'stopping';
    if (end.kind === 'gaveUp' || end.kind === 'autoShutdown') this.#control.decided(end);
    if (this.#settings.isDynamic) yield* this.#stopAllAtOnce();
    else yield* this.#stopChildren(this.children);
    this.#hasEnded(end);
  }

  #hasEnded(end: SupervisorEnd): void {
    this.#status = 'ended';
    this.#control.ended(end);
    for (const answer of this.#stopAnswers.splice(0)) answer();
  }

  *#stopAllAtOnce(): Work<T> {
    const children = this.children.filter(({ status }) => status === 'running');
    this.#markStopped();
    if (children.length > 0) yield { kind: 'stop', children };
  }

  *#kill(kill: KillChild<T>): Work<T> {
    this.#status = 'stopping';
    const { children } = this;
    this.#markStopped();
    if (children.length > 0) yield { kind: 'kill', children, kill };
    this.#hasEnded({ kind: 'killed' });
  }

  #markStopped(): void {
    for (const child of this.children) {
      cancelTimer(child);
      child.status = 'stopped';
    }
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
    const { isDynamic, maxChildren = Infinity } = this.#settings;
    if (isDynamic && this.#children.size >= maxChildren) return refused('too many children');
    const child = this.#children.add(newChild);
    const result = yield* this.#startOne(child);
    if (result.kind === 'failed') this.#children.remove(child);
    return result;
  }

  *#administer(kind: 'terminate' | 'restart' | 'delete', id: string): Work<T, AdminResult> {
    if (this.#status !== 'running') return refused('stopping');
    if (this.#settings.isDynamic && kind !== 'terminate') return refused('not for a dynamic supervisor');
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

function cancelTimer<T>(child: Child<T>): void {
  child.cancelTimer?.();
  child.cancelTimer = null;
}
