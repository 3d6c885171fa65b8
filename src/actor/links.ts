import { HoldfastError } from '../base/errors.ts';
import type { Ring } from '../channel/ring.ts';
import type { ActorPlace } from './actor-spec.ts';
import { takeBack } from './delivery.ts';
import type { ExitSignal, WatchedExit } from './down.ts';
import type { GraphEvent } from './events.ts';
import { Notice } from './notice.ts';
import type { Runtime } from './runtime.ts';

type Signal = Omit<ExitSignal, 'missed'>;

/**
 * Which actors are linked, by the names of their places. A link is between two incarnations: it ends with the first of them, and
 * the other one hears of it, as an end of its own or, where it traps exits, as a message.
 */
export class Links {
  readonly #runtime: Runtime;
  readonly #links = new Map<string, Set<ActorPlace>>();
  /** What actors that trap exits are told of each other one. */
  readonly #traps = new WeakMap<ActorPlace, WeakMap<ActorPlace, Notice<Signal>>>();
  /** To whom a message was sent. */
  readonly #sentTo = new WeakMap<object, ActorPlace>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  link(place: ActorPlace, other: ActorPlace): void {
    if (place === other || place.ended) return;
    if (other.ended) this.#signal(place, other, other.regeneration, { kind: 'gone' });
    else {
      this.#add(place, other);
      this.#add(other, place);
    }
  }

  /** Nothing of a link between them comes to `place` after this: what waits in its inputs, whose rings these are, is taken out. */
  unlink(place: ActorPlace, other: ActorPlace, rings: readonly Ring[]): void {
    this.#remove(place, other);
    this.#remove(other, place);
    this.#traps.get(place)?.get(other)?.giveUp();
    const isMeant = (message: unknown): boolean => {
      if (typeof message !== 'object' || message === null) return false;
      return this.#sentTo.get(message) === place && (message as ExitSignal).ref === other.ref;
    };
    for (const ring of rings) if (takeBack(ring, isMeant) > 0 && ring.roomWanted) ring.roomAppeared();
  }

  hear(event: GraphEvent): void {
    if (event.kind === 'actorStopped') this.#incarnationEnded(event.actor, event.regeneration, event.exit);
    if (event.kind === 'ended') this.#incarnationEnded(event.actor, undefined, event.exit); // if that was not told before
  }

  #incarnationEnded(actor: string, regeneration: number | undefined, exit: WatchedExit): void {
    const others = this.#links.get(actor);
    if (others === undefined) return;
    for (const other of others) {
      const place = [...(this.#links.get(other.name) ?? [])].find(({ name }) => name === actor);
      if (regeneration === undefined && place?.ended === false) continue; // another one has its name by now
      others.delete(other);
      if (others.size === 0) this.#links.delete(actor);
      if (place === undefined) continue;
      this.#remove(other, place);
      this.#signal(other, place, regeneration ?? place.regeneration, exit);
    }
  }

  #signal(place: ActorPlace, from: ActorPlace, regeneration: number, exit: WatchedExit): void {
    const { trapRing } = place;
    if (trapRing !== undefined) {
      const signal = { kind: 'exit', actor: from.name, ref: from.ref, regeneration, exit } as const;
      this.#noticeOf(place, from, trapRing).tell(signal);
      return;
    }
    switch (exit.kind) {
      case 'completed':
      case 'normal':
        return;
      case 'gone':
        place.endWith({ kind: 'crashed', error: goneError(place.name, from.name) }, `"${from.name}" is gone`);
        return;
      case 'shutdown':
      case 'crashed':
      case 'killed':
        place.endWith(exit, `it is linked to "${from.name}", which has ended`);
    }
  }

  #noticeOf(place: ActorPlace, from: ActorPlace, ring: Ring): Notice<Signal> {
    let notices = this.#traps.get(place);
    if (notices === undefined) this.#traps.set(place, (notices = new WeakMap<ActorPlace, Notice<Signal>>()));
    let notice = notices.get(from);
    if (notice === undefined) {
      notice = new Notice(this.#runtime, ring, (message) => this.#sentTo.set(message, place));
      notices.set(from, notice);
    }
    return notice;
  }

  #add(place: ActorPlace, other: ActorPlace): void {
    const others = this.#links.get(place.name);
    if (others === undefined) this.#links.set(place.name, new Set([other]));
    else others.add(other);
  }

  #remove(place: ActorPlace, other: ActorPlace): void {
    const others = this.#links.get(place.name);
    if (others?.delete(other) === true && others.size === 0) this.#links.delete(place.name);
  }
}

function goneError(actor: string, other: string): HoldfastError<'ERR_LINK_GONE'> {
  const message = `actor "${actor}" has linked itself to actor "${other}", which has ended: watch it instead, or declare trapExits`;
  return new HoldfastError('ERR_LINK_GONE', message, { actor, other });
}
