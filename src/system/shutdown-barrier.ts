/** How many parties must ask before a shutdown begins, or which ones: see `GraphOptions.shutdownBarrier`. */
export type BarrierParties = number | readonly string[];

/** The barrier at one moment, as plain data. */
export interface BarrierSnapshot {
  /** How many must ask. */
  readonly needed: number;
  /** Who has asked, in order. */
  readonly asked: readonly string[];
  /** How many more have to ask before the shutdown begins. */
  readonly missing: number;
}

/** - `counted`, `repeated`: the party asks for the first time, or again. - `stranger`: it is not among those named. */
export type Asking = 'counted' | 'repeated' | 'stranger';

/**
 * What the end of an actor means for the barrier.
 *
 * - `nothing`: it is no party, has asked, or others are left that can ask in its place.
 * - `lost`: a party that was named will never ask. The others do not wait for it.
 * - `short`: from now on fewer actors are left than still have to ask. Told once.
 */
export type Loss = 'nothing' | 'lost' | 'short';

/**
 * Counts who has asked for a shutdown; decides, and does nothing.
 *
 * The barrier that this is modelled on hangs for ever when a party has died. Here a party that was named and has ended
 * counts no longer. With a number alone nobody knows who is meant, and somebody outside may still ask: then all that can
 * be known is that the actors are too few.
 */
export class ShutdownBarrier {
  readonly needed: number;
  readonly #named: ReadonlySet<string> | undefined;
  readonly #asked = new Set<string>();
  /** Named parties that ended without having asked. */
  readonly #lost = new Set<string>();
  /** Actors that live and have not asked. */
  #couldAsk = 0;
  #isShort = false;

  constructor(parties: BarrierParties) {
    this.#named = typeof parties === 'number' ? undefined : new Set(parties);
    this.needed = typeof parties === 'number' ? parties : parties.length;
  }

  /** Somebody has asked, and nobody who still can has to. */
  get isMet(): boolean {
    return this.#asked.size > 0 && this.missing === 0;
  }

  get missing(): number {
    return Math.max(0, this.needed - this.#lost.size - this.#asked.size);
  }

  /** The graph starts with so many actors. */
  started(actors: number): void {
    this.#couldAsk += actors;
  }

  /** @param isActor - It is the name of an actor that has not ended. */
  ask(party: string, isActor: boolean): Asking {
    if (this.#named?.has(party) === false) return 'stranger';
    if (this.#asked.has(party)) return 'repeated';
    this.#asked.add(party);
    this.#lost.delete(party); // somebody outside asks in the name of an actor that has ended
    if (isActor) this.#couldAsk -= 1;
    return 'counted';
  }

  /** An actor has ended for good. */
  ended(actor: string): Loss {
    if (this.#asked.has(actor)) return 'nothing';
    this.#couldAsk -= 1;
    if (this.#named !== undefined) {
      if (!this.#named.has(actor)) return 'nothing';
      this.#lost.add(actor);
      return 'lost';
    }
    if (this.#isShort || this.#asked.size + this.#couldAsk >= this.needed) return 'nothing';
    this.#isShort = true;
    return 'short';
  }

  snapshot(): BarrierSnapshot {
    return { needed: this.needed, asked: [...this.#asked], missing: this.missing };
  }
}
