import type { InputEnd } from '../channel/input-end.ts';
import { Pacer } from './pacer.ts';
import type { TurnAllowance } from './rehearsal.ts';
import type { Runtime } from './runtime.ts';
import type { ActorSettings } from './settings.ts';

/** What a degraded graph asks of its optional actors and of its sources. */
export interface Brakes {
  /** Optional actors begin no turn. */
  readonly pausesOptional: boolean;
  /** Least time between two turns of a source, or two items of a feed, in milliseconds; 0 for none. */
  readonly sourceDelayMs: number;
}

interface GatedActor {
  readonly name: string;
  readonly runtime: Runtime;
  readonly settings: ActorSettings;
  readonly inputs: readonly InputEnd[];
  enqueue(): void;
}

/**
 * A degraded graph has it wait until it recovers.
 *
 * @param isClosing - What is left in its inputs is all there will ever be: it may come to its end.
 */
export function isPaused(
  { brakes }: Pick<Runtime, 'brakes'>,
  { optional }: Pick<ActorSettings, 'optional'>,
  isClosing: () => boolean,
): boolean {
  return brakes?.pausesOptional === true && optional && !isClosing();
}

/**
 * Holds back the turns of an actor while its graph is degraded: those of an optional actor, and those of a source that come
 * too early. A turn that is open already goes on, and commits. In a test, those for which an actor has no leave. Nobody else
 * needs a gate.
 */
export class TurnGate {
  readonly #actor: GatedActor;
  readonly #pacer: Pacer | null;
  /** For a test; null in production. */
  readonly #allowance: TurnAllowance | null;

  /** @returns null for an actor that is never held back. */
  static of(actor: GatedActor): TurnGate | null {
    const allowance = actor.runtime.rehearsal?.allowanceOf(actor.name) ?? null;
    const isHeldBack = allowance !== null || actor.settings.optional || actor.inputs.length === 0;
    return isHeldBack ? new TurnGate(actor, allowance) : null;
  }

  private constructor(actor: GatedActor, allowance: TurnAllowance | null) {
    this.#actor = actor;
    this.#allowance = allowance;
    this.#pacer = actor.inputs.length === 0 ? new Pacer(actor.runtime, () => actor.enqueue()) : null;
  }

  /** No turn may begin now. */
  get isShut(): boolean {
    return this.isPaused || this.#pacer?.isEarly === true;
  }

  /** No turn may begin until the graph recovers. */
  get isPaused(): boolean {
    const { runtime, settings } = this.#actor;
    return isPaused(runtime, settings, () => this.#isClosing);
  }

  /** {@link isShut} for the actor itself: if so, it is told when that may have changed. */
  holdsBack(): boolean {
    if (this.#allowance?.isUsedUp !== true) {
      if (this.#actor.runtime.brakes === null || !this.isShut) return false;
      if (this.#pacer?.isEarly === true) this.#pacer.wakeInTime();
    }
    for (const { ring } of this.#actor.inputs) ring.parked = true; // or it would not be told that they close
    return true;
  }

  /** A turn begins. @returns true if the one after it may have to wait. */
  turnBegins(): boolean {
    const isPaced = this.#pacer?.step() ?? false;
    return isPaced || this.#allowance !== null;
  }

  stop(): void {
    this.#pacer?.stop();
  }

  get #isClosing(): boolean {
    const { inputs } = this.#actor;
    return inputs.length > 0 && inputs.every(({ ring }) => ring.closed);
  }
}
