/**
 * Graphs shaped like the lessons, small and with every style, and sequential code that says what must come out of
 * them. The sequential code shares nothing with the library.
 */
import { type Channel, type DeadLetter, defineActor, Graph, input, output } from 'holdfast';
import type { LoopContext } from 'holdfast';
import type { Explored, Simulation, World } from 'holdfast/testing';
import { expectedReceipts, moneyFault, teller, type Transfer, TRANSFERS } from './accounts-lesson.ts';
import { buildShops, shopFaults } from './breakers-lesson.ts';
import { buildDesk, deskFaults } from './desk-lesson.ts';
import { clerk, expectedOfForms, formChannels, FORMS, totaller } from './forms-lesson.ts';
import {
  expectedDead,
  expectedLedger,
  ledger,
  LEDGER_OPTIONS,
  NUMBERS as BATCHED_NUMBERS,
  sorter,
} from './batches-lesson.ts';
import { CLERK_SHOWSTOPPER, PAGES, shiftFaults, shiftWorker } from './hooks-lesson.ts';
import { buildForeman, foremanFaults, type ForemanState } from './owners-lesson.ts';
import { buildPool, poolFaults, type Written } from './pools-lesson.ts';
import {
  hub,
  HUB_SHOWSTOPPER,
  LANES,
  mergeFaults,
  type Merged,
  merger,
  type Order,
  ORDERS,
  splitter,
} from './lanes-lesson.ts';
import { buildKitchen, dishFaults, type WaiterState } from './fallbacks-lesson.ts';
import { buildCalls, callFaults } from './calls-lesson.ts';
import { desk, type Job, JOBS, letterFaults, mender, writeJob } from './letters-lesson.ts';
import { buildPorts, type Got, portFaults } from './ports-lesson.ts';
import { silent } from './silent.ts';
import { orderEach, reminder, reminderFaults, type Reminders } from './timers-lesson.ts';
import { buildWatches, type GuardState, watchFaults } from './watches-lesson.ts';

export const STYLES = ['next', 'tryNext', 'handler', 'async'] as const;
export type Style = (typeof STYLES)[number];
export const LESSONS = [
  'minimum',
  'standard',
  'robust',
  'ingest',
  'accounts',
  'desk',
  'lanes',
  'batches',
  'forms',
  'letters',
  'calls',
  'timers',
  'watches',
  'hooks',
  'breakers',
  'fallbacks',
  'owners',
  'ports',
  'pools',
] as const;
export type Lesson = (typeof LESSONS)[number];

export interface Setting {
  readonly lesson: Lesson;
  readonly style: Style;
  readonly capacity: number;
  readonly showstopperAfter: number;
}

const HAVE_FEW_LETTERS: readonly Lesson[] = ['robust', 'forms'];
const BEAT_MS = 10;
const BEATS = 11;
const NUMBERS = 14;
/** The generator fails at this number, the heartbeat at this beat, once. */
const FAILING_NUMBER = 4;
const FAILING_BEAT = 3;
/** The worker and the logger always fail at these. */
const WORKER_SHOWSTOPPERS = [6, 10];
const LOGGER_SHOWSTOPPER = 8;
const EXIT_AT = 9;

const LINES = ['b,2', 'a,1', 'broken', 'c,5', 'a,4', 'a,x', 'b,-1', 'c,5', 'a,0', ',', 'd,7', 'b,3', 'a,2', 'nothing'];

interface Word {
  readonly id: number;
  readonly text: string;
}

interface Entry {
  readonly key: string;
  readonly value: number;
}

// --- What must come out, sequentially -------------------------------------------------------------------------------

function fizzBuzz(id: number): string {
  if (id % 15 === 0) return 'FizzBuzz';
  if (id % 5 === 0) return 'Buzz';
  return id % 3 === 0 ? 'Fizz' : String(id);
}

/** What the logger must have: a word for each of the first `count` numbers, without the showstoppers. */
export function expectedWords(count: number, showstoppers: readonly number[]): string[] {
  const words: string[] = [];
  for (let id = 0; id < count; id += 1) if (!showstoppers.includes(id)) words.push(`${id}:${fizzBuzz(id)}`);
  return words;
}

function parse(line: string): Entry | undefined {
  const [key, value, ...rest] = line.split(',');
  if (key === undefined || key === '' || value === undefined || value === '' || rest.length > 0) return undefined;
  return Number.isFinite(Number(value)) ? { key, value: Number(value) } : undefined;
}

export function expectedTotals(): string[] {
  const totals: Record<string, number> = {};
  for (const line of LINES) {
    const entry = parse(line);
    if (entry !== undefined) totals[entry.key] = (totals[entry.key] ?? 0) + entry.value;
  }
  return Object.keys(totals)
    .sort()
    .map((key) => `${key}=${totals[key]}`);
}

// --- The graphs -----------------------------------------------------------------------------------------------------

/**
 * Builds a lesson in the world of a run.
 *
 * @param start - How it is started; as the main job of its process, for an attack on that.
 */
export const lesson =
  (setting: Setting, start: (graph: Graph) => unknown = (graph) => graph.start()) =>
  (world: World): Explored =>
    new LessonRun(setting, world, start);

class LessonRun implements Explored {
  readonly graph: Graph;
  readonly setting: Setting;
  readonly #sim: Simulation;
  readonly #start: (graph: Graph) => unknown;
  readonly #written: string[] = [];
  readonly #writtenJobs: Job[] = [];
  readonly #dead: unknown[] = [];
  readonly #crashPoint: (actor: string) => void;

  constructor(setting: Setting, { sim, ports, crashPoint }: World, start: (graph: Graph) => unknown) {
    this.setting = setting;
    this.#start = start;
    this.#sim = sim;
    this.#crashPoint = crashPoint;
    this.graph = new Graph({
      name: setting.lesson,
      log: silent,
      ports,
      // So few that the second showstopper of the robust lesson has to wait for the shutdown, and misfits for each other.
      deadLetters: { capacity: setting.capacity === 2 && HAVE_FEW_LETTERS.includes(setting.lesson) ? 1 : 100 },
      actorDefaults: { maxRestarts: Infinity, showstopperAfter: setting.showstopperAfter },
    });
    switch (setting.lesson) {
      case 'minimum':
        this.#heartbeat(undefined);
        break;
      case 'standard':
      case 'robust':
        this.#buildWords();
        break;
      case 'ingest':
        this.#buildIngest();
        break;
      case 'accounts':
        this.#buildAccounts();
        break;
      case 'desk':
        buildDesk(this.graph, setting, (actor) => this.#userCode(actor));
        break;
      case 'lanes':
        this.#buildLanes();
        break;
      case 'batches':
        this.#buildBatches();
        break;
      case 'forms':
        this.#buildForms();
        break;
      case 'hooks':
        this.#buildHooks();
        break;
      case 'owners':
        buildForeman(this.graph, setting.style, setting.capacity, (actor) => this.#userCode(actor));
        break;
      case 'ports':
        buildPorts(this.graph, setting.style, setting.capacity, (actor) => this.#userCode(actor));
        break;
      case 'pools':
        buildPool(this.graph, setting.style, setting.capacity, (actor) => this.#userCode(actor));
        break;
      case 'letters':
        this.#buildLetters();
        break;
      case 'calls':
        buildCalls(this.graph, setting, (actor) => this.#userCode(actor));
        break;
      case 'timers':
        this.#buildTimers();
        break;
      case 'watches':
        buildWatches(this.graph, setting.style, setting.capacity, (actor) => this.#userCode(actor));
        break;
      case 'breakers':
        buildShops(this.graph, setting.style, setting.capacity, (actor) => this.#userCode(actor));
        break;
      case 'fallbacks':
        buildKitchen(this.graph, setting.style, setting.capacity, (actor) => this.#userCode(actor));
        break;
    }
    this.graph.deadLetters.subscribe(({ payload }) => this.#dead.push(payload));
  }

  readonly invariant = (): void => {
    const fault = this.setting.lesson === 'accounts' ? moneyFault(this.graph) : undefined;
    if (fault !== undefined) throw new Error(fault);
  };

  readonly drive = async (): Promise<void> => {
    this.#start(this.graph);
    let error = await this.#runOn();
    // Full dead letters hold up their actors until somebody makes room. Here nobody does before all else has come to rest.
    while (error !== undefined && this.#makeRoom()) error = await this.#runOn();
    if (error !== undefined) throw error;
  };

  readonly verify = (): string[] => this.#compare();

  #runOn(): Promise<Error | undefined> {
    return this.#sim.runUntil(this.graph.stopped()).then(
      () => undefined,
      (error: Error) => error,
    );
  }

  #makeRoom(): boolean {
    const { deadLetters, status } = this.graph;
    return status === 'running' && deadLetters.discard(() => true) > 0;
  }

  #compare(): string[] {
    switch (this.setting.lesson) {
      case 'minimum':
        return differs('beats', BEATS, this.#state('heartbeat')['beats']);
      case 'standard':
        return this.#compareWords([]);
      case 'robust':
        return this.#compareWords([...WORKER_SHOWSTOPPERS, LOGGER_SHOWSTOPPER]);
      case 'ingest':
        return [
          ...differs('totals', expectedTotals(), this.#written),
          ...differs(
            'dead letters',
            LINES.filter((line) => parse(line) === undefined),
            this.#deadIds(),
          ),
        ];
      case 'accounts':
        return differs('receipts', expectedReceipts(), this.#written);
      case 'desk':
        return deskFaults(this.graph, this.#dead);
      case 'lanes':
        return [
          ...mergeFaults(this.#state('merge') as unknown as Merged),
          ...differs('dead letters', [String(HUB_SHOWSTOPPER)], this.#deadIds()),
        ];
      case 'batches':
        return [
          ...differs('ledger', expectedLedger(), this.#state('ledger')),
          ...differs('dead letters', expectedDead(), this.#deadIds().sort()),
        ];
      case 'letters':
        return letterFaults(this.#writtenJobs, this.graph.deadLetters.list());
      case 'calls':
        return [...callFaults(this.graph), ...differs('dead letters', [], this.#dead)];
      case 'timers':
        return reminderFaults(this.#state('desk') as unknown as Reminders, this.#sim.clock.nowMs());
      case 'watches':
        return watchFaults(this.graph, this.#state('guard') as unknown as GuardState);
      case 'ports':
        return [
          ...portFaults(this.#state('keeper') as unknown as Got, this.#state('sampler') as unknown as Got),
          ...differs('dead letters', [], this.#dead),
        ];
      case 'owners':
        return foremanFaults(this.#state('foreman') as unknown as ForemanState);
      case 'pools':
        return poolFaults(this.setting.style, this.#state('ledger') as unknown as Written);
      case 'hooks':
        return [
          ...shiftFaults(this.#written, this.#state('clerk')),
          ...differs('dead letters', [String(CLERK_SHOWSTOPPER)], this.#deadIds()),
        ];
      case 'breakers':
        return shopFaults(this.graph);
      case 'fallbacks':
        return dishFaults(this.#state('waiter') as unknown as WaiterState, this.#dead);
      case 'forms': {
        const { receipts, names, dead } = expectedOfForms();
        return [
          ...differs('receipts', receipts, this.#written),
          ...differs('names', names, this.#state('ledger')['names']),
          ...differs('dead letters', dead, this.#dead.map((payload) => JSON.stringify(payload)).sort()),
        ];
      }
    }
  }

  #compareWords(showstoppers: readonly number[]): string[] {
    // When the shutdown stops the generator is a matter of timing; that its numbers have no gap and no repetition is not.
    const count = Number(this.#state('generator')['next']);
    // A single crash leaves time for most of them; several may use up all the beats.
    if (count <= LOGGER_SHOWSTOPPER && this.setting.showstopperAfter <= 3) return [`only ${count} numbers`];
    const reached = showstoppers.filter((id) => id < count);
    const { channels } = this.graph.snapshot();
    return [
      ...differs('beats', BEATS, this.#state('heartbeat')['beats']),
      ...differs('beats at the worker', BEATS, this.#state('worker')['heartbeats']),
      ...differs('numbers sent', count, channels.find(({ name }) => name === 'numbers')?.sent),
      ...differs('words', expectedWords(count, showstoppers), this.#state('logger')['got']),
      ...differs('dead letters', reached.map(String).sort(), this.#deadIds().sort()),
    ];
  }

  #deadIds(): string[] {
    return this.#dead.map((payload) => {
      if (typeof payload === 'object') return String((payload as Word).id);
      return typeof payload === 'number' ? String(payload) : (payload as string);
    });
  }

  #state(actor: string): Record<string, unknown> {
    return (this.graph.snapshot().actors.find(({ name }) => name === actor)?.state ?? {}) as Record<string, unknown>;
  }

  #channel<T>(name: string): Channel<T> {
    return this.graph.channel<T>(name, { capacity: this.setting.capacity });
  }

  #userCode(actor: string): void {
    this.#crashPoint(actor);
  }

  get #isRobust(): boolean {
    return this.setting.lesson === 'robust';
  }

  // --- Heartbeat: of the lessons minimum, standard and robust -------------------------------------------------------

  #heartbeat(heartbeat: Channel<number> | undefined): void {
    const { style } = this.setting;
    const state = (): { beats: number } => ({ beats: 0 });
    const outputs = { heartbeat: output<number>() };
    const none = {};
    /** What a turn does; the outputs differ between the lessons, so the sending is handed in. */
    const beat = (
      ctx: { readonly state: { beats: number }; readonly regeneration: number; requestShutdown(): void },
      send: (beat: number) => void,
    ): boolean => {
      this.#userCode('heartbeat');
      send(ctx.state.beats);
      ctx.state.beats += 1;
      if (this.#isRobust && ctx.regeneration === 0 && ctx.state.beats === FAILING_BEAT) throw new Error('planned');
      if (ctx.state.beats === BEATS) ctx.requestShutdown();
      this.#userCode('heartbeat');
      return ctx.state.beats < BEATS;
    };
    const nobody = (): void => undefined;
    const loop = async (
      ctx: LoopContext<Record<never, never>, Record<never, never>, { beats: number }, undefined>,
      send: (beat: number) => void,
    ): Promise<void> => {
      const { running, next, tryNext, every, after, pause, effect } = ctx;
      while (running()) {
        const result = (style === 'tryNext' ? tryNext(every(BEAT_MS)) : undefined) ?? (await next(every(BEAT_MS)));
        if (result.kind === 'stopping') return;
        if (style === 'next') await pause(after(1));
        if (style === 'async') await effect('beat', () => Promise.resolve());
        if (!beat(ctx, send)) return;
      }
    };
    if (heartbeat !== undefined) {
      const definition = defineActor({
        outputs,
        state,
        run: (ctx) => loop(ctx, (id) => ctx.outputs.heartbeat.send(id)),
      });
      this.graph.actor('heartbeat', definition, { heartbeat });
      return;
    }
    const alone =
      style === 'handler'
        ? defineActor({ state, source: (ctx) => (beat(ctx, nobody) ? 'more' : 'done') })
        : defineActor({ outputs: none, state, run: (ctx) => loop(ctx, nobody) });
    this.graph.actor('heartbeat', alone, {});
  }

  // --- Standard and robust ------------------------------------------------------------------------------------------

  #buildWords(): void {
    const heartbeat = this.#channel<number>('heartbeat');
    const numbers = this.#channel<number>('numbers');
    const words = this.#channel<Word>('words');
    this.#heartbeat(heartbeat);
    this.graph.actor('generator', this.#generator(), { numbers });
    this.graph.actor('worker', this.#worker(), { heartbeat, numbers, words });
    this.graph.actor('logger', this.#logger(), { words });
  }

  #generator() {
    const { style } = this.setting;
    const outputs = { numbers: output<number>() };
    const state = (): { next: number } => ({ next: 0 });
    type Turn = {
      readonly state: { next: number };
      readonly regeneration: number;
      readonly outputs: { readonly numbers: { send(number: number): void; close(): void } };
      exit(): void;
    };
    const generate = (ctx: Turn): boolean => {
      this.#userCode('generator');
      if (this.#isRobust && ctx.regeneration === 0 && ctx.state.next === FAILING_NUMBER) throw new Error('planned');
      ctx.outputs.numbers.send(ctx.state.next);
      ctx.state.next += 1;
      if (ctx.state.next === EXIT_AT) ctx.exit();
      if (ctx.state.next === NUMBERS) ctx.outputs.numbers.close();
      this.#userCode('generator');
      return ctx.state.next < NUMBERS;
    };
    switch (style) {
      case 'handler':
        return defineActor({ outputs, state, source: (ctx) => (generate(ctx) ? 'more' : 'done') });
      case 'async':
        return defineActor({
          outputs,
          state,
          source: async (ctx) => {
            await Promise.resolve();
            const more = generate(ctx);
            await ctx.effect('number', () => Promise.resolve());
            return more ? 'more' : 'done';
          },
        });
      case 'next':
      case 'tryNext':
        return defineActor({
          outputs,
          state,
          run: async (ctx) => {
            const { numbers } = ctx.outputs;
            const room = numbers.vacant();
            while (ctx.running()) {
              // Without a look at the room first, the commit itself has to wait for it.
              if (style === 'tryNext') void (ctx.tryNext(room) ?? (await ctx.next(room)));
              else await ctx.commit();
              if (!ctx.running() || ctx.state.next >= NUMBERS || !generate(ctx)) return;
            }
          },
        });
    }
  }

  #worker() {
    const { style, capacity } = this.setting;
    const inputs = { heartbeat: input<number>({ tick: true }), numbers: input<number>() };
    const outputs = { words: output<Word>() };
    const state = (): { heartbeats: number } => ({ heartbeats: 0 });
    const word = (id: number): Word => {
      this.#userCode('worker');
      if (this.#isRobust && WORKER_SHOWSTOPPERS.includes(id)) throw new Error('a showstopper');
      return { id, text: fizzBuzz(id) };
    };
    switch (style) {
      case 'handler':
      case 'async':
        return defineActor({
          inputs,
          outputs,
          state,
          on: {
            heartbeat: (_beat, ctx) => {
              ctx.state.heartbeats += 1;
              this.#userCode('worker');
            },
            numbers:
              style === 'handler'
                ? (id, ctx) => ctx.outputs.words.send(word(id))
                : async (id, ctx) => {
                    const made = await ctx.effect('word', async () => word(id));
                    ctx.outputs.words.send(made);
                    await Promise.resolve();
                    this.#userCode('worker');
                  },
          },
        });
      case 'next':
      case 'tryNext':
        return defineActor({
          inputs,
          outputs,
          state,
          run: async (ctx) => {
            const { heartbeat, numbers } = ctx.inputs;
            const { words } = ctx.outputs;
            const { next, tryNext, pause, all, any, after, running } = ctx;
            const batch = Math.min(3, capacity);
            const ready = all(heartbeat.avail(), numbers.avail(), words.vacant());
            while (running()) {
              if (style === 'tryNext') void (tryNext(ready) ?? (await next(ready)));
              else await next(ready);
              if (heartbeat.take() !== undefined) ctx.state.heartbeats += 1;
              if (numbers.peek() === undefined) continue;
              if (style === 'next') await pause(any(words.vacant(batch), after(1)));
              for (const id of numbers.takeMany(batch)) words.send(word(id));
              this.#userCode('worker');
            }
          },
        });
    }
  }

  #logger() {
    const { style } = this.setting;
    const inputs = { words: input<Word>() };
    const state = (): { got: string[] } => ({ got: [] });
    const log = (got: string[], { id, text }: Word): void => {
      this.#userCode('logger');
      if (this.#isRobust && id === LOGGER_SHOWSTOPPER) throw new Error('a showstopper');
      got.push(`${id}:${text}`);
      this.#userCode('logger');
    };
    switch (style) {
      case 'handler':
        return defineActor({ inputs, state, on: { words: (word, ctx) => log(ctx.state.got, word) } });
      case 'async':
        return defineActor({
          inputs,
          state,
          on: {
            words: async (word, ctx) => {
              await Promise.resolve();
              log(ctx.state.got, word);
              await ctx.effect('written', () => undefined);
            },
          },
        });
      case 'next':
      case 'tryNext':
        return defineActor({
          inputs,
          state,
          run: async (ctx) => {
            const some = ctx.inputs.words.avail();
            while (ctx.running()) {
              if (style === 'tryNext') void (ctx.tryNext(some) ?? (await ctx.next(some)));
              else await ctx.next(some);
              const word = ctx.inputs.words.take();
              if (word !== undefined) log(ctx.state.got, word);
            }
          },
        });
    }
  }

  // --- Accounts -----------------------------------------------------------------------------------------------------

  #buildAccounts(): void {
    const { style, capacity } = this.setting;
    const transfers = this.#channel<Transfer>('transfers');
    const receipts = this.#channel<string>('receipts');
    this.graph.feed('feed', TRANSFERS, transfers);
    const definition = teller(style, capacity, () => this.#userCode('teller'));
    this.graph.actor('teller', definition, { transfers, receipts });
    this.graph.sink('sink', receipts, (receipt) => void this.#written.push(receipt));
  }

  // --- Letters: dead letters that go into a channel -----------------------------------------------------------------

  #buildLetters(): void {
    const { style, capacity } = this.setting;
    const jobs = this.#channel<Job>('jobs');
    const done = this.#channel<Job>('done');
    const letters = this.#channel<DeadLetter>('letters');
    this.graph.deadLetters.route(letters);
    this.graph.feed('feed', style === 'async' ? later(JOBS) : JOBS, jobs);
    const works = desk(style, capacity, () => this.#userCode('desk'));
    this.graph.actor('desk', works, { jobs, done }, { isolate: true });
    const mends = mender(style, () => this.#userCode('mender'));
    this.graph.actor('mender', mends, { letters, jobs }, { isolate: true });
    this.graph.sink('sink', done, (job) => writeJob(job, this.#writtenJobs));
  }

  // --- Hooks --------------------------------------------------------------------------------------------------------

  #buildHooks(): void {
    const { style } = this.setting;
    const pages = this.#channel<number>('pages');
    const log = this.#channel<string>('log');
    this.graph.feed('feed', style === 'async' ? later(PAGES) : PAGES, pages);
    this.graph.actor(
      'clerk',
      shiftWorker(style, () => this.#userCode('clerk')),
      { pages, log },
    );
    this.graph.sink('sink', log, (line) => void this.#written.push(line));
  }

  // --- Lanes --------------------------------------------------------------------------------------------------------

  #buildForms(): void {
    const { style, capacity } = this.setting;
    const { lines, entries, names, receipts } = formChannels(this.graph, capacity, () => this.#userCode('clerk'));
    this.graph.feed('forms', style === 'async' ? later(FORMS) : FORMS, lines);
    const write = clerk(style, capacity, () => this.#userCode('clerk'));
    this.graph.actor('clerk', write, { lines, entries, names });
    const add = totaller(() => this.#userCode('ledger'));
    this.graph.actor('ledger', add, { entries, names, receipts }, { args: {} });
    this.graph.sink('sink', receipts, (receipt) => void this.#written.push(receipt));
  }

  #buildLanes(): void {
    const { style } = this.setting;
    const lanesOf = (name: string): Channel<Order>[] =>
      Array.from({ length: LANES }, (_, lane) => this.#channel<Order>(`${name}${lane}`));
    const orders = this.#channel<Order>('orders');
    const lanes = lanesOf('lane');
    const results = lanesOf('result');
    const copies = lanesOf('copy');
    this.graph.feed('feed', ORDERS, orders);
    const placed = (name: string) => () => this.#userCode(name);
    this.graph.actor('split', splitter(style, placed('split')), { orders, lanes, copies });
    this.graph.actor('hub', hub(style, placed('hub')), { lanes, results });
    const merge = merger(style, placed('merge'));
    this.graph.actor('merge', merge, { all: [...results, ...copies] });
  }

  // --- Batches: several messages in a turn --------------------------------------------------------------------------

  #buildBatches(): void {
    const { style, capacity } = this.setting;
    const numbers = this.#channel<number>('numbers');
    const sorted = this.#channel<number>('sorted');
    const copies = this.#channel<number>('copies');
    this.graph.feed('source', style === 'async' ? later(BATCHED_NUMBERS) : BATCHED_NUMBERS, numbers);
    const sorts = sorter(style, capacity, () => this.#userCode('sorter'));
    this.graph.actor('sorter', sorts, { numbers, sorted, copies }, { isolate: true });
    const writes = ledger(style, capacity, () => this.#userCode('ledger'));
    this.graph.actor('ledger', writes, { sorted, copies }, LEDGER_OPTIONS);
  }

  // --- Timers -------------------------------------------------------------------------------------------------------

  #buildTimers(): void {
    const { style, capacity } = this.setting;
    const orders = this.#channel<number>('orders');
    this.graph.feed('source', orderEach(this.#sim.clock), orders);
    this.graph.actor(
      'desk',
      reminder(style, capacity, this.#sim.clock, () => this.#userCode('desk')),
      { orders },
    );
  }

  // --- Ingest -------------------------------------------------------------------------------------------------------

  #buildIngest(): void {
    const { style } = this.setting;
    const lines = this.#channel<string>('lines');
    const entries = this.#channel<Entry>('entries');
    const totals = this.#channel<readonly string[]>('totals');
    this.graph.feed('feed', style === 'async' ? later(LINES) : LINES, lines);
    this.graph.actor('parse', this.#parse(), { lines, entries });
    this.graph.actor('aggregate', this.#aggregate(), { entries, totals });
    const write = (total: readonly string[], { attempt }: { readonly attempt: number }): void => {
      if (attempt === 1 && total.some((line) => line.startsWith('c'))) throw new Error('the disk was full');
      this.#written.push(...total);
    };
    this.graph.sink(
      'sink',
      totals,
      style === 'async' ? async (total, context) => Promise.resolve().then(() => write(total, context)) : write,
    );
  }

  #parse() {
    const { style } = this.setting;
    const inputs = { lines: input<string>() };
    const outputs = { entries: output<Entry>() };
    const pass = (line: string, entries: { send(entry: Entry): void }, reject: (reason: string) => void): void => {
      this.#userCode('parse');
      const entry = parse(line);
      if (entry === undefined) reject('no key and number');
      else entries.send(entry);
      this.#userCode('parse');
    };
    switch (style) {
      case 'handler':
        return defineActor({
          inputs,
          outputs,
          on: { lines: (line, ctx) => pass(line, ctx.outputs.entries, ctx.reject) },
          onDrained: (ctx) => ctx.outputs.entries.close(),
        });
      case 'async':
        return defineActor({
          inputs,
          outputs,
          on: {
            lines: async (line, ctx) => {
              await ctx.effect('parse', () => Promise.resolve());
              pass(line, ctx.outputs.entries, ctx.reject);
            },
          },
          onDrained: (ctx) => ctx.outputs.entries.close(),
        });
      case 'next':
      case 'tryNext':
        return defineActor({
          inputs,
          outputs,
          run: async (ctx) => {
            const { lines } = ctx.inputs;
            const some = lines.avail();
            while (ctx.running()) {
              if (style === 'tryNext') void (ctx.tryNext(some) ?? (await ctx.next(some)));
              else await ctx.next(some);
              const line = lines.take();
              if (line === undefined) continue;
              pass(line, ctx.outputs.entries, (reason) => lines.reject(reason));
              if (style === 'next') await ctx.commit();
            }
            ctx.outputs.entries.close();
          },
        });
    }
  }

  #aggregate() {
    const { style } = this.setting;
    const inputs = { entries: input<Entry>() };
    const outputs = { totals: output<readonly string[]>() };
    const state = (): { totals: Map<string, number>; told: number } => ({ totals: new Map(), told: 0 });
    const add = (totals: Map<string, number>, { key, value }: Entry): void => {
      this.#userCode('aggregate');
      totals.set(key, (totals.get(key) ?? 0) + value);
      this.#userCode('aggregate');
    };
    const linesOf = (totals: Map<string, number>): string[] =>
      [...totals].map(([key, total]) => `${key}=${total}`).sort();
    switch (style) {
      case 'handler':
        return defineActor({
          inputs,
          outputs,
          state,
          on: { entries: (entry, ctx) => add(ctx.state.totals, entry) },
          onDrained: (ctx) => {
            ctx.outputs.totals.send(linesOf(ctx.state.totals));
            this.#userCode('aggregate');
          },
        });
      case 'async':
        return defineActor({
          inputs,
          outputs,
          state,
          on: {
            entries: async (entry, ctx) => {
              add(ctx.state.totals, entry);
              await ctx.effect('add', () => Promise.resolve());
              this.#userCode('aggregate');
            },
          },
          onDrained: async (ctx) => {
            ctx.outputs.totals.send(linesOf(ctx.state.totals));
            await ctx.effect('told', () => Promise.resolve());
            this.#userCode('aggregate');
          },
        });
      case 'next':
      case 'tryNext':
        return defineActor({
          inputs,
          outputs,
          state,
          run: async (ctx) => {
            const { entries } = ctx.inputs;
            const some = entries.avail();
            while (ctx.running()) {
              if (style === 'tryNext') void (ctx.tryNext(some) ?? (await ctx.next(some)));
              else await ctx.next(some);
              for (const entry of entries.takeMany(2)) add(ctx.state.totals, entry);
            }
            const lines = linesOf(ctx.state.totals);
            while (ctx.state.told < lines.length) {
              ctx.outputs.totals.send(lines.slice(ctx.state.told, ctx.state.told + 1));
              ctx.state.told += 1;
              if (ctx.state.told === lines.length) ctx.requestShutdown();
              await ctx.commit();
            }
          },
        });
    }
  }
}

async function* later<T>(lines: readonly T[]): AsyncGenerator<T> {
  for (const line of lines) yield await Promise.resolve(line);
}

function differs(what: string, expected: unknown, found: unknown): string[] {
  const [left, right] = [JSON.stringify(expected), JSON.stringify(found)];
  return left === right ? [] : [`${what}: expected ${left}, found ${right}`];
}
