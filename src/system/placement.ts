import type { ChildPolicies } from '../actor/child-policies.ts';
import type { InputSpecs, OutputSpecs } from '../actor/definition.ts';
import type { ArgsOption } from '../actor/replacement.ts';
import type { ActorOptions } from '../actor/settings.ts';
import type { Restored } from '../actor/start-state.ts';
import type { EntriesOf, TableSpecs } from '../actor/table.ts';
import { checkKnownKeys, invalidOption } from '../base/options.ts';
import { mustFit, type Schema } from '../base/schema.ts';
import type { ActorSnapshot } from './snapshot.ts';

/** The options of an actor; `args` is required where its definition declares some. */
export type ActorPlacement<
  Given,
  S extends object = object,
  T extends TableSpecs = TableSpecs,
  I extends InputSpecs = InputSpecs,
  O extends OutputSpecs = OutputSpecs,
> = ActorOptions & ChildPolicies<I, O> & RestoreOption<S, T> & ArgsOption<Given>;

/** What an actor starts from, instead of what its definition makes. What is left out starts as the definition says. */
export interface Restore<S extends object, T extends TableSpecs> {
  /** A state with the keys of the initial one. */
  readonly state?: S | undefined;
  /** The entries of every table of the definition. */
  readonly tables?: EntriesOf<T> | undefined;
}

/** What an actor starts from, as an option. */
export interface RestoreOption<S extends object, T extends TableSpecs> {
  /**
   * Starts the actor from this state and these tables, such as those of its snapshot in an earlier run. They are copied. A
   * snapshot has lost its types: that its keys are those of the definition is checked at the start, what its values are is
   * not.
   */
  readonly restore?: Restore<S, T> | ActorSnapshot | undefined;
}

/**
 * What the schema of a definition's arguments makes of those that are given.
 *
 * @throws HoldfastError `ERR_SCHEMA`, `ERR_ASYNC_SCHEMA`, `ERR_SCHEMA_THREW`.
 */
export function checkArgs(actor: string, schema: Schema | undefined, given: unknown): unknown {
  return schema === undefined ? given : mustFit(schema, given, `args of actor "${actor}"`, true);
}

/** What is in it is checked when the actor starts: only then there is something to compare it with. */
export function checkRestore(actor: string, restore: unknown): Restored | undefined {
  if (restore === undefined) return undefined;
  if (typeof restore !== 'object' || restore === null) {
    throw invalidOption(`restore of actor "${actor}"`, 'an object with a state, tables, or both', restore);
  }
  // A snapshot of an actor has much besides.
  if (!('phase' in restore)) checkKnownKeys(`restore of actor "${actor}"`, restore, ['state', 'tables']);
  return restore;
}
