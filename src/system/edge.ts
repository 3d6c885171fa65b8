import type { Runnable } from '../actor/run-queue.ts';

/** A pump at the edge of the graph: a feed or a sink. Not an actor: it has no turns and is not restarted. */
export interface Edge extends Runnable {
  readonly kind: 'feed' | 'sink';
  readonly name: string;
  readonly ended: boolean;
  start(): void;
  /** The graph stops: take nothing more in. */
  stopRequested(): void;
  /** The time to stop is over. */
  stopNow(): void;
  heldBy(): string;
  /** It is in the middle of something that is done outside the graph: a pull, a write. */
  readonly awaitsOutside: boolean;
}

/** What an edge tells its graph. */
export interface EdgeHost {
  edgeEnded(edge: Edge): void;
  /** It failed for good: the graph stops with this error. */
  edgeFailed(edge: Edge, error: unknown): void;
}
