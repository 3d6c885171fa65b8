import { nothingToDrain } from '../actor/actor-ref.ts';
import { refuseInTurn } from '../actor/outside-only.ts';
import type { Runtime } from '../actor/runtime.ts';
import type { ActorCell } from './actor-cell.ts';
import { channelsOf } from './wired.ts';

/** `ref.stop`. Its supervisor hears of the end as of any other. */
export function stopFromOutside(cell: ActorCell, runtime: Runtime): Promise<void> {
  refuseInTurn(runtime, 'ref.stop', 'use ctx.exit, or ctx.stopChild for a child');
  const { shutdown } = cell.settings;
  return new Promise((resolve) => {
    const actor = cell.wake();
    if (actor === undefined) resolve();
    else actor.stopIncarnation(shutdown === 'infinity' ? Infinity : shutdown, () => resolve(), true);
  });
}

/** An actor begins without what it had. */
export function stateForgotten({ calls, watches }: Runtime, actor: string): void {
  calls.stateForgotten(actor);
  watches.stateForgotten(actor);
}

/** `ref.drain`. */
export function drainFromOutside(cell: ActorCell, runtime: Runtime): Promise<void> {
  refuseInTurn(runtime, 'ref.drain', 'use ctx.stopChild(child, { drain: true }) for a child');
  drainInputs(cell);
  return new Promise((resolve) => runtime.watches.listen(cell, () => resolve(), false));
}

/** Its inputs take no more: it works off what they hold, and completes. @throws HoldfastError `ERR_WIRING` if it has none. */
export function drainInputs(cell: ActorCell): void {
  mustHaveInputs(cell);
  if (cell.ended) return;
  const channels = Object.keys(cell.definition.inputs).flatMap((port) => channelsOf(cell.input(port)));
  for (const channel of channels) channel.ring().shut();
}

/** @throws HoldfastError `ERR_WIRING`. */
export function mustHaveInputs({ name, definition }: ActorCell): void {
  if (Object.keys(definition.inputs).length === 0) throw nothingToDrain(name);
}
