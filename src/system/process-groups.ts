import { type ActorRef, placeOf } from '../actor/actor-ref.ts';
import { DEFAULT_SCOPE, type GroupListener } from '../actor/groups.ts';
import { refuseInTurn } from '../actor/outside-only.ts';
import { checkName, invalidOption } from '../base/options.ts';
import type { SendOptions } from '../channel/sending.ts';
import type { GraphCore } from './graph-core.ts';

/** How one member of a group was sent a message. */
export type GroupCast =
  /** The message is in its mailbox. */
  | { readonly ok: true; readonly ref: ActorRef<never> }
  /** `error` is what `ref.cast` rejected with: it has the message in `details.undelivered`. */
  | { readonly ok: false; readonly ref: ActorRef<never>; readonly error: unknown };

/**
 * Process groups: sets of actors by name, as Erlang's `pg`. An actor leaves its groups when its incarnation ends; the next one
 * joins again if it does so itself, for example in `onStart`. A group is there as long as it has members.
 *
 * Inside a turn `ctx.join`, `ctx.leave` and `ctx.castAll` are part of the turn.
 */
export class ProcessGroups {
  /** Groups of different scopes have nothing to do with each other. */
  readonly scopeName: string;
  readonly #core: GraphCore;

  /** @internal */
  constructor(core: GraphCore, scopeName: string = DEFAULT_SCOPE) {
    this.#core = core;
    this.scopeName = scopeName;
  }

  /** The groups of another scope. There is no end to them: a scope is only a name. */
  scope(name: string): ProcessGroups {
    return new ProcessGroups(this.#core, checkName('groups.scope: name', name));
  }

  /**
   * Adds actors to a group. One that is in it already stays where it is; one that has ended is not added.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`, `ERR_OUTSIDE_API_IN_TURN`.
   */
  join(group: string, ...refs: readonly ActorRef<never>[]): void {
    const { places, name } = this.#change('join', group, refs);
    for (const place of places) this.#core.groups.join(this.scopeName, name, place);
  }

  /**
   * Takes actors out of a group. Nothing happens to one that is not in it.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`, `ERR_OUTSIDE_API_IN_TURN`.
   */
  leave(group: string, ...refs: readonly ActorRef<never>[]): void {
    const { places, name } = this.#change('leave', group, refs);
    for (const place of places) this.#core.groups.leave(this.scopeName, name, place);
  }

  #change(verb: 'join' | 'leave', group: string, refs: readonly ActorRef<never>[]) {
    refuseInTurn(this.#core, `groups.${verb}`, `use ctx.${verb}`);
    const name = checkName(`groups.${verb}: group`, group);
    return { name, places: refs.map((ref) => placeOf(`groups.${verb}`, ref, this.#core)) };
  }

  /**
   * The members at this moment, in the order in which they joined.
   *
   * @typeParam M - What may be sent to them: nobody checks that.
   */
  members<M = never>(group: string): readonly ActorRef<M>[] {
    const name = checkName('groups.members: group', group);
    // What the members take is for whoever names the type to know.
    return this.#core.groups.members(this.scopeName, name).map(({ ref }) => ref as ActorRef<M>);
  }

  /** The groups that have members. */
  names(): readonly string[] {
    return this.#core.groups.names(this.scopeName);
  }

  /**
   * Calls `listener` when an actor joins or leaves the group, by its end too: once each, between two slices. What it throws is
   * logged.
   *
   * @returns a function that ends it: nothing is told after that.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`, `ERR_OUTSIDE_API_IN_TURN`.
   */
  watch(group: string, listener: GroupListener): () => void {
    refuseInTurn(this.#core, 'groups.watch', 'watch groups from outside');
    const name = checkName('groups.watch: group', group);
    if (typeof listener !== 'function') throw invalidOption('groups.watch: listener', 'a function', listener);
    return this.#core.groups.listen(this.scopeName, name, listener);
  }

  /**
   * Sends a message to each member of the moment, as `ref.cast` does.
   *
   * Resolves: when each of them has it, or certainly not; in the order of the members.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`, `ERR_OUTSIDE_API_IN_TURN`, at once.
   */
  castAll(group: string, message: unknown, options: SendOptions = {}): Promise<readonly GroupCast[]> {
    refuseInTurn(this.#core, 'groups.castAll', 'use ctx.castAll');
    return Promise.all(
      this.members(group).map(async (ref): Promise<GroupCast> => {
        try {
          await (ref as ActorRef<unknown>).cast(message, options);
          return { ok: true, ref };
        } catch (error) {
          return { ok: false, ref, error };
        }
      }),
    );
  }
}
