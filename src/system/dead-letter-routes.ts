import type { DeadLetter, NewDeadLetter } from '../actor/dead-letter.ts';
import type { DeadLetterSink, LetterAddress } from '../actor/runtime.ts';
import { Ring, type RoomSource } from '../channel/ring.ts';
import type { Channel } from './channel.ts';
import type { DeadLetterStore } from './dead-letter-store.ts';

/** A channel of the user's that dead letters go to, and which of them. */
export interface Route {
  readonly channel: Channel<DeadLetter>;
  readonly matches: (address: LetterAddress) => boolean;
}

/** Where the dead letters of a graph go: into the channel of the first route that matches, else into the store. */
export class DeadLetterRoutes implements DeadLetterSink {
  readonly store: DeadLetterStore;
  /** Messages are frozen. */
  readonly #freezes: boolean;
  readonly #made: (letter: NewDeadLetter) => void;
  readonly #routes: Route[] = [];
  /** What is said of a message in one of these would come back for ever. */
  readonly #channels = new Set<string>();
  #open = true;

  /** @param made - Hears of each letter. Runs no user code, and never fails. */
  constructor(store: DeadLetterStore, freezes: boolean, made: (letter: NewDeadLetter) => void) {
    this.store = store;
    this.#freezes = freezes;
    this.#made = made;
  }

  /** Each route is one of the senders of its channel. */
  add(route: Route): void {
    const { channel } = route;
    channel.addProducer(this.store.name);
    this.#routes.push(route);
    this.#channels.add(channel.name);
  }

  get channels(): Channel<DeadLetter>[] {
    return this.#routes.map(({ channel }) => channel);
  }

  placeFor(address: LetterAddress): RoomSource {
    if (!this.#open || this.#channels.has(address.channel)) return this.store;
    for (const { channel, matches } of this.#routes) {
      const ring = channel.ring();
      if (!ring.takesNoMore && matches(address)) return ring;
    }
    return this.store;
  }

  deliver(letter: NewDeadLetter, place: RoomSource): void {
    if (!(place instanceof Ring)) this.store.add(letter);
    else {
      const message = this.store.pass(letter);
      place.push(this.#freezes ? frozen(message) : message);
    }
    this.#made(letter);
  }

  /** From now on all letters go to the store: the channels may close, and whoever waits there with a letter looks again. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const { channel } of this.#routes) {
      channel.closeSender();
      for (const waiting of channel.ring().whoStandsInLine()) waiting.roomAppeared();
    }
  }
}

/** Without a look at any value: the payload was frozen when it was sent, and the stack of the error is made when it is read. */
function frozen(letter: DeadLetter): DeadLetter {
  for (const issue of letter.issues) {
    Object.freeze(issue.path);
    Object.freeze(issue);
  }
  Object.freeze(letter.issues);
  Object.freeze(letter.error);
  return Object.freeze(letter);
}
