import type { MessageFreezer } from '../base/plain-data.ts';
import { OutputEnd, type OutputUser } from '../channel/output-end.ts';
import type { Ring } from '../channel/ring.ts';

/** So many are kept from turn to turn: an actor that answers the same few again and again makes no new ones. */
const KEPT_MAX = 8;

/**
 * The ends of an actor at the mailboxes that its turns send to without being wired to them: of refs that came in a message or
 * from state. They stage, wait for room and are rolled back as outputs are, and share order and room with an output that is
 * wired to the same channel. They are no senders of it: a channel that has closed makes dead letters of what they send.
 *
 * An actor may meet any number of refs in its life. What is kept of them is a few ends; beyond them, those of the present turn.
 */
export class LooseEnds {
  readonly #user: OutputUser;
  readonly #freezer: MessageFreezer | null;
  /** The actor's outputs. */
  readonly #wired: readonly OutputEnd[];
  readonly #kept: OutputEnd[] = [];
  /** Which of the kept ones gives way next. */
  #cursor = 0;
  /** Those of this turn that are too many to be kept; null while there are none. */
  #many: Map<Ring, OutputEnd> | null = null;

  constructor(user: OutputUser, freezer: MessageFreezer | null, wired: readonly OutputEnd[]) {
    this.#user = user;
    this.#freezer = freezer;
    this.#wired = wired;
  }

  /** The end at `ring`. */
  at(ring: Ring): OutputEnd {
    const kept = this.#kept;
    for (let place = 0; place < kept.length; place += 1) {
      const end = kept[place] as OutputEnd;
      if (end.ring === ring) return end;
    }
    return this.#many?.get(ring) ?? this.#make(ring);
  }

  /** The turn has ended. @returns whether it had more ends than are kept. */
  turnEnded(): boolean {
    const hadMany = this.#many !== null;
    this.#many = null;
    return hadMany;
  }

  #make(ring: Ring): OutputEnd {
    const wired = this.#wired.find((end) => end.ring === ring)?.lead;
    const end = new OutputEnd(this.#user, ring.name, ring, this.#freezer, wired);
    const kept = this.#kept;
    if (kept.length < KEPT_MAX) {
      kept.push(end);
      return end;
    }
    for (let looks = 0; looks < KEPT_MAX; looks += 1) {
      this.#cursor = (this.#cursor + 1) % KEPT_MAX;
      if ((kept[this.#cursor] as OutputEnd).lead.used) continue;
      kept[this.#cursor] = end;
      return end;
    }
    this.#user.markSpecial(); // so that its commit tells when the turn has ended
    this.#many ??= new Map();
    this.#many.set(ring, end);
    return end;
  }
}
