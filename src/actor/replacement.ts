import { checkObject, invalidOption } from '../base/options.ts';
import type { ActorDefinition, InputSpecs, OutputSpecs } from './definition.ts';
import type { ActorOptions } from './settings.ts';
import type { TableSpecs } from './table.ts';

/* eslint-disable @typescript-eslint/no-explicit-any -- what stands in for an actor has the same ports, and any state, tables and
   arguments of its own. */
/** A definition with these ports, whatever else it has. */
export type DefinitionWith<I extends InputSpecs, O extends OutputSpecs> = ActorDefinition<I, O, any, any, any, any>;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** The arguments of a definition, as an option: required where it declares some. */
export type ArgsOption<Given> = undefined extends Given ? { readonly args?: Given } : { readonly args: Given };

/** What `onChildEvent` may put in the place of a child for good. Made by {@link replacement}. */
export interface Replacement {
  /** Tells it from other data. */
  readonly kind: 'replacement';
  /** Of whoever takes the place. */
  readonly definition: DefinitionWith<InputSpecs, OutputSpecs>;
  /** What that is given. */
  readonly args: unknown;
  /** Those that change; the others stay as they were. */
  readonly options: ActorOptions;
}

/**
 * Another definition that takes the place of a child for good: for the answer `{ replace }` of `onChildEvent`.
 *
 * It has the same inputs and outputs, the same name, refs and mailbox, and begins with a state, tables and arguments of its own.
 *
 * @param options - `args`: what the definition is given. The other options of an actor stay as they were where they are left out.
 *
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 */
export function replacement<
  I extends InputSpecs,
  O extends OutputSpecs,
  S extends object,
  A,
  T extends TableSpecs,
  Given,
>(
  definition: ActorDefinition<I, O, S, A, T, Given>,
  ...[options = {} as never]: undefined extends Given
    ? [options?: ActorOptions & ArgsOption<NoInfer<Given>>]
    : [options: ActorOptions & ArgsOption<NoInfer<Given>>]
): Replacement {
  checkDefinition('replacement', definition);
  checkObject('options of replacement', options);
  const { args, ...rest } = options as ActorOptions & { readonly args?: unknown };
  return Object.freeze({ kind: 'replacement', definition, args, options: rest });
}

/** Refuses what was not made by `defineActor`, such as what should have been given to it. */
export function checkDefinition(actor: string, definition: unknown): void {
  if ((definition as { readonly kind?: unknown } | null | undefined)?.kind === 'actor') return;
  throw invalidOption(`definition of actor "${actor}"`, 'made by defineActor', definition);
}
