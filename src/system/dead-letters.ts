import type { DeadLetter } from '../actor/dead-letter.ts';
import { HoldfastError } from '../base/errors.ts';
import { compileFilter, type DeadLetterFilter } from './dead-letter-filter.ts';
import type { GraphCore } from './graph-core.ts';

/** The dead letters of a graph, for whoever looks after it. Made by the graph: `graph.deadLetters`. */
export class DeadLetters {
  readonly #core: GraphCore;

  /** @internal */
  constructor(core: GraphCore) {
    this.#core = core;
  }

  /**
   * Those that are kept and match, oldest first. Without a filter, all of them.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION` for a filter that is none. What a filter's function throws passes through.
   */
  list(filter: DeadLetterFilter = {}): readonly DeadLetter[] {
    return this.#matching('deadLetters.list', filter);
  }

  /** How many are kept and match. @throws as {@link DeadLetters.list}. */
  count(filter: DeadLetterFilter = {}): number {
    return this.#matching('deadLetters.count', filter).length;
  }

  /** The letter with this number, while it is kept. */
  get(id: number): DeadLetter | undefined {
    return this.#core.letters.get(id);
  }

  /** Calls `listener` for each new one. @returns a function that stops it. */
  subscribe(listener: (letter: DeadLetter) => void): () => void {
    return this.#core.events.subscribe((event) => {
      if (event.kind === 'deadLetter') listener(event.letter);
    });
  }

  /**
   * Removes those that match, which makes room; `{}` removes all. If the filter throws, none are.
   *
   * @returns how many there were.
   *
   * @throws HoldfastError as {@link DeadLetters.list}; `ERR_OUTSIDE_API_IN_TURN`.
   */
  discard(filter: DeadLetterFilter): number {
    this.#refuseInTurn('deadLetters.discard');
    // Asked about all of them before any goes: the filter may throw.
    return this.#core.letters.discard(this.#matching('deadLetters.discard', filter));
  }

  /** How many there ever were, kept or not. */
  get total(): number {
    return this.#core.letters.total;
  }

  #matching(api: string, filter: DeadLetterFilter): DeadLetter[] {
    return this.#core.letters.list().filter(compileFilter(api, filter));
  }

  #refuseInTurn(api: string): void {
    const actor = this.#core.current;
    if (actor === null) return;
    const message = `${api} was called inside a turn of actor "${actor}", where it would escape the roll back: call it from outside the graph's actors`;
    throw new HoldfastError('ERR_OUTSIDE_API_IN_TURN', message, { actor, api });
  }
}
