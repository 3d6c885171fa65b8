import type { ActorDefinition, InputSpecs, MessageOf, OutputSpecs, SentTo } from '../actor/definition.ts';
import type { DeadLetter } from '../actor/dead-letter.ts';
import type { Exit } from '../actor/events.ts';
import type { PortName, PortRef, PublishedBy } from '../actor/output-port.ts';
import type { Phase } from '../actor/phase.ts';
import type { TurnAllowance } from '../actor/rehearsal.ts';
import type { ArgsOption } from '../actor/replacement.ts';
import type { ActorOptions } from '../actor/settings.ts';
import type { EntriesOf, TableSpecs } from '../actor/table.ts';
import { HoldfastError } from '../base/errors.ts';
import { checkChoice, checkInteger, checkKnownKeys, checkNumber } from '../base/options.ts';
import { invalidMessage } from '../channel/message-check.ts';
import { closedForSender } from '../channel/output-end.ts';
import type { ActorCell } from '../system/actor-cell.ts';
import type { Channel } from '../system/channel.ts';
import { Graph } from '../system/graph.ts';
import type { GraphOptions } from '../system/graph-options.ts';
import type { Restore } from '../system/placement.ts';
import type { ActorSnapshot } from '../system/snapshot.ts';
import { CapturedLog } from './captured-log.ts';
import { CrashPlan } from './crash-plan.ts';
import { STEP_POINTS, type StepPoint } from './crash-points.ts';
import { holdouts } from './holdouts.ts';
import { leftovers } from './leftovers.ts';
import { leftoversError } from './matching.ts';
import type { Schedule } from './schedules.ts';
import type { EffectScript } from './simulated-effects.ts';
import { Simulation } from './simulation.ts';
import { TestChannels, type TestPorts, unknownPort } from './test-channels.ts';
import type { TurnRecord } from './turn-record.ts';
import { TurnRecorder } from './turn-recorder.ts';

/** Options of {@link testActor}. */
export interface TestActorOptions<
  I extends InputSpecs = InputSpecs,
  O extends OutputSpecs = OutputSpecs,
  S extends object = object,
  T extends TableSpecs = TableSpecs,
> {
  /** What the actor is called. Default `actor`. */
  readonly name?: string;
  /** What it starts from, instead of what its definition makes. */
  readonly restore?: Restore<S, T> | ActorSnapshot;
  /** As in `graph.actor`. */
  readonly options?: ActorOptions;
  /** Of each channel: the most messages that it holds. Default: that of an input that declares
   * one, else 1,024. A small one shows what the actor does without room. */
  readonly capacity?: number;
  /** What is special about the channels of a port. */
  readonly ports?: TestPorts<I, O>;
  /** Plays effects, by name: see `sim.effects.script`. An effect that has no script is done for real. */
  readonly effects?: Readonly<Record<string, EffectScript>>;
  /** Decides what `ctx.random()` gives, and the jitter of delays. Default 1. */
  readonly seed?: number;
  /** As in {@link SimulationOptions}. Default `fair`. */
  readonly schedule?: Schedule;
  /** What becomes of a turn that awaits what is not simulated. Default `forbid`: the call that lets it run throws. */
  readonly foreignWaits?: 'allow' | 'forbid';
  /** Options of the graph around the actor, such as `shutdownTimeoutMs`. */
  readonly graph?: Omit<GraphOptions, 'name' | 'ports' | 'log' | 'logLevel'>;
}

/** The options of {@link testActor} with the arguments, which are required where the definition declares some. */
export type TestActorSetup<
  I extends InputSpecs,
  O extends OutputSpecs,
  S extends object,
  T extends TableSpecs,
  Given,
> = TestActorOptions<I, O, S, T> & ArgsOption<Given>;

/** Steps of the context, and of a commit, at which an actor under test can be crashed. */
export type CrashableStep = Exclude<StepPoint, 'user code' | 'slice'>;

/** Turns in one call after which the actor counts as one that never comes to rest. */
const TURNS_MAX = 100_000;

/** Virtual time after which a turn that does not come counts as one that never will, in milliseconds: a day. */
const TURN_WITHIN_MS = 86_400_000;

const OPTIONS = [
  'name',
  'args',
  'restore',
  'options',
  'capacity',
  'ports',
  'effects',
  'seed',
  'schedule',
  'foreignWaits',
  'graph',
] as const;

/** So many turns may end until no other may begin. */
class Leave implements TurnAllowance {
  ended = 0;
  limit = 0;

  get isUsedUp(): boolean {
    return this.ended >= this.limit;
  }
}

/**
 * One actor on channels of the test's own, in a world of its own, on virtual time. It does nothing until the test lets it: so
 * many turns, or until it comes to rest, or for so long. Made by {@link testActor}.
 */
export class TestActor<
  I extends InputSpecs = InputSpecs,
  O extends OutputSpecs = OutputSpecs,
  S extends object = object,
  T extends TableSpecs = TableSpecs,
> {
  /** The world: the clock, effects, and so on. */
  readonly sim: Simulation;
  /** The graph of this one actor. */
  readonly graph: Graph;
  /** What the graph and the actor log. */
  readonly log: CapturedLog = new CapturedLog();
  readonly #name: string;
  readonly #channels: TestChannels;
  readonly #recorder: TurnRecorder;
  readonly #leave = new Leave();
  readonly #crashes: CrashPlan;
  #isOver = false;

  /** @internal */
  constructor(definition: ActorDefinition<I, O, S, unknown, T, unknown>, setup: object) {
    checkKnownKeys('testActor', setup, OPTIONS);
    const {
      name = 'actor',
      seed = 1,
      schedule = 'fair',
      foreignWaits = 'forbid',
      ...options
    } = setup as TestActorSetup<I, O, S, T, undefined>;
    this.#name = name;
    this.sim = new Simulation({ seed, schedule, foreignWaits });
    for (const [effect, script] of Object.entries(options.effects ?? {})) this.sim.effects.script(effect, script);
    this.sim.casting.allowances.set(name, this.#leave);
    this.sim.onStep((point, actor) => this.#step(point, actor));
    this.graph = new Graph({ ...options.graph, name: `test of ${name}`, ports: this.sim.ports, log: this.log });
    this.#channels = new TestChannels(this.graph, definition, options.capacity, options.ports ?? {});
    this.#recorder = new TurnRecorder(this.graph, this.#channels);
    const { args, restore, options: ofActor } = options;
    // That the wiring fits the ports is what its maker sees to; that the arguments do, the signature of testActor.
    const placement = { ...ofActor, args, ...(restore === undefined ? {} : { restore }) } as object;
    const handle = this.graph.actor(name, definition, this.#channels.wiring as never, placement);
    this.#channels.subscribe((port) => this.#cell.port(port));
    this.#crashes = new CrashPlan(() => handle.kill('by crashAt'));
    this.sim.casting.lossListeners.push((_, loss) => {
      const { actor } = this.#cell;
      if (actor !== undefined && this.#recorder.lost(actor, loss)) this.#leave.ended += 1;
    });
    this.graph.start();
  }

  // --- What goes in -------------------------------------------------------------------------------------------------

  /**
   * Puts messages into the channel of an input.
   *
   * @throws HoldfastError `ERR_OVER_CAPACITY` without room for all of them, and then none is sent; `ERR_CHANNEL_CLOSED`;
   * `ERR_INVALID_MESSAGE`.
   */
  send<K extends keyof I & string>(port: K, ...messages: readonly SentTo<I[K]>[]): void {
    sendAll(this.#channels.input(port), messages);
  }

  /** Puts messages into one lane of an input that is a bundle. */
  sendToLane<K extends keyof I & string>(port: K, lane: number, ...messages: readonly SentTo<I[K]>[]): void {
    sendAll(this.#channels.inputLane(port, lane), messages);
  }

  /** Closes an input or, without a port, all of them: the actor is told when it has taken what is in there. */
  close(port?: keyof I & string): void {
    for (const channel of this.#channels.channels(port)) channel.close();
  }

  // --- What happens -------------------------------------------------------------------------------------------------

  /**
   * Lets the actor begin `count` turns, and no more, and waits until they have ended: committed, failed, rolled back or killed.
   * Time moves on as far as it has to, from timer to timer.
   *
   * @returns those turns.
   *
   * @throws HoldfastError `ERR_SIM_STUCK` if there are not so many: with what the actor waits for. `ERR_SIM_FOREIGN_WAIT`.
   */
  async turns(count: number): Promise<readonly TurnRecord<I, O, S, T>[]> {
    checkInteger('turns', count, 1);
    const { clock } = this.sim;
    const from = this.history.length;
    const untilMs = clock.nowMs() + TURN_WITHIN_MS;
    await this.#letRun(count, async () => {
      await this.sim.settle();
      while (!this.#leave.isUsedUp) {
        if (!clock.fireNext(untilMs)) throw this.#stuck(`${this.history.length - from} of ${count} turns have come`);
        await this.sim.settle();
      }
    });
    return this.history.slice(from);
  }

  /**
   * Lets the actor run until it has nothing to do without time passing.
   *
   * @returns the turns that have ended meanwhile.
   *
   * @throws HoldfastError `ERR_SIM_STUCK` after 100,000 turns: it never comes to rest. `ERR_SIM_FOREIGN_WAIT`.
   */
  async idle(): Promise<readonly TurnRecord<I, O, S, T>[]> {
    return this.#untilRest(() => this.sim.settle());
  }

  /** Lets the actor run while `ms` of virtual time pass, and until it has nothing to do. Otherwise as {@link TestActor.idle}. */
  async advance(ms: number): Promise<readonly TurnRecord<I, O, S, T>[]> {
    checkNumber('advance', ms, 0);
    return this.#untilRest(() => this.sim.advance(ms));
  }

  /**
   * Crashes the actor at the `call`-th call of its context from now on, counted from 1: what its code was doing throws. Or at
   * a step, and which one of its kind from now on. Where nothing can be thrown any more, in a commit that is decided, the actor
   * is killed. A crash that never comes is an error of {@link TestActor.stop}.
   */
  crashAt(call: number): void;
  crashAt(step: CrashableStep, occurrence?: number): void;
  crashAt(where: number | CrashableStep, occurrence = 1): void {
    if (typeof where === 'number') this.#crashes.add(undefined, checkInteger('crashAt', where, 1));
    else {
      checkChoice('crashAt', where, Object.keys(STEP_POINTS));
      this.#crashes.add(where, checkInteger('crashAt: occurrence', occurrence, 1));
    }
  }

  /** Kills the present incarnation: its turn is rolled back, and its restart type decides. It happens when the actor runs. */
  kill(why?: string): void {
    this.#cell.kill(why);
  }

  // --- What comes out -----------------------------------------------------------------------------------------------

  /** All that committed turns have sent to an output, or published at a port, whether or not it has been read. */
  sent<K extends keyof O & string>(port: K): readonly MessageOf<O[K]>[] {
    return [...ofPort(this.#recorder.sent, 'output', port)] as MessageOf<O[K]>[]; // what its ends let out
  }

  /** All that committed turns have taken from an input, without what they have rejected. */
  taken<K extends keyof I & string>(port: K): readonly MessageOf<I[K]>[] {
    return [...ofPort(this.#recorder.taken, 'input', port)] as MessageOf<I[K]>[]; // what its ends let in
  }

  /** Takes messages out of the channel of an output, all that are there or `count`, and so makes room. */
  read<K extends keyof O & string>(port: K, count: number = Infinity): readonly MessageOf<O[K]>[] {
    checkNumber('read', count, 0, true);
    return this.#channels.readers(port).flatMap((reader) => reader.take(count)) as MessageOf<O[K]>[];
  }

  /** An output port of the actor, for others to subscribe to. Its first subscriber is the test: see {@link TestActor.sent}. */
  port<K extends PortName<O>>(name: K): PortRef<PublishedBy<O[K]>> {
    return this.#cell.port(name);
  }

  /** All turns, in order, those that failed among them. */
  get history(): readonly TurnRecord<I, O, S, T>[] {
    return this.#recorder.turns as unknown as readonly TurnRecord<I, O, S, T>[]; // those of this actor
  }

  /** A copy of the state as last committed. */
  get state(): S {
    return (this.#snapshot.state ?? {}) as S; // by the definition
  }

  /** Copies of the entries of each table as last committed, in their order. */
  get tables(): EntriesOf<T> {
    return (this.#snapshot.tables ?? {}) as unknown as EntriesOf<T>; // by the definition
  }

  /** Messages that nobody will handle. */
  get deadLetters(): readonly DeadLetter[] {
    return this.graph.deadLetters.list();
  }

  /** How often it was restarted. */
  get regeneration(): number {
    return this.#snapshot.regeneration;
  }

  /** What it is doing. */
  get phase(): Phase | 'asleep' | 'held' {
    return this.#snapshot.phase;
  }

  /** How it has ended for good; undefined while it lives. */
  get exit(): Exit | undefined {
    return this.#cell.exit;
  }

  /** What it waits for, in words; undefined when it has ended. */
  get waitsFor(): string | undefined {
    return this.#cell.ended ? undefined : this.#cell.heldBy();
  }

  // --- The end ------------------------------------------------------------------------------------------------------

  /**
   * Stops the graph as production would: the actor takes what is left in its inputs, and what it sends is read. Again it does
   * nothing.
   *
   * @throws HoldfastError `ERR_TEST_LEFTOVERS` if something is left that should not be, or a crash has not come; what
   * `graph.stopped()` rejects with, unless the graph had stopped before; `ERR_NOT_CONSERVED`.
   */
  async stop(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leave.limit = Infinity;
    this.#channels.flow();
    this.#wake();
    if (this.graph.status !== 'stopped') {
      this.graph.requestShutdown('the test is over');
      await this.sim.runUntil(this.graph.stopped());
    }
    this.graph.checkConservation();
    const left = [...leftovers(this.graph, this.sim), ...this.#crashes.left];
    if (left.length > 0) throw leftoversError(`the test of actor "${this.#name}"`, left);
  }

  /** Stops as {@link TestActor.stop}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  // --- Inside -------------------------------------------------------------------------------------------------------

  get #cell(): ActorCell {
    return this.graph.backstage.cells.get(this.#name) as ActorCell; // placed where this was made
  }

  get #snapshot(): ActorSnapshot {
    return this.graph.snapshot().actors[0] as ActorSnapshot; // there is one
  }

  #step(point: StepPoint, name: string): void {
    const { actor } = this.#cell;
    if (name !== this.#name || actor === undefined) return;
    this.#recorder.step(point, actor);
    if (point === 'commit:published') this.#leave.ended += 1;
    this.#crashes.step(point);
  }

  async #untilRest(run: () => Promise<void>): Promise<readonly TurnRecord<I, O, S, T>[]> {
    const from = this.history.length;
    await this.#letRun(TURNS_MAX, async () => {
      await run();
      if (this.#leave.isUsedUp) throw this.#stuck(`it does not come to rest: ${TURNS_MAX} turns, and there are more`);
    });
    return this.history.slice(from);
  }

  async #letRun(turns: number, run: () => Promise<void>): Promise<void> {
    const leave = this.#leave;
    leave.limit = leave.ended + turns;
    this.#wake();
    try {
      await run();
    } finally {
      leave.limit = leave.ended;
    }
  }

  /** It may begin turns again. */
  #wake(): void {
    this.#cell.actor?.brakesChanged();
  }

  #stuck(what: string): HoldfastError<'ERR_SIM_STUCK'> {
    const waiting = holdouts(this.graph);
    const [held] = waiting;
    const now = held === undefined ? `it ${this.#cell.ended ? 'has ended' : 'has had nothing to do'}` : held.heldBy;
    const message = `actor "${this.#name}": ${what}; now: ${now}`;
    return new HoldfastError('ERR_SIM_STUCK', message, { virtualMs: this.sim.clock.nowMs(), waiting });
  }
}

/**
 * Puts one actor under test: on channels of its own, on virtual time, in a world that only the seed decides. It runs when the
 * test lets it.
 *
 * ```ts
 * import assert from 'node:assert/strict';
 * import { defineActor, input, output } from 'holdfast';
 * import { testActor } from 'holdfast/testing';
 *
 * const doubler = defineActor({
 *   inputs: { numbers: input<number>() },
 *   outputs: { doubles: output<number>() },
 *   on: { numbers: (number, { outputs }) => outputs.doubles.send(2 * number) },
 * });
 *
 * await using actor = testActor(doubler);
 * actor.send('numbers', 1, 2, 3);
 * await actor.turns(2);
 * assert.deepEqual(actor.sent('doubles'), [2, 4]);
 * ```
 *
 * @throws HoldfastError as `graph.actor` and `graph.start`; `ERR_INVALID_OPTION`.
 */
export function testActor<
  I extends InputSpecs,
  O extends OutputSpecs,
  S extends object,
  A,
  T extends TableSpecs,
  Given,
>(
  definition: ActorDefinition<I, O, S, A, T, Given>,
  ...[setup]: undefined extends Given
    ? [setup?: TestActorSetup<I, O, S, T, Given>]
    : [setup: TestActorSetup<I, O, S, T, Given>]
): TestActor<I, O, S, T> {
  // The arguments are checked by the signature above; from here on nobody cares for their type.
  return new TestActor(definition as unknown as ActorDefinition<I, O, S, unknown, T, unknown>, setup ?? {});
}

function sendAll(channel: Channel<unknown>, messages: readonly unknown[]): void {
  const { name, capacity } = channel;
  const asked = channel.size + messages.length;
  if (asked > capacity) {
    const text = `channel "${name}" holds ${channel.size} of ${capacity} messages, and ${messages.length} more do not fit: let the actor take some first, or give the channel a greater capacity`;
    throw new HoldfastError('ERR_OVER_CAPACITY', text, { channel: name, capacity, asked });
  }
  for (const message of messages) {
    const sent = channel.trySend(message);
    if (sent.ok) continue;
    if (sent.reason === 'invalid')
      throw invalidMessage(name, { kind: 'invalid', issues: sent.issues, omitted: 0 }, message);
    throw closedForSender(name, message);
  }
}

function ofPort(
  messages: Readonly<Record<string, readonly unknown[]>>,
  kind: 'input' | 'output',
  port: string,
): readonly unknown[] {
  const found = Object.hasOwn(messages, port) ? messages[port] : undefined;
  if (found === undefined) throw unknownPort(kind, Object.keys(messages), port);
  return found;
}
