import type { Holdout } from '../base/errors.ts';
import { HoldfastError } from '../base/errors.ts';
import { checkArray, checkInteger, checkKnownKeys, checkNumber, checkObject, invalidOption } from '../base/options.ts';
import { inspected } from '../ports/node/node-inspection.ts';
import { Graph } from '../system/graph.ts';
import { checkRestore } from '../system/placement.ts';
import type { Casting } from '../system/rehearsal.ts';
import { CapturedLog } from './captured-log.ts';
import { Goals } from './goals.ts';
import { holdouts } from './holdouts.ts';
import { leftovers } from './leftovers.ts';
import { type Expected, expectationError, holds, expectedText, leftoversError, listed, meets } from './matching.ts';
import { Simulation } from './simulation.ts';
import { StageActor } from './stage-actor.ts';
import { StageFeed, StageSink } from './stage-edges.ts';
import type { StagePart } from './stage-part.ts';
import type {
  ReceivedByStaged,
  Replaced,
  SentByStaged,
  Staged,
  StagedName,
  StageOptions,
  StageReport,
  StageSendOptions,
  StageWorld,
  Within,
} from './staged.ts';

const OPTIONS = ['replace', 'restore', 'contents', 'effects', 'seed', 'schedule', 'foreignWaits', 'withinMs'] as const;
const WITHIN_MS = 60_000;

/** A graph that was built as in production, with a test in the place of some of its parts. Made by {@link stage}. */
export class Stage<B extends Staged = Staged, R extends Replaced = Replaced> {
  /** What the build function gave. */
  readonly built: B;
  /** As built, and started. */
  readonly graph: Graph;
  /** The world: the clock, effects, and so on. */
  readonly sim: Simulation;
  /** What the graph logs, if it was built with the `log` of the world. */
  readonly log: CapturedLog = new CapturedLog();
  readonly #parts = new Map<string, StagePart>();
  readonly #goals: Goals;
  readonly #withinMs: number;
  #isOver = false;

  /** @internal */
  constructor(build: (world: StageWorld) => B, options: StageOptions<R>) {
    checkKnownKeys('stage', options, OPTIONS);
    const { seed = 1, schedule = 'fair', foreignWaits = 'forbid', withinMs = WITHIN_MS, effects = {} } = options;
    this.#withinMs = checkNumber('withinMs', withinMs, 0);
    checkObject('effects', effects);
    if (options.restore !== undefined) checkObject('restore', options.restore);
    if (options.contents !== undefined) checkObject('contents', options.contents);
    this.sim = new Simulation({ seed, schedule, foreignWaits });
    this.#goals = new Goals(this.sim);
    for (const [name, script] of Object.entries(effects)) this.sim.effects.script(name, script);
    this.#cast(namesOf(options.replace), options.restore ?? {});
    const { ports } = this.sim;
    this.built = build({ sim: this.sim, ports, log: this.log, seed });
    const built = this.built as Graph | Exclude<B, Graph> | null | undefined; // by its signature; a mistake may be another
    const graph = built instanceof Graph ? built : built?.graph;
    if (!(graph instanceof Graph)) throw invalidOption('build', 'a function that answers a graph at once', built);
    this.graph = graph;
    this.#checkGraph(options);
    for (const [channel, messages] of Object.entries(options.contents ?? {})) this.#fill(channel, messages);
    if (this.graph.status === 'building') this.graph.start();
  }

  // --- What the test does -------------------------------------------------------------------------------------------

  /**
   * Sends a message as a part that is replaced. Resolves when the graph has it; until then time moves on as it has to.
   * One that is late is on its way all the same.
   *
   * @throws HoldfastError (the promise rejects) `ERR_TEST_EXPECTATION` if there is no room in time; `ERR_CHANNEL_CLOSED`,
   * `ERR_STOPPING` with the message in `details.undelivered`; what the output throws; `ERR_SIM_FOREIGN_WAIT`.
   */
  async send<N extends StagedName<R>>(
    name: N,
    message: SentByStaged<R, N>,
    options: StageSendOptions = {},
  ): Promise<void> {
    checkKnownKeys('send', options, ['port', 'lane', 'withinMs']);
    const part = this.#sender(name);
    const port = outputOf(part, options.port);
    const lane = options.lane === undefined ? -1 : checkInteger('lane', options.lane, 0);
    let outcome: { readonly error?: unknown } | undefined;
    const sent = (): void => void (outcome ??= {});
    const failed = (error: unknown): void => void (outcome ??= { error });
    part.orders.add({ message, port, lane, sent, failed });
    part.stir();
    await this.#reach(
      () => outcome,
      options.withinMs,
      (ms) => this.#error(`"${name}" could not send ${inspected(message)} within ${ms} ms`, inspected(message), part),
    );
    if (outcome !== undefined && 'error' in outcome) throw outcome.error;
  }

  /** Closes the outputs of a part that is replaced, when it has sent what it has to. Again it does nothing. */
  close(name: StagedName<R>): void {
    const part = this.#sender(name);
    part.orders.closed = true;
    part.stir();
  }

  /** From now on a part that is replaced answers each message that it receives with what `answer` returns, if anything. */
  echo<N extends StagedName<R>>(
    name: N,
    answer: (message: ReceivedByStaged<R, N>, from: { readonly port: string; readonly lane: number }) => unknown,
    options: Omit<StageSendOptions, 'withinMs'> = {},
  ): void {
    checkKnownKeys('echo', options, ['port', 'lane']);
    const part = this.#receiver(name);
    const port = outputOf(this.#sender(name), options.port);
    // What it receives is what its wiring lets in.
    part.inbox.answer = { answer: answer as (message: unknown) => unknown, port, lane: options.lane ?? -1 };
    part.stir();
  }

  /** A part that is replaced takes nothing until {@link Stage.release}: what comes waits in its channel, which fills up. */
  hold(name: StagedName<R>): void {
    this.#receiver(name).inbox.held = true;
  }

  /** A part that was held takes messages again. */
  release(name: StagedName<R>): void {
    const part = this.#receiver(name);
    part.inbox.held = false;
    part.stir();
  }

  /** Lets everything run that can run without time passing. */
  async idle(): Promise<void> {
    await this.advance(0);
  }

  /** Lets `ms` of virtual time pass, and everything that they bring. */
  async advance(ms: number): Promise<void> {
    checkNumber('advance', ms, 0);
    await this.#reach(
      () => undefined,
      ms,
      () => undefined,
    );
  }

  // --- What the test sees -------------------------------------------------------------------------------------------

  /**
   * Waits for the next message that a part receives, and checks that it is the one. Those that nobody has asked for wait in
   * their order.
   *
   * @param expected - A message with the same content, parts of which may be matchers such as `expect.any(Number)`; or a
   * function that says whether it will do.
   *
   * @returns the message.
   *
   * @throws HoldfastError (the promise rejects) `ERR_TEST_EXPECTATION` if it is another one or none comes in time, with what
   * came instead and what the graph waits for; `ERR_SIM_FOREIGN_WAIT`.
   */
  expect<N extends StagedName<R>>(
    name: N,
    expected: (message: ReceivedByStaged<R, N>) => boolean,
    options?: Within,
  ): Promise<ReceivedByStaged<R, N>>;
  expect<N extends StagedName<R>>(
    name: N,
    expected: ReceivedByStaged<R, N>,
    options?: Within,
  ): Promise<ReceivedByStaged<R, N>>;
  async expect<N extends StagedName<R>>(
    name: N,
    expected: Expected<ReceivedByStaged<R, N>>,
    options: Within = {},
  ): Promise<ReceivedByStaged<R, N>> {
    const part = this.#receiver(name);
    const text = expectedText(expected);
    const message = await this.#next<ReceivedByStaged<R, N>>(part, text, within(options));
    if (meets(expected, message)) return message;
    throw this.#error(`"${name}" received ${inspected(message)} and not ${text}`, text, part, [message]);
  }

  /** Waits for as many messages as there are in `expected`, and checks that they are those, in any order. Time is for all. */
  async expectAnyOrder<N extends StagedName<R>>(
    name: N,
    expected: readonly Expected<ReceivedByStaged<R, N>>[],
    options: Within = {},
  ): Promise<readonly ReceivedByStaged<R, N>[]> {
    const part = this.#receiver(name);
    checkArray('expected', expected);
    const missing = [...expected];
    const found: ReceivedByStaged<R, N>[] = [];
    const withinMs = within(options) ?? this.#withinMs;
    const untilMs = this.sim.clock.nowMs() + withinMs;
    while (missing.length > 0) {
      const text = `one of ${missing.map(expectedText).join(', ')}`;
      const message = await this.#next<ReceivedByStaged<R, N>>(part, text, withinMs, untilMs);
      const place = missing.findIndex((each) => meets(each, message));
      if (place < 0)
        throw this.#error(`"${name}" received ${inspected(message)} and not ${text}`, text, part, [message]);
      missing.splice(place, 1);
      found.push(message);
    }
    return found;
  }

  /** Checks that a part receives nothing for so long, beyond what was asked for. Default: without time passing. */
  async expectNothing(name: StagedName<R>, options: { readonly forMs?: number } = {}): Promise<void> {
    checkKnownKeys('expectNothing', options, ['forMs']);
    const { forMs = 0 } = options;
    const part = this.#receiver(name);
    const came = await this.#reach(
      () => (part.inbox.hasUnread ? true : undefined),
      forMs,
      () => undefined,
    );
    if (came !== undefined) throw this.#error(`"${name}" was to receive nothing within ${forMs} ms`, 'nothing', part);
  }

  /** Waits until a part receives the message that is meant, whatever comes before it. Otherwise as {@link Stage.expect}. */
  waitFor<N extends StagedName<R>>(
    name: N,
    expected: (message: ReceivedByStaged<R, N>) => boolean,
    options?: Within,
  ): Promise<ReceivedByStaged<R, N>>;
  waitFor<N extends StagedName<R>>(
    name: N,
    expected: ReceivedByStaged<R, N>,
    options?: Within,
  ): Promise<ReceivedByStaged<R, N>>;
  async waitFor<N extends StagedName<R>>(
    name: N,
    expected: Expected<ReceivedByStaged<R, N>>,
    options: Within = {},
  ): Promise<ReceivedByStaged<R, N>> {
    const part = this.#receiver(name);
    const text = expectedText(expected);
    const withinMs = within(options) ?? this.#withinMs;
    const untilMs = this.sim.clock.nowMs() + withinMs;
    const passed: unknown[] = [];
    for (;;) {
      const message = await this.#next<ReceivedByStaged<R, N>>(part, text, withinMs, untilMs, passed);
      if (meets(expected, message)) return message;
      passed.push(message);
    }
  }

  /** Waits until `condition` holds; it is looked at whenever everything has come to rest. */
  async until(condition: () => boolean, options: Within = {}): Promise<void> {
    await this.#reach(
      () => (holds('condition', condition) ? true : undefined),
      within(options),
      (ms) => this.#error(`the condition does not hold within ${ms} ms`, 'a condition'),
    );
  }

  /** All that a part has received, whether or not it was asked for; through one port of it, if one is named. */
  received<N extends StagedName<R>>(name: N, port?: string): readonly ReceivedByStaged<R, N>[] {
    const part = this.#receiver(name);
    if (port !== undefined && !part.inputs.includes(port)) throw invalidOption('port', oneOf(part.inputs), port);
    const all = port === undefined ? part.inbox.all : part.inbox.all.filter((each) => each.port === port);
    return all.map(({ message }) => message) as ReceivedByStaged<R, N>[]; // what its wiring lets in
  }

  /** All that the test has sent as a part and that the graph has. */
  sent<N extends StagedName<R>>(name: N): readonly SentByStaged<R, N>[] {
    return [...this.#sender(name).orders.sent] as SentByStaged<R, N>[]; // by the signature of send
  }

  // --- The end ------------------------------------------------------------------------------------------------------

  /**
   * Stops the graph as production would; parts that are held take messages again. Again it does nothing.
   *
   * @throws HoldfastError `ERR_TEST_LEFTOVERS` if something is left that should not be; what `graph.stopped()` rejects with,
   * unless the graph had stopped before; `ERR_NOT_CONSERVED`.
   */
  async stop(): Promise<StageReport> {
    if (!this.#isOver) {
      this.#isOver = true;
      for (const part of this.#parts.values()) {
        part.inbox.held = false;
        part.stir();
      }
      if (this.graph.status !== 'stopped') {
        this.graph.requestShutdown('the test is over');
        await this.sim.runUntil(this.graph.stopped());
      }
      this.graph.checkConservation();
      const left = leftovers(this.graph, this.sim);
      if (left.length > 0) throw leftoversError(`the test of graph "${this.graph.name}"`, left);
    }
    const unread = [...this.#parts].flatMap(([name, { inbox }]) => (inbox.hasUnread ? [[name, inbox.unread]] : []));
    return { unread: Object.fromEntries(unread) as StageReport['unread'], deadLetters: this.graph.deadLetters.list() };
  }

  /** Stops as {@link Stage.stop}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  // --- Building -----------------------------------------------------------------------------------------------------

  #cast(replaced: readonly string[], restore: Readonly<Record<string, unknown>>): void {
    const { castings, sources, targets, played } = this.sim.casting;
    const add = <P extends StagePart>(part: P): P => {
      this.#parts.set(part.name, part);
      return part;
    };
    castings.push((name, casting): Casting => {
      if (replaced.includes(name)) return add(new StageActor(name, casting)).casting;
      const restored = Object.hasOwn(restore, name) ? checkRestore(name, restore[name]) : undefined;
      return restored === undefined ? casting : { ...casting, restored };
    });
    sources.push((name, source) => {
      if (!replaced.includes(name)) return source;
      return add(new StageFeed(name, () => this.graph.status !== 'running'));
    });
    targets.push((name, target) => (replaced.includes(name) ? add(new StageSink(name)).write : target));
    for (const name of replaced) played.add(name);
  }

  #checkGraph({ replace, restore = {}, contents = {} }: StageOptions<R>): void {
    if (!this.sim.graphs.includes(this.graph)) {
      throw invalidOption('build', 'a function that makes the graph with the ports of the world', this.graph.name);
    }
    const { cells, edges, channels } = this.graph.backstage;
    checkNames('replace', namesOf(replace), [...cells.keys(), ...edges.keys()]);
    checkNames(
      'restore',
      Object.keys(restore),
      [...cells.keys()].filter((name) => !this.#parts.has(name)),
    );
    checkNames('contents', Object.keys(contents), [...channels.keys()]);
    const needsBuilding = Object.keys({ ...restore, ...contents }).length > 0;
    if (needsBuilding && this.graph.status !== 'building') {
      const { name, status } = this.graph;
      const message = `graph "${name}" is ${status} already: build it, and let the stage start it`;
      throw new HoldfastError('ERR_GRAPH_STATUS', message, { graph: name, status });
    }
  }

  #fill(name: string, messages: readonly unknown[]): void {
    const { core, channels } = this.graph.backstage;
    const ring = channels.get(name)?.ring();
    if (ring === undefined) return; // checked above
    checkArray(`contents of "${name}"`, messages);
    if (messages.length > ring.capacity) {
      const details = { channel: name, capacity: ring.capacity, asked: messages.length };
      const message = `contents: channel "${name}" holds ${ring.capacity} messages, and not ${messages.length}`;
      throw new HoldfastError('ERR_OVER_CAPACITY', message, details);
    }
    for (const message of messages) {
      if (message === undefined)
        throw invalidOption(`contents of "${name}"`, 'messages, and undefined is none', message);
      ring.push(core.freezer === null ? message : core.freezer.freeze(message));
    }
  }

  // --- Inside -------------------------------------------------------------------------------------------------------

  #part(name: string): StagePart {
    const part = this.#parts.get(name);
    if (part === undefined) throw invalidOption('name', oneOf([...this.#parts.keys()]), name);
    return part;
  }

  #sender(name: string): StagePart {
    const part = this.#part(name);
    if (part.outputs.length > 0) return part;
    const senders = [...this.#parts.values()].filter(({ outputs }) => outputs.length > 0);
    throw invalidOption('name', `one that sends: ${oneOf(senders.map((each) => each.name))}`, name);
  }

  #receiver(name: string): StagePart {
    const part = this.#part(name);
    if (part.inputs.length > 0) return part;
    const receivers = [...this.#parts.values()].filter(({ inputs }) => inputs.length > 0);
    throw invalidOption('name', `one that receives: ${oneOf(receivers.map((each) => each.name))}`, name);
  }

  /** The next message that nobody has asked for. @param passed - Those that have come already, and were others. */
  async #next<M>(
    part: StagePart,
    expected: string,
    withinMs?: number,
    untilMs?: number,
    passed: readonly unknown[] = [],
  ): Promise<M> {
    const found = await this.#reach(
      () => (part.inbox.hasUnread ? { message: part.inbox.next() } : undefined),
      withinMs,
      (ms) => {
        const nothing = passed.length === 0 ? 'nothing' : 'nothing that would do';
        const what = `"${part.name}" received ${nothing} within ${ms} ms, and not ${expected}`;
        return this.#error(what, expected, part, passed);
      },
      untilMs,
    );
    return found?.message as M; // by its wiring; there is one, or an error
  }

  /** Lets time pass until `look` finds something, and for no longer than that. @param late - What is wrong then, if anything. */
  #reach<T>(
    look: () => T | undefined,
    withinMs: number = this.#withinMs,
    late: (withinMs: number) => Error | undefined,
    untilMs: number = this.sim.clock.nowMs() + checkNumber('withinMs', withinMs, 0),
  ): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.#goals.add({
        atMs: untilMs,
        poll: () => {
          const found = look();
          if (found !== undefined) resolve(found);
          return found !== undefined;
        },
        expire: () => {
          const error = late(withinMs);
          if (error === undefined) resolve(undefined);
          else reject(error);
        },
        fail: reject,
      });
    });
  }

  /** Says what came instead, and what the graph waits for. */
  #error(what: string, expected: string, part?: StagePart, found: readonly unknown[] = []): Error {
    const waiting = holdouts(this.graph).filter(({ name }) => !this.#parts.has(name));
    const instead = [...found, ...(part?.inbox.unread ?? [])];
    const came =
      part === undefined || part.inputs.length === 0
        ? []
        : [`it has received, and nobody had asked for it:`, listed(instead, 'nothing')];
    const message = [what, ...came, this.#waitingText(waiting)].join('\n');
    return expectationError(message, expected, instead, waiting);
  }

  #waitingText(waiting: readonly Holdout[]): string {
    const { status, name } = this.graph;
    const nextAtMs = this.sim.clock.nextAtMs;
    const timer = nextAtMs === undefined ? 'no timer is set' : `the next timer fires at ${nextAtMs} ms`;
    const title = `at ${this.sim.clock.nowMs()} ms graph "${name}" is ${status}, and ${timer}; what it waits for:`;
    const lines = waiting.map((each) => `  ${each.kind} "${each.name}": ${each.heldBy}`);
    return [title, ...(lines.length === 0 ? ['  nothing but the test'] : lines)].join('\n');
  }
}

/**
 * Puts a graph on stage: it is built by the program's own function, in a world of the test's own, and some of its parts are
 * played by the test. What is played is a real part of the graph, with the same channels. Starts the graph.
 *
 * @param build - Makes the graph with the ports of the world, and does not start it.
 *
 * @throws HoldfastError `ERR_INVALID_OPTION` for a name that the graph does not have; as `graph.start`; what `build` throws.
 */
export function stage<B extends Staged, const R extends Replaced = readonly never[]>(
  build: (world: StageWorld) => B,
  options: StageOptions<R> = {},
): Stage<B, R> {
  return new Stage(build, options);
}

function within(options: Within): number | undefined {
  checkKnownKeys('options', options, ['withinMs']);
  return options.withinMs;
}

function namesOf(replace: Replaced | undefined): readonly string[] {
  if (replace === undefined) return [];
  if (!Array.isArray(replace)) checkObject('replace', replace);
  return Array.isArray(replace) ? (replace as readonly string[]) : Object.keys(replace);
}

function checkNames(option: string, names: readonly string[], known: readonly string[]): void {
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) throw invalidOption(option, oneOf(known), stranger);
}

function oneOf(names: readonly string[]): string {
  return names.length === 0 ? 'left alone: there is none' : `one of ${names.map((name) => `"${name}"`).join(', ')}`;
}

function outputOf({ name, outputs }: StagePart, port: string | undefined): string {
  const [only, ...others] = outputs;
  if (port === undefined && only !== undefined && others.length === 0) return only;
  if (port !== undefined && outputs.includes(port)) return port;
  throw invalidOption(`port of "${name}"`, oneOf(outputs), port);
}
