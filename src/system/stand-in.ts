import type { FallbackOptions, FallbackPolicy } from '../actor/child-policies.ts';
import type { ActorDefinition, InputSpecs, OutputSpecs } from '../actor/definition.ts';
import { type ArgsOption, checkDefinition, type DefinitionWith, type Replacement } from '../actor/replacement.ts';
import { type ActorSettings, actorSettings } from '../actor/settings.ts';
import type { TableSpecs } from '../actor/table.ts';
import { checkKnownKeys, checkObject, invalidOption } from '../base/options.ts';
import { isPlainObject } from '../base/plain-data.ts';
import { checkArgs } from './placement.ts';
import type { AnyDefinition } from './wired-cell.ts';

/**
 * Another definition that stands in for an actor which keeps failing: for its option `fallback`.
 *
 * It has the same inputs and outputs, the same name, refs and mailbox, and a state, tables and arguments of its own. What each of
 * the two has committed is there when it is its turn again. Timers are cancelled when one takes over from the other.
 *
 * @param options - `after`: the failures in a row after which it takes over. `returnAfterMs`: after that time the actor itself is
 * tried again, 60,000 by default. `args`: what the definition is given.
 *
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 */
export function fallbackTo<
  I extends InputSpecs,
  O extends OutputSpecs,
  S extends object,
  A,
  T extends TableSpecs,
  Given,
>(
  definition: ActorDefinition<I, O, S, A, T, Given>,
  options: FallbackOptions & ArgsOption<NoInfer<Given>>,
): FallbackPolicy<I, O> {
  checkDefinition('fallback', definition);
  checkObject('options of fallbackTo', options);
  checkKnownKeys('fallbackTo', options, ['after', 'returnAfterMs', 'args']);
  const { args, ...rest } = options as FallbackOptions & { readonly args?: unknown };
  return Object.freeze({ kind: 'fallback', definition, args, options: rest });
}

/** Who plays an actor: what it is made of. */
export interface Role {
  readonly definition: AnyDefinition;
  readonly args: unknown;
}

/**
 * The role of a fallback.
 *
 * @throws HoldfastError `ERR_INVALID_OPTION` for what was not made by {@link fallbackTo}, or has other ports; `ERR_SCHEMA` and the
 * like for its arguments.
 */
export function fallbackRole(actor: string, given: unknown, itself: AnyDefinition): Role {
  const { kind, definition, args } = (given ?? {}) as Partial<FallbackPolicy>; // looked at here
  if (kind !== 'fallback' || definition === undefined) {
    throw invalidOption(`fallback of actor "${actor}"`, 'made by fallbackTo', given);
  }
  return roleOf(`fallback of actor "${actor}"`, actor, definition, args, itself);
}

/** What a child becomes for good. */
export interface ReplacedBy extends Role {
  readonly settings: ActorSettings;
}

/** @throws HoldfastError as {@link fallbackRole}. */
export function replacedBy(actor: string, given: unknown, itself: AnyDefinition, settings: ActorSettings): ReplacedBy {
  const { kind, definition, args, options } = (given ?? {}) as Partial<Replacement>; // looked at here
  if (kind !== 'replacement' || definition === undefined) {
    throw invalidOption('onChildEvent: replace', 'made by replacement', given);
  }
  const what = `replacement of actor "${actor}"`;
  return {
    ...roleOf(what, actor, definition, args, itself),
    settings: actorSettings(what, options ?? {}, settings),
  };
}

function roleOf(
  what: string,
  actor: string,
  definition: DefinitionWith<InputSpecs, OutputSpecs>,
  given: unknown,
  itself: AnyDefinition,
): Role {
  const other = misfit(definition, itself);
  if (other !== undefined) throw invalidOption(what, `with the same ${other} as the actor`, definition);
  if (definition.behaviour.owns !== undefined) throw invalidOption(what, 'of an actor without children', definition);
  const args = checkArgs(actor, definition.behaviour.argsSchema, given);
  // The place does not care for message types: they are those of the actor's own ports.
  return Object.freeze({ definition, args });
}

/** What is declared otherwise, if anything. */
function misfit(
  other: Pick<AnyDefinition, 'inputs' | 'outputs' | 'behaviour'>,
  itself: AnyDefinition,
): 'inputs' | 'outputs' | undefined {
  if (!isSameSpec(other.inputs, itself.inputs)) return 'inputs';
  return isSameSpec(kindsOf(other), kindsOf(itself)) ? undefined : 'outputs'; // how it sends is its own business
}

function kindsOf({
  outputs,
  behaviour,
}: Pick<AnyDefinition, 'outputs' | 'behaviour'>): Readonly<Record<string, string>> {
  const wired = Object.entries(outputs).map(([port, { kind }]) => [port, kind] as const);
  return Object.fromEntries([...wired, ...behaviour.ports.map((port) => [port, 'outputPort'] as const)]);
}

/** Functions and schemas are the same where they are one and the same: what they do nobody can tell. */
function isSameSpec(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (!isPlainObject(a) || !isPlainObject(b) || '~standard' in a) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isSameSpec(Reflect.get(a, key), Reflect.get(b, key)));
}
