/**
 * Fallbacks, replacements, breakers, hibernation and supervisors' strategies together, at random: every message is handled once or
 * becomes a dead letter, each of those who play an actor goes on where it was, and whoever is left answers in the end.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type ChildEventAnswer,
  defineActor,
  fallbackTo,
  Graph,
  input,
  output,
  replacement,
  type SpawnedActor,
} from '../../src/index.ts';
import { Simulation } from '../../src/testing/index.ts';

const IDS = ['a', 'b', 'c'] as const;
/** Of ten messages, those at which whoever gets them fails at the first attempt. */
const FAILING = [2, 3, 7];

interface Served {
  readonly player: string;
  readonly message: number;
  /** How many it has served, itself included. */
  readonly count: number;
}

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('cast' as const), to: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const), to: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(80) }) },
);

const child = fc.record({
  after: fc.integer({ min: 1, max: 3 }),
  returnAfterMs: fc.constantFrom(20, 200, Infinity),
  showstopperAfter: fc.integer({ min: 1, max: 3 }),
  isAsync: fc.boolean(),
  hasFallback: fc.boolean(),
  hasBreaker: fc.boolean(),
  shutdown: fc.constantFrom(10, 1_000, 'infinity' as const, 'brutal' as const),
});

const plan = fc.record({
  strategy: fc.constantFrom('oneForOne' as const, 'oneForAll' as const, 'restForOne' as const),
  children: fc.tuple(child, child, child),
  replaces: fc.array(fc.boolean(), { maxLength: 6 }),
  hibernates: fc.boolean(),
  steps: fc.array(step, { maxLength: 60 }),
  seed: fc.integer(),
});
type Plan = typeof plan extends fc.Arbitrary<infer P> ? P : never;

function player(name: string, isAsync: boolean) {
  const ports = { inputs: { mailbox: input<number>({ capacity: 64 }) }, outputs: { served: output<Served>() } };
  const state = (): { count: number } => ({ count: 0 });
  type Ctx = {
    readonly state: { count: number };
    readonly attempt: number;
    readonly outputs: { readonly served: { send(served: Served): void } };
  };
  const serve = (message: number, ctx: Ctx): void => {
    ctx.state.count += 1;
    if (FAILING.includes(message % 10) && ctx.attempt === 1) throw new Error('planned');
    ctx.outputs.served.send({ player: name, message, count: ctx.state.count });
  };
  if (!isAsync) return defineActor({ ...ports, state, on: { mailbox: serve } });
  return defineActor({
    ...ports,
    state,
    async run(ctx) {
      const { mailbox } = ctx.inputs;
      while (ctx.running()) {
        await ctx.next(mailbox.avail());
        const message = mailbox.take();
        if (message === undefined) continue;
        await ctx.pause(ctx.after(3)); // a stop may come in the middle of a turn
        serve(message, ctx);
      }
    },
  });
}

async function run({ strategy, children, replaces, hibernates, steps, seed }: Plan): Promise<void> {
  const sim = new Simulation({ seed });
  const graph = new Graph({ name: 'swaps', ports: sim.ports, logLevel: 'silent' });
  if (hibernates) graph.setAwakeMax(1, 0);
  const out = graph.channel<Served>('out', { capacity: 512 });
  const served: Served[] = [];
  graph.sink('sink', out, (one) => void served.push(one));
  const answers = [...replaces];
  let replacements = 0;
  const onChildEvent = ({ kind, child: { id } }: { kind: string; child: { id: string } }): ChildEventAnswer => {
    if (kind !== 'failed' || answers.shift() !== true) return 'default';
    replacements += 1;
    return { replace: replacement(player(`${id} replaced ${replacements}`, replacements % 2 === 0)) };
  };
  const { actors } = graph.supervisor('s', { strategy, maxRestarts: 1_000_000, onChildEvent }, (supervisor) => ({
    actors: IDS.map((id, index): SpawnedActor<ReturnType<typeof player>['inputs']> => {
      const { after, returnAfterMs, isAsync, hasFallback, hasBreaker, ...options } = children[index]!;
      const fallback = fallbackTo(player(`${id} fallback`, !isAsync), { after, returnAfterMs });
      return supervisor.spawn(
        id,
        player(id, isAsync),
        { served: out },
        {
          ...options,
          ...(hasFallback && { fallback }),
          ...(hasBreaker && { breaker: { maxFailures: 2, resetTimeoutMs: 50 } }),
        },
      );
    }),
  }));
  graph.start();
  await sim.settle();
  const accepted: number[] = [];
  const cast = (to: number): void => {
    const message = accepted.length;
    if (actors[to]!.tryCast(message).ok) accepted.push(message);
  };
  for (const each of steps) {
    if (each.kind === 'cast') cast(each.to);
    else if (each.kind === 'kill') actors[each.to]!.kill();
    else await sim.advance(each.ms);
  }
  await sim.advance(600_000);
  const before = accepted.length;
  for (const to of IDS.keys()) cast(to);
  expect(accepted.length).toBe(before + IDS.length); // all of them are there again, and their breakers closed
  await sim.advance(600_000);
  const dead = graph.deadLetters.list().map(({ payload }) => payload as number);
  const ends = [...served.map(({ message }) => message), ...dead];
  expect(ends.toSorted((a, b) => a - b)).toEqual(accepted);
  for (const name of new Set(served.map((one) => one.player))) {
    if (replacements > 0 && name.endsWith('fallback')) continue; // that of a newcomer begins anew
    const counts = served.filter((one) => one.player === name).map(({ count }) => count);
    expect([name, counts]).toEqual([name, counts.map((_, index) => index + 1)]);
  }
  graph.requestShutdown();
  await sim.runUntil(graph.stopped());
  graph.checkConservation();
  expect(sim.clock.pending).toBe(0);
}

test('whoever plays an actor loses nothing, handles nothing twice, and goes on where it was', async () => {
  await fc.assert(fc.asyncProperty(plan, run), {
    numRuns: Number(process.env['HOLDFAST_RUNS'] ?? 150),
    seed: Number(process.env['HOLDFAST_SEED'] ?? 1),
  });
});
