import { errorText, isHoldfastError } from '../base/errors.ts';
import type { InputEnd } from '../channel/input-end.ts';
import { Narrowing } from '../channel/narrowing.ts';
import type { RoomSource } from '../channel/ring.ts';
import type { ActorCounters } from './actor-counters.ts';
import type { ActorState } from './actor-state.ts';
import { retryDelayMs } from './backoff.ts';
import { assignBlame, type Suspect, suspectsReported } from './blame.ts';
import type { Exit, MessageInHand } from './events.ts';
import type { RecordedActor } from './failure-recorder.ts';
import { judge } from './judge.ts';
import type { Phase } from './phase.ts';
import type { ActorSettings } from './settings.ts';
import { type FailedActor, ShowstopperBurial } from './showstopper-burial.ts';
import { Timer } from './timer-queue.ts';
import type { Turn } from './turn.ts';

/** An actor, as far as the ends of its incarnations go. */
export interface RecoveringActor extends FailedActor, RecordedActor {
  readonly settings: ActorSettings;
  readonly state: ActorState;
  readonly counters: ActorCounters;
  readonly inputs: readonly InputEnd[];
  readonly turn: Turn;
  phase: Phase;
  narrowing: Narrowing | null;
  /** Undoes whatever the turn has staged, and leaves every line. */
  giveUpTurn(): void;
  /** Gives up what the incarnation waits for. */
  abandonWaits(why: string): void;
  /** The incarnation has ended so; what comes after it follows when its `onStop` has run. */
  closeIncarnation(exit: Exit, then: (exit: Exit) => void): void;
  /** The incarnation has ended: its supervisor decides what comes after it. */
  wentDown(exit: Exit, counts: boolean, retryDelayMs: number): void;
  /** The next incarnation may begin. */
  beginAgain(): void;
}

/**
 * What becomes of an actor whose incarnation has ended before its time: which messages are to blame and which are buried,
 * whether it begins anew, and when. Made for the first such end: most actors never have one.
 */
export class Recovery {
  readonly #actor: RecoveringActor;
  /** Failures since the last committed turn. */
  failuresInARow = 0;
  /** Roll backs and stray errors since the last committed turn. */
  #blamelessInARow = 0;
  /** Made for the first showstopper. */
  #burial: ShowstopperBurial | undefined;
  /** Of the last failure, what would be buried next; undefined if that has been. */
  #lastSuspect: Suspect | undefined;
  #lastError: unknown;
  /** Made for the first delay. */
  #restartTimer: Timer | undefined;

  constructor(actor: RecoveringActor) {
    this.#actor = actor;
  }

  /** A turn has committed: whatever was before it is over. */
  turnCommitted(): void {
    this.failuresInARow = 0;
    this.#blamelessInARow = 0;
    this.#lastSuspect = undefined;
    this.#lastError = undefined;
  }

  /** The turn threw, rejected, or was poisoned. */
  turnFailed(error: unknown): void {
    this.#actor.runtime.rehearsal?.turnLost(this.#actor.name, { kind: 'failed', error });
    if (isHoldfastError(error, 'ERR_ROLLED_BACK')) {
      this.#rolledBack(error);
      return;
    }
    const actor = this.#actor;
    const { runtime, settings } = actor;
    const draft = runtime.recorder?.turnFailed(actor, error); // first: attempts are counted next
    const blame = assignBlame(actor.turn, settings, actor.narrowing !== null, runtime.clock.wallMs());
    const inHand = suspectsReported(runtime, blame);
    const { suspects } = blame;
    if (settings.isolate) {
      actor.narrowing?.failed(
        suspects.map(({ end: { ring }, offset }) => ({ ring, sequence: ring.sequenceAt(offset) })),
      );
    }
    if (blame.narrows) actor.narrowing ??= new Narrowing(actor.inputs, settings.isolate);
    const exit: Exit = { kind: 'crashed', error };
    this.#fail(exit, inHand, 'its turn failed');
    this.failuresInARow += 1;
    actor.tell('error', { err: error, inHand }, `turn failed: ${errorText(error)}`);
    draft?.keep();
    const culprits = judge(actor, blame, error);
    this.#lastSuspect = culprits.length === 0 ? suspects.at(-1) : undefined;
    this.#lastError = error;
    if (culprits.length === 0) actor.wentDown(exit, blame.counts, this.#retryDelayMs(blame.attempts));
    else {
      this.#burial ??= new ShowstopperBurial(actor);
      this.#burial.begin(culprits, error, () => actor.wentDown(exit, blame.counts, 0));
    }
  }

  /** The incarnation has no state to begin with: it could not be made, or does not fit any more. */
  stateFailed(error: unknown): void {
    const { name, runtime } = this.#actor;
    runtime.rehearsal?.turnLost(name, { kind: 'failed', error });
    const draft = runtime.recorder?.turnFailed(this.#actor, error);
    this.startFailed(error);
    draft?.keep();
  }

  /** The incarnation has not come to its first turn: its state could not be made, or its start hooks failed. */
  startFailed(error: unknown, exit: Exit = { kind: 'crashed', error }): void {
    this.#fail(exit, [], 'its start failed');
    this.failuresInARow += 1;
    this.#actor.tell('error', { err: error }, `start failed: ${errorText(error)}`);
  }

  /** The incarnation was to end otherwise, and its `onStop` has failed. */
  stopFailed(error: unknown): void {
    this.#fail({ kind: 'crashed', error }, [], 'its onStop failed');
    this.#actor.tell('error', { err: error }, `onStop failed: ${errorText(error)}`);
  }

  /** `rollback()`: as a failure, but nobody is to blame. Rolled back again and again, it slows down like retries. */
  #rolledBack(error: unknown): void {
    const actor = this.#actor;
    actor.giveUpTurn();
    this.#blamelessInARow += 1;
    actor.abandonWaits('it was rolled back');
    const exit: Exit = { kind: 'crashed', error }; // for its hooks: nobody else hears of it
    actor.closeIncarnation(exit, () => this.#restartAfter(this.#retryDelayMs(this.#blamelessInARow)));
  }

  /** No attempt: the turn did not fail by itself. */
  killed(why: string): void {
    this.stop();
    this.#actor.runtime.rehearsal?.turnLost(this.#actor.name, { kind: 'killed' });
    this.#actor.tell('warn', { why }, 'killed');
    this.#fail({ kind: 'killed' }, [], why);
    this.#actor.wentDown({ kind: 'killed' }, true, 0);
  }

  /** One that the incarnation is linked to has ended. Two that fail with each other slow down like retries. */
  endedWith(exit: Exit, why: string): void {
    this.stop();
    this.#actor.runtime.rehearsal?.turnLost(this.#actor.name, { kind: 'killed' });
    this.#blamelessInARow += 1;
    this.#actor.tell('warn', { why }, 'ends with another actor');
    this.#fail(exit, [], why);
    this.#actor.wentDown(exit, true, this.#retryDelayMs(this.#blamelessInARow));
  }

  /** Its children have ended for good, all of them, and it does not outlive that. */
  familyEnded(exit: Exit): void {
    const actor = this.#actor;
    const why = 'its children have ended';
    if (exit.kind === 'crashed') {
      actor.tell('error', { err: exit.error }, `its children failed: ${errorText(exit.error)}`);
      this.#fail(exit, [], why);
    } else {
      actor.giveUpTurn();
      actor.abandonWaits(why);
    }
    actor.wentDown(exit, true, 0);
  }

  /** Something that the incarnation has set off has failed. Whoever has reported the error has logged it. */
  strayed(error: unknown): void {
    this.#blamelessInARow += 1; // nothing else slows it down: no attempts are counted
    const exit: Exit = { kind: 'crashed', error };
    this.#fail(exit, [], 'an error that nothing caught');
    this.#actor.wentDown(exit, true, this.#retryDelayMs(this.#blamelessInARow));
  }

  /** There may be room for the showstoppers now. */
  goOnBurying(): void {
    this.#burial?.goOn();
  }

  /** The message taken last in the turn that has failed last becomes a dead letter as well, and then it goes on. */
  skip(then: () => void): void {
    const suspect = this.#lastSuspect;
    this.#lastSuspect = undefined;
    if (suspect === undefined) then();
    else {
      this.#burial ??= new ShowstopperBurial(this.#actor);
      this.#burial.begin([suspect], this.#lastError, then);
    }
  }

  /** The actor is stopped meanwhile: they stay where they are. */
  giveUpBurial(): void {
    this.#burial?.giveUp();
  }

  /** For the showstoppers that wait there. */
  roomNeededIn(place: RoomSource): number {
    return this.#burial?.roomNeededIn(place) ?? 0;
  }

  /** @returns false if no showstoppers wait for a channel; otherwise they go to the store, as soon as they go on. */
  keepLetters(): boolean {
    return this.#burial?.keepLetters() === true;
  }

  /** The delay is over, or cut short. */
  restartNow(): void {
    const actor = this.#actor;
    if (actor.phase !== 'delayed') return;
    this.stop();
    actor.beginAgain();
  }

  /** The actor has ended, or its incarnation: it does not begin again by itself. */
  stop(): void {
    if (this.#restartTimer !== undefined) this.#actor.runtime.timers.disarm(this.#restartTimer);
  }

  /** Ends the incarnation by a failure. What comes after it is for the supervisor. */
  #fail(exit: Exit, inHand: readonly MessageInHand[], why: string): void {
    const actor = this.#actor;
    const { runtime, name, regeneration } = actor;
    actor.giveUpTurn();
    actor.counters.failed(runtime.clock.nowMs());
    runtime.emit({ kind: 'failed', actor: name, regeneration, exit, inHand });
    actor.abandonWaits(why);
  }

  #retryDelayMs(failedAttempts: number): number {
    const { runtime, settings } = this.#actor;
    return retryDelayMs(settings.retryBackoff, failedAttempts, runtime.stopping, runtime.random);
  }

  #restartAfter(delayMs: number): void {
    const actor = this.#actor;
    const { runtime } = actor;
    runtime.emit({ kind: 'restarting', actor: actor.name, delayMs });
    if (delayMs === 0) actor.beginAgain();
    else {
      actor.phase = 'delayed';
      this.#restartTimer ??= new Timer(() => this.restartNow());
      runtime.timers.arm(this.#restartTimer, runtime.clock.nowMs() + delayMs);
    }
  }
}
