import { errorText, HoldfastError } from '../base/errors.ts';
import { invalidOption } from '../base/options.ts';
import { checkPlainObject, copyPlain } from '../base/plain-data.ts';
import { misfitError, misfitOf, mustFit, type Schema } from '../base/schema.ts';
import { ActorTables } from './actor-tables.ts';
import type { TableSpecs } from './table.ts';
import type { TableEntry, TableStore } from './table-store.ts';

/** What an actor is to start from instead of what its definition makes; of any types, it is checked here. */
export interface Restored {
  readonly state?: unknown;
  readonly tables?: unknown;
}

/** What an actor starts from. */
export interface StartState {
  /** Undefined where the definition has none. */
  readonly state: object | undefined;
  readonly tables: ActorTables | undefined;
  /** Checks a committed state from which an incarnation is to begin; undefined where every state will do. */
  readonly check: StateCheck | undefined;
}

/** @returns what the schema makes of the state, with the same keys. Throws as {@link mustFit}. */
export type StateCheck = (committed: object) => object;

export interface StartStateSource {
  readonly actor: string;
  readonly args: unknown;
  readonly makeState: ((args: unknown) => object) | undefined;
  readonly stateSchema: Schema | undefined;
  readonly tables: TableSpecs;
  /** Freeze the values of tables. */
  readonly checks: boolean;
  readonly onTableWrite: () => void;
}

/**
 * Makes what an actor starts from: the only place that does, for a first start as for one that begins anew.
 *
 * @throws HoldfastError `ERR_STATE_UNSUPPORTED`, `ERR_TABLE_FULL`, `ERR_INVALID_OPTION`; `ERR_RESTORE` for what is restored;
 * `ERR_SCHEMA`, `ERR_ASYNC_SCHEMA`, `ERR_SCHEMA_THREW`; or what the definition's own functions throw.
 */
export function startState(source: StartStateSource, restored: Restored | undefined): StartState {
  const { actor, args, makeState, stateSchema: schema } = source;
  let initial: unknown = makeState?.(args);
  // The initial state is the program's own, so the error may quote it. Others are as private as messages are.
  if (schema !== undefined) initial = mustFit(schema, initial, `state of actor "${actor}"`, true);
  if (makeState !== undefined) checkPlainObject(initial, 'state');
  return {
    // Checked just now, where there is one.
    state:
      restored?.state === undefined ? (initial as object | undefined) : restoredState(source, initial, restored.state),
    tables: startTables(source, restored?.tables),
    check: schema && ((committed) => checkedState(schema, actor, committed)),
  };
}

function checkedState(schema: Schema, actor: string, committed: object): object {
  const subject = `state of actor "${actor}"`;
  const made = mustFit(schema, committed, subject, false);
  checkPlainObject(made, 'state');
  const state = made as object; // checked just now
  const keys = Object.keys(committed);
  if (Object.keys(state).length === keys.length && keys.every((key) => key in state)) return state;
  throw misfitError(subject, misfitOf('the schema makes a state of other keys, and they have to stay the same'), true);
}

/** A copy of `given`, with the keys of the initial state in their order. */
function restoredState(
  { actor, stateSchema: schema }: StartStateSource,
  initial: unknown,
  given: unknown,
): object | undefined {
  // First: it may come from an earlier version of the program, and the schema fill in what that did not have.
  const state = schema === undefined ? given : mustFit(schema, given, `restored state of actor "${actor}"`, false);
  return orRestoreError(actor, () => {
    checkPlainObject(state, 'state');
    const values = state as Readonly<Record<string, unknown>>; // checked just now
    const keys = Object.keys(initial ?? {});
    checkNames('state', keys, Object.keys(values));
    const copied = Object.fromEntries(keys.map((key) => [key, copyPlain(values[key], `state.${key}`)]));
    return initial === undefined ? undefined : copied;
  });
}

function startTables(source: StartStateSource, given: unknown): ActorTables | undefined {
  const { actor, args, checks, onTableWrite, tables: specs } = source;
  const entries =
    given === undefined ? undefined : orRestoreError(actor, () => checkedTables(given, Object.keys(specs)));
  if (Object.keys(specs).length === 0) return undefined;
  const tables = new ActorTables(actor, specs, checks, onTableWrite);
  for (const store of tables.stores) {
    // Which arguments it takes was checked against the definition's by the compiler.
    const initial = specs[store.name]?.initial as ((args: unknown) => unknown) | undefined;
    if (entries !== undefined) orRestoreError(actor, () => fill(store, entries[store.name], true));
    else if (initial !== undefined) fill(store, initial(args), false);
  }
  return tables;
}

function checkedTables(given: unknown, names: readonly string[]): Readonly<Record<string, unknown>> {
  checkPlainObject(given, 'tables');
  checkNames('tables', names, Object.keys(given as object));
  return given as Readonly<Record<string, unknown>>; // checked just now
}

function fill(store: TableStore, entries: unknown, copies: boolean): void {
  const isIterable = typeof (Object(entries) as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';
  if (!isIterable || typeof entries === 'string') {
    throw invalidOption(`entries of table "${store.name}"`, 'an iterable of pairs of key and value', entries);
  }
  store.fill(entries as Iterable<TableEntry>, copies); // which checks them
}

/** What is missing would start anew, and what nobody asks for would be lost: neither goes unnoticed. */
function checkNames(what: 'state' | 'tables', expected: readonly string[], given: readonly string[]): void {
  const missing = expected.find((name) => !given.includes(name));
  if (missing !== undefined) throw new Error(`${what}.${missing} is missing`);
  const stray = given.find((name) => !expected.includes(name));
  if (stray !== undefined)
    throw new Error(`${what}.${stray} is there, and the definition has no such ${what === 'state' ? 'key' : 'table'}`);
}

function orRestoreError<T>(actor: string, restore: () => T): T {
  try {
    return restore();
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : errorText(cause);
    const message = `actor "${actor}" cannot start from what it is to restore: ${problem}`;
    throw new HoldfastError('ERR_RESTORE', message, { actor, problem }, { cause });
  }
}
