import type { Graph } from 'holdfast';
import type { Verification } from '../lesson.ts';
import type { Word } from './fizz-buzz.ts';

/** Channels whose messages stand for a value; beats do not. */
const valueChannels = ['numbers', 'words', 'counted'];

/**
 * Keeps book outside the actors, so that a lesson can prove what it promises: each value that was generated was counted
 * exactly once or is a dead letter.
 */
export class Ledger {
  /** How often each value was seen, by value. */
  readonly #seen: number[] = [];
  #counted = 0;

  /** The logger's turn that counted `value` has committed. */
  noteCounted(value: number): void {
    this.#counted += 1;
    this.#see(value);
  }

  /** Goes through all the values there should be, one by one. To be called once, when `graph` has stopped. */
  verify(graph: Graph): Verification {
    const letters = graph.deadLetters.list().filter(({ channel }) => valueChannels.includes(channel));
    for (const { payload } of letters) this.#see(valueOf(payload));

    const generated = numberInState(graph, 'generator', 'generated');
    const total = numberInState(graph, 'logger', 'total');
    let lost = 0;
    let doubled = 0;
    for (let value = 0; value < Math.max(generated, this.#seen.length); value += 1) {
      const surplus = (this.#seen[value] ?? 0) - (value < generated ? 1 : 0);
      if (surplus < 0) lost += 1;
      else doubled += surplus;
    }
    // The logger's own figure must agree with what it has said it counted.
    lost += Math.max(0, this.#counted - total);
    doubled += Math.max(0, total - this.#counted);
    return { lost, doubled, figures: { generated, counted: this.#counted, 'dead letters': letters.length } };
  }

  #see(value: number): void {
    while (this.#seen.length <= value) this.#seen.push(0);
    this.#seen[value] = (this.#seen[value] ?? 0) + 1;
  }
}

function valueOf(payload: unknown): number {
  return typeof payload === 'number' ? payload : (payload as Word).value; // nothing else is sent on these channels
}

function numberInState(graph: Graph, actor: string, key: string): number {
  const state = graph.snapshot().actors.find(({ name }) => name === actor)?.state;
  return Number(Reflect.get(state ?? {}, key));
}
