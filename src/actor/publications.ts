import type { OutputEnd } from '../channel/output-end.ts';
import type { Ring } from '../channel/ring.ts';
import type { Publisher, Subscription } from './publisher.ts';
import type { Runtime } from './runtime.ts';
import type { StagedEffect, Turn } from './turn.ts';

/** So often a subscriber that drops messages is told of, at the most: the first time at once. */
const TELL_EVERY_MS = 1_000;

/** A message for a subscriber that nobody waits for: it gets it if there is room when the turn commits. */
export interface Offer {
  readonly publisher: Publisher;
  readonly subscription: Subscription;
  readonly message: unknown;
  /** The end at which it would be staged, and behind how many messages. */
  readonly end: OutputEnd;
  readonly place: number;
}

/** What a turn has for one subscriber that nobody waits for. */
interface Share {
  readonly publisher: Publisher;
  /** How many messages are kept for it. */
  kept: number;
  /** How many more there were, and those for which there was no room. */
  refused: number;
}

/** An actor whose turn is about to be made real, together with others perhaps. */
interface Committing {
  readonly turn: Turn;
}

/**
 * What a turn has published at output ports. For subscribers that wait, the messages are staged as for any output. For the
 * others they are kept here until it is certain that the turn commits: then those that there is room for are put among the staged
 * ones, at their places, and the others are dropped.
 */
export class Publications implements StagedEffect {
  /** A loop that publishes before its first wait has begun its work, whether anybody hears it or not. */
  readonly isSetUp = false;
  readonly #runtime: Runtime;
  /** One entry for each message that is staged. */
  #sends: Subscription[] = [];
  /** In the order in which they were published; of each subscriber, no more than its channel can ever hold. */
  #offers: Offer[] = [];
  readonly #shares = new Map<Subscription, Share>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Those of the present turn. */
  static of(turn: Turn, runtime: Runtime): Publications {
    const publications = (turn.publications ??= new Publications(runtime));
    turn.stageEffect(publications);
    return publications;
  }

  /** A message for this subscriber has been staged. */
  send(subscription: Subscription): void {
    this.#sends.push(subscription);
  }

  offer(offer: Offer): void {
    const { publisher, subscription } = offer;
    let share = this.#shares.get(subscription);
    if (share === undefined) this.#shares.set(subscription, (share = { publisher, kept: 0, refused: 0 }));
    if (share.kept >= subscription.ring.capacity)
      share.refused += 1; // there can be no room for it
    else {
      share.kept += 1;
      this.#offers.push(offer);
    }
  }

  /** Whether something may come to be staged for `ring`. */
  offersTo(ring: Ring): boolean {
    return this.#offers.some(({ subscription }) => subscription.ring === ring);
  }

  /** The messages that may come to be staged. */
  offered(): readonly unknown[] {
    return this.#offers.map(({ message }) => message);
  }

  /**
   * It is certain that the turn commits, and nothing of it is real yet.
   *
   * @param group - All those that commit in the same step.
   */
  settle(group: readonly Committing[]): void {
    if (this.#offers.length === 0) return;
    const rooms = this.#roomsBesides(group);
    const accepted = new Map<OutputEnd, Offer[]>();
    for (const offer of this.#offers) {
      const { publisher, subscription, end } = offer;
      const room = rooms.get(subscription.ring) ?? 0;
      if (!publisher.has(subscription)) continue; // it has unsubscribed while the commit waited
      if (room <= 0) {
        (this.#shares.get(subscription) as Share).refused += 1; // made with its first offer
        continue;
      }
      rooms.set(subscription.ring, room - 1);
      const others = accepted.get(end);
      if (others === undefined) accepted.set(end, [offer]);
      else others.push(offer);
      this.#sends.push(subscription);
    }
    this.#offers = [];
    for (const [end, offers] of accepted) end.insert(offers);
  }

  /** What is left of the room of each subscriber when all of the group have got what they have been promised. */
  #roomsBesides(group: readonly Committing[]): Map<Ring, number> {
    const needs = group.map(({ turn }) => turn.allNeeds()); // of all at once: there may be any number of subscribers
    const rooms = new Map<Ring, number>();
    for (const { subscription } of this.#offers) {
      const { ring } = subscription;
      if (rooms.has(ring)) continue;
      let room = ring.limit - ring.size;
      for (const each of needs) room -= each.get(ring) ?? 0;
      for (const { turn } of group) room += turn.takesFrom(ring);
      rooms.set(ring, ring.contended ? 0 : room); // others wait for it, or nothing that is sent arrives
    }
    return rooms;
  }

  publish(): void {
    // What is sent to those who refuse it has become dead letters.
    for (const subscription of this.#sends) if (!subscription.ring.refuses) subscription.sent += 1;
    for (const [subscription, { refused }] of this.#shares) subscription.dropped += refused;
    this.#sends = [];
  }

  wake(): void {
    for (const [subscription, { publisher, refused }] of this.#shares) {
      if (refused > 0) this.#tell(publisher, subscription);
    }
    this.#shares.clear();
  }

  rollBack(): void {
    this.#sends = [];
    this.#offers = [];
    this.#shares.clear();
  }

  #tell(publisher: Publisher, subscription: Subscription): void {
    if (!publisher.has(subscription)) return; // it has unsubscribed meanwhile
    const { actor, port } = publisher;
    const { ring, dropped, whenFull } = subscription;
    const what = { actor, port, channel: ring.name, dropped };
    if (whenFull === 'disconnect') {
      publisher.unsubscribe(ring);
      this.#runtime.emit({ kind: 'subscriberDisconnected', ...what });
      return;
    }
    const nowMs = this.#runtime.clock.nowMs();
    if (nowMs - subscription.toldAtMs < TELL_EVERY_MS) return;
    subscription.toldAtMs = nowMs;
    this.#runtime.emit({ kind: 'publicationDropped', ...what });
  }
}
