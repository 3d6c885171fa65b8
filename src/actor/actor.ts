import { errorText, HoldfastError, isHoldfastError } from '../base/errors.ts';
import { InputEnd } from '../channel/input-end.ts';
import { OutputEnd } from '../channel/output-end.ts';
import type { Ring, RingConsumer, RoomWaiter, VacancyWatcher } from '../channel/ring.ts';
import type { Log } from '../ports/log.ts';
import { backoffDelayMs } from './backoff.ts';
import { resolveCycle } from './commit-cycle.ts';
import { type DeadLetterReason, errorRecord, type NewDeadLetter } from './dead-letter.ts';
import type { Behaviour, InputSpecs, OutputSpecs } from './definition.ts';
import { type CommitOutcome, type Driver, FAST_TURN_MS } from './driver.ts';
import type { Exit } from './events.ts';
import { LoopDriver } from './loop-driver.ts';
import type { Runnable } from './run-queue.ts';
import type { Runtime, SupervisedChild } from './runtime.ts';
import type { ActorSettings } from './settings.ts';
import { countValues, STATE_VALUES_WARNED, type StatePlan, statePlanFor } from './state-plan.ts';
import { StepDriver } from './step-driver.ts';
import { BeatCondition } from './timed-conditions.ts';
import { Timer } from './timer-queue.ts';
import { type InHand, Turn } from './turn.ts';

/**
 * Where an actor is.
 *
 * ```
 *   starting ──▶ idle ◀──▶ turn ──▶ committing ──▶ idle | turn
 *      ▲           │        │           │
 *      │           └────────┴─ fails ───┘
 *      │                    ▼
 *      └─ delayed ◀── (recovering) ──▶ ended
 * ```
 *
 * - `idle`: waits for messages or a condition; `paused`: the same inside an open turn.
 * - `turn`: an asynchronous turn is open.
 * - `committing`: the turn is decided and waits for room.
 * - `carried`: the commit of another actor has made the decided turn real; the driver goes on in its next slice.
 * - `recovering`: a dead letter waits for room.
 * - `delayed`: between two incarnations.
 */
export type Phase =
  'starting' | 'idle' | 'paused' | 'turn' | 'committing' | 'carried' | 'recovering' | 'delayed' | 'ended';

export interface ActorSpec {
  readonly name: string;
  readonly inputs: InputSpecs;
  readonly outputs: OutputSpecs;
  readonly behaviour: Behaviour;
  readonly settings: ActorSettings;
  readonly args: unknown;
  /** The ring wired to each input and output, by name. */
  readonly rings: ReadonlyMap<string, Ring>;
}

/** What is counted of one actor, over all its incarnations. */
export class ActorCounters {
  turns = 0;
  failures = 0;
  restarts = 0;
  busyMs = 0;
  /** Times from a failure to the next committed turn. */
  recoveries = 0;
  recoveryLastMs = 0;
  recoveryMaxMs = 0;
  recoveryTotalMs = 0;
}

/** What an actor without a state sees as its state: a write to it throws instead of being lost. */
const NO_STATE: object = Object.freeze({});

type Interrupt = { readonly kind: 'kill'; readonly why: string } | { readonly kind: 'timeout'; readonly turn: number };

/** One actor: its ends, its state, its life. How its code is run is the driver's matter. */
export class Actor implements Runnable, RingConsumer, RoomWaiter, VacancyWatcher, SupervisedChild {
  readonly name: string;
  readonly runtime: Runtime;
  readonly settings: ActorSettings;
  readonly behaviour: Behaviour;
  readonly args: unknown;
  readonly inputs: readonly InputEnd[];
  readonly outputs: readonly OutputEnd[];
  readonly turn: Turn;
  readonly counters: ActorCounters = new ActorCounters();
  readonly #driver: Driver;

  queued = false;
  phase: Phase = 'starting';
  regeneration = 0;
  /** Failures and roll backs since the last committed turn. */
  failuresInARow = 0;
  /** Turns begun in the present slice, for the report of slow ones. */
  turnsInSlice = 0;
  /** The turns of the last slice were so short that the next one needs no look at the clock. */
  isFast = false;
  exit: Exit | undefined;

  #plan: StatePlan | undefined;
  #committed: object = {};
  /** What the user's code sees. A new object for each incarnation, so that leftovers write into a dead one. */
  live: object = NO_STATE;
  /** Messages that failed together are still there: see `InputEnd.narrow`. */
  narrowed = false;
  /** The present turn may have changed the state. */
  stateUsed = false;
  /** A copy of the state of a decided turn that waits for room. */
  #decided: object | undefined;

  /** Place in the lines for room; of no meaning unless `committing` or `recovering`. */
  ticket = 0;
  waitingFor: Ring | null = null;
  #burial: { readonly inHand: InHand; readonly letter: NewDeadLetter; readonly then: () => void } | undefined;
  #interrupt: Interrupt | undefined;
  #failedAtMs = -1;
  /** Whether `afterCommit` has anything to do: keeps the common commit short. */
  #aftermath = false;
  #beats: Map<number, BeatCondition> | undefined;
  /** Beats that the present turn has set up. */
  #newBeats: BeatCondition[] = [];
  readonly #restartTimer: Timer = new Timer(() => this.#restartNow());
  #deadlineTimer: Timer | undefined;
  #deadlineMs = Infinity;
  #log: Log | undefined;
  #begun = false;
  #prepared = false;

  constructor(runtime: Runtime, spec: ActorSpec) {
    this.name = spec.name;
    this.runtime = runtime;
    this.settings = spec.settings;
    this.behaviour = spec.behaviour;
    this.args = spec.args;
    this.turn = new Turn(runtime, spec.name);
    this.inputs = Object.entries(spec.inputs).map(([name, { tick }]) => {
      const ring = spec.rings.get(name) as Ring;
      ring.consumer = this;
      return new InputEnd(this.turn, name, ring, tick);
    });
    this.outputs = Object.keys(spec.outputs).map((name) => {
      return new OutputEnd(this.turn, name, spec.rings.get(name) as Ring, runtime.checks);
    });
    this.#driver =
      spec.behaviour.kind === 'loop' ? new LoopDriver(this, spec.behaviour) : new StepDriver(this, spec.behaviour);
  }

  /** Has no inputs: ends when the graph stops. */
  get isSource(): boolean {
    return this.inputs.length === 0;
  }

  /** Nothing will ever come in; takes of this turn count as gone. False for a source. */
  get inputsDrained(): boolean {
    const { inputs } = this;
    for (let index = 0; index < inputs.length; index += 1) {
      if (!(inputs[index] as InputEnd).drained) return false;
    }
    return inputs.length > 0;
  }

  get log(): Log {
    return (this.#log ??= this.runtime.log.child({ actor: this.name, regeneration: this.regeneration }));
  }

  /** A copy of the state as last committed. */
  committedState(): object {
    return this.#plan?.copy(this.#committed) ?? {};
  }

  // --- Life ---------------------------------------------------------------------------------------------------------

  /**
   * Makes the initial state, unless it is made already.
   *
   * @throws HoldfastError `ERR_STATE_UNSUPPORTED`, or what the definition's `state` throws.
   */
  prepare(): void {
    if (this.#prepared) return;
    const initial = this.behaviour.makeState?.(this.args);
    if (initial !== undefined) this.#keepInitial(initial);
    this.#prepared = true;
  }

  #keepInitial(initial: object): void {
    this.#plan = statePlanFor(this.behaviour.plans, initial);
    this.#committed = this.#plan.copy(initial);
    if (countValues(initial) > STATE_VALUES_WARNED) {
      const message = `the state holds more than ${STATE_VALUES_WARNED} values: all of them are copied at each turn that uses the state`;
      this.log.warn(message);
    }
  }

  start(): void {
    this.runtime.runQueue.enqueue(this);
  }

  runSlice(): boolean {
    this.turnsInSlice = 0;
    if (this.#interrupt !== undefined) return this.#handleInterrupt(this.#interrupt);
    switch (this.phase) {
      case 'starting':
        return this.#begin();
      case 'idle':
      case 'paused':
        return this.#driver.work();
      case 'turn':
        return this.#driver.settle();
      case 'committing':
        return this.#retryCommit();
      case 'carried':
        this.phase = 'idle';
        return this.#driver.committed();
      case 'recovering':
        this.#bury();
        return true;
      case 'delayed':
      case 'ended':
        return false;
    }
  }

  sliceTook(elapsedMs: number): void {
    this.counters.busyMs += elapsedMs;
    this.isFast = elapsedMs <= this.turnsInSlice * FAST_TURN_MS;
    if (elapsedMs < this.runtime.slowTurnMs) return;
    const turns = Math.max(1, this.turnsInSlice);
    this.runtime.emit({ kind: 'slowTurn', actor: this.name, elapsedMs, turns });
    this.log.warn({ elapsedMs, turns }, 'slow turn: the event loop stood still meanwhile');
  }

  #begin(): boolean {
    if (this.#begun) {
      this.regeneration += 1;
      this.counters.restarts += 1;
      this.#log = undefined;
      if (this.runtime.probe !== null) this.runtime.probe('restart', this.name);
    }
    if (!this.#prepared && !this.#prepareOrFail()) return false;
    if (this.#plan !== undefined) this.live = Object.seal(this.#plan.copy(this.#committed));
    this.stateUsed = false;
    this.phase = 'idle';
    if (this.#begun) {
      this.runtime.emit({ kind: 'restarted', actor: this.name, regeneration: this.regeneration });
      this.log.info('restarted');
    }
    this.#begun = true;
    return this.#driver.begin();
  }

  /** The first message has woken an actor whose initial state was still to be made: user code, which may throw. */
  #prepareOrFail(): boolean {
    try {
      this.prepare();
      return true;
    } catch (error) {
      this.turnFailed(error);
      return false;
    }
  }

  /** Ends the actor for good. */
  end(exit: Exit): void {
    if (this.phase === 'ended') return;
    this.#giveUpTurn();
    this.phase = 'ended';
    this.exit = exit;
    this.#driver.abandon('the actor has ended');
    for (const beat of this.#beats?.values() ?? []) beat.stop();
    this.#beats = undefined;
    this.runtime.timers.disarm(this.#restartTimer);
    if (this.#deadlineTimer !== undefined) this.runtime.timers.disarm(this.#deadlineTimer);
    for (const end of this.inputs) this.#abandonInput(end, exit.kind === 'shutdown' ? 'stopped' : 'no-consumer');
    for (const end of this.outputs) {
      if (!end.closed) end.ring.closeSender();
      end.closed = true;
    }
    this.runtime.ended(this.name, exit);
  }

  /** What is left in an input, and all that will still be sent there, becomes dead letters. */
  #abandonInput(end: InputEnd, reason: DeadLetterReason): void {
    const ring = end.ring;
    if (!ring.drained && ring.size > 0) {
      this.log.warn(
        { channel: ring.name, messages: ring.size },
        'messages left in an input of an actor that has ended',
      );
    }
    while (ring.size > 0)
      this.#moveToLetters({ end, offset: 0 }, this.letterFor({ end, offset: 0 }, reason, undefined));
    ring.parked = false;
    ring.abandon();
    ring.roomAppeared();
  }

  // --- Waking -------------------------------------------------------------------------------------------------------

  readable(): void {
    this.#considerWaking();
  }

  vacancyChanged(): void {
    this.#considerWaking();
  }

  roomAppeared(): void {
    this.runtime.runQueue.enqueue(this);
  }

  /** A timer or a promise that the actor may wait for. */
  readonly timePassed = (): void => {
    this.#considerWaking();
  };

  #considerWaking(): void {
    if (this.queued) return;
    if ((this.phase === 'idle' || this.phase === 'paused') && this.#driver.canGoOn()) this.enqueue();
  }

  enqueue(): void {
    this.runtime.runQueue.enqueue(this);
  }

  /** The graph stops: sources end, delays are cut short. */
  stopRequested(): void {
    if (this.phase === 'delayed') this.#restartNow();
    else this.#considerWaking();
  }

  /** Kills the present incarnation, from the ready queue: never in the middle of somebody else's turn. */
  kill(why: string): void {
    if (this.phase === 'ended' || this.phase === 'delayed' || this.phase === 'recovering') return;
    // A deadline may turn out to be met by the time it is looked at; a kill stands.
    if (this.#interrupt?.kind !== 'kill') this.#interrupt = { kind: 'kill', why };
    this.enqueue();
  }

  #handleInterrupt(interrupt: Interrupt): boolean {
    this.#interrupt = undefined;
    switch (interrupt.kind) {
      case 'kill':
        this.#killNow(interrupt.why);
        return true;
      case 'timeout':
        return this.#failIfStillOpen(interrupt.turn);
    }
  }

  #killNow(why: string): void {
    if (this.phase === 'ended' || this.phase === 'delayed' || this.phase === 'recovering') return;
    this.#giveUpTurn();
    this.#countFailure(); // no attempt: the turn did not fail by itself
    this.runtime.emit({
      kind: 'failed',
      actor: this.name,
      regeneration: this.regeneration,
      exit: { kind: 'killed' },
      inHand: [],
    });
    this.log.warn({ why }, 'killed');
    this.#driver.abandon(why);
    this.#supervise({ kind: 'killed' }, true, 0);
  }

  // --- Commit -------------------------------------------------------------------------------------------------------

  /**
   * Makes the turn real, or parks it until there is room. To be called when the user's code has reached the end of its
   * turn.
   */
  commit(): CommitOutcome {
    const { turn } = this;
    if (this.runtime.probe !== null || !turn.isPlain) return this.#commitTheLongWay();
    if (this.stateUsed && !this.#saveState()) return 'over';
    turn.commitPlain();
    return this.#countTurn();
  }

  /** Keeps the state of this turn. @returns false if it cannot be kept; then the turn has failed. */
  #saveState(): boolean {
    this.stateUsed = false;
    try {
      this.#plan?.copyInto(this.#committed, this.live);
      return true;
    } catch (error) {
      this.turnFailed(error);
      return false;
    }
  }

  #commitTheLongWay(): CommitOutcome {
    const { turn } = this;
    const { probe } = this.runtime;
    try {
      if (turn.poison !== undefined) throw this.#poisonError(turn.poison);
      probe?.('commit:decided', this.name);
      const lacking = turn.lacking(Infinity);
      if (lacking !== null) return this.#park(lacking);
      probe?.('commit:beforeState', this.name);
    } catch (error) {
      this.turnFailed(error);
      return 'over';
    }
    if (this.stateUsed && !this.#saveState()) return 'over';
    probe?.('commit:afterState', this.name);
    turn.release();
    turn.publish();
    probe?.('commit:published', this.name);
    turn.wake();
    return this.#countTurn();
  }

  /** The part of a commit that the cycle resolver calls for each member of its group. */
  get isParked(): boolean {
    return this.phase === 'committing';
  }

  /** Takes of a decided turn leave their channels: for a group, all takes come before any publication. */
  releaseDecided(): void {
    const { probe } = this.runtime;
    probe?.('commit:roomFound', this.name);
    this.#leaveLine();
    if (this.#decided !== undefined) this.#committed = this.#decided;
    this.#decided = undefined;
    this.stateUsed = false;
    probe?.('commit:afterState', this.name);
    this.turn.release();
  }

  publishDecided(): void {
    this.turn.publish();
  }

  /** Ends a decided turn. @returns true if the incarnation goes on. */
  finishDecided(): boolean {
    this.phase = 'idle';
    this.runtime.probe?.('commit:published', this.name);
    this.turn.wake();
    return this.#countTurn() === 'done';
  }

  #countTurn(): CommitOutcome {
    this.counters.turns += 1;
    this.turnsInSlice += 1;
    return this.#aftermath || this.turn.followUps.length > 0 ? this.#afterCommit() : 'done';
  }

  #afterCommit(): CommitOutcome {
    this.#aftermath = false;
    this.failuresInARow = 0;
    this.#newBeats.length = 0;
    if (this.#failedAtMs >= 0) this.#countRecovery();
    const followUps = this.turn.followUps.splice(0);
    for (const followUp of followUps) {
      if (followUp.kind === 'shutdown') this.runtime.requestShutdown(followUp.reason);
    }
    if (!followUps.some(({ kind }) => kind === 'exit')) return 'done';
    this.finish({ kind: 'normal' });
    return 'over';
  }

  #park(lacking: Ring): CommitOutcome {
    const probe = this.runtime.probe;
    if (this.stateUsed && this.#plan !== undefined) this.#decided = this.#plan.copy(this.live);
    if (probe !== null) probe('commit:waitForRoom', this.name);
    this.phase = 'committing';
    this.ticket = this.runtime.takeTicket();
    this.#joinLine(lacking);
    return this.#breakCycle();
  }

  /** After parking: commits wait for each other perhaps, and this one was the last that was missing. */
  #breakCycle(): CommitOutcome {
    const outcome = resolveCycle<Actor>(this);
    switch (outcome.kind) {
      case 'none':
        return 'waiting';
      case 'deadlock': {
        const path = outcome.path.map((name) => `"${name}"`).join(' → ');
        const message = `commits wait for room in a cycle that can never move: ${path}. Raise the capacity of a channel in the cycle, or send less in one turn`;
        this.turnFailed(new HoldfastError('ERR_DEADLOCK', message, { path: outcome.path }));
        return 'over';
      }
      case 'commit':
        for (const member of outcome.group) member.releaseDecided();
        for (const member of outcome.group) member.publishDecided();
        return this.#finishGroup(outcome.group);
    }
  }

  #finishGroup(group: readonly Actor[]): CommitOutcome {
    let goesOn = false;
    for (const member of group) {
      const alive = member.finishDecided();
      if (member === this) goesOn = alive;
      else if (alive) member.#resumeAfterGroup();
    }
    return goesOn ? 'done' : 'over';
  }

  /** Another actor's commit carried this one along: the driver goes on in a slice of its own. */
  #resumeAfterGroup(): void {
    this.phase = 'carried';
    this.enqueue();
  }

  #retryCommit(): boolean {
    const lacking = this.turn.lacking(this.ticket);
    if (lacking === null) {
      this.releaseDecided();
      this.publishDecided();
      return this.finishDecided() ? this.#driver.committed() : true;
    }
    if (lacking === this.waitingFor) return false;
    this.#leaveLine();
    this.#joinLine(lacking);
    switch (this.#breakCycle()) {
      case 'done':
        return this.#driver.committed();
      case 'waiting':
        return false;
      case 'over':
        return true;
    }
  }

  #joinLine(ring: Ring): void {
    this.waitingFor = ring;
    ring.joinLine(this);
  }

  #leaveLine(): void {
    const ring = this.waitingFor;
    if (ring === null) return;
    this.waitingFor = null;
    ring.leaveLine(this);
    // The next in line may go. The dead letters may have room beyond their capacity: in a shutdown their bound does not hold.
    if (ring.size < ring.capacity || ring.abandoned || ring === this.runtime.letters.ring) ring.roomAppeared();
  }

  // --- Failure ------------------------------------------------------------------------------------------------------

  /** The turn threw, rejected, or was poisoned. */
  turnFailed(error: unknown): void {
    if (this.phase === 'ended') return;
    if (isHoldfastError(error, 'ERR_ROLLED_BACK')) {
      this.#rolledBack();
      return;
    }
    const inHand = this.turn.inHand();
    const wallMs = this.runtime.clock.wallMs();
    const failed = inHand.map(({ end, offset }) => end.ring.addFailedAttempt(offset, wallMs));
    const reported = inHand.map(({ end, offset }, index) => ({
      messageId: this.turn.messageId(end, offset),
      failedAttempts: failed[index] as number,
    }));
    if (inHand.length > 1) {
      this.narrowed = true;
      for (const { end } of inHand) end.narrow(inHand.filter((other) => other.end === end).length);
    }
    this.#giveUpTurn();
    this.#countFailure();
    this.failuresInARow += 1;
    const exit: Exit = { kind: 'crashed', error };
    this.runtime.emit({ kind: 'failed', actor: this.name, regeneration: this.regeneration, exit, inHand: reported });
    this.log.error({ err: error, inHand: reported }, `turn failed: ${errorText(error)}`);
    this.#driver.abandon('its turn failed');

    const counts = inHand.length === 0 || failed.includes(1);
    const limit = this.settings.showstopperAfter;
    const last = failed.findLastIndex((count) => count >= limit);
    if (last < 0) {
      this.#supervise(exit, counts, this.#retryDelayMs(Math.max(0, ...failed)));
      return;
    }
    const culprit = inHand[last] as InHand;
    const letter = this.letterFor(culprit, 'showstopper', error);
    for (const other of inHand) if (other !== culprit) other.end.ring.clearFailedAttempts(other.offset);
    this.#burial = { inHand: culprit, letter, then: () => this.#supervise(exit, counts, 0) };
    this.#bury();
  }

  /** Moves the showstopper to the dead letters, as soon as they have room. */
  #bury(): void {
    const burial = this.#burial;
    if (burial === undefined) return;
    if (!this.runtime.letters.hasRoomFor(1)) {
      if (this.phase === 'recovering') return;
      this.phase = 'recovering';
      this.ticket = this.runtime.takeTicket();
      this.#joinLine(this.runtime.letters.ring);
      this.runtime.probe?.('deadLetter:waitForRoom', this.name);
      this.log.error('blocked: the dead letters are full');
      return;
    }
    this.#burial = undefined;
    this.#leaveLine();
    this.log.error(
      { channel: burial.letter.channel, attempts: burial.letter.attempts },
      'showstopper: now a dead letter',
    );
    this.#moveToLetters(burial.inHand, burial.letter);
    burial.then();
  }

  #moveToLetters({ end, offset }: InHand, letter: NewDeadLetter): void {
    end.ring.removeAt(offset);
    end.ring.deadLettered += 1;
    this.runtime.letters.add(letter);
    if (this.runtime.probe !== null) this.runtime.probe('deadLetter:append', this.name);
    if (end.ring.roomWanted) end.ring.roomAppeared();
  }

  letterFor({ end, offset }: InHand, reason: DeadLetterReason, error: unknown): NewDeadLetter {
    const attempts = end.ring.failedAttemptsAt(offset);
    return {
      payload: end.ring.at(offset),
      channel: end.ring.name,
      messageId: this.turn.messageId(end, offset),
      actor: this.name,
      reason,
      text: error === undefined ? `actor "${this.name}" has ended` : errorText(error),
      error: error === undefined ? undefined : errorRecord(error),
      attempts: attempts?.count ?? 0,
      regeneration: this.regeneration,
      firstFailedWallMs: attempts?.firstWallMs,
      wallMs: this.runtime.clock.wallMs(),
    };
  }

  /** `rollback()`: as a failure, but nobody is to blame. Rolled back again and again, it slows down like retries. */
  #rolledBack(): void {
    this.#giveUpTurn();
    this.failuresInARow += 1;
    this.#aftermath = true;
    this.#driver.abandon('it was rolled back');
    this.#restartAfter(this.#retryDelayMs(this.failuresInARow));
  }

  #retryDelayMs(failedAttempts: number): number {
    if (failedAttempts < 2) return 0;
    return backoffDelayMs(this.settings.retryBackoff, failedAttempts - 2, this.runtime.random);
  }

  /** Undoes whatever the turn has staged, and leaves every line. Wakes nobody but the next in line. */
  #giveUpTurn(): void {
    this.#leaveLine();
    this.#decided = undefined;
    this.stateUsed = false;
    this.#interrupt = undefined;
    this.turn.rollBack();
    for (const beat of this.#newBeats) {
      beat.stop();
      this.#beats?.delete(beat.periodMs);
    }
    this.#newBeats.length = 0;
    this.#deadlineMs = Infinity;
  }

  #countFailure(): void {
    this.counters.failures += 1;
    this.#aftermath = true;
    if (this.#failedAtMs < 0) this.#failedAtMs = this.runtime.clock.nowMs();
  }

  #countRecovery(): void {
    const tookMs = this.runtime.clock.nowMs() - this.#failedAtMs;
    this.#failedAtMs = -1;
    this.counters.recoveries += 1;
    this.counters.recoveryLastMs = tookMs;
    this.counters.recoveryMaxMs = Math.max(this.counters.recoveryMaxMs, tookMs);
    this.counters.recoveryTotalMs += tookMs;
  }

  #poisonError(cause: Error): unknown {
    if (isHoldfastError(cause, 'ERR_ROLLED_BACK')) return cause;
    const message = `the turn of actor "${this.name}" cannot commit: an error of a context call was caught inside it (${cause.message})`;
    return new HoldfastError('ERR_TURN_POISONED', message, { actor: this.name }, { cause });
  }

  // --- Supervision --------------------------------------------------------------------------------------------------

  /** The incarnation ends as it wished to. */
  finish(exit: { readonly kind: 'completed' | 'normal' }): void {
    if (exit.kind === 'completed') {
      this.end(exit);
      return;
    }
    this.#driver.abandon('the actor asked to exit');
    this.#supervise(exit, true, 0);
  }

  #supervise(exit: Exit, counts: boolean, retryDelayMs: number): void {
    if (this.phase === 'ended') return;
    const decision = this.runtime.supervisor.childEnded(this, exit, counts);
    switch (decision.kind) {
      case 'restart':
        this.#restartAfter(Math.max(decision.delayMs, retryDelayMs));
        return;
      case 'stop':
      case 'escalate':
        this.end(exit);
        return;
    }
  }

  #restartAfter(delayMs: number): void {
    const { runtime } = this;
    const cutMs = runtime.stopping ? 0 : delayMs;
    runtime.emit({ kind: 'restarting', actor: this.name, delayMs: cutMs });
    this.phase = cutMs === 0 ? 'starting' : 'delayed';
    if (cutMs === 0) this.enqueue();
    else runtime.timers.arm(this.#restartTimer, runtime.clock.nowMs() + cutMs);
  }

  #restartNow(): void {
    if (this.phase !== 'delayed') return;
    this.runtime.timers.disarm(this.#restartTimer);
    this.phase = 'starting';
    this.enqueue();
  }

  // --- Time ---------------------------------------------------------------------------------------------------------

  /** The cadence of `periodMs`, kept over restarts. Setting one up is part of the turn. */
  beat(periodMs: number): BeatCondition {
    const known = this.#beats?.get(periodMs);
    if (known !== undefined) return known;
    const beat = new BeatCondition(periodMs, this.runtime.clock, this.runtime.timers, this.timePassed);
    this.#beats ??= new Map();
    this.#beats.set(periodMs, beat);
    this.#newBeats.push(beat);
    this.#aftermath = true;
    return beat;
  }

  /** An asynchronous turn begins: its deadline runs from now. */
  turnOpened(): void {
    const { turnTimeoutMs } = this.settings;
    if (turnTimeoutMs === Infinity) return;
    this.#deadlineMs = this.runtime.clock.nowMs() + turnTimeoutMs;
    this.#deadlineTimer ??= new Timer(() => this.#deadlineTimerFired());
    // Armed once and left to run: it looks at the deadline of the turn that is open when it fires.
    if (!this.#deadlineTimer.armed) this.runtime.timers.arm(this.#deadlineTimer, this.#deadlineMs);
  }

  /** The turn is decided: from here on nothing counts against its deadline. */
  turnClosed(): void {
    this.#deadlineMs = Infinity;
  }

  #deadlineTimerFired(): void {
    if (this.#deadlineMs === Infinity || this.phase === 'ended') return;
    if (this.runtime.clock.nowMs() < this.#deadlineMs) {
      this.runtime.timers.arm(this.#deadlineTimer as Timer, this.#deadlineMs);
      return;
    }
    this.#interrupt ??= { kind: 'timeout', turn: this.counters.turns };
    this.enqueue();
  }

  #failIfStillOpen(turn: number): boolean {
    const stillOpen = this.#deadlineMs !== Infinity && this.counters.turns === turn;
    if (!stillOpen || (this.phase !== 'turn' && this.phase !== 'paused')) {
      this.enqueue(); // the slice was meant for something else as well, perhaps
      return false;
    }
    const { turnTimeoutMs } = this.settings;
    const message = `a turn of actor "${this.name}" was still open after ${turnTimeoutMs} ms: raise turnTimeoutMs, or give up earlier what it awaits`;
    this.turnFailed(new HoldfastError('ERR_TURN_TIMEOUT', message, { actor: this.name, timeoutMs: turnTimeoutMs }));
    return true;
  }

  // --- Reports ------------------------------------------------------------------------------------------------------

  /** What the actor is doing, for the report of what held a shutdown. */
  heldBy(): string {
    switch (this.phase) {
      case 'committing':
      case 'recovering': {
        const ring = this.waitingFor;
        return ring === null
          ? 'a commit'
          : `a commit that waits for room in "${ring.name}" (${ring.size}/${ring.capacity})`;
      }
      case 'idle':
      case 'paused':
      case 'turn':
        return this.#driver.describe();
      case 'carried':
        return 'its next turn';
      case 'delayed':
        return 'the delay before its restart';
      case 'starting':
        return 'its start';
      case 'ended':
        return 'nothing';
    }
  }
}
