import type { ChildInfo } from '../actor/child-event.ts';
import { refuseInTurn } from '../actor/outside-only.ts';
import type { InputSpecs, OutputSpecs } from '../actor/definition.ts';
import { checkKnownKeys, checkName, invalidOption } from '../base/options.ts';
import { ActorCell, type SpawnedActor } from './actor-cell.ts';
import type { ActorPlan } from './actors.ts';
import type { SupervisorNode } from './supervisor-node.ts';
import { infoOf } from './child-info.ts';
import type { ChildCounts } from './supervisor-ref.ts';
import { administerChild, FROM_OUTSIDE, refusal, startChild } from './supervisor-ref.ts';
import type { BuildSite } from './tree-builder.ts';

/** How one child of a dynamic supervisor differs from its siblings. */
export interface DynamicChildOptions {
  /** Unique among its siblings. Default: a number, counted from 1. */
  readonly id?: string;
}

/**
 * A supervisor whose children come and go, all of them made of one template. A child that ends for good is forgotten.
 *
 * Source: Erlang/OTP `supervisor` with `simple_one_for_one`, and Elixir's `DynamicSupervisor`. Differs: children have ids.
 *
 * Everything here is for code outside actors, and throws `ERR_OUTSIDE_API_IN_TURN` in a turn.
 */
export class DynamicSupervisorRef<I extends InputSpecs, Given, O extends OutputSpecs = OutputSpecs> {
  /** Its path in the tree. */
  readonly name: string;
  readonly #site: BuildSite;
  readonly #node: SupervisorNode;
  readonly #template: ActorPlan;
  #nextId = 1;

  /** @internal */
  constructor(site: BuildSite, node: SupervisorNode, template: ActorPlan) {
    this.name = node.name;
    this.#site = site;
    this.#node = node;
    this.#template = template;
  }

  /**
   * Starts a child of the template with these arguments. Resolves when it has started; with a ref whose actor is gone already if
   * its `onStart` answered `'ignore'`.
   *
   * @throws HoldfastError (the promise rejects) `ERR_CHILD_REFUSED`: `already started`, `too many children` (`maxChildren`),
   * `stopping`, `no such supervisor`; `ERR_START_FAILED`. At once: `ERR_SCHEMA`, `ERR_INVALID_OPTION`,
   * `ERR_OUTSIDE_API_IN_TURN`.
   */
  start(
    ...[args, options]: undefined extends Given
      ? [args?: Given, options?: DynamicChildOptions]
      : [args: Given, options?: DynamicChildOptions]
  ): Promise<SpawnedActor<I, O>> {
    refuseInTurn(this.#site.core, 'supervisor.start', FROM_OUTSIDE);
    if (options !== undefined) checkKnownKeys(`child of supervisor "${this.name}"`, options, ['id']);
    const given = options?.id;
    const id = given === undefined ? this.#freshId() : checkName('id', given);
    const node = this.#node;
    if (!node.takesOrders) return Promise.reject(refusal(this.name, id, node.whyDown));
    if (given !== undefined && node.child(id) !== undefined) {
      return Promise.reject(refusal(this.name, id, 'already started'));
    }
    if (node.childCount >= (node.settings.maxChildren ?? Infinity)) {
      return Promise.reject(refusal(this.name, id, 'too many children'));
    }
    const cell = this.#site.actors.placeNow(node, id, this.#template, args);
    return startChild<I, O>(node, id, cell);
  }

  #freshId(): string {
    for (;;) {
      const id = String(this.#nextId);
      this.#nextId += 1;
      if (this.#node.child(id) === undefined) return id;
    }
  }

  /**
   * Stops a child, by its shutdown time, and forgets it.
   *
   * @param child - Its ref. Ids will not do: there is no template to start it from again.
   *
   * @throws HoldfastError (the promise rejects) `ERR_CHILD_REFUSED`: `not found`, `stopping`, `no such supervisor`. At once:
   * `ERR_INVALID_OPTION` for what is no ref.
   */
  terminate(child: SpawnedActor<I>): Promise<void> {
    return this.#ask('terminate', child, ({ id }) => administerChild(this.#node, 'terminate', id));
  }

  /**
   * Lets a child work off what it has, and forgets it then: see `ref.drain`. Resolves when it has ended.
   *
   * @throws HoldfastError as {@link DynamicSupervisorRef.terminate}; at once `ERR_WIRING` for a child without inputs.
   */
  drain(child: SpawnedActor<I>): Promise<void> {
    return this.#ask('drain', child, (cell) => cell.drain());
  }

  #ask(verb: 'terminate' | 'drain', child: SpawnedActor<I>, then: (cell: ActorCell) => Promise<void>): Promise<void> {
    refuseInTurn(this.#site.core, `supervisor.${verb}`, FROM_OUTSIDE);
    const given: unknown = child;
    if (!(given instanceof ActorCell)) throw invalidOption(`${verb}: child`, 'the ref of a child', given);
    const { id } = given;
    if (!this.#node.takesOrders) return Promise.reject(refusal(this.name, id, this.#node.whyDown));
    if (this.#node.child(id)?.subject !== (given as unknown)) {
      return Promise.reject(refusal(this.name, given.name, 'not found'));
    }
    return then(given as ActorCell); // of whatever types
  }

  /** The children, in start order. Answers at once. */
  children(): readonly ChildInfo[] {
    return this.#node.children.map(infoOf);
  }

  /** How many there are: one template, and its children. Answers at once. */
  counts(): ChildCounts {
    let active = 0;
    for (const { status } of this.#node.children) if (status === 'running') active += 1;
    return { specs: 1, active, supervisors: 0, workers: this.#node.childCount };
  }

  /** Stops it and all of its children, which stop side by side. It stays stopped until its own supervisor restarts it. */
  async stop(): Promise<void> {
    refuseInTurn(this.#site.core, 'supervisor.stop', FROM_OUTSIDE);
    await this.#node.terminate();
  }
}
