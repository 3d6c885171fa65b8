import { noMailbox } from '../actor/actor-ref.ts';
import { checkDefinition } from '../actor/replacement.ts';
import { HoldfastError } from '../base/errors.ts';
import { checkObject } from '../base/options.ts';
import type { ActorPlan, Actors } from './actors.ts';
import { checkArgs } from './placement.ts';
import { PoolCell } from './pool-cell.ts';
import { type PoolOptions, poolSettings } from './pool-options.ts';
import { heldPort, routerOf } from './pool-router.ts';
import type { SupervisorNode } from './supervisor-node.ts';
import type { AnyDefinition } from './wired-cell.ts';

/** A pool as it is asked for: what its workers are made of, and the options of the pool itself. */
interface PoolAsked {
  readonly definition: AnyDefinition;
  readonly options: PoolOptions<never>;
  readonly wiring: object;
  readonly placement: object;
}

/**
 * Checks a pool, and what its workers are made of: they are spawned when it starts.
 *
 * @returns the plan of its router.
 *
 * @throws HoldfastError as `graph.pool`.
 */
export function planPool(
  actors: Actors,
  node: SupervisorNode,
  id: string,
  { definition, options, wiring, placement }: PoolAsked,
): ActorPlan {
  const name = node.nameOf(id);
  const settings = poolSettings(name, options);
  const worker = `${name}/0`;
  checkDefinition(worker, definition);
  const { inputs, behaviour } = definition;
  checkObject(`wiring of actor "${worker}"`, wiring);
  if (!Object.hasOwn(inputs, 'mailbox') || inputs['mailbox']?.kind !== 'input') throw noMailbox(worker);
  for (const port of Object.keys(inputs)) {
    if (Object.hasOwn(wiring, port)) throw ownInput(worker, port);
  }
  const { args } = actors.plan(node, worker, definition, wiring, placement);
  checkArgs(worker, behaviour.argsSchema, args);
  const plan = { definition, wiring: { ...wiring }, options: { ...placement } };
  const held = Object.entries(wiring).map(([port, to]: [string, unknown]) => [heldPort(port), to] as const);
  const router = actors.plan(
    node,
    name,
    routerOf(settings, plan),
    Object.fromEntries<unknown>(held),
    settings.placement,
  );
  return { ...router, Cell: PoolCell };
}

function ownInput(actor: string, port: string): HoldfastError<'ERR_WIRING'> {
  const message = `actor "${actor}": "${port}" is an input, and those of a worker of a pool are its own: give it a capacity`;
  return new HoldfastError('ERR_WIRING', message, { actor, port });
}
