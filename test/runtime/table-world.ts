import {
  type ActorDefinition,
  type ActorOptions,
  type Channel,
  defineActor,
  type HandlerContext,
  input,
  type InputSpec,
  type LoopContext,
  output,
  type OutputSpec,
  table,
  type TableSpec,
} from 'holdfast';
import { actorOf, collect, type World, world } from './world.ts';

/** Fails a message at its first failed attempt. */
export const ONCE: ActorOptions = { showstopperAfter: 1 };

type Inputs = { readonly go: InputSpec<number> };
type Outputs = { readonly out: OutputSpec<unknown> };
type Tables = { readonly counts: TableSpec<string, number>; readonly lists: TableSpec<number, readonly number[]> };
interface State {
  n: number;
}
export type TableHandler = HandlerContext<Outputs, State, undefined, Tables>;
export type TableLoop = LoopContext<Inputs, Outputs, State, undefined, Tables>;

export interface TableWorld extends World {
  readonly go: Channel<number>;
  readonly out: Channel<unknown>;
  /** What has arrived in `out`; nothing unless there is a reader. */
  readonly arrived: readonly unknown[];
  kill(): void;
  /** The committed entries of `counts`. */
  counts(): readonly (readonly [unknown, unknown])[] | undefined;
}

interface Options {
  readonly actor?: ActorOptions;
  readonly checks?: boolean;
  /** Leaves `out` without a reader. */
  readonly unread?: boolean;
  readonly outCapacity?: number;
}

const ports = {
  inputs: { go: input<number>() },
  outputs: { out: output<unknown>() },
  state: (): State => ({ n: 0 }),
  tables: {
    counts: table<string, number>({ initial: () => [['first', 1]], entriesMax: 4 }),
    lists: table<number, readonly number[]>(),
  },
};

/** A world with one actor that has a state and two tables, between the channels `go` and `out`. */
export function tableHandler(
  go: (message: number, ctx: TableHandler) => Promise<void> | void,
  options: Options = {},
): TableWorld {
  return placed(defineActor({ ...ports, on: { go } }), options);
}

export function tableLoop(run: (ctx: TableLoop) => Promise<void> | void, options: Options = {}): TableWorld {
  return placed(defineActor({ ...ports, run }), options);
}

function placed(definition: ActorDefinition<Inputs, Outputs, State, undefined, Tables>, options: Options): TableWorld {
  const { actor: placement = {}, checks = true, unread = false, outCapacity = 64 } = options;
  const w = world({ checks });
  const go = w.graph.channel<number>('go', { capacity: 64 });
  const out = w.graph.channel<unknown>('out', { capacity: outCapacity });
  const handle = w.graph.actor('actor', definition, { go, out }, placement);
  const arrived = unread ? [] : collect(w.graph, out);
  w.graph.start();
  return {
    ...w,
    go,
    out,
    arrived,
    kill: () => handle.kill(),
    counts: () => actorOf(w.graph, 'actor').tables?.['counts'],
  };
}

/** Sends messages and lets everything settle. */
export async function give(w: TableWorld, ...messages: number[]): Promise<void> {
  for (const message of messages) await w.go.send(message);
  await w.sim.settle();
}
