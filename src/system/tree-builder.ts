import type { MailboxOf } from '../actor/actor-ref.ts';
import type { ActorDefinition, InputSpecs, OutputSpecs } from '../actor/definition.ts';
import type { ChildArguments } from '../actor/family.ts';
import type { TableSpecs } from '../actor/table.ts';
import { checkName, invalidOption } from '../base/options.ts';
import { HoldfastError } from '../base/errors.ts';
import type { ActorCell, ActorHandle, SpawnedActor } from './actor-cell.ts';
import type { Actors } from './actors.ts';
import { DynamicSupervisorRef } from './dynamic-supervisor.ts';
import type { ChildSpec } from '../supervision/child.ts';
import type { GraphCore } from './graph-core.ts';
import type { ActorPlacement } from './placement.ts';
import type { PoolCell, PoolRef, WorkerInputs } from './pool-cell.ts';
import type { PoolOptions } from './pool-options.ts';
import { planPool } from './pool.ts';
import type { SupervisorNode } from './supervisor-node.ts';
import {
  childSpecOf,
  type DynamicSupervisorOptions,
  dynamicSupervisorSettings,
  type SupervisorChildOptions,
  type SupervisorOptions,
  supervisorSettings,
} from './supervisor-options.ts';
import { SupervisorRef } from './supervisor-ref.ts';
import { type SpawnArguments, type Wiring } from './wiring.ts';
import type { AnyDefinition } from './wired-cell.ts';

/** What the function that builds a supervisor has returned, and the supervisor itself. */
export type Supervised<R> = (R extends object ? R : unknown) & {
  /** For whoever looks after the supervisor while the graph runs. */
  readonly supervisor: SupervisorRef;
};

/** Places what stands under a supervisor. Its children start in this order, and stop in reverse. */
export interface SupervisorBuilder {
  /**
   * Places an actor, as `graph.actor` does. Its full name is that of the supervisor, a slash, and `id`.
   *
   * @throws HoldfastError as `graph.actor`; `ERR_GRAPH_STATUS` when the function that builds the supervisor has returned.
   */
  actor<I extends InputSpecs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    id: string,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    wiring: NoInfer<Wiring<I, O>>,
    ...[placement]: undefined extends Given
      ? [placement?: ActorPlacement<Given, NoInfer<S>, NoInfer<T>, NoInfer<I>, NoInfer<O>>]
      : [placement: ActorPlacement<Given, NoInfer<S>, NoInfer<T>, NoInfer<I>, NoInfer<O>>]
  ): ActorHandle<I, O>;
  /** Places an actor that others send to, as `graph.spawn` does. @throws HoldfastError as {@link SupervisorBuilder.actor}. */
  spawn<I extends InputSpecs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    id: string,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    ...[wiring, placement]: SpawnArguments<NoInfer<I>, NoInfer<O>, NoInfer<S>, NoInfer<T>, NoInfer<Given>>
  ): SpawnedActor<I, O>;
  /** Places a supervisor, as `graph.supervisor` does. @throws HoldfastError as {@link SupervisorBuilder.actor}. */
  supervisor<R>(id: string, options: SupervisorOptions, build: (supervisor: SupervisorBuilder) => R): Supervised<R>;
  /**
   * Places a supervisor of children that come and go, as `graph.dynamicSupervisor` does.
   *
   * @throws HoldfastError as {@link SupervisorBuilder.actor}.
   */
  dynamicSupervisor<I extends InputSpecs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    id: string,
    options: DynamicSupervisorOptions,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    ...[wiring, placement]: SpawnArguments<NoInfer<I>, NoInfer<O>, NoInfer<S>, NoInfer<T>, undefined>
  ): DynamicSupervisorRef<I, Given, O>;
  /** Places a pool of workers, as `graph.pool` does. @throws HoldfastError as {@link SupervisorBuilder.actor}. */
  pool<I extends WorkerInputs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    id: string,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    options: PoolOptions<MailboxOf<NoInfer<I>>>,
    ...[wiring, placement]: ChildArguments<NoInfer<O>, NoInfer<Given>>
  ): PoolRef<MailboxOf<I>>;
}

/** What the builders of one graph share. */
export interface BuildSite {
  readonly core: GraphCore;
  readonly actors: Actors;
  /** Throws unless the graph is being built. */
  readonly mustBeBuilding: (api: string) => void;
  /** Throws if an actor, a supervisor, a feed or a sink has this name. */
  readonly mustBeFree: (name: string) => void;
}

/** Builds one supervisor of a graph; that of the root is the graph. */
export class TreeBuilder implements SupervisorBuilder {
  readonly #site: BuildSite;
  readonly #node: SupervisorNode;
  #isOpen = true;

  constructor(site: BuildSite, node: SupervisorNode) {
    this.#site = site;
    this.#node = node;
  }

  actor<I extends InputSpecs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    id: string,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    wiring: NoInfer<Wiring<I, O>>,
    ...[placement]: undefined extends Given
      ? [placement?: ActorPlacement<Given, NoInfer<S>, NoInfer<T>, NoInfer<I>, NoInfer<O>>]
      : [placement: ActorPlacement<Given, NoInfer<S>, NoInfer<T>, NoInfer<I>, NoInfer<O>>]
  ): ActorHandle<I, O> {
    return this.place('actor', id, definition, wiring, placement);
  }

  spawn<I extends InputSpecs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    id: string,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    ...[wiring, placement]: SpawnArguments<NoInfer<I>, NoInfer<O>, NoInfer<S>, NoInfer<T>, NoInfer<Given>>
  ): SpawnedActor<I, O> {
    return this.place('spawn', id, definition, wiring ?? {}, placement);
  }

  /** Places an actor, whatever its types. */
  place<I extends InputSpecs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    api: string,
    id: string,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    wiring: object,
    placement: object = {},
  ): ActorCell<I> {
    this.#mustBeFree(api, 'actor name', id);
    const { actors } = this.#site;
    const node = this.#node;
    const cell = actors.place(node, id, actors.plan(node, node.nameOf(id), definition, wiring, placement));
    node.addStatic({ id, spec: cell.spec, subject: cell });
    return cell; // it is made of this very definition
  }

  supervisor<R>(id: string, options: SupervisorOptions, build: (supervisor: SupervisorBuilder) => R): Supervised<R> {
    this.#mustBeFree('supervisor', 'supervisor name', id);
    const settings = supervisorSettings(`supervisor "${id}"`, options);
    if (typeof build !== 'function') throw invalidOption(`build of supervisor "${id}"`, 'a function', build);
    const { actors } = this.#site;
    const node = actors.newSupervisor(this.#node, id, settings);
    const builder = new TreeBuilder(this.#site, node);
    try {
      const built: unknown = build(builder);
      if (built instanceof Promise) throw invalidOption(`build of supervisor "${id}"`, 'a synchronous function', build);
      this.#node.addStatic({ id, spec: this.#specOf(options), subject: node });
      return Object.freeze({ ...(built as object), supervisor: new SupervisorRef(this.#site, node) }) as Supervised<R>;
    } catch (error) {
      actors.removeSupervisor(node); // nothing of it is left
      throw error;
    } finally {
      builder.#isOpen = false;
    }
  }

  dynamicSupervisor<I extends InputSpecs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    id: string,
    options: DynamicSupervisorOptions,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    ...[wiring, placement]: SpawnArguments<NoInfer<I>, NoInfer<O>, NoInfer<S>, NoInfer<T>, undefined>
  ): DynamicSupervisorRef<I, Given, O> {
    return this.placeDynamic(id, options, definition, wiring, placement);
  }

  /** Places a dynamic supervisor, whatever the types of its template. */
  placeDynamic<I extends InputSpecs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    id: string,
    options: DynamicSupervisorOptions,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    wiring: object = {},
    placement: object = {},
  ): DynamicSupervisorRef<I, Given, O> {
    this.#mustBeFree('dynamicSupervisor', 'supervisor name', id);
    const settings = dynamicSupervisorSettings(`supervisor "${id}"`, options);
    const { actors } = this.#site;
    const node = actors.newSupervisor(this.#node, id, settings);
    try {
      const plan = actors.plan(node, node.nameOf('template'), definition, wiring, placement);
      const ref = new DynamicSupervisorRef<I, Given, O>(this.#site, node, plan);
      this.#node.addStatic({ id, spec: this.#specOf(options), subject: node });
      return ref;
    } catch (error) {
      actors.removeSupervisor(node);
      throw error;
    }
  }

  pool<I extends WorkerInputs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    id: string,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    options: PoolOptions<MailboxOf<NoInfer<I>>>,
    ...[wiring, placement]: ChildArguments<NoInfer<O>, NoInfer<Given>>
  ): PoolRef<MailboxOf<I>> {
    return this.placePool(id, definition as never, options, wiring, placement) as PoolRef<unknown>; // of its workers
  }

  /** Places a pool, whatever the types of its workers. */
  placePool(
    id: string,
    definition: AnyDefinition,
    options: PoolOptions<never>,
    wiring: object = {},
    placement: object = {},
  ): PoolCell {
    this.#mustBeFree('pool', 'pool name', id);
    const { actors } = this.#site;
    const node = this.#node;
    const cell = actors.place(
      node,
      id,
      planPool(actors, node, id, { definition, options, wiring, placement }),
    ) as PoolCell;
    cell.initialSize = options.size;
    node.addStatic({ id, spec: cell.spec, subject: cell });
    return cell;
  }

  #specOf(options: SupervisorChildOptions): ChildSpec {
    const { actorDefaults, isRoot, settings } = this.#node;
    return childSpecOf(options, settings, isRoot ? actorDefaults : undefined);
  }

  #mustBeFree(api: string, what: string, id: string): void {
    this.#site.mustBeBuilding(api);
    if (!this.#isOpen) {
      const message = `${api}: supervisor "${this.#node.name}" is built already: call it in the function that builds it`;
      throw new HoldfastError('ERR_GRAPH_STATUS', message, { graph: this.#site.core.name, status: 'built' });
    }
    this.#site.mustBeFree(this.#node.nameOf(checkName(what, id)));
  }
}
