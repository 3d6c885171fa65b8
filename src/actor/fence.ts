import { HoldfastError } from '../base/errors.ts';
import type { ContextVerb, Probe, Runtime } from './runtime.ts';

/** Something that a turn awaits. */
export interface Pending {
  /** In words, for reports. */
  readonly what: string;
  /** Its result has come in. */
  readonly hasCome: boolean;
  /** The turn is abandoned: told once, and not if it is over before. */
  abandoned(why: Error): void;
}

/**
 * Lets a context act only while its own turn is open. Every view and every context has one; a handler that returns a promise
 * gets one of its own for that turn, a loop one for each incarnation.
 */
export class Fence {
  /** A turn is open: the context may act. */
  open = false;
  /** The turn or the incarnation has ended for good. */
  dead = false;
  readonly #runtime: Runtime;
  readonly #actor: string;
  readonly #probe: Probe | null;
  #abort: AbortController | undefined;
  /** What the turn awaits, oldest first. */
  #pending: Set<Pending> | undefined;

  constructor(runtime: Runtime, actor: string) {
    this.#runtime = runtime;
    this.#actor = actor;
    this.#probe = runtime.probe;
  }

  /** Every verb of a context passes here. */
  check(verb: ContextVerb): void {
    if (!this.open) throw this.refusal(verb);
    if (this.#probe !== null) this.#probe(verb, this.#actor);
  }

  refusal(
    verb: ContextVerb | 'rollback' | 'every' | 'until',
  ): HoldfastError<'ERR_FENCED'> | HoldfastError<'ERR_NO_TURN'> {
    if (this.dead) return this.leftOver(verb);
    this.#runtime.emit({ kind: 'fenced', actor: this.#actor, verb });
    const message = `${verb} between two turns of actor "${this.#actor}", where there is nothing to stage into. Is a promise not awaited?`;
    return new HoldfastError('ERR_NO_TURN', message, { actor: this.#actor, verb });
  }

  /** What is used belongs to a turn that has ended. */
  leftOver(verb: ContextVerb | 'rollback' | 'every' | 'until'): HoldfastError<'ERR_FENCED'> {
    this.#runtime.emit({ kind: 'fenced', actor: this.#actor, verb });
    const message = `${verb} by a turn of actor "${this.#actor}" that has ended: it reaches nothing. Is a promise not awaited, or a timer, a listener or an iterator left over?`;
    return new HoldfastError('ERR_FENCED', message, { actor: this.#actor, verb });
  }

  /** Somebody has asked for the signal, and may hear it abort. */
  get hasSignal(): boolean {
    return this.#abort !== undefined;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.dead) this.#abort.abort(this.abandoned('its turn has ended'));
    return this.#abort.signal;
  }

  /** The turn awaits it from now on. */
  awaits(pending: Pending): void {
    (this.#pending ??= new Set()).add(pending);
  }

  awaitsNoMore(pending: Pending): void {
    this.#pending?.delete(pending);
  }

  /** What the turn awaits, oldest first. */
  get pending(): readonly Pending[] {
    return [...(this.#pending ?? [])];
  }

  /** The turn ends as it should. */
  retire(): void {
    this.open = false;
    this.dead = true;
    this.#pending = undefined;
  }

  /**
   * The turn is given up: nothing it left behind can act any more, and what waits is told once.
   *
   * @param rejectWait - Tells the wait of a loop, if there is one.
   */
  abandon(why: string, rejectWait?: (error: Error) => void): void {
    if (this.dead) return;
    this.open = false;
    this.dead = true;
    const pending = this.#pending;
    this.#pending = undefined;
    // An error with its stack costs more than the rest of a restart: only for those who are told.
    if (rejectWait === undefined && (pending?.size ?? 0) === 0 && this.#abort === undefined) return;
    const error = this.abandoned(why);
    rejectWait?.(error);
    for (const awaited of pending ?? []) awaited.abandoned(error);
    this.#abort?.abort(error);
  }

  abandoned(why: string): HoldfastError<'ERR_ABANDONED'> {
    return abandonedError(this.#actor, why);
  }
}

export function abandonedError(actor: string, why: string): HoldfastError<'ERR_ABANDONED'> {
  const message = `the turn of actor "${actor}" was abandoned: ${why}`;
  return new HoldfastError('ERR_ABANDONED', message, { actor, why });
}
