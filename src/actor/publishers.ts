import type { Ring } from '../channel/ring.ts';
import type { ActorPort } from './actor-port.ts';
import type { ActorPlace } from './actor-spec.ts';
import type { GraphEvent } from './events.ts';
import type { WhenFull } from './output-port.ts';
import { Publisher } from './publisher.ts';

/** The output ports of one actor to which anybody has subscribed. */
interface Published {
  readonly place: ActorPlace;
  readonly ports: Map<string, Publisher>;
}

/**
 * The output ports of a graph, as far as they have subscribers: by the names of their actors, of which there is one at a time. An
 * actor that has ended has none.
 */
export class Publishers {
  readonly #published = new Map<string, Published>();
  /** Subscriptions are open ends of their channels. */
  #areEnds = true;
  /** The references to ports that there are: one for each. */
  readonly #refs = new WeakMap<ActorPlace, Map<string, ActorPort<never>>>();

  /** The reference to a port; `make` makes the first one. */
  portOf(place: ActorPlace, port: string, make: () => ActorPort<never>): ActorPort<never> {
    let refs = this.#refs.get(place);
    if (refs === undefined) this.#refs.set(place, (refs = new Map<string, ActorPort<never>>()));
    let ref = refs.get(port);
    if (ref === undefined) refs.set(port, (ref = make()));
    return ref;
  }

  subscribe(place: ActorPlace, port: string, ring: Ring, whenFull: WhenFull): void {
    if (place.ended) return;
    let published = this.#published.get(place.name);
    if (published !== undefined && published.place !== place) this.#forget(published);
    if (published?.place !== place) this.#published.set(place.name, (published = { place, ports: new Map() }));
    let publisher = published.ports.get(port);
    if (publisher === undefined) published.ports.set(port, (publisher = new Publisher(place.name, port)));
    publisher.subscribe(ring, whenFull, this.#areEnds);
  }

  unsubscribe(place: ActorPlace, port: string, ring: Ring): void {
    const publisher = this.find(place, port);
    publisher?.unsubscribe(ring);
    if (publisher?.isEmpty === true) this.#close(place.name, port);
  }

  /** Undefined where nobody is subscribed. */
  find(place: ActorPlace, port: string): Publisher | undefined {
    const published = this.#published.get(place.name);
    return published?.place === place ? published.ports.get(port) : undefined;
  }

  /** An actor has ended: its subscribers hear no more of it. */
  hear(event: GraphEvent): void {
    if (event.kind !== 'ended') return;
    const published = this.#published.get(event.actor);
    if (published?.place.ended === true) this.#forget(published); // else another one has its name by now
  }

  /** Channels may be open for subscriptions alone. */
  get haveEnds(): boolean {
    return this.#areEnds && this.#published.size > 0;
  }

  /**
   * The graph drains, and nobody has anything to do any more: channels are kept open by each other's subscriptions perhaps, or
   * for an actor that has subscribed to itself.
   */
  closeEnds(): void {
    this.#areEnds = false;
    for (const { ports } of this.#published.values()) for (const publisher of ports.values()) publisher.closeEnds();
  }

  /** All channels that are kept open by subscriptions. */
  rings(): ReadonlySet<Ring> {
    const publishers = [...this.#published.values()].flatMap(({ ports }) => [...ports.values()]);
    return new Set(publishers.flatMap((publisher) => [...publisher.rings()]));
  }

  #close(actor: string, port: string): void {
    const published = this.#published.get(actor);
    published?.ports.delete(port);
    if (published?.ports.size === 0) this.#published.delete(actor);
  }

  #forget({ place, ports }: Published): void {
    this.#published.delete(place.name);
    for (const publisher of ports.values()) publisher.closeEnds();
  }
}
