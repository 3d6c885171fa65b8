/**
 * Random networks of actors in all styles, under random faults, checked from their committed states alone.
 *
 * Every actor keeps in its state what it took, rejected and sent. What it does with a message is a pure function of the
 * actor and the message. So whatever the schedule, the faults and the dead letters were, afterwards:
 *
 * - for each channel: what its senders sent = what its consumer took + what became a dead letter, each once;
 * - for each actor: what it sent = the function applied to what it took, in that order;
 * - for each channel and sender: the order of taking is the order of sending.
 */
import {
  type ActorHandle,
  type Channel,
  type DeadLetter,
  type DegradationOptions,
  defineActor,
  Graph,
  type InputSpecs,
  input,
  output,
  type OutputSpecs,
} from 'holdfast';
import type {
  BatchContext,
  BatchOptions,
  Condition,
  DrainedContext,
  HandlerContext,
  Input,
  LoopContext,
  Output,
  SourceContext,
} from 'holdfast';
import { type Schedule, SeededRandom, Simulation } from 'holdfast/testing';
import { checkInvariants, Injected, leftovers, silent } from './support.ts';

export const HANDLER_STYLES = ['handler', 'handlerAsync', 'handlerEffect', 'batches', 'batchesAsync'] as const;
export const LOOP_STYLES = ['next', 'nextVacant', 'tryNext', 'batch', 'join', 'pause', 'commit'] as const;
export const SOURCE_STYLES = ['source', 'sourceAsync', 'loop', 'loopVacant', 'loopTry'] as const;

type LoopStyle = (typeof LOOP_STYLES)[number];

export interface NodePlan {
  readonly worker: (typeof HANDLER_STYLES)[number] | LoopStyle;
  readonly source: (typeof SOURCE_STYLES)[number];
}

export interface ChannelPlan {
  readonly capacity: number;
  readonly consumer: number;
  readonly producers: readonly number[];
}

export interface NetworkPlan {
  readonly seed: number;
  readonly schedule: Schedule;
  /** Watched at every crash point, where actors are killed too. Unwatched commits may take a shorter way. */
  readonly probed: boolean;
  readonly nodes: readonly NodePlan[];
  readonly channels: readonly ChannelPlan[];
  /** Messages of each source. */
  readonly messages: number;
  /** Faults in the whole run; after them everything must come to rest. */
  readonly faults: number;
  readonly showstopperAfter: number;
  /** Slices after which a shutdown is requested; undefined: never. */
  readonly stopAfter: number | undefined;
  /** Further slices after which it is forced; undefined: never. */
  readonly forceAfter: number | undefined;
  /** Channels take fewer and more messages at random moments, as in a degraded graph. */
  readonly resized: boolean;
  /** Nodes that are optional, in a graph that degrades and recovers at random moments; undefined: it never does. */
  readonly optional: readonly number[] | undefined;
  /** Nodes that never come back once they have failed. */
  readonly temporary: readonly number[];
  /** Capacity of a channel that dead letters go into, where a sink reads them; undefined: they are kept in the store. */
  readonly lettersCapacity: number | undefined;
}

interface Message {
  readonly id: string;
  readonly from: number;
  readonly seq: number;
}

/** What an actor remembers of what it did; restored with every roll back. */
interface Memory {
  emitted: number;
  /** Channel and message of each take, in order; rejected ones with a `!` before the channel. */
  log: [channel: string, id: string, from: number, seq: number][];
  sent: Record<string, string[]>;
}

type AnyLoop = LoopContext<InputSpecs, OutputSpecs, Memory, undefined>;
type AnyBatch = BatchContext<OutputSpecs, Memory, undefined>;
type AnyTurn =
  | AnyLoop
  | AnyBatch
  | DrainedContext<OutputSpecs, Memory, undefined>
  | HandlerContext<OutputSpecs, Memory, undefined>
  | SourceContext<OutputSpecs, Memory, undefined>;

const FAULT_RATE = 0.04;
/** The longest honest run takes some hundreds; one that takes so many never comes to rest. */
const SLICES_MAX = 4_000;

function hash(...parts: readonly (string | number)[]): number {
  let mixed = 0x811c9dc5;
  for (const char of parts.join('/')) mixed = Math.imul(mixed ^ char.charCodeAt(0), 0x01000193) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 0;
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

/** The pure part of an actor: how often it passes a message on to a channel. Mostly once, so that networks carry work. */
function copies(node: number, id: string, channel: number, capacity: number): number {
  return Math.min([1, 1, 1, 0, 2][hash(node, id, channel) % 5] as number, capacity);
}

function isLoopStyle(style: NodePlan['worker']): style is LoopStyle {
  return LOOP_STYLES.some((known) => known === style);
}

function isRejected(node: number, id: string): boolean {
  return hash('reject', node, id) % 19 === 0;
}

export class Network {
  readonly sim: Simulation;
  readonly graph: Graph;
  readonly #plan: NetworkPlan;
  readonly #random: SeededRandom;
  readonly #channels: Channel<Message>[] = [];
  readonly #handles: ActorHandle<InputSpecs>[] = [];
  readonly #identities = new Map<string, string>();
  readonly #used = new Set<string>();
  #faultsLeft: number;
  faultsMade = 0;
  hangs = 0;
  readonly #lettersRead: DeadLetter[] = [];
  /** Commits that had to wait for room; counted where the network is probed. */
  waits = 0;
  /** Set inside user code when something is observed that must never be. */
  readonly violations: string[] = [];

  constructor(plan: NetworkPlan) {
    this.#plan = plan;
    this.#faultsLeft = plan.faults;
    this.#random = new SeededRandom(plan.seed ^ 0xfa017);
    this.sim = new Simulation({ seed: plan.seed, schedule: plan.schedule ? 'random' : 'fair' });
    this.graph = new Graph({
      name: 'network',
      log: silent,
      ports: { ...this.sim.ports, scheduler: this.#watchedScheduler() },
      deadLetters: { capacity: 100_000 },
      ...(plan.optional === undefined ? {} : { degradation: this.#degradation() }),
      actorDefaults: { maxRestarts: Infinity, showstopperAfter: plan.showstopperAfter, turnTimeoutMs: 50 },
    });
    // In half of the networks whoever rests goes to sleep as soon as somebody else wakes.
    if (plan.seed % 2 === 1) this.graph.setAwakeMax(0, 0);
    this.#build();
    if (!plan.probed) return;
    this.graph.setProbe((point, actor) => {
      checkInvariants(this.graph);
      if (point === 'commit:waitForRoom') this.waits += 1;
      if (point.includes(':') || point === 'restart') this.#maybeKill(Number(actor.slice(1)));
    });
  }

  /** Runs until everything has ended. @returns what is wrong with the outcome. */
  async run(): Promise<string[]> {
    // In a process, because only that offers to force a shutdown.
    const ran = this.graph.run().then(
      () => undefined,
      (error: unknown) => error,
    );
    const error = await this.sim.runUntil(ran).catch((stuck: unknown) => stuck);
    const problems = [...this.violations];
    if (error instanceof Error && !this.#mayEndSo(error)) {
      problems.push(`ended by: ${error.message}`);
      for (const { name, phase } of this.graph.snapshot().actors) problems.push(`${name} ${phase}`);
    }
    problems.push(...leftovers(this.graph, this.sim), ...this.#audit());
    if (this.sim.host.listeners > 0) problems.push(`${this.sim.host.listeners} listeners on the process`);
    return problems;
  }

  #mayEndSo(error: Error): boolean {
    return this.#plan.forceAfter !== undefined && 'code' in error && error.code === 'ERR_STOPPED_UNCLEANLY';
  }

  get lettersRead(): number {
    return this.#lettersRead.length;
  }

  // --- Building -----------------------------------------------------------------------------------------------------

  /** The channel is no part of the plan, and comes after those that are. */
  #routeLetters(capacity: number): void {
    const letters = this.graph.channel<DeadLetter>('letters', { capacity });
    this.graph.deadLetters.route(letters);
    this.graph.sink('letters', letters, async (letter) => {
      await Promise.resolve();
      this.#lettersRead.push(letter);
    });
  }

  #build(): void {
    const { nodes, channels } = this.#plan;
    const made = channels.map(({ capacity }, index) => this.graph.channel<Message>(`c${index}`, { capacity }));
    this.#channels.push(...made);
    if (this.#plan.lettersCapacity !== undefined) this.#routeLetters(this.#plan.lettersCapacity);
    for (const [node, plan] of nodes.entries()) {
      const reads = channels.flatMap(({ consumer }, index) => (consumer === node ? [index] : []));
      const writes = channels.flatMap(({ producers }, index) => (producers.includes(node) ? [index] : []));
      const inputs = Object.fromEntries(reads.map((index) => [`i${index}`, input<Message>()]));
      const outputs = Object.fromEntries(writes.map((index) => [`o${index}`, output<Message>()]));
      const wiring = Object.fromEntries([
        ...reads.map((index) => [`i${index}`, made[index]] as const),
        ...writes.map((index) => [`o${index}`, made[index]] as const),
      ]);
      const state = (): Memory => ({
        emitted: 0,
        log: [],
        sent: Object.fromEntries(writes.map((index) => [`c${index}`, []])),
      });
      const shared = { inputs, outputs, state };
      const definition =
        reads.length === 0
          ? this.#sourceOf(node, writes, plan.source, { outputs, state })
          : this.#workerOf(node, { reads, writes }, plan.worker, shared);
      const restart = this.#plan.temporary.includes(node) ? 'temporary' : 'permanent';
      const optional = this.#plan.optional?.includes(node) === true;
      const isolate = hash(this.#plan.seed, 'isolate', node) % 2 === 0;
      // Ports are named at run time, so the wiring has no types to check.
      const options = { restart, optional, isolate } as never;
      this.#handles.push(this.graph.actor(`n${node}`, definition as never, wiring as never, options));
    }
  }

  #sourceOf(
    node: number,
    writes: readonly number[],
    style: NodePlan['source'],
    shared: { outputs: OutputSpecs; state: () => Memory },
  ): unknown {
    const { messages } = this.#plan;
    const emit = (ctx: AnyTurn): boolean => {
      if (ctx.state.emitted >= messages) return false;
      this.#maybeFail(ctx);
      const id = `${node}.${ctx.state.emitted}`;
      this.#pass(ctx, node, writes, id);
      ctx.state.emitted += 1;
      this.#maybeFail(ctx);
      return ctx.state.emitted < messages;
    };
    const loop = async (ctx: AnyLoop): Promise<void> => {
      const { running, next, tryNext, all, commit } = ctx;
      const outputs = ctx.outputs as Record<string, Output<Message>>;
      const room = all(...Object.values(outputs).map((end) => end.vacant(Math.min(2, end.capacity))));
      while (running()) {
        if (style === 'loopVacant') await next(room);
        else if (style === 'loopTry') void (tryNext(room) ?? (await next(room)));
        if (!emit(ctx)) break;
        if (style === 'loop') await commit();
      }
    };
    switch (style) {
      case 'source':
        return defineActor({ ...shared, source: (ctx) => (emit(ctx) ? 'more' : 'done') });
      case 'sourceAsync':
        return defineActor({
          ...shared,
          source: async (ctx) => {
            await this.#maybeHang(ctx);
            const more = emit(ctx);
            await ctx.effect('nothing', () => undefined);
            return more ? 'more' : 'done';
          },
        });
      case 'loop':
      case 'loopVacant':
      case 'loopTry':
        return defineActor({ ...shared, run: (ctx) => loop(ctx as AnyLoop) });
    }
  }

  #workerOf(
    node: number,
    { reads, writes }: { reads: readonly number[]; writes: readonly number[] },
    style: NodePlan['worker'],
    shared: { inputs: InputSpecs; outputs: OutputSpecs; state: () => Memory },
  ): unknown {
    const handle = (
      ctx: AnyTurn,
      channel: number,
      message: Message,
      reject: (reason: string) => void,
      messageId: string | undefined = ctx.messageId,
    ): void => {
      this.#identify(`c${channel} from ${message.from} ${message.seq}`, messageId);
      this.#maybeFail(ctx);
      const refused = isRejected(node, message.id);
      ctx.state.log.push([`${refused ? '!' : ''}c${channel}`, message.id, message.from, message.seq]);
      if (refused) reject('as planned');
      else this.#pass(ctx, node, writes, message.id);
      this.#maybeFail(ctx);
    };
    const on = (
      run: (message: Message, ctx: HandlerContext<OutputSpecs, Memory, undefined>, channel: number) => unknown,
    ) =>
      defineActor({
        ...shared,
        on: Object.fromEntries(
          reads.map((channel) => [
            `i${channel}`,
            (message: Message, ctx: HandlerContext<OutputSpecs, Memory, undefined>) =>
              run(message, ctx, channel) as void,
          ]),
        ),
        onDrained: (ctx) => this.#maybeFail(ctx),
      });
    if (isLoopStyle(style)) {
      const run = (ctx: unknown): Promise<void> => this.#loop(ctx as AnyLoop, style, { reads, writes }, handle);
      return defineActor({ ...shared, run });
    }
    const handleBatch = (ctx: AnyBatch, channel: number, batch: readonly Message[]): void => {
      const ids = ctx.messageIds;
      batch.forEach((message, at) => handle(ctx, channel, message, (reason) => ctx.reject(at, reason), ids[at]));
    };
    switch (style) {
      case 'batches':
        return this.#batches(shared, { reads, writes }, handleBatch);
      case 'batchesAsync':
        return this.#batches(shared, { reads, writes }, async (ctx, channel, batch) => {
          await ctx.effect('first', () => Promise.resolve());
          handleBatch(ctx, channel, batch);
          await this.#maybeHang(ctx);
        });
      case 'handler':
        return on((message, ctx, channel) => handle(ctx, channel, message, ctx.reject));
      case 'handlerAsync':
        return on(async (message, ctx, channel) => {
          if (hash(message.id) % 2 === 0) await this.#maybeHang(ctx);
          handle(ctx, channel, message, ctx.reject);
          await Promise.resolve();
        });
      case 'handlerEffect':
        return on(async (message, ctx, channel) => {
          await ctx.effect('first', async () => undefined);
          handle(ctx, channel, message, ctx.reject);
          await this.#maybeHang(ctx);
          if (hash(message.id) % 3 === 0) await ctx.effect('second', () => Promise.resolve());
        });
    }
  }

  #batches(
    shared: { outputs: OutputSpecs; state: () => Memory },
    { reads, writes }: { reads: readonly number[]; writes: readonly number[] },
    run: (ctx: AnyBatch, channel: number, batch: readonly Message[]) => unknown,
  ): unknown {
    const { seed, channels } = this.#plan;
    // A wait for nothing but full batches would have to be planned for: where one sender fills two of them, both wait.
    const batchOf = (channel: number): BatchOptions => ({
      size: Math.min(this.#turnsOf(writes), (channels[channel] as ChannelPlan).capacity),
      timeoutMs: [0, 1, 20][hash(seed, 'batch', channel) % 3] as number,
    });
    return defineActor({
      ...shared,
      inputs: Object.fromEntries(
        reads.map((channel) => [`i${channel}`, input<Message>({ batch: batchOf(channel) })] as const),
      ),
      on: Object.fromEntries(
        reads.map((channel) => [
          `i${channel}`,
          (batch: readonly Message[], ctx: AnyBatch) => run(ctx, channel, batch) as void,
        ]),
      ),
      onDrained: (ctx) => this.#maybeFail(ctx),
    });
  }

  async #loop(
    ctx: AnyLoop,
    style: LoopStyle,
    { reads, writes }: { reads: readonly number[]; writes: readonly number[] },
    handle: (ctx: AnyTurn, channel: number, message: Message, reject: (reason: string) => void) => void,
  ): Promise<void> {
    const { running, next, tryNext, pause, commit, any, all } = ctx;
    const ends = reads.map((channel) => ({ channel, end: ctx.inputs[`i${channel}`] as Input<Message> }));
    const outs = writes.map((channel) => ctx.outputs[`o${channel}`] as Output<Message>);
    const some = any(...ends.map(({ end }) => end.avail()));
    const several = any(...ends.map(({ end }) => end.avail(Math.min(end.capacity, 1 + this.#turnsOf(writes)))));
    const takeFrom = (channel: number, end: Input<Message>): boolean => {
      if (hash(this.#plan.seed, channel, end.size) % 3 === 0) end.peek();
      const message = end.take();
      if (message === undefined) return false;
      handle(ctx, channel, message, (reason) => end.reject(reason));
      return true;
    };
    const takeOne = (): boolean => ends.some(({ channel, end }) => takeFrom(channel, end));
    const wait = async (condition: Condition): Promise<void> => void (await next(condition));
    while (running()) {
      switch (style) {
        case 'next':
          await wait(some);
          takeOne();
          break;
        case 'nextVacant':
          await wait(all(some, ...outs.map((end) => end.vacant())));
          takeOne();
          break;
        case 'tryNext':
          void (tryNext(some) ?? (await next(some)));
          takeOne();
          break;
        case 'join':
          // Not all(...): a join of two channels that one sender fills unevenly is a deadlock of its author's making.
          await wait(some);
          for (const { channel, end } of ends.filter(({ end }) => !end.isEmpty()).slice(0, this.#turnsOf(writes))) {
            takeFrom(channel, end);
          }
          break;
        case 'batch':
          await wait(several);
          for (let left = this.#turnsOf(writes); left > 0 && takeOne(); left -= 1);
          break;
        case 'pause':
          await wait(some);
          takeOne();
          if (this.#turnsOf(writes) > 1) {
            await pause(any(...ends.map(({ end }) => end.avail()), ctx.after(3)));
            takeOne();
          }
          await this.#maybeHang(ctx);
          break;
        case 'commit':
          await wait(some);
          takeOne();
          await commit();
          break;
      }
    }
    this.#maybeFail(ctx);
  }

  /** How many messages a turn may take so that what it sends fits every output even if all are passed on twice. */
  #turnsOf(writes: readonly number[]): number {
    const capacities = writes.map((channel) => (this.#plan.channels[channel] as ChannelPlan).capacity);
    return Math.max(1, Math.floor(Math.min(6, ...capacities) / 2));
  }

  #pass(ctx: AnyTurn, node: number, writes: readonly number[], id: string): void {
    const { sent } = ctx.state;
    for (const channel of writes) {
      const list = sent[`c${channel}`] as string[];
      const count = copies(node, id, channel, (this.#plan.channels[channel] as ChannelPlan).capacity);
      for (let copy = 0; copy < count; copy += 1) {
        const passedOn = `${id}>${node}${copy > 0 ? `#${copy}` : ''}`;
        (ctx.outputs[`o${channel}`] as Output<Message>).send({ id: passedOn, from: node, seq: list.length });
        list.push(passedOn);
        this.#maybeFail(ctx);
      }
    }
  }

  /** A message keeps its identity over all attempts, and shares it with none. */
  #identify(message: string, messageId: string | undefined): void {
    const known = this.#identities.get(message);
    if (known === undefined && messageId !== undefined && !this.#used.has(messageId)) {
      this.#identities.set(message, messageId);
      this.#used.add(messageId);
    } else if (known !== messageId) this.violations.push(`${message} was ${known} and is ${messageId}`);
  }

  // --- Faults -------------------------------------------------------------------------------------------------------

  #isFault(): boolean {
    if (this.#faultsLeft <= 0 || this.#random.next() >= FAULT_RATE) return false;
    this.#faultsLeft -= 1;
    this.faultsMade += 1;
    return true;
  }

  #maybeFail(ctx: AnyTurn): void {
    if (!this.#isFault()) return;
    switch (this.#random.integer(6)) {
      case 0:
      case 1:
        throw new Injected('in user code');
      case 2:
        return ctx.rollback();
      case 3:
        return this.#poison(ctx);
      case 4:
        return ctx.exit();
      default:
        this.#killSomebody();
    }
  }

  /** The turn never ends by itself. Once it is abandoned, what it left behind tries to act, and must not be able to. */
  async #maybeHang(ctx: AnyTurn): Promise<void> {
    if (!this.#isFault()) return;
    this.hangs += 1;
    try {
      await ctx.effect('hanging', () => new Promise<never>(() => undefined));
      this.violations.push('an effect that never ends has ended');
    } catch (error) {
      ctx.state.emitted += 1_000;
      const attempts: (() => unknown)[] = Object.values(ctx.outputs as Record<string, Output<Message>>).map(
        (end) => () => end.send({ id: 'leaked', from: -1, seq: -1 }),
      );
      attempts.push(
        ctx.exit,
        () => ctx.requestShutdown(),
        () => ctx.effect('leaked', () => undefined),
      );
      for (const attempt of attempts) {
        try {
          await attempt();
          this.violations.push('a dead turn could act');
        } catch {
          // as it must
        }
      }
      throw error;
    }
  }

  /** A context call fails, and the user's code makes nothing of it: the turn must not commit. */
  #poison(ctx: AnyTurn): void {
    ctx.state.emitted += 1_000; // the audit finds it, if ever it is committed
    const end = Object.values(ctx.outputs as Record<string, Output<unknown>>)[0];
    if (end === undefined) throw new Injected('no output to misuse');
    try {
      end.send(undefined);
      this.violations.push('undefined was sent');
    } catch {
      // as the user's code might
    }
  }

  #killSomebody(): void {
    this.#handles[this.#random.integer(this.#handles.length)]?.kill('by the attack');
  }

  #maybeKill(node: number): void {
    if (!this.#isFault()) return;
    if (this.#random.integer(2) === 0) this.#handles[node]?.kill('by the attack');
    else this.#killSomebody();
  }

  /** Shutdowns come between two slices, as signals and outside calls do. */
  #watchedScheduler(): Simulation['scheduler'] {
    const { clock, scheduler, host } = this.sim;
    const { stopAfter, forceAfter, optional, resized, seed } = this.#plan;
    const random = new SeededRandom(seed ^ 0x512e5);
    let slices = 0;
    const tick = (): void => {
      slices += 1;
      // Time passes between slices, so that checks come between them as well, and not only when all is at rest.
      if (optional !== undefined && random.integer(3) === 0) clock.fireNext(clock.nowMs() + 1);
      if (resized && random.integer(3) === 0) {
        const channel = this.#channels[random.integer(this.#channels.length)] as Channel<Message>;
        channel.ring().setLimit(random.integer(channel.capacity + 1));
      }
      if (slices === stopAfter) host.signal('SIGTERM');
      if (forceAfter !== undefined && stopAfter !== undefined && slices === stopAfter + forceAfter) {
        host.signal('SIGTERM');
      }
    };
    const watched = {
      pick: scheduler.pick,
      afterEventLoop: (task: () => void): void => scheduler.afterEventLoop(task),
      afterMicrotasks: (task: () => void): void =>
        scheduler.afterMicrotasks(() => {
          tick();
          if (!this.#plan.probed) checkInvariants(this.graph);
          if (slices < SLICES_MAX) task();
          else if (slices === SLICES_MAX) this.violations.push('it spins');
        }),
    };
    return watched as Simulation['scheduler'];
  }

  /** Levels with every reaction, to which the graph goes and from which it comes at random, for a while. */
  #degradation(): DegradationOptions {
    const random = new SeededRandom(this.#plan.seed ^ 0xde64ade);
    let asked = 0;
    const level = (name: string, reactions: object) => {
      const trigger = (): boolean => {
        asked += 1;
        return asked < 120 && random.integer(4) === 0;
      };
      return { name, when: { custom: { [`to ${name}`]: trigger } }, ...reactions };
    };
    return {
      levels: [
        level('pause', { pauseOptional: true }),
        level('slow', { sourceDelayMs: 2, capacityFactor: 0.5 }),
        level('all', { pauseOptional: true, sourceDelayMs: 1, capacityFactor: 0.1 }),
      ],
      checkEveryMs: 1,
      recover: { afterMs: 1 },
    };
  }

  // --- The model ----------------------------------------------------------------------------------------------------

  /** All dead letters about messages: in the store, read by the sink, or left in the channel between, as payloads. */
  #deadLetters(): DeadLetter[] {
    const kept = this.graph.deadLetters.list();
    return [
      ...this.#lettersRead,
      ...kept.map((letter) => (letter.channel === 'letters' ? (letter.payload as DeadLetter) : letter)),
    ];
  }

  #audit(): string[] {
    const { channels, nodes } = this.#plan;
    const snapshot = this.graph.snapshot();
    const memories = snapshot.actors.map(({ state }) => state as Memory);
    const dead = this.#deadLetters();
    const problems: string[] = [];
    for (const [index, { producers, consumer }] of channels.entries()) {
      const name = `c${index}`;
      const sent = producers.flatMap((node) => memories[node]?.sent[name] ?? []);
      const log = memories[consumer]?.log ?? [];
      const taken = log.filter(([channel]) => channel === name).map(([, id]) => id);
      const rejected = log.filter(([channel]) => channel === `!${name}`).map(([, id]) => id);
      const letters = dead.filter(({ channel }) => channel === name);
      const idOf = (letter: (typeof letters)[number]): string => (letter.payload as Message).id;
      const others = letters.filter(({ reason }) => reason !== 'rejected').map(idOf);
      problems.push(
        ...difference(`${name} rejected`, rejected, letters.filter(({ reason }) => reason === 'rejected').map(idOf)),
        ...difference(name, sent, [...taken, ...rejected, ...others]),
        ...disorder(
          name,
          log.filter(([channel]) => channel === name || channel === `!${name}`),
        ),
      );
      const counted = snapshot.channels[index];
      const letterCount = rejected.length + others.length;
      if (counted?.sent !== sent.length || counted.taken !== taken.length || counted.deadLettered !== letterCount) {
        problems.push(
          `${name}: counters ${JSON.stringify(counted)}, model ${sent.length}/${taken.length}/${letterCount}`,
        );
      }
    }
    for (const [node] of nodes.entries()) problems.push(...this.#auditNode(node, memories[node]));
    return problems;
  }

  /** What the node sent must follow from what it took. */
  #auditNode(node: number, memory: Memory | undefined): string[] {
    // A handler that nobody ever wrote to has no state yet.
    if (memory?.sent === undefined) return [];
    const { channels, messages, stopAfter, temporary } = this.#plan;
    const isSource = channels.every(({ consumer }) => consumer !== node);
    const ids = isSource
      ? Array.from({ length: memory.emitted }, (_, count) => `${node}.${count}`)
      : memory.log.filter(([channel]) => !channel.startsWith('!')).map(([, id]) => id);
    const problems: string[] = [];
    if (memory.emitted > (isSource ? messages : 0)) problems.push(`n${node} committed a turn that was spoilt`);
    if (isSource && stopAfter === undefined && !temporary.includes(node) && memory.emitted !== messages) {
      problems.push(`n${node} emitted ${memory.emitted} of ${messages}`);
    }
    for (const [index, { producers, capacity }] of channels.entries()) {
      if (!producers.includes(node)) continue;
      const expected = ids.flatMap((id) =>
        Array.from(
          { length: copies(node, id, index, capacity) },
          (_, copy) => `${id}>${node}${copy > 0 ? `#${copy}` : ''}`,
        ),
      );
      if (expected.join() !== memory.sent[`c${index}`]?.join()) {
        problems.push(`n${node} sent ${memory.sent[`c${index}`]?.join()} to c${index}, model: ${expected.join()}`);
      }
    }
    return problems;
  }
}

/** Two lists that must hold the same, in any order. */
export function difference(what: string, expected: readonly string[], found: readonly string[]): string[] {
  const count = new Map<string, number>();
  for (const id of expected) count.set(id, (count.get(id) ?? 0) + 1);
  for (const id of found) count.set(id, (count.get(id) ?? 0) - 1);
  return [...count].flatMap(([id, left]) => {
    if (left === 0) return [];
    return [`${what}: ${id} ${left > 0 ? 'lost' : 'doubled or made up'}`];
  });
}

function disorder(what: string, log: readonly Memory['log'][number][]): string[] {
  const last = new Map<number, number>();
  return log.flatMap(([, id, from, seq]) => {
    const before = last.get(from) ?? -1;
    last.set(from, seq);
    return seq > before ? [] : [`${what}: ${id} (${seq}) after ${before} of the same sender`];
  });
}
