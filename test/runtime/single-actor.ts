import {
  type ActorHandle,
  type ActorOptions,
  type Channel,
  defineActor,
  type GraphOptions,
  type HandlerContext,
  input,
  type InputSpec,
  type LoopContext,
  output,
  type OutputSpec,
} from 'holdfast';
import { collect, type World, world } from './world.ts';

export interface SingleState {
  n: number;
  list: number[];
}

type Inputs = { readonly go: InputSpec<number>; readonly tick: InputSpec<string> };
type Outputs = { readonly out: OutputSpec<unknown> };
export type SingleHandler = HandlerContext<Outputs, SingleState, undefined>;
export type SingleLoop = LoopContext<Inputs, Outputs, SingleState, undefined>;

/** A world with one actor between the channels `go` (and `tick`) and `out`. */
export interface SingleWorld extends World {
  readonly go: Channel<number>;
  readonly tick: Channel<string>;
  readonly out: Channel<unknown>;
  /** What has arrived in `out`. */
  readonly arrived: unknown[];
  readonly actor: ActorHandle<Inputs>;
}

export interface SingleOptions {
  readonly actor?: ActorOptions;
  readonly graph?: Omit<GraphOptions, 'name' | 'ports'>;
  readonly outCapacity?: number;
  /** Leaves `out` without a reader. */
  readonly unread?: boolean;
}

const ports = {
  inputs: { go: input<number>(), tick: input<string>({ tick: true }) },
  outputs: { out: output<unknown>() },
  state: (): SingleState => ({ n: 0, list: [] }),
};

function placed(definition: ReturnType<typeof loopDefinition>, options: SingleOptions): SingleWorld {
  const w = world(options.graph);
  const go = w.graph.channel<number>('go', { capacity: 64 });
  const tick = w.graph.channel<string>('tick', { capacity: 64 });
  const out = w.graph.channel<unknown>('out', { capacity: options.outCapacity ?? 64 });
  const actor = w.graph.actor('actor', definition, { go, tick, out }, options.actor);
  const arrived = options.unread === true ? [] : collect(w.graph, out);
  w.graph.start();
  return { ...w, go, tick, out, arrived, actor };
}

function loopDefinition(run: (ctx: SingleLoop) => Promise<void> | void) {
  return defineActor({ ...ports, run });
}

export function handlerWorld(
  go: (message: number, ctx: SingleHandler) => Promise<void> | void,
  options: SingleOptions = {},
  tick: (message: string, ctx: SingleHandler) => Promise<void> | void = () => undefined,
): SingleWorld {
  return placed(defineActor({ ...ports, on: { go, tick } }), options);
}

export function loopWorld(run: (ctx: SingleLoop) => Promise<void> | void, options: SingleOptions = {}): SingleWorld {
  return placed(loopDefinition(run), options);
}

/** Sends messages and lets everything settle. */
export async function give(w: SingleWorld, ...messages: number[]): Promise<void> {
  for (const message of messages) await w.go.send(message);
  await w.sim.settle();
}

/** The dead letters as `[payload, reason, code or text]`. */
export function letters(w: World): unknown[] {
  return w.graph.deadLetters
    .list()
    .map(({ payload, reason, text, error }) => [payload, reason, error?.code ?? error?.message ?? text]);
}

/** A promise that a test settles when it likes. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
