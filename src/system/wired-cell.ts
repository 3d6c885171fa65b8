import { MAILBOX_PORT, noMailbox } from '../actor/actor-ref.ts';
import { abandonRing } from '../actor/burial.ts';
import type { ActorDefinition, InputSpecs, OutputSpecs, OwnInputSpec } from '../actor/definition.ts';
import type { TableSpecs } from '../actor/table.ts';
import { HoldfastError } from '../base/errors.ts';
import type { Ring, RingConsumer } from '../channel/ring.ts';
import type { WiredTo } from './actor-handle.ts';
import type { Placement } from './cell-placement.ts';
import type { Role } from './stand-in.ts';
import { Channel } from './channel.ts';
import { channelsOf, ownChannelName, type Wired, type WiredPorts } from './wired.ts';

export type AnyDefinition = ActorDefinition<InputSpecs, OutputSpecs, object, unknown, TableSpecs>;

/**
 * An actor's place as far as its channels go: those that it is wired to, and those that are its own, which are made when they
 * are first used. What lives there is the matter of the class that extends it.
 */
export abstract class WiredCell<I extends InputSpecs> implements RingConsumer {
  readonly name: string;
  #definition: AnyDefinition;
  /** What the definition is given. */
  #args: unknown;
  protected placement: Placement;
  #wiring: WiredPorts;
  /** Messages may come to its mailbox from whoever has its ref. */
  #isOpen = true;
  /** The graph knows it and its channels by their names. Not yet, or not any more: then another one may have them, or has. */
  isKnown: boolean | 'displaced' = true;

  constructor(name: string, definition: AnyDefinition, args: unknown, placement: Placement, wiring: WiredPorts) {
    this.name = name;
    this.#definition = definition;
    this.#args = args;
    this.placement = placement;
    this.#wiring = wiring;
  }

  /** Of those of one place, each has the same ports. */
  get definition(): AnyDefinition {
    return this.#definition;
  }

  /** From now on it is what somebody else is made of. */
  protected plays({ definition, args }: Role, placement: Placement): void {
    this.#definition = definition;
    this.#args = args;
    this.placement = placement;
  }

  protected get args(): unknown {
    return this.#args;
  }

  abstract readonly ended: boolean;
  abstract readable(): void;

  input<K extends keyof I & string>(port: K): WiredTo<I[K]> {
    if (!Object.hasOwn(this.definition.inputs, port)) {
      const message = `actor "${this.name}" has no input "${port}"`;
      throw new HoldfastError('ERR_WIRING', message, { actor: this.name, port });
    }
    // The wiring of this actor has the channel's type under this very key.
    return this.#wired(port) as unknown as WiredTo<I[K]>;
  }

  /** @throws HoldfastError `ERR_WIRING` if it has none. */
  get mailbox(): Channel<unknown> {
    if (!this.hasMailbox) throw noMailbox(this.name);
    return this.#wired(MAILBOX_PORT) as Channel<unknown>; // it is no bundle
  }

  get hasMailbox(): boolean {
    return this.definition.inputs[MAILBOX_PORT]?.kind === 'input'; // no object has one of that name from its prototype
  }

  get hasOwnMailbox(): boolean {
    return this.hasOwn(MAILBOX_PORT);
  }

  /** The channel of its mailbox, if there is one and it is in use. */
  get usedMailbox(): Channel<unknown> | undefined {
    return this.hasMailbox ? this.usedInput(MAILBOX_PORT)[0] : undefined; // it is no bundle
  }

  /** From now on nothing comes to its mailbox but from those who are wired to it. */
  protected letMailboxGo(): void {
    this.#isOpen = false;
    this.usedMailbox?.letGo();
  }

  ringsOf(port: string): Ring | readonly Ring[] {
    const wired = this.#wired(port);
    return wired instanceof Channel ? wired.ring() : wired.map((lane) => lane.ring());
  }

  /** Whether `port` is an input that was left unwired: it has a channel of its own, or will have. */
  hasOwn(port: string): boolean {
    if (!Object.hasOwn(this.definition.inputs, port)) return false;
    const wired = this.#wiring[port];
    return wired === undefined || (wired instanceof Channel && wired.name === ownChannelName(this.name, port));
  }

  /** The channels of inputs that were left unwired, as far as they are in use. */
  get ownChannels(): readonly Channel<unknown>[] {
    return Object.keys(this.definition.inputs).flatMap((port) => (this.hasOwn(port) ? this.usedInput(port) : []));
  }

  /** Where it sends. */
  get outputChannels(): readonly Channel<unknown>[] {
    return Object.keys(this.definition.outputs).flatMap((port) => channelsOf(this.#wired(port)));
  }

  /** The channels of all its inputs, which are made where nobody has used them. */
  protected inputChannels(): readonly Channel<unknown>[] {
    return Object.keys(this.definition.inputs).flatMap((port) => channelsOf(this.#wired(port)));
  }

  /** The channels of its inputs, without those that nobody has used. */
  protected usedInputs(): readonly Channel<unknown>[] {
    return Object.keys(this.definition.inputs).flatMap((port) => this.usedInput(port));
  }

  /** Something waits to be read. */
  protected get hasMessages(): boolean {
    for (const port of Object.keys(this.definition.inputs)) {
      const wired = this.#wiring[port];
      if (wired !== undefined && channelsOf(wired).some(({ size }) => size > 0)) return true;
    }
    return false;
  }

  /** The channels of one input; none if it has none such, or nobody has used it. */
  protected usedInput(port: string): readonly Channel<unknown>[] {
    const wired = Object.hasOwn(this.definition.inputs, port) ? this.#wiring[port] : undefined;
    return wired === undefined ? [] : channelsOf(wired);
  }

  /** Every input is in use, and `holds` of every channel of it. */
  protected eachInput(holds: (channel: Channel<unknown>) => boolean): boolean {
    return Object.keys(this.definition.inputs).every((port) => {
      const wired = this.#wiring[port];
      return wired !== undefined && channelsOf(wired).every(holds);
    });
  }

  /** Nothing waits in any input, and nothing will ever come. An own channel that nobody has used closes with the graph. */
  protected get isDrained(): boolean {
    return Object.keys(this.definition.inputs).every((port) => {
      const wired = this.#wiring[port];
      if (wired === undefined) return port === MAILBOX_PORT ? !this.#isOpen : this.placement.runtime.stopping;
      return channelsOf(wired).every((channel) => channel.isClosed && channel.size === 0);
    });
  }

  #wired(port: string): Wired {
    const known = this.#wiring[port];
    if (known !== undefined) return known;
    // Only inputs with a capacity may be left out: the graph has checked the wiring.
    const spec = this.definition.inputs[port] as OwnInputSpec<unknown>;
    // Whoever has the ref may send at any time: only a stop closes it.
    const use = { isKnown: this.isKnown === true, isHeld: port === MAILBOX_PORT && this.#isOpen };
    const channel = this.placement.openOwnChannel(ownChannelName(this.name, port), spec, use);
    this.#wiring = { ...this.#wiring, [port]: channel };
    channel.setConsumer(this, this.name);
    if (this.ended) abandonRing(channel.ring());
    return channel;
  }
}
