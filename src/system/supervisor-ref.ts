import type { ChildInfo } from '../actor/child-event.ts';
import { refuseInTurn } from '../actor/outside-only.ts';
import type { ActorDefinition, InputSpecs, OutputSpecs } from '../actor/definition.ts';
import type { TableSpecs } from '../actor/table.ts';
import { HoldfastError } from '../base/errors.ts';
import { invalidOption } from '../base/options.ts';
import type { Refusal } from '../supervision/admin.ts';
import type { ActorCell, SpawnedActor } from './actor-cell.ts';
import type { ActorPlan } from './actors.ts';
import { type ChildSpecInfo, infoOf, specInfoOf } from './child-info.ts';
import type { BuildSite } from './tree-builder.ts';
import { startFailed } from './start-failed.ts';
import type { SupervisorNode } from './supervisor-node.ts';
import type { SpawnArguments } from './wiring.ts';

/** How many children there are. */
export interface ChildCounts {
  /** All of them; of a dynamic supervisor 1, its template. */
  readonly specs: number;
  /** Those that run. */
  readonly active: number;
  /** Those that are supervisors, whether they run or not. */
  readonly supervisors: number;
  /** Those that are actors, whether they run or not. */
  readonly workers: number;
}

/**
 * A supervisor, for whoever looks after it while the graph runs. Names and refusals are those of Erlang/OTP.
 *
 * Everything here is for code outside actors, and throws `ERR_OUTSIDE_API_IN_TURN` in a turn.
 */
export class SupervisorRef {
  /** Its path in the tree. */
  readonly name: string;
  readonly #site: BuildSite;
  readonly #node: SupervisorNode;

  /** @internal */
  constructor(site: BuildSite, node: SupervisorNode) {
    this.name = node.name;
    this.#site = site;
    this.#node = node;
  }

  /**
   * Adds a child as the last one and starts it. Resolves when it has started.
   *
   * A child that was added so is gone when the supervisor is restarted itself: only those that it was built with come back.
   *
   * @throws HoldfastError (the promise rejects) `ERR_CHILD_REFUSED`: `already started`, `already present` (a stopped child has
   * this id), `stopping`, `no such supervisor`; `ERR_START_FAILED`: the child is not kept. At once, or as a rejection where the
   * supervisor is still busy with a child of this id: as `graph.actor`.
   */
  start<I extends InputSpecs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    id: string,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    ...[wiring, placement]: SpawnArguments<NoInfer<I>, NoInfer<O>, NoInfer<S>, NoInfer<T>, NoInfer<Given>>
  ): Promise<SpawnedActor<I, O>> {
    refuseInTurn(this.#site.core, 'supervisor.start', FROM_OUTSIDE);
    const { actors } = this.#site;
    const node = this.#node;
    const startNow = (): Promise<SpawnedActor<I, O>> =>
      this.#startNow<I, O>(id, () => actors.plan(node, node.nameOf(id), definition, wiring ?? {}, placement ?? {}));
    if (node.child(id) === undefined) return startNow();
    // What it was asked before, and has not come to yet, may take that one away.
    return new Promise((resolve, reject) => {
      node.whenFree(() => {
        try {
          resolve(startNow());
        } catch (error) {
          reject(error); // it must not throw here: this is in the middle of the supervisor's work
        }
      });
    });
  }

  #startNow<I extends InputSpecs, O extends OutputSpecs>(
    id: string,
    plan: () => ActorPlan,
  ): Promise<SpawnedActor<I, O>> {
    const node = this.#node;
    const known = node.child(id);
    if (known !== undefined) {
      return Promise.reject(this.#refusal(id, known.status === 'running' ? 'already started' : 'already present'));
    }
    if (!node.takesOrders) return Promise.reject(this.#refusal(id, node.whyDown));
    return startChild<I, O>(node, id, this.#site.actors.placeNow(node, id, plan()));
  }

  /**
   * Stops a child, by its shutdown time; it stays stopped until somebody restarts it. A temporary one is forgotten. Messages in
   * its mailbox wait. A child that is stopped already, or waits for its restart, stays stopped from now on.
   *
   * @throws HoldfastError (the promise rejects) `ERR_CHILD_REFUSED`: `not found`, `stopping`, `no such supervisor`.
   */
  terminate(id: string): Promise<void> {
    return this.#administer('terminate', id);
  }

  /**
   * Starts a stopped child again, in its old place.
   *
   * @throws HoldfastError (the promise rejects) `ERR_CHILD_REFUSED`: `not found`, `running`, `restarting`, `stopping`, `no such
   * supervisor`; `ERR_START_FAILED`: it stays stopped.
   */
  restart(id: string): Promise<void> {
    return this.#administer('restart', id);
  }

  /**
   * Forgets a stopped child: what waits in its inputs becomes dead letters, and its id is free.
   *
   * @throws HoldfastError (the promise rejects) `ERR_CHILD_REFUSED`: `not found`, `running`, `restarting`, `stopping`, `no such
   * supervisor`.
   */
  delete(id: string): Promise<void> {
    return this.#administer('delete', id);
  }

  /**
   * Lets an actor among the children work off what it has, and end: see `ref.drain`. Resolves when it has ended. It stays stopped then;
   * a temporary one is forgotten.
   *
   * @throws HoldfastError (the promise rejects) `ERR_CHILD_REFUSED`: `not found`, `stopping`, `no such supervisor`. At once:
   * `ERR_INVALID_OPTION` for the id of a supervisor, `ERR_WIRING` for an actor without inputs.
   */
  drain(id: string): Promise<void> {
    refuseInTurn(this.#site.core, 'supervisor.drain', FROM_OUTSIDE);
    if (!this.#node.takesOrders) return Promise.reject(this.#refusal(id, this.#node.whyDown));
    const child = this.#node.child(id);
    if (child === undefined) return Promise.reject(this.#refusal(id, 'not found'));
    if (child.subject.kind === 'supervisor') throw invalidOption('drain: id', 'the id of an actor', id);
    return (child.subject as ActorCell).drain(); // there are no other members
  }

  #administer(kind: 'terminate' | 'restart' | 'delete', id: string): Promise<void> {
    refuseInTurn(this.#site.core, `supervisor.${kind}`, FROM_OUTSIDE);
    if (!this.#node.takesOrders) return Promise.reject(this.#refusal(id, this.#node.whyDown));
    return administerChild(this.#node, kind, id);
  }

  /** The children, in start order. Answers at once, whatever the supervisor is doing. */
  children(): readonly ChildInfo[] {
    return this.#node.children.map(infoOf);
  }

  /** How many children there are. Answers at once. */
  counts(): ChildCounts {
    const { children } = this.#node;
    const supervisors = children.filter(({ subject }) => subject.kind === 'supervisor').length;
    const active = children.filter(({ status }) => status === 'running').length;
    return { specs: children.length, active, supervisors, workers: children.length - supervisors };
  }

  /** How a child is kept; undefined for one that there is not. */
  spec(id: string): ChildSpecInfo | undefined {
    const child = this.#node.child(id);
    return child === undefined ? undefined : specInfoOf(child);
  }

  /**
   * Stops the supervisor and all that is under it, last started first, each by its shutdown time. It stays stopped until its
   * own supervisor restarts it.
   */
  async stop(): Promise<void> {
    refuseInTurn(this.#site.core, 'supervisor.stop', FROM_OUTSIDE);
    await this.#node.terminate();
  }

  /**
   * Ends it at once: actors under it are killed, supervisors stop what is under them, in order. Its own supervisor restarts it as
   * its restart type says. For tests and operators.
   *
   * @throws HoldfastError `ERR_OUTSIDE_API_IN_TURN`.
   */
  kill(): void {
    refuseInTurn(this.#site.core, 'supervisor.kill', FROM_OUTSIDE);
    this.#node.kill();
  }

  #refusal(child: string, why: ChildRefusal): HoldfastError<'ERR_CHILD_REFUSED'> {
    return refusal(this.name, child, why);
  }
}

/** What a supervisor is asked is asked from there. */
export const FROM_OUTSIDE = "ask it from outside the graph's actors";

/** Why a supervisor refuses what it is asked to do: words of Erlang/OTP. */
export type ChildRefusal = Refusal | 'no such supervisor';

export function refusal(supervisor: string, child: string, why: ChildRefusal): HoldfastError<'ERR_CHILD_REFUSED'> {
  const message = `supervisor "${supervisor}" refuses what it was asked to do with child "${child}": ${why}`;
  return new HoldfastError('ERR_CHILD_REFUSED', message, { supervisor, child, why });
}

/** Has a supervisor start a child that was placed for it. @returns its ref, when it has started. */
export function startChild<I extends InputSpecs, O extends OutputSpecs>(
  node: SupervisorNode,
  id: string,
  cell: ActorCell,
): Promise<SpawnedActor<I, O>> {
  return new Promise((resolve, reject) => {
    node.add({ id, spec: cell.spec, subject: cell }, (result) => {
      if (result.kind === 'failed' || result.kind === 'refused') cell.retire({ kind: 'shutdown' }, true);
      if (result.kind === 'refused') reject(refusal(node.name, id, result.why));
      else if (result.kind === 'failed') reject(startFailed(cell.name, result.error));
      else resolve(cell as unknown as SpawnedActor<I, O>); // whoever asks knows of what definition it is made
    });
  });
}

/** Has a supervisor do something with one of its children. Resolves when it is done. */
export function administerChild(
  node: SupervisorNode,
  kind: 'terminate' | 'restart' | 'delete',
  id: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    node.administer(kind, id, (result) => {
      if (result.kind === 'refused') reject(refusal(node.name, id, result.why));
      else if (result.kind === 'failed') reject(startFailed(node.nameOf(id), result.error));
      else resolve();
    });
  });
}
