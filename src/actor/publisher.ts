import type { Ring } from '../channel/ring.ts';
import type { Subscriber, WhenFull } from './output-port.ts';

/** One that has subscribed. */
export interface Subscription {
  readonly ring: Ring;
  whenFull: WhenFull;
  sent: number;
  dropped: number;
  /** When it was told last that something was dropped, in monotonic milliseconds. */
  toldAtMs: number;
  /** It is an open end of its channel. */
  isEnd: boolean;
}

/** Below so many subscribers nobody looks for those that have ended, but when something is published. */
const SWEEP_MIN = 64;

/** Who has subscribed to one output port of an actor, in order. It belongs to the actor, and not to an incarnation. */
export class Publisher {
  readonly actor: string;
  readonly port: string;
  readonly #subscriptions = new Map<Ring, Subscription>();
  #sweepAt = SWEEP_MIN;

  constructor(actor: string, port: string) {
    this.actor = actor;
    this.port = port;
  }

  /** @param isEnd - The subscription keeps the channel open. */
  subscribe(ring: Ring, whenFull: WhenFull, isEnd: boolean): void {
    const known = this.#subscriptions.get(ring);
    if (known !== undefined && !hasEnded(ring)) known.whenFull = whenFull;
    if (known !== undefined || hasEnded(ring)) return;
    // Those that end tell nobody. Looking for them each time the number has doubled costs each subscriber one look or two.
    if (this.#subscriptions.size >= this.#sweepAt) {
      this.#sweep();
      this.#sweepAt = Math.max(SWEEP_MIN, 2 * this.#subscriptions.size);
    }
    if (isEnd) ring.openSender();
    this.#subscriptions.set(ring, { ring, whenFull, sent: 0, dropped: 0, toldAtMs: -Infinity, isEnd });
  }

  unsubscribe(ring: Ring): void {
    const subscription = this.#subscriptions.get(ring);
    if (subscription === undefined) return;
    this.#subscriptions.delete(ring);
    closeEnd(subscription);
  }

  has(subscription: Subscription): boolean {
    return this.#subscriptions.get(subscription.ring) === subscription;
  }

  get isEmpty(): boolean {
    return this.#subscriptions.size === 0;
  }

  /** A copy: those that have not ended. The others are let go. */
  present(): readonly Subscription[] {
    this.#sweep();
    return [...this.#subscriptions.values()];
  }

  subscribers(): readonly Subscriber[] {
    return this.present().map(({ ring, whenFull, sent, dropped }) => ({ channel: ring.name, whenFull, sent, dropped }));
  }

  /** The channels stay open for it no longer. */
  closeEnds(): void {
    for (const subscription of this.#subscriptions.values()) closeEnd(subscription);
  }

  /** Channels that are open for it. */
  *rings(): Iterable<Ring> {
    for (const { ring, isEnd } of this.#subscriptions.values()) if (isEnd) yield ring;
  }

  #sweep(): void {
    for (const ring of this.#subscriptions.keys()) if (hasEnded(ring)) this.unsubscribe(ring);
  }
}

/** Its reader takes no more, or it has closed: then nothing more may come. One that is turned away only is still there. */
function hasEnded({ takesNoMore, closed }: Ring): boolean {
  return takesNoMore || closed;
}

function closeEnd(subscription: Subscription): void {
  if (!subscription.isEnd) return;
  subscription.isEnd = false;
  subscription.ring.closeSender();
}
