import type { ChildEvent, ChildEventAnswer, ChildInfo } from '../actor/child-event.ts';
import type { Log } from '../ports/log.ts';
import type { Policy, StartResult } from '../supervision/child-control.ts';
import type { Child } from '../supervision/child.ts';
import { type ChildEvent as RuleEvent, type Directive, directiveOf } from '../supervision/directive.ts';
import type { GraphCore } from './graph-core.ts';
import { infoOf } from './child-info.ts';
import type { Member, SupervisorNode } from './supervisor-node.ts';

/** What `onChildEvent` has at hand. It runs outside of turns: what it does besides answering is not rolled back. */
export interface ChildEventContext {
  /** Name of the supervisor. */
  readonly name: string;
  /** The children, in start order. */
  children(this: void): readonly ChildInfo[];
  /** Monotonic milliseconds. */
  nowMs(this: void): number;
  /** A number in [0, 1). */
  random(this: void): number;
  /** A logger with the supervisor's name in each line. */
  readonly log: Log;
}

/** Decides what becomes of a child; `undefined` leaves it to the rules. */
export type OnChildEvent = (event: ChildEvent, context: ChildEventContext) => ChildEventAnswer | undefined;

/** Asks the function that was given as `onChildEvent`. */
export class FunctionPolicy implements Policy<Member> {
  readonly #core: GraphCore;
  readonly #decide: OnChildEvent;
  readonly #context: ChildEventContext;

  constructor(core: GraphCore, node: SupervisorNode, decide: OnChildEvent) {
    this.#core = core;
    this.#decide = decide;
    const { name } = node;
    this.#context = Object.freeze({
      name,
      children: () => node.children.map(infoOf),
      nowMs: () => core.clock.nowMs(),
      random: () => core.random.next(),
      log: core.log.child({ supervisor: name }),
    });
  }

  ask(event: RuleEvent<Member>, answer: (directive: Directive<Member>) => void): void {
    answer(this.#answerTo(event));
  }

  #answerTo(event: RuleEvent<Member>): Directive<Member> {
    try {
      const told = eventOf(event);
      const answer: unknown = this.#core.callOutside(() => this.#decide(told, this.#context));
      return directiveFor(event.child, answer);
    } catch (error) {
      return { kind: 'threw', error };
    }
  }

  resume({ subject }: Child<Member>, answer: (result: StartResult) => void): void {
    subject.resume(answer);
  }
}

/** What an answer comes to. */
export function directiveFor({ subject }: Child<Member>, answer: unknown): Directive<Member> {
  return directiveOf(answer, (given) => subject.replacement(given));
}

/** What is told of it. */
export function eventOf(event: RuleEvent<Member>): ChildEvent {
  const { kind, child } = event;
  const { regeneration } = child.subject;
  if (event.kind === 'started')
    return { kind: 'started', child: infoOf(child), regeneration, exit: undefined, cause: undefined, restarts: 0 };
  const { exit, cause, restarts } = event;
  return { kind, child: infoOf(child), regeneration, exit, cause, restarts };
}
