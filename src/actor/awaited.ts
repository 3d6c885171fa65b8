import type { Fence, Pending } from './fence.ts';

/** What brings the result, for when nobody wants it any more. */
export interface Errand {
  fail(why: Error): void;
}

/** Results come in for somebody. */
export interface Resumable {
  readonly fence: Fence;
  /** The next slice goes on with it. */
  resumeWith(result: Awaited): void;
}

/**
 * Something that a turn awaits: an effect, or a reply. Its result enters through the ready queue, like every other wake-up; after
 * an abandonment it means nothing.
 */
export class Awaited implements Pending {
  readonly what: string;
  /** What user code awaits. */
  readonly promise: Promise<unknown>;
  hasCome = false;
  readonly #turn: Resumable;
  readonly #errand: Errand | undefined;
  #value: unknown;
  #isError = false;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;

  /** @param errand - Is told to fail when the turn is abandoned before. */
  constructor(what: string, turn: Resumable, errand: Errand | undefined) {
    this.what = what;
    this.#turn = turn;
    this.#errand = errand;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    turn.fence.awaits(this);
  }

  returned(value: unknown): void {
    this.#came(value, false);
  }

  threw(error: unknown): void {
    this.#came(error, true);
  }

  #came(value: unknown, isError: boolean): void {
    this.hasCome = true;
    if (this.#turn.fence.dead) return;
    this.#value = value;
    this.#isError = isError;
    this.#turn.resumeWith(this);
  }

  /** Goes on with the result. */
  resume(): void {
    this.#turn.fence.awaitsNoMore(this);
    if (this.#isError) this.#fail(this.#value);
    else this.#resolve(this.#value);
  }

  abandoned(why: Error): void {
    this.#errand?.fail(why);
    this.#fail(why);
  }

  #fail(error: unknown): void {
    // User code that races effects may never look at this one: an abandoned turn must not end the process.
    this.promise.catch(ignore);
    this.#reject(error);
  }
}

function ignore(): void {}
