import { Actor } from '../actor/actor.ts';
import type { ActorDefinition, InputSpecs, MessageOf, OutputSpecs } from '../actor/definition.ts';
import type { Exit } from '../actor/events.ts';
import type { Runtime } from '../actor/runtime.ts';
import type { ActorSettings } from '../actor/settings.ts';
import { BY_IDENTITY } from '../base/plain-data.ts';
import type { TableSpecs } from '../actor/table.ts';
import type { Ring, RingConsumer } from '../channel/ring.ts';
import type { Channel } from './channel.ts';

export type AnyDefinition = ActorDefinition<InputSpecs, OutputSpecs, object, unknown, TableSpecs>;

/** The channel of each port that is wired or, for an input with a channel of its own, in use. */
export type WiredChannels = Readonly<Record<string, Channel<unknown>>>;

/** What a cell needs of its graph, and what it has in common with others: shared by all actors without options. */
export interface Placement {
  readonly runtime: Runtime;
  readonly settings: ActorSettings;
  readonly args: unknown;
  /** Makes the channel of an input that was left unwired. */
  readonly openOwnChannel: (name: string, capacity: number) => Channel<unknown>;
}

/** An actor of a graph, seen from outside. */
export interface ActorHandle<I extends InputSpecs> {
  /** Unique in the graph among actors, feeds and sinks. */
  readonly name: string;
  /** The channel of an input: how code outside the graph reaches an actor that has channels of its own. */
  input<K extends keyof I & string>(port: K): Channel<MessageOf<I[K]>>;
  /** Kills the present incarnation: its turn is rolled back, and its restart type decides. For tests and operators. */
  kill(why?: string): void;
}

/**
 * An actor's place in the graph. The actor itself, with its ends, contexts and counters, and the channels that are its own,
 * are made when there is something to do: a handler that nobody has written to yet is only this.
 */
export class ActorCell<I extends InputSpecs = InputSpecs> implements ActorHandle<I>, RingConsumer {
  static {
    // A handle kept in state or sent in a message is neither copied nor frozen.
    Object.defineProperty(ActorCell.prototype, BY_IDENTITY, { value: true });
  }

  readonly name: string;
  readonly definition: AnyDefinition;
  readonly #placement: Placement;
  #wiring: WiredChannels;
  #actor: Actor | 'asleep' | 'ended asleep' = 'asleep';

  constructor(name: string, definition: AnyDefinition, placement: Placement, wiring: WiredChannels) {
    this.name = name;
    this.definition = definition;
    this.#placement = placement;
    this.#wiring = wiring;
  }

  input<K extends keyof I & string>(port: K): Channel<MessageOf<I[K]>> {
    // The wiring of this actor has the channel's type under this very key.
    return this.#channel(port) as unknown as Channel<MessageOf<I[K]>>;
  }

  kill(why: string = 'killed from outside'): void {
    this.actor?.kill(why);
  }

  /** The actor, if it has ever had something to do. */
  get actor(): Actor | undefined {
    return typeof this.#actor === 'string' ? undefined : this.#actor;
  }

  get ended(): boolean {
    return this.#actor === 'ended asleep' || this.actor?.phase === 'ended';
  }

  /** How it ended; undefined while it lives. */
  get exit(): Exit | undefined {
    return this.#actor === 'ended asleep' ? { kind: 'completed' } : this.actor?.exit;
  }

  /** Whether `port` is an input that was left unwired: it has a channel of its own, or will have. */
  hasOwn(port: string): boolean {
    if (!(port in this.definition.inputs)) return false;
    const channel = this.#wiring[port];
    return channel === undefined || channel.name === ownChannelName(this.name, port);
  }

  /** Makes the actor, its initial state included, without starting it. Throws what its `state` throws. */
  prepare(): void {
    this.#make().prepare();
  }

  /** Loops and sources begin at once; a handler when there is something to read. */
  start(): void {
    if (this.#actor !== 'asleep' || this.definition.behaviour.kind !== 'handler') this.#make().start();
  }

  /** The first message, or the end of the inputs, for an actor that has slept so far. */
  readable(): void {
    if (this.ended) return;
    const { behaviour } = this.definition;
    if (behaviour.kind === 'handler' && behaviour.onDrained === undefined && this.#isDrained()) this.#endSoon();
    else this.#make().start();
  }

  stopRequested(): void {
    if (this.actor !== undefined) this.actor.stopRequested();
    else if (!this.ended && this.#isDrained()) this.readable();
  }

  stopNow(): void {
    if (this.ended) return;
    if (this.actor === undefined) this.#endAsleep();
    else this.actor.end({ kind: 'shutdown' });
  }

  /** The actor, whose state is made in its first slice: whoever wakes it must not meet what its `state` throws. */
  #make(): Actor {
    if (this.actor !== undefined) return this.actor;
    const { inputs, outputs, behaviour } = this.definition;
    const { runtime, settings, args } = this.#placement;
    const rings = new Map<string, Ring>();
    for (const port of [...Object.keys(inputs), ...Object.keys(outputs)]) rings.set(port, this.#channel(port).ring());
    const actor = new Actor(runtime, { name: this.name, inputs, outputs, behaviour, settings, args, rings });
    this.#actor = actor;
    return actor;
  }

  /** From the ready queue: actors in a long chain would otherwise end each other in one call within another. */
  #endSoon(): void {
    const runSlice = (): boolean => {
      if (this.#actor === 'asleep') this.#endAsleep();
      return false;
    };
    this.#placement.runtime.runQueue.enqueue({ queued: false, runSlice, sliceTook: () => undefined });
  }

  /** Nothing has ever come: there is nothing to undo, only the outputs to close. */
  #endAsleep(): void {
    this.#actor = 'ended asleep';
    for (const port of Object.keys(this.definition.outputs)) this.#channel(port).closeSender();
    this.#placement.runtime.ended(this.name, { kind: 'completed' });
  }

  /** Nothing waits in any input, and nothing will ever come. An own channel that nobody has used closes with the graph. */
  #isDrained(): boolean {
    return Object.keys(this.definition.inputs).every((port) => {
      const channel = this.#wiring[port];
      return channel === undefined ? this.#placement.runtime.stopping : channel.isClosed && channel.size === 0;
    });
  }

  #channel(port: string): Channel<unknown> {
    const known = this.#wiring[port];
    if (known !== undefined) return known;
    // Only inputs with a capacity may be left out: the graph has checked the wiring.
    const channel = this.#placement.openOwnChannel(
      ownChannelName(this.name, port),
      this.definition.inputs[port]?.capacity as number,
    );
    this.#wiring = { ...this.#wiring, [port]: channel };
    channel.setConsumer(this, this.name);
    return channel;
  }
}

export function ownChannelName(actor: string, port: string): string {
  return `${actor}.${port}`;
}
