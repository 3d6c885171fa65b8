/**
 * A lesson of actors that own children: a foreman hands jobs to two hands, which report to it, and has a helper now and then.
 * Wherever a crash comes, of the foreman or of a hand, each job is done and reported once, those of one hand in order.
 */
import { type ActorRef, type ChildEvent, defineActor, type Graph, type HookContext, input, output } from 'holdfast';
import type { Style } from './lessons.ts';

const JOBS = 10;
const HANDS = 2;

export interface ForemanState {
  hands: ActorRef<number>[];
  hasHelper: boolean;
  done: number[];
}

/** What is wrong with what the foreman has at the end. */
export function foremanFaults({ done, hasHelper }: ForemanState): string[] {
  const faults: string[] = [];
  for (let hand = 0; hand < HANDS; hand += 1) {
    const own = done.filter((job) => job % HANDS === hand).join();
    const expected = Array.from({ length: JOBS }, (_, job) => job).filter((job) => job % HANDS === hand);
    if (own !== expected.join()) faults.push(`hand ${hand}: expected ${expected.join()}, found ${own}`);
  }
  if (hasHelper) faults.push('the helper is still there');
  return faults;
}

function handOf(style: Style, userCode: (actor: string) => void) {
  return defineActor({
    inputs: { mailbox: input<number>({ capacity: 4 }) },
    outputs: { reports: output<number>() },
    on: {
      async mailbox(job, { name, outputs, effect }) {
        userCode(name);
        if (style === 'async') await effect('work', () => undefined);
        outputs.reports.send(job);
        userCode(name);
      },
    },
  });
}

type Turn = HookContext<Record<never, never>, ForemanState, undefined>;

/** The styles tell whose turns are asynchronous, and who decides about the hands: only handlers own children. */
export function buildForeman(graph: Graph, style: Style, capacity: number, userCode: (actor: string) => void): void {
  const hand = handOf(style, userCode);
  const own = (): void => userCode('foreman');
  const start = (ctx: Turn): void => {
    own();
    // Its mailbox takes numbers: the context of a hook does not know its inputs.
    const reports = ctx.self as ActorRef<number>;
    ctx.state.hands = Array.from({ length: HANDS }, (_, n) => ctx.spawn(`hand ${n}`, hand, { reports }));
    if (ctx.state.hasHelper) ctx.spawn('helper', hand, { reports });
    own();
  };
  const order = (job: number, ctx: Turn): void => {
    own();
    ctx.to(ctx.state.hands[job % HANDS] as ActorRef<number>).cast(job);
    // Every other job needs a helper.
    const isThere = ctx.children().some(({ id }) => id === 'helper');
    if (ctx.state.hasHelper && !isThere) throw new Error('the helper has gone');
    if (ctx.state.hasHelper) ctx.stopChild('helper');
    else ctx.spawn('helper', hand, { reports: ctx.self as ActorRef<number> });
    ctx.state.hasHelper = !ctx.state.hasHelper;
    own();
  };
  const hear = (job: number, { state, requestShutdown }: Turn): void => {
    own();
    state.done.push(job);
    if (state.done.length === JOBS) requestShutdown();
    own();
  };
  const decide = (event: ChildEvent): 'default' | 'restart' => {
    own();
    return event.kind === 'failed' ? 'restart' : 'default';
  };
  const shared = {
    // All reports at once, so that foreman and hands never wait for each other.
    inputs: { mailbox: input<number>({ capacity: JOBS }), jobs: input<number>() },
    state: (): ForemanState => ({ hands: [], hasHelper: false, done: [] }),
    supervises: { onEscalation: 'preserve', maxRestarts: 1_000 },
    onStart: start,
  } as const;
  const jobs = graph.channel<number>('jobs', { capacity });
  graph.feed('source', [...Array(JOBS).keys()], jobs);
  const foreman =
    style === 'handler' || style === 'next'
      ? defineActor({
          ...shared,
          ...(style === 'next' && { onChildEvent: decide }),
          on: { mailbox: hear, jobs: order },
        })
      : defineActor({
          ...shared,
          async onChildEvent(event, { effect }) {
            await effect('think', () => undefined);
            return decide(event);
          },
          on: {
            mailbox: hear,
            async jobs(job, ctx) {
              await ctx.effect('read', () => undefined);
              order(job, ctx);
            },
          },
        });
  graph.spawn('foreman', foreman, { jobs });
}
