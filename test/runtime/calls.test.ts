/** Calls: from outside, inside a turn, as requests; and every way in which there is no reply. */
import { type ActorRef, defineActor, HoldfastError, input, output, type Reply, type ReplyPort, table } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { actorOf, channelOf, stopCleanly, watch, world, type World } from './world.ts';

type ToServer =
  | { readonly kind: 'add'; readonly amount: number; readonly reply: ReplyPort<number> }
  | { readonly kind: 'defer'; readonly reply: ReplyPort<string> }
  | { readonly kind: 'release'; readonly value: string }
  | { readonly kind: 'ignore'; readonly reply: ReplyPort<number> }
  | { readonly kind: 'reject'; readonly reply: ReplyPort<number> }
  | { readonly kind: 'crash'; readonly reply: ReplyPort<number> }
  | { readonly kind: 'flaky'; readonly reply: ReplyPort<number> }
  | { readonly kind: 'last'; readonly reply: ReplyPort<string> }
  | { readonly kind: 'forward'; readonly to: ActorRef<ToServer>; readonly reply: ReplyPort<number> }
  | { readonly kind: 'twice'; readonly reply: ReplyPort<number> }
  | { readonly kind: 'table'; readonly reply: ReplyPort<string> };

const server = defineActor({
  inputs: { mailbox: input<ToServer>({ capacity: 2 }) },
  state: () => ({ sum: 0, waiting: [] as ReplyPort<string>[] }),
  tables: { waiting: table<string, ReplyPort<string>>() },
  on: {
    mailbox(message, ctx) {
      const { state, reply } = ctx;
      switch (message.kind) {
        case 'add':
          state.sum += message.amount;
          return reply(message.reply, state.sum);
        case 'defer':
          state.waiting.push(message.reply);
          return;
        case 'table':
          ctx.tables.waiting.set('only', message.reply);
          return;
        case 'release':
          for (const port of state.waiting) reply(port, message.value);
          for (const port of ctx.tables.waiting.values()) reply(port, message.value);
          ctx.tables.waiting.clear();
          state.waiting = [];
          return;
        case 'ignore':
          return;
        case 'reject':
          return ctx.reject('not today');
        case 'crash':
          reply(message.reply, 1);
          throw new Error('planned');
        case 'flaky':
          reply(message.reply, ctx.attempt);
          if (ctx.attempt < 3) throw new Error('planned');
          return;
        case 'last':
          reply(message.reply, 'goodbye');
          ctx.exit();
          return;
        case 'forward':
          return ctx.to(message.to).cast({ kind: 'add', amount: 10, reply: message.reply });
        case 'twice':
          reply(message.reply, 1);
          reply(message.reply, 2);
      }
    },
  },
});

/** A request that is only its port. */
type Asked = ReplyPort<number>;

type ToBroker =
  | { readonly kind: 'ask'; readonly tell?: ActorRef<object>; readonly reply: Asked }
  | { readonly kind: 'hand on'; readonly to: ActorRef<ToBroker> }
  | { readonly kind: 'answer' };

/** Keeps who asks, until somebody else gets them or it has the answer. */
const broker = defineActor({
  inputs: { mailbox: input<ToBroker>({ capacity: 4 }) },
  state: () => ({ asking: [] as Asked[] }),
  on: {
    mailbox(message, { state, reply, to }) {
      if (message.kind === 'ask') {
        state.asking.push(message.reply);
        if (message.tell !== undefined) to(message.tell).cast(message);
        return;
      }
      if (message.kind === 'answer') for (const port of state.asking) reply(port, 7);
      else for (const port of state.asking) to(message.to).cast({ kind: 'ask', reply: port });
      state.asking = [];
    },
  },
});

const timeoutMs = 1_000;

async function failure(w: World, promise: Promise<unknown>): Promise<HoldfastError> {
  const outcome = watch(promise);
  await w.sim.settle();
  expect(outcome.error).toBeInstanceOf(HoldfastError);
  return outcome.error as HoldfastError;
}

describe('from outside', () => {
  test('a call gives what the actor has replied, and leaves no timer', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    w.graph.start();
    expect(await ref.call((reply) => ({ kind: 'add', amount: 2, reply }), { timeoutMs })).toBe(2);
    expect(await ref.call((reply) => ({ kind: 'add', amount: 3, reply }), { timeoutMs })).toBe(5);
    await w.sim.settle();
    expect(w.sim.clock.pending).toBe(0);
    expect(w.graph.snapshot().calls).toEqual({ open: 0, answered: 2, failed: 0, late: 0 });
    await stopCleanly(w);
  });

  test('a call made before the start is answered after it, and one without room waits in line', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    const calls = [1, 2, 3, 4].map((amount) =>
      watch(ref.call((reply) => ({ kind: 'add', amount, reply }), { timeoutMs })),
    );
    await w.sim.settle();
    expect(channelOf(w.graph, 'server.mailbox')).toMatchObject({ inFlight: 2, waitingForRoom: 2 });
    w.graph.start();
    await w.sim.settle();
    expect(calls.map(({ value }) => value)).toEqual([1, 3, 6, 10]);
    await stopCleanly(w);
  });

  test('a call rejects at its deadline, with both ends and how full the mailbox is, and leaves no timer', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    const call = watch(ref.call((reply) => ({ kind: 'add', amount: 1, reply }), { timeoutMs: 250 }));
    await w.sim.advance(249);
    expect(call.state).toBe('pending');
    await w.sim.advance(1);
    expect(call.error).toMatchObject({
      code: 'ERR_CALL_TIMEOUT',
      message: 'actor "server" did not reply within 250 ms (mailbox 1/2): raise timeoutMs, or send it less',
      details: { actor: 'server', caller: undefined, timeoutMs: 250, waiting: 1, capacity: 2 },
    });
    expect(w.sim.clock.pending).toBe(0);
    w.graph.start();
    await w.sim.settle();
    expect(w.graph.snapshot().calls).toEqual({ open: 0, answered: 0, failed: 1, late: 1 });
    await stopCleanly(w);
    expect(actorOf(w.graph, 'server').state).toMatchObject({ sum: 1 });
  });

  test('calls with several timeouts each end at their own', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    w.graph.start();
    const ended: string[] = [];
    for (const ms of [300, 100, 200, 100]) {
      void ref
        .call((reply) => ({ kind: 'defer', reply }), { timeoutMs: ms })
        .catch(() => ended.push(`${ms} at ${w.sim.clock.nowMs()}`));
      await w.sim.settle();
    }
    await w.sim.advance(1_000);
    expect(ended).toEqual(['100 at 100', '100 at 100', '200 at 200', '300 at 300']);
    expect(w.sim.clock.pending).toBe(0);
    await stopCleanly(w);
  });

  test('the deadline of a request that waits for room takes it back', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    for (const value of ['a', 'b']) await ref.cast({ kind: 'release', value });
    const call = watch(ref.call((reply) => ({ kind: 'add', amount: 1, reply }), { timeoutMs: 10 }));
    await w.sim.advance(10);
    expect(call.code).toBe('ERR_CALL_TIMEOUT');
    expect(channelOf(w.graph, 'server.mailbox').waitingForRoom).toBe(0);
    w.graph.start();
    await stopCleanly(w);
    expect(actorOf(w.graph, 'server').state).toMatchObject({ sum: 0 });
  });

  test('an abort gives the call up', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    w.graph.start();
    const controller = new AbortController();
    const call = watch(ref.call((reply) => ({ kind: 'defer', reply }), { timeoutMs, signal: controller.signal }));
    await w.sim.settle();
    controller.abort(new Error('enough'));
    await w.sim.settle();
    expect(call.error).toEqual(new Error('enough'));
    await ref.cast({ kind: 'release', value: 'late' });
    await w.sim.settle();
    expect(w.graph.snapshot().calls).toMatchObject({ open: 0, failed: 1, late: 1 });
    expect(w.sim.clock.pending).toBe(0);
    const aborted = watch(ref.call((reply) => ({ kind: 'defer', reply }), { timeoutMs, signal: controller.signal }));
    await w.sim.settle();
    expect(aborted.error).toEqual(new Error('enough'));
    expect(channelOf(w.graph, 'server.mailbox').sent).toBe(2);
    await stopCleanly(w);
  });

  test.each([undefined, 0, -1, Infinity, NaN, '5'])('a timeout of %s is refused at once', (timeout) => {
    const { graph } = world();
    const ref = graph.spawn('server', server);
    const call = (): unknown =>
      ref.call((reply) => ({ kind: 'defer', reply }), { timeoutMs: timeout as unknown as number });
    expect(call).toThrow('ref.call: timeoutMs must be a finite number above 0');
  });

  test('what making the message throws, the call rejects with', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    const call = watch(
      ref.call(
        () => {
          throw new Error('no idea');
        },
        { timeoutMs },
      ),
    );
    await w.sim.settle();
    expect(call.error).toEqual(new Error('no idea'));
    expect(w.graph.snapshot().calls.open).toBe(0);
  });

  test('inside a turn it is refused', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    let code: unknown;
    const meddler = defineActor({
      source() {
        try {
          void ref.call((reply) => ({ kind: 'defer', reply }), { timeoutMs });
        } catch (error) {
          ({ code } = error as HoldfastError);
        }
        return 'done';
      },
    });
    w.graph.actor('meddler', meddler, {});
    w.graph.start();
    await w.sim.settle();
    expect(code).toBe('ERR_OUTSIDE_API_IN_TURN');
    await stopCleanly(w);
  });

  test('after a stop was requested it rejects', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    w.graph.start();
    await w.sim.settle();
    w.graph.requestShutdown();
    const error = await failure(
      w,
      ref.call((reply) => ({ kind: 'defer', reply }), { timeoutMs }),
    );
    expect(['ERR_STOPPING', 'ERR_ACTOR_GONE']).toContain(error.code);
    await stopCleanly(w);
  });

  test('options that are none are refused by name', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    const call = (): unknown => ref.call((reply) => ({ kind: 'defer', reply }), undefined as never);
    expect(call).toThrow('ref.call: options must be an object, got undefined');
    await stopCleanly(w);
  });

  test('one that waits for room when a stop is requested rejects as a cast does', async () => {
    const w = world();
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const slow = defineActor({
      inputs: { mailbox: input<Asked>({ capacity: 1 }) },
      on: {
        async mailbox(port, { reply, effect }) {
          await effect('wait', () => opened);
          reply(port, 1);
        },
      },
    });
    const ref = w.graph.spawn('slow', slow);
    w.graph.start();
    const inHand = watch(ref.call((reply: Asked) => reply, { timeoutMs }));
    await w.sim.settle();
    const waits = watch(ref.call((reply: Asked) => reply, { timeoutMs }));
    const cast = watch(ref.cast(0 as never)); // of whom nobody asks what it is
    w.graph.requestShutdown();
    await w.sim.settle();
    expect([inHand.state, waits.code, cast.code]).toEqual(['pending', 'ERR_STOPPING', 'ERR_STOPPING']);
    open();
    await w.sim.runUntil(w.graph.stopped());
    expect(inHand.value).toBe(1);
    w.graph.checkConservation();
  });
});

describe('there is no reply, and the caller hears it at once', () => {
  test('D2 the callee crashes at the request, until that is a dead letter: with its error', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server, {}, { showstopperAfter: 1 });
    w.graph.start();
    const error = await failure(
      w,
      ref.call((reply) => ({ kind: 'crash', reply }), { timeoutMs }),
    );
    expect(error).toMatchObject({
      code: 'ERR_CALL_DEAD_LETTER',
      message: 'the request to actor "server" became a dead letter (showstopper): Error: planned',
      cause: { name: 'Error', message: 'planned' },
    });
    expect(w.sim.clock.nowMs()).toBe(0);
    await stopCleanly(w);
  });

  test('a call outlives the retries of its request', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    w.graph.start();
    const call = watch(ref.call((reply) => ({ kind: 'flaky', reply }), { timeoutMs }));
    await w.sim.advance(500);
    expect(call.value).toBe(3);
    await stopCleanly(w);
  });

  test('the request is rejected', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    w.graph.start();
    const error = await failure(
      w,
      ref.call((reply) => ({ kind: 'reject', reply }), { timeoutMs }),
    );
    expect(error).toMatchObject({ code: 'ERR_CALL_DEAD_LETTER', details: { reason: 'rejected', text: 'not today' } });
    await stopCleanly(w);
  });

  test('D3 the callee is gone for good: at once, whether the request was there or comes later', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server, {}, { restart: 'temporary' });
    w.graph.start();
    const crash = watch(ref.call((reply) => ({ kind: 'crash', reply }), { timeoutMs }));
    const behind = watch(ref.call((reply) => ({ kind: 'add', amount: 1, reply }), { timeoutMs }));
    const inLine = watch(ref.call((reply) => ({ kind: 'add', amount: 1, reply }), { timeoutMs }));
    await w.sim.settle();
    const later = watch(ref.call((reply) => ({ kind: 'add', amount: 1, reply }), { timeoutMs }));
    await w.sim.settle();
    expect([crash, behind, inLine, later].map(({ code }) => code)).toEqual(Array(4).fill('ERR_ACTOR_GONE'));
    expect(w.sim.clock.nowMs()).toBe(0);
    await stopCleanly(w);
  });

  test('the callee commits without replying', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    w.graph.start();
    const error = await failure(
      w,
      ref.call((reply) => ({ kind: 'ignore', reply }), { timeoutMs }),
    );
    expect(error).toMatchObject({ code: 'ERR_NO_REPLY', details: { actor: 'server' } });
    await stopCleanly(w);
  });

  test('the callee goes for good with the port in its state', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server, {}, { restart: 'transient' });
    w.graph.start();
    const deferred = watch(ref.call((reply) => ({ kind: 'defer', reply }), { timeoutMs }));
    const inTable = watch(ref.call((reply) => ({ kind: 'table', reply }), { timeoutMs }));
    await w.sim.settle();
    expect([deferred.state, inTable.state]).toEqual(['pending', 'pending']);
    const last = watch(ref.call((reply) => ({ kind: 'last', reply }), { timeoutMs }));
    await w.sim.settle();
    expect(last.value).toBe('goodbye');
    expect([deferred.code, inTable.code]).toEqual(['ERR_ACTOR_GONE', 'ERR_ACTOR_GONE']);
    await stopCleanly(w);
  });

  test('the state with the port is reset', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server, {}, { stateOnRestart: 'reset', showstopperAfter: 1 });
    w.graph.start();
    const deferred = watch(ref.call((reply) => ({ kind: 'defer', reply }), { timeoutMs }));
    await w.sim.settle();
    ref.kill();
    await w.sim.settle();
    expect(deferred.code).toBe('ERR_NO_REPLY');
    await stopCleanly(w);
  });

  test('the graph stops', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    w.graph.start();
    const deferred = watch(ref.call((reply) => ({ kind: 'defer', reply }), { timeoutMs: 1_000_000 }));
    await w.sim.settle();
    await stopCleanly(w);
    await w.sim.settle();
    expect(deferred.code).toBe('ERR_ACTOR_GONE');
    expect(w.sim.clock.pending).toBe(0);
  });
});

describe('replies', () => {
  test('D5 a callee that replies and stops in one step has replied', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server, {}, { restart: 'temporary' });
    w.graph.start();
    expect(await ref.call((reply) => ({ kind: 'last', reply }), { timeoutMs })).toBe('goodbye');
    await w.sim.settle();
    expect(actorOf(w.graph, 'server').exit).toBe('normal');
    await stopCleanly(w);
  });

  test.each(['defer', 'table'] as const)('D6 a reply may come from a later message: %s', async (kind) => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    w.graph.start();
    const call = watch(ref.call((reply) => ({ kind, reply }), { timeoutMs }));
    await w.sim.advance(100);
    expect(call.state).toBe('pending');
    await ref.cast({ kind: 'release', value: 'now' });
    await w.sim.settle();
    expect(call.value).toBe('now');
    await stopCleanly(w);
  });

  test('D6 a deferred reply outlives a restart of the callee', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    w.graph.start();
    const call = watch(ref.call((reply) => ({ kind: 'defer', reply }), { timeoutMs }));
    await w.sim.settle();
    ref.kill();
    await w.sim.settle();
    await ref.cast({ kind: 'release', value: 'after all' });
    await w.sim.settle();
    expect(call.value).toBe('after all');
    expect(actorOf(w.graph, 'server').regeneration).toBe(1);
    await stopCleanly(w);
  });

  test('a port that is sent on is replied to by whoever gets it', async () => {
    const w = world();
    const to = w.graph.spawn('other', server);
    const ref = w.graph.spawn('server', server);
    w.graph.start();
    expect(await ref.call((reply) => ({ kind: 'forward', to, reply }), { timeoutMs })).toBe(10);
    await stopCleanly(w);
  });

  test('a port that is sent on to one who does not reply, or is gone, is not waited for', async () => {
    const w = world();
    const deaf = defineActor({
      inputs: { mailbox: input<ToServer>({ capacity: 1 }) },
      on: { mailbox() {} },
    });
    const to = w.graph.spawn('deaf', deaf);
    const gone = w.graph.spawn('gone', server, {}, { restart: 'temporary' });
    const ref = w.graph.spawn('server', server);
    w.graph.start();
    await failure(
      w,
      gone.call((reply) => ({ kind: 'crash', reply }), { timeoutMs }),
    );
    const unanswered = await failure(
      w,
      ref.call((reply) => ({ kind: 'forward', to, reply }), { timeoutMs }),
    );
    expect(unanswered).toMatchObject({ code: 'ERR_NO_REPLY', details: { actor: 'deaf' } });
    const lost = await failure(
      w,
      ref.call((reply) => ({ kind: 'forward', to: gone, reply }), { timeoutMs }),
    );
    expect(lost.code).toBe('ERR_ACTOR_GONE');
    await stopCleanly(w);
  });

  test('of a port that is kept in state and sent on, nobody knows who replies', async () => {
    const w = world();
    const deaf = w.graph.spawn(
      'deaf',
      defineActor({ inputs: { mailbox: input<object>({ capacity: 1 }) }, on: { mailbox() {} } }),
    );
    const ref = w.graph.spawn('broker', broker);
    w.graph.start();
    const call = watch(ref.call((reply) => ({ kind: 'ask', tell: deaf, reply }), { timeoutMs }));
    await w.sim.settle();
    expect(call.state).toBe('pending'); // the one who was told of it has committed without a reply
    await ref.cast({ kind: 'answer' });
    await w.sim.settle();
    expect(call.value).toBe(7);
    await stopCleanly(w);
  });

  test.each(['goes for good', 'is reset'])(
    'a port that was kept, and sent on later, is not given up when its keeper %s',
    async (end) => {
      const w = world();
      const other = w.graph.spawn('other', broker);
      const ref = w.graph.spawn(
        'broker',
        broker,
        {},
        end === 'is reset' ? { stateOnRestart: 'reset' } : { restart: 'temporary' },
      );
      w.graph.start();
      const sentOn = watch(ref.call((reply) => ({ kind: 'ask', reply }), { timeoutMs }));
      await w.sim.settle();
      await ref.cast({ kind: 'hand on', to: other });
      const kept = watch(ref.call((reply) => ({ kind: 'ask', reply }), { timeoutMs }));
      await w.sim.settle();
      ref.kill();
      await w.sim.settle();
      expect([sentOn.state, kept.code]).toEqual(['pending', end === 'is reset' ? 'ERR_NO_REPLY' : 'ERR_ACTOR_GONE']);
      await other.cast({ kind: 'answer' });
      await w.sim.settle();
      expect(sentOn.value).toBe(7);
      await stopCleanly(w);
    },
  );

  test('a port that was kept, and sent on later, is in a message: if that becomes a dead letter, the caller hears it', async () => {
    const w = world();
    const gone = w.graph.spawn('gone', broker, {}, { restart: 'temporary' });
    const ref = w.graph.spawn('broker', broker);
    w.graph.start();
    await w.sim.settle();
    gone.kill();
    const call = watch(ref.call((reply) => ({ kind: 'ask', reply }), { timeoutMs }));
    await w.sim.settle();
    await ref.cast({ kind: 'hand on', to: gone });
    await w.sim.settle();
    expect(call.code).toBe('ERR_ACTOR_GONE');
    await stopCleanly(w);
  });

  test('what a turn that was given up would have sent to several has been sent to nobody', async () => {
    const w = world({ logLevel: 'silent' });
    const full = w.graph.channel<object>('full', { capacity: 1 });
    const sender = full.sender();
    await sender.send({});
    const deaf = w.graph.spawn(
      'deaf',
      defineActor({ inputs: { mailbox: input<object>({ capacity: 1 }) }, on: { mailbox() {} } }),
    );
    let turns = 0;
    const spreading = defineActor({
      inputs: { mailbox: input<{ readonly reply: ReplyPort<number> }>({ capacity: 1 }) },
      outputs: { full: output<object>() },
      on: {
        mailbox(message, { outputs, to, reject }) {
          turns += 1;
          if (turns === 2) return reject('not today');
          outputs.full.send(message);
          to(deaf).cast(message);
        },
      },
    });
    const ref = w.graph.spawn('spreading', spreading, { full });
    const reader = full[Symbol.asyncIterator]();
    w.graph.start();
    const call = watch(ref.call((reply) => ({ reply }), { timeoutMs }));
    await w.sim.settle();
    ref.kill(); // its turn waits for room
    await w.sim.settle();
    expect([turns, call.code]).toEqual([2, 'ERR_CALL_DEAD_LETTER']);
    await reader.return?.();
    await stopCleanly(w);
  });

  test('only the first reply counts', async () => {
    const w = world();
    const ref = w.graph.spawn('server', server);
    w.graph.start();
    expect(await ref.call((reply) => ({ kind: 'twice', reply }), { timeoutMs })).toBe(1);
    expect(w.graph.snapshot().calls).toMatchObject({ answered: 1, late: 1 });
    await stopCleanly(w);
  });

  test.each([
    ['what is no port', (ctx: { reply(port: never, value: never): void }) => ctx.reply({} as never, 1 as never)],
    [
      'a promise',
      (ctx: { reply(port: never, value: never): void }, port: unknown) =>
        ctx.reply(port as never, Promise.resolve(1) as never),
    ],
  ])('%s fails the turn', async (_what, wrong) => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const clumsy = defineActor({
      inputs: { mailbox: input<ReplyPort<number>>({ capacity: 1 }) },
      on: { mailbox: (port, ctx) => wrong(ctx as never, port) },
    });
    const ref = w.graph.spawn('clumsy', clumsy);
    w.graph.start();
    const error = await failure(
      w,
      ref.call((reply) => reply, { timeoutMs }),
    );
    expect(error).toMatchObject({ code: 'ERR_CALL_DEAD_LETTER', cause: { code: 'ERR_INVALID_OPTION' } });
    await stopCleanly(w);
  });

  test('the reply of a batch reaches each of its callers', async () => {
    const w = world();
    const batcher = defineActor({
      inputs: {
        mailbox: input<{ readonly id: number; readonly reply: ReplyPort<number> }>({ capacity: 8, batch: { size: 4 } }),
      },
      on: {
        mailbox(batch, { reply }) {
          for (const { id, reply: port } of batch) if (id !== 2) reply(port, id * 10);
        },
      },
    });
    const ref = w.graph.spawn('batcher', batcher);
    const calls = [0, 1, 2, 3, 4].map((id) => watch(ref.call((reply) => ({ id, reply }), { timeoutMs })));
    w.graph.start();
    await w.sim.settle();
    expect(calls.map(({ value, code }) => value ?? code)).toEqual([0, 10, 'ERR_NO_REPLY', 30, 40]);
    await stopCleanly(w);
  });
});

describe('ctx.call', () => {
  interface Ask {
    readonly of: ActorRef<ToServer>;
    readonly amount: number;
  }
  const asker = defineActor({
    inputs: { mailbox: input<Ask>({ capacity: 4 }) },
    state: () => ({ answers: [] as unknown[] }),
    on: {
      async mailbox({ of, amount }, { call, state, effect }) {
        await effect('first', () => undefined);
        try {
          const sum = await call(of, (reply) => ({ kind: 'add', amount, reply }), { timeoutMs: 100 });
          state.answers.push(sum);
        } catch (error) {
          state.answers.push((error as HoldfastError).code);
        }
      },
    },
  });

  test('gives the reply inside the turn', async () => {
    const w = world({}, { foreignWaits: 'forbid' });
    const of = w.graph.spawn('server', server);
    const ref = w.graph.spawn('asker', asker);
    w.graph.start();
    for (const amount of [1, 2, 3]) await ref.cast({ of, amount });
    await w.sim.settle();
    expect(actorOf(w.graph, 'asker').state).toEqual({ answers: [1, 3, 6] });
    await stopCleanly(w);
  });

  test('a callee that is gone, or does not reply in time, is an error of the turn, with both ends', async () => {
    const w = world();
    const slow = defineActor({
      inputs: { mailbox: input<ToServer>({ capacity: 2 }) },
      on: { mailbox: () => new Promise<void>(() => undefined) },
    });
    const of = w.graph.spawn('slow', slow);
    const errors: HoldfastError[] = [];
    const caller = defineActor({
      inputs: { mailbox: input<ActorRef<ToServer>>({ capacity: 1 }) },
      on: {
        async mailbox(ref, { call }) {
          await call(ref, (reply) => ({ kind: 'add', amount: 1, reply }), { timeoutMs: 20 }).catch(
            (error: HoldfastError) => {
              errors.push(error);
            },
          );
        },
      },
    });
    const ref = w.graph.spawn('caller', caller);
    w.graph.start();
    await ref.cast(of);
    await w.sim.advance(20);
    expect(errors[0]?.message).toBe(
      'actor "slow" did not reply to "caller" within 20 ms (mailbox 1/2): raise timeoutMs, or send it less',
    );
    of.kill();
    await w.sim.runUntil(Promise.resolve());
    w.graph.requestShutdown();
    await w.sim.runUntil(w.graph.stopped({ timeoutMs: 0 }).catch(() => undefined));
  });

  test('a turn that is tried again calls again, with the same key', async () => {
    const w = world();
    const keys: unknown[] = [];
    const keyed = defineActor({
      inputs: { mailbox: input<ReplyPort<number>>({ capacity: 1 }) },
      on: {
        mailbox(port, { reply }) {
          keys.push(port.key);
          reply(port, keys.length);
        },
      },
    });
    const to = w.graph.spawn('keyed', keyed);
    const caller = defineActor({
      inputs: { mailbox: input<string>({ capacity: 1 }) },
      on: {
        async mailbox(_go, { call, attempt, messageId }) {
          await call(to, (reply) => reply, { timeoutMs });
          if (attempt < 3) throw new Error(`planned ${messageId}`);
        },
      },
    });
    const ref = w.graph.spawn('caller', caller);
    w.graph.start();
    await ref.cast('go');
    await w.sim.advance(1_000);
    expect(keys).toHaveLength(3);
    expect(new Set(keys)).toEqual(new Set([expect.stringContaining('caller.mailbox/0')]));
    await stopCleanly(w);
  });

  test('would overtake what the turn has cast to the same actor', async () => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const of = w.graph.spawn('server', server);
    const hasty = defineActor({
      inputs: { mailbox: input<boolean>({ capacity: 1 }) },
      outputs: { server: output<ToServer>() },
      on: {
        async mailbox(wired, { to, call, outputs }) {
          if (wired) outputs.server.send({ kind: 'release', value: 'a' });
          else to(of).cast({ kind: 'release', value: 'a' });
          await call(of, (reply) => ({ kind: 'add', amount: 1, reply }), { timeoutMs });
        },
      },
    });
    const ref = w.graph.spawn('hasty', hasty, { server: of });
    w.graph.start();
    for (const wired of [true, false]) {
      await ref.cast(wired);
      await w.sim.settle();
    }
    expect(w.graph.deadLetters.list().map(({ error }) => error?.code)).toEqual(Array(2).fill('ERR_CALL_OVERTAKES'));
    await stopCleanly(w);
  });

  test('is given up with its turn', async () => {
    const w = world();
    const of = w.graph.spawn('server', server);
    const caller = defineActor({
      inputs: { mailbox: input<string>({ capacity: 1 }) },
      on: {
        async mailbox(_go, { call, attempt }) {
          if (attempt === 1) await call(of, (reply) => ({ kind: 'defer', reply }), { timeoutMs: 1_000_000 });
        },
      },
    });
    const ref = w.graph.spawn('caller', caller, {}, { turnTimeoutMs: 50 });
    w.graph.start();
    await ref.cast('go');
    await w.sim.advance(50);
    expect(w.graph.snapshot().calls).toMatchObject({ open: 0, failed: 1 });
    await of.cast({ kind: 'release', value: 'late' });
    await w.sim.settle();
    expect(w.graph.snapshot().calls.late).toBe(1);
    await stopCleanly(w);
  });

  test('says what its turn awaits', async () => {
    const w = world();
    const of = w.graph.spawn('server', server);
    const caller = defineActor({
      inputs: { mailbox: input<string>({ capacity: 1 }) },
      on: {
        async mailbox(_go, { call }) {
          await call(of, (reply) => ({ kind: 'defer', reply }), { timeoutMs: 1_000_000 });
        },
      },
    });
    const ref = w.graph.spawn('caller', caller);
    w.graph.start();
    await ref.cast('go');
    await w.sim.settle();
    expect(w.graph.backstage.cells.get('caller')?.heldBy()).toBe('a turn that awaits a reply of actor "server"');
    of.input('mailbox').close();
    await w.sim.settle();
    await stopCleanly(w);
  });
});

describe('calls in a circle', () => {
  type Hop = { readonly way: readonly ActorRef<Hop>[]; readonly reply: ReplyPort<string> };
  const hopper = defineActor({
    inputs: { mailbox: input<Hop>({ capacity: 2 }) },
    on: {
      async mailbox({ way: [next, ...way], reply: port }, { call, reply, name }) {
        if (next === undefined) return reply(port, name);
        const answer = await call(next, (nextReply) => ({ way, reply: nextReply }), { timeoutMs: 60_000 }).catch(
          (error: HoldfastError) => error.message.split('. ')[0] ?? '',
        );
        reply(port, answer);
      },
    },
  });

  test.each([1, 2, 3])('of %i actors end at once, with the path', async (count) => {
    const w = world();
    const all = Array.from({ length: count }, (_, index) => w.graph.spawn(`hopper ${index}`, hopper));
    w.graph.start();
    const first = all[0] as ActorRef<Hop>;
    const way = [...all.slice(1), first];
    const answer = watch(first.call((reply) => ({ way, reply }), { timeoutMs: 60_000 }));
    await w.sim.settle();
    const names = [all.at(-1), ...all].map((ref) => `"${ref?.name}"`).join(' → ');
    expect(answer.value).toBe(`a call closes a cycle of actors that wait for each other: ${names}`);
    expect(w.sim.clock.nowMs()).toBe(0);
    await stopCleanly(w);
  });

  test('a way without a circle is none', async () => {
    const w = world();
    const all = [0, 1, 2].map((index) => w.graph.spawn(`hopper ${index}`, hopper));
    w.graph.start();
    const first = all[0] as ActorRef<Hop>;
    const way = all.slice(1);
    expect(await first.call((reply) => ({ way, reply }), { timeoutMs })).toBe('hopper 2');
    await stopCleanly(w);
  });

  type Push = { readonly kind: 'push'; readonly to: ActorRef<Push>; readonly count: number };
  type Busy =
    | Push
    | { readonly kind: 'ask'; readonly of: ActorRef<Busy> }
    | { readonly kind: 'asked'; readonly reply: ReplyPort<string> };

  function busy(codes: unknown[], gate: Promise<void> = Promise.resolve()) {
    return defineActor({
      inputs: { mailbox: input<Busy>({ capacity: 2 }) },
      on: {
        async mailbox(message, ctx) {
          if (message.kind === 'push') {
            for (let index = 0; index < message.count; index += 1) {
              ctx.to(message.to as ActorRef<Busy>).cast({ kind: 'push', to: ctx.self, count: 0 });
            }
          } else if (message.kind === 'asked') ctx.reply(message.reply, 'answer');
          else {
            await ctx.effect('gate', () => gate);
            codes.push(
              await ctx
                .call(message.of, (reply) => ({ kind: 'asked', reply }), { timeoutMs: 60_000 })
                .catch((error: HoldfastError) => (error.code === 'ERR_CALL_CYCLE' ? error.details : error)),
            );
          }
        },
      },
    });
  }

  test.each(['before', 'after'])('a callee that came to wait for room at the caller %s the call', async (when) => {
    const w = world();
    const codes: unknown[] = [];
    let open = (): void => undefined;
    const gate = when === 'before' ? new Promise<void>((resolve) => (open = resolve)) : Promise.resolve();
    const a = w.graph.spawn('a', busy(codes, gate));
    const b = w.graph.spawn('b', busy(codes));
    w.graph.start();
    // a is in the middle of a turn that asks b; its mailbox is full, and b has two more for it.
    if (when === 'before') {
      await a.cast({ kind: 'ask', of: b });
      await w.sim.settle();
      await b.cast({ kind: 'push', to: a, count: 2 });
      await w.sim.settle();
      expect(actorOf(w.graph, 'b').phase).toBe('committing');
      open();
    } else {
      await b.cast({ kind: 'push', to: a, count: 2 });
      await b.cast({ kind: 'push', to: a, count: 1 });
      await a.cast({ kind: 'ask', of: b });
    }
    await w.sim.settle();
    expect(codes).toHaveLength(1);
    expect(w.sim.clock.nowMs()).toBe(0);
    await w.sim.settle();
    expect(channelOf(w.graph, 'a.mailbox').inFlight).toBe(0);
    await stopCleanly(w);
  });
});

describe('ctx.request', () => {
  interface Ask {
    readonly of: ActorRef<ToServer>;
    readonly kinds: readonly ('add' | 'ignore' | 'crash' | 'defer')[];
  }
  const requester = defineActor({
    inputs: { mailbox: input<Ask>({ capacity: 4 }), replies: input<Reply<number | string, number>>({ capacity: 2 }) },
    state: () => ({ answers: [] as unknown[] }),
    on: {
      mailbox({ of, kinds }, { request, attempt }) {
        kinds.forEach((kind, tag) => {
          if (kind === 'defer') request(of, (reply) => ({ kind, reply }), { replyTo: 'replies', timeoutMs, tag });
          else request(of, (reply) => ({ kind, amount: 1, reply }), { replyTo: 'replies', timeoutMs, tag });
        });
        if (attempt < 2) throw new Error('planned');
      },
      replies(answer, { state }) {
        state.answers.push(answer.ok ? [answer.tag, answer.value] : [answer.tag, (answer.error as HoldfastError).code]);
      },
    },
  });

  test('is staged, and its answer is a message', async () => {
    const w = world();
    const of = w.graph.spawn('server', server, {}, { showstopperAfter: 1 });
    const ref = w.graph.spawn('requester', requester);
    w.graph.start();
    await ref.cast({ of, kinds: ['add', 'ignore'] });
    await ref.cast({ of, kinds: ['crash', 'add'] });
    await w.sim.settle();
    expect(actorOf(w.graph, 'requester').state).toEqual({
      answers: [
        [0, 1],
        [1, 'ERR_NO_REPLY'],
        [0, 'ERR_CALL_DEAD_LETTER'],
        [1, 2],
      ],
    });
    // Nothing of the attempts that failed was sent.
    expect(channelOf(w.graph, 'server.mailbox').sent).toBe(4);
    expect(w.graph.snapshot().calls).toEqual({ open: 0, answered: 2, failed: 2, late: 0 });
    await stopCleanly(w);
  });

  test('a timeout and a callee that is gone are answers too', async () => {
    const w = world();
    const of = w.graph.spawn('server', server, {}, { restart: 'temporary' });
    const ref = w.graph.spawn('requester', requester);
    w.graph.start();
    await ref.cast({ of, kinds: ['defer'] });
    await w.sim.advance(timeoutMs);
    expect(actorOf(w.graph, 'requester').state).toEqual({ answers: [[0, 'ERR_CALL_TIMEOUT']] });
    await ref.cast({ of, kinds: ['crash', 'add'] });
    await w.sim.settle();
    await ref.cast({ of, kinds: ['add'] });
    await w.sim.settle();
    expect(actorOf(w.graph, 'requester').state).toEqual({
      answers: [
        [0, 'ERR_CALL_TIMEOUT'],
        [0, 'ERR_ACTOR_GONE'],
        [1, 'ERR_ACTOR_GONE'],
        [0, 'ERR_ACTOR_GONE'],
      ],
    });
    expect(w.sim.clock.pending).toBe(0);
    await stopCleanly(w);
  });

  test('answers wait for room, and nobody waits with them', async () => {
    const w = world();
    const of = w.graph.spawn('server', server);
    let open = (): void => undefined;
    const slow = defineActor({
      inputs: { mailbox: input<number>({ capacity: 4 }), replies: input<Reply<number>>({ capacity: 1 }) },
      state: () => ({ answers: [] as unknown[] }),
      on: {
        async mailbox(count, { request, effect }) {
          if (count > 0) request(of, (reply) => ({ kind: 'add', amount: 1, reply }), { replyTo: 'replies', timeoutMs });
          else await effect('gate', () => new Promise<void>((resolve) => (open = resolve)));
        },
        replies(answer, { state }) {
          state.answers.push(answer.ok && answer.value);
        },
      },
    });
    const ref = w.graph.spawn('slow', slow);
    for (const count of [1, 1, 1, 0]) await ref.cast(count);
    w.graph.start();
    await w.sim.settle();
    expect(actorOf(w.graph, 'server')).toMatchObject({ phase: 'idle', state: { sum: 3 } });
    open();
    await w.sim.settle();
    expect(actorOf(w.graph, 'slow').state).toEqual({ answers: [1, 2, 3] });
    await stopCleanly(w);
  });

  test('an open request keeps its input open, so that a stop waits for the answer', async () => {
    const w = world();
    const of = w.graph.spawn('server', server);
    const ref = w.graph.spawn('requester', requester);
    w.graph.start();
    await ref.cast({ of, kinds: ['defer'] });
    await w.sim.settle();
    w.graph.requestShutdown();
    await w.sim.runUntil(w.graph.stopped());
    expect(actorOf(w.graph, 'requester').state).toEqual({ answers: [[0, 'ERR_ACTOR_GONE']] });
    w.graph.checkConservation();
  });

  test('an answer to an actor that is gone is a dead letter', async () => {
    const w = world();
    const of = w.graph.spawn('server', server);
    const leaver = defineActor({
      inputs: { mailbox: input<string>({ capacity: 1 }), replies: input<Reply<string>>({ capacity: 1 }) },
      on: {
        mailbox(_go, { request, exit }) {
          request(of, (reply) => ({ kind: 'defer', reply }), { replyTo: 'replies', timeoutMs });
          exit();
        },
        replies() {},
      },
    });
    const ref = w.graph.spawn('leaver', leaver, {}, { restart: 'temporary' });
    w.graph.start();
    await ref.cast('go');
    await w.sim.settle();
    await of.cast({ kind: 'release', value: 'too late' });
    await w.sim.settle();
    expect(w.graph.deadLetters.list()).toMatchObject([
      { channel: 'leaver.replies', reason: 'no-consumer', payload: { ok: true, value: 'too late' } },
    ]);
    await stopCleanly(w);
  });

  test.each(['nowhere', 'mailbox '])('an input that is not there fails the turn: %s', async (replyTo) => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const of = w.graph.spawn('server', server);
    const wrong = defineActor({
      inputs: { mailbox: input<string>({ capacity: 1 }) },
      on: {
        mailbox(_go, { request }) {
          request(of, (reply) => ({ kind: 'defer', reply }), { replyTo: replyTo as never, timeoutMs });
        },
      },
    });
    const ref = w.graph.spawn('wrong', wrong);
    w.graph.start();
    await ref.cast('go');
    await w.sim.settle();
    expect(w.graph.deadLetters.list()).toMatchObject([{ error: { code: 'ERR_INVALID_OPTION' } }]);
    await stopCleanly(w);
  });
});
