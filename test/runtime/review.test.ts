import { Writable } from 'node:stream';
import { defineActor, Graph, input, type Log, output } from 'holdfast';
import { Simulation } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';
import { deferred } from './single-actor.ts';
import { actorOf, channelOf, collect, stopCleanly, watch, world } from './world.ts';

describe('a wait that comes when the slice is used up', () => {
  test.each([62, 63, 64])('still says drained, after %i messages', async (count) => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 128 });
    const kinds: string[] = [];
    const patient = defineActor({
      inputs: { numbers: input<number>() },
      async run({ inputs, next }) {
        for (;;) {
          const { kind } = await next(inputs.numbers.avail());
          if (kind !== 'ready') return void kinds.push(kind);
          inputs.numbers.take();
        }
      },
    });
    w.graph.actor('patient', patient, { numbers });
    for (let n = 0; n < count; n += 1) numbers.trySend(n);
    numbers.close();
    w.graph.start();
    await w.sim.settle();
    expect(kinds).toEqual(['drained']);
    expect(w.graph.status).toBe('stopped');
  });

  test('pause gives the event loop a turn, however often its condition holds at once', async () => {
    const w = world();
    const go = w.graph.channel<number>('go', { capacity: 1 });
    let pauses = 0;
    let timers = 0;
    const eager = defineActor({
      inputs: { go: input<number>() },
      async run({ inputs, pause }) {
        while (timers === 0 && pauses < 100_000) {
          pauses += 1;
          await pause(inputs.go.avail());
        }
        inputs.go.take();
      },
    });
    w.graph.actor('eager', eager, { go }, { restart: 'temporary' });
    go.trySend(1);
    w.graph.start();
    setImmediate(() => (timers += 1));
    await w.sim.settle();
    expect(timers).toBe(1);
    expect(pauses).toBeLessThan(100_000);
  });
});

test('the result of an effect that came in while a commit waited for room is not lost', async () => {
  const w = world();
  const out = w.graph.channel<number>('out', { capacity: 1 });
  const answer = deferred<string>();
  const said: string[] = [];
  const parked = defineActor({
    outputs: { out: output<number>() },
    async run({ outputs, commit, next, effect, until }) {
      outputs.out.send(1);
      await commit();
      const asked = effect('ask', () => answer.promise);
      outputs.out.send(2);
      await next(until(asked));
      said.push(await asked);
    },
  });
  w.graph.actor('parked', parked, { out });
  const reader = out[Symbol.asyncIterator]();
  w.graph.start();
  await w.sim.settle();
  expect(actorOf(w.graph, 'parked').phase).toBe('committing');
  answer.resolve('answer');
  await w.sim.settle();
  expect((await reader.next()).value).toBe(1);
  await w.sim.settle();
  expect(said).toEqual(['answer']);
});

test('running() of an abandoned incarnation is fenced: it neither answers for the next one nor sets its vetoes', async () => {
  const w = world();
  const numbers = w.graph.channel<number>('numbers', { capacity: 1 });
  const outside = deferred<undefined>();
  const codes: unknown[] = [];
  const leaving = defineActor({
    inputs: { numbers: input<number>() },
    async run({ inputs, next, running, regeneration }) {
      if (regeneration > 0) while (running()) await next(inputs.numbers.avail());
      await outside.promise;
      try {
        running({ never: () => false });
      } catch (error) {
        codes.push((error as { readonly code?: unknown }).code);
      }
    },
  });
  const handle = w.graph.actor('leaving', leaving, { numbers });
  w.graph.start();
  await w.sim.settle();
  handle.kill();
  await w.sim.settle();
  outside.resolve(undefined);
  await w.sim.settle();
  expect(codes).toEqual(['ERR_FENCED']);
  await stopCleanly(w);
});

test('an all over a drained input is no candidate of any: the loop waits for the others and does not spin', async () => {
  const w = world();
  const [left, right, out] = ['left', 'right', 'out'].map((name) => w.graph.channel<number>(name, { capacity: 4 }));
  if (left === undefined || right === undefined || out === undefined) throw new Error('three channels were made');
  let waits = 0;
  const merge = defineActor({
    inputs: { left: input<number>(), right: input<number>() },
    outputs: { out: output<number>() },
    async run({ inputs, outputs, running, next, any, all }) {
      while (running() && waits < 1_000) {
        const vacant = outputs.out.vacant();
        await next(any(all(inputs.left.avail(), vacant), all(inputs.right.avail(), vacant)));
        waits += 1;
        for (const taken of [inputs.left.take(), inputs.right.take()]) if (taken !== undefined) outputs.out.send(taken);
      }
    },
  });
  w.graph.actor('merge', merge, { left, right, out });
  const arrived = collect(w.graph, out);
  w.graph.start();
  left.close();
  await w.sim.settle();
  expect(waits).toBe(0);
  right.trySend(7);
  await w.sim.settle();
  expect([waits, arrived]).toEqual([1, [7]]);
  await stopCleanly(w);
});

test('two outputs at one channel share its room: it never holds more than its capacity, and order is kept', async () => {
  const w = world();
  const out = w.graph.channel<number>('out', { capacity: 2 });
  const twice = defineActor({
    outputs: { left: output<number>(), right: output<number>() },
    state: () => ({ n: 0 }),
    source({ outputs, state }) {
      outputs.left.send((state.n += 1));
      outputs.right.send((state.n += 1));
      return state.n < 6 ? 'more' : 'done';
    },
  });
  w.graph.actor('twice', twice, { left: out, right: out });
  const reader = out[Symbol.asyncIterator]();
  w.graph.start();
  await w.sim.settle();
  const read: unknown[] = [];
  for (let result = await reader.next(); result.done !== true; result = await reader.next()) read.push(result.value);
  expect(read).toEqual([1, 2, 3, 4, 5, 6]);
  expect(channelOf(w.graph, 'out').highestFill).toBe(2);
});

test('two outputs at one channel may not send more in a turn than it can hold', async () => {
  const w = world();
  const out = w.graph.channel<number>('out', { capacity: 1 });
  const twice = defineActor({
    outputs: { left: output<number>(), right: output<number>() },
    source({ outputs }) {
      outputs.left.send(1);
      outputs.right.send(2);
      return 'done';
    },
  });
  w.graph.actor('twice', twice, { left: out, right: out }, { restart: 'temporary' });
  w.graph.start();
  await w.sim.settle();
  const [failure] = w.events.filter(({ kind }) => kind === 'failed');
  expect(failure).toMatchObject({ exit: { error: { code: 'ERR_OVER_CAPACITY' } } });
});

describe('a handler that returns a thenable of somebody else\u2019s', () => {
  test.each<[string, () => object, number]>([
    ['whose then cannot be read', () => Object.defineProperty({}, 'then', { get: () => thrown() }), 1],
    ['whose then throws', () => ({ then: () => thrown() }), 1],
    [
      'that settles twice',
      () => ({ then: (done: () => void, fail: (error: Error) => void) => (done(), fail(boom())) }),
      0,
    ],
  ])('%s', async (_, thenable, deadLettered) => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const numbers = w.graph.channel<number>('numbers', { capacity: 1 });
    const strange = defineActor({ inputs: { numbers: input<number>() }, on: { numbers: () => thenable() as never } });
    w.graph.actor('strange', strange, { numbers });
    w.graph.start();
    numbers.trySend(1);
    await w.sim.settle();
    expect(channelOf(w.graph, 'numbers')).toMatchObject({ taken: 1 - deadLettered, deadLettered });
    await stopCleanly(w);
  });

  const boom = (): Error => new Error('boom');
  const thrown = (): never => {
    throw boom();
  };
});

describe('edges', () => {
  test('a message that a stream cannot write is a failure of the sink, and does not stop the world', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 2 });
    const target = new Writable({ write: (_chunk, _encoding, written) => written() });
    w.graph.feed('source', [1, 2, 3], numbers);
    w.graph.sink('text', numbers, target);
    w.graph.start();
    const stopped = watch(w.graph.stopped());
    await w.sim.settle();
    expect(stopped).toMatchObject({ state: 'rejected', code: 'ERR_EDGE_FAILED' });
    expect(target.destroyed).toBe(true);
    expect(channelOf(w.graph, 'numbers')).toMatchObject({ taken: 0, inFlight: 0 });
  });

  test('a string is an iterable', async () => {
    const w = world();
    const letters = w.graph.channel<string>('letters', { capacity: 1 });
    w.graph.feed('word', 'abc', letters);
    const arrived = collect(w.graph, letters);
    w.graph.start();
    await w.sim.settle();
    expect(arrived).toEqual(['a', 'b', 'c']);
  });

  test('are refused a channel of another graph, a source that is no iterable, and a target that is no stream', () => {
    const own = world().graph;
    const numbers = own.channel<number>('numbers', { capacity: 1 });
    const foreign = world().graph.channel<number>('numbers', { capacity: 1 });
    const wiring = expect.objectContaining({ code: 'ERR_WIRING' }) as Error;
    expect(() => own.feed('feed', [1], foreign)).toThrow(wiring);
    expect(() => own.sink('sink', foreign, () => undefined)).toThrow(wiring);
    expect(() => own.feed('feed', 7 as never, numbers)).toThrow(/must be an iterable .*, got 7 \(number\)/);
    expect(() => own.sink('sink', numbers, {} as never)).toThrow(/must be a function or a writable stream/);
    own.sink('sink', numbers, () => undefined);
  });
});

describe('dead letters', () => {
  const refusing = defineActor({
    inputs: { numbers: input<number>() },
    on: { numbers: (_, { reject }) => reject('refused') },
  });

  test('that evict say once that they are full', async () => {
    const w = world({ deadLetters: { capacity: 5, whenFull: 'evict' } });
    const numbers = w.graph.channel<number>('numbers', { capacity: 64 });
    w.graph.actor('refusing', refusing, { numbers });
    for (let n = 0; n < 50; n += 1) numbers.trySend(n);
    w.graph.start();
    await w.sim.settle();
    expect(w.events.filter(({ kind }) => kind === 'deadLettersFilling')).toHaveLength(2);
  });

  test('stay all of them if the choice of what to discard throws half-way', async () => {
    const w = world({ deadLetters: { capacity: 3 } });
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    w.graph.actor('refusing', refusing, { numbers });
    for (let n = 0; n < 6; n += 1) numbers.trySend(n);
    w.graph.start();
    await w.sim.settle();
    const undecided = ({ id }: { readonly id: number }): boolean => {
      if (id === 2) throw new Error('undecided');
      return true;
    };
    expect(() => w.graph.deadLetters.discard(undecided)).toThrow('undecided');
    expect(w.graph.deadLetters.list()).toHaveLength(3);
    expect(w.graph.deadLetters.discard(({ id }) => id !== 2)).toBe(2);
    await w.sim.settle();
    expect(w.graph.deadLetters.list().map(({ id, payload }) => [id, payload])).toEqual([
      [2, 1],
      [4, 3],
      [5, 4],
    ]);
  });

  test('keep what was thrown where it was a string', async () => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const numbers = w.graph.channel<number>('numbers', { capacity: 1 });
    const throwing = defineActor({
      inputs: { numbers: input<number>() },
      on: {
        numbers() {
          // eslint-disable-next-line @typescript-eslint/only-throw-error -- that is what this is about
          throw 'out of paper';
        },
      },
    });
    w.graph.actor('throwing', throwing, { numbers });
    numbers.trySend(1);
    w.graph.start();
    await w.sim.settle();
    expect(w.graph.deadLetters.list()[0]?.text).toBe('thrown string: out of paper');
  });
});

test('a listener that is added by a listener hears of the next event, so that adding itself does not go on for ever', async () => {
  const w = world();
  let calls = 0;
  const again = (): void => {
    calls += 1;
    if (calls < 1_000) w.graph.subscribe(again);
  };
  w.graph.subscribe(again);
  w.graph.start();
  await w.sim.settle();
  expect(calls).toBeLessThan(10);
});

test('a kill of an actor whose graph could not start does not start it', async () => {
  const w = world();
  let begun = 0;
  const good = defineActor({ state: () => ({ n: 0 }), run: () => void (begun += 1) });
  const bad = defineActor({ state: () => ({ broken: () => 1 }), run: () => undefined });
  const handle = w.graph.actor('good', good, {});
  w.graph.actor('bad', bad, {});
  expect(() => w.graph.start()).toThrow(/state.broken is a function/);
  handle.kill();
  await w.sim.settle();
  await w.graph[Symbol.asyncDispose]();
  expect([begun, w.sim.clock.pending, w.sim.clock.keepsAlive]).toEqual([0, 0, false]);
});

describe('a cadence in a turn that pauses', () => {
  const beating = (fails: boolean, heard: number[], missed: number[]) =>
    defineActor({
      async run({ pause, every, running, nowMs, regeneration }) {
        const beat = every(10);
        for (let beats = 0; running() && beats < 3; beats += 1) {
          await pause(beat);
          heard.push(nowMs());
          missed.push(beat.missed);
        }
        if (fails && regeneration === 0) throw new Error('once');
      },
    });

  test('beats as often as it is waited for', async () => {
    const w = world();
    const heard: number[] = [];
    w.graph.actor('beating', beating(false, heard, []), {});
    w.graph.start();
    await w.sim.advance(100);
    expect(heard).toEqual([10, 20, 30]);
    expect([w.graph.status, w.sim.clock.pending]).toEqual(['stopped', 0]);
  });

  test('that fails is set up anew with the next one, as it was its own', async () => {
    const w = world();
    const heard: number[] = [];
    w.graph.actor('beating', beating(true, heard, []), {});
    w.graph.start();
    await w.sim.advance(100);
    expect(heard).toEqual([10, 20, 30, 40, 50, 60]);
  });

  test('that fails gives back all that it used, from the first on', async () => {
    const w = world();
    const heard: number[] = [];
    const missed: number[] = [];
    const keeping = defineActor({
      async run({ next, pause, every, running, nowMs, regeneration }) {
        const beat = every(10);
        while (running()) {
          await next(beat);
          heard.push(nowMs());
          missed.push(beat.missed);
          if (regeneration > 0 || nowMs() < 20) continue;
          await pause(beat);
          throw new Error('once');
        }
      },
    });
    w.graph.actor('keeping', keeping, {});
    w.graph.start();
    await w.sim.advance(49);
    expect(heard).toEqual([10, 20, 30, 40]);
    expect(missed).toEqual([0, 0, 1, 0]); // the beats of 20 and 30 came back as one
    await stopCleanly(w);
  });
});

test('a stopping graph does not spend its time to drain on one message that fails for ever', async () => {
  const sim = new Simulation();
  const graph = new Graph({ name: 'stubborn', ports: sim.ports, logLevel: 'silent', shutdownTimeoutMs: 1_000 });
  const numbers = graph.channel<number>('numbers', { capacity: 4 });
  const failing = defineActor({
    inputs: { numbers: input<number>() },
    on: {
      numbers() {
        throw new Error('always');
      },
    },
  });
  graph.actor('failing', failing, { numbers }, { showstopperAfter: Infinity, maxRestarts: Infinity });
  graph.start();
  numbers.trySend(1);
  await sim.settle();
  graph.requestShutdown();
  await expect(sim.runUntil(graph.stopped())).rejects.toThrow('stopped uncleanly');
  expect(graph.snapshot().actors[0]?.failures).toBeLessThan(150); // 10 ms apart
});

test('a wait for no condition fails before the turn is committed', async () => {
  const sim = new Simulation();
  const graph = new Graph({ name: 'nothing', ports: sim.ports, logLevel: 'silent' });
  const out = graph.channel<number>('out', { capacity: 4 });
  const careless = defineActor({
    outputs: { out: output<number>() },
    async run({ outputs, next }) {
      outputs.out.send(1);
      await next(undefined as never);
    },
  });
  graph.actor('careless', careless, { out }, { maxRestarts: 0 });
  graph.start();
  await expect(sim.runUntil(graph.stopped())).rejects.toThrow('next: condition must be a condition');
  expect(graph.snapshot().channels[0]?.sent).toBe(0);
});

test('what a logger throws changes nothing', async () => {
  const sim = new Simulation();
  const line = (): never => {
    throw new Error('no more lines');
  };
  const log: Log = { trace: line, debug: line, info: line, warn: line, error: line, fatal: line, child: line };
  const graph = new Graph({ name: 'broken log', ports: sim.ports, log });
  const numbers = graph.channel<number>('numbers', { capacity: 4 });
  graph.actor('failing', alwaysFailing, { numbers }, { showstopperAfter: 1 });
  graph.start();
  numbers.trySend(1);
  await sim.settle();
  graph.requestShutdown();
  await sim.runUntil(graph.stopped());
  expect(graph.deadLetters.total).toBe(1);
});

test('what throws where nothing may stops the graph with an error, not in silence', async () => {
  const sim = new Simulation();
  let broken = false;
  const random = { next: () => (broken ? defect() : 0.5) };
  const graph = new Graph({ name: 'broken port', ports: { ...sim.ports, random }, logLevel: 'silent' });
  const numbers = graph.channel<number>('numbers', { capacity: 4 });
  graph.actor('failing', alwaysFailing, { numbers }, { maxRestarts: Infinity });
  graph.start();
  broken = true;
  numbers.trySend(1);
  await expect(sim.runUntil(graph.stopped())).rejects.toMatchObject({
    code: 'ERR_DEFECT',
    cause: { message: 'no randomness left' },
  });
});

function defect(): never {
  throw new Error('no randomness left');
}

const alwaysFailing = defineActor({
  inputs: { numbers: input<number>() },
  on: {
    numbers() {
      throw new Error('boom');
    },
  },
});

test('an asynchronous listener that rejects is no concern of the process', async () => {
  const sim = new Simulation();
  const graph = new Graph({ name: 'listener', ports: sim.ports, logLevel: 'silent' });
  const rejecting: () => unknown = async () => Promise.reject(new Error('late'));
  graph.subscribe(rejecting);
  graph.actor('source', defineActor({ source: () => 'done' }), {});
  graph.start();
  await sim.runUntil(graph.stopped());
  await graph[Symbol.asyncDispose](); // again, after the end: nothing to do
});
