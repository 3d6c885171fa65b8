import type { Ring, RoomSource } from '../channel/ring.ts';
import type { Suspect } from './blame.ts';
import { addressOf, buryAll, type Cause } from './burial.ts';
import { joinLine, leaveLine, type ParkingActor } from './commit-parking.ts';
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

  constructor(actor: FailedActor) {
    this.#actor = actor;
  }

  /** Moves `culprits` to the dead letters as soon as these have room for all of them, and calls `then`. */
  begin(culprits: readonly Suspect[], error: unknown, then: () => void): void {
    const { name, regeneration } = this.#actor;
    this.#pending = { culprits, cause: { reason: 'showstopper', error, actor: name, regeneration }, then };
    this.goOn();
  }

  /** There may be room now. */
  goOn(): void {
    const actor = this.#actor;
    const pending = this.#pending;
    if (pending === undefined || actor.phase === 'ended') return; // a rule of the user's may have ended it
    const { culprits, cause, then } = pending;
    const { letters } = actor.runtime;
    const places = countPlaces(
      letters,
      culprits.map(({ end }) => ({ address: addressOf(end.ring, cause), count: 1 })),
    );
    const lacking = this.#lackingAmong(places);
    if (lacking !== undefined) {
      this.#waitForRoom(lacking);
      return;
    }
    this.#pending = undefined;
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
    } else if (actor.waitingFor === place) return;
    leaveLine(actor);
    joinLine(actor, place);
    runtime.probe?.('deadLetter:waitForRoom', name);
    actor.tell('error', {}, 'blocked: the dead letters are full');
  }
}
