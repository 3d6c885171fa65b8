import type { DeadLetter } from '../actor/dead-letter.ts';
import type { GraphCore } from './graph-core.ts';

/** The dead letters of a graph. */
export interface DeadLetters {
  /** Those that are kept, oldest first. */
  list(): readonly DeadLetter[];
  /** Calls `listener` for each new one. @returns a function that stops it. */
  subscribe(listener: (letter: DeadLetter) => void): () => void;
  /** Removes those that match, which makes room. @returns how many there were. */
  discard(matches: (letter: DeadLetter) => boolean): number;
  /** How many there ever were, kept or not. */
  readonly total: number;
}

export function deadLettersOf(core: GraphCore): DeadLetters {
  const { letters, events } = core;
  return {
    list: () => letters.list(),
    subscribe: (listener) =>
      events.subscribe((event) => {
        if (event.kind === 'deadLetter') listener(event.letter);
      }),
    discard: (matches) => letters.discard(matches),
    get total() {
      return letters.total;
    },
  };
}
