import type { ActorCell } from './actor-cell.ts';
import type { Edge } from './edge.ts';
import type { GraphCore } from './graph-core.ts';
import type { SupervisorNode } from './supervisor-node.ts';

/** What there is in a graph. */
interface Parts {
  readonly cells: ReadonlyMap<string, ActorCell>;
  readonly edges: ReadonlyMap<string, Edge>;
  readonly root: SupervisorNode;
}

/**
 * Closes the mailboxes of a graph that stops, one after the other, last started first: each actor works off what it has, and
 * what it still casts to those that were started before it finds them open. Children that an actor owns come before it; but it
 * hands them what it gets itself, so its own mailbox is worked off before theirs are closed.
 *
 * Nothing else tells an actor with a mailbox that nothing will come: refs are everywhere. One without a mailbox ends when its
 * inputs close, and is waited for in the same order: it may have refs as well, and something to work off.
 *
 * A subscription to an output port keeps its channel open, until the publisher has ended. Publishers may wait for their own
 * subscribers so, in a circle: when all mailboxes are closed and nobody has anything to do, all subscriptions let go.
 */
export class MailboxDrain {
  readonly #parts: Parts;
  readonly #core: Pick<GraphCore, 'publishers' | 'runQueue'>;
  /** Those whose turn has not come, in start order. */
  readonly #open: ActorCell[];
  /** Whose mailbox was closed last, or who is to end before the next one is. */
  #closing: ActorCell | undefined;

  constructor(parts: Parts, core: Pick<GraphCore, 'publishers' | 'runQueue'>) {
    this.#parts = parts;
    this.#core = core;
    const cells = [...parts.root.cells()].filter(({ ended }) => !ended);
    const first = cells.findIndex(({ hasOwnMailbox }) => hasOwnMailbox);
    this.#open = first < 0 ? [] : cells.slice(first); // for those before it no mailbox waits
    this.#goOn(false);
  }

  /** An actor, a feed or a sink has ended. */
  partEnded(): void {
    if (this.#closing === undefined || this.#closing.ended) this.#goOn(false);
  }

  /** An actor has come while the graph stops: a child that its owner has spawned. */
  joined(cell: ActorCell): void {
    const matters = cell.hasOwnMailbox || this.#open.length > 0;
    if (matters && !this.#open.includes(cell)) this.#open.push(cell);
  }

  /**
   * Nobody is ready. An actor that has worked off its mailbox, and waits for something else to close, holds up nobody; unless
   * there is somebody at work, who may have something for one of those that are still open.
   */
  cameToRest(): void {
    if (this.#closing !== undefined && !this.#areAllQuiet) return;
    const { length } = this.#open;
    this.#goOn(this.#closing !== undefined);
    // It may be kept open by a subscription, and then nothing comes of that.
    if (this.#open.length < length) this.#core.runQueue.stirred();
    else if (length === 0) this.#letGo();
  }

  get #areAllQuiet(): boolean {
    if (this.#closing?.isQuiet === false && !this.#mayRest(this.#closing)) return false;
    for (const cell of this.#parts.cells.values()) if (!cell.isQuiet && !this.#mayRest(cell)) return false;
    return true;
  }

  /** It waits inside a turn, perhaps for what comes of the next mailbox: one without a mailbox does not hold that up. */
  #mayRest({ phase }: ActorCell): boolean {
    return phase === 'paused' && this.#closing?.hasOwnMailbox === false;
  }

  /** Nothing is left to be closed one after the other. A feed may have something still, for somebody who publishes it. */
  #letGo(): void {
    const { publishers } = this.#core;
    if (!publishers.haveEnds) return;
    for (const { kind, ended } of this.#parts.edges.values()) if (kind === 'feed' && !ended) return;
    if (this.#areAllQuiet) publishers.closeEnds();
  }

  /** @param isAtRest - Whoever has no mailbox waits for something that does not come by itself. */
  #goOn(isAtRest: boolean): void {
    let skips = isAtRest;
    do {
      this.#closing = undefined;
      const next = this.#open.at(-1);
      if (next === undefined || hasBusyOwner(next)) return; // it goes on when all have come to rest
      this.#open.pop();
      this.#closing = next;
      if (next.hasOwnMailbox) {
        next.closeMailbox();
        skips = false; // others may have something to do again
      }
    } while (this.#closing.ended || (skips && !this.#closing.hasOwnMailbox));
  }
}

/** Somebody above it has something that it may hand down. */
function hasBusyOwner(cell: ActorCell): boolean {
  for (let { owner } = cell; owner !== undefined; owner = owner.owner) if (!owner.isQuiet) return true;
  return false;
}
