import type { StandardSchemaV1 } from '@standard-schema/spec';
import { HoldfastError } from '../base/errors.ts';
import { checkInteger, checkKnownKeys, invalidOption } from '../base/options.ts';
import { checkSchema, type Schema } from '../base/schema.ts';
import type { InputBundleSpec, OutputBundleSpec } from './bundle-spec.ts';
import { type Batch, batchOf, type BatchOptions } from '../channel/batch.ts';
import type {
  BatchContext,
  DrainedContext,
  HandlerContext,
  HookContext,
  LoopContext,
  SourceContext,
} from './context.ts';
import type { ExitSignal, InputTaking } from './down.ts';
import type { Exit } from './events.ts';
import type { ChildEvent, ChildEventAnswer } from './child-event.ts';
import type { OwnerOptions } from './family.ts';
import { HOOK_NAMES, type Hooks, hooksOf, type Ownership, ownershipOf } from './hooks.ts';
import type { OutputPortSpec } from './output-port.ts';
import type { NoTables, TableSpecs, TablesFor } from './table.ts';

/**
 * Declares an input that carries messages of type `T`. Made by {@link input}.
 *
 * `In` is what may be sent to it, which is the same, unless a schema makes one of the other.
 */
export interface InputSpec<T, In = T> {
  /** Tells it from an output. */
  readonly kind: 'input';
  /** See {@link InputOptions.tick}. */
  readonly tick: boolean;
  /** See {@link InputOptions.capacity}; undefined for an input that must be wired. */
  readonly capacity: number | undefined;
  /** See {@link InputOptions.batch}; undefined where messages come one by one. */
  readonly batch: Batch | undefined;
  /** See {@link OwnChannelOptions.schema}; undefined where every message will do. */
  readonly schema: Schema | undefined;
  /** Only for the type checker: never there at run time. */
  readonly message?: (message: T) => T;
  /** Only for the type checker: never there at run time. */
  readonly sent?: (message: In) => In;
}

/** Declares an input whose handler gets many messages at a time. */
export interface BatchInputSpec<T, In = T> extends InputSpec<T, In> {
  /** When such a turn begins. */
  readonly batch: Batch;
}

/** Declares an input that may be left unwired: the actor then has a channel of its own for it. */
export interface OwnInputSpec<T, In = T> extends InputSpec<T, In> {
  /** Of the channel that the actor has where this input is not wired. */
  readonly capacity: number;
}

/** Declares an output that carries messages of type `T`. Made by {@link output}. */
export interface OutputSpec<T> {
  /** Tells it from an input. */
  readonly kind: 'output';
  /** Only for the type checker: never there at run time. */
  readonly message?: (message: T) => T;
}

/**
 * Declares the type of an actor's arguments. Made by {@link args}.
 *
 * `Given` is what is given where the actor is placed, which is the same, unless a schema makes one of the other.
 */
export interface ArgsSpec<A, Given = A> {
  /** Marks what {@link args} has made. */
  readonly kind: 'args';
  /** Undefined where any value of the type will do. */
  readonly schema: Schema | undefined;
  /** Only for the type checker: never there at run time. */
  readonly value?: (value: A) => A;
  /** Only for the type checker: never there at run time. */
  readonly given?: (given: Given) => Given;
}

/** Options of {@link input}. */
export interface InputOptions {
  /**
   * The messages pace the actor and carry no work of their own, such as heartbeats: they are never blamed for a failed
   * turn, so they never become dead letters by failing. Default false.
   */
  readonly tick?: boolean;
  /** Capacity of the channel that an actor gets of its own when this input is left unwired. No default. */
  readonly capacity?: number;
  /** The handler gets the messages as an array, many in one turn. For handler style only. No default. */
  readonly batch?: BatchOptions;
}

/** Options of an input that may be left unwired. */
export interface OwnChannelOptions<T = unknown, In = T> {
  /** Capacity of the channel that the actor then has of its own. */
  readonly capacity: number;
  /** Checks what is sent to that channel: see `graph.channel`. Where the input is wired, the channel must have a schema. */
  readonly schema?: StandardSchemaV1<In, T>;
}

/** Options of an input whose handler gets one message at a time. */
export type OneAtATime = InputOptions & { readonly batch?: undefined };
/** Options of an input whose handler gets many messages at a time. */
export type InBatches = InputOptions & { readonly batch: BatchOptions };

/** Declares an input of an actor. With a `capacity` it may be left unwired; with a `batch` its messages come as arrays. */
export function input<T, In = T>(
  options: InBatches & OwnChannelOptions<T, In>,
): OwnInputSpec<T, In> & BatchInputSpec<T, In>;
export function input<T>(options: InBatches): BatchInputSpec<T>;
export function input<T, In = T>(options: OneAtATime & OwnChannelOptions<T, In>): OwnInputSpec<T, In>;
export function input<T>(options?: OneAtATime): InputSpec<T>;
export function input<T>(options: InputOptions & Partial<OwnChannelOptions<T>> = {}): InputSpec<T> {
  checkKnownKeys('input', options, ['tick', 'capacity', 'schema', 'batch']);
  const { capacity, tick = false } = options;
  if (capacity !== undefined) checkInteger('input capacity', capacity, 1);
  const batch = options.batch === undefined ? undefined : batchOf('input batch', options.batch);
  const schema = options.schema === undefined ? undefined : checkSchema('input schema', options.schema);
  if (schema !== undefined && capacity === undefined) {
    throw invalidOption('input schema', 'left out without a capacity: the channel that is wired has one', schema);
  }
  return Object.freeze({ kind: 'input', tick, capacity, batch, schema });
}

/** Declares an output of an actor. */
export function output<T>(): OutputSpec<T> {
  return Object.freeze({ kind: 'output' });
}

/** Declares the type of the arguments an actor is given where it is placed: plain data, read as `ctx.args`. */
export function args<A>(): ArgsSpec<A>;
/**
 * Declares the arguments an actor is given where it is placed by a schema that checks them there.
 *
 * @param schema - `ctx.args` is what it makes of them. Any Standard Schema that answers at once.
 *
 * @throws HoldfastError `ERR_INVALID_OPTION` for what is no Standard Schema.
 */
export function args<A, Given = A>(schema: StandardSchemaV1<Given, A>): ArgsSpec<A, Given>;
export function args<A>(schema?: StandardSchemaV1<A>): ArgsSpec<A> {
  return Object.freeze({ kind: 'args', schema: schema === undefined ? undefined : checkSchema('args schema', schema) });
}

/* eslint-disable @typescript-eslint/no-explicit-any -- `any` is the only type that message types, which are both read
   and written, can all be assigned to; the inferred types replace it at every use. */
/** The inputs of a definition, by the names that its code uses. */
export type InputSpecs = Readonly<Record<string, InputSpec<any, any> | InputBundleSpec<any>>>;
/** The outputs of a definition, by the names that its code uses. */
export type OutputSpecs = Readonly<Record<string, OutputSpec<any> | OutputBundleSpec<any> | OutputPortSpec<any>>>;
/* eslint-enable @typescript-eslint/no-explicit-any */
/** The type of the messages that an input or an output carries. */
export type MessageOf<Spec> =
  Spec extends InputSpec<infer T, infer _>
    ? T
    : Spec extends InputBundleSpec<infer T>
      ? T
      : Spec extends OutputSpec<infer T>
        ? T
        : Spec extends OutputBundleSpec<infer T>
          ? T
          : Spec extends OutputPortSpec<infer T>
            ? T
            : never;

/** The type of what may be sent to an input: what its schema takes, or else its messages. */
export type SentTo<Spec> = Spec extends InputSpec<infer _, infer In> ? In : MessageOf<Spec>;

/** What one lane of an input is: the input itself, where it is no bundle. */
export type LaneOf<Spec> = Spec extends { readonly lane: infer Lane } ? Lane : Spec;

export function laneSpec<T>(spec: InputSpec<T> | InputBundleSpec<T>): InputSpec<T> {
  return spec.kind === 'input' ? spec : spec.lane;
}

/** What a handler gets in one turn: a message or, from an input in batches, some of them in order, never none. */
export type DeliveryOf<Spec> =
  LaneOf<Spec> extends { readonly batch: Batch } ? readonly MessageOf<Spec>[] : MessageOf<Spec>;

/** What every definition may declare. */
interface Declarations<I extends InputSpecs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given> {
  /** What the actor reads. Default: nothing; it is a source then. */
  readonly inputs?: I;
  /** What the actor writes. Default: nothing. */
  readonly outputs?: O;
  /**
   * Makes the initial state: a plain object whose keys stay the same. Its values may be primitives, nested plain objects
   * and arrays, Date, Map, Set and typed arrays; they are copied at each commit, so keep what grows in a table.
   */
  readonly state?: (args: NoInfer<A>) => S;
  /**
   * Checks the state that an actor starts from: the initial one, one that is restored, and the committed one when an
   * incarnation begins again. What the schema makes of it is the state. Any Standard Schema that answers at once, whose output
   * is of the state's type: where that is narrower than what `state` returns, say so, `state: (): z.infer<typeof schema> =>`.
   */
  readonly stateSchema?: StandardSchemaV1<unknown, NoInfer<S>>;
  /** Keyed state, for what grows: a turn costs what it changes, whatever the size. Made by `table`. */
  readonly tables?: T & TablesFor<T, A>;
  /**
   * The input that is told when an actor has ended to which this one is linked, instead of ending with it: a message
   * {@link ExitSignal}, after a normal end as well. Default: none. See `ctx.link`.
   */
  readonly trapExits?: InputTaking<NoInfer<I>, ExitSignal>;
  /** Says that the actor takes arguments, and of what type. Default: none. */
  readonly args?: ArgsSpec<A, Given>;
  /**
   * A turn of its own at the beginning of every incarnation, before anything else. What it throws is a failed start.
   * `"ignore"`: the actor does not want to run now, and that is no failure.
   */
  readonly onStart?: (ctx: HookContext<O, S, A, T, I>) => StartAnswer | Promise<StartAnswer>;
  /**
   * Called before `onStart`, in the same turn, in every incarnation but the first.
   *
   * @param exit - How the last incarnation has ended.
   */
  readonly onRestart?: (ctx: HookContext<O, S, A, T, I>, exit: Exit) => Promise<void> | void;
  /**
   * The last turn of an incarnation that ends by completing, by `exit`, by being stopped or by failing; not of one that is
   * killed. It finds the state as last committed. What it throws makes the end a failure.
   *
   * @param exit - How the incarnation ends.
   */
  readonly onStop?: (ctx: HookContext<O, S, A, T, I>, exit: Exit) => Promise<void> | void;
}

/** What `onStart` may answer: nothing, or that the actor does not want to run now. */
export type StartAnswer = 'ignore' | undefined | void;

/** Loop style: the actor is one function that waits where it likes. */
export interface LoopDefinition<
  I extends InputSpecs,
  O extends OutputSpecs,
  S extends object,
  A,
  T extends TableSpecs = NoTables,
  Given = A,
> extends Declarations<I, O, S, A, T, Given> {
  /**
   * Called once in each incarnation. When it returns, its last turn commits, its outputs close, and the actor has completed.
   */
  readonly run: (ctx: LoopContext<I, O, S, A, T>) => Promise<void> | void;
}

/** The context of a handler, by what its input delivers. */
export type DeliveryContext<
  Spec,
  O extends OutputSpecs,
  S extends object,
  A,
  T extends TableSpecs = NoTables,
  I extends InputSpecs = InputSpecs,
> = LaneOf<Spec> extends { readonly batch: Batch } ? BatchContext<O, S, A, T, I> : HandlerContext<O, S, A, T, I>;

/** Handler style: one message, one turn; or one batch, where an input is declared so. */
export interface HandlerDefinition<
  I extends InputSpecs,
  O extends OutputSpecs,
  S extends object,
  A,
  T extends TableSpecs = NoTables,
  Given = A,
> extends Declarations<I, O, S, A, T, Given> {
  /** A handler for each input. It is called with the oldest message; inputs that have some are served in turn. */
  readonly on: {
    readonly [K in keyof I]: (
      delivered: DeliveryOf<I[K]>,
      ctx: DeliveryContext<I[K], O, S, A, T, I>,
    ) => Promise<void> | void;
  };
  /** One last turn when all inputs are closed and empty. */
  readonly onDrained?: (ctx: DrainedContext<O, S, A, T, I>) => Promise<void> | void;
  /**
   * Lets its actors own children, which they spawn by `ctx.spawn`: how those are supervised. `{}` takes all defaults. Default:
   * none can be spawned.
   */
  readonly supervises?: OwnerOptions;
  /**
   * A turn of its own for each start and each end of a child, before any message that waits. What it answers decides what
   * follows instead of the rules, when the turn has committed. What it throws fails this actor. Default: the rules decide, and
   * no turn is needed.
   */
  readonly onChildEvent?: (
    event: ChildEvent,
    ctx: HookContext<O, S, A, T, I>,
  ) => ChildEventAnswer | undefined | void | Promise<ChildEventAnswer | undefined | void>;
}

/** Source style: called again and again, a turn each, until it answers `"done"` or the graph stops. */
export interface SourceDefinition<
  O extends OutputSpecs,
  S extends object,
  A,
  T extends TableSpecs = NoTables,
  Given = A,
> extends Declarations<Record<never, never>, O, S, A, T, Given> {
  /** Each call is a turn. `"done"` ends the actor when that turn has committed. */
  readonly source: (ctx: SourceContext<O, S, A, T>) => 'more' | 'done' | Promise<'more' | 'done'>;
}

/**
 * The behaviour of an actor, as data. Made by {@link defineActor}; placed and wired by `graph.actor`.
 *
 * @typeParam I - Its inputs, by name.
 * @typeParam O - Its outputs, by name.
 * @typeParam S - Its state.
 * @typeParam A - Its arguments; `undefined` for none.
 * @typeParam T - Its tables, by name.
 */
export interface ActorDefinition<
  I extends InputSpecs,
  O extends OutputSpecs,
  S extends object,
  A,
  T extends TableSpecs = NoTables,
  Given = A,
> {
  /** Tells it from other data. */
  readonly kind: 'actor';
  /** As declared; empty where none were. */
  readonly inputs: I;
  /** As declared, without output ports: those are wired to nobody. Empty where none were. */
  readonly outputs: O;
  /** As declared; empty where none were. */
  readonly tables: T;
  /** Only for the type checker: never there at run time. */
  readonly types?: { readonly state: S; readonly args: (value: A) => A; readonly given: (value: Given) => Given };
  /** @internal */
  readonly behaviour: Behaviour;
}

/* eslint-disable @typescript-eslint/no-explicit-any -- inside the runtime a definition has lost its types: the ports
   carry `unknown`, and what a handler is called with is what its own wiring let in. */
/** A definition's code, told apart by style. */
export type Behaviour = {
  readonly makeState: ((args: any) => object) | undefined;
  readonly stateSchema: Schema | undefined;
  readonly argsSchema: Schema | undefined;
  /** See `trapExits`. */
  readonly trapExits: string | undefined;
  /** The names of the output ports. */
  readonly ports: readonly string[];
  readonly tables: TableSpecs;
  /** Generated code that copies states, by the keys they have; filled by the first actor of each shape. */
  readonly plans: Map<string, unknown>;
  /** Undefined where there are none. */
  readonly hooks: Hooks | undefined;
  /** Undefined where its actors own no children. */
  readonly owns: Ownership | undefined;
} & (
  | { readonly kind: 'loop'; readonly run: (ctx: any) => unknown }
  | {
      readonly kind: 'handler';
      readonly on: Readonly<Record<string, (message: any, ctx: any) => unknown>>;
      /** The same, in the order of the inputs. */
      readonly handlers: readonly ((message: any, ctx: any) => unknown)[];
      readonly onDrained: ((ctx: any) => unknown) | undefined;
    }
  | { readonly kind: 'source'; readonly source: (ctx: any) => unknown }
);
/* eslint-enable @typescript-eslint/no-explicit-any */

/** What a definition has of what it does not declare: no inputs, no outputs, no state. */
export type None = Record<never, never>;

/**
 * Defines an actor: what it reads, writes and keeps, and what it does. The definition is data; `graph.actor` wires it.
 *
 * Three styles: `run` (a loop with waits), `on` (a handler for each input), `source` (no inputs, called repeatedly).
 *
 * @throws HoldfastError `ERR_INVALID_DEFINITION` when ports and handlers contradict each other.
 */
// First, so that `source: () => 'done'` is seen with its answers in mind, and not as a function that gives any string.
export function defineActor<
  O extends OutputSpecs = None,
  S extends object = None,
  A = undefined,
  T extends TableSpecs = NoTables,
  Given = A,
>(definition: SourceDefinition<O, S, A, T, Given>): ActorDefinition<None, O, S, A, T, Given>;
export function defineActor<
  I extends InputSpecs = None,
  O extends OutputSpecs = None,
  S extends object = None,
  A = undefined,
  T extends TableSpecs = NoTables,
  Given = A,
>(definition: HandlerDefinition<I, O, S, A, T, Given>): ActorDefinition<I, O, S, A, T, Given>;
export function defineActor<
  I extends InputSpecs = None,
  O extends OutputSpecs = None,
  S extends object = None,
  A = undefined,
  T extends TableSpecs = NoTables,
  Given = A,
>(definition: LoopDefinition<I, O, S, A, T, Given>): ActorDefinition<I, O, S, A, T, Given>;
export function defineActor(style: object): ActorDefinition<InputSpecs, OutputSpecs, object, unknown, TableSpecs> {
  const definition = style as AnyStyle; // its parts are checked below, as far as that is possible at run time
  checkKnownKeys('defineActor', definition, [
    'inputs',
    'outputs',
    'state',
    'stateSchema',
    'tables',
    'args',
    'trapExits',
    'run',
    'on',
    'onDrained',
    'source',
    'supervises',
    'onChildEvent',
    ...HOOK_NAMES,
  ]);
  const inputs = Object.freeze({ ...definition.inputs });
  const { outputs, ports } = splitOutputs(definition.outputs);
  for (const name of Object.keys({ ...inputs, ...definition.outputs, ...definition.tables })) {
    // By such a name something is found in every object, and in the one that lists what an actor is wired to.
    if (name in Object.prototype) throw contradiction(`"${name}" is a name that every object has: choose another`);
  }
  for (const name of Object.keys(inputs)) {
    if (name in outputs || ports.includes(name)) throw contradiction(`"${name}" is both an input and an output`);
  }
  const tables = Object.freeze({ ...definition.tables });
  for (const [name, spec] of Object.entries(tables)) {
    // At run time it may be anything.
    if ((spec as { readonly kind?: unknown } | undefined)?.kind !== 'table') {
      throw contradiction(`"${name}" among its tables is none: make it with table()`);
    }
  }
  const behaviour = behaviourOf(definition, inputs, tables, ports);
  return Object.freeze({ kind: 'actor', inputs, outputs, tables, behaviour });
}

type AnyStyle = Declarations<InputSpecs, OutputSpecs, object, unknown, TableSpecs, unknown> &
  Partial<Ownership> &
  Partial<Record<'run' | 'source' | 'onDrained', (ctx: unknown) => unknown>> & {
    readonly on?: Readonly<Record<string, (message: unknown, ctx: unknown) => unknown>>;
  };

const NO_PORTS: readonly string[] = Object.freeze([]);

/** Nobody is wired to an output port: all but contexts and refs care for none. */
function splitOutputs(declared: OutputSpecs = {}): { outputs: OutputSpecs; ports: readonly string[] } {
  // At run time they may be anything.
  const isPort = (spec: unknown): boolean => (spec as { readonly kind?: unknown } | undefined)?.kind === 'outputPort';
  const ports = Object.keys(declared).filter((name) => isPort(declared[name]));
  const wired = Object.entries(declared).filter(([, spec]) => !isPort(spec));
  return {
    outputs: Object.freeze(Object.fromEntries(wired)),
    ports: ports.length === 0 ? NO_PORTS : Object.freeze(ports),
  };
}

function behaviourOf(
  definition: AnyStyle,
  inputs: InputSpecs,
  tables: TableSpecs,
  ports: readonly string[],
): Behaviour {
  const { run, on, onDrained, source } = definition;
  const names = Object.keys(inputs);
  const schemas = { stateSchema: stateSchemaOf(definition), argsSchema: argsSchemaOf(definition) };
  const hooks = hooksOf(definition, contradiction);
  const owns = ownershipOf(definition, contradiction);
  const trapExits = trapOf(definition, inputs);
  const plans = new Map<string, unknown>();
  const shared = { makeState: definition.state, ...schemas, trapExits, ports, tables, plans, hooks, owns };
  const styles = [run, on, source].filter((style) => style !== undefined).length;
  if (styles !== 1) throw contradiction(`it needs exactly one of run, on and source, and has ${styles}`);
  if (onDrained !== undefined && on === undefined) throw contradiction('onDrained belongs to handler style (on)');
  if (on !== undefined) {
    const missing = names.filter((name) => typeof on[name] !== 'function');
    if (names.length === 0) throw contradiction('handler style needs an input: use run or source without inputs');
    if (missing.length > 0) throw contradiction(`no handler for input "${missing.join('", "')}"`);
    const stray = Object.keys(on).filter((name) => !names.includes(name));
    if (stray.length > 0) throw contradiction(`a handler for "${stray.join('", "')}", which is no input`);
    return { ...shared, kind: 'handler', on, handlers: names.map((name) => on[name]!), onDrained }; // none is missing
  }
  if (source !== undefined) {
    if (names.length > 0) throw contradiction('a source has no inputs: use run');
    return { ...shared, kind: 'source', source };
  }
  const [batched] = Object.entries(inputs).find(([, spec]) => laneSpec(spec).batch !== undefined) ?? [];
  if (batched !== undefined) {
    throw contradiction(`input "${batched}" is in batches, which are for handlers (on): a loop has takeMany`);
  }
  return { ...shared, kind: 'loop', run: run as (ctx: unknown) => unknown };
}

function trapOf({ trapExits }: AnyStyle, inputs: InputSpecs): string | undefined {
  if (trapExits === undefined) return undefined;
  // At run time it may be anything.
  const spec = inputs[trapExits as string];
  if (Object.hasOwn(inputs, trapExits) && spec?.kind === 'input') return trapExits;
  throw contradiction('trapExits names none of its inputs, or a bundle');
}

function argsSchemaOf({ args: spec }: AnyStyle): Schema | undefined {
  // At run time it may be anything, most likely a schema.
  if (spec === undefined || (spec as { readonly kind?: unknown }).kind === 'args') return spec?.schema;
  throw contradiction('its args are not declared: make them with args()');
}

function stateSchemaOf({ state, stateSchema }: AnyStyle): Schema | undefined {
  if (stateSchema === undefined) return undefined;
  if (state === undefined) throw contradiction('stateSchema checks what state makes, and there is no state');
  return checkSchema('stateSchema', stateSchema);
}

function contradiction(problem: string): HoldfastError<'ERR_INVALID_DEFINITION'> {
  return new HoldfastError('ERR_INVALID_DEFINITION', `invalid actor definition: ${problem}`, { problem });
}
