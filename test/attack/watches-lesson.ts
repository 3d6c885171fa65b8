/**
 * A lesson of monitors, links and groups: a guard watches workers, links itself to each, tells it to stop, and takes some of its
 * watches back. Wherever a
 * crash comes, it hears of the end of each worker once or has taken the watch back, and never both; and no worker that has ended
 * is in a group.
 */
import { type ActorRef, defineActor, type Down, type Graph, input } from 'holdfast';
import type { Style } from './lessons.ts';

const WORKERS = 8;
const GROUP = 'workers';

export interface GuardState {
  heard: string[];
  takenBack: string[];
}

/** What is wrong with what the guard has at the end. */
export function watchFaults(graph: Graph, { heard, takenBack }: GuardState): string[] {
  const faults: string[] = [];
  const all = [...heard, ...takenBack].sort();
  const expected = Array.from({ length: WORKERS }, (_, n) => `worker ${n}`);
  if (JSON.stringify(all) !== JSON.stringify(expected)) faults.push(`expected ${expected.join()}, found ${all.join()}`);
  const members = graph.groups.members(GROUP).map(({ name }) => name);
  if (members.length > 0) faults.push(`${members.join()} in a group after the end`);
  return faults;
}

type Worker = ActorRef<'work' | 'stop'>;

function worker(userCode: () => void) {
  return defineActor({
    inputs: { mailbox: input<'work' | 'stop'>({ capacity: 2 }) },
    on: {
      mailbox(word, { join, leave, exit }) {
        userCode();
        join(GROUP);
        if (word === 'work') return;
        leave(GROUP);
        exit();
      },
    },
  });
}

interface GuardTurn {
  readonly state: GuardState;
  to(ref: Worker): { cast(word: 'work' | 'stop'): void };
  watch(ref: Worker, options: { readonly to: 'mailbox' }): void;
  unwatch(ref: Worker): void;
  link(ref: Worker): void;
  unlink(ref: Worker): void;
  join(group: string): void;
  leave(group: string): void;
  requestShutdown(): void;
}

/** @param capacity - Of the guard's mailbox. */
export function buildWatches(graph: Graph, style: Style, capacity: number, userCode: (actor: string) => void): void {
  const workers: Worker[] = Array.from({ length: WORKERS }, (_, n) => {
    const name = `worker ${n}`;
    return graph.spawn(
      name,
      worker(() => userCode(name)),
      {},
      { restart: 'transient' },
    );
  });
  const orders = graph.channel<number>('orders', { capacity });
  graph.feed(
    'source',
    workers.map((_, n) => n),
    orders,
  );
  graph.actor(
    'guard',
    guard(style, capacity, workers, () => userCode('guard')),
    { orders },
  );
}

function guard(style: Style, capacity: number, workers: readonly Worker[], userCode: () => void) {
  const ports = {
    inputs: { mailbox: input<Down>({ capacity }), orders: input<number>() },
    state: (): GuardState => ({ heard: [], takenBack: [] }),
  };
  const stopIfDone = ({ state, requestShutdown }: GuardTurn): void => {
    if (state.heard.length + state.takenBack.length === WORKERS) requestShutdown();
  };
  const order = (n: number, turn: GuardTurn): void => {
    userCode();
    const own = workers[n] as Worker;
    const other = workers[n - 2];
    turn.watch(own, { to: 'mailbox' });
    turn.link(own); // what makes it fail makes the guard begin again, and the other way round
    turn.join(`guard of ${n}`);
    turn.leave(`guard of ${n - 1}`);
    turn.to(own).cast('work');
    turn.to(own).cast('stop');
    if (other !== undefined) turn.unlink(other);
    if (other !== undefined && n % 4 > 1) {
      turn.unwatch(other);
      if (!turn.state.heard.includes(other.name)) turn.state.takenBack.push(other.name);
    }
    stopIfDone(turn);
    userCode();
  };
  const hear = ({ actor }: Down, turn: GuardTurn): void => {
    userCode();
    turn.state.heard.push(actor);
    stopIfDone(turn);
    userCode();
  };
  switch (style) {
    case 'handler':
      return defineActor({ ...ports, on: { mailbox: hear, orders: order } });
    case 'async':
      return defineActor({
        ...ports,
        on: {
          async mailbox(down, ctx) {
            await ctx.effect('reading', () => undefined);
            hear(down, ctx);
          },
          async orders(n, ctx) {
            await ctx.effect('reading', () => undefined);
            order(n, ctx);
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({
        ...ports,
        async run(ctx) {
          const { mailbox, orders } = ctx.inputs;
          const some = ctx.any(mailbox.avail(), orders.avail());
          while (ctx.running()) {
            if (style === 'tryNext') void (ctx.tryNext(some) ?? (await ctx.next(some)));
            else await ctx.next(some);
            const n = orders.take();
            const down = n === undefined ? mailbox.take() : undefined;
            if (n !== undefined) order(n, ctx);
            if (down !== undefined) hear(down, ctx);
          }
        },
      });
  }
}
