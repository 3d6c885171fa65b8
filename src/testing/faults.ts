import type { StepPoint } from './crash-points.ts';

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
