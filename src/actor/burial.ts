import { errorText, type SchemaIssue } from '../base/errors.ts';
import { issuesText, type Misfit } from '../base/schema.ts';
import { type FailedAttempts, Ring, type RoomSource } from '../channel/ring.ts';
import { type DeadLetterReason, errorRecord, type NewDeadLetter } from './dead-letter.ts';
import type { Exit } from './events.ts';
import type { DeadLetterSink, LetterAddress, Runtime } from './runtime.ts';

/** What is needed to write a dead letter. */
export type Undertaker = Pick<Runtime, 'runId' | 'clock' | 'letters'>;

/** Why a message is buried, and by whom. */
export interface Cause {
  readonly reason: DeadLetterReason;
  /** The actor or sink that had it in hand, or the actor or feed that sent what does not fit. */
  readonly actor?: string;
  readonly regeneration?: number;
  /** In words, unless there is an error that says it. */
  readonly text?: string;
  readonly error?: unknown;
  readonly issues?: readonly SchemaIssue[];
}

const NO_ISSUES: readonly SchemaIssue[] = Object.freeze([]);

/** Where the dead letter for a message of this channel will go depends on no more than this. */
export function addressOf(ring: Ring, { actor, reason }: Cause): LetterAddress {
  return { channel: ring.name, actor, reason };
}

/** Identity of the message `offset` places behind the oldest: the same for as long as the message lives. */
export function messageIdAt({ runId }: Pick<Runtime, 'runId'>, ring: Ring, offset: number): string {
  return `${runId}/${ring.name}/${ring.sequenceAt(offset)}`;
}

/** The dead letter for the message `offset` places behind the oldest, which stays where it is. */
export function letterAt(undertaker: Undertaker, ring: Ring, offset: number, cause: Cause): NewDeadLetter {
  const messageId = messageIdAt(undertaker, ring, offset);
  const message = { payload: ring.at(offset), messageId, replayOf: ring.originAt(offset) };
  return write(undertaker, ring, message, ring.failedAttemptsAt(offset), cause);
}

/**
 * Moves the message `offset` places behind the oldest to the dead letters.
 *
 * @param place - Where there is room for it; left out by those who cannot wait.
 */
export function buryAt(undertaker: Undertaker, ring: Ring, offset: number, cause: Cause, place?: RoomSource): void {
  buryAll(undertaker, ring, [offset], cause, place);
}

/** {@link buryAt} for several, by their offsets (ascending). */
export function buryAll(
  undertaker: Undertaker,
  ring: Ring,
  offsets: readonly number[],
  cause: Cause,
  place?: RoomSource,
): void {
  const letters = offsets.map((offset) => letterAt(undertaker, ring, offset, cause));
  ring.removeAll(offsets);
  ring.deadLettered += letters.length;
  for (const letter of letters) deliver(undertaker.letters, letter, place);
  if (ring.roomWanted) ring.roomAppeared();
}

/** Turns a message that never got into its channel into a dead letter of that channel; see {@link buryAt}. */
export function buryUndelivered(
  undertaker: Undertaker,
  ring: Ring,
  payload: unknown,
  cause: Cause,
  place?: RoomSource,
): void {
  deliver(undertaker.letters, letterOfUndelivered(undertaker, ring, { payload }, cause), place);
}

function deliver(letters: DeadLetterSink, letter: NewDeadLetter, place: RoomSource = placeNow(letters, letter)): void {
  letters.deliver(letter, place);
  wakeReader(place);
}

/** Where a letter belongs, if it need not wait there; else it goes to the store, beyond the bound if need be. */
function placeNow(letters: DeadLetterSink, address: LetterAddress): RoomSource {
  const place = letters.placeFor(address);
  return place.hasRoomFor(1, Infinity) ? place : letters.store;
}

/** Tells whoever reads dead letters there. */
export function wakeReader(place: RoomSource): void {
  if (place instanceof Ring && place.parked) place.consumer?.readable();
}

/** The dead letter for a message that never got into its channel, which counts it from now on. */
export function letterOfUndelivered(
  undertaker: Undertaker,
  ring: Ring,
  message: { readonly payload: unknown; readonly replayOf?: string | undefined },
  cause: Cause,
): NewDeadLetter {
  const number = ring.countUndeliverable();
  // Not a sequence number: those belong to the messages that are in the channel, or will be.
  const messageId = `${undertaker.runId}/${ring.name}/undelivered-${number}`;
  const { payload, replayOf } = message;
  return write(undertaker, ring, { payload, messageId, replayOf }, undefined, cause);
}

/** Why a message that does not fit the schema of its channel is buried. */
export function misfitCause(misfit: Misfit, actor: string, regeneration: number = 0): Cause {
  return { reason: 'invalid', actor, regeneration, text: issuesText(misfit), issues: misfit.issues };
}

/** An actor, as far as what is left in its inputs goes when it has ended. */
interface Departed {
  readonly name: string;
  readonly regeneration: number;
  readonly runtime: Runtime;
  tell(level: 'warn', fields: object, message: string): void;
}

/** The actor has ended so, and nobody else reads the ring: what is left becomes dead letters, and senders are told. */
export function abandonInput(actor: Departed, ring: Ring, exit: Exit): void {
  const { name, regeneration, runtime } = actor;
  if (ring.size > 0) {
    const message = 'messages left in an input of an actor that has ended';
    actor.tell('warn', { channel: ring.name, messages: ring.size }, message);
  }
  while (ring.size > 0) {
    buryAt(runtime, ring, 0, { ...leftoverCause(ring, exit, name, runtime.mustEnd), actor: name, regeneration });
    runtime.probe?.('deadLetter:append', name);
  }
  abandonRing(ring);
}

/** The reader of an empty ring is gone for good: whoever waits for room in it need not wait any more. */
export function abandonRing(ring: Ring): void {
  ring.parked = false;
  ring.abandon();
  ring.roomAppeared();
}

/**
 * Why a message that is left in an input of an actor that has ended so is buried.
 *
 * @param inStop - It would not have come back in any case.
 */
function leftoverCause(ring: Ring, exit: Exit, actor: string, inStop: boolean): Cause {
  const reason = exit.kind === 'shutdown' || inStop ? 'stopped' : 'no-consumer';
  // A message that was in hand when the actor failed for the last time keeps the error.
  const atFault = exit.kind === 'crashed' && ring.failedAttemptsAt(0) !== undefined;
  return atFault ? { reason, error: exit.error } : { reason, text: `actor "${actor}" has ended` };
}

function write(
  { clock }: Undertaker,
  ring: Ring,
  { payload, messageId, replayOf }: Pick<NewDeadLetter, 'payload' | 'messageId' | 'replayOf'>,
  attempts: FailedAttempts | undefined,
  { reason, actor, regeneration = 0, text, error, issues = NO_ISSUES }: Cause,
): NewDeadLetter {
  return {
    payload,
    channel: ring.name,
    messageId,
    replayOf,
    actor,
    reason,
    text: text ?? errorText(error),
    issues,
    error: error === undefined ? undefined : errorRecord(error),
    attempts: attempts?.count ?? 0,
    regeneration,
    firstFailedWallMs: attempts?.firstWallMs,
    wallMs: clock.wallMs(),
  };
}
