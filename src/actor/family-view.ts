import { HoldfastError } from '../base/errors.ts';
import { checkKnownKeys } from '../base/options.ts';
import type { Actor } from './actor.ts';
import { checkFlag } from './bonds-view.ts';
import type { ChildInfo } from './child-event.ts';
import type { Family } from './family.ts';
import type { Fence } from './fence.ts';

/** The children of an actor as one context sees them: all it does to them is staged. */
export class FamilyView {
  readonly #fence: Fence;
  readonly #actor: Actor;

  constructor(fence: Fence, actor: Actor) {
    this.#fence = fence;
    this.#actor = actor;
  }

  spawn(id: string, definition: unknown, wiring: unknown = {}, options: unknown = {}): unknown {
    this.#fence.check('spawn');
    return this.#orPoison('spawn', (family) => family.spawn(this.#actor.turn, id, definition, wiring, options));
  }

  stopChild(child: unknown, options: unknown = {}): void {
    this.#fence.check('stopChild');
    this.#orPoison('stopChild', (family) => {
      checkKnownKeys('ctx.stopChild', options as object, ['drain']);
      const { drain = false } = options as { readonly drain?: unknown };
      family.stopChild(this.#actor.turn, child, checkFlag('ctx.stopChild: drain', drain));
    });
  }

  children(): readonly ChildInfo[] {
    this.#fence.check('children');
    return this.#orPoison('children', (family) => family.children());
  }

  /** A turn that caught this must not commit. */
  #orPoison<T>(api: string, code: (family: Family) => T): T {
    const { behaviour, turn, place } = this.#actor;
    try {
      const { family } = place;
      if (behaviour.owns !== undefined && family !== undefined) return code(family);
      const problem = `ctx.${api} is for actors that own children: say how it supervises`;
      throw new HoldfastError('ERR_INVALID_DEFINITION', `actor "${place.name}": ${problem}`, { problem });
    } catch (error) {
      // Schemas of arguments are code of the user's, which may throw anything.
      throw turn.poisoned(error instanceof Error ? error : new Error(`ctx.${api} failed`, { cause: error }));
    }
  }
}
