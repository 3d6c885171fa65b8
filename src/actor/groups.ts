import type { ActorRef } from './actor-ref.ts';
import type { ActorPlace } from './actor-spec.ts';
import type { GraphEvent } from './events.ts';
import type { Runtime } from './runtime.ts';

/** The scope of groups that are in none by name. */
export const DEFAULT_SCOPE = 'default';

/** Which groups are meant, in `ctx.join` and the like. */
export interface GroupOptions {
  /** Groups of different scopes have nothing to do with each other. Default: that of `graph.groups`. */
  readonly scope?: string;
}

/** An actor has joined or left a group. */
export interface GroupChange {
  /** Which of the two. */
  readonly kind: 'joined' | 'left';
  /** The scope of the group. */
  readonly scope: string;
  /** Name of the group. */
  readonly group: string;
  /** Name of the actor. */
  readonly actor: string;
  /** Of the actor, for comparison and to watch it: what it takes is not known here. */
  readonly ref: ActorRef<never>;
}

/** Hears of members that come and go: between two slices; what it throws is logged. */
export type GroupListener = (change: GroupChange) => void;

/** One group of actors. There is one only while it has members or listeners. */
interface Group {
  readonly scope: string;
  readonly name: string;
  /** In the order in which they joined. */
  readonly members: Set<ActorPlace>;
  readonly listeners: Set<(change: GroupChange) => void>;
}

/** The groups of a graph: sets of actors, by scope and name. A member leaves when its incarnation ends. */
export class Groups {
  readonly #runtime: Runtime;
  /** By scope, then by name. */
  readonly #scopes = new Map<string, Map<string, Group>>();
  /** The groups that an actor is in, by its name. */
  readonly #groupsOf = new Map<string, Set<Group>>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  join(scope: string, name: string, place: ActorPlace): void {
    if (place.ended) return;
    const group = this.#open(scope, name);
    if (group.members.has(place)) return;
    group.members.add(place);
    const own = this.#groupsOf.get(place.name);
    if (own === undefined) this.#groupsOf.set(place.name, new Set([group]));
    else own.add(group);
    this.#tell(group, 'joined', place);
  }

  leave(scope: string, name: string, place: ActorPlace): void {
    const group = this.#scopes.get(scope)?.get(name);
    if (group?.members.has(place) !== true) return;
    const own = this.#groupsOf.get(place.name);
    own?.delete(group);
    if (own?.size === 0) this.#groupsOf.delete(place.name);
    this.#remove(group, place);
  }

  /** A copy, in the order in which they joined. */
  members(scope: string, name: string): ActorPlace[] {
    return [...(this.#scopes.get(scope)?.get(name)?.members ?? [])];
  }

  /** Those that have members. */
  names(scope: string): string[] {
    const groups = [...(this.#scopes.get(scope)?.values() ?? [])];
    return groups.filter(({ members }) => members.size > 0).map(({ name }) => name);
  }

  /** @returns a function that ends it: nothing is told after that. */
  listen(scope: string, name: string, listener: GroupListener): () => void {
    let isOver = false;
    const own = (change: GroupChange): void => {
      this.#runtime.callSoon(() => (isOver ? undefined : listener(change)));
    };
    this.#open(scope, name).listeners.add(own);
    return () => {
      isOver = true;
      const group = this.#scopes.get(scope)?.get(name);
      if (group?.listeners.delete(own) === true) this.#closeIfEmpty(group);
    };
  }

  /** An incarnation that ends leaves its groups; the next one joins again if it wants to. */
  hear(event: GraphEvent): void {
    if (event.kind !== 'actorStopped' && event.kind !== 'ended') return;
    const own = this.#groupsOf.get(event.actor);
    if (own === undefined) return;
    this.#groupsOf.delete(event.actor);
    for (const group of own) {
      for (const place of group.members) if (place.name === event.actor) this.#remove(group, place);
    }
  }

  #open(scope: string, name: string): Group {
    let groups = this.#scopes.get(scope);
    if (groups === undefined) this.#scopes.set(scope, (groups = new Map<string, Group>()));
    let group = groups.get(name);
    if (group === undefined) groups.set(name, (group = { scope, name, members: new Set(), listeners: new Set() }));
    return group;
  }

  #remove(group: Group, place: ActorPlace): void {
    group.members.delete(place);
    this.#tell(group, 'left', place);
    this.#closeIfEmpty(group);
  }

  #closeIfEmpty({ scope, name, members, listeners }: Group): void {
    if (members.size > 0 || listeners.size > 0) return;
    const groups = this.#scopes.get(scope);
    groups?.delete(name);
    if (groups?.size === 0) this.#scopes.delete(scope);
  }

  #tell({ scope, name: group, listeners }: Group, kind: GroupChange['kind'], { name: actor, ref }: ActorPlace): void {
    const change: GroupChange = Object.freeze({ kind, scope, group, actor, ref });
    for (const listener of listeners) listener(change);
  }
}
