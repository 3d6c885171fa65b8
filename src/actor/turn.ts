import { HoldfastError } from '../base/errors.ts';
import type { Misfit } from '../base/schema.ts';
import type { Condition, DueBeat } from '../channel/condition.ts';
import type { InputEnd, InputUser } from '../channel/input-end.ts';
import type { OutputEnd, OutputUser } from '../channel/output-end.ts';
import { Ring, type RoomSource } from '../channel/ring.ts';
import { letterAt, letterOfUndelivered, misfitCause, wakeReader } from './burial.ts';
import type { NewDeadLetter } from './dead-letter.ts';
import type { Exit } from './events.ts';
import { LooseEnds } from './loose-ends.ts';
import type { Publications } from './publications.ts';
import type { ReplyPort } from './reply-port.ts';
import type { DeadLetterSink, Runtime } from './runtime.ts';
import type { StagedSteps } from './staged-steps.ts';
import { TurnCalls } from './turn-calls.ts';
import {
  type LetterPlaces,
  placeAmong,
  placesOfLetters,
  refusal,
  stagedFor,
  type StagedMisfit,
} from './staged-letters.ts';

/** What a turn may cause in the graph when it commits, besides messages. */
export type FollowUp =
  { readonly kind: 'exit'; readonly exit: Exit } | { readonly kind: 'shutdown'; readonly reason: string };

/** Something besides messages that a turn has staged. Nothing here may fail or run user code. */
export interface StagedEffect {
  /** Nothing of it counts as work: a loop does it before its first wait, in every incarnation. */
  readonly isSetUp: boolean;
  /** The turn commits: becomes real with its messages. */
  publish(): void;
  /** Those whom it concerns hear of it. */
  wake(): void;
  /** The turn is given up: forgets what was staged. */
  rollBack(): void;
}

/** The messages at the head of one input that a turn had in hand. */
export interface InHand {
  readonly end: InputEnd;
  readonly count: number;
}

/** Shared by all turns that have nothing of a kind, as nearly all of them have: a list of its own costs an actor 32 bytes. */
const NONE: readonly never[] = Object.freeze([]);

/**
 * What one turn has staged, and the steps that make it real.
 *
 * The order of a commit: everything that can throw, and the check for room in every output; then all takes
 * ({@link release}), all publications ({@link publish}), and only then the wake-ups ({@link wake}). From `release` on nothing
 * can fail and no user code runs. Waking anybody earlier lets it take the room that this commit was promised.
 *
 * One object per actor, used for all its turns.
 */
export class Turn implements InputUser, OutputUser {
  readonly #runtime: Runtime;
  readonly #letters: DeadLetterSink;
  readonly #actor: string;

  /** Ends used by this turn; only the first `inputsUsed` and `outputsUsed` count. */
  inputs: InputEnd[] = [];
  outputs: OutputEnd[] = [];
  inputsUsed = 0;
  outputsUsed = 0;
  /** Takes so far, for the order of blame. */
  takes = 0;
  #firstTaken: InputEnd | null = null;
  #lastTaken: InputEnd | null = null;
  /** Beats that this turn uses up. */
  #beats: readonly DueBeat[] = NONE;
  followUps: readonly FollowUp[] = NONE;
  #effects: readonly StagedEffect[] = NONE;
  /** Made for the first one. */
  steps: StagedSteps | undefined;
  /** A turn may have as many of these as its channels hold, so they grow in place. */
  #rejections: NewDeadLetter[] | undefined;
  #misfits: StagedMisfit[] | undefined;
  /** Its dead letters go to the store, wherever they belong. */
  #lettersKept = false;
  /** Channels to which the commit that is under way has brought dead letters. */
  #routed: Ring[] | undefined;
  /** The output bundles of the actor: where their next messages go is part of the turn. */
  bundles: readonly { rolledBack(): void }[] = NONE;
  /** An error of a context call, or a roll back: this turn cannot commit, whatever the user's code caught. */
  poison: Error | undefined;
  /** Where it sends by refs; null while no turn of the actor has. */
  loose: LooseEnds | null = null;
  /** Its replies, requests and calls; null while no turn of the actor has had any. */
  calls: TurnCalls | null = null;
  /** What it publishes at output ports; null while no turn of the actor has. */
  publications: Publications | null = null;
  /** The outputs of the actor, of which a turn may use any. */
  wired: readonly OutputEnd[] = NONE;
  /** Of the incarnation whose turns these are. */
  regeneration = 0;
  /** The turn did more than take and send: its commit goes the long way. */
  special = false;

  constructor(runtime: Runtime, actor: string) {
    this.#runtime = runtime;
    this.#letters = runtime.letters;
    this.#actor = actor;
  }

  /**
   * Makes room for one end of each kind, as most turns use: a list that is left to grow takes room for 17 at once.
   *
   * @param wired - All outputs of the actor.
   */
  expect(input: InputEnd | undefined, wired: readonly OutputEnd[]): void {
    const [output] = wired;
    if (input !== undefined) this.inputs = [input];
    if (output !== undefined) this.outputs = [output];
    this.wired = wired;
  }

  useInput(end: InputEnd): void {
    end.used = true;
    this.inputs[this.inputsUsed] = end;
    this.inputsUsed += 1;
  }

  useOutput(end: OutputEnd): void {
    end.used = true;
    if (this.outputs[this.outputsUsed] !== end) this.outputs[this.outputsUsed] = end;
    this.outputsUsed += 1;
  }

  stageMisfit(ring: Ring, message: unknown, misfit: Misfit, origin: string | undefined): void {
    this.special = true;
    const cause = misfitCause(misfit, this.#actor, this.regeneration);
    this.#misfits ??= [];
    this.#misfits.push({ ring, message, origin, cause });
  }

  markSpecial(): void {
    this.special = true;
  }

  /** The beats of the condition that ended a wait: this turn uses them up. */
  useBeats(condition: Condition): void {
    const due: DueBeat[] = [];
    condition.collectDue(due);
    if (due.length === 0) return;
    this.#beats = [...this.#beats, ...due];
    this.special = true;
  }

  /** Something else is staged, by whoever keeps it. */
  stageEffect(effect: StagedEffect): void {
    if (this.#effects.includes(effect)) return;
    this.#effects = [...this.#effects, effect];
    this.special = true;
  }

  poisoned(error: Error): Error {
    this.special = true;
    this.poison ??= error;
    return error;
  }

  take(end: InputEnd): unknown {
    const message = end.take(this.takes + 1);
    if (message === undefined) return undefined;
    if (end.ring.requests !== null) this.#noteRequests(end, end.taken - 1, 1);
    if (this.takes === 0) this.#firstTaken = end;
    this.takes += 1;
    this.#lastTaken = end;
    return message;
  }

  /** Takes the next `count` messages, which are there to see. */
  takeMany(end: InputEnd, count: number): unknown[] {
    if (count <= 0) return [];
    const messages = end.takeMany(count, this.takes + count);
    if (end.ring.requests !== null) this.#noteRequests(end, end.taken - count, count);
    if (this.takes === 0) this.#firstTaken = end;
    this.takes += count;
    this.#lastTaken = end;
    return messages;
  }

  /** Takes the next message of `end` as the whole input of a turn that has just begun; there is one. */
  takeOnly(end: InputEnd): unknown {
    this.#takeFirst(end, 1);
    return end.ring.at(0);
  }

  /** Takes the next `count` messages of `end`, which are there, as the whole input of a turn that has just begun. */
  takeBatch(end: InputEnd, count: number): unknown[] {
    this.#takeFirst(end, count);
    return end.ring.slice(0, count);
  }

  #takeFirst(end: InputEnd, count: number): void {
    // Nearly always the end of the turn before: a comparison costs less than storing a reference once more.
    if (this.#lastTaken !== end || this.#firstTaken !== end || this.inputs[0] !== end) {
      this.inputs[0] = end;
      this.#firstTaken = end;
      this.#lastTaken = end;
    }
    this.inputsUsed = 1;
    this.takes = count;
    end.used = true;
    end.taken = count;
    end.takenAs = count;
    if (end.ring.requests !== null) this.#noteRequests(end, 0, count);
  }

  /** Who asks is to be answered: whether that has been done, the commit looks. */
  #noteRequests({ ring }: InputEnd, offset: number, count: number): void {
    if (ring.requests?.isAmong(ring, offset, count) !== true) return;
    this.special = true;
    this.calls ??= new TurnCalls(this.#runtime.calls);
  }

  /** Whether it has staged something for `ring`. */
  sendsTo(ring: Ring): boolean {
    for (let index = 0; index < this.outputsUsed; index += 1) {
      const end = this.outputs[index] as OutputEnd;
      if (end.ring === ring && end.count + end.misfits > 0) return true;
    }
    return this.publications?.offersTo(ring) === true;
  }

  /** Where the first message of this turn was taken; null while none was. */
  get firstTaken(): InputEnd | null {
    return this.takes === 0 ? null : this.#firstTaken;
  }

  /** Where the last message was taken; null while none was. */
  get lastTaken(): InputEnd | null {
    return this.takes === 0 ? null : this.#lastTaken;
  }

  /** @param offset - Which of the messages taken from `end` in this turn, counted from 0. */
  reject(end: InputEnd | null, offset: number, reason: string): void {
    if (end === null || !end.reject(offset)) {
      const message = `actor "${this.#actor}" ${nothingToReject(end?.taken ?? 0, offset)}`;
      throw this.poisoned(new HoldfastError('ERR_NOTHING_TO_REJECT', message, { actor: this.#actor }));
    }
    this.special = true;
    const cause = { reason: 'rejected', actor: this.#actor, regeneration: this.regeneration, text: reason } as const;
    const letter = letterAt(this.#runtime, end.ring, offset, cause);
    this.#rejections ??= [];
    this.#rejections.push({ ...letter, attempts: letter.attempts + 1 }); // this attempt has not failed
  }

  /** The actor ends, or the graph stops, when this turn commits. */
  followUp(followUp: FollowUp): void {
    this.special = true;
    this.followUps = [...this.followUps, followUp];
  }

  /** What the turn that has just committed asked for besides. */
  takeFollowUps(): readonly FollowUp[] {
    const { followUps } = this;
    this.followUps = NONE;
    return followUps;
  }

  /** Nothing was looked at, taken, staged or asked for, besides what is set up. */
  get isEmpty(): boolean {
    return this.inputsUsed === 0 && this.outputsUsed === 0 && (!this.special || this.#onlySetsUp);
  }

  get #onlySetsUp(): boolean {
    const asksForMore = this.poison !== undefined || this.followUps.length > 0 || this.#beats.length > 0;
    if (asksForMore || this.#rejections !== undefined || this.#misfits !== undefined) return false;
    return this.#effects.length > 0 && this.#effects.every(({ isSetUp }) => isSetUp);
  }

  /**
   * Whether this turn may commit the short way: it took and sent, has room everywhere, and nobody stands in line. What most
   * turns are; {@link lacking} and the three steps below do the same for all turns.
   */
  get isPlain(): boolean {
    if (this.special) return false;
    const outputs = this.outputs;
    for (let index = 0; index < this.outputsUsed; index += 1) {
      const end = outputs[index] as OutputEnd;
      const ring = end.ring;
      if (ring.contended || ring.tail - ring.head + end.count > ring.limit) return false;
    }
    return true;
  }

  /** Makes a plain turn real: {@link release}, {@link publish} and {@link wake} in one, in the same order. */
  commitPlain(): void {
    const { inputs, outputs, inputsUsed, outputsUsed } = this;
    for (let index = 0; index < inputsUsed; index += 1) {
      const end = inputs[index] as InputEnd;
      const { ring, taken } = end;
      ring.taken += taken;
      if (taken === 1) ring.dropOne();
      else ring.drop(taken);
    }
    for (let index = 0; index < outputsUsed; index += 1) {
      const end = outputs[index] as OutputEnd;
      const { ring, staged } = end;
      if (end.count === 1) {
        ring.push(staged[0]);
        staged[0] = undefined;
        end.count = 0;
      } else end.publish();
      end.used = false;
      if (ring.parked && ring.consumer?.queued !== true) this.#toWake = true;
    }
    if (this.#toWake) this.#wakeReaders();
    for (let index = 0; index < inputsUsed; index += 1) {
      const end = inputs[index] as InputEnd;
      const { ring, taken } = end;
      end.reset();
      if (ring.roomWanted) ring.roomAppeared(taken);
    }
    this.outputsUsed = 0;
    this.inputsUsed = 0;
    this.takes = 0;
  }
  #toWake = false;

  #wakeReaders(): void {
    this.#toWake = false;
    for (let index = 0; index < this.outputsUsed; index += 1) {
      const { ring } = this.outputs[index] as OutputEnd;
      if (ring.parked) ring.consumer?.readable();
    }
  }

  /**
   * The first channel (or the dead letters) that keeps this turn from committing; null when nothing does.
   *
   * @param ticket - Place in the lines; Infinity for a turn that has just been decided, which goes behind everybody.
   */
  lacking(ticket: number): RoomSource | null {
    this.#divert();
    // Dead letters first: whoever waits for a channel may be carried along by the commit of another actor.
    const { store } = this.#letters;
    const letters = this.#letterPlaces();
    const kept = letters?.get(store) ?? 0;
    if (kept > 0 && !store.hasRoomFor(kept, ticket)) return store;
    for (let index = 0; index < this.outputsUsed; index += 1) {
      const end = this.outputs[index] as OutputEnd;
      const ring = end.ring;
      if (!ring.contended && ring.tail - ring.head + end.count <= ring.limit) continue;
      // Its messages become dead letters instead.
      if (!ring.refuses && !this.#fits(ring, end.count, ticket)) return ring;
    }
    if (letters === null) return null;
    for (const place of letters.keys()) {
      if (place instanceof Ring && !this.#fits(place, this.needs(place), ticket)) return place;
    }
    return null;
  }

  /**
   * What is staged for those who turn senders away goes to those who stand in for them. Where nobody does, or more than they can
   * ever hold is staged for them, it becomes dead letters.
   */
  #divert(): void {
    for (let index = 0; index < this.outputsUsed; index += 1) {
      const end = this.outputs[index] as OutputEnd;
      if (end.ring.turnedAway === null || end.count === 0) continue;
      const { destination } = end.ring;
      if (destination === null || destination === end.ring) continue;
      const { lead } = this.looseEndAt(destination);
      if (lead.count + lead.misfits + end.count <= destination.capacity) end.handOver(lead);
    }
  }

  /** The end of the actor at a channel to which it need not be wired. */
  looseEndAt(ring: Ring): OutputEnd {
    return (this.loose ??= new LooseEnds(this, this.#runtime.freezer, this.wired)).at(ring);
  }

  #fits(ring: Ring, count: number, ticket: number): boolean {
    if (count === 0) return true;
    ring.demand(count);
    return ring.hasRoomFor(count - this.takesFrom(ring), ticket);
  }

  /** Room that this turn makes itself, in a channel that it reads as well as writes. */
  takesFrom(ring: Ring): number {
    for (let index = 0; index < this.inputsUsed; index += 1) {
      const end = this.inputs[index] as InputEnd;
      if (end.ring === ring) return end.taken;
    }
    return 0;
  }

  /** Room that this turn needs in `place` for what it has staged, besides what its own takes make. */
  roomNeededIn(place: Ring): number {
    const needed = this.needs(place);
    return needed === 0 || place.refuses ? 0 : needed - this.takesFrom(place);
  }

  /** How many messages and dead letters this turn has for `place`. */
  needs(place: RoomSource): number {
    return stagedFor(place, this.outputs, this.outputsUsed) + (this.#letterPlaces()?.get(place) ?? 0);
  }

  /** {@link needs} of all places for which it has any. */
  allNeeds(): ReadonlyMap<RoomSource, number> {
    const needs = new Map<RoomSource, number>(this.#letterPlaces());
    for (let index = 0; index < this.outputsUsed; index += 1) {
      const { ring, count } = this.outputs[index] as OutputEnd;
      if (count > 0) needs.set(ring, (needs.get(ring) ?? 0) + count);
    }
    return needs;
  }

  /** The channels for which it has any. */
  ringsNeeded(): ReadonlySet<Ring> {
    this.#divert(); // whoever asks wants to commit this turn with others: it gets no look of its own
    const rings = new Set<Ring>();
    for (let index = 0; index < this.outputsUsed; index += 1) {
      const { ring, count } = this.outputs[index] as OutputEnd;
      if (count > 0 && !ring.refuses) rings.add(ring);
    }
    for (const place of this.#letterPlaces()?.keys() ?? NONE) if (place instanceof Ring) rings.add(place);
    return rings;
  }

  /** Its dead letters go to the store, and not to channels. @returns false if none of them would have gone to one. */
  keepLetters(): boolean {
    const places = this.#letterPlaces()?.keys() ?? NONE;
    if (![...places].some((place) => place instanceof Ring)) return false;
    this.#lettersKept = true;
    return true;
  }

  #letterPlaces(): LetterPlaces {
    const hasLetters = this.#rejections !== undefined || this.#misfits !== undefined;
    if (!hasLetters && !this.#sendsToNobody()) return null; // most
    const staged = {
      kept: this.#lettersKept,
      rejections: this.#rejections ?? NONE,
      misfits: this.#misfits ?? NONE,
      outputs: this.outputs,
      used: this.outputsUsed,
    };
    return placesOfLetters(this.#letters, staged);
  }

  #sendsToNobody(): boolean {
    for (let index = 0; index < this.outputsUsed; index += 1) {
      if ((this.outputs[index] as OutputEnd).ring.refuses) return true;
    }
    return false;
  }

  /** Takes leave their channels. */
  release(): void {
    for (let index = 0; index < this.inputsUsed; index += 1) {
      const end = this.inputs[index] as InputEnd;
      const ring = end.ring;
      const { rejected } = end;
      ring.taken += end.taken - rejected;
      ring.deadLettered += rejected;
      ring.drop(end.taken);
    }
  }

  /** Staged messages, closes and dead letters appear. */
  publish(): void {
    const places = this.#letterPlaces(); // while it is still known what goes where
    this.calls?.begin();
    for (let index = 0; index < this.outputsUsed; index += 1) {
      const end = this.outputs[index] as OutputEnd;
      const ring = end.ring;
      const count = end.count;
      if (ring.refuses) this.#publishToNobody(end, places);
      else {
        for (let place = 0; place < count; place += 1) {
          ring.push(end.staged[place]);
          const origin = end.origins?.get(place);
          if (origin !== undefined) ring.markReplay(origin);
          const request = end.requests?.get(place);
          if (request !== undefined) (request as ReplyPort<never>).entered(ring); // nothing else is marked as one
          if (this.#runtime.probe !== null) this.#runtime.probe('commit:betweenPublications', this.#actor);
        }
      }
      end.forget();
      end.origins = null;
      end.requests = null;
      end.misfits = 0;
      end.used = false;
    }
    if (this.#rejections !== undefined || this.#misfits !== undefined) this.#publishLetters(places);
    // Most have none of them, and to look for something in a list that is empty costs as much as an end.
    if (this.#beats !== NONE) this.#consumeBeats();
    if (this.#effects !== NONE) for (const effect of this.#effects) effect.publish();
  }

  /** Those whom the commit concerns hear of it, and the turn is empty again. */
  wake(): void {
    for (let index = 0; index < this.outputsUsed; index += 1) {
      const end = this.outputs[index] as OutputEnd;
      if (end.closing) this.#close(end);
      const ring = end.ring;
      if (ring.parked) ring.consumer?.readable();
    }
    this.outputsUsed = 0;
    this.#forgetLooseEnds();
    if (this.#routed !== undefined) this.#wakeRouted(this.#routed);
    this.#lettersKept = false;
    if (this.#effects !== NONE) for (const effect of this.#effects) effect.wake();
    this.#effects = NONE;
    for (let index = 0; index < this.inputsUsed; index += 1) {
      const end = this.inputs[index] as InputEnd;
      end.reset();
      if (end.ring.roomWanted) end.ring.roomAppeared();
    }
    this.inputsUsed = 0;
    this.takes = 0;
    this.special = false;
    this.calls?.settle(this.#actor);
  }

  #consumeBeats(): void {
    for (const beat of this.#beats) beat.consume();
    this.#beats = NONE;
  }

  #wakeRouted(routed: readonly Ring[]): void {
    for (const ring of routed) wakeReader(ring);
    this.#routed = undefined;
  }

  /** Makes real what a turn sets up that is empty besides. */
  commitSetUp(): void {
    for (const effect of this.#effects) effect.publish();
    for (const effect of this.#effects) effect.wake();
    this.#effects = NONE;
    this.special = false;
  }

  /** Forgets everything that was staged. */
  rollBack(): void {
    for (let index = 0; index < this.outputsUsed; index += 1) (this.outputs[index] as OutputEnd).clear();
    for (let index = 0; index < this.inputsUsed; index += 1) (this.inputs[index] as InputEnd).reset();
    for (const beat of this.#beats) beat.release();
    for (const bundle of this.bundles) bundle.rolledBack();
    for (const effect of this.#effects) effect.rollBack();
    this.#effects = NONE;
    this.outputsUsed = 0;
    this.#forgetLooseEnds();
    this.inputsUsed = 0;
    this.takes = 0;
    this.#beats = NONE;
    this.followUps = NONE;
    this.#rejections = undefined;
    this.#misfits = undefined;
    this.#lettersKept = false;
    this.poison = undefined;
    this.special = false;
    this.calls?.rolledBack();
  }

  /** Ends beyond those that are used again and again must not be kept alive. */
  #forgetLooseEnds(): void {
    if (this.loose?.turnEnded() === true) this.outputs.length = 0;
  }

  /**
   * The messages to blame for a failure, ticks excepted: those taken or, where nothing was taken, those looked at. The one
   * taken last comes last.
   */
  inHand(): InHand[] {
    const anyTaken = this.takes > 0;
    const inHand: InHand[] = [];
    for (let index = 0; index < this.inputsUsed; index += 1) {
      const end = this.inputs[index] as InputEnd;
      const count = anyTaken ? end.taken : Math.min(end.peeked, end.ring.size);
      if (!end.tick && count > 0) inHand.push({ end, count });
    }
    return anyTaken ? inHand.sort((a, b) => a.end.takenAs - b.end.takenAs) : inHand;
  }

  #publishLetters(places: LetterPlaces): void {
    for (const letter of this.#rejections ?? NONE) this.#publishLetter(letter, places);
    this.#rejections = undefined;
    for (const { ring, message, origin, cause } of this.#misfits ?? NONE) {
      const misfit = { payload: message, replayOf: origin };
      this.#publishLetter(letterOfUndelivered(this.#runtime, ring, misfit, cause), places);
    }
    this.#misfits = undefined;
  }

  #publishToNobody(end: OutputEnd, places: LetterPlaces): void {
    const { ring } = end;
    const cause = refusal(ring);
    for (let place = 0; place < end.count; place += 1) {
      const message = { payload: end.staged[place], replayOf: end.origins?.get(place) };
      this.#publishLetter(letterOfUndelivered(this.#runtime, ring, message, cause), places);
    }
  }

  #publishLetter(letter: NewDeadLetter, places: LetterPlaces): void {
    const place = placeAmong(places, this.#letters, letter);
    this.#letters.deliver(letter, place);
    if (place instanceof Ring) (this.#routed ??= []).push(place);
    this.#runtime.probe?.('deadLetter:append', this.#actor);
  }

  #close(end: OutputEnd): void {
    end.closing = false;
    end.closed = true;
    end.ring.closeSender();
  }
}

function nothingToReject(taken: number, offset: number): string {
  if (taken === 0) return 'has taken nothing in this turn that it could reject';
  const isThere = Number.isInteger(offset) && offset >= 0 && offset < taken;
  return isThere
    ? `has rejected message ${offset} of this turn already`
    : `has no message ${offset} in this turn that it could reject: it has taken ${taken}, counted from 0`;
}
