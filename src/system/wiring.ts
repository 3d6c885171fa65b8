import { checkBatchFits } from '../actor/batch.ts';
import type { InputSpec, InputSpecs, MessageOf, OutputSpecs } from '../actor/definition.ts';
import { HoldfastError } from '../base/errors.ts';
import { type ActorCell, ownChannelName, type WiredChannels } from './actor-cell.ts';
import { Channel } from './channel.ts';

/** The channel for each input and output of a definition. An input with a capacity of its own may be left out. */
export type Wiring<I extends InputSpecs, O extends OutputSpecs> = {
  readonly [K in keyof I as I[K] extends { readonly capacity: number } ? never : K]: ChannelGiving<MessageOf<I[K]>>;
} & {
  readonly [K in keyof I as I[K] extends { readonly capacity: number } ? K : never]?: ChannelGiving<MessageOf<I[K]>>;
} & { readonly [K in keyof O]: ChannelTaking<MessageOf<O[K]>> };

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

type Channels = ReadonlyMap<string, Channel<unknown>>;

/** The wiring of an actor whose channels are all its own. */
const NOT_WIRED: WiredChannels = Object.freeze({});

/**
 * Checks the wiring of an actor against its ports and the channels of the graph.
 *
 * @returns the channel of each wired port.
 *
 * @throws HoldfastError `ERR_WIRING`, `ERR_DUPLICATE_NAME`, `ERR_OVER_CAPACITY`.
 */
export function wire(channels: Channels, actor: string, { inputs, outputs }: Ports, wiring: object): WiredChannels {
  const given = wiring as Readonly<Record<string, unknown>>; // what is in it is looked at here
  for (const port of Object.keys(given)) {
    if (!(port in inputs) && !(port in outputs)) throw miswired(actor, port, 'is neither an input nor an output');
  }
  const wired: Record<string, Channel<unknown>> = {};
  let any = false;
  for (const port of Object.keys(inputs)) {
    const { batch, capacity } = inputs[port] as InputSpec<unknown>;
    const channel = wireInput(channels, actor, port, capacity, given[port]);
    const own = { name: ownChannelName(actor, port), capacity: capacity as number }; // without one it must be wired
    checkBatchFits(actor, port, batch, channel ?? own);
    if (channel === undefined) continue;
    if (Object.values(wired).includes(channel)) {
      throw miswired(actor, port, `is wired to channel "${channel.name}", as another of its inputs is`);
    }
    wired[port] = channel;
    any = true;
  }
  for (const port of Object.keys(outputs)) {
    wired[port] = wiredChannel(channels, actor, port, given[port]);
    any = true;
  }
  return any ? wired : NOT_WIRED;
}

/** Makes the actor known to its channels. */
export function connect(cell: ActorCell, { inputs }: Ports, wired: WiredChannels): void {
  for (const [port, channel] of Object.entries(wired)) {
    if (port in inputs) channel.setConsumer(cell, cell.name);
    else {
      channel.producers.push(cell.name);
      channel.openSender();
    }
  }
}

/** @returns undefined for an input that is to have a channel of its own. */
function wireInput(
  channels: Channels,
  actor: string,
  port: string,
  ownCapacity: number | undefined,
  given: unknown,
): Channel<unknown> | undefined {
  if (given === undefined && ownCapacity !== undefined) {
    const name = ownChannelName(actor, port);
    if (channels.has(name)) throw duplicateName('channel', name);
    return undefined;
  }
  const channel = wiredChannel(channels, actor, port, given);
  const taken = channel.consumerName;
  if (taken === undefined) return channel;
  throw miswired(actor, port, `is wired to channel "${channel.name}", which "${taken}" reads already`);
}

function wiredChannel(channels: Channels, actor: string, port: string, given: unknown): Channel<unknown> {
  if (!(given instanceof Channel)) throw miswired(actor, port, 'is not wired: it needs a channel');
  if (channels.get(given.name) === given) return given;
  throw miswired(actor, port, 'is wired to a channel of another graph');
}

/** The registry and the checks of the wiring do not care for message types. */
export function untyped<Out, In>(channel: Channel<Out, In>): Channel<unknown> {
  return channel as unknown as Channel<unknown>;
}

export function duplicateName(what: string, name: string): HoldfastError<'ERR_DUPLICATE_NAME'> {
  return new HoldfastError('ERR_DUPLICATE_NAME', `there is a ${what} named "${name}" already`, { name });
}

function miswired(actor: string, port: string, problem: string): HoldfastError<'ERR_WIRING'> {
  return new HoldfastError('ERR_WIRING', `actor "${actor}": "${port}" ${problem}`, { actor, port });
}
