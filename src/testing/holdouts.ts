import type { Actor } from '../actor/actor.ts';
import type { Holdout } from '../base/errors.ts';
import type { Graph } from '../system/graph.ts';
import { holdoutsAmong } from '../system/holdouts.ts';

/** What has not ended in a graph, and what holds it; actors that never had anything to do excepted. */
export function holdouts(graph: Graph): Holdout[] {
  const { cells, edges } = graph.backstage;
  const awake = [...cells.values()].filter(({ phase }) => phase !== 'asleep');
  return holdoutsAmong(awake, edges.values());
}

/** That is nothing foreign: the call has a deadline, at least. */
function awaitsReply({ turn }: Actor): boolean {
  return (turn.calls?.open?.size ?? 0) > 0;
}

/** Who is in the middle of a turn or a write though nothing that is simulated is left to do. */
export function foreignWaits(graph: Graph): Holdout[] {
  const { cells, edges } = graph.backstage;
  const actors = [...cells.values()].flatMap(({ name, actor }): Holdout[] =>
    actor?.phase === 'turn' && !awaitsReply(actor) ? [{ kind: 'actor', name, heldBy: actor.heldBy() }] : [],
  );
  const others = [...edges.values()].flatMap((edge): Holdout[] =>
    edge.awaitsOutside ? [{ kind: edge.kind, name: edge.name, heldBy: edge.heldBy() }] : [],
  );
  return [...actors, ...others];
}
