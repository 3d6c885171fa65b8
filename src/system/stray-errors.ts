import { ActorScope } from '../actor/code-tracking.ts';
import { type ErrorDetails, type HoldfastError, isHoldfastError } from '../base/errors.ts';
import type { AsyncContext } from '../ports/async-context.ts';
import type { ActorCell } from './actor-cell.ts';
import { EdgeScope } from './edge-scope.ts';
import type { GraphCore } from './graph-core.ts';

/** Actors that a report lists at most. */
const LISTED_MAX = 20;

type FenceCode = 'ERR_FENCED' | 'ERR_NO_TURN' | 'ERR_ABANDONED';

/**
 * Errors that nothing caught, while the graph is the process's main job: whose they are, and what follows.
 *
 * What belongs to the present incarnation of an actor is its failure. What belongs to one that has ended is told: its
 * successor has no part in it. What belongs to another graph that deals with such errors is left to that one. For the rest
 * nobody can say what still works, so the graph stops.
 */
export class StrayErrors {
  readonly #core: GraphCore;
  readonly #context: AsyncContext;
  readonly #cells: ReadonlyMap<string, ActorCell>;

  constructor(core: GraphCore, context: AsyncContext, cells: ReadonlyMap<string, ActorCell>) {
    this.#core = core;
    this.#context = context;
    this.#cells = cells;
  }

  /** From now on, until the returned function is called, such errors are this graph's business. */
  begin(): () => void {
    this.#core.handlesStrays = true;
    return () => {
      this.#core.handlesStrays = false;
    };
  }

  /**
   * Deals with an error. To be called where it arrives: the asynchronous context says whose it is.
   *
   * @returns false if the graph must stop.
   */
  settle(error: unknown): boolean {
    // Looked at even where this graph follows nothing: the code of another one that does must not stop it.
    const owner = this.#context.owner();
    const scope = owner instanceof ActorScope || owner instanceof EdgeScope ? owner : undefined;
    if (scope !== undefined && scope.runtime !== this.#core && scope.runtime.handlesStrays) return true;
    if (isFenceError(error)) {
      const { actor } = error.details;
      this.#core.log.warn(
        { err: error, actor },
        'a promise that nobody awaited met the fence of a turn that had ended',
      );
      return true;
    }
    if (scope?.runtime !== this.#core) return this.#nobodys(error);
    return scope instanceof ActorScope ? this.#actors(scope, error) : this.#edges(scope, error);
  }

  #actors(scope: ActorScope, error: unknown): true {
    const { actor, regeneration, living } = scope;
    const fields = { err: error, actor: actor.name, regeneration };
    if (living !== undefined) {
      this.#core.log.error(fields, 'an error that nothing caught: it is a failure of the actor that set it off');
      living.interruptBy({ kind: 'stray', error });
    } else {
      this.#core.log.warn(fields, 'an error that nothing caught, of an incarnation that has ended');
    }
    this.#core.emit({ kind: 'stray', actor: actor.name, error, openTurns: [] });
    return true;
  }

  /** Feeds and sinks are not restarted. */
  #edges({ kind, name }: EdgeScope, error: unknown): false {
    this.#core.log.fatal({ err: error, [kind]: name }, 'an error that nothing caught: stopping');
    this.#core.emit({ kind: 'stray', actor: undefined, error, openTurns: [] });
    return false;
  }

  /** Those with an open turn are named, and none of them is blamed. */
  #nobodys(error: unknown): false {
    const openTurns = this.#openTurns();
    this.#core.log.fatal({ err: error, openTurns }, 'an error that nothing caught: stopping');
    this.#core.emit({ kind: 'stray', actor: undefined, error, openTurns });
    return false;
  }

  #openTurns(): string[] {
    const names: string[] = [];
    for (const { name, actor } of this.#cells.values()) {
      if (names.length === LISTED_MAX) break;
      if (actor?.phase === 'turn' || actor?.phase === 'paused') names.push(name);
    }
    return names;
  }
}

/** What leftovers of a turn meet by nature: it has reached nothing, and is no reason to stop. */
function isFenceError(error: unknown): error is HoldfastError & { readonly details: ErrorDetails[FenceCode] } {
  return (
    isHoldfastError(error, 'ERR_FENCED') ||
    isHoldfastError(error, 'ERR_NO_TURN') ||
    isHoldfastError(error, 'ERR_ABANDONED')
  );
}
