import type { Actor } from '../actor/actor.ts';
import type { ActorState } from '../actor/actor-state.ts';
import { encodeTagged } from '../base/tagged-json.ts';
import type { Ring } from '../channel/ring.ts';
import type { Channel } from '../system/channel.ts';
import type { Graph } from '../system/graph.ts';
import type { StepPoint } from './crash-points.ts';

/** Values in a state that are compared at the most. */
const STATE_VALUES_MAX = 100_000;

interface ChannelBook {
  readonly channel: Channel<unknown>;
  /** Nobody writes to it but actors, so that whatever appears there was committed. */
  readonly isOurs: boolean;
  /** The messages that committed turns have still to put there, in their order. */
  readonly expected: unknown[];
  /** Position of the first message that has not been compared. */
  seen: number;
  /** Messages of timers, watches and calls that have been seen. */
  besidesTurns: number;
  /** Number of the message that a committed turn took last. */
  lastTaken: number;
}

/**
 * Keeps the books of a graph while it runs, from outside, and compares them with what the graph has:
 *
 * - what a turn has sent appears in its channels when it commits, all of it and nothing else (G1);
 * - a message is taken by one committed turn, in the order of its channel (G3, G4);
 * - no channel holds more than it may (G6), and all messages are accounted for (G2, G7);
 * - an incarnation begins with the state that was committed last (G8), and nobody else's has changed (G5).
 *
 * It looks at every step of every turn, so it sees what is wrong only for a moment.
 */
export class Ledger {
  readonly #graph: Graph;
  readonly #problem: (text: string) => void;
  #books: Map<string, ChannelBook> | undefined;
  /** What each state was committed as last, as text; absent where it cannot be compared. An actor and its fallback have one each. */
  readonly #states = new WeakMap<ActorState, string>();
  /** Loops that have not come to their first wait, as far as has been seen. */
  readonly #opening = new Set<string>();

  /** @param problem - Is told what is wrong. */
  constructor(graph: Graph, problem: (text: string) => void) {
    this.#graph = graph;
    this.#problem = problem;
  }

  step(point: StepPoint, name: string): void {
    const books = (this.#books ??= this.#open());
    for (const book of books.values()) this.#check(book);
    const actor = this.#graph.backstage.cells.get(name)?.actor;
    if (actor === undefined) return;
    this.#noteOpening(actor);
    if (point === 'commit:afterState') {
      this.#noteTakes(actor);
      this.#noteSends(actor);
    } else if (point === 'commit:published') {
      this.#checkPublished(actor);
      this.#keepState(actor);
    } else if (point === 'restart') {
      if (!actor.prepared) this.#states.delete(actor.state);
      this.#checkStates();
    }
  }

  /** Between two turns nobody may have written to a state: the next incarnation would not have it. */
  checkLiveStates(): void {
    for (const [name, { actor }] of this.#graph.backstage.cells) {
      if (actor?.phase !== 'idle' || !this.#states.has(actor.state)) continue;
      const live = textOf(actor.state.live);
      const committed = textOf(actor.state.snapshot());
      if (live === undefined || committed === undefined || live === committed) continue;
      this.#problem(`the state of actor "${name}" was written to between its turns: ${committed} is now ${live}`);
    }
  }

  #open(): Map<string, ChannelBook> {
    const { cells, channels } = this.#graph.backstage;
    const isActor = (name: string): boolean => cells.has(name);
    return new Map(
      [...channels].map(([name, channel]) => {
        const isOurs = channel.producers.length > 0 && channel.producers.every(isActor);
        return [
          name,
          {
            channel,
            isOurs,
            expected: [],
            seen: channel.ring().tail,
            besidesTurns: channel.ring().besidesTurns,
            lastTaken: -1,
          },
        ];
      }),
    );
  }

  #check(book: ChannelBook): void {
    const { channel } = book;
    const ring = channel.ring();
    const { name, sent, taken, deadLettered, size } = ring;
    if (sent !== taken + deadLettered + size) {
      this.#problem(
        `channel "${name}": ${sent} sent, but ${taken} taken, ${deadLettered} dead-lettered and ${size} in it`,
      );
    }
    if (size > channel.capacity) this.#problem(`channel "${name}" holds ${size} of ${channel.capacity}`);
    for (; book.seen < ring.tail; book.seen += 1) {
      if (book.expected.length > 0) {
        const expected = book.expected.shift();
        const offset = book.seen - ring.head;
        if (offset >= 0 && ring.at(offset) !== expected)
          this.#problem(`channel "${name}": message ${book.seen} is not what was sent`);
      } else if (book.besidesTurns < ring.besidesTurns) {
        book.besidesTurns += 1;
      } else if (book.isOurs && !channel.isWrittenOutside && !isReplay(ring, book.seen)) {
        this.#problem(`channel "${name}": message ${book.seen} appeared before its turn committed`);
      }
    }
  }

  #noteTakes({ name, turn }: Actor): void {
    for (let index = 0; index < turn.inputsUsed; index += 1) {
      const end = turn.inputs[index];
      const book = end === undefined ? undefined : this.#books?.get(end.ring.name);
      if (end === undefined || book === undefined) continue;
      for (let offset = 0; offset < end.taken; offset += 1) {
        const sequence = end.ring.sequenceAt(offset);
        if (sequence <= book.lastTaken) {
          this.#problem(
            `actor "${name}" took message ${sequence} of "${end.ring.name}" after message ${book.lastTaken}`,
          );
        }
        book.lastTaken = sequence;
      }
    }
  }

  #noteSends({ turn }: Actor): void {
    for (let index = 0; index < turn.outputsUsed; index += 1) {
      const end = turn.outputs[index];
      if (end === undefined || end.ring.refuses) continue;
      const { expected } = this.#books?.get(end.ring.name) ?? {};
      for (let place = 0; place < end.count; place += 1) expected?.push(end.staged[place]);
    }
  }

  #checkPublished({ name }: Actor): void {
    for (const { channel, expected } of this.#books?.values() ?? []) {
      if (expected.length === 0) continue;
      this.#problem(
        `actor "${name}" has committed, and ${expected.length} of what it sent are not in "${channel.name}"`,
      );
      expected.length = 0;
    }
  }

  /** What a loop sets up before its first wait is kept without a turn. */
  #noteOpening(actor: Actor): void {
    if (actor.opening) this.#opening.add(actor.name);
    else if (this.#opening.delete(actor.name)) this.#keepState(actor);
  }

  #keepState(actor: Actor): void {
    const text = stateText(actor);
    if (text === undefined) this.#states.delete(actor.state);
    else this.#states.set(actor.state, text);
  }

  #checkStates(): void {
    for (const [name, { actor }] of this.#graph.backstage.cells) {
      if (actor === undefined || this.#opening.has(name)) continue;
      const expected = this.#states.get(actor.state);
      const found = expected === undefined ? undefined : stateText(actor);
      if (found !== undefined && found !== expected) {
        this.#problem(
          `the committed state of actor "${name}" has changed outside its turns: ${expected} is now ${found}`,
        );
        this.#states.set(actor.state, found);
      }
    }
  }
}

function isReplay(ring: Ring, position: number): boolean {
  return position >= ring.head && ring.originAt(position - ring.head) !== undefined;
}

/** The committed state and tables; undefined where they hold what has no text, such as handles. */
function stateText({ state }: Actor): string | undefined {
  return state.isMade ? textOf([state.snapshot(), state.tables?.snapshot() ?? null]) : undefined;
}

function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(encodeTagged(value, STATE_VALUES_MAX));
  } catch {
    return undefined;
  }
}
