import { isHoldfastError } from '../base/errors.ts';
import type { Actor } from './actor.ts';
import type { StartOutcome } from './actor-spec.ts';
import type { ChildEvent } from './child-event.ts';
import type { Exit } from './events.ts';
import { abandonedError } from './fence.ts';
import { type HookCall, type HookName, HookTurn } from './hook-turn.ts';
import { hasStartHooks } from './hooks.ts';
import type { Driver } from './driver.ts';
import { StopRequest } from './stop-request.ts';
import { Timer } from './timer-queue.ts';

/** Where the present incarnation is between its beginning and its end. */
type Stage =
  /** There is none: it has not begun, or it has ended. */
  | { readonly kind: 'none' }
  /** Its `onRestart` and `onStart` run. */
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  /** It has ended so, and its children are about to. */
  | { readonly kind: 'leaving'; exit: Exit; readonly then: (exit: Exit) => void }
  /** It has ended so, but for its `onStop`. */
  | { readonly kind: 'ending'; readonly exit: Exit; readonly then: (exit: Exit) => void };

const NONE: Stage = Object.freeze({ kind: 'none' });
const STARTING: Stage = Object.freeze({ kind: 'starting' });
const RUNNING: Stage = Object.freeze({ kind: 'running' });

export const STARTED: StartOutcome = Object.freeze({ kind: 'running' });
const IGNORED: StartOutcome = Object.freeze({ kind: 'ignored' });

/** What `onRestart` answers means nothing. */
const NO_ANSWER: HookCall = () => undefined;

const NORMAL: Exit = Object.freeze({ kind: 'normal' });
const SHUTDOWN: Exit = Object.freeze({ kind: 'shutdown' });
const KILLED: Exit = Object.freeze({ kind: 'killed' });

/**
 * The beginning and the end of the incarnations of one actor: its hooks, and stops that are asked for from outside. Made for
 * actors that have hooks, and for others when they are to be stopped for the first time.
 *
 * ```
 *   none ──▶ starting ──▶ running ──▶ leaving ──▶ ending ──▶ none
 *    ▲          │                        │
 *    └─ fails ──┘                        └─ killed ──▶ none
 * ```
 *
 * Without start hooks `starting` is left out, without children `leaving`, and without `onStop` the end.
 */
export class Lifecycle {
  readonly #actor: Actor;
  #stage: Stage;
  /** The hooks that run at this moment, in the place of the actor's own driver. */
  #hook: { readonly turn: HookTurn; readonly driver: Driver } | undefined;
  /** Events of children that this object has told. */
  #events = 0;
  /** That whose turn is open. */
  #event: ChildEvent | undefined;
  /** How the turn of a hook wants the incarnation to end, if it does. */
  #exitAsked: Exit | undefined;
  /** How the last incarnation has ended. */
  #lastExit: Exit = NORMAL;
  #stop: StopRequest | undefined;
  /** Ends an `onStop` that takes too long. */
  #limit: Timer | undefined;

  /**
   * @param isRunning - There is an incarnation, and it has begun.
   * @param lastExit - How the one before has ended, if there was one.
   */
  constructor(actor: Actor, isRunning: boolean, lastExit: Exit | undefined) {
    this.#actor = actor;
    this.#stage = isRunning ? RUNNING : NONE;
    this.#lastExit = lastExit ?? NORMAL;
  }

  /** The hook whose turn it is; undefined for a turn of the actor's own. */
  get hookName(): HookName | undefined {
    return this.#hook?.turn.name;
  }

  /** The same, and which one it is. */
  get hookLabel(): string | undefined {
    if (this.#hook === undefined) return undefined;
    const { name } = this.#hook.turn;
    const { regeneration } = this.#actor;
    return name === 'onChildEvent' ? `${name}/${regeneration}/${this.#events}` : `${name}/${regeneration}`;
  }

  /** The present incarnation has begun, its start hooks behind it. */
  get isRunning(): boolean {
    return this.#stage === RUNNING;
  }

  get isStopAsked(): boolean {
    return this.#stop !== undefined;
  }

  /** Something is to be done between two turns. */
  get isDue(): boolean {
    return this.#stop !== undefined || this.hasEvent;
  }

  /** There is no incarnation, and the next one is about to begin. */
  beginAgain(): void {
    this.#stage = NONE;
  }

  // --- The beginning ------------------------------------------------------------------------------------------------

  /** An incarnation begins, with its state. @returns as `Driver.begin`. */
  begin(): boolean {
    if (this.#stage === RUNNING) return this.#goOn(); // what comes after its hooks was held back
    const calls = this.#startCalls();
    if (calls.length === 0) return this.#started();
    this.#stage = STARTING;
    return this.#run('onStart', calls, (value) => this.#startCommitted(value));
  }

  #startCalls(): HookCall[] {
    const { behaviour, regeneration } = this.#actor;
    const { onStart, onRestart } = behaviour.hooks ?? {};
    const calls: HookCall[] = [];
    const exit = this.#lastExit;
    if (onRestart !== undefined && regeneration > 0) calls.push((ctx) => onRestart(ctx, exit));
    if (onStart !== undefined) calls.push(onStart);
    else if (calls.length > 0) calls.push(NO_ANSWER);
    return calls;
  }

  #startCommitted(value: unknown): boolean {
    this.#hookOver();
    if (value !== 'ignore') return this.#started();
    this.#leave(NORMAL, () => this.#notStarted(NORMAL, IGNORED)); // it may have spawned some all the same
    return true;
  }

  #started(): boolean {
    const actor = this.#actor;
    this.#stage = RUNNING;
    actor.place.family?.begun();
    actor.place.began(STARTED);
    if (this.#stage !== RUNNING) return true; // whoever was told has ended it
    const exit = this.#exitAsked;
    this.#exitAsked = undefined;
    if (exit === undefined) return this.#goOn();
    actor.finish(exit);
    return true;
  }

  #goOn(): boolean {
    const actor = this.#actor;
    if (this.#stop?.isBrutal === true) {
      actor.killed(this.#stop.why);
      return true;
    }
    if (this.#stop !== undefined) return this.#endNow();
    if (this.hasEvent) actor.stopDue(); // it was told while a degraded graph held back the start
    if (actor.gate?.holdsBack() !== true) return actor.drive();
    actor.phase = 'starting';
    return false;
  }

  /** The incarnation has come to an end before it had begun. */
  #notStarted(exit: Exit, outcome: StartOutcome): void {
    const actor = this.#actor;
    this.#stage = NONE;
    this.#exitAsked = undefined;
    this.#lastExit = exit;
    actor.goDown(exit);
    actor.place.began(outcome);
    this.#settleStop(outcome.kind === 'ignored' ? SHUTDOWN : exit);
  }

  // --- The end ------------------------------------------------------------------------------------------------------

  /**
   * The incarnation has ended so: its last turn is committed or rolled back, and it waits for nothing.
   *
   * @param then - What comes after it, unless somebody has asked for the stop; told how it has ended after all.
   */
  ended(exit: Exit, then: (exit: Exit) => void): void {
    if (this.#stage === RUNNING) this.#leave(exit, (end) => this.#childless(end, then));
    else this.#closed(exit, then);
  }

  /** The incarnation has come to its end: first its children end. @param then - Told how it has ended, which may be by a kill after all. */
  #leave(exit: Exit, then: (exit: Exit) => void): void {
    const actor = this.#actor;
    const { family } = actor.place;
    if (family === undefined) {
      then(exit);
      return;
    }
    const stage: Stage = { kind: 'leaving', exit, then };
    this.#stage = stage;
    actor.phase = 'stopping';
    family.end(exit.kind === 'killed' ? 'kill' : 'stop', () => {
      if (this.#stage === stage) then(stage.exit); // or the actor has ended for good meanwhile
    });
  }

  #childless(exit: Exit, then: (exit: Exit) => void): void {
    const actor = this.#actor;
    if (exit.kind === 'killed' || actor.behaviour.hooks?.onStop === undefined) {
      this.#closed(exit, then);
      return;
    }
    this.#stage = { kind: 'ending', exit, then };
    actor.phase = 'stopping';
    // In a slice of its own: this may be the middle of a commit.
    actor.enqueue();
    if (this.#stop === undefined) this.#armLimit(actor.place.stopLimitMs);
  }

  /** The slice of `onStop`. @returns as `Driver.begin`. */
  end(): boolean {
    const stage = this.#stage;
    const onStop = this.#actor.behaviour.hooks?.onStop;
    if (stage.kind !== 'ending' || onStop === undefined) return false;
    const { exit, then } = stage;
    const resumed = this.#run('onStop', [(ctx) => onStop(ctx, exit)], () => {
      this.#hookOver();
      this.#closed(exit, then);
      return true;
    });
    if (this.#hook !== undefined && this.#stop?.isOver === true) this.killed(this.#stop.why);
    return resumed;
  }

  #closed(exit: Exit, then: (exit: Exit) => void): void {
    const actor = this.#actor;
    this.#disarmLimit();
    this.#stage = NONE;
    this.#lastExit = exit;
    if (this.#stop === undefined) {
      then(exit);
      return;
    }
    const isTakenBack = isRollBack(exit); // it would begin again by itself
    const end = isTakenBack ? SHUTDOWN : exit;
    if (!this.#stop.isOwn) actor.goDown(end);
    else if (isTakenBack) this.#tellSupervisor(end);
    else then(end);
    this.#settleStop(end);
  }

  /** The incarnation has ended so because of a stop that its supervisor has no part in. */
  readonly #tellSupervisor = (exit: Exit): void => {
    const actor = this.#actor;
    actor.goDown(exit);
    actor.place.incarnationEnded(exit, true, 0);
  };

  // --- Children -----------------------------------------------------------------------------------------------------

  /** The actor is to decide about a child, and does not do so already. */
  get hasEvent(): boolean {
    return this.#stage === RUNNING && this.#hook === undefined && this.#actor.place.family?.event !== undefined;
  }

  /** Between two turns. @returns as `Driver.begin`; undefined if there is nothing to tell, or it is not the time for it. */
  #tellEvent(): boolean | undefined {
    const actor = this.#actor;
    const { owns } = actor.behaviour;
    const event = actor.place.family?.event;
    const isBetweenTurns = actor.phase === 'idle' || actor.phase === 'carried';
    if (!this.hasEvent || !isBetweenTurns || event === undefined) return undefined;
    this.#events += 1;
    this.#event = event;
    return this.#run('onChildEvent', [(ctx) => owns?.onChildEvent?.(event, ctx)], (answer) => {
      this.#hookOver();
      return this.#eventCommitted(event, answer);
    });
  }

  /** A turn waits for room. What it has decided about a child counts already: the room may depend on it. */
  turnWaits(): void {
    const { family } = this.#actor.place;
    if (this.#hook?.turn.name !== 'onChildEvent' || this.#event === undefined) family?.ownerWaits();
    else family?.decided(this.#event, this.#hook.turn.value);
  }

  #eventCommitted(event: ChildEvent, answer: unknown): boolean {
    const actor = this.#actor;
    const exit = this.#exitAsked;
    this.#exitAsked = undefined;
    this.#event = undefined;
    actor.place.family?.decided(event, answer);
    if (exit !== undefined) {
      actor.finish(exit);
      return true;
    }
    if (this.#stop !== undefined) return this.#endNow();
    actor.phase = 'idle';
    if (this.hasEvent) actor.stopDue();
    else actor.enqueue(); // for what has come meanwhile
    return true;
  }

  /** All its children have ended, and so does the incarnation. @returns false if there is none. */
  familyHasEnded(exit: Exit): boolean {
    const actor = this.#actor;
    if (this.#stage !== RUNNING) return false;
    this.giveUpEvent('its children have ended');
    actor.recovering.familyEnded(exit);
    return true;
  }

  /** The turn of `onChildEvent` that is open comes to nothing. */
  giveUpEvent(why: string): void {
    if (this.#hook?.turn.name !== 'onChildEvent') return;
    this.#hook.turn.abandon(why);
    this.#hookOver();
  }

  // --- Hooks that run -----------------------------------------------------------------------------------------------

  #run(name: HookName, calls: HookCall[], committed: (value: unknown) => boolean): boolean {
    const actor = this.#actor;
    const turn = new HookTurn(actor, name, calls, committed);
    this.#hook = { turn, driver: actor.handOver(turn) };
    return turn.begin();
  }

  #hookOver(): void {
    if (this.#hook === undefined) return;
    this.#actor.handOver(this.#hook.driver);
    this.#hook = undefined;
  }

  /**
   * A turn has committed.
   *
   * @param exit - How it wants the incarnation to end, if it does.
   *
   * @returns false if it was no hook's.
   */
  hookCommitted(exit: Exit | undefined): boolean {
    if (this.#hook === undefined) return false;
    // Of `onStop` nobody asks any more.
    if (this.#stage === STARTING || this.#stage === RUNNING) this.#exitAsked = exit;
    return true;
  }

  /** A turn has failed. @returns false if it was no hook's, or one in the middle of the incarnation: that fails as by any turn. */
  turnFailed(error: unknown): boolean {
    this.giveUpEvent('its onChildEvent failed');
    if (this.#hook === undefined) return false;
    this.#hook.turn.lose({ kind: 'failed', error }, `its ${this.#hook.turn.name} failed`);
    this.#hookOver();
    const stage = this.#stage;
    if (stage.kind === 'ending') {
      this.#closed(this.#exitAfterFailure(stage.exit, error), stage.then);
      return true;
    }
    this.#actor.recovering.startFailed(error);
    this.#notStarted({ kind: 'crashed', error }, { kind: 'failed', error });
    return true;
  }

  /** How an incarnation ends that was to end by `exit`, and whose `onStop` has failed. */
  #exitAfterFailure(exit: Exit, error: unknown): Exit {
    const actor = this.#actor;
    if (isHoldfastError(error, 'ERR_ROLLED_BACK')) return exit; // it has taken back what it did: no failure
    if (exit.kind !== 'crashed') {
      actor.recovering.stopFailed(error);
      return { kind: 'crashed', error };
    }
    actor.tell('error', { err: error }, 'onStop failed as well, after a crash');
    return exit;
  }

  /** The actor is killed. @returns false if that is none of its beginning or its end. */
  killed(why: string): boolean {
    const actor = this.#actor;
    const stage = this.#stage;
    this.giveUpEvent(why);
    if (stage.kind === 'none' && actor.phase === 'starting' && hasStartHooks(actor.behaviour)) {
      actor.isNextIncarnation();
      this.#startKilled(why);
      return true;
    }
    if (stage.kind === 'running' || stage.kind === 'none') return this.#burialGivenUp(why);
    if (stage.kind === 'leaving') {
      if (stage.exit.kind !== 'crashed') stage.exit = KILLED;
      actor.tell('warn', { why }, 'killed');
      actor.place.family?.end('kill', () => undefined);
      return true;
    }
    if (this.#hook !== undefined) this.#hook.turn.lose({ kind: 'killed' }, why);
    this.#hookOver();
    if (stage.kind !== 'ending') {
      this.#startKilled(why);
      return true;
    }
    actor.tell('warn', { why }, 'killed');
    this.#closed(stage.exit.kind === 'crashed' ? stage.exit : KILLED, stage.then);
    return true;
  }

  /** The incarnation has not come to the end of its start hooks, or not even to their beginning. */
  #startKilled(why: string): void {
    const actor = this.#actor;
    const error = abandonedError(actor.name, why);
    actor.tell('warn', { why }, 'killed');
    actor.recovering.startFailed(error, KILLED);
    this.#notStarted(KILLED, { kind: 'failed', error });
  }

  /** The incarnation has failed, and the message at fault waits for room among the dead letters: it stays where it is. */
  #burialGivenUp(why: string): boolean {
    const actor = this.#actor;
    if (actor.phase !== 'recovering' || this.#stop?.isOver !== true) return false;
    actor.recovering.giveUpBurial();
    actor.tell('warn', { why }, 'killed');
    this.#closed(KILLED, this.#tellSupervisor);
    return true;
  }

  // --- Stops that are asked for -------------------------------------------------------------------------------------

  /** See {@link Actor.stopIncarnation}. */
  askToStop(limitMs: number | 'brutal', done: (exit: Exit) => void, isOwn: boolean): void {
    const actor = this.#actor;
    this.#disarmLimit(); // what is asked for counts, and not how long an end by itself may take
    this.#stop ??= new StopRequest(actor.runtime, () => actor.stopDue());
    this.#stop.add(limitMs, done, isOwn);
  }

  /** A slice of an actor that is to stop. @returns as `Driver.begin`; undefined if the slice is to go on. */
  honourStop(): boolean | undefined {
    const stop = this.#stop;
    if (stop === undefined) return this.#tellEvent();
    const { phase } = this.#actor;
    switch (phase) {
      case 'ended':
      case 'down':
      case 'delayed':
        return stop.isOwn ? this.#missed() : this.#stopped(this.#actor.exit ?? SHUTDOWN);
      case 'starting':
        // A start that has been asked for comes first, but for one that may take no time.
        return stop.isBrutal && !stop.isOwn && this.#stage !== RUNNING ? this.#stopped(KILLED) : undefined;
      case 'idle':
      case 'carried':
        if (this.#hook === undefined && !stop.isBrutal) return this.#endNow();
        break;
      case 'stopping':
        if (!stop.isBrutal && this.#stage.kind !== 'leaving') return undefined;
        break;
      case 'paused':
      case 'turn':
      case 'committing':
      case 'recovering':
        break;
    }
    if (!stop.isOver) return undefined; // what is under way may finish
    this.#actor.killed(stop.why);
    return true;
  }

  /** No incarnation has been there to stop. */
  #stopped(exit: Exit): true {
    const actor = this.#actor;
    if (actor.phase === 'delayed') actor.recovering.stop();
    if (actor.phase !== 'ended') actor.goDown(exit);
    this.#settleStop(exit);
    return true;
  }

  /** It has ended by itself meanwhile, and its supervisor knows; unless it was rolled back, and is about to begin again. */
  #missed(): boolean | undefined {
    const actor = this.#actor;
    if (actor.phase !== 'delayed') {
      this.#settleStop(this.#lastExit);
      return undefined;
    }
    actor.recovering.stop();
    this.ended(SHUTDOWN, this.#tellSupervisor);
    return true;
  }

  /** Between two turns. */
  #endNow(): boolean {
    const actor = this.#actor;
    const why = 'it was asked to stop';
    actor.giveUpTurn(); // there is none, but what belongs to one
    actor.abandonWaits(why);
    this.ended(SHUTDOWN, this.#tellSupervisor);
    return true;
  }

  #settleStop(exit: Exit): void {
    const stop = this.#stop;
    this.#stop = undefined;
    stop?.settle(exit);
  }

  #armLimit(limitMs: number): void {
    if (limitMs === Infinity) return;
    const { clock, timers } = this.#actor.runtime;
    this.#limit ??= new Timer(() => this.#actor.kill(`its onStop took longer than ${limitMs} ms`));
    timers.arm(this.#limit, clock.nowMs() + limitMs);
  }

  #disarmLimit(): void {
    if (this.#limit !== undefined) this.#actor.runtime.timers.disarm(this.#limit);
  }

  /** The actor has ended for good, whatever it was doing. Its own driver has its place again. */
  cut(why: string): void {
    this.#hook?.turn.abandon(why);
    this.#hookOver();
    this.#disarmLimit();
    this.#stage = NONE;
  }

  /** For whoever has asked for the stop of an actor that has ended for good. */
  stopOver(exit: Exit): void {
    this.#settleStop(exit);
  }
}

/** By `ctx.rollback()`: it is no failure. */
function isRollBack(exit: Exit): boolean {
  return exit.kind === 'crashed' && isHoldfastError(exit.error, 'ERR_ROLLED_BACK');
}
