import { checkKnownKeys, checkName, checkObject, invalidOption } from '../base/options.ts';
import { InputEnd } from '../channel/input-end.ts';
import type { Ring } from '../channel/ring.ts';
import type { Actor } from './actor.ts';
import { portIn, whenFullOf } from './actor-port.ts';
import { MAILBOX_PORT, mailboxOf, placeOf } from './actor-ref.ts';
import type { ActorPlace } from './actor-spec.ts';
import type { Fence } from './fence.ts';
import { DEFAULT_SCOPE, type GroupOptions } from './groups.ts';
import type { SubscribeOptions } from './output-port.ts';
import { looseEndAt } from './ref-view.ts';
import type { ContextVerb } from './runtime.ts';
import { StagedSteps } from './staged-steps.ts';

interface WatchIn {
  readonly to: string;
  readonly incarnations?: boolean;
}

interface SubscribeIn extends SubscribeOptions {
  readonly to?: string;
}

/** What an actor can be to others besides sender and reader, as one context sees it: all of it is staged. */
export class BondsView {
  readonly #fence: Fence;
  readonly #actor: Actor;

  constructor(fence: Fence, actor: Actor) {
    this.#fence = fence;
    this.#actor = actor;
  }

  watch(ref: unknown, options: WatchIn): void {
    this.#stage('watch', () => {
      const place = this.#placeOf('ctx.watch', ref);
      checkObject('ctx.watch: options', options);
      checkKnownKeys('ctx.watch', options, ['to', 'incarnations']);
      const { to, incarnations = false } = options;
      checkFlag('ctx.watch: incarnations', incarnations);
      const ring = this.#inputFor('ctx.watch: to', to);
      return ({ watches }, self) => watches.watch(self, { place, ring, incarnations });
    });
  }

  unwatch(ref: unknown): void {
    this.#stage('unwatch', () => {
      const place = this.#placeOf('ctx.unwatch', ref);
      return ({ watches }, self) => watches.unwatch(self, place, this.#rings());
    });
  }

  subscribe(port: unknown, options: SubscribeIn = {}): void {
    this.#stage('subscribe', () => {
      const { place, name } = portIn('ctx.subscribe', port, this.#actor.runtime);
      const whenFull = whenFullOf('ctx.subscribe', options, ['to']);
      const ring = this.#inputFor('ctx.subscribe: to', options.to ?? MAILBOX_PORT);
      return ({ publishers }) => publishers.subscribe(place, name, ring, whenFull);
    });
  }

  unsubscribe(port: unknown, options: Pick<SubscribeIn, 'to'> = {}): void {
    this.#stage('unsubscribe', () => {
      const { place, name } = portIn('ctx.unsubscribe', port, this.#actor.runtime);
      checkKnownKeys('ctx.unsubscribe', options, ['to']);
      const ring = this.#inputFor('ctx.unsubscribe: to', options.to ?? MAILBOX_PORT);
      return ({ publishers }) => publishers.unsubscribe(place, name, ring);
    });
  }

  link(ref: unknown): void {
    this.#stage('link', () => {
      const place = this.#placeOf('ctx.link', ref);
      return ({ links }, self) => links.link(self, place);
    });
  }

  unlink(ref: unknown): void {
    this.#stage('unlink', () => {
      const place = this.#placeOf('ctx.unlink', ref);
      return ({ links }, self) => links.unlink(self, place, this.#rings());
    });
  }

  join(group: string, options: GroupOptions = {}): void {
    this.#stage('join', () => {
      const { scope, name } = groupOf('ctx.join', group, options);
      return ({ groups }, self) => groups.join(scope, name, self);
    });
  }

  leave(group: string, options: GroupOptions = {}): void {
    this.#stage('leave', () => {
      const { scope, name } = groupOf('ctx.leave', group, options);
      return ({ groups }, self) => groups.leave(scope, name, self);
    });
  }

  castAll(group: string, message: unknown, options: GroupOptions = {}): void {
    this.#fence.check('cast');
    const actor = this.#actor;
    const rings = this.#orPoison(() => {
      const { scope, name } = groupOf('ctx.castAll', group, options);
      return actor.runtime.groups.members(scope, name).map(({ ref }) => mailboxOf('ctx.castAll', ref, actor.runtime));
    });
    for (const ring of rings) looseEndAt(actor, ring).stage(message);
  }

  #stage(verb: ContextVerb, prepare: () => (runtime: Actor['runtime'], self: ActorPlace) => void): void {
    this.#fence.check(verb);
    const { turn, runtime, place } = this.#actor;
    const step = this.#orPoison(prepare);
    StagedSteps.stage(turn, () => step(runtime, place));
  }

  #placeOf(api: string, ref: unknown): ActorPlace {
    return placeOf(api, ref, this.#actor.runtime);
  }

  #inputFor(option: string, input: unknown): Ring {
    const end = this.#actor.inputPorts.find(({ name }) => name === input);
    if (end instanceof InputEnd) return end.ring;
    throw invalidOption(option, `an input of actor "${this.#actor.name}" that is no bundle`, input);
  }

  #rings(): Ring[] {
    return this.#actor.inputs.filter(({ lane }) => lane < 0).map(({ ring }) => ring);
  }

  /** A turn that caught this must not commit. */
  #orPoison<T>(code: () => T): T {
    try {
      return code();
    } catch (error) {
      throw this.#actor.turn.poisoned(error as Error); // it throws nothing else
    }
  }
}

function groupOf(api: string, group: string, options: GroupOptions): { readonly scope: string; readonly name: string } {
  checkKnownKeys(api, options, ['scope']);
  const { scope = DEFAULT_SCOPE } = options;
  return { name: checkName(`${api}: group`, group), scope: checkName(`${api}: scope`, scope) };
}

export function checkFlag(option: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw invalidOption(option, 'true or false', value);
}
