import type { EffectCall } from '../actor/rehearsal.ts';
import { isThenable } from '../base/promises.ts';

/** What an effect answers in a test: it returns a value or a promise, or throws. `call.run()` does the real thing. */
export type EffectScript = (call: EffectCall) => unknown;

/** How one effect ended, as a recording keeps it. Values must be plain data. */
export interface RecordedEffect {
  /** Who called it. */
  readonly actor: string;
  /** As the actor calls it. */
  readonly name: string;
  /** Of the calls of this effect by this actor, from 0. */
  readonly call: number;
  /** What it came to. */
  readonly outcome:
    | { readonly kind: 'returned'; readonly value: unknown }
    | { readonly kind: 'threw'; readonly name: string; readonly message: string };
}

/** Which effects: by name, of any actor, or of one. */
export type EffectKey = string | { readonly actor: string; readonly name: string };

/**
 * The world behind `ctx.effect` in a simulation: played by scripts, recorded, or replayed from a recording. What nobody plays
 * is done for real.
 */
export class SimulatedEffects {
  readonly #scripts = new Map<string, EffectScript>();
  #recording: RecordedEffect[] | null = null;
  #replayed: Map<string, RecordedEffect> | null = null;
  readonly #calls = new Map<string, number>();
  /** Stands before all others; for faults. */
  interceptor: ((call: EffectCall, play: () => unknown) => unknown) | null = null;

  /** Plays effects by `script`. The one for an actor counts before the one for all. */
  script(key: EffectKey, script: EffectScript): void {
    this.#scripts.set(typeof key === 'string' ? key : scriptKey(key.actor, key.name), script);
  }

  /** Notes from now on how each effect ends. */
  record(): void {
    this.#recording = [];
  }

  /** What was noted since {@link record}, in the order in which the effects ended. Plain data. */
  get recording(): readonly RecordedEffect[] {
    return this.#recording ?? [];
  }

  /** Plays all effects as they were recorded, each call of an actor as its call of the same number. */
  replay(recording: readonly RecordedEffect[]): void {
    this.#replayed = new Map(recording.map((effect) => [callKey(effect.actor, effect.name, effect.call), effect]));
  }

  /** @internal An actor calls an effect. */
  answer(call: EffectCall): unknown {
    return this.interceptor === null ? this.#play(call) : this.interceptor(call, () => this.#play(call));
  }

  #play(call: EffectCall): unknown {
    const { actor, name } = call;
    const key = scriptKey(actor, name);
    const number = this.#calls.get(key) ?? 0;
    this.#calls.set(key, number + 1);
    if (this.#replayed !== null) return this.#asRecorded(actor, name, number);
    const script = this.#scripts.get(key) ?? this.#scripts.get(name);
    const play = script === undefined ? call.run : () => script(call);
    return this.#recording === null ? play() : noting(this.#recording, { actor, name, call: number }, play);
  }

  #asRecorded(actor: string, name: string, number: number): unknown {
    const outcome = this.#replayed?.get(callKey(actor, name, number))?.outcome;
    if (outcome === undefined) {
      throw new Error(`call ${number} of effect "${name}" by actor "${actor}" is not in the recording`);
    }
    if (outcome.kind === 'returned') return outcome.value;
    const error = new Error(outcome.message);
    error.name = outcome.name;
    throw error;
  }
}

function noting(
  recording: RecordedEffect[],
  who: Pick<RecordedEffect, 'actor' | 'name' | 'call'>,
  play: () => unknown,
): unknown {
  const returned = <T>(value: T): T => {
    recording.push({ ...who, outcome: { kind: 'returned', value } });
    return value;
  };
  const threw = (error: unknown): never => {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    recording.push({ ...who, outcome: { kind: 'threw', name, message } });
    throw error;
  };
  let result: unknown;
  try {
    result = play();
  } catch (error) {
    return threw(error);
  }
  return isThenable(result) ? Promise.resolve(result).then(returned, threw) : returned(result);
}

function scriptKey(actor: string, name: string): string {
  return `${actor}\n${name}`;
}

function callKey(actor: string, name: string, call: number): string {
  return `${actor}\n${name}\n${call}`;
}
