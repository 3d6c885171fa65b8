import { args, defineActor, type GraphOptions, input, output } from 'holdfast';
import { type CapturedLog, capturedLog } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';
import { actorOf, collect, stopCleanly, type World, world } from './world.ts';

/** Asks for a shutdown at each of its beats from `from` on, and goes on beating. */
const beater = defineActor({
  args: args<{ readonly everyMs: number; readonly from: number }>(),
  outputs: { beats: output<string>() },
  state: () => ({ beats: 0 }),
  async run({ args: { everyMs, from }, outputs, state, name, running, next, every, requestShutdown }) {
    while (running()) {
      await next(every(everyMs));
      if (!running()) break;
      state.beats += 1;
      outputs.beats.send(`${name} ${state.beats}`);
      if (state.beats >= from) requestShutdown(`beat ${state.beats}`);
    }
  },
});

/** Ends without ever asking, after `afterMs`. */
const mortal = defineActor({
  args: args<{ readonly afterMs: number }>(),
  async run({ args: { afterMs }, next, after }) {
    await next(after(afterMs));
  },
});

interface Party {
  readonly everyMs: number;
  readonly from: number;
}

function beaters(
  parties: Readonly<Record<string, Party>>,
  options: Omit<GraphOptions, 'name' | 'ports'>,
): World & { beats: string[]; log: CapturedLog } {
  const log = capturedLog();
  const w = world({ log, ...options });
  const channel = w.graph.channel<string>('beats', { capacity: 8 });
  for (const [name, party] of Object.entries(parties)) w.graph.actor(name, beater, { beats: channel }, { args: party });
  return { ...w, beats: collect(w.graph, channel), log };
}

const asked = ({ events }: World): unknown[] =>
  events.flatMap((event) => (event.kind === 'shutdownAsked' ? [[event.party, event.missing]] : []));
const lost = ({ events }: World): unknown[] =>
  events.flatMap((event) => (event.kind === 'shutdownPartyLost' ? [[event.actor, event.missing]] : []));
const stopping = ({ events }: World): unknown[] =>
  events.flatMap((event) => (event.kind === 'stopping' ? [event.reason] : []));

describe('a shutdown barrier', () => {
  test('stops the graph when the last of n parties has asked, however often the others ask', async () => {
    const w = beaters(
      { a: { everyMs: 10, from: 1 }, b: { everyMs: 10, from: 5 }, c: { everyMs: 10, from: 8 } },
      { shutdownBarrier: 3 },
    );
    w.graph.start();
    await w.sim.advance(55);
    expect(w.graph.snapshot().shutdownBarrier).toEqual({ needed: 3, asked: ['a', 'b'], missing: 1 });
    expect([w.graph.status, stopping(w)]).toEqual(['running', []]);
    await w.sim.runUntil(w.graph.stopped());
    expect(asked(w)).toEqual([
      ['a', 2],
      ['b', 1],
      ['c', 0],
    ]);
    expect([stopping(w), w.sim.clock.nowMs(), w.beats.length]).toEqual([['beat 8'], 80, 24]);
    expect(w.log.lines.filter(({ text }) => text === 'asked to stop').map(({ fields }) => fields)).toMatchObject([
      { party: 'a', missing: 2 },
      { party: 'b', missing: 1 },
      { party: 'c', missing: 0 },
    ]);
  });

  test('counts an actor once, over its restarts, and only when its turn commits', async () => {
    const w = world({ shutdownBarrier: 2 });
    const go = w.graph.channel<number>('go', { capacity: 8 });
    const asking = defineActor({
      inputs: { go: input<number>() },
      on: {
        go(value, ctx) {
          ctx.requestShutdown();
          if (value === 1) throw new Error('not this time');
        },
      },
    });
    w.graph.actor('asking', asking, { go }, { showstopperAfter: 1 });
    w.graph.actor(
      'other',
      beater,
      { beats: w.graph.channel('unread', { capacity: 1 }) },
      { args: { everyMs: 10, from: 99 } },
    );
    w.graph.start();
    go.trySend(1);
    await w.sim.settle();
    expect([asked(w), actorOf(w.graph, 'asking').restarts]).toEqual([[], 1]);
    for (const value of [2, 1, 3, 4]) go.trySend(value);
    await w.sim.settle();
    expect([asked(w), w.graph.status]).toEqual([[['asking', 1]], 'running']);
    await stopCleanly(w);
  });

  test('is passed over by a request from outside without a party, and by a signal', async () => {
    const w = beaters({ a: { everyMs: 10, from: 99 } }, { shutdownBarrier: 2 });
    w.graph.start();
    await w.sim.advance(10);
    await stopCleanly(w);
    expect([w.graph.status, asked(w)]).toEqual(['stopped', []]);
    const signalled = beaters({ a: { everyMs: 10, from: 99 } }, { shutdownBarrier: 2 });
    const ran = signalled.graph.run();
    await signalled.sim.advance(10);
    signalled.sim.host.signal('SIGTERM');
    await signalled.sim.runUntil(ran);
    expect(stopping(signalled)).toEqual(['SIGTERM']);
  });

  test('counts a party outside, before the start too', async () => {
    const w = beaters({ a: { everyMs: 10, from: 3 } }, { shutdownBarrier: 3 });
    w.graph.requestShutdown('read all', { party: 'importer' });
    expect(w.graph.status).toBe('building');
    w.graph.start();
    await w.sim.advance(30);
    w.graph.requestShutdown('again', { party: 'importer' });
    expect([asked(w), w.graph.status]).toEqual([
      [
        ['importer', 2],
        ['a', 1],
      ],
      'running',
    ]);
    w.graph.requestShutdown('written all', { party: 'exporter' });
    expect(w.graph.status).toBe('draining');
    await w.sim.runUntil(w.graph.stopped());
    expect([stopping(w), lost(w)]).toEqual([['written all'], []]);
  });

  test('a party without a barrier stops the graph', async () => {
    const w = beaters({ a: { everyMs: 10, from: 99 } }, {});
    w.graph.start();
    w.graph.requestShutdown('done', { party: 'importer' });
    await w.sim.runUntil(w.graph.stopped());
    expect([stopping(w), asked(w), w.graph.snapshot().shutdownBarrier]).toEqual([['done'], [], undefined]);
  });

  test('says so, once, when too few actors are left to meet it; somebody outside still can', async () => {
    const w = beaters({ a: { everyMs: 10, from: 1 } }, { shutdownBarrier: 2 });
    w.graph.actor('b', mortal, {}, { args: { afterMs: 15 } });
    w.graph.actor('c', mortal, {}, { args: { afterMs: 25 } });
    w.graph.actor('d', mortal, {}, { args: { afterMs: 35 } });
    w.graph.start();
    await w.sim.advance(30);
    expect(lost(w)).toEqual([]);
    await w.sim.advance(30);
    expect([lost(w), w.graph.status]).toEqual([[['d', 1]], 'running']);
    const errors = w.log.lines.filter(({ level }) => level === 'error');
    expect(errors).toEqual([
      {
        level: 'error',
        text: 'too few actors are left to meet the shutdown barrier: without requests from outside it is never met',
        fields: { graph: 'test', actor: 'd', missing: 1 },
      },
    ]);
    w.graph.requestShutdown('enough', { party: 'operator' });
    await w.sim.runUntil(w.graph.stopped());
    expect(stopping(w)).toEqual(['enough']);
  });
});

describe('a shutdown barrier with names', () => {
  test('waits for those, in the graph and outside, and tells once of an actor that asks without being one', async () => {
    const w = beaters(
      { a: { everyMs: 10, from: 2 }, other: { everyMs: 10, from: 1 } },
      { shutdownBarrier: ['a', 'importer'] },
    );
    w.graph.start();
    expect(() => w.graph.requestShutdown('me too', { party: 'exporter' })).toThrow(
      'party must be one of the names in shutdownBarrier, got "exporter" (string)',
    );
    await w.sim.advance(50);
    expect([asked(w), w.graph.status]).toEqual([[['a', 1]], 'running']);
    const warnings = w.log.lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ text, fields }) => [text, fields])).toEqual([
      ['asked to stop, and is no party of the shutdown barrier', { graph: 'test', actor: 'other', reason: 'beat 1' }],
    ]);
    w.graph.requestShutdown('read all', { party: 'importer' });
    await w.sim.runUntil(w.graph.stopped());
    expect(stopping(w)).toEqual(['read all']);
  });

  test('does not wait for an actor that has ended without asking', async () => {
    const w = beaters({ a: { everyMs: 10, from: 1 } }, { shutdownBarrier: ['a', 'b'] });
    w.graph.actor('b', mortal, {}, { args: { afterMs: 25 } });
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect([lost(w), stopping(w), w.sim.clock.nowMs()]).toEqual([[['b', 0]], ['beat 1'], 25]);
    expect(w.log.lines.filter(({ level }) => level === 'error').map(({ text }) => text)).toEqual([
      'a party of the shutdown barrier has ended without asking: the others do not wait for it',
    ]);
  });

  test('goes on when all of them have ended and none has asked', async () => {
    const w = beaters({ other: { everyMs: 10, from: 99 } }, { shutdownBarrier: ['b'] });
    w.graph.actor('b', mortal, {}, { args: { afterMs: 15 } });
    w.graph.start();
    await w.sim.advance(100);
    expect([lost(w), w.graph.status]).toEqual([[['b', 0]], 'running']);
    await stopCleanly(w);
  });
});

test.each([
  [0, 'shutdownBarrier must be an integer of 1 or more, got 0 (number)'],
  [1.5, 'shutdownBarrier must be an integer of 1 or more, got 1.5 (number)'],
  ['a', 'shutdownBarrier must be an integer of 1 or more, got "a" (string)'],
  [[], 'shutdownBarrier must be a number of parties, or their names, each of them once, got an array'],
  [['a', 'a'], 'shutdownBarrier must be a number of parties, or their names, each of them once, got an array'],
  [[''], 'shutdownBarrier: name must be a string of at least one character'],
])('shutdownBarrier: %j is refused', (shutdownBarrier, message) => {
  expect(() => world({ shutdownBarrier: shutdownBarrier as number })).toThrow(message);
});

test('requestShutdown knows no other options', () => {
  const w = world({ shutdownBarrier: 2 });
  expect(() => w.graph.requestShutdown('x', { partie: 'a' } as object)).toThrow(/unknown option "partie"/);
  expect(() => w.graph.requestShutdown('x', { party: '' })).toThrow(/party must be a string/);
});
