import type { ActorCell } from './actor-cell.ts';
import type { SupervisorNode } from './supervisor-node.ts';

/**
 * Closes the mailboxes of a graph that stops, one after the other, last started first: each actor works off what it has, and
 * what it still casts to those that were started before it finds them open. Children that an actor owns come before it; but it
 * hands them what it gets itself, so its own mailbox is worked off before theirs are closed.
 *
 * Nothing else tells an actor with a mailbox that nothing will come: refs are everywhere.
 */
export class MailboxDrain {
  readonly #cells: ReadonlyMap<string, ActorCell>;
  /** Those that are still open, in start order. */
  readonly #open: ActorCell[];
  /** Whose mailbox was closed last. */
  #closing: ActorCell | undefined;

  constructor({ cells, root }: { readonly cells: ReadonlyMap<string, ActorCell>; readonly root: SupervisorNode }) {
    this.#cells = cells;
    this.#open = [...root.cells()].filter(({ ended, hasOwnMailbox }) => hasOwnMailbox && !ended);
    this.#goOn();
  }

  /** An actor, a feed or a sink has ended. */
  partEnded(): void {
    if (this.#closing === undefined || this.#closing.ended) this.#goOn();
  }

  /** An actor has come while the graph stops: a child that its owner has spawned. */
  joined(cell: ActorCell): void {
    if (cell.hasOwnMailbox && !this.#open.includes(cell)) this.#open.push(cell);
  }

  /**
   * Nobody is ready. An actor that has worked off its mailbox, and waits for something else to close, holds up nobody; unless
   * there is somebody at work, who may have something for one of those that are still open.
   */
  cameToRest(): void {
    if (this.#closing !== undefined) {
      if (!this.#closing.isQuiet) return;
      for (const cell of this.#cells.values()) if (!cell.isQuiet) return;
    }
    this.#goOn();
  }

  #goOn(): void {
    do {
      this.#closing = undefined;
      const next = this.#open.at(-1);
      if (next === undefined || hasBusyOwner(next)) return; // it goes on when all have come to rest
      this.#open.pop();
      this.#closing = next;
      next.closeMailbox();
    } while (this.#closing.ended);
  }
}

/** Somebody above it has something that it may hand down. */
function hasBusyOwner(cell: ActorCell): boolean {
  for (let { owner } = cell; owner !== undefined; owner = owner.owner) if (!owner.isQuiet) return true;
  return false;
}
