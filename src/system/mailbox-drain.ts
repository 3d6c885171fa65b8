import type { ActorCell } from './actor-cell.ts';
import type { SupervisorNode } from './supervisor-node.ts';

/**
 * Closes the mailboxes of a graph that stops, one after the other, last started first: each actor works off what it has, and
 * what it still casts to those that were started before it finds them open.
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
    if (this.#closing?.ended === true) this.#goOn();
  }

  /**
   * Nobody is ready. An actor that has worked off its mailbox, and waits for something else to close, holds up nobody; unless
   * there is somebody at work, who may have something for one of those that are still open.
   */
  cameToRest(): void {
    if (this.#closing === undefined || !this.#closing.isQuiet) return;
    for (const cell of this.#cells.values()) if (!cell.isQuiet) return;
    this.#goOn();
  }

  #goOn(): void {
    do {
      this.#closing = this.#open.pop();
      this.#closing?.closeMailbox();
    } while (this.#closing?.ended === true);
  }
}
