import type { Holdout } from '../base/errors.ts';
import type { ActorCell } from './actor-cell.ts';
import type { Edge } from './edge.ts';

/** What has not ended of these, and what holds it. */
export function holdoutsAmong(cells: Iterable<ActorCell>, edges: Iterable<Edge>): Holdout[] {
  const found: Holdout[] = [];
  for (const cell of cells) if (!cell.ended) found.push({ kind: 'actor', name: cell.name, heldBy: cell.heldBy() });
  for (const edge of edges) if (!edge.ended) found.push({ kind: edge.kind, name: edge.name, heldBy: edge.heldBy() });
  return found;
}
