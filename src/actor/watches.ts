import type { Ring } from '../channel/ring.ts';
import type { ActorPlace } from './actor-spec.ts';
import { takeBack } from './delivery.ts';
import type { Down, DownListener, WatchedExit } from './down.ts';
import type { GraphEvent } from './events.ts';
import { Notice } from './notice.ts';
import type { Runtime } from './runtime.ts';

type End = Omit<Down, 'missed'>;

/** Somebody watches an actor. */
interface Watch {
  readonly place: ActorPlace;
  /** Each end of an incarnation is told, and not only the last one. */
  incarnations: boolean;
  /** The incarnation whose end was told last. */
  told: number;
  tell(end: End): void;
}

/** An actor watches another one. */
class InnerWatch implements Watch {
  readonly place: ActorPlace;
  readonly watcher: ActorPlace;
  incarnations: boolean;
  told = -1;
  readonly notice: Notice<End>;

  /** @param sent - Is called with each message that enters the input. */
  constructor(
    runtime: Runtime,
    watcher: ActorPlace,
    { place, ring, incarnations }: { place: ActorPlace; ring: Ring; incarnations: boolean },
    sent: (watch: InnerWatch, message: object) => void,
  ) {
    this.place = place;
    this.watcher = watcher;
    this.incarnations = incarnations;
    this.notice = new Notice(runtime, ring, (message) => sent(this, message));
  }

  tell(end: End): void {
    this.notice.tell(end);
  }
}

/**
 * Who watches whom in a graph. It hears of the ends of actors as listeners do, but at once. An actor that has ended is watched
 * by nobody and watches nobody; all else is kept by name, of which there is one at a time.
 */
export class Watches {
  readonly #runtime: Runtime;
  readonly #watches = new Map<string, Set<Watch>>();
  /** Those of an actor, by its name; also those that are over and whose last message waits for room. */
  readonly #inner = new Map<string, Set<InnerWatch>>();
  /** To whom a message was sent. */
  readonly #sentTo = new WeakMap<object, ActorPlace>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Code outside the graph watches. @returns a function that ends it: nothing is told after that. */
  listen(place: ActorPlace, listener: DownListener, incarnations: boolean): () => void {
    let isOver = false;
    const call = (end: End): void => {
      const down: Down = Object.freeze({ ...end, missed: 0 });
      this.#runtime.callSoon(() => (isOver ? undefined : listener(down)));
    };
    const watch: Watch = { place, incarnations, told: -1, tell: call };
    if (place.ended) call(endOf(place, { kind: 'gone' }));
    else addTo(this.#watches, place.name, watch);
    return () => {
      isOver = true;
      removeFrom(this.#watches, place.name, watch);
    };
  }

  /** An actor watches another one, or itself; it is told in the input that has this ring. */
  watch(watcher: ActorPlace, watched: { place: ActorPlace; ring: Ring; incarnations: boolean }): void {
    const { place, ring, incarnations } = watched;
    const known = this.#watching(watcher, place).find(({ notice }) => notice.ring === ring);
    if (known !== undefined) {
      known.incarnations = incarnations;
      return;
    }
    const watch = new InnerWatch(this.#runtime, watcher, watched, (sender, message) => {
      this.#sentTo.set(message, watcher);
      if (this.#watches.get(place.name)?.has(sender) !== true) removeFrom(this.#inner, watcher.name, sender);
    });
    addTo(this.#inner, watcher.name, watch);
    if (!place.ended) addTo(this.#watches, place.name, watch);
    else {
      watch.tell(endOf(place, { kind: 'gone' }));
      this.#over(watch);
    }
  }

  /** Nothing of `place` comes to `watcher` after this: what waits in its inputs, whose rings these are, is taken out. */
  unwatch(watcher: ActorPlace, place: ActorPlace, rings: readonly Ring[]): void {
    for (const watch of this.#watching(watcher, place)) this.#drop(watch);
    const isMeant = (message: unknown): boolean => {
      if (typeof message !== 'object' || message === null) return false;
      return this.#sentTo.get(message) === watcher && (message as Down).ref === place.ref;
    };
    for (const ring of rings) if (takeBack(ring, isMeant) > 0 && ring.roomWanted) ring.roomAppeared();
  }

  hear(event: GraphEvent): void {
    if (event.kind === 'ended') this.#ended(event);
    if (event.kind !== 'actorStopped') return;
    for (const watch of this.#watches.get(event.actor) ?? []) if (watch.incarnations) this.#tell(watch, event);
    for (const watch of this.#inner.get(event.actor) ?? []) if (watch.watcher.isReset) this.#drop(watch);
  }

  /** An actor begins without what it had. */
  stateForgotten(watcher: string): void {
    for (const watch of this.#inner.get(watcher) ?? []) this.#drop(watch);
  }

  #ended({ actor, exit }: GraphEvent & { readonly kind: 'ended' }): void {
    for (const watch of this.#watches.get(actor) ?? []) {
      const { ended, regeneration } = watch.place;
      if (!ended) continue; // another one has its name by now
      removeFrom(this.#watches, actor, watch);
      // Perhaps the end of this incarnation was told already, and only now is known to be the last one.
      if (watch.told < regeneration) this.#tell(watch, { regeneration, exit });
      if (watch instanceof InnerWatch) this.#over(watch);
    }
    for (const watch of this.#inner.get(actor) ?? []) if (watch.watcher.ended) this.#drop(watch);
  }

  #tell(watch: Watch, { regeneration, exit }: { readonly regeneration: number; readonly exit: WatchedExit }): void {
    watch.told = regeneration;
    watch.tell(endOf(watch.place, exit, regeneration));
  }

  /** What it had to tell is told, or waits for room: until then it is kept. */
  #over(watch: InnerWatch): void {
    if (!watch.notice.waits) removeFrom(this.#inner, watch.watcher.name, watch);
  }

  #watching(watcher: ActorPlace, place: ActorPlace): InnerWatch[] {
    return [...(this.#inner.get(watcher.name) ?? [])].filter((watch) => watch.place === place);
  }

  #drop(watch: InnerWatch): void {
    removeFrom(this.#watches, watch.place.name, watch);
    removeFrom(this.#inner, watch.watcher.name, watch);
    watch.notice.giveUp();
  }
}

function endOf(place: ActorPlace, exit: WatchedExit, regeneration: number = place.regeneration): End {
  return Object.freeze({ kind: 'down', actor: place.name, ref: place.ref, regeneration, exit });
}

function addTo<T>(sets: Map<string, Set<T>>, name: string, item: T): void {
  const set = sets.get(name);
  if (set === undefined) sets.set(name, new Set([item]));
  else set.add(item);
}

function removeFrom<T>(sets: Map<string, Set<T>>, name: string, item: T): void {
  const set = sets.get(name);
  if (set?.delete(item) === true && set.size === 0) sets.delete(name);
}
