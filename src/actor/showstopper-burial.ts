import { Ring, type RoomSource } from '../channel/ring.ts';
import type { Suspect } from './blame.ts';
import { addressOf, buryAll, type Cause } from './burial.ts';
import { joinLine, leaveLine, type ParkingActor, waitsForItself } from './commit-parking.ts';
import { countPlaces, type LetterPlaces, placeAmong } from './staged-letters.ts';

/** The actor that a showstopper has failed. */
export interface FailedActor extends ParkingActor {
  readonly regeneration: number;
  tell(level: 'info' | 'warn' | 'error', fields: object, message: string): void;
}

/** Showstoppers of one actor on their way to the dead letters, and what comes after. */
export class ShowstopperBurial {
  readonly #actor: FailedActor;
  #pending: { readonly culprits: readonly Suspect[]; readonly cause: Cause; readonly then: () => void } | undefined;
  /** They go to the store, wherever they belong. */
  #kept = false;
  #places: LetterPlaces = null;

  constructor(actor: FailedActor) {
    this.#actor = actor;
  }

  /** Moves `culprits` to the dead letters as soon as these have room for all of them, and calls `then`. */
  begin(culprits: readonly Suspect[], error: unknown, then: () => void): void {
    const { name, regeneration } = this.#actor;
    this.#pending = { culprits, cause: { reason: 'showstopper', error, actor: name, regeneration }, then };
    this.#kept = false;
    this.goOn();
  }

  /** Those that wait for a channel go to the store. @returns false if there are none. */
  keepLetters(): boolean {
    if (this.#kept || !(this.#actor.waitingFor instanceof Ring)) return false;
    this.#kept = true;
    return true;
  }

  roomNeededIn(place: RoomSource): number {
    return this.#places?.get(place) ?? 0;
  }

  /** They stay where they are, with their attempts: the next failure buries them. */
  giveUp(): void {
    this.#pending = undefined;
    this.#places = null;
    leaveLine(this.#actor);
  }

  /** There may be room now. */
  goOn(): void {
    const actor = this.#actor;
    const pending = this.#pending;
    if (pending === undefined || actor.phase === 'ended') return; // a rule of the user's may have ended it
    const { culprits, cause, then } = pending;
    const { letters } = actor.runtime;
    const places = (this.#places = countPlaces(
      letters,
      culprits.map(({ end }) => ({ address: addressOf(end.ring, cause), count: 1 })),
      this.#kept,
    ));
    const lacking = this.#lackingAmong(places);
    if (lacking !== undefined) {
      this.#waitForRoom(lacking);
      return;
    }
    this.#pending = undefined;
    this.#places = null;
    leaveLine(actor);
    for (const end of new Set(culprits.map((culprit) => culprit.end))) {
      const place = placeAmong(places, letters, addressOf(end.ring, cause));
      this.#bury(
        end.ring,
        culprits.filter((culprit) => culprit.end === end),
        cause,
        place,
      );
    }
    then();
  }

  #lackingAmong(places: LetterPlaces): RoomSource | undefined {
    const { phase, ticket } = this.#actor;
    for (const [place, count] of places ?? []) {
      if (place instanceof Ring) place.demand(count);
      if (!place.hasRoomFor(count, phase === 'recovering' ? ticket : Infinity)) return place;
    }
    return undefined;
  }

  /** All of them are in `ring`, in order. */
  #bury(ring: Ring, culprits: readonly Suspect[], cause: Cause, place: RoomSource): void {
    const actor = this.#actor;
    const { runtime, name } = actor;
    const attempts = culprits[0]?.failedAttempts;
    const offsets = culprits.map(({ offset }) => offset);
    actor.tell('error', { channel: ring.name, messages: culprits.length, attempts }, 'showstopper: now a dead letter');
    buryAll(runtime, ring, offsets, cause, place);
    for (const _ of culprits) runtime.probe?.('deadLetter:append', name);
  }

  #waitForRoom(place: RoomSource): void {
    const actor = this.#actor;
    const { runtime, name } = actor;
    if (actor.phase !== 'recovering') {
      actor.phase = 'recovering';
      actor.ticket = runtime.takeTicket();
    } else if (actor.waitingFor === place) {
      if (place instanceof Ring) place.roomIsLacked();
      return;
    }
    leaveLine(actor);
    joinLine(actor, place);
    runtime.probe?.('deadLetter:waitForRoom', name);
    // Whoever reads a channel makes room there. In the store nobody does.
    if (!(place instanceof Ring)) actor.tell('error', {}, 'blocked: the dead letters are full');
    else if (waitsForItself(actor) && this.keepLetters()) this.goOn();
  }
}
