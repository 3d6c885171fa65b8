import type { ActorDefinition, InputSpecs, OutputSpecs, OwnInputSpec } from '../actor/definition.ts';
import { type ActorSettings, actorSettings } from '../actor/settings.ts';
import type { Restored } from '../actor/start-state.ts';
import type { TableSpecs } from '../actor/table.ts';
import { ActorCell, type AnyDefinition, type Placement } from './actor-cell.ts';
import { Channel, type ChannelSettings, channelSettings } from './channel.ts';
import type { GraphCore } from './graph-core.ts';
import type { SupervisorNode } from './supervisor-node.ts';
import { type ActorPlacement, checkArgs, checkDefinition, checkRestore } from './placement.ts';
import type { Casting } from './rehearsal.ts';
import { Roster } from './roster.ts';
import { connect, duplicateName, untyped, wire } from './wiring.ts';

/** What the actors need of their graph. */
export interface ActorsHost {
  readonly core: GraphCore;
  readonly channels: Map<string, Channel<unknown>>;
  /** It is not being built any more. */
  readonly hasStarted: () => boolean;
}

/** The actors of a graph, by name, and the channels that they have of their own. */
export class Actors {
  readonly cells: Map<string, ActorCell> = new Map<string, ActorCell>();
  /** How many handlers stay awake that have nothing to do. */
  readonly roster: Roster = new Roster();
  readonly #host: ActorsHost;
  /** Placements without options are all the same one: a million actors share it. */
  readonly #sharedPlacements = new WeakMap<SupervisorNode, Placement>();
  /** Of the channels that actors of one definition open for an input: all of them share it. */
  readonly #ownSettings = new WeakMap<OwnInputSpec<unknown>, ChannelSettings>();

  constructor(host: ActorsHost) {
    this.#host = host;
  }

  /**
   * Places an actor under a supervisor. Its name is free.
   *
   * @throws HoldfastError as `graph.actor` does; then nothing has changed.
   */
  place<I extends InputSpecs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    supervisor: SupervisorNode,
    id: string,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    wiring: object,
    placement: object = {},
  ): ActorCell<I> {
    const name = supervisor.nameOf(id);
    checkDefinition(name, definition);
    const { args: given, restore, ...options } = placement as ActorPlacement<unknown>;
    const settings = actorSettings(`actor "${name}"`, options, supervisor.actorDefaults);
    const args = checkArgs(name, definition.behaviour.argsSchema, given);
    const restored = checkRestore(name, restore);
    const channels = wire(this.#host.channels, name, definition, wiring);
    // The cell does not care for message types: what reaches a handler is what the wiring, checked above, lets in.
    const casting = this.#cast(name, { definition: definition as unknown as AnyDefinition, settings, restored });
    const placed = this.#placementOf(supervisor, casting.settings, args, casting.restored);
    const cell = new ActorCell<I>(name, casting.definition, placed, channels);
    // The registry does not care for the types of ports either.
    this.cells.set(name, cell);
    connect(cell, casting.definition, channels);
    return cell;
  }

  /** A channel of the graph; that of an input that was left unwired is made if it is not there yet. */
  channelNamed(name: string): Channel<unknown> | undefined {
    const { channels } = this.#host;
    const own = channels.has(name) ? undefined : this.ownInputNamed(name);
    // What an input opens for itself is one channel, and never a bundle.
    return own === undefined ? channels.get(name) : (own.cell.input(own.port) as Channel<unknown>);
  }

  /** The input that was left unwired and whose channel has this name, or will have. */
  ownInputNamed(name: string): { readonly cell: ActorCell; readonly port: string } | undefined {
    const dot = name.lastIndexOf('.');
    const cell = this.cells.get(name.slice(0, Math.max(0, dot)));
    const port = name.slice(dot + 1);
    return cell?.hasOwn(port) === true ? { cell, port } : undefined;
  }

  /** What plays the part of an actor: in production what was given. */
  #cast(actor: string, casting: Casting): Casting {
    return this.#host.core.rehearsal?.cast(actor, casting) ?? casting;
  }

  #placementOf(
    supervisor: SupervisorNode,
    settings: ActorSettings,
    args: unknown,
    restored: Restored | undefined,
  ): Placement {
    const shared = this.#sharedPlacementOf(supervisor);
    if (settings === shared.settings && args === undefined && restored === undefined) return shared;
    return { ...shared, settings, args, restored };
  }

  #sharedPlacementOf(supervisor: SupervisorNode): Placement {
    let shared = this.#sharedPlacements.get(supervisor);
    if (shared === undefined) {
      shared = Object.freeze({
        runtime: this.#host.core,
        supervisor,
        settings: supervisor.actorDefaults,
        args: undefined,
        roster: this.roster,
        restored: undefined,
        openOwnChannel: (name: string, spec: OwnInputSpec<unknown>) => this.#openOwnChannel(name, spec),
      });
      this.#sharedPlacements.set(supervisor, shared);
    }
    return shared;
  }

  /** The channel of an input that was left unwired, when it is first needed. */
  #openOwnChannel(name: string, spec: OwnInputSpec<unknown>): Channel<unknown> {
    const { core, channels, hasStarted } = this.#host;
    const { capacity, schema } = spec;
    let settings = this.#ownSettings.get(spec);
    if (settings === undefined) {
      settings = channelSettings(name, schema === undefined ? { capacity } : { capacity, schema });
      this.#ownSettings.set(spec, settings);
    }
    if (channels.has(name)) throw duplicateName('channel', name);
    const channel = new Channel<unknown>(core, name, settings);
    channels.set(name, untyped(channel));
    if (hasStarted()) channel.started();
    if (core.stopping) channel.refuseOutside();
    return channel;
  }
}
