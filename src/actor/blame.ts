import type { InputEnd } from '../channel/input-end.ts';
import { messageIdAt } from './burial.ts';
import type { MessageInHand } from './events.ts';
import type { Runtime } from './runtime.ts';
import type { Turn } from './turn.ts';

/** A message that a failed turn had in hand, with the attempts that it has failed so far. */
export interface Suspect {
  readonly end: InputEnd;
  readonly offset: number;
  readonly failedAttempts: number;
}

/** What a failed turn means for the messages it had in hand. */
export interface Blame {
  /** Ticks excepted; the one taken last comes last. */
  readonly suspects: readonly Suspect[];
  /** Whether the failure counts against the restart limit: a message's first does, and one without a message. */
  readonly counts: boolean;
  /** The most attempts that any of them has failed. */
  readonly attempts: number;
  /** The message that becomes a dead letter: the one taken last of those at the limit. */
  readonly culprit: Suspect | undefined;
}

/**
 * Counts a failed attempt for each message in hand. Must be asked before the turn is rolled back.
 *
 * If several were in hand, nobody knows which one it was: until they are gone, turns see only what their waits ask for.
 *
 * @param limit - Failed attempts at which a message is a showstopper.
 */
export function assignBlame(turn: Turn, limit: number, wallMs: number): Blame {
  const suspects: Suspect[] = [];
  for (const { end, count } of turn.inHand()) {
    for (let offset = 0; offset < count; offset += 1) {
      suspects.push({ end, offset, failedAttempts: end.ring.addFailedAttempt(offset, wallMs) });
    }
  }
  if (suspects.length > 1) for (const { end, count } of turn.inHand()) end.narrow(count);
  // Of a batch the next turns get one message at a time: they show which it was, whatever the limit.
  const isBatch = suspects.length > 1 && suspects.every(({ end }) => end.batch !== undefined);
  const culprit = isBatch ? undefined : suspects.findLast(({ failedAttempts }) => failedAttempts >= limit);
  // The others start again: which of them it was, the turns to come will show.
  if (culprit !== undefined) {
    for (const other of suspects) if (other !== culprit) other.end.ring.clearFailedAttempts(other.offset);
  }
  return {
    suspects,
    culprit,
    counts: suspects.length === 0 || suspects.some(({ failedAttempts }) => failedAttempts === 1),
    attempts: suspects.reduce((most, { failedAttempts }) => Math.max(most, failedAttempts), 0),
  };
}

/** Messages named in a report of a failure: a turn may have a whole channel in hand. */
const REPORTED_MAX = 20;

/** The messages in hand, for the log and for listeners. */
export function suspectsReported(runtime: Runtime, { suspects }: Blame): MessageInHand[] {
  return suspects.slice(-REPORTED_MAX).map(({ end: { ring }, offset, failedAttempts }) => ({
    messageId: messageIdAt(runtime, ring, offset),
    replayOf: ring.originAt(offset),
    failedAttempts,
  }));
}
