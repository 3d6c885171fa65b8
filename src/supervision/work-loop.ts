import { Fifo } from '../base/fifo.ts';
import type { ChildControl, KillChild, Policy, StartResult } from './child-control.ts';
import type { Child } from './child.ts';
import type { ChildEvent, Directive } from './directive.ts';

/** What a supervisor wants done before it goes on. */
export type Step<T> =
  /** Answered with how it went. */
  | { readonly kind: 'start' | 'resume'; readonly child: Child<T> }
  /** One, or all of them at once. Answered with `running`, which means nothing. */
  | { readonly kind: 'stop'; readonly children: readonly Child<T>[] }
  | { readonly kind: 'kill'; readonly children: readonly Child<T>[]; readonly kill: KillChild<T> }
  /** Answered with what the policy says. */
  | { readonly kind: 'ask'; readonly event: ChildEvent<T> };

export type StepAnswer<T> = StartResult | Directive<T>;

/** Something to do, step by step. */
export type Work<T, R = void> = Generator<Step<T>, R, StepAnswer<T>>;

const GO_ON: StartResult = Object.freeze({ kind: 'running' });

/**
 * Works through one message after the other, each with all its steps before the next: in one breath where the answers come at
 * once, later where they do not.
 */
export class WorkLoop<M extends object, T> {
  readonly #handle: (message: M) => Work<T>;
  readonly #control: ChildControl<T>;
  readonly #policy: Policy<T> | undefined;
  /** Bounded by the children and by those who wait for an answer. */
  readonly #messages = new Fifo<M>();
  #message: M | undefined;
  #work: Work<T> | null = null;

  constructor(handle: (message: M) => Work<T>, control: ChildControl<T>, policy: Policy<T> | undefined) {
    this.#handle = handle;
    this.#control = control;
    this.#policy = policy;
  }

  take(message: M): void {
    this.#messages.push(message);
    this.#goOn();
  }

  /** For later, when what is under way is done: whoever calls this is a part of it. */
  add(message: M): void {
    this.#messages.push(message);
  }

  /**
   * Drops what is under way and what waits; an answer that is still to come means nothing then.
   *
   * @returns the messages, the one under way first.
   */
  abandon(): readonly M[] {
    const dropped = this.#message === undefined ? [] : [this.#message];
    this.#message = undefined;
    this.#work = null;
    while (this.#messages.size > 0) dropped.push(this.#messages.shift());
    return dropped;
  }

  #goOn(): void {
    while (this.#work === null && this.#messages.size > 0) {
      const message = this.#messages.shift();
      const work = this.#handle(message);
      this.#message = message;
      this.#work = work;
      this.#drive(work, GO_ON);
    }
  }

  /** Goes on until an answer does not come at once. */
  #drive(work: Work<T>, first: StepAnswer<T>): void {
    let answer: StepAnswer<T> | null = first;
    while (answer !== null && this.#work === work) {
      const next: IteratorResult<Step<T>, void> = work.next(answer);
      if (next.done === true) {
        if (this.#work !== work) return; // abandoned by what it did itself
        this.#work = null;
        this.#message = undefined;
        return;
      }
      answer = this.#ask(next.value, work);
    }
  }

  /** @returns the answer, or null if it comes later. */
  #ask(step: Step<T>, work: Work<T>): StepAnswer<T> | null {
    let answered: StepAnswer<T> | null = null;
    let isLate = false;
    const answer = (value: StepAnswer<T>): void => {
      answered = value;
      if (!isLate) return;
      this.#drive(work, value);
      this.#goOn();
    };
    this.#do(step, answer);
    isLate = true;
    return answered;
  }

  #do(step: Step<T>, answer: (value: StepAnswer<T>) => void): void {
    switch (step.kind) {
      case 'start':
        this.#control.start(step.child, answer);
        return;
      case 'stop':
      case 'kill': {
        const ended = afterAll(step.children.length, () => answer(GO_ON));
        for (const child of step.children) {
          if (step.kind === 'stop') this.#control.stop(child, ended);
          else step.kill(child, ended);
        }
        return;
      }
      case 'resume':
        this.#policy?.resume(step.child, answer);
        return;
      case 'ask':
        this.#policy?.ask(step.event, answer);
    }
  }
}

/** @returns what to call `count` times until `callback` is called. */
function afterAll(count: number, callback: () => void): () => void {
  let left = count;
  return () => {
    left -= 1;
    if (left === 0) callback();
  };
}
