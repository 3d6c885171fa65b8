import { Actor } from '../actor/actor.ts';
import type { ActorDefinition, InputSpecs, OutputSpecs } from '../actor/definition.ts';
import type { Exit } from '../actor/events.ts';
import type { Runtime } from '../actor/runtime.ts';
import type { ActorSettings } from '../actor/settings.ts';
import type { Ring, RingConsumer } from '../channel/ring.ts';
import type { Channel } from './channel.ts';

type AnyDefinition = ActorDefinition<InputSpecs, OutputSpecs, object, unknown>;

export interface CellSpec {
  readonly name: string;
  readonly definition: AnyDefinition;
  readonly settings: ActorSettings;
  readonly args: unknown;
  readonly channels: Readonly<Record<string, Channel<unknown>>>;
}

/**
 * An actor's place in the graph. The actor itself, with its ends, contexts and counters, is made when it has something to
 * do: a handler that nobody has written to yet is only this.
 */
export class ActorCell implements RingConsumer {
  readonly spec: CellSpec;
  readonly #runtime: Runtime;
  #actor: Actor | undefined;
  #endedAsleep = false;

  constructor(runtime: Runtime, spec: CellSpec) {
    this.#runtime = runtime;
    this.spec = spec;
  }

  get name(): string {
    return this.spec.name;
  }

  /** The actor, if it has ever had something to do. */
  get actor(): Actor | undefined {
    return this.#actor;
  }

  get ended(): boolean {
    return this.#endedAsleep || this.#actor?.phase === 'ended';
  }

  /** How it ended; undefined while it lives. */
  get exit(): Exit | undefined {
    return this.#endedAsleep ? { kind: 'completed' } : this.#actor?.exit;
  }

  /** Makes the actor, its initial state included, without starting it. Throws what its `state` throws. */
  prepare(): void {
    this.#make().prepare();
  }

  /** The actor, whose state is made in its first slice: whoever wakes it must not meet what its `state` throws. */
  #make(): Actor {
    if (this.#actor !== undefined) return this.#actor;
    const { name, definition, settings, args } = this.spec;
    const { inputs, outputs, behaviour } = definition;
    const rings = new Map<string, Ring>();
    for (const [port, channel] of Object.entries(this.spec.channels)) rings.set(port, channel.ring());
    const actor = new Actor(this.#runtime, { name, inputs, outputs, behaviour, settings, args, rings });
    this.#actor = actor;
    return actor;
  }

  /** Loops and sources begin at once; a handler when there is something to read. */
  start(): void {
    if (this.#actor !== undefined || this.spec.definition.behaviour.kind !== 'handler') this.#make().start();
  }

  /** The first message, or the end of the inputs, for an actor that has slept so far. */
  readable(): void {
    if (this.ended) return;
    const { behaviour, inputs } = this.spec.definition;
    const drained = Object.keys(inputs).every((port) => this.#channel(port).isClosed && this.#channel(port).size === 0);
    if (drained && behaviour.kind === 'handler' && behaviour.onDrained === undefined) this.#endAsleep();
    else this.#make().start();
  }

  stopNow(): void {
    if (this.ended) return;
    if (this.#actor === undefined) this.#endAsleep();
    else this.#actor.end({ kind: 'shutdown' });
  }

  /** Nothing has ever come: there is nothing to undo, only the outputs to close. */
  #endAsleep(): void {
    this.#endedAsleep = true;
    for (const port of Object.keys(this.spec.definition.outputs)) this.#channel(port).closeSender();
    this.#runtime.ended(this.name, { kind: 'completed' });
  }

  #channel(port: string): Channel<unknown> {
    return this.spec.channels[port] as Channel<unknown>;
  }
}
