/**
 * Small programs with what they promise. They stand every run of `explore`, and fail as soon as Holdfast breaks a promise of its
 * own: see mutations.ts. Each is what a user might write, and none knows of the mistake it is to find.
 */
import { type Channel, defineActor, Graph, HoldfastError, input, inputBundle, output } from 'holdfast';
import type { Build, ExploreOptions } from 'holdfast/testing';

/** A program, and how it is explored. */
export interface Scenario {
  readonly build: Build;
  readonly options: ExploreOptions;
}

/** Sends the numbers from `first` on, one in a turn, and closes. */
function numbers(first: number, count: number) {
  return defineActor({
    outputs: { out: output<number>() },
    state: () => ({ sent: 0 }),
    source({ outputs, state }) {
      outputs.out.send(first + state.sent);
      state.sent += 1;
      return state.sent < count ? 'more' : 'done';
    },
  });
}

function collect<T>(graph: Graph, channel: Channel<T>): T[] {
  const collected: T[] = [];
  graph.sink(`collect ${channel.name}`, channel, (message) => void collected.push(message));
  return collected;
}

function differs(what: string, expected: unknown, found: unknown): string[] {
  const [left, right] = [JSON.stringify(expected), JSON.stringify(found)];
  return left === right ? [] : [`${what}: expected ${left}, found ${right}`];
}

const upTo = (count: number, first = 0): number[] => Array.from({ length: count }, (_, index) => first + index);

/** Two streams are joined in pairs, in order: nothing is lost, nothing comes twice. */
const pairs: Build = ({ ports, log }) => {
  const COUNT = 10;
  const graph = new Graph({ name: 'pairs', ports, log });
  const left = graph.channel<number>('left', { capacity: 2 });
  const right = graph.channel<number>('right', { capacity: 3 });
  const joined = graph.channel<string>('joined', { capacity: 1 });
  const join = defineActor({
    inputs: { left: input<number>(), right: input<number>() },
    outputs: { joined: output<string>() },
    state: () => ({ pairs: 0 }),
    async run({ inputs, outputs, state, running, next, all }) {
      while (running()) {
        await next(all(inputs.left.avail(), inputs.right.avail()));
        const [one, other] = [inputs.left.take(), inputs.right.take()];
        if (one === undefined || other === undefined) continue;
        state.pairs += 1;
        outputs.joined.send(`${state.pairs}: ${one} ${other}`);
      }
    },
  });
  graph.actor('left', numbers(0, COUNT), { out: left });
  graph.actor('right', numbers(100, COUNT), { out: right });
  graph.actor('join', join, { left, right, joined });
  const found = collect(graph, joined);
  const expected = upTo(COUNT).map((number) => `${number + 1}: ${number} ${number + 100}`);
  return { graph, verify: () => differs('pairs', expected, found) };
};

/** Several send into one channel, which holds one message: all of them come to their end, and all that they send arrives. */
const crowd: Build = ({ ports, log }) => {
  const COUNT = 5;
  const graph = new Graph({ name: 'crowd', ports, log });
  const door = graph.channel<number>('door', { capacity: 1 });
  for (const first of [0, 100, 200]) graph.actor(`from ${first}`, numbers(first, COUNT), { out: door });
  const found = collect(graph, door);
  const expected = [0, 100, 200].flatMap((first) => upTo(COUNT, first));
  return {
    graph,
    verify: () =>
      differs(
        'arrived',
        expected,
        found.toSorted((a, b) => a - b),
      ),
  };
};

/** An actor that fails more often than it may within a period ends its graph, and never one that fails less often. */
const limit: Build = ({ ports, log, sim }) => {
  const maxRestarts = 2;
  const periodMs = 500;
  const graph = new Graph({ name: 'limit', ports, log });
  const work = defineActor({
    state: () => ({ turns: 0 }),
    async source({ state, effect }) {
      await effect('work', () => sim.clock.sleep(40));
      state.turns += 1;
      return state.turns < 40 ? 'more' : 'done';
    },
  });
  graph.actor('work', work, {}, { maxRestarts, periodMs });
  const wrong: string[] = [];
  let failures: number[] = [];
  const isBeyond = (): boolean => failures.length > maxRestarts;
  graph.subscribe((event) => {
    if (event.kind === 'failed') {
      const nowMs = sim.clock.nowMs();
      failures = [...failures, nowMs].filter((atMs) => atMs >= nowMs - periodMs);
    } else if (event.kind === 'restarting' && isBeyond()) {
      wrong.push(`restarted after ${failures.length} failures in ${periodMs} ms, at ${failures.join(', ')}`);
    }
  });
  const drive = async (): Promise<void> => {
    graph.start();
    const stopped = graph.stopped().catch((error: unknown) => {
      if (!(error instanceof HoldfastError) || error.code !== 'ERR_RESTART_LIMIT') throw error;
      if (!isBeyond()) wrong.push(`given up after failures at ${failures.join(', ')}`);
    });
    await sim.runUntil(stopped);
  };
  return { graph, drive, verify: () => wrong };
};

/** A beat every 10 ms: whatever fails and however late it is, the beats that were counted are those that were due. */
const metronome: Build = ({ ports, log }) => {
  const PERIOD_MS = 10;
  const BEATS = 20;
  const graph = new Graph({ name: 'metronome', ports, log });
  const beats = graph.channel<{ readonly beats: number; readonly elapsedMs: number }>('beats', { capacity: 1 });
  const count = defineActor({
    outputs: { beats: output<{ readonly beats: number; readonly elapsedMs: number }>() },
    state: () => ({ beats: 0, startMs: -1 }),
    async run({ outputs, state, running, next, every, nowMs }) {
      const beat = every(PERIOD_MS);
      if (state.startMs < 0) state.startMs = nowMs();
      while (running() && state.beats < BEATS) {
        await next(beat);
        const elapsedMs = nowMs() - state.startMs;
        state.beats += 1 + beat.missed;
        outputs.beats.send({ beats: state.beats, elapsedMs });
      }
    },
  });
  graph.actor('count', count, { beats }, { restart: 'transient' });
  const found = collect(graph, beats);
  const verify = (): string[] =>
    found.flatMap(({ beats: counted, elapsedMs }) =>
      differs(`beats after ${elapsedMs} ms`, Math.floor(elapsedMs / PERIOD_MS), counted),
    );
  return { graph, verify };
};

/** Each payment ends in one place: among the receipts, the refusals, or the dead letters. */
const payments: Build = ({ ports, log, sim }) => {
  const COUNT = 8;
  const FORGED = 5;
  const graph = new Graph({ name: 'payments', ports, log });
  const open = graph.channel<number>('payments', { capacity: 2 });
  const receipts = graph.channel<number>('receipts', { capacity: 1 });
  const refusals = graph.channel<number>('refusals', { capacity: 1 });
  const teller = defineActor({
    inputs: { payments: input<number>() },
    outputs: { receipts: output<number>(), refusals: output<number>() },
    on: {
      async payments(payment, { outputs, effect }) {
        if (payment === FORGED) throw new Error('a forged payment');
        try {
          await effect('charge', () => sim.clock.sleep(5));
        } catch {
          outputs.refusals.send(payment);
          return;
        }
        outputs.receipts.send(payment);
      },
    },
  });
  graph.feed('customers', upTo(COUNT), open);
  graph.actor('teller', teller, { payments: open, receipts, refusals }, { turnTimeoutMs: 100, showstopperAfter: 3 });
  const found = [collect(graph, receipts), collect(graph, refusals)];
  const verify = (): string[] => {
    const dead = graph.deadLetters.list().map(({ payload }) => payload as number);
    return [
      ...differs('dead letters', [FORGED], dead),
      ...differs(
        'receipts and refusals',
        upTo(COUNT).filter((payment) => payment !== FORGED),
        found.flat().sort(),
      ),
    ];
  };
  return { graph, verify };
};

/** Several lanes are served in turn: while one has a message, no other is served twice. */
const lanes: Build = ({ ports, log }) => {
  const LANES = 3;
  const graph = new Graph({ name: 'lanes', ports, log });
  const all = upTo(LANES).map((lane) => graph.channel<number>(`lane${lane}`, { capacity: 2 }));
  all.forEach((out, lane) => graph.actor(`from ${lane}`, numbers(100 * lane, 8), { out }));
  const serve = defineActor({
    inputs: { lanes: inputBundle<number>() },
    state: () => ({ passedOver: upTo(LANES).map(() => 0) }),
    async run({ inputs, state, running, next }) {
      while (running()) {
        const { lane } = await next(inputs.lanes.avail());
        if (lane < 0) continue;
        state.passedOver = state.passedOver.map((times, other) => {
          const waits = other !== lane && !inputs.lanes.lane(other).isEmpty();
          return waits ? times + 1 : 0;
        });
        inputs.lanes.lane(lane).take();
      }
    },
  });
  graph.actor('serve', serve, { lanes: all });
  const invariant = (): void => {
    const { passedOver } = graph.snapshot().actors.find(({ name }) => name === 'serve')?.state as {
      readonly passedOver: readonly number[];
    };
    passedOver.forEach((times, lane) => {
      if (times >= LANES) throw new Error(`lane ${lane} has a message, and was passed over ${times} times`);
    });
  };
  return { graph, invariant };
};

/** What a journal has read and not written when its input ends is written before it stops. */
const journal: Build = ({ ports, log }) => {
  const COUNT = 7;
  const graph = new Graph({ name: 'journal', ports, log });
  const entries = graph.channel<number>('entries', { capacity: 2 });
  const pages = graph.channel<readonly number[]>('pages', { capacity: 1 });
  const write = defineActor({
    inputs: { entries: input<number>() },
    outputs: { pages: output<readonly number[]>() },
    state: () => ({ unwritten: [] as number[] }),
    async run({ inputs, outputs, state, running, next, any, every }) {
      const { entries: open } = inputs;
      const flush = every(20);
      while (running({ written: () => state.unwritten.length === 0 })) {
        const { index } = await next(any(open.avail(), flush));
        if (index === 0) state.unwritten.push(...open.takeMany(1));
        else if (state.unwritten.length > 0) {
          outputs.pages.send(state.unwritten);
          state.unwritten = [];
        }
      }
    },
  });
  graph.actor('numbers', numbers(0, COUNT), { out: entries });
  graph.actor('write', write, { entries, pages });
  const found = collect(graph, pages);
  return { graph, verify: () => differs('written', upTo(COUNT), found.flat()) };
};

export const SCENARIOS = {
  pairs: { build: pairs, options: {} },
  crowd: { build: crowd, options: { kinds: ['crash', 'kill'], faultsPerRun: 4 } },
  limit: {
    build: limit,
    options: { kinds: ['crash', 'kill', 'slow', 'clockStep'], faultsPerRun: 8, restartLimits: true },
  },
  metronome: { build: metronome, options: {} },
  payments: { build: payments, options: {} },
  lanes: { build: lanes, options: { crashes: 'none' } },
  journal: { build: journal, options: {} },
} satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof SCENARIOS;
