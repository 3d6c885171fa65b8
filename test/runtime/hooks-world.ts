import {
  type ActorHandle,
  type ActorOptions,
  type Channel,
  defineActor,
  type Exit,
  type GraphOptions,
  type HookContext,
  input,
  type InputSpec,
  output,
  type OutputSpec,
  type StartAnswer,
} from 'holdfast';
import type { Actor } from '../../src/actor/actor.ts';
import { collect, type World, world } from './world.ts';

export interface HookState {
  starts: number;
  stops: number;
  sum: number;
}

type Inputs = { readonly go: InputSpec<number> };
type Outputs = { readonly out: OutputSpec<string> };
export type Context = HookContext<Outputs, HookState, undefined>;

export interface Hooks {
  readonly onStart?: (ctx: Context) => StartAnswer | Promise<StartAnswer>;
  readonly onRestart?: (ctx: Context, exit: Exit) => Promise<void> | void;
  readonly onStop?: (ctx: Context, exit: Exit) => Promise<void> | void;
}

/** What the actor does with a number; a source gets the numbers 1, 2, 3, one each time. */
export type Work = (value: number, ctx: Context) => Promise<void> | void;

/** An actor with hooks between `go` and `out`, and what it has done, in order. */
export interface HookWorld extends World {
  readonly go: Channel<number>;
  readonly out: Channel<string>;
  /** What has arrived in `out`. */
  readonly arrived: string[];
  readonly actor: ActorHandle<Inputs>;
  /** What its code has done: each hook and each number, with the regeneration. */
  readonly log: string[];
  /** The actor inside; undefined while it sleeps. */
  readonly inside: () => Actor;
}

export interface HookOptions {
  readonly actor?: ActorOptions;
  readonly graph?: Omit<GraphOptions, 'name' | 'ports'>;
  readonly outCapacity?: number;
  /** Leaves `out` without a reader. */
  readonly unread?: boolean;
  readonly idle?: boolean;
}

export const STYLES = ['loop', 'handler', 'source'] as const;
export type Style = (typeof STYLES)[number];

/** How an incarnation has ended, in a word. */
export function exitText(exit: Exit): string {
  if (exit.kind === 'crashed')
    return `crashed(${exit.error instanceof Error ? exit.error.message : String(exit.error)})`;
  return exit.kind === 'shutdown' && exit.why !== undefined ? `shutdown(${JSON.stringify(exit.why)})` : exit.kind;
}

const state = (): HookState => ({ starts: 0, stops: 0, sum: 0 });
const outputs = { out: output<string>() };
const inputs = { go: input<number>() };

function defined(style: Style, work: Work, hooks: Hooks) {
  switch (style) {
    case 'loop':
      return defineActor({
        inputs,
        outputs,
        state,
        ...hooks,
        async run(ctx) {
          while (ctx.running()) {
            await ctx.next(ctx.inputs.go.avail());
            const value = ctx.inputs.go.take();
            if (value !== undefined) await work(value, ctx);
          }
        },
      });
    case 'handler':
      return defineActor({ inputs, outputs, state, ...hooks, on: { go: work } });
    case 'source':
      return defineActor({
        outputs,
        state,
        ...hooks,
        async source(ctx) {
          const value = ctx.state.sum + 1;
          await ctx.effect('number', () => undefined);
          await work(value, ctx);
          ctx.state.sum = value;
          return value === 3 ? 'done' : 'more';
        },
      });
  }
}

/** Places such an actor and starts the graph; each hook is written down before it is called. */
export function hookWorld(
  style: Style,
  hooks: Hooks,
  work: Work = () => undefined,
  options: HookOptions = {},
): HookWorld {
  const w = world({ ...options.graph });
  const go = w.graph.channel<number>('go', { capacity: 64 });
  const out = w.graph.channel<string>('out', { capacity: options.outCapacity ?? 64 });
  const log: string[] = [];
  const { onStart, onRestart, onStop } = hooks;
  const noted: Hooks = {
    ...(onStart && {
      onStart(ctx: Context) {
        log.push(`start ${ctx.regeneration}`);
        return onStart(ctx);
      },
    }),
    ...(onRestart && {
      onRestart(ctx: Context, exit: Exit) {
        log.push(`restart ${ctx.regeneration} after ${exitText(exit)}`);
        return onRestart(ctx, exit);
      },
    }),
    ...(onStop && {
      onStop(ctx: Context, exit: Exit) {
        log.push(`stop ${ctx.regeneration} ${exitText(exit)}`);
        return onStop(ctx, exit);
      },
    }),
  };
  const definition = defined(
    style,
    (value, ctx) => {
      log.push(`${value} in ${ctx.regeneration}`);
      return work(value, ctx);
    },
    noted,
  );
  const wiring = style === 'source' ? { out } : { go, out };
  if (style === 'source') collect(w.graph, go); // somebody has to read it
  const actor = w.graph.actor('actor', definition as never, wiring, options.actor ?? {}) as never;
  const arrived = options.unread === true ? [] : collect(w.graph, out);
  w.graph.start();
  const inside = (): Actor => {
    const found = w.graph.backstage.cells.get('actor')?.wake();
    if (found === undefined) throw new Error('the actor has ended');
    return found;
  };
  return { ...w, go, out, arrived, actor, log, inside };
}

export const NOTHING = (): undefined => undefined;
