import { undefinedMessage } from '../channel/output-end.ts';
import type { Actor } from './actor.ts';
import { ringOfReceiver, whenFullOf } from './actor-port.ts';
import type { Fence } from './fence.ts';
import type { OutputPort, SubscribeOptions } from './output-port.ts';
import { Publications } from './publications.ts';
import type { Publisher, Subscription } from './publisher.ts';
import { StagedSteps } from './staged-steps.ts';

/** An output port as one context sees it. */
export class PortView implements OutputPort<unknown> {
  readonly #fence: Fence;
  readonly #actor: Actor;
  readonly #port: string;

  constructor(fence: Fence, actor: Actor, port: string) {
    this.#fence = fence;
    this.#actor = actor;
    this.#port = port;
  }

  publish(message: unknown): void {
    this.#fence.check('publish');
    const { turn, runtime, name, place } = this.#actor;
    if (message === undefined) throw turn.poisoned(undefinedMessage(`${name}.${this.#port}`));
    const publications = Publications.of(turn, runtime);
    const publisher = runtime.publishers.find(place, this.#port);
    for (const subscription of publisher?.present() ?? []) {
      if (subscription.whenFull === 'wait') this.#send(publications, subscription, message);
      else this.#offer(publications, publisher as Publisher, subscription, message);
    }
  }

  /** As an output does, with all that follows: the commit waits for room. */
  #send(publications: Publications, subscription: Subscription, message: unknown): void {
    const end = this.#actor.turn.looseEndAt(subscription.ring);
    const before = end.lead.count;
    end.stage(message);
    if (end.lead.count > before) publications.send(subscription); // else it does not fit the schema
  }

  #offer(publications: Publications, publisher: Publisher, subscription: Subscription, message: unknown): void {
    const end = this.#actor.turn.looseEndAt(subscription.ring);
    const prepared = end.prepare(message);
    if (prepared === undefined) return;
    publications.offer({ publisher, subscription, message: prepared, end: end.lead, place: end.lead.count });
  }

  subscribe(receiver: unknown, options: SubscribeOptions = {}): void {
    this.#fence.check('subscribe');
    const { turn, runtime, place } = this.#actor;
    const port = this.#port;
    const { ring, whenFull } = this.#orPoison(() => ({
      whenFull: whenFullOf(`${port}.subscribe`, options),
      ring: ringOfReceiver(`${port}.subscribe`, receiver, runtime),
    }));
    StagedSteps.stage(turn, () => runtime.publishers.subscribe(place, port, ring, whenFull));
  }

  unsubscribe(receiver: unknown): void {
    this.#fence.check('unsubscribe');
    const { turn, runtime, place } = this.#actor;
    const port = this.#port;
    const ring = this.#orPoison(() => ringOfReceiver(`${port}.unsubscribe`, receiver, runtime));
    StagedSteps.stage(turn, () => runtime.publishers.unsubscribe(place, port, ring));
  }

  /** A turn that caught this must not commit. */
  #orPoison<R>(code: () => R): R {
    try {
      return code();
    } catch (error) {
      throw this.#actor.turn.poisoned(error as Error); // it throws nothing else
    }
  }
}
