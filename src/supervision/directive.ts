import type { ChildEventAnswer } from '../actor/child-event.ts';
import type { Exit } from '../actor/events.ts';
import type { Replacement } from '../actor/replacement.ts';
import { checkNumber, invalidOption } from '../base/options.ts';
import type { Child, ChildSpec } from './child.ts';
import type { GaveUp } from './supervisor-end.ts';

/** What happened to a child, for the policy of its supervisor. Ends that the supervisor itself brought about are not among it. */
export type ChildEvent<T> =
  /** It runs: after its first start, a restart, or an operator's. Nothing is to decide, and the answer is not looked at. */
  | { readonly kind: 'started'; readonly child: Child<T> }
  /** It crashed, was killed, could not be started again, or escalated, if it is a supervisor. */
  | (ChildEnd<T> & { readonly kind: 'failed' })
  /** It ended of its own will: `normal`, `shutdown`, `completed`. */
  | (ChildEnd<T> & { readonly kind: 'terminated' })
  /** It is a supervisor, and more restarts were needed there than its limit allows. To the default rules that is `shutdown`. */
  | (ChildEnd<T> & { readonly kind: 'gaveUp' });

interface ChildEnd<T> {
  readonly child: Child<T>;
  /** How the incarnation ended; `undefined`: it could not start. */
  readonly exit: Exit | undefined;
  /** What was thrown or, where nothing was, the kind of the exit. */
  readonly cause: unknown;
  /** How it gave up or escalated, if it is a supervisor that did. */
  readonly gaveUp: GaveUp | undefined;
  /** Restarts of all children within the supervisor's period so far; 0 where there is no limit. */
  readonly restarts: number;
}

/** What a policy answers. */
export type PolicyAnswer<R = unknown> =
  | Exclude<ChildEventAnswer, { readonly replace: Replacement }>
  /** The same as `restart`, as another, which takes its place for good. What was remembered of its failures is forgotten. */
  | { readonly replace: R };

/** What a policy's answer comes to. */
export type Directive<T> =
  | { readonly kind: 'default' | 'stop' | 'escalate' | 'resume' }
  /** `delayMs`: instead of the backoff. */
  | { readonly kind: 'restart'; readonly delayMs?: number }
  /** `take`: called once, when it is done. @returns what is started from then on. */
  | { readonly kind: 'replace'; readonly take: () => T; readonly spec: ChildSpec }
  /** The policy failed, and the supervisor with it. */
  | { readonly kind: 'threw'; readonly error: unknown };

const ANSWERS = ['default', 'restart', 'stop', 'escalate', 'resume'] as const;
const RULE =
  '"default", "restart", "stop", "escalate", "resume", { restart: { delayMs } }, { replace: replacement(…) } or undefined';

/**
 * Checks what a policy has answered.
 *
 * @param replacement - Makes the other child of what was given as `replace`. What it throws is the policy's failure.
 * @returns `threw`, with an `ERR_INVALID_OPTION`, if it is no answer.
 */
export function directiveOf<T>(
  answer: unknown,
  replacement: (replace: unknown) => { readonly take: () => T; readonly spec: ChildSpec },
): Directive<T> {
  try {
    if (answer === undefined) return { kind: 'default' };
    const kind = ANSWERS.find((known) => known === answer);
    if (kind !== undefined) return { kind };
    if (!isObject(answer) || Object.keys(answer).length !== 1) throw wrongAnswer(answer);
    if ('replace' in answer) return { kind: 'replace', ...replacement(answer['replace']) };
    const { restart } = answer as { readonly restart?: unknown };
    if (!isObject(restart)) throw wrongAnswer(answer);
    const { delayMs } = restart as { readonly delayMs?: unknown };
    return { kind: 'restart', delayMs: checkNumber('onChildEvent: restart.delayMs', delayMs, 0) };
  } catch (error) {
    return { kind: 'threw', error };
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrongAnswer(answer: unknown): Error {
  return invalidOption('the answer of onChildEvent', RULE, answer);
}
