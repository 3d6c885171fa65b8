// Runs one scenario of the leak test on the built library, in a process of its own with --expose-gc. Prints one line of
// JSON: the heap after a collection at 10 % and at 100 % of the work, and what is left when the graph has stopped.
import process from 'node:process';
import { args, defineActor, Graph, input, output, table } from '../../dist/src/index.js';

const [scenario, units] = [process.argv[2], Number(process.argv[3])];
const ignore = () => undefined;
const silent = {
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  fatal: ignore,
  child: () => silent,
};

let done = 0;
const heap = {};

function collected() {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** Counts one unit of work. */
function unit() {
  done += 1;
  if (done === units / 10) heap.early = collected();
  if (done === units) heap.late = collected();
}

const graph = new Graph({
  name: 'leak',
  log: silent,
  deadLetters: { capacity: 100, whenFull: 'evict' },
  actorDefaults: { maxRestarts: Infinity, retryBackoff: { minMs: 0, maxMs: 0 } },
});

const source = defineActor({
  outputs: { out: output() },
  args: args(),
  state: () => ({ sent: 0 }),
  source: ({ outputs, state, args: count }) => {
    outputs.out.send({ id: state.sent });
    state.sent += 1;
    return state.sent < count ? 'more' : 'done';
  },
});
/** Passes everything on, in each of the styles. */
const pass = {
  handler: defineActor({
    inputs: { in: input() },
    outputs: { out: output() },
    state: () => ({ passed: 0 }),
    on: {
      in: (message, { outputs, state }) => {
        outputs.out.send(message);
        state.passed += 1;
      },
    },
  }),
  async: defineActor({
    inputs: { in: input() },
    outputs: { out: output() },
    on: {
      in: async (message, { outputs, effect, signal }) => {
        await effect('nothing', () => signal.aborted);
        outputs.out.send(message);
      },
    },
  }),
  loop: defineActor({
    inputs: { in: input() },
    outputs: { out: output() },
    state: () => ({ passed: 0 }),
    run: async ({ inputs, outputs, state, running, next, tryNext, any, all, after, every, until }) => {
      while (running()) {
        const ready = any(all(inputs.in.avail(), outputs.out.vacant()), after(60_000), every(3_600_000), until(ended));
        void (tryNext(ready) ?? (await next(ready)));
        const message = inputs.in.take();
        if (message === undefined) continue;
        outputs.out.send(message);
        state.passed += 1;
      }
    },
  }),
};
/** Never settles while the graph runs. */
const ended = new Promise(ignore);

/** Fails once for each message, in the way that `fail` says. */
function failing(style, fail) {
  const counts = { inputs: { in: input() }, state: () => ({ taken: 0 }) };
  if (style === 'handler') {
    return defineActor({
      ...counts,
      on: {
        in: (message, ctx) => {
          if (ctx.regeneration === message.id) fail(ctx);
          ctx.state.taken += 1;
          unit();
        },
      },
    });
  }
  return defineActor({
    ...counts,
    run: async (ctx) => {
      const { inputs, state, running, next, any, after, every, until } = ctx;
      while (running()) {
        await next(any(inputs.in.avail(), after(60_000), every(3_600_000), until(ended)));
        const message = inputs.in.take();
        if (message === undefined) continue;
        ctx.signal.addEventListener('abort', ignore);
        if (ctx.regeneration === message.id) fail(ctx);
        // A kill comes from the ready queue, so the turn must still be open then.
        if (ctx.regeneration === message.id) await new Promise(ignore);
        state.taken += 1;
        unit();
      }
    },
  });
}

const counter = defineActor({ inputs: { in: input() }, on: { in: () => unit() } });

const scenarios = {
  handler: () => pipeline('handler'),
  async: () => pipeline('async'),
  loop: () => pipeline('loop'),
  'handler restarts': () => restarts('handler', crash),
  'loop restarts': () => restarts('loop', crash),
  'kills of a loop': () => restarts('loop', () => handle.kill()),
  'roll backs': () => restarts('loop', (ctx) => ctx.rollback()),
  'restarts with a table': () => {
    const keeper = defineActor({
      inputs: { in: input() },
      tables: { totals: table({ initial: () => Array.from({ length: 1_000 }, (_, key) => [key, { count: 0 }]) }) },
      on: {
        in: (message, { tables: { totals }, regeneration }) => {
          const key = message.id % 1_000;
          totals.set(key, { count: totals.get(key).count + 1 });
          for (let n = 0; n < 10; n += 1) totals.set(`${message.id} ${n}`, { count: n });
          [...totals.keys()].slice(0, 3);
          if (regeneration === message.id) {
            if (message.id % 2 === 0) totals.clear();
            throw crashed;
          }
          for (let n = 0; n < 10; n += 1) totals.delete(`${message.id} ${n}`);
          unit();
        },
      },
    });
    graph.actor('keeper', keeper, { in: feed(8) }, { showstopperAfter: Infinity });
  },
  // A window of a thousand keys that moves on: no entry, and no memory of one, may stay behind.
  'entries that come and go': () => {
    const window = defineActor({
      inputs: { in: input() },
      tables: { recent: table({ entriesMax: 1_000 }) },
      on: {
        in: (message, { tables: { recent } }) => {
          if (recent.size === 1_000) recent.delete(`key ${message.id - 1_000}`);
          recent.set(`key ${message.id}`, message);
          unit();
        },
      },
    });
    graph.actor('window', window, { in: feed(64) });
  },
  rejections: () => {
    const channel = feed(64);
    const refuser = defineActor({
      inputs: { in: input() },
      on: {
        in: (_message, { reject }) => {
          reject('no');
          unit();
        },
      },
    });
    graph.actor('refuser', refuser, { in: channel });
  },
  // Each fails as the last of a batch: it is taken out from behind the others, which move up.
  'showstoppers behind others': () => {
    const channel = feed(64, units * 6); // unfailing batches take four, the others lose one
    const batcher = defineActor({
      inputs: { in: input() },
      run: async ({ inputs, running, next }) => {
        while (running()) {
          await next(inputs.in.avail(4));
          unit();
          const batch = inputs.in.takeMany(4);
          if (batch.length > 1 && batch.at(-1).id % 3 === 0) throw crashed;
        }
      },
    });
    graph.actor('batcher', batcher, { in: channel }, { showstopperAfter: 1 });
  },
  'outside sends': () => {
    const channel = graph.channel('channel', { capacity: 2, maxWaiting: 16 });
    graph.actor('counter', defineActor({ inputs: { in: input() }, on: { in: ignore } }), { in: channel });
    void sendAll(channel);
  },
};

const crashed = new Error('planned'); // one for all: stacks are not what is measured
let handle;

function crash() {
  throw crashed;
}

function feed(capacity, messages = units) {
  const channel = graph.channel('channel', { capacity });
  graph.actor('source', source, { out: channel }, { args: messages });
  return channel;
}

function pipeline(style) {
  const passed = graph.channel('passed', { capacity: 64 });
  graph.actor('pass', pass[style], { in: feed(64), out: passed });
  graph.actor('counter', counter, { in: passed });
}

function restarts(style, fail) {
  handle = graph.actor('failing', failing(style, fail), { in: feed(8) }, { showstopperAfter: Infinity });
}

/** Every third send is given up while it waits. */
async function sendAll(channel) {
  for (let sent = 0; sent < units; sent += 1) {
    const control = new AbortController();
    const given = channel.send({ id: sent }, { signal: control.signal }).catch(ignore);
    const others = [channel.send({ id: -sent }), channel.send({ id: 0.5 })];
    control.abort();
    await Promise.all([given, ...others]);
    unit();
  }
  channel.close();
}

const before = listeners();
const run = scenarios[scenario];
if (run === undefined) throw new Error(`no scenario ${scenario}`);
run();
graph.start();
await graph.stopped();
// The end of an epoch may still be under way.
for (let rounds = 0; rounds < 3; rounds += 1) await new Promise((resolve) => setImmediate(resolve));
const restartsMade = Math.max(...graph.snapshot().actors.map(({ restarts }) => restarts));
const left = [...resources(), ...listeners().filter((name) => !before.includes(name))];
process.stdout.write(JSON.stringify({ done, heap, restarts: restartsMade, left }));

/** What keeps the process alive or will call back. The pipes to the parent, and what module loading leaves, are not ours. */
function resources() {
  return process.getActiveResourcesInfo().filter((name) => !/Wrap$|^CloseReq$|^FSReq/.test(name));
}

function listeners() {
  return process.eventNames().map((name) => `${String(name)} × ${process.listenerCount(name)}`);
}
