import { checkChoice, checkInteger, checkNumber, checkObject, invalidOption } from '../base/options.ts';
import { STEP_POINTS, type StepPoint } from './crash-points.ts';

/** One step of one run: the `occurrence`-th time, from 1, that `actor` comes to `point`. */
export interface Moment {
  /** Name of the actor. */
  readonly actor: string;
  /** The step that it comes to. */
  readonly point: StepPoint;
  /** Which of the times that it comes there, from 1. */
  readonly occurrence: number;
}

/** Something that goes wrong in a run, written down so that it goes wrong at the same moment again. */
export type Fault =
  /** The code of the actor throws. */
  | { readonly kind: 'crash'; readonly at: Moment }
  /** An actor, that one or another, is killed. */
  | { readonly kind: 'kill'; readonly at: Moment; readonly actor: string }
  /** The actor holds the event loop for `ms` of virtual time. */
  | { readonly kind: 'slow'; readonly at: Moment; readonly ms: number }
  /** The wall clock is set by `ms`, forwards or backwards. */
  | { readonly kind: 'clockStep'; readonly at: Moment; readonly ms: number }
  /** An error goes astray: nothing catches it. Only for graphs under `graph.run()`. */
  | { readonly kind: 'stray'; readonly at: Moment }
  /** An asynchronous turn never ends by itself. Only where there is a `turnTimeoutMs`. `call` counts them from 1. */
  | { readonly kind: 'hang'; readonly actor: string; readonly call: number }
  /** An effect takes `ms` longer. `call` counts the calls of that effect by that actor from 1. */
  | {
      readonly kind: 'effectDelayed';
      readonly actor: string;
      readonly effect: string;
      readonly call: number;
      readonly ms: number;
    }
  /** An effect fails. */
  | { readonly kind: 'effectFailed'; readonly actor: string; readonly effect: string; readonly call: number };

/** What can go wrong. */
export type FaultKind = Fault['kind'];

/** All kinds but `stray`, which needs `graph.run()`. */
export const FAULT_KINDS: readonly Exclude<FaultKind, 'stray'>[] = Object.freeze([
  'crash',
  'kill',
  'slow',
  'clockStep',
  'hang',
  'effectDelayed',
  'effectFailed',
]);

/** What an exploration throws into the code of an actor. */
export class InjectedFault extends Error {
  /** Tells it from errors of the program. */
  override readonly name: string = 'InjectedFault';
}

export function momentKey({ actor, point, occurrence }: Moment): string {
  return `${actor}\n${point}\n${occurrence}`;
}

/** A fault as it can be pasted into a call of `replay`. */
export function faultText(fault: Fault): string {
  return JSON.stringify(fault);
}

/** A fault that nobody understands would never strike, and its plan would pass. */
export function checkFault(fault: Fault): void {
  checkObject('fault', fault);
  checkChoice('kind of a fault', fault.kind, [...FAULT_KINDS, 'stray']);
  if (fault.kind === 'hang' || fault.kind === 'effectDelayed' || fault.kind === 'effectFailed') {
    checkText('actor of a fault', fault.actor);
    checkInteger('call of a fault', fault.call, 1);
    if (fault.kind !== 'hang') checkText('effect of a fault', fault.effect);
  } else {
    checkObject('at of a fault', fault.at);
    checkText('at.actor of a fault', fault.at.actor);
    checkChoice('at.point of a fault', fault.at.point, Object.keys(STEP_POINTS));
    checkInteger('at.occurrence of a fault', fault.at.occurrence, 1);
    if (fault.kind === 'kill') checkText('actor of a fault', fault.actor);
  }
  if (fault.kind === 'slow' || fault.kind === 'effectDelayed') checkNumber('ms of a fault', fault.ms, 0);
  if (fault.kind === 'clockStep') checkNumber('ms of a fault', fault.ms, -Number.MAX_VALUE);
}

function checkText(option: string, value: unknown): void {
  if (typeof value !== 'string') throw invalidOption(option, 'a string', value);
}
