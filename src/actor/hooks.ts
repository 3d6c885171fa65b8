import type { HoldfastError } from '../base/errors.ts';
import type { Exit } from './events.ts';

/* eslint-disable @typescript-eslint/no-explicit-any -- inside the runtime a definition has lost its types: a hook gets the
   context of the actor whose definition it is part of. */
/** The hooks of a definition. */
export interface Hooks {
  readonly onStart: ((ctx: any) => unknown) | undefined;
  readonly onRestart: ((ctx: any, exit: Exit) => unknown) | undefined;
  readonly onStop: ((ctx: any, exit: Exit) => unknown) | undefined;
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
