import type { InputBundleSpec, OutputBundleSpec } from '../actor/bundle-spec.ts';
import { type InputSpecs, laneSpec, type MessageOf, type OutputSpecs } from '../actor/definition.ts';
import type { Receiver } from '../channel/receiver.ts';
import type { TableSpecs } from '../actor/table.ts';
import type { ActorPlacement } from './placement.ts';
import { HoldfastError } from '../base/errors.ts';
import { checkObject } from '../base/options.ts';
import { type Batch, checkBatchFits } from '../channel/batch.ts';
import { ActorCell } from './actor-cell.ts';
import { channelsOf, ownChannelName, type Wired, type WiredPorts } from './wired.ts';
import type { GraphCore } from './graph-core.ts';
import { Channel } from './channel.ts';

/**
 * The channel for each input and output of a definition, and the array of channels for each bundle. An input with a capacity
 * of its own may be left out.
 */
export type Wiring<I extends InputSpecs, O extends OutputSpecs> = {
  readonly [K in keyof I as I[K] extends { readonly capacity: number } ? never : K]: InputWiring<I[K]>;
} & {
  readonly [K in keyof I as I[K] extends { readonly capacity: number } ? K : never]?: InputWiring<I[K]>;
} & { readonly [K in keyof O as O[K] extends { readonly kind: 'outputPort' } ? never : K]: OutputWiring<O[K]> };

/** What `spawn` takes besides name and definition: what can be left out where nothing has to be wired or given. */
export type SpawnArguments<
  I extends InputSpecs,
  O extends OutputSpecs,
  S extends object,
  T extends TableSpecs,
  Given,
> = undefined extends Given
  ? Record<never, never> extends Wiring<I, O>
    ? [wiring?: Wiring<I, O>, placement?: ActorPlacement<Given, S, T, I, O>]
    : [wiring: Wiring<I, O>, placement?: ActorPlacement<Given, S, T, I, O>]
  : [wiring: Wiring<I, O>, placement: ActorPlacement<Given, S, T, I, O>];

/** What an input is wired to: a channel, or an array of them. */
export type InputWiring<Spec> =
  Spec extends InputBundleSpec<infer T> ? readonly ChannelGiving<T>[] : ChannelGiving<MessageOf<Spec>>;
/** What an output is wired to: a channel or an actor, whose mailbox is meant; or an array of them. */
export type OutputWiring<Spec> =
  Spec extends OutputBundleSpec<infer T> ? readonly Receiver<T>[] : Receiver<MessageOf<Spec>>;

/* eslint-disable @typescript-eslint/no-explicit-any -- an input does not care what may be sent, an output not what is
   taken; no other type says that of a parameter that is both read and written. */
/** A channel that gives messages of type `T`, whatever its schema makes them of. */
export type ChannelGiving<T> = Channel<T, any>;

/** A channel into which messages of type `T` may be sent, whatever its schema makes of them. */
export type ChannelTaking<T> = Channel<any, T>;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** The ports of a definition. */
interface Ports {
  readonly inputs: InputSpecs;
  readonly outputs: OutputSpecs;
}

/** The wiring of an actor whose channels are all its own. */
const NOT_WIRED: WiredPorts = Object.freeze({});

/** Where actors are wired. */
export interface WiringSite {
  readonly core: GraphCore;
  /** The names that are taken. */
  readonly channels: ReadonlyMap<string, Channel<unknown>>;
}

/**
 * Checks the wiring of an actor against its ports and the channels of the graph.
 *
 * @returns what each wired port is wired to.
 *
 * @throws HoldfastError `ERR_WIRING`, `ERR_DUPLICATE_NAME`, `ERR_OVER_CAPACITY`; `ERR_INVALID_OPTION` for what is no object.
 */
export function wire(
  { core, channels }: WiringSite,
  actor: string,
  { inputs, outputs }: Ports,
  wiring: object,
): WiredPorts {
  checkObject(`wiring of actor "${actor}"`, wiring);
  const given = wiring as Readonly<Record<string, unknown>>; // what is in it is looked at here
  const check = new WiringCheck(core, actor);
  for (const port of Object.keys(given)) {
    if (!(Object.hasOwn(inputs, port) || Object.hasOwn(outputs, port)))
      throw check.miswired(port, 'is neither an input nor an output');
  }
  const wired: Record<string, Wired> = {};
  let any = false;
  for (const [port, spec] of Object.entries(inputs)) {
    const { batch, capacity, schema } = laneSpec(spec);
    if (capacity !== undefined && given[port] === undefined) {
      const name = ownChannelName(actor, port);
      if (channels.has(name)) throw duplicateName('channel', name);
      checkBatchFits(actor, port, batch, { name, capacity });
      continue;
    }
    wired[port] = spec.kind === 'input' ? check.channel(port, given[port]) : check.bundle(port, given[port]);
    check.reads(port, wired[port], batch);
    if (schema !== undefined) check.hasSchema(port, wired[port]);
    any = true;
  }
  for (const [port, spec] of Object.entries(outputs)) {
    const to = Array.isArray(given[port]) ? given[port].map(receiverOf) : receiverOf(given[port]);
    wired[port] = spec.kind === 'output' ? check.channel(port, to) : check.bundle(port, to);
    any = true;
  }
  return any ? wired : NOT_WIRED;
}

/** For an actor, the channel of its mailbox. */
function receiverOf(given: unknown): unknown {
  return given instanceof ActorCell ? given.mailbox : given;
}

/** Makes the actor known to its channels. */
export function connect(cell: ActorCell, { inputs }: Ports, ports: WiredPorts): void {
  for (const [port, wired] of Object.entries(ports)) {
    for (const channel of channelsOf(wired)) {
      if (port in inputs) channel.setConsumer(cell, cell.name);
      else channel.addProducer(cell.name);
    }
  }
}

/** The checks of one actor's wiring. */
class WiringCheck {
  readonly #core: GraphCore;
  readonly #actor: string;
  /** The channels that the actor reads, by the ports found so far. */
  readonly #read: Channel<unknown>[] = [];

  constructor(core: GraphCore, actor: string) {
    this.#core = core;
    this.#actor = actor;
  }

  channel(port: string, given: unknown): Channel<unknown> {
    if (Array.isArray(given)) {
      const remedy = 'wire one of them, or declare it as a bundle';
      throw this.miswired(port, `is wired to an array of channels, and needs one channel: ${remedy}`);
    }
    if (given instanceof ActorCell) throw this.miswired(port, `is wired to actor "${given.name}": it reads a channel`);
    if (!(given instanceof Channel)) throw this.miswired(port, 'is not wired: it needs a channel');
    if (given.isOf(this.#core)) return given;
    throw this.miswired(port, 'is wired to a channel of another graph');
  }

  bundle(port: string, given: unknown): readonly Channel<unknown>[] {
    if (given instanceof Channel) {
      throw this.miswired(port, `is a bundle: it needs an array of channels, such as [${given.name}]`);
    }
    if (!Array.isArray(given)) throw this.miswired(port, 'is not wired: it needs an array of channels');
    if (given.length === 0) throw this.miswired(port, 'is wired to an empty array: a bundle has one channel or more');
    // A copy: what becomes of the array that was handed in is none of the graph's business.
    const lanes = Array.from(given, (lane, index) => this.channel(`${port}[${index}]`, lane));
    lanes.forEach((lane, index) => {
      const first = lanes.indexOf(lane);
      if (first === index) return;
      throw this.miswired(`${port}[${index}]`, `is wired to channel "${lane.name}", as "${port}[${first}]" is`);
    });
    return Object.freeze(lanes);
  }

  /** A channel has one reader, and is one of its inputs or lanes; and it can hold what is taken in one turn. */
  reads(port: string, wired: Wired, batch: Batch | undefined): void {
    const isBundle = !(wired instanceof Channel);
    channelsOf(wired).forEach((channel, index) => {
      const name = isBundle ? `${port}[${index}]` : port;
      const reader = channel.consumerName;
      if (reader !== undefined) {
        throw this.miswired(name, `is wired to channel "${channel.name}", which "${reader}" reads already`);
      }
      if (this.#read.includes(channel)) {
        throw this.miswired(name, `is wired to channel "${channel.name}", as another of its inputs is`);
      }
      this.#read.push(channel);
      checkBatchFits(this.#actor, name, batch, channel);
    });
  }

  /** The input is written for messages that were checked: those of any other channel would get past that in silence. */
  hasSchema(port: string, wired: Wired): void {
    const bare = channelsOf(wired).find((channel) => !channel.isChecked);
    if (bare === undefined) return;
    throw this.miswired(port, `has a schema, and channel "${bare.name}", to which it is wired, has none: give it one`);
  }

  miswired(port: string, problem: string): HoldfastError<'ERR_WIRING'> {
    const message = `actor "${this.#actor}": "${port}" ${problem}`;
    return new HoldfastError('ERR_WIRING', message, { actor: this.#actor, port });
  }
}

/** The registry and the checks of the wiring do not care for message types. */
export function untyped<Out, In>(channel: Channel<Out, In>): Channel<unknown> {
  return channel as unknown as Channel<unknown>;
}

export function duplicateName(what: string, name: string): HoldfastError<'ERR_DUPLICATE_NAME'> {
  return new HoldfastError('ERR_DUPLICATE_NAME', `there is a ${what} named "${name}" already`, { name });
}
