import type { DeadLetter } from '../actor/dead-letter.ts';
import type { ActorCell } from './actor-cell.ts';
import type { Channel } from './channel.ts';
import type { Edge } from './edge.ts';

interface Parts {
  readonly channels: ReadonlyMap<string, Channel<unknown>>;
  readonly cells: ReadonlyMap<string, ActorCell>;
  readonly edges: ReadonlyMap<string, Edge>;
}

/**
 * The parts of a graph that read routed dead letters, or what comes of them. They may send back to where the letters came from,
 * so that closing alone, which ripples from the sources, would never come to them: it waits for them to come to rest.
 */
export class LetterReaders {
  readonly #cells: ActorCell[] = [];
  /** The channels that sinks read. */
  readonly #sinkInputs: Channel<unknown>[] = [];
  readonly #names = new Set<string>();
  /** Parts that run and are none of them. */
  #others: number;

  /** @param routes - The channels that dead letters go to. */
  constructor(routes: readonly Channel<DeadLetter>[], { channels, cells, edges }: Parts) {
    const reached = new Set<Channel<unknown>>();
    for (const { name } of routes) reached.add(channels.get(name) as Channel<unknown>);
    for (const channel of reached) {
      const name = channel.consumerName ?? '';
      const cell = cells.get(name);
      if (cell === undefined && !edges.has(name)) continue; // read outside the graph, or by nobody
      this.#names.add(name);
      if (cell === undefined) this.#sinkInputs.push(channel);
      else if (!this.#cells.includes(cell)) {
        this.#cells.push(cell);
        for (const output of cell.outputChannels) reached.add(output);
      }
    }
    this.#others = cells.size + edges.size - this.#names.size;
  }

  /** An actor, a feed or a sink has ended. */
  partEnded(name: string): void {
    if (!this.#names.has(name)) this.#others -= 1;
  }

  /** Nobody else runs, and they have nothing to do: no more letters will come, but for what a timer of theirs may do. */
  get atRest(): boolean {
    if (this.#others > 0) return false;
    return (
      this.#sinkInputs.every(({ size, isOpenOutside }) => size === 0 && !isOpenOutside) &&
      this.#cells.every((cell) => cell.isAtRest)
    );
  }
}
