import type { Actor } from '../actor/actor.ts';
import type { ActorRef } from '../actor/actor-ref.ts';
import type { OwnInputSpec } from '../actor/definition.ts';
import type { OwnInputSpecs } from '../actor/family.ts';
import { refuseInTurn } from '../actor/outside-only.ts';
import { ActorCell } from './actor-cell.ts';
import { requestFromOutside } from './outside-call.ts';
import { checkPoolSize, type PoolWorker } from './pool-options.ts';
import type { PoolState, ResizeOrder } from './pool-router.ts';

/** A pool of workers, for those who send to it: as good as the ref of an actor. Made by `graph.pool`. */
export interface PoolRef<M> extends ActorRef<M> {
  /** How many workers it has, as last committed; those that leave do not count. */
  readonly size: number;
  /**
   * Gives the pool more workers, or fewer: those with the highest numbers then work off what they have, and end. For code outside.
   * Several are done one after the other, in order.
   *
   * Resolves: when the pool has that size, those that leave are gone and, with `byKey`, all messages go to the workers that their keys
   * have now.
   *
   * @param size - An integer of 1 or more.
   *
   * @throws HoldfastError `ERR_ACTOR_GONE`, `ERR_STOPPING`, `ERR_OVERLOADED` (the promise rejects). At once: `ERR_INVALID_OPTION`,
   * `ERR_OUTSIDE_API_IN_TURN`.
   */
  resize(size: number): Promise<void>;
  /** The workers at this moment, by their numbers. */
  workers(): readonly PoolWorker[];
}

/* eslint-disable @typescript-eslint/no-explicit-any -- as in the inputs of any definition. */
/** The inputs of a worker: a mailbox, and others that nobody has to wire. */
export type WorkerInputs = OwnInputSpecs & { readonly mailbox: OwnInputSpec<any, any> };
/* eslint-enable @typescript-eslint/no-explicit-any */

/** A type and no interface: the keys of an interface are not known to be all. */
export type PoolInputs = {
  readonly mailbox: OwnInputSpec<unknown>;
  readonly control: OwnInputSpec<ResizeOrder>;
};

/** The place of a pool's router. */
export class PoolCell extends ActorCell<PoolInputs> implements PoolRef<unknown> {
  /** Something has become of a worker that its router is to look at. */
  isStale = true;
  /** Before its first turn. */
  initialSize = 0;

  /** Its actor, where it is known to be awake: in its own turns. */
  get awake(): Actor {
    return this.actor as Actor;
  }

  get isStopping(): boolean {
    return this.placement.runtime.stopping;
  }

  get size(): number {
    const { record } = this;
    return record === undefined ? this.initialSize : ((record.state?.snapshot() as PoolState | undefined)?.size ?? 0);
  }

  resize(size: number): Promise<void> {
    const { runtime } = this.placement;
    refuseInTurn(runtime, 'pool.resize', 'resize it from outside');
    checkPoolSize(`size of pool "${this.name}"`, size);
    const make = (reply: unknown): unknown => ({ size, reply });
    // No time limit: the workers that leave take as long as they need.
    const channel = this.input('control') as never;
    return requestFromOutside(runtime, channel, this.name, make, { timeoutMs: Infinity }) as Promise<void>;
  }

  workers(): readonly PoolWorker[] {
    const { size } = this;
    return this.workersByNumber().flatMap((worker, number): PoolWorker[] => {
      if (worker === undefined || worker.ended) return [];
      return [{ name: worker.name, waiting: worker.mailbox.size, isLeaving: number >= size }];
    });
  }

  /** Those that there are, by their numbers; with gaps. */
  workersByNumber(): (ActorCell | undefined)[] {
    const workers: (ActorCell | undefined)[] = [];
    for (const worker of this.family?.cells() ?? []) workers[Number(worker.id)] = worker;
    return Array.from(workers);
  }
}
