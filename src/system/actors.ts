import type { ActorDefinition, InputSpecs, OutputSpecs, OwnInputSpec } from '../actor/definition.ts';
import { type ActorSettings, actorSettings } from '../actor/settings.ts';
import type { Restored } from '../actor/start-state.ts';
import type { TableSpecs } from '../actor/table.ts';
import type { ConservationFault } from '../base/errors.ts';
import { ActorCell } from './actor-cell.ts';
import type { AnyDefinition } from './wired-cell.ts';
import type { WiredPorts } from './wired.ts';
import type { OwnChannelUse, Placement } from './cell-placement.ts';
import { Channel, type ChannelSettings, channelSettings } from './channel.ts';
import { checkSignificant } from '../supervision/setting-checks.ts';
import { policySettings, type PolicySettings, specOf, withoutFallback } from './child-policies.ts';
import type { ChildSpec } from '../supervision/child.ts';
import type { GraphCore } from './graph-core.ts';
import { SupervisorNode } from './supervisor-node.ts';
import { childDefaults, type SupervisorSettings } from './supervisor-options.ts';
import { checkDefinition } from '../actor/replacement.ts';
import { type ActorPlacement, checkArgs, checkRestore } from './placement.ts';
import type { Casting } from './rehearsal.ts';
import { Roster } from './roster.ts';
import { OwnedChildren } from './owned-children.ts';
import { connect, duplicateName, untyped, wire } from './wiring.ts';

/** What the actors need of their graph. */
export interface ActorsHost {
  readonly core: GraphCore;
  readonly channels: Map<string, Channel<unknown>>;
  /** It is not being built any more. */
  readonly hasStarted: () => boolean;
}

/** What an actor is made of, checked; of a template, what all its actors are made of. */
export interface ActorPlan {
  readonly definition: AnyDefinition;
  readonly settings: ActorSettings;
  /** What its supervisor does for it besides; undefined for most. */
  readonly policies: PolicySettings | undefined;
  /** How its supervisor keeps it. */
  readonly spec: ChildSpec;
  readonly args: unknown;
  readonly restored: Restored | undefined;
  readonly channels: WiredPorts;
  /** What its place is, where that is more than the place of an actor. */
  readonly Cell?: PlaceClass;
}

/** What makes the place of an actor. */
export type PlaceClass = new (...args: ConstructorParameters<typeof ActorCell>) => ActorCell;

type PlaceInTree = Pick<Placement, 'supervisor' | 'forget'>;
type PlacedAs = Pick<Placement, 'settings' | 'spec' | 'policies' | 'restored'>;

/** So many are told of when the graph stops: one is one too many. */
const FAULTS_MAX = 100;

/** The actors of a graph, by name, and the channels that they have of their own. */
export class Actors {
  readonly cells: Map<string, ActorCell> = new Map<string, ActorCell>();
  /** By their full names; without the root. */
  readonly supervisors: Map<string, SupervisorNode> = new Map<string, SupervisorNode>();
  /** Channels of actors that were taken away whose counters did not add up. */
  readonly faults: ConservationFault[] = [];
  readonly checked: WeakSet<object> = new WeakSet<object>();
  /** By those that have their names now: children that were there from the start, and were deleted. They may come back. */
  readonly #displaced = new Map<ActorCell, ActorCell>();
  /** How many handlers stay awake that have nothing to do. */
  readonly roster: Roster = new Roster();
  readonly #host: ActorsHost;
  /** The children of those that own some. */
  readonly #families = new WeakMap<ActorCell, OwnedChildren>();
  /** Placements without options are all the same one: a million actors share it. */
  readonly #sharedPlacements = new WeakMap<SupervisorNode, Placement>();
  /** The same for those that are taken away when they are gone. */
  readonly #passingPlacements = new WeakMap<SupervisorNode, Placement>();
  /** By their settings, those that have some of their own: a template has one supervisor. */
  readonly #templatePlacements = new WeakMap<ChildSpec, Placement>();
  /** Of the channels that actors of one definition open for an input: all of them share it. */
  readonly #ownSettings = new WeakMap<OwnInputSpec<unknown>, ChannelSettings>();

  constructor(host: ActorsHost) {
    this.#host = host;
  }

  /**
   * Checks what an actor is to be made of.
   *
   * @param name - Its full name or, of a template, what stands for it.
   *
   * @throws HoldfastError as `graph.actor` does.
   */
  plan<I extends InputSpecs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    supervisor: SupervisorNode,
    name: string,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    wiring: object,
    placement: object,
  ): ActorPlan {
    checkDefinition(name, definition);
    const { args, restore, alert, breaker, fallback, lowers, ...options } = placement as ActorPlacement<unknown>;
    const settings = actorSettings(`actor "${name}"`, options, supervisor.actorDefaults);
    checkSignificant(settings, supervisor.settings);
    const restored = checkRestore(name, restore);
    const channels = wire({ core: this.#host.core, channels: this.#channelsFor(name) }, name, definition, wiring);
    // The cell does not care for message types: what reaches a handler is what the wiring, checked above, lets in.
    const untypedDefinition = definition as unknown as AnyDefinition;
    const site = { runtime: this.#host.core, actor: name, definition: untypedDefinition, settings, channels };
    const policies = policySettings({ alert, breaker, fallback, lowers }, site);
    const spec = specOf(settings, policies);
    return { definition: untypedDefinition, settings, policies, spec, args, restored, channels };
  }

  /** Without those of a deleted child of this name, which makes way. */
  #channelsFor(name: string): ReadonlyMap<string, Channel<unknown>> {
    const { channels } = this.#host;
    const own = this.cells.get(name)?.ownChannels ?? [];
    return own.length === 0 ? channels : new Map([...channels].filter(([, channel]) => !own.includes(channel)));
  }

  /**
   * Places an actor under a supervisor, while the graph is being built. Its name is free.
   *
   * @throws HoldfastError `ERR_SCHEMA` and the like for its arguments; then nothing has changed.
   */
  place(supervisor: SupervisorNode, id: string, plan: ActorPlan): ActorCell {
    return this.#place(supervisor, supervisor.nameOf(id), plan, plan.args, null);
  }

  /** Places an actor that is taken away when it is gone for good. @throws HoldfastError as {@link Actors.place}. */
  placeNow(supervisor: SupervisorNode, id: string, plan: ActorPlan, args: unknown = plan.args): ActorCell {
    const name = supervisor.nameOf(id);
    const before = this.cells.get(name);
    const cell = this.#place(supervisor, name, plan, args, this.forget);
    if (before !== undefined) this.#displace(before, cell);
    this.#host.core.began(cell.name);
    return cell;
  }

  #displace(before: ActorCell, cell: ActorCell): void {
    this.#displaced.set(cell, before);
    const own = before.ownChannels;
    for (const { name } of own) this.#host.channels.delete(name);
    this.#checkOnceMore(own);
  }

  /**
   * Makes an actor that nobody finds by its name yet. It is there when it is entered, which cannot fail, or else discarded.
   *
   * @param before - Has its name until it is entered.
   * @throws HoldfastError as {@link Actors.place}; `ERR_DUPLICATE_NAME`.
   */
  prepare(
    supervisor: SupervisorNode,
    id: string,
    plan: ActorPlan,
    forget: (cell: ActorCell) => void,
    before: ActorCell | undefined,
  ): { readonly cell: ActorCell; readonly enter: () => void } {
    const cell = this.#make(supervisor, supervisor.nameOf(id), plan, plan.args, forget);
    if (this.cells.get(cell.name) !== before) throw duplicateName('actor', cell.name);
    cell.isKnown = false;
    const { channels, core } = this.#host;
    const enter = (): void => {
      for (const { name } of before?.ownChannels ?? []) channels.delete(name);
      if (before !== undefined) before.isKnown = 'displaced'; // until it is gone: what it opens has no name
      this.#enter(cell, plan);
      cell.isKnown = true;
      for (const channel of cell.ownChannels) channels.set(channel.name, untyped(channel));
      core.began(cell.name);
    };
    return { cell, enter };
  }

  #place(
    supervisor: SupervisorNode,
    name: string,
    plan: ActorPlan,
    given: unknown,
    forget: Placement['forget'],
  ): ActorCell {
    const cell = this.#make(supervisor, name, plan, given, forget);
    this.#enter(cell, plan);
    return cell;
  }

  #enter(cell: ActorCell, { channels }: ActorPlan): void {
    this.cells.set(cell.name, cell);
    connect(cell, cell.definition, channels);
  }

  #make(
    supervisor: SupervisorNode,
    name: string,
    plan: ActorPlan,
    given: unknown,
    forget: Placement['forget'],
  ): ActorCell {
    const args = checkArgs(name, plan.definition.behaviour.argsSchema, given);
    const { definition, settings, restored } = this.#cast(name, plan);
    const { channels, Cell = ActorCell } = plan;
    // Whoever plays its part in a test needs nobody to stand in.
    const isPlayed = definition !== plan.definition && plan.policies?.fallback !== undefined;
    const policies = isPlayed ? withoutFallback(plan.policies) : plan.policies;
    const spec = settings === plan.settings && !isPlayed ? plan.spec : specOf(settings, policies);
    // Spelled out: to spread what was cast takes longer than all the rest.
    const placed = this.#placementOf({ supervisor, forget }, { settings, spec, policies, restored });
    const cell = new Cell(name, definition, args, placed, channels);
    if (definition.behaviour.owns !== undefined) {
      this.#families.set(cell, new OwnedChildren(this.#host.core, this, cell, supervisor.actorDefaults));
    }
    return cell;
  }

  /** A new supervisor, which its own supervisor does not know yet. */
  newSupervisor(parent: SupervisorNode, id: string, settings: SupervisorSettings): SupervisorNode {
    const actorDefaults = childDefaults(parent.actorDefaults);
    const name = parent.nameOf(id);
    const maxRestarts = this.#host.core.rehearsal?.restartsBorne(name, settings.maxRestarts) ?? settings.maxRestarts;
    const node = new SupervisorNode(this.#host.core, parent, { name, id, actorDefaults }, { ...settings, maxRestarts });
    this.supervisors.set(name, node);
    return node;
  }

  /** Takes away a supervisor that could not be built, with what stands under it already. */
  removeSupervisor(node: SupervisorNode): void {
    this.supervisors.delete(node.name);
    for (const { subject } of node.statics) {
      if (subject instanceof SupervisorNode) this.removeSupervisor(subject);
      else this.#remove(subject as ActorCell); // there are no other members
    }
  }

  /** Takes away an actor that has ended. What its own channels have counted is checked once more. */
  readonly forget = (cell: ActorCell): void => {
    this.#checkOnceMore(this.#remove(cell));
    const before = this.#displaced.get(cell);
    if (before === undefined) return;
    this.#displaced.delete(cell);
    this.cells.set(before.name, before);
    for (const channel of before.ownChannels) this.#host.channels.set(channel.name, untyped(channel));
  };

  #checkOnceMore(channels: readonly Channel<unknown>[]): void {
    for (const channel of channels) {
      const fault = channel.usedRing?.conservationFault();
      if (fault !== undefined && this.faults.length < FAULTS_MAX) this.faults.push(fault);
    }
  }

  /** @returns the channels that were its own. */
  #remove(cell: ActorCell): readonly Channel<unknown>[] {
    const { channels } = this.#host;
    if (this.cells.get(cell.name) === cell) this.cells.delete(cell.name);
    for (const channel of cell.outputChannels) channel.removeProducer(cell.name);
    const own = cell.ownChannels;
    for (const channel of own) if (channels.get(channel.name) === channel) channels.delete(channel.name);
    return own;
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

  #placementOf(place: PlaceInTree, { settings, spec, policies, restored }: PlacedAs): Placement {
    const shared = this.#sharedPlacementOf(place);
    if (restored !== undefined) return { ...shared, settings, spec, policies, restored };
    if (spec === shared.spec) return shared;
    // The children of one template have the very same spec, and may be many.
    const known = place.forget === null ? undefined : this.#templatePlacements.get(spec);
    if (known !== undefined) return known;
    const placement = Object.freeze({ ...shared, settings, spec, policies });
    if (place.forget !== null) this.#templatePlacements.set(spec, placement);
    return placement;
  }

  #sharedPlacementOf({ supervisor, forget }: PlaceInTree): Placement {
    const placements = forget === null ? this.#sharedPlacements : this.#passingPlacements;
    let shared = placements.get(supervisor);
    if (shared === undefined) {
      const placement: Placement = {
        runtime: this.#host.core,
        supervisor,
        forget,
        settings: supervisor.actorDefaults,
        spec: supervisor.actorDefaults,
        policies: undefined,
        roster: this.roster,
        checked: this.checked,
        familyOf: (cell) => this.#families.get(cell),
        restored: undefined,
        openOwnChannel: (name, spec, use) => this.#openOwnChannel(name, spec, use),
      };
      shared = Object.freeze(placement);
      placements.set(supervisor, shared);
    }
    return shared;
  }

  /** The channel of an input that was left unwired, when it is first needed. */
  #openOwnChannel(name: string, spec: OwnInputSpec<unknown>, { isKnown, isHeld }: OwnChannelUse): Channel<unknown> {
    const { core, channels, hasStarted } = this.#host;
    const { capacity, schema } = spec;
    let settings = this.#ownSettings.get(spec);
    if (settings === undefined) {
      settings = channelSettings(name, schema === undefined ? { capacity } : { capacity, schema });
      this.#ownSettings.set(spec, settings);
    }
    if (isKnown && channels.has(name)) throw duplicateName('channel', name);
    const channel = new Channel<unknown>(core, name, settings);
    if (isKnown) channels.set(name, untyped(channel));
    if (isHeld) channel.holdOpen(); // first: without an end that is open it would close in what follows
    if (hasStarted()) channel.started();
    if (core.stopping) channel.refuseOutside();
    return channel;
  }
}
