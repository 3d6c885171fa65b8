import type { EffectNote, Reading, RecordedActor } from '../actor/failure-recorder.ts';
import type { Clock } from '../ports/clock.ts';

/** How one effect of a turn has gone so far. */
export type NotedEffect = { readonly name: string } & (
  | { readonly kind: 'returned'; readonly afterMs: number; readonly value: unknown }
  | { readonly kind: 'threw'; readonly afterMs: number; readonly error: unknown }
  | { readonly kind: 'pending' }
);

/** Readings of each kind, and effects, that are kept of one turn. */
export const READINGS_MAX = 1_000;
export const EFFECTS_MAX = 100;

/** What one turn of an actor has read of the world. Begun by the first reading: most turns have none. */
export class TurnRecord {
  readonly #regeneration: number;
  readonly #turnNumber: number;
  readonly readings: Readonly<Record<Reading, number[]>> = { nowMs: [], wallMs: [], random: [], hasTimer: [] };
  readonly effects: NotedEffect[] = [];
  /** How often it has waited inside the turn. */
  pauses = 0;
  /** There was more than is kept. */
  isCut = false;

  constructor({ regeneration, turnNumber }: RecordedActor) {
    this.#regeneration = regeneration;
    this.#turnNumber = turnNumber;
  }

  /** Whether it is that of the present turn. */
  isOf({ regeneration, turnNumber }: RecordedActor): boolean {
    return regeneration === this.#regeneration && turnNumber === this.#turnNumber;
  }

  read(what: Reading, value: number): void {
    const readings = this.readings[what];
    if (readings.length < READINGS_MAX) readings.push(value);
    else this.isCut = true;
  }

  effect(name: string, clock: Clock): EffectNote {
    const place = this.effects.length;
    if (place >= EFFECTS_MAX) {
      this.isCut = true;
      return UNNOTED;
    }
    const beganMs = clock.nowMs();
    this.effects.push({ name, kind: 'pending' });
    const settle = (effect: NotedEffect): void => {
      this.effects[place] = effect;
    };
    return {
      returned: (value) => settle({ name, kind: 'returned', afterMs: clock.nowMs() - beganMs, value }),
      threw: (error) => settle({ name, kind: 'threw', afterMs: clock.nowMs() - beganMs, error }),
    };
  }
}

const UNNOTED: EffectNote = Object.freeze({ returned: () => undefined, threw: () => undefined });
