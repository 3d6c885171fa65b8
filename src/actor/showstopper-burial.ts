import type { Suspect } from './blame.ts';
import { buryAt } from './burial.ts';
import { joinLine, leaveLine, type ParkingActor } from './commit-parking.ts';

/** The actor that a showstopper has failed. */
export interface FailedActor extends ParkingActor {
  readonly regeneration: number;
  tell(level: 'info' | 'warn' | 'error', fields: object, message: string): void;
}

/** A showstopper of one actor on its way to the dead letters, and what comes after. */
export class ShowstopperBurial {
  readonly #actor: FailedActor;
  #pending: { readonly culprit: Suspect; readonly error: unknown; readonly then: () => void } | undefined;

  constructor(actor: FailedActor) {
    this.#actor = actor;
  }

  /** Moves `culprit` to the dead letters as soon as they have room, and calls `then`. */
  begin(culprit: Suspect, error: unknown, then: () => void): void {
    this.#pending = { culprit, error, then };
    this.goOn();
  }

  /** There may be room now. */
  goOn(): void {
    const actor = this.#actor;
    const pending = this.#pending;
    if (pending === undefined) return;
    if (!actor.runtime.letters.hasRoomFor(1, actor.phase === 'recovering' ? actor.ticket : Infinity)) {
      this.#waitForRoom();
      return;
    }
    const { culprit, error, then } = pending;
    const { ring } = culprit.end;
    this.#pending = undefined;
    leaveLine(actor);
    actor.tell('error', { channel: ring.name, attempts: culprit.failedAttempts }, 'showstopper: now a dead letter');
    const { runtime, name, regeneration } = actor;
    buryAt(runtime, ring, culprit.offset, { reason: 'showstopper', error, actor: name, regeneration });
    runtime.probe?.('deadLetter:append', name);
    then();
  }

  #waitForRoom(): void {
    const actor = this.#actor;
    if (actor.phase === 'recovering') return;
    const { runtime, name } = actor;
    actor.phase = 'recovering';
    actor.ticket = runtime.takeTicket();
    joinLine(actor, runtime.letters);
    runtime.probe?.('deadLetter:waitForRoom', name);
    actor.tell('error', {}, 'blocked: the dead letters are full');
  }
}
