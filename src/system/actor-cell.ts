import { Actor } from '../actor/actor.ts';
import type { ActorPlace } from '../actor/actor-spec.ts';
import type { InputBundleSpec } from '../actor/bundle-spec.ts';
import type { ActorDefinition, InputSpecs, MessageOf, OutputSpecs, OwnInputSpec, SentTo } from '../actor/definition.ts';
import { Dormant } from '../actor/dormant.ts';
import type { Exit } from '../actor/events.ts';
import { abandonRing } from '../actor/burial.ts';
import { describeRest, type Phase } from '../actor/phase.ts';
import type { Runtime } from '../actor/runtime.ts';
import type { ActorSettings } from '../actor/settings.ts';
import type { Restored } from '../actor/start-state.ts';
import { HoldfastError } from '../base/errors.ts';
import { BY_IDENTITY } from '../base/plain-data.ts';
import type { TableSpecs } from '../actor/table.ts';
import { isPaused } from '../actor/turn-gate.ts';
import type { Ring, RingConsumer } from '../channel/ring.ts';
import { type Bundle, Channel } from './channel.ts';
import type { Roster, Sleeper } from './roster.ts';

export type AnyDefinition = ActorDefinition<InputSpecs, OutputSpecs, object, unknown, TableSpecs>;

/** What a port is wired to. */
export type Wired = Channel<unknown> | Bundle<unknown>;

/** The channels of each port that is wired or, for an input with a channel of its own, in use. */
export type WiredPorts = Readonly<Record<string, Wired>>;

/** What a cell needs of its graph, and what it has in common with others: shared by all actors without options. */
export interface Placement {
  readonly runtime: Runtime;
  readonly settings: ActorSettings;
  readonly args: unknown;
  /** What the actor starts from instead of what its definition makes. */
  readonly restored: Restored | undefined;
  /** Those that are awake. */
  readonly roster: Roster;
  /** Makes the channel of an input that was left unwired. */
  readonly openOwnChannel: (name: string, spec: OwnInputSpec<unknown>) => Channel<unknown>;
}

/** What an input is wired to, by its declaration: a channel, or a bundle of them. */
export type WiredTo<Spec> = Spec extends InputBundleSpec<infer T> ? Bundle<T> : Channel<MessageOf<Spec>, SentTo<Spec>>;

/** An actor of a graph, seen from outside. */
export interface ActorHandle<I extends InputSpecs> {
  /** Unique in the graph among actors, feeds and sinks. */
  readonly name: string;
  /** The channel of an input, or its bundle: how code outside the graph reaches an actor that has channels of its own. */
  input<K extends keyof I & string>(port: K): WiredTo<I[K]>;
  /** Kills the present incarnation: its turn is rolled back, and its restart type decides. For tests and operators. */
  kill(why?: string): void;
}

/**
 * An actor's place in the graph. The actor itself, with its ends, contexts and counters, and the channels that are its own,
 * are made when there is something to do: a handler that nobody has written to yet is only this. One that has had nothing to do
 * for long is given up again, but for what it has to remember.
 */
export class ActorCell<I extends InputSpecs = InputSpecs> implements ActorHandle<I>, RingConsumer, Sleeper, ActorPlace {
  static {
    // A handle kept in state or sent in a message is neither copied nor frozen.
    Object.defineProperty(ActorCell.prototype, BY_IDENTITY, { value: true });
  }

  readonly name: string;
  readonly definition: AnyDefinition;
  #placement: Placement;
  #wiring: WiredPorts;
  /** `asleep` until there is something to do for the first time. */
  #actor: Actor | 'asleep' | 'ended asleep' | 'hibernating' = 'asleep';
  /** What the actor is made from when it hibernates; out of date while it is awake. */
  #memory: Dormant | undefined;

  constructor(name: string, definition: AnyDefinition, placement: Placement, wiring: WiredPorts) {
    this.name = name;
    this.definition = definition;
    this.#placement = placement;
    this.#wiring = wiring;
  }

  input<K extends keyof I & string>(port: K): WiredTo<I[K]> {
    if (!Object.hasOwn(this.definition.inputs, port)) {
      const message = `actor "${this.name}" has no input "${port}"`;
      throw new HoldfastError('ERR_WIRING', message, { actor: this.name, port });
    }
    // The wiring of this actor has the channel's type under this very key.
    return this.#wired(port) as unknown as WiredTo<I[K]>;
  }

  kill(why: string = 'killed from outside'): void {
    if (this.#actor !== 'asleep') this.wake()?.kill(why);
  }

  /** The actor, if it has ever had something to do and does not hibernate. */
  get actor(): Actor | undefined {
    return this.#actor instanceof Actor ? this.#actor : undefined;
  }

  /** What is known of the actor, if it has ever had something to do. */
  get record(): Pick<Dormant, 'counters' | 'state' | 'regeneration' | 'exit'> | undefined {
    return this.#actor === 'hibernating' ? this.#memory : this.actor;
  }

  /** `held`: it may begin no turn, because the graph is degraded. */
  get phase(): Phase | 'asleep' | 'held' {
    if (this.ended) return 'ended';
    const { actor } = this;
    if (actor === undefined) return this.#actor === 'hibernating' ? this.#phaseAtRest() : 'asleep';
    const { phase, gate } = actor;
    return (phase === 'idle' || phase === 'starting') && gate?.isShut === true ? 'held' : phase;
  }

  #phaseAtRest(): 'idle' | 'held' {
    const { runtime, settings } = this.#placement;
    return isPaused(runtime, settings, () => this.#inputs().every(({ isClosed }) => isClosed)) ? 'held' : 'idle';
  }

  /** What it is doing, for the report of what held a shutdown. */
  heldBy(): string {
    if (this.#actor !== 'hibernating') return this.actor?.heldBy() ?? 'its inputs to close';
    const open = this.#inputs().filter(({ isClosed, size }) => !isClosed || size > 0);
    return describeRest(open.map(({ name }) => name));
  }

  /** The channels of all inputs of an actor that was awake before. */
  #inputs(): readonly Channel<unknown>[] {
    return Object.keys(this.definition.inputs).flatMap((port) => channelsOf(this.#wired(port)));
  }

  get ended(): boolean {
    return this.#actor === 'ended asleep' || this.exit !== undefined;
  }

  /** How it ended; undefined while it lives. */
  get exit(): Exit | undefined {
    return this.#actor === 'ended asleep' ? { kind: 'completed' } : this.record?.exit;
  }

  /** Whether `port` is an input that was left unwired: it has a channel of its own, or will have. */
  hasOwn(port: string): boolean {
    if (!Object.hasOwn(this.definition.inputs, port)) return false;
    const wired = this.#wiring[port];
    return wired === undefined || (wired instanceof Channel && wired.name === ownChannelName(this.name, port));
  }

  /** Where it sends. */
  get outputChannels(): readonly Channel<unknown>[] {
    return Object.keys(this.definition.outputs).flatMap((port) => channelsOf(this.#wired(port)));
  }

  /** It has nothing to read, does nothing, and no code outside the graph could give it anything. */
  get isAtRest(): boolean {
    if (this.ended) return true;
    if (this.actor !== undefined && this.actor.phase !== 'idle') return false;
    return Object.keys(this.definition.inputs).every((port) => {
      const wired = this.#wiring[port];
      return wired !== undefined && channelsOf(wired).every(({ size, isOpenOutside }) => size === 0 && !isOpenOutside);
    });
  }

  /** Whether it starts from a state and tables of an earlier run. */
  get isRestored(): boolean {
    return this.#placement.restored !== undefined;
  }

  /** Makes the actor, with what it starts from, without starting it. Throws what its definition's functions throw. */
  prepare(): void {
    const { restored } = this.#placement;
    this.#make().prepare(restored);
    // The actor has copies: what it was restored from may be as large, and is not kept beside them.
    if (restored !== undefined) this.#placement = { ...this.#placement, restored: undefined };
  }

  /** Loops and sources begin at once; a handler when there is something to read. */
  start(): void {
    if (this.#actor !== 'asleep' || this.definition.behaviour.kind !== 'handler') this.#make().enqueue();
  }

  /** A message, or the end of the inputs, for an actor that has slept so far. */
  readable(): void {
    if (this.ended) return;
    const { behaviour } = this.definition;
    if (behaviour.kind === 'handler' && behaviour.onDrained === undefined && this.#isDrained()) this.#endSoon();
    else this.#make().enqueue();
  }

  stopRequested(): void {
    if (this.actor !== undefined) this.actor.stopRequested();
    else if (!this.ended && this.#isDrained()) this.readable();
  }

  stopNow(): void {
    if (this.ended) return;
    if (this.#actor === 'hibernating') this.#endDormant({ kind: 'shutdown' });
    else if (this.actor === undefined) this.#endAsleep();
    else this.actor.end({ kind: 'shutdown' });
  }

  hibernate(wakes: number): boolean {
    const { actor } = this;
    if (actor === undefined || this.ended) return true;
    const memory = actor.hibernate();
    if (memory === null) return false;
    this.#memory ??= new Dormant(memory);
    this.#memory.sleep(memory, wakes);
    this.#actor = 'hibernating';
    for (const { ring } of actor.inputs) {
      ring.consumer = this;
      ring.releaseSlots();
    }
    return true;
  }

  /** The actor, whose state is made in its first slice: whoever wakes it must not meet what its `state` throws. */
  #make(): Actor {
    if (this.actor !== undefined) return this.actor;
    const { inputs, outputs, behaviour } = this.definition;
    const { runtime, settings, args } = this.#placement;
    const spec = { name: this.name, inputs, outputs, behaviour, settings, args, place: this };
    const actor = new Actor(runtime, spec, this.#memory);
    this.#actor = actor;
    // Nothing else can hibernate: a source and a loop are in the middle of their code.
    if (behaviour.kind === 'handler') this.#placement.roster.woke(this, this.#memory?.sleptAt ?? -1);
    return actor;
  }

  sliceEnded(): void {
    const { roster } = this.#placement;
    if (roster.isCrowded) roster.thinOut();
  }

  wake(): Actor | undefined {
    return this.ended ? undefined : this.#make();
  }

  ringsOf(port: string): Ring | readonly Ring[] {
    const wired = this.#wired(port);
    return wired instanceof Channel ? wired.ring() : wired.map((lane) => lane.ring());
  }

  /** From the ready queue: actors in a long chain would otherwise end each other in one call within another. */
  #endSoon(): void {
    const runSlice = (): boolean => {
      if (this.#actor === 'asleep') this.#endAsleep();
      else if (this.#actor === 'hibernating') this.#endDormant({ kind: 'completed' });
      return false;
    };
    this.#placement.runtime.runQueue.enqueue({ queued: false, runSlice, sliceTook: () => undefined });
  }

  /** Nothing has ever come: there is nothing to undo, only the outputs to close. */
  #endAsleep(): void {
    this.#actor = 'ended asleep';
    this.#closeOutputs();
    this.#placement.runtime.ended(this.name, { kind: 'completed' });
  }

  /** As an actor ends that has nothing in its inputs and nothing under way. */
  #endDormant(exit: Exit): void {
    if (this.#memory === undefined || this.ended) return;
    this.#memory.exit = exit;
    for (const channel of this.#inputs()) abandonRing(channel.ring());
    this.#closeOutputs();
    this.#placement.runtime.ended(this.name, exit);
  }

  #closeOutputs(): void {
    for (const port of Object.keys(this.definition.outputs)) {
      for (const channel of channelsOf(this.#wired(port))) channel.closeSender();
    }
  }

  /** Nothing waits in any input, and nothing will ever come. An own channel that nobody has used closes with the graph. */
  #isDrained(): boolean {
    return Object.keys(this.definition.inputs).every((port) => {
      const wired = this.#wiring[port];
      if (wired === undefined) return this.#placement.runtime.stopping;
      return channelsOf(wired).every((channel) => channel.isClosed && channel.size === 0);
    });
  }

  #wired(port: string): Wired {
    const known = this.#wiring[port];
    if (known !== undefined) return known;
    // Only inputs with a capacity may be left out: the graph has checked the wiring.
    const spec = this.definition.inputs[port] as OwnInputSpec<unknown>;
    const channel = this.#placement.openOwnChannel(ownChannelName(this.name, port), spec);
    this.#wiring = { ...this.#wiring, [port]: channel };
    channel.setConsumer(this, this.name);
    return channel;
  }
}

/** The channels of a port: one, or the lanes of a bundle. */
export function channelsOf(wired: Wired): readonly Channel<unknown>[] {
  return wired instanceof Channel ? [wired] : wired;
}

export function ownChannelName(actor: string, port: string): string {
  return `${actor}.${port}`;
}
