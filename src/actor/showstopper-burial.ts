import type { Ring } from '../channel/ring.ts';
import type { Suspect } from './blame.ts';
import { buryAll } from './burial.ts';
import { joinLine, leaveLine, type ParkingActor } from './commit-parking.ts';

/** The actor that a showstopper has failed. */
export interface FailedActor extends ParkingActor {
  readonly regeneration: number;
  tell(level: 'info' | 'warn' | 'error', fields: object, message: string): void;
}

/** Showstoppers of one actor on their way to the dead letters, and what comes after. */
export class ShowstopperBurial {
  readonly #actor: FailedActor;
  #pending: { readonly culprits: readonly Suspect[]; readonly error: unknown; readonly then: () => void } | undefined;

  constructor(actor: FailedActor) {
    this.#actor = actor;
  }

  /** Moves `culprits` to the dead letters as soon as these have room for all of them, and calls `then`. */
  begin(culprits: readonly Suspect[], error: unknown, then: () => void): void {
    this.#pending = { culprits, error, then };
    this.goOn();
  }

  /** There may be room now. */
  goOn(): void {
    const actor = this.#actor;
    const pending = this.#pending;
    if (pending === undefined || actor.phase === 'ended') return; // a rule of the user's may have ended it
    if (
      !actor.runtime.letters.hasRoomFor(pending.culprits.length, actor.phase === 'recovering' ? actor.ticket : Infinity)
    ) {
      this.#waitForRoom();
      return;
    }
    const { culprits, error, then } = pending;
    this.#pending = undefined;
    leaveLine(actor);
    for (const end of new Set(culprits.map((culprit) => culprit.end))) {
      this.#bury(
        end.ring,
        culprits.filter((culprit) => culprit.end === end),
        error,
      );
    }
    then();
  }

  /** All of them are in `ring`, in order. */
  #bury(ring: Ring, culprits: readonly Suspect[], error: unknown): void {
    const actor = this.#actor;
    const { runtime, name, regeneration } = actor;
    const attempts = culprits[0]?.failedAttempts;
    const offsets = culprits.map(({ offset }) => offset);
    actor.tell('error', { channel: ring.name, messages: culprits.length, attempts }, 'showstopper: now a dead letter');
    buryAll(runtime, ring, offsets, { reason: 'showstopper', error, actor: name, regeneration });
    for (const _ of culprits) runtime.probe?.('deadLetter:append', name);
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
