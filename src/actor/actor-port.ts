import { HoldfastError } from '../base/errors.ts';
import { checkChoice, checkKnownKeys, invalidOption } from '../base/options.ts';
import { BY_IDENTITY } from '../base/plain-data.ts';
import type { Receiver } from '../channel/receiver.ts';
import type { Ring } from '../channel/ring.ts';
import { mailboxOf } from './actor-ref.ts';
import type { ActorPlace } from './actor-spec.ts';
import type { PortRef, Subscriber, SubscribeOptions, WhenFull } from './output-port.ts';
import { refuseInTurn } from './outside-only.ts';
import type { Runtime } from './runtime.ts';

/** An output port of an actor, for everybody but its turns. */
export class ActorPort<T> implements PortRef<T> {
  static {
    // Kept in state or sent in a message it is neither copied nor frozen.
    Object.defineProperty(ActorPort.prototype, BY_IDENTITY, { value: true });
  }

  declare readonly publishes: (() => T) | undefined;
  readonly name: string;
  readonly #runtime: Runtime;
  readonly #place: ActorPlace;

  constructor(runtime: Runtime, place: ActorPlace, name: string) {
    this.#runtime = runtime;
    this.#place = place;
    this.name = name;
  }

  get actor(): string {
    return this.#place.name;
  }

  subscribe(receiver: Receiver<T>, options: SubscribeOptions = {}): void {
    refuseInTurn(this.#runtime, 'port.subscribe', 'use ctx.subscribe');
    const whenFull = whenFullOf('port.subscribe', options);
    const ring = ringOfReceiver('port.subscribe', receiver, this.#runtime);
    this.#runtime.publishers.subscribe(this.#place, this.name, ring, whenFull);
  }

  unsubscribe(receiver: Receiver<T>): void {
    refuseInTurn(this.#runtime, 'port.unsubscribe', 'use ctx.unsubscribe');
    const ring = ringOfReceiver('port.unsubscribe', receiver, this.#runtime);
    this.#runtime.publishers.unsubscribe(this.#place, this.name, ring);
  }

  subscribers(): readonly Subscriber[] {
    refuseInTurn(this.#runtime, 'port.subscribers', 'ask from outside, or have subscribers say so in messages');
    return this.#runtime.publishers.find(this.#place, this.name)?.subscribers() ?? [];
  }

  /** The actor whose port it is; undefined for one of another graph. */
  placeIn(runtime: Runtime): ActorPlace | undefined {
    return runtime === this.#runtime ? this.#place : undefined;
  }
}

/**
 * The reference to an output port of the actor at `place`.
 *
 * @param ports - Those that its definition has.
 *
 * @throws HoldfastError `ERR_WIRING` if this one is not among them.
 */
export function portOf(runtime: Runtime, place: ActorPlace, ports: readonly string[], name: string): ActorPort<never> {
  if (ports.includes(name)) return runtime.publishers.portOf(place, name, () => new ActorPort(runtime, place, name));
  const those = ports.map((port) => `"${port}"`).join(', ');
  const remedy = ports.length === 0 ? 'declare it among its outputs, as outputPort()' : `it has ${those}`;
  const message = `actor "${place.name}" has no output port "${name}": ${remedy}`;
  throw new HoldfastError('ERR_WIRING', message, { actor: place.name, port: name });
}

/** @throws HoldfastError `ERR_INVALID_OPTION` for what is no output port of an actor of this graph. */
export function portIn(api: string, port: unknown, runtime: Runtime): { place: ActorPlace; name: string } {
  const place = port instanceof ActorPort ? port.placeIn(runtime) : undefined;
  if (place !== undefined) return { place, name: (port as ActorPort<never>).name };
  throw invalidOption(`${api}: port`, 'an output port of an actor of this graph: ref.port(name)', port);
}

const WHEN_FULL: readonly WhenFull[] = ['wait', 'drop', 'disconnect'];

/** @throws HoldfastError `ERR_INVALID_OPTION`. */
export function whenFullOf(api: string, options: SubscribeOptions, others: readonly string[] = []): WhenFull {
  checkKnownKeys(api, options, ['whenFull', ...others]);
  return checkChoice(`${api}: whenFull`, options.whenFull ?? 'wait', WHEN_FULL);
}

/** A channel, inside the runtime. */
interface Readable {
  /** Undefined for one of another graph. */
  ringIn(runtime: Runtime): Ring | undefined;
}

/**
 * The ring of a channel, or of the mailbox of an actor.
 *
 * @throws HoldfastError `ERR_INVALID_OPTION` for what is neither, or of another graph; `ERR_WIRING` for an actor without a mailbox.
 */
export function ringOfReceiver(api: string, receiver: unknown, runtime: Runtime): Ring {
  const channel = receiver as Partial<Readable> | null | undefined; // looked at here
  const isOther = typeof channel?.ringIn !== 'function';
  const isActor = isOther && typeof (receiver as { readonly mailboxIn?: unknown } | null)?.mailboxIn === 'function';
  const ring = isActor ? mailboxOf(api, receiver, runtime) : channel?.ringIn?.(runtime);
  if (ring === undefined) throw invalidOption(`${api}: receiver`, 'a channel or an actor of this graph', receiver);
  return ring;
}
