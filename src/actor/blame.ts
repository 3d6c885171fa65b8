import type { InputEnd } from '../channel/input-end.ts';
import { messageIdAt } from './burial.ts';
import type { MessageInHand } from './events.ts';
import type { ActorSettings } from './settings.ts';
import type { Runtime } from './runtime.ts';
import type { Turn } from './turn.ts';

/** A message that a failed turn had in hand, with the attempts that it has failed so far. */
export interface Suspect {
  readonly end: InputEnd;
  readonly offset: number;
  readonly failedAttempts: number;
}

type BlameSettings = Pick<ActorSettings, 'showstopperAfter' | 'isolate'>;

/** What a failed turn means for the messages it had in hand. */
export interface Blame {
  /** Ticks excepted; the one taken last comes last. */
  readonly suspects: readonly Suspect[];
  /** Until they are gone, turns see only part of them. */
  readonly narrows: boolean;
  /** Whether the failure counts against the restart limit: a message's first does, and one without a message. */
  readonly counts: boolean;
  /** The most attempts that any of them has failed. */
  readonly attempts: number;
  /** The messages that become dead letters, unless the actor has a rule of its own: none or one. */
  readonly culprits: readonly Suspect[];
  /** If there is one, the others start again at 0: which of them it was, the turns to come will show. */
  readonly forgives: boolean;
}

/**
 * Counts a failed attempt for each message in hand. Must be asked before the turn is rolled back.
 *
 * If several were in hand, nobody knows which one it was: until they are gone, turns see only part of them.
 *
 * @param isNarrowed - The turn was such a turn already.
 */
export function assignBlame(turn: Turn, settings: BlameSettings, isNarrowed: boolean, wallMs: number): Blame {
  const suspects: Suspect[] = [];
  for (const { end, count } of turn.inHand()) {
    for (let offset = 0; offset < count; offset += 1) {
      suspects.push({ end, offset, failedAttempts: end.ring.addFailedAttempt(offset, wallMs) });
    }
  }
  const isBatch = suspects.length > 0 && suspects.every(({ end }) => end.batch !== undefined);
  const isolates = isBatch || settings.isolate;
  // Isolated, a message that has failed alone is tried again alone, and not together with what has come since.
  const narrows = suspects.length > (isolates ? 0 : 1);
  if (narrows) for (const { end, count } of turn.inHand()) end.narrow(count);
  const culprit = isolates
    ? isolatedCulprit(suspects, settings, isNarrowed && !isBatch)
    : lastCulprit(suspects, settings);
  return {
    suspects,
    narrows,
    culprits: culprit === undefined ? [] : [culprit],
    forgives: !isolates,
    counts: suspects.length === 0 || suspects.some(({ failedAttempts }) => failedAttempts === 1),
    attempts: mostAttempts(suspects),
  };
}

/** The message taken last of those that have failed as often as they may. */
function lastCulprit(suspects: readonly Suspect[], { showstopperAfter }: BlameSettings): Suspect | undefined {
  return suspects.findLast(({ failedAttempts }) => failedAttempts >= showstopperAfter);
}

/** How much oftener than it may a message fails together with such as have not failed before, until it is to blame. */
const COMPANY_MAX = 2;

/** The message with the most failed attempts, where the turns to come could not show it better. */
function isolatedCulprit(
  suspects: readonly Suspect[],
  { showstopperAfter }: BlameSettings,
  isNarrowed: boolean,
): Suspect | undefined {
  const most = mostAttempts(suspects);
  if (most < showstopperAfter) return undefined;
  if (suspects.length > 1) {
    if (!isNarrowed) return undefined; // the next turns get one at a time, whatever the limit
    const isNewCompany = suspects.some(({ failedAttempts }) => failedAttempts === 1);
    if (isNewCompany && most < showstopperAfter + COMPANY_MAX) return undefined;
  }
  // Together although one at a time was shown: the loop needs one of each input. What has failed in other company before has
  // more attempts than what it is with now.
  return suspects.findLast(({ failedAttempts }) => failedAttempts === most);
}

function mostAttempts(suspects: readonly Suspect[]): number {
  return suspects.reduce((most, { failedAttempts }) => Math.max(most, failedAttempts), 0);
}

/** Messages named in a report of a failure: a turn may have a whole channel in hand. */
const REPORTED_MAX = 20;

/** The messages in hand, for the log and for listeners. */
export function suspectsReported(runtime: Runtime, { suspects }: Blame): MessageInHand[] {
  return suspects.slice(-REPORTED_MAX).map((suspect) => messageInHand(runtime, suspect));
}

export function messageInHand(runtime: Runtime, { end: { ring }, offset, failedAttempts }: Suspect): MessageInHand {
  return { messageId: messageIdAt(runtime, ring, offset), replayOf: ring.originAt(offset), failedAttempts };
}
