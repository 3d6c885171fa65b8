import type { InputBundleEnd } from '../channel/input-bundle-end.ts';
import type { InputEnd } from '../channel/input-end.ts';
import type { OutputEnd } from '../channel/output-end.ts';
import type { Narrowing } from '../channel/narrowing.ts';
import type { Ring, RingConsumer, RoomSource, RoomWaiter, VacancyWatcher } from '../channel/ring.ts';
import type { Log } from '../ports/log.ts';
import type { Part } from '../ports/watchdog.ts';
import type { ActorPlace, ActorSpec } from './actor-spec.ts';
import { ActorCounters } from './actor-counters.ts';
import { ActorState } from './actor-state.ts';
import type { ActorTimers } from './actor-timers.ts';
import { abandonInput } from './burial.ts';
import { Cadences } from './cadences.ts';
import type { ActorScope } from './code-tracking.ts';
import { commitStepByStep } from './commit.ts';
import { carryCommit, leaveLine, NO_RINGS, retryCommit } from './commit-parking.ts';
import type { Behaviour } from './definition.ts';
import { type ActorMemory, handOverOutputs, isAtRest, memoryOf, NOTHING_LEARNED } from './dormant.ts';
import { type CommitOutcome, type Driver, FAST_TURN_MS } from './driver.ts';
import type { Exit } from './events.ts';
import { type Interrupt, interruptNow, mayBeKilled, outranking } from './interrupt.ts';
import { Lifecycle, STARTED } from './lifecycle.ts';
import { hasStartHooks } from './hooks.ts';
import { LoopDriver } from './loop-driver.ts';
import { describePhase, mayEnd, type Phase } from './phase.ts';
import { Recovery, type RecoveringActor } from './recovery.ts';
import type { Runnable } from './run-queue.ts';
import type { Runtime } from './runtime.ts';
import type { ActorSettings } from './settings.ts';
import type { OutputBundleEnd } from './output-bundle-end.ts';
import { areDrained, inputPorts, lanesOf, outputPorts } from './ports.ts';
import type { Restored } from './start-state.ts';
import { reportSlowTurn } from './slow-turn.ts';
import { StepDriver } from './step-driver.ts';
import type { BeatCondition } from './timed-conditions.ts';
import { Turn } from './turn.ts';
import { deadlineOf, type TurnDeadline } from './turn-deadline.ts';
import { TurnGate } from './turn-gate.ts';

/** One actor: its ends, its state, its life. How its code is run is the driver's matter. */
export class Actor implements Runnable, RingConsumer, RoomWaiter, VacancyWatcher, RecoveringActor {
  readonly name: string;
  readonly runtime: Runtime;
  readonly settings: ActorSettings;
  readonly behaviour: Behaviour;
  readonly args: unknown;
  /** The ends of all inputs, lane by lane where an input is a bundle. */
  readonly inputs: readonly InputEnd[];
  readonly outputs: readonly OutputEnd[];
  /** The same, as the definition names them. */
  readonly inputPorts: readonly (InputEnd | InputBundleEnd)[];
  readonly outputPorts: readonly (OutputEnd | OutputBundleEnd)[];
  readonly turn: Turn;
  readonly counters: ActorCounters;
  #driver: Driver;

  queued = false;
  watchNumber = 0;
  phase: Phase = 'starting';
  regeneration = 0;
  /** A loop has begun and not come to its first wait. */
  opening = false;
  /** The last failure came before the first wait: getting there is the recovery. */
  #failedOpening = false;
  /** Turns begun in the present slice, for the report of slow ones. */
  turnsInSlice = 0;
  /** The turns of the last slice were so short that the next one needs no look at the clock. */
  isFast = false;
  exit: Exit | undefined;
  /** How the last incarnation ended, while there is none. */
  lastExit: Exit | undefined;

  readonly state: ActorState;
  /** That of the turns since the last wait, where turns are followed. */
  scope: ActorScope | null = null;
  /** Messages that failed together are still there, perhaps; null while there are none, which is nearly always. */
  narrowing: Narrowing | null = null;

  /** Place in the lines for room; of no meaning unless `committing` or `recovering`. */
  ticket = 0;
  waitingFor: RoomSource | null = null;
  headSeen = -1;
  listensTo: readonly Ring[] = NO_RINGS;
  /** Undefined for an actor without hooks that nobody has ever stopped: for nearly all. */
  lifecycle: Lifecycle | undefined;
  /** Made for the first failure. */
  #recovery: Recovery | undefined;
  #interrupt: Interrupt | undefined;
  /** Whether `afterCommit` has anything to do: keeps the common commit short. */
  #aftermath = false;
  /** Made for the first one. */
  #cadences: Cadences | undefined;
  /** Made for the first one that is set. */
  timers: ActorTimers | undefined;
  /** Null where a turn may take as long as it likes. */
  readonly deadline: TurnDeadline | null;
  /** Null for an actor that a degraded graph never holds back. */
  readonly gate: TurnGate | null;
  #timePassed: (() => void) | undefined;
  #log: Log | undefined;
  #begun = false;
  prepared = false;
  /** Of the incarnation that begins next, or has begun. */
  #nextRegeneration = 0;
  #hibernates = false;
  /** Its place in the graph, which is what its refs are. */
  readonly place: ActorPlace;

  /** @param memory - Of an actor that hibernated: it goes on where it was. */
  constructor(runtime: Runtime, spec: ActorSpec, memory?: ActorMemory) {
    this.name = spec.name;
    this.counters = memory?.counters ?? new ActorCounters();
    this.state = memory === undefined ? new ActorState() : (memory.state ?? ActorState.ofNone());
    this.runtime = runtime;
    this.settings = spec.settings;
    this.behaviour = spec.behaviour;
    this.args = spec.args;
    this.place = spec.place;
    this.turn = new Turn(runtime, spec.name);
    this.deadline = deadlineOf(this);
    this.inputPorts = inputPorts(this, spec);
    this.inputs = lanesOf(this.inputPorts);
    this.outputPorts = outputPorts(this, spec);
    this.outputs = lanesOf(this.outputPorts);
    this.turn.expect(this.inputs[0], this.outputs);
    this.gate = TurnGate.of(this);
    if (memory !== undefined) this.#goOnFrom(memory);
    else this.isIncarnation(spec.regeneration);
    if (spec.behaviour.hooks !== undefined || spec.behaviour.owns !== undefined) {
      this.lifecycle = new Lifecycle(this, memory !== undefined, spec.lastExit);
    }
    this.#driver =
      spec.behaviour.kind === 'loop'
        ? new LoopDriver(this, spec.behaviour)
        : new StepDriver(this, spec.behaviour, memory);
  }

  #goOnFrom({ regeneration, isFast, isMade, timers }: ActorMemory): void {
    this.timers = timers;
    this.isIncarnation(regeneration);
    this.isFast = isFast;
    this.#begun = true;
    this.prepared = isMade;
    this.phase = 'idle';
  }

  /** Says which incarnation it is. */
  isIncarnation(regeneration: number): void {
    this.regeneration = regeneration;
    this.#nextRegeneration = regeneration;
    this.turn.regeneration = regeneration;
  }

  /** Gives itself up, if it is at rest. @returns what the next one is made from; null if it has something to do. */
  hibernate(): ActorMemory | null {
    // A failure or a roll back is over with the next commit only.
    const mayRest = isAtRest(this) && !this.#aftermath && this.place.family?.isEmpty !== false;
    const learned = mayRest ? this.#driver.hibernate() : null;
    if (learned === null) return null;
    this.deadline?.stop();
    this.phase = 'ended'; // whatever may still know this object reaches nothing through it, but for `present`
    this.#hibernates = true;
    return memoryOf(this, learned);
  }

  /** Gives itself up while there is no incarnation. @returns what it is made from when it begins again. */
  stepAside(): ActorMemory {
    this.timers?.cancelAll();
    this.#stopClocks();
    handOverOutputs(this);
    this.phase = 'ended';
    this.#hibernates = true;
    this.isFast = false;
    this.timers = undefined;
    return memoryOf(this, NOTHING_LEARNED);
  }

  /** This actor or, where it has hibernated, the one that goes on in its place; undefined if that has ended. */
  get present(): Actor | undefined {
    return this.#hibernates ? this.place.wake() : this;
  }

  get part(): Part {
    return { kind: 'actor', name: this.name };
  }

  /** Has no inputs: ends when the graph stops. */
  get isSource(): boolean {
    return this.inputs.length === 0;
  }

  /** Nothing will ever come in; takes of this turn count as gone. False for a source. */
  get inputsDrained(): boolean {
    return this.inputs.length > 0 && areDrained(this.inputs);
  }

  get log(): Log {
    return (this.#log ??= this.runtime.log.child({ actor: this.name, regeneration: this.regeneration }));
  }

  /** Writes a line, unless nobody would see it: making a logger for each incarnation costs as much as a restart. */
  tell(level: 'info' | 'warn' | 'error', fields: object, message: string): void {
    if (this.runtime.log.isLevelEnabled?.(level) !== false) this.log[level](fields, message);
  }

  // --- Life ---------------------------------------------------------------------------------------------------------

  /**
   * Makes the state and the tables that the actor starts from, unless they are made already.
   *
   * @throws HoldfastError as {@link ActorState.begin}.
   */
  prepare(restored?: Restored): void {
    if (this.prepared) return;
    this.state.begin(this, restored);
    this.prepared = true;
  }

  runSlice(): boolean {
    this.turnsInSlice = 0;
    if (this.#interrupt !== undefined) return this.#takeInterrupt(this.#interrupt);
    return this.#workInPhase();
  }

  #workInPhase(): boolean {
    switch (this.phase) {
      case 'starting':
        // A graph that is degraded holds back a start, but not one that only the stop after it waits for.
        return this.gate?.holdsBack() === true && !this.isStopAsked ? false : this.#begin();
      case 'idle':
      case 'paused':
        return this.#driver.work();
      case 'turn':
        return this.#driver.settle();
      case 'committing':
        return this.#goOnAfter(retryCommit(this));
      case 'carried':
        this.phase = 'idle';
        return this.#goOnAfter('done');
      case 'recovering':
        this.#recovery?.goOnBurying();
        return true;
      case 'stopping':
        return this.lifecycle?.end() ?? false;
      case 'down':
      case 'delayed':
      case 'ended':
        return false;
    }
  }

  /** A commit that had to wait for room has come to an end, or waits on. @returns as `runSlice`. */
  #goOnAfter(outcome: CommitOutcome): boolean {
    return outcome === 'done' ? this.#driver.committed() : outcome === 'over';
  }

  sliceTook(elapsedMs: number): void {
    this.counters.busyMs += elapsedMs;
    // A slice whose one turn waits for room has committed none, and says no less about how long a turn takes.
    this.isFast = elapsedMs <= Math.max(1, this.turnsInSlice) * FAST_TURN_MS;
    if (elapsedMs >= this.runtime.slowTurnMs) reportSlowTurn(this, elapsedMs);
    this.place.sliceEnded();
  }

  #begin(): boolean {
    if (this.lifecycle?.isRunning === true) return this.lifecycle.begin(); // held back when its hooks had run
    const isRestart = this.isNextIncarnation();
    if (isRestart && this.runtime.probe !== null) this.runtime.probe('restart', this.name);
    if (!this.#renewStateOrFail()) return false;
    this.phase = 'idle';
    if (isRestart) {
      this.runtime.emit({ kind: 'restarted', actor: this.name, regeneration: this.regeneration });
      this.tell('info', {}, 'restarted');
    }
    this.#begun = true;
    if (this.lifecycle !== undefined) return this.lifecycle.begin();
    this.place.began(STARTED);
    return this.drive();
  }

  /** It is the incarnation that is about to begin. @returns whether that is a restart. */
  isNextIncarnation(): boolean {
    if (this.#nextRegeneration === this.regeneration) return false;
    this.isIncarnation(this.#nextRegeneration);
    this.counters.restarts += 1;
    this.#log = undefined;
    return true;
  }

  /**
   * The first message may have woken an actor whose initial state was still to be made, and a committed one may not fit its
   * schema: user code, which may throw.
   */
  #renewStateOrFail(): boolean {
    try {
      this.prepare();
      this.state.renew();
      return true;
    } catch (error) {
      this.recovering.stateFailed(error);
      this.goDown({ kind: 'crashed', error });
      this.place.began({ kind: 'failed', error });
      return false;
    }
  }

  /** The actor's own code goes on from here. */
  drive(): boolean {
    return this.#driver.begin();
  }

  /** Puts another driver in the place of the present one. @returns that one. */
  handOver(driver: Driver): Driver {
    const before = this.#driver;
    this.#driver = driver;
    this.#aftermath = true; // the turns of a hook end otherwise
    return before;
  }

  /**
   * Stops the present incarnation, from the ready queue. Between two turns it ends at once; a turn that is open, or that waits
   * for room, may finish first, and so may a start. No turn begins after that but `onStop`. What it is in the middle of when
   * the time is up is abandoned, as by a kill.
   *
   * The actor is `down` then, with its state, its messages, their attempts and its ends, until it begins again or is ended for
   * good. Asked for again while it lasts, it can only become sooner.
   *
   * @param limitMs - Milliseconds for all of it, `Infinity` for no limit; `brutal`: it is killed at once.
   * @param done - Is told how the incarnation has ended: once, and never before this returns, unless {@link Actor.end} is called
   * meanwhile. `shutdown`; `killed`, when the time was up; or as it ended by itself meanwhile, or by its `onStop`.
   * @param isOwn - Its supervisor does not know, and hears of the end as of one that came by itself.
   */
  stopIncarnation(limitMs: number | 'brutal', done: (exit: Exit) => void, isOwn: boolean = false): void {
    this.lifecycle ??= new Lifecycle(this, this.#begun, undefined);
    this.lifecycle.askToStop(limitMs, done, isOwn);
  }

  get isStopAsked(): boolean {
    return this.lifecycle?.isStopAsked === true;
  }

  /** A stop that was asked for is to be looked at, or an event of a child. */
  stopDue(): void {
    this.#aftermath = true; // or the turns of the present slice would go on
    this.interruptBy({ kind: 'stop' });
  }

  /** There is no incarnation any more: the last one has ended so. */
  goDown(exit: Exit): void {
    this.phase = 'down';
    this.lastExit = exit;
  }

  /**
   * The next incarnation begins in its next slice.
   *
   * @param regeneration - Its own.
   * @param fresh - It starts from what the definition makes, and not from what was committed.
   */
  beginAgain(regeneration: number = this.regeneration + 1, fresh: boolean = false): void {
    this.#nextRegeneration = regeneration;
    this.lastExit = undefined;
    this.lifecycle?.beginAgain();
    this.#interrupt = this.isStopAsked ? { kind: 'stop' } : undefined; // others were for the incarnation before
    if (fresh && regeneration > 0) this.prepared = false;
    this.phase = 'starting';
    this.enqueue();
  }

  /**
   * The incarnation has ended so; its `onStop` is still to come.
   *
   * @param then - What comes after it, unless somebody has asked for the stop. Is told how it has ended after all.
   */
  closeIncarnation(exit: Exit, then: (exit: Exit) => void): void {
    if (this.lifecycle === undefined) then(exit);
    else this.lifecycle.ended(exit, then);
  }

  /** Ends the actor for good. @param how - Unless its last incarnation has ended already. */
  end(how: Exit): void {
    if (this.phase === 'ended') return;
    const exit = this.lastExit ?? how;
    this.giveUpTurn();
    this.phase = 'ended';
    this.exit = exit;
    this.lifecycle?.cut('the actor has ended');
    this.abandonWaits('the actor has ended');
    this.timers?.stop(exit, this.regeneration);
    this.#stopClocks();
    for (const { ring } of this.inputs) abandonInput(this, ring, exit);
    for (const end of this.outputs) {
      if (!end.closed) end.ring.closeSender();
      end.closed = true;
    }
    this.runtime.ended(this.name, exit);
    this.lifecycle?.stopOver(exit);
  }

  #stopClocks(): void {
    this.#cadences?.stop();
    this.deadline?.stop();
    this.gate?.stop();
    this.#recovery?.stop();
  }

  // --- Waking -------------------------------------------------------------------------------------------------------

  readable(): void {
    this.#considerWaking();
  }

  vacancyChanged(): void {
    if (this.phase === 'committing') this.enqueue();
    else this.#considerWaking();
  }

  roomAppeared(): void {
    this.runtime.runQueue.enqueue(this);
  }

  roomNeededIn(place: Ring): number {
    return this.isBurying ? this.recovering.roomNeededIn(place) : this.turn.roomNeededIn(place);
  }

  goThrough(): boolean {
    return carryCommit(this);
  }

  /** A timer or a promise that the actor may wait for. */
  get timePassed(): () => void {
    return (this.#timePassed ??= () => this.#considerWaking());
  }

  #considerWaking(): void {
    if (this.queued) return;
    const { phase } = this;
    // Held back before its start: whether it still is, its slice finds out.
    if (phase === 'starting') this.enqueue();
    else if (phase !== 'paused' && (phase !== 'idle' || this.gate?.holdsBack() === true)) this.#driver.noteArrivals();
    else if (this.#driver.canGoOn()) this.enqueue();
  }

  enqueue(): void {
    this.runtime.runQueue.enqueue(this);
  }

  /** The graph has become degraded in another way, or recovered. */
  brakesChanged(): void {
    if (this.gate !== null) this.#considerWaking();
  }

  /** The graph stops: sources end, delays are cut short. */
  stopRequested(): void {
    this.timers?.stopRequested();
    if (this.phase === 'delayed') this.#recovery?.restartNow();
    else this.#considerWaking();
  }

  /** Kills the present incarnation, from the ready queue: never in the middle of somebody else's turn. */
  kill(why: string): void {
    // One that is about to begin may be said to run already.
    if (this.phase === 'starting' || mayBeKilled(this.phase)) this.interruptBy({ kind: 'kill', why });
  }

  /** Ends the present incarnation so, perhaps, from the ready queue. */
  interruptBy(interrupt: Interrupt): void {
    this.#interrupt = outranking(this.#interrupt, interrupt);
    this.enqueue();
  }

  #takeInterrupt(interrupt: Interrupt): boolean {
    this.#interrupt = undefined;
    if (interrupt.kind === 'stop') return this.lifecycle?.honourStop() ?? this.#workInPhase();
    const resumed = interruptNow(this, interrupt);
    // It may have come in the way of a stop.
    if (this.lifecycle?.isDue === true) this.interruptBy({ kind: 'stop' });
    return resumed;
  }

  // --- Commit -------------------------------------------------------------------------------------------------------

  /**
   * Makes the turn real, or parks it until there is room. To be called when the user's code has reached the end of its
   * turn.
   */
  commit(): CommitOutcome {
    return this.turn.isPlain ? this.commitPlain() : this.#commitStepByStep();
  }

  /** {@link commit} for a turn that is known to be plain. */
  commitPlain(): CommitOutcome {
    if (this.opening || this.runtime.probe !== null) return this.#commitUnusually();
    if (this.state.used && !this.saveState()) return 'over';
    this.turn.commitPlain();
    return this.turnCommitted();
  }

  /** Keeps the state of this turn. @returns false if it cannot be kept; then the turn has failed. */
  saveState(): boolean {
    try {
      this.state.save();
      return true;
    } catch (error) {
      this.turnFailed(error);
      return false;
    }
  }

  /** The turn of a loop that has not come to its first wait, or in a test that looks at every step. */
  #commitUnusually(): CommitOutcome {
    const isOpening = this.opening;
    if (isOpening) this.#opened();
    if (isOpening && this.turn.isEmpty && !this.#failedOpening) return this.#saveOpening();
    return this.#commitStepByStep();
  }

  /** What a loop has set up before its first wait (listeners, timers) must not look like a part of the turns after it. */
  #opened(): void {
    this.opening = false;
    this.runtime.tracking?.enterTurns(this);
  }

  /**
   * What a loop does before its first wait is no turn, unless it takes or sends: if it were, every restart would begin with
   * a committed turn, and a loop that fails again and again would look as if it recovered each time.
   */
  #saveOpening(): CommitOutcome {
    if (this.state.used && !this.saveState()) return 'over';
    this.turn.commitSetUp();
    this.#cadences?.committed();
    return this.isStopAsked ? this.#stopAfterTurn() : 'done';
  }

  #commitStepByStep(): CommitOutcome {
    if (this.opening) return this.#commitUnusually();
    const outcome = commitStepByStep(this);
    if (outcome === 'waiting') this.lifecycle?.turnWaits();
    return outcome;
  }

  /** Tells the turns apart; what a loop does before its first wait counts as one, and so do hooks. */
  get turnNumber(): number {
    if (this.lifecycle?.hookName !== undefined) return -2;
    return this.opening ? -1 : this.counters.turns;
  }

  /** Its turn is decided and waits for room, or a message that has failed for the last time does. */
  get isParked(): boolean {
    return this.phase === 'committing' || this.isBurying;
  }

  get isBurying(): boolean {
    return this.phase === 'recovering' && this.waitingFor !== null;
  }

  keepLetters(): boolean {
    return this.isBurying ? this.recovering.keepLetters() : this.turn.keepLetters();
  }

  /** Counts the turn that has just been made real, and does what it asked for besides. */
  turnCommitted(): CommitOutcome {
    if (this.#aftermath || this.turn.followUps.length > 0) return this.#afterCommit();
    this.#countTurn();
    return 'done';
  }

  #countTurn(): void {
    this.counters.turns += 1;
    this.turnsInSlice += 1;
  }

  #afterCommit(): CommitOutcome {
    this.#cadences?.committed();
    let exit: Exit | undefined;
    for (const followUp of this.turn.takeFollowUps()) {
      if (followUp.kind === 'shutdown') this.runtime.requestShutdown(followUp.reason, this.name);
      else exit ??= followUp.exit;
    }
    // A hook is no sign that the actor has recovered: every restart begins with one.
    if (this.lifecycle?.hookCommitted(exit) === true) return 'done';
    this.#countTurn();
    this.#aftermath = false;
    this.#recovery?.turnCommitted();
    this.counters.recovered(this.runtime.clock.nowMs());
    if (exit === undefined) return this.lifecycle?.isDue === true ? this.#stopAfterTurn() : 'done';
    this.finish(exit);
    return 'over';
  }

  /** Not at once: this may be in the middle of the commit of somebody else. */
  #stopAfterTurn(): CommitOutcome {
    this.phase = 'idle';
    this.interruptBy({ kind: 'stop' });
    return 'over';
  }

  // --- Failure ------------------------------------------------------------------------------------------------------

  get recovering(): Recovery {
    return (this.#recovery ??= new Recovery(this));
  }

  /** Failures since the last committed turn. */
  get failuresInARow(): number {
    return this.#recovery?.failuresInARow ?? 0;
  }

  /** The turn threw, rejected, or was poisoned. */
  turnFailed(error: unknown): void {
    if (this.phase === 'ended' || this.lifecycle?.turnFailed(error) === true) return;
    this.recovering.turnFailed(error);
  }

  /** A kill, in a slice of its own. @returns false if there is nothing to kill any more. */
  killed(why: string): boolean {
    if (this.lifecycle?.killed(why) === true) return true;
    // One that has not begun is said to run, unless it has start hooks.
    const isSaidToRun = this.phase === 'starting' && !hasStartHooks(this.behaviour);
    const isThere = isSaidToRun || mayEnd(this.phase) || this.lifecycle?.isRunning === true;
    if (isThere) this.recovering.killed(why);
    return isThere;
  }

  /** An error that the incarnation has set off, in a slice of its own. */
  hasStrayed(error: unknown): void {
    if (this.lifecycle?.turnFailed(error) !== true) this.recovering.strayed(error);
  }

  /** One that the incarnation is linked to has ended, in a slice of its own. @returns false if there is nothing left to end. */
  endedWith(exit: Exit, why: string): boolean {
    const { lifecycle, phase } = this;
    lifecycle?.giveUpEvent(why);
    // In `onStop` it ends already.
    if (lifecycle?.hookName !== undefined) return lifecycle.hookName === 'onStart' && lifecycle.killed(why);
    // One without hooks begins with its first message, and has run for its supervisor all the while.
    const isThere = mayEnd(phase) || (phase === 'starting' && lifecycle?.isRunning !== false);
    if (isThere) this.recovering.endedWith(exit, why);
    return isThere;
  }

  /** Gives up what the incarnation waits for. Its abort listeners are code of its own, whoever brought it to its end. */
  abandonWaits(why: string): void {
    const { tracking } = this.runtime;
    if (tracking === null) this.#driver.abandon(why);
    else tracking.runAs(this, () => this.#driver.abandon(why));
  }

  /** Undoes whatever the turn has staged, and leaves every line. Wakes nobody but the next in line. */
  giveUpTurn(): void {
    this.#failedOpening = this.opening;
    this.opening = false;
    leaveLine(this);
    this.state.forget();
    this.#interrupt = undefined;
    this.turn.rollBack();
    this.#cadences?.rolledBack();
    this.deadline?.close();
    this.#aftermath = true; // until the next committed turn
  }

  /** The incarnation ends as it wished to. */
  finish(exit: Exit): void {
    const why = exit.kind === 'completed' ? 'the actor has completed' : 'the actor asked to exit';
    if (exit.kind !== 'completed' || this.lifecycle !== undefined) this.abandonWaits(why);
    this.wentDown(exit, exit.kind !== 'completed', 0);
  }

  /**
   * The incarnation has ended so: its supervisor decides what comes after it.
   *
   * @param counts - Whether a restart counts against the limit. Further attempts on the same message do not.
   * @param retryDelayMs - How long the message at fault has to wait.
   */
  wentDown(exit: Exit, counts: boolean, retryDelayMs: number): void {
    if (this.phase === 'ended') return;
    this.closeIncarnation(exit, (end) => {
      this.goDown(end);
      this.place.incarnationEnded(end, counts || end !== exit, retryDelayMs);
    });
  }

  // --- Time ---------------------------------------------------------------------------------------------------------

  /** The cadence of `periodMs`, kept over restarts. Setting one up is part of the turn. */
  beat(periodMs: number): BeatCondition {
    this.#aftermath = true;
    this.#cadences ??= new Cadences(this.runtime, this.timePassed);
    return this.#cadences.every(periodMs);
  }

  // --- Reports ------------------------------------------------------------------------------------------------------

  /** What the actor is doing, for the report of what held a shutdown. */
  heldBy(): string {
    const { phase } = this;
    const drives = phase === 'idle' || phase === 'paused' || phase === 'turn';
    return drives ? this.#driver.describe() : describePhase(phase, this.waitingFor);
  }
}
