/** `onChildEvent`: what a function of the user's may decide instead of the rules, on real actors. */
import { expect, test } from 'vitest';
import { type ActorRef, type ChildEvent, type ChildEventAnswer, Graph } from '../../src/index.ts';
import { Simulation } from '../../src/testing/index.ts';
import { type Order, traceOf, worker } from './tree-world.ts';

interface World {
  readonly sim: Simulation;
  readonly graph: Graph;
  readonly a: ActorRef<Order>;
  /** What `onChildEvent` was told. */
  readonly told: string[];
  /** `+a.2` started, `-a.1:crashed` ended; since the last look. */
  news(): string;
  state(name: string): unknown;
}

/** `top`: `z` and the supervisor `s`, with `a` and `b` and the policy. */
async function grow(
  decide: (event: ChildEvent) => ChildEventAnswer | undefined,
  options: { readonly maxRestarts?: number; readonly showstopperAfter?: number } = {},
): Promise<World> {
  const { maxRestarts = 5, showstopperAfter = 1 } = options;
  const sim = new Simulation();
  const graph = new Graph({ name: 'tree', ports: sim.ports, logLevel: 'silent', actorDefaults: { showstopperAfter } });
  const trace = traceOf(graph);
  const told: string[] = [];
  const { a } = graph.supervisor('top', {}, (top) => {
    top.spawn('z', worker);
    const onChildEvent = (event: ChildEvent): ChildEventAnswer | undefined => {
      told.push(`${event.kind} ${event.child.id}`);
      return decide(event);
    };
    return top.supervisor('s', { maxRestarts, onChildEvent }, (builder) => ({
      a: builder.spawn('a', worker),
      b: builder.spawn('b', worker),
    }));
  });
  graph.start();
  await sim.settle();
  const news = (): string => trace.splice(0).join(' ').replaceAll('top/', '').replaceAll('s/', '');
  news();
  told.length = 0;
  const state = (name: string): unknown =>
    graph.snapshot().actors.find((actor) => actor.name === `top/s/${name}`)?.state;
  return { sim, graph, a, told, news, state };
}

async function send(world: World, ...orders: readonly Order[]): Promise<string> {
  for (const order of orders) world.a.tryCast(order);
  await world.sim.settle();
  return world.news();
}

test('is told of failures, ends and starts, and what it leaves open the rules decide', async () => {
  const world = await grow(() => undefined);
  expect(await send(world, 'crash')).toBe('-a.1:crashed +a.2');
  expect(await send(world, 'exit')).toBe('-a.2:normal +a.3');
  expect(world.told).toEqual(['failed a', 'started a', 'terminated a', 'started a']);
});

test('may have a child come back that would not, and stay away that would come back', async () => {
  const world = await grow(({ kind }) => (kind === 'failed' ? 'stop' : undefined));
  expect(await send(world, 'crash')).toBe('-a.1:crashed');
  expect(world.a.tryCast('work')).toMatchObject({ ok: false, reason: 'closed' });
});

test('may have it come back later', async () => {
  const world = await grow(({ kind }) => (kind === 'failed' ? { restart: { delayMs: 250 } } : undefined));
  expect(await send(world, 'crash', 'work')).toBe('-a.1:crashed');
  await world.sim.advance(249);
  expect(world.news()).toBe('');
  await world.sim.advance(1);
  expect(world.news()).toBe('+a.2');
  expect(world.state('a')).toEqual({ handled: 1 });
});

test('B15: may escalate, and the supervisor above hears of a failure with its cause', async () => {
  const world = await grow(({ kind }) => (kind === 'failed' ? 'escalate' : undefined));
  expect(await send(world, 'crash')).toBe('-a.1:crashed -b.1:shutdown -s.1:crashed +s.2 +a.2 +b.2');
});

test('B16: may have it go on without the message at fault: the state is kept, nothing is counted', async () => {
  const world = await grow(({ kind }) => (kind === 'failed' ? 'resume' : undefined), {
    maxRestarts: 0,
    showstopperAfter: 3,
  });
  expect(await send(world, 'work', 'crash', 'work', 'crash')).toBe('-a.1:crashed -a.2:crashed');
  expect(world.state('a')).toEqual({ handled: 2 });
  expect(world.graph.deadLetters.list()).toMatchObject([
    { payload: 'crash', reason: 'showstopper', attempts: 1 },
    { payload: 'crash', reason: 'showstopper', attempts: 1 },
  ]);
  expect(world.graph.whereIs('top/s/a')).toBe(world.a);
});

test('C5: that throws, or answers nonsense, fails its supervisor, and the one above hears of that', async () => {
  for (const decide of [
    (): never => {
      throw new Error('policy');
    },
    (): ChildEventAnswer => 'retry' as ChildEventAnswer,
  ]) {
    const world = await grow((event) => (event.kind === 'failed' ? decide() : undefined));
    expect(await send(world, 'crash')).toBe('-a.1:crashed -b.1:shutdown -s.1:crashed +s.2 +a.2 +b.2');
  }
});

test('may stop one that has failed: an operator restarts it as it was committed', async () => {
  const sim = new Simulation();
  const graph = new Graph({ name: 'tree', ports: sim.ports, logLevel: 'silent' });
  const onChildEvent = ({ kind }: ChildEvent): ChildEventAnswer | undefined => (kind === 'failed' ? 'stop' : undefined);
  const s = graph.supervisor('s', { onChildEvent }, (builder) => ({
    a: builder.spawn('a', worker, {}, { showstopperAfter: 1 }),
    other: builder.spawn('other', worker), // a graph whose actors have all ended stops
  }));
  graph.start();
  await s.a.cast('crash');
  await sim.settle();
  await sim.runUntil(s.supervisor.restart('a'));
  await s.a.cast('work');
  await sim.settle();
  expect(graph.snapshot().actors[0]).toMatchObject({ state: { handled: 1 } });
  graph.requestShutdown();
  await sim.runUntil(graph.stopped());
});
