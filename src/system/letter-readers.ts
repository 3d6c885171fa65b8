import type { DeadLetter } from '../actor/dead-letter.ts';
import type { ActorCell } from './actor-cell.ts';
import type { Channel } from './channel.ts';
import type { Edge } from './edge.ts';

interface Parts {
  readonly channels: ReadonlyMap<string, Channel<unknown>>;
  readonly cells: ReadonlyMap<string, ActorCell>;
  readonly edges: ReadonlyMap<string, Edge>;
}

interface AtRest {
  readonly isAtRest: boolean;
}

/**
 * The parts of a graph that read routed dead letters, or what comes of them. They may send back to where the letters came from,
 * so that closing alone, which ripples from the sources, would never come to them: it waits for them to come to rest.
 */
export class LetterReaders {
  readonly #names = new Set<string>();
  readonly #parts: AtRest[] = [];
  /** Parts that run and are none of them. */
  #others: number;
  /** There were no others at the start, so that all messages come from code outside, sooner or later. */
  readonly #areAlone: boolean;
  /** The one that was not at rest the last time: most likely it is not now. */
  #busy: AtRest | undefined;

  /** @param routes - The channels that dead letters go to. */
  constructor(routes: readonly Channel<DeadLetter>[], { channels, cells, edges }: Parts) {
    const reached = new Set<Channel<unknown>>();
    for (const { name } of routes) reached.add(channels.get(name) as Channel<unknown>);
    for (const channel of reached) {
      const name = channel.consumerName ?? '';
      const cell = cells.get(name);
      if (cell === undefined && !edges.has(name)) continue; // read outside the graph, or by nobody
      if (this.#names.has(name)) continue;
      this.#names.add(name);
      this.#parts.push(cell ?? new SinkInput(channel));
      for (const output of cell?.outputChannels ?? []) reached.add(output);
    }
    this.#others = cells.size + edges.size - this.#names.size;
    this.#areAlone = this.#others === 0;
  }

  /** An actor, a feed or a sink has ended. */
  partEnded(name: string): void {
    if (!this.#names.has(name)) this.#others -= 1;
  }

  /**
   * Nobody else runs, and they have nothing to do: no more letters will come, but for what a timer of theirs may do.
   *
   * @param hasClosedOutside - Code outside has closed an end of some channel. Before that it may not have begun to send.
   */
  areAtRest(hasClosedOutside: boolean): boolean {
    if (this.#others > 0 || (this.#areAlone && !hasClosedOutside) || this.#busy?.isAtRest === false) return false;
    this.#busy = this.#parts.find(({ isAtRest }) => !isAtRest);
    return this.#busy === undefined;
  }
}

/** What a sink reads: a message stays there until it is written. */
class SinkInput implements AtRest {
  readonly #channel: Channel<unknown>;

  constructor(channel: Channel<unknown>) {
    this.#channel = channel;
  }

  get isAtRest(): boolean {
    return this.#channel.size === 0 && !this.#channel.isOpenOutside;
  }
}
