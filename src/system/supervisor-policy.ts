import type { Exit } from '../actor/events.ts';
import type { Log } from '../ports/log.ts';
import type { Policy, StartResult } from '../supervision/child-control.ts';
import type { Child } from '../supervision/child.ts';
import { type ChildEvent as RuleEvent, type Directive, directiveOf } from '../supervision/directive.ts';
import type { GraphCore } from './graph-core.ts';
import { type ChildInfo, infoOf } from './child-info.ts';
import type { Member, SupervisorNode } from './supervisor-node.ts';

/** What happened to a child, for `onChildEvent`. Ends that the supervisor itself brought about are not told. */
export interface ChildEvent {
  /**
   * - `started`: it runs, after its first start, a restart, or an operator's. The answer is not looked at.
   * - `failed`: it crashed, was killed, or could not be started again; a supervisor has failed by its policy.
   * - `terminated`: it ended by its own wish, or completed.
   * - `gaveUp`: it is a supervisor, and more restarts were needed there than its limit allows.
   */
  readonly kind: 'started' | 'failed' | 'terminated' | 'gaveUp';
  /** The child as it stands, before anything is decided. */
  readonly child: ChildInfo;
  /** Of the incarnation that has begun, or ended. */
  readonly regeneration: number;
  /** How the incarnation ended; `undefined` for `started`, and for a child that could not start. */
  readonly exit: Exit | undefined;
  /** What was thrown or, where nothing was, the kind of the exit; `undefined` for `started`. */
  readonly cause: unknown;
  /** Restarts of all children within the supervisor's period so far. */
  readonly restarts: number;
}

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

/** What `onChildEvent` may answer. */
export type ChildEventAnswer =
  /** What the rules say. */
  | 'default'
  /** It comes back, whatever its restart type: with its group, after its delay, and counted. */
  | 'restart'
  /** The same, after so long instead of its delay, in milliseconds. */
  | { readonly restart: { readonly delayMs: number } }
  /** It stays stopped; nothing is counted, and no sibling is touched. */
  | 'stop'
  /** The supervisor ends, and fails with the cause. */
  | 'escalate'
  /** After an error of its code: it goes on with its committed state, without the message at fault. */
  | 'resume';

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
      return directiveOf<Member>(answer, () => {
        throw new Error('a child cannot be replaced');
      });
    } catch (error) {
      return { kind: 'threw', error };
    }
  }

  resume({ subject }: Child<Member>, answer: (result: StartResult) => void): void {
    subject.resume(answer);
  }
}

function eventOf(event: RuleEvent<Member>): ChildEvent {
  const { kind, child } = event;
  const { regeneration } = child.subject;
  if (event.kind === 'started')
    return { kind: 'started', child: infoOf(child), regeneration, exit: undefined, cause: undefined, restarts: 0 };
  const { exit, cause, restarts } = event;
  return { kind, child: infoOf(child), regeneration, exit, cause, restarts };
}
