import type { OutputEnd } from '../channel/output-end.ts';
import { Ring, type RoomSource } from '../channel/ring.ts';
import { addressOf, type Cause } from './burial.ts';
import type { NewDeadLetter } from './dead-letter.ts';
import type { DeadLetterSink, LetterAddress } from './runtime.ts';

/** A message that a turn has sent, and that does not fit the schema of its channel. */
export interface StagedMisfit {
  readonly ring: Ring;
  readonly message: unknown;
  /** The message that this one was sent again for. */
  readonly origin: string | undefined;
  readonly cause: Cause;
}

/** How many dead letters a turn makes, by where they go; null where it makes none, as nearly always. */
export type LetterPlaces = ReadonlyMap<RoomSource, number> | null;

/** Why a message for a channel that refuses it is buried. */
export function refusal(ring: Ring): Cause {
  const { name, abandoned, closed, turnedAway } = ring;
  if (turnedAway !== null && !abandoned && !closed) {
    return { reason: 'breaker-open', text: `the circuit breaker of actor "${turnedAway.actor}" is open` };
  }
  const text = abandoned
    ? `nobody reads channel "${name}" any more`
    : `channel "${name}" is closed: its reader takes nothing more`;
  return { reason: 'no-consumer', text };
}

/** What a turn has staged; of the outputs, only the first `used` count. */
interface Staged {
  /** They all go to the store. */
  readonly kept: boolean;
  readonly rejections: readonly NewDeadLetter[];
  readonly misfits: readonly StagedMisfit[];
  readonly outputs: readonly OutputEnd[];
  readonly used: number;
}

/** Where the dead letters of a turn go: what it rejects, what does not fit, and what nobody reads any more. */
export function placesOfLetters(letters: DeadLetterSink, staged: Staged): LetterPlaces {
  const { kept, rejections, misfits, outputs, used } = staged;
  const all: Addressed[] = rejections.map((address) => ({ address, count: 1 }));
  for (const { ring, cause } of misfits) all.push({ address: addressOf(ring, cause), count: 1 });
  for (let index = 0; index < used; index += 1) {
    const { ring, count } = outputs[index] as OutputEnd;
    if (ring.refuses && count > 0) all.push({ address: addressOf(ring, refusal(ring)), count });
  }
  return countPlaces(letters, all, kept, (ring) => stagedFor(ring, outputs, used));
}

/** Dead letters of the same kind. */
export interface Addressed {
  readonly address: LetterAddress;
  readonly count: number;
}

/**
 * Where so many dead letters go in one step. More for one channel than it can ever hold would wait for ever: they all go to the
 * store.
 *
 * @param kept - All of them go to the store, wherever they belong.
 * @param messages - How many messages go to that channel in the same step.
 */
export function countPlaces(
  letters: DeadLetterSink,
  all: readonly Addressed[],
  kept: boolean,
  messages: (ring: Ring) => number = () => 0,
): LetterPlaces {
  if (all.length === 0) return null;
  const places = new Map<RoomSource, number>();
  const add = (place: RoomSource, count: number): unknown => places.set(place, (places.get(place) ?? 0) + count);
  for (const { address, count } of all) add(kept ? letters.store : letters.placeFor(address), count);
  for (const [place, count] of places) {
    if (!(place instanceof Ring) || count + messages(place) <= place.capacity) continue;
    places.delete(place);
    add(letters.store, count);
  }
  return places;
}

/** The place of one of the letters that were counted. */
export function placeAmong(places: LetterPlaces, letters: DeadLetterSink, address: LetterAddress): RoomSource {
  const place = letters.placeFor(address);
  return places?.has(place) === true ? place : letters.store;
}

/** Messages that are staged for a channel that somebody reads. */
export function stagedFor(place: RoomSource, outputs: readonly OutputEnd[], used: number): number {
  let staged = 0;
  for (let index = 0; index < used; index += 1) {
    const { ring, count } = outputs[index] as OutputEnd;
    if (ring === place && !ring.refuses) staged += count;
  }
  return staged;
}
