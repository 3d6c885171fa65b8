/** What must be the same whoever plays an actor, and whoever has its name: wake-ups, outputs, limits, watches. */
import { describe, expect, test } from 'vitest';
import {
  type ActorRef,
  type Down,
  defineActor,
  fallbackTo,
  Graph,
  input,
  output,
  outputPort,
  replacement,
  table,
} from '../../src/index.ts';
import { Simulation } from '../../src/testing/index.ts';

interface World {
  readonly sim: Simulation;
  readonly graph: Graph;
  /** What the actors say. */
  readonly said: string[];
}

function world(): World {
  const sim = new Simulation();
  const actorDefaults = { showstopperAfter: 1 };
  return { sim, graph: new Graph({ name: 'swaps', ports: sim.ports, logLevel: 'silent', actorDefaults }), said: [] };
}

const inputs = { mailbox: input<string>({ capacity: 8 }) };

/** Says what it gets, and crashes if told to. */
const saying = (said: string[], name: string) =>
  defineActor({
    inputs,
    on: {
      mailbox(word, { exit }) {
        if (word === 'crash') throw new Error(word);
        if (word === 'exit') exit();
        said.push(`${name}: ${word}`);
      },
    },
  });

async function send({ sim, graph }: World, actor: string, ...words: readonly string[]): Promise<void> {
  for (const word of words) await graph.whereIs<string>(actor)?.cast(word);
  await sim.settle();
  await sim.advance(0);
}

async function end({ sim, graph }: World): Promise<void> {
  graph.requestShutdown();
  await sim.runUntil(graph.stopped());
  graph.checkConservation();
}

describe('B11: whoever takes over', () => {
  test('hears of the next message when the fallback was stopped behind a turn that was open', async () => {
    const all = world();
    const { sim, graph, said } = all;
    let goOn = (): void => undefined;
    const slow = defineActor({
      inputs,
      on: {
        async mailbox(word) {
          await new Promise<void>((resolve) => void (goOn = resolve));
          said.push(`fallback: ${word}`);
        },
      },
    });
    const fallback = fallbackTo(slow, { after: 1, returnAfterMs: 1_000 });
    graph.spawn('feed', saying(said, 'itself'), {}, { fallback });
    graph.start();
    await send(all, 'feed', 'crash', 'slow');
    await sim.advance(1_500); // it is to give way, and its turn is open
    goOn();
    await sim.settle();
    await send(all, 'feed', 'next');
    expect(said).toEqual(['fallback: slow', 'itself: next']);
    await end(all);
  });

  test('has its state and its tables when it has hibernated', async () => {
    const all = world();
    const { sim, graph, said } = all;
    graph.setAwakeMax(1, 0);
    const counting = (name: string) =>
      defineActor({
        inputs,
        state: () => ({ count: 0 }),
        tables: { seen: table<string, number>() },
        on: {
          mailbox(word, { state, tables }) {
            if (word === 'crash') throw new Error(word);
            state.count += 1;
            tables.seen.set(word, state.count);
            said.push(`${name}: ${word} ${state.count} of ${tables.seen.size}`);
          },
        },
      });
    const fallback = fallbackTo(counting('fallback'), { after: 1, returnAfterMs: 60_000 });
    graph.spawn('feed', counting('itself'), {}, { fallback });
    const others = ['a', 'b', 'c'].map((name) => graph.spawn(name, saying([], name)).name);
    graph.start();
    for (const word of ['one', 'crash', 'two', 'three', 'four']) {
      await send(all, 'feed', word);
      for (const other of [...others, ...others]) await send(all, other, 'wake'); // the feed goes to sleep meanwhile
    }
    await sim.advance(60_000);
    await send(all, 'feed', 'five');
    const ofFallback = ['fallback: two 1 of 1', 'fallback: three 2 of 2', 'fallback: four 3 of 3'];
    expect(said).toEqual(['itself: one 1 of 1', ...ofFallback, 'itself: five 2 of 2']);
    await end(all);
  });

  test('has its outputs open, and closes them once, where the one before it had closed them', async () => {
    const all = world();
    const { sim, graph } = all;
    const outputs = { out: output<string>() };
    const closing = defineActor({
      inputs,
      outputs,
      on: {
        mailbox(word, ctx) {
          if (word === 'crash') throw new Error(word);
          ctx.outputs.out.close();
        },
      },
    });
    const passing = defineActor({ inputs, outputs, on: { mailbox: (word, ctx) => ctx.outputs.out.send(word) } });
    const channel = graph.channel<string>('channel', { capacity: 8 });
    const got: string[] = [];
    graph.sink('out', channel, (word) => void got.push(word));
    const first = graph.spawn('first', closing, { out: channel }, { fallback: fallbackTo(passing, { after: 1 }) });
    graph.spawn('second', passing, { out: channel });
    graph.start();
    await send(all, 'first', 'close', 'crash', 'of the fallback');
    void first.drain();
    await sim.settle();
    await send(all, 'second', 'of somebody else');
    expect(got).toEqual(['of the fallback', 'of somebody else']);
    await end(all);
  });

  test('waits with going back until no sibling that would start with it waits for its breaker', async () => {
    const all = world();
    const { sim, graph, said } = all;
    const source = fallbackTo(saying(said, 'fallback'), { after: 1, returnAfterMs: 1_000 });
    const reader = defineActor({
      inputs,
      onStart: () => void said.push('reader starts'),
      on: { mailbox: crash },
    });
    graph.supervisor('desk', { strategy: 'restForOne', maxRestarts: 50 }, (desk) => {
      desk.spawn('source', saying(said, 'source'), {}, { fallback: source });
      desk.spawn('reader', reader, {}, { breaker: { maxFailures: 1, resetTimeoutMs: 5_000 } });
    });
    graph.start();
    await send(all, 'desk/source', 'crash');
    await sim.advance(500);
    said.splice(0);
    await send(all, 'desk/reader', 'crash');
    await sim.advance(4_000);
    await send(all, 'desk/source', 'late');
    expect(said).toEqual(['fallback: late']);
    await sim.advance(2_000);
    await send(all, 'desk/source', 'later');
    expect(said.at(-1)).toBe('source: later');
    await end(all);
  });
});

function crash(): never {
  throw new Error('crash');
}

describe('B12: a replacement', () => {
  test('is what comes back, also where one failure opens a breaker or has a fallback take over', async () => {
    const all = world();
    const { graph, said } = all;
    const onChildEvent = ({ kind }: { readonly kind: string }) =>
      kind === 'failed' ? { replace: replacement(saying(said, 'replacement')) } : undefined;
    graph.supervisor('desk', { onChildEvent, maxRestarts: 50 }, (desk) => {
      const fallback = fallbackTo(saying(said, 'fallback'), { after: 1 });
      desk.spawn('a', saying(said, 'a'), {}, { fallback });
      desk.spawn('b', saying(said, 'b'), {}, { breaker: { maxFailures: 1, resetTimeoutMs: 60_000 } });
    });
    graph.start();
    await send(all, 'desk/a', 'crash', 'one');
    await send(all, 'desk/b', 'crash');
    await send(all, 'desk/b', 'two');
    expect(said).toEqual(['replacement: one', 'replacement: two']);
    await end(all);
  });

  test('that had ended makes way for what was built, which takes messages again', async () => {
    const all = world();
    const { sim, graph, said } = all;
    const onChildEvent = ({ kind, child }: { readonly kind: string; readonly child: { readonly id: string } }) =>
      kind === 'failed' && child.id === 'a' ? { replace: replacement(saying(said, 'replacement')) } : undefined;
    graph.supervisor('top', { maxRestarts: 50 }, (top) => {
      top.supervisor('desk', { onChildEvent, maxRestarts: 1 }, (desk) => {
        desk.spawn('a', saying(said, 'a'), {}, { restart: 'transient' });
        desk.spawn('b', saying(said, 'b'), {});
      });
    });
    graph.start();
    await send(all, 'top/desk/a', 'crash', 'one');
    await sim.advance(60_000);
    await send(all, 'top/desk/a', 'exit');
    await send(all, 'top/desk/b', 'crash', 'crash'); // more than its supervisor bears
    await sim.advance(60_000);
    await send(all, 'top/desk/a', 'two');
    expect(said).toEqual(['replacement: one', 'replacement: exit', 'a: two']);
    await end(all);
  });
});

describe('B13: a child of another definition under an id that was in use', () => {
  const ports = { inputs: { mailbox: input<number>({ capacity: 8 }) }, outputs: { prices: outputPort<number>() } };
  const times = (factor: number) =>
    defineActor({ ...ports, on: { mailbox: (price, { outputs }) => outputs.prices.publish(price * factor) } });
  const children = [times(1), times(2)];

  /** What the turn that spawns the child asks for besides. */
  async function grow(how: 'watch' | 'link' | 'subscribe'): Promise<readonly string[]> {
    const { sim, graph, said } = world();
    const owner = defineActor({
      inputs: {
        ...inputs,
        downs: input<Down>({ capacity: 8 }),
        prices: input<number>({ capacity: 8 }),
      },
      supervises: {},
      onStart(ctx) {
        said.push(`start ${ctx.regeneration}`);
        const child = ctx.spawn('child', children[Math.min(1, ctx.regeneration)] as (typeof children)[0], {});
        if (how === 'watch' && ctx.regeneration > 0) ctx.watch(child, { to: 'downs' });
        if (how === 'link') ctx.link(child);
        if (how === 'subscribe') ctx.subscribe(child.port('prices'), { to: 'prices' });
      },
      on: {
        mailbox(word, ctx) {
          if (word === 'crash') throw new Error(word);
          said.push(word);
          ctx.stopChild('child');
        },
        downs: ({ exit }) => void said.push(`down ${exit.kind}`),
        prices: (price) => void said.push(`price ${price}`),
      },
    });
    const ref: ActorRef<string> = graph.spawn('owner', owner);
    graph.start();
    await sim.settle();
    await ref.cast('crash');
    await sim.advance(1_000);
    await graph.whereIs<number>('owner/child')?.cast(21);
    await sim.settle();
    await ref.cast('stop');
    await sim.settle();
    await end({ sim, graph, said });
    return said;
  }

  test('is watched by the turn that spawns it: the end of the one before is not its own', async () => {
    expect(await grow('watch')).toEqual(['start 0', 'start 1', 'stop', 'down shutdown']);
  });

  test('is linked by the turn that spawns it: the end of the one before ends nobody', async () => {
    expect((await grow('link')).slice(0, 3)).toEqual(['start 0', 'start 1', 'stop']);
  });

  test('is subscribed to by the turn that spawns it: what it publishes comes', async () => {
    expect(await grow('subscribe')).toEqual(['start 0', 'start 1', 'price 42', 'stop']);
  });

  test('has its name from the commit on: what is sent to the one before disturbs nobody', async () => {
    const all = world();
    const { sim, graph, said } = all;
    type Refs = readonly ActorRef<string>[];
    const teller = defineActor({
      inputs: { mailbox: input<Refs>({ capacity: 8 }) },
      on: { mailbox: (refs, { to }) => refs.forEach((ref) => to(ref).cast('hello')) },
    });
    const tells = graph.spawn('teller', teller);
    const definitions = [saying(said, 'first'), saying(said, 'second')];
    const spawned: ActorRef<string>[] = [];
    const owner = defineActor({
      inputs,
      supervises: {},
      onStart(ctx) {
        spawned.push(ctx.spawn('child', definitions[ctx.regeneration] as (typeof definitions)[0], {}));
        if (spawned.length > 1) ctx.to(tells).cast([...spawned]); // handled before the one before is taken away
      },
      on: { mailbox: crash },
    });
    graph.spawn('owner', owner);
    graph.start();
    await sim.settle();
    await send(all, 'owner', 'crash');
    await sim.advance(1_000);
    expect(said).toEqual(['second: hello']);
    expect(graph.deadLetters.list().map(({ channel, reason }) => `${channel} ${reason}`)).toEqual([
      'owner.mailbox showstopper',
      'owner/child.mailbox stopped',
    ]);
    await end(all);
  });

  test('leaves nothing of those before it among the producers of a channel', async () => {
    const all = world();
    const { sim, graph, said } = all;
    const channel = graph.channel<string>('channel', { capacity: 8 });
    graph.sink('out', channel, (word) => void said.push(word));
    const passing = () =>
      defineActor({
        inputs,
        outputs: { out: output<string>() },
        on: { mailbox: (word, { outputs }) => outputs.out.send(word) },
      });
    const definitions = [passing(), passing()];
    const owner = defineActor({
      inputs,
      supervises: {},
      onStart({ spawn, regeneration }) {
        spawn('child', definitions[regeneration % 2] as (typeof definitions)[0], { out: channel });
      },
      on: { mailbox: crash },
    });
    graph.spawn('owner', owner, {}, { maxRestarts: 50 });
    graph.start();
    for (let times = 0; times < 4; times += 1) {
      await send(all, 'owner', 'crash');
      await sim.advance(1_000);
    }
    await send(all, 'owner/child', 'hello');
    const { producers } = graph.snapshot().channels.find(({ name }) => name === 'channel') ?? {};
    expect({ said, producers }).toEqual({ said: ['hello'], producers: ['owner/child'] });
    await end(all);
  });
});

describe('B13: a child that its owner stops', () => {
  test('is gone, also where a sibling fails meanwhile and the strategy restarts them all', async () => {
    const all = world();
    const { sim, graph, said } = all;
    let goOn = (): void => undefined;
    const slow = defineActor({
      inputs,
      onStart: () => void said.push('slow starts'),
      on: { mailbox: () => new Promise<void>((resolve) => void (goOn = resolve)) },
    });
    const owner = defineActor({
      inputs,
      supervises: { strategy: 'oneForAll' },
      onStart({ spawn }) {
        spawn('slow', slow);
        spawn('quick', saying(said, 'quick'));
      },
      on: {
        mailbox(word, { children, stopChild }) {
          if (word === 'stop') stopChild('slow');
          else said.push(...children().map(({ id }) => id));
        },
      },
    });
    graph.spawn('owner', owner);
    graph.start();
    await sim.settle();
    await send(all, 'owner/slow', 'work');
    await send(all, 'owner', 'stop');
    await send(all, 'owner/quick', 'crash'); // while the other is still at work
    goOn();
    await sim.advance(1_000);
    await send(all, 'owner', 'children');
    expect(said).toEqual(['slow starts', 'quick']);
    expect(graph.whereIs('owner/slow')).toBeUndefined();
    await end(all);
  });
});
