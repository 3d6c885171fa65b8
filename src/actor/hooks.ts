import type { HoldfastError } from '../base/errors.ts';
import type { ChildEvent } from './child-event.ts';
import type { Exit } from './events.ts';
import type { OwnerOptions } from './family.ts';

/* eslint-disable @typescript-eslint/no-explicit-any -- inside the runtime a definition has lost its types: a hook gets the
   context of the actor whose definition it is part of. */
/** The hooks of a definition. */
export interface Hooks {
  readonly onStart: ((ctx: any) => unknown) | undefined;
  readonly onRestart: ((ctx: any, exit: Exit) => unknown) | undefined;
  readonly onStop: ((ctx: any, exit: Exit) => unknown) | undefined;
}

/** What makes a definition one whose actors own children. */
export interface Ownership {
  readonly supervises: OwnerOptions;
  readonly onChildEvent: ((event: ChildEvent, ctx: any) => unknown) | undefined;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

export const HOOK_NAMES = ['onStart', 'onRestart', 'onStop'] as const;

/**
 * The hooks among the parts of a definition; undefined where it has none.
 *
 * @param contradiction - Makes the error for what is no function.
 */
export function hooksOf(
  definition: Partial<Hooks>,
  contradiction: (problem: string) => HoldfastError<'ERR_INVALID_DEFINITION'>,
): Hooks | undefined {
  for (const name of HOOK_NAMES) {
    const hook: unknown = definition[name];
    if (hook !== undefined && typeof hook !== 'function') throw contradiction(`${name} must be a function`);
  }
  const { onStart, onRestart, onStop } = definition;
  if (onStart === undefined && onRestart === undefined && onStop === undefined) return undefined;
  return Object.freeze({ onStart, onRestart, onStop });
}

/** Whether code runs before an incarnation is said to have begun. */
export function hasStartHooks({ hooks }: { readonly hooks: Hooks | undefined }): boolean {
  return hooks?.onStart !== undefined || hooks?.onRestart !== undefined;
}

/**
 * How a definition owns children; undefined where it does not.
 *
 * @param contradiction - Makes the error for what does not fit together.
 */
export function ownershipOf(
  definition: Partial<Ownership> & { readonly on?: unknown },
  contradiction: (problem: string) => HoldfastError<'ERR_INVALID_DEFINITION'>,
): Ownership | undefined {
  const { supervises, onChildEvent, on } = definition;
  if (onChildEvent !== undefined) {
    if (typeof onChildEvent !== 'function') throw contradiction('onChildEvent must be a function');
    if (supervises === undefined)
      throw contradiction('onChildEvent is for actors that own children: say how it supervises');
  }
  if (supervises === undefined) return undefined;
  if (on === undefined) throw contradiction('supervises belongs to handler style (on)');
  return Object.freeze({ supervises, onChildEvent });
}
