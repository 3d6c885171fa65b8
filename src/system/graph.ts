import type { ActorDefinition, InputSpecs, OutputSpecs } from '../actor/definition.ts';
import type { ActorRef, MailboxOf } from '../actor/actor-ref.ts';
import type { ChildArguments } from '../actor/family.ts';
import type { TableSpecs } from '../actor/table.ts';
import { actorSettings, type BackoffOptions } from '../actor/settings.ts';
import type { Probe } from '../actor/runtime.ts';
import { HoldfastError } from '../base/errors.ts';
import { checkInteger, checkKnownKeys, checkName, checkNumber, checkObject, invalidOption } from '../base/options.ts';
import type { ActorHandle, SpawnedActor } from './actor-cell.ts';
import { Actors } from './actors.ts';
import { type Bundle, Channel, type ChannelOptions, channelSettings } from './channel.ts';
import { DeadLetters } from './dead-letters.ts';
import type { DynamicSupervisorRef } from './dynamic-supervisor.ts';
import { Degradation, type DegradationStatus, NOT_DEGRADED } from './degradation.ts';
import type { Edge } from './edge.ts';
import type { GraphListener } from './event-bus.ts';
import { Feed, type FeedSource } from './feed.ts';
import { GraphCore } from './graph-core.ts';
import { type GraphOptions, type GraphSettings, graphSettings } from './graph-options.ts';
import type { PoolRef, WorkerInputs } from './pool-cell.ts';
import type { PoolOptions } from './pool-options.ts';
import { ProcessGroups } from './process-groups.ts';
import type { Backstage, SinkTarget } from './rehearsal.ts';
import { runInProcess } from './run-in-process.ts';
import { Shutdown } from './shutdown.ts';
import { SupervisorNode } from './supervisor-node.ts';
import { type DynamicSupervisorOptions, SUPERVISOR_DEFAULTS, type SupervisorOptions } from './supervisor-options.ts';
import { type Supervised, type SupervisorBuilder, TreeBuilder } from './tree-builder.ts';
import { StrayErrors } from './stray-errors.ts';
import { FunctionSink, type SinkFunction } from './sink.ts';
import type { ActorPlacement } from './placement.ts';
import { type GraphSnapshot, type GraphStatus, type SnapshotOptions, snapshotOf } from './snapshot.ts';
import {
  type ChannelGiving,
  type ChannelTaking,
  duplicateName,
  type SpawnArguments,
  untyped,
  type Wiring,
} from './wiring.ts';
import { WritableSink, type WritableTarget } from './writable-sink.ts';

/** The options of a bundle: those of a channel, for each lane. */
export interface BundleOptions<Out = unknown, In = Out> extends ChannelOptions<Out, In> {
  /** How many channels: an integer of 1 or more. No default. */
  readonly lanes: number;
}

/** Options of `graph.sink`. The first two are for functions, the last is for streams. */
export interface SinkOptions {
  /** Failed writes after which a message becomes a dead letter. Default: that of the graph's actors, 3. */
  readonly showstopperAfter?: number;
  /** Delays between the writes of a message that fails. Default: as for the graph's actors. */
  readonly retryBackoff?: BackoffOptions;
  /** End the stream with the channel. Default true; say false for `process.stdout`. */
  readonly end?: boolean;
}

/**
 * A set of actors and the channels between them: built, started once, stopped once.
 *
 * Nothing outside the graph changes before {@link Graph.run}, which alone touches the process.
 */
export class Graph {
  /** As given; it is in log lines and errors. */
  readonly name: string;
  /** What nobody will handle. */
  readonly deadLetters: DeadLetters;
  /** Process groups: sets of actors by name. */
  readonly groups: ProcessGroups;
  readonly #settings: GraphSettings;
  readonly #core: GraphCore;
  readonly #shutdown: Shutdown;
  readonly #channels = new Map<string, Channel<unknown>>();
  readonly #root: SupervisorNode;
  readonly #actors: Actors;
  readonly #builder: TreeBuilder;
  readonly #edges = new Map<string, Edge>();
  readonly #degradation: Degradation | undefined;

  /**
   * Makes an empty graph.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`.
   */
  constructor(options: GraphOptions) {
    this.#settings = graphSettings(options);
    this.name = this.#settings.name;
    this.#core = new GraphCore(this.#settings, {
      actorBegan: (actor) => this.#shutdown.actorBegan(actor),
      requestShutdown: (reason, actor) => this.#shutdown.actorAsks(actor, reason),
      actorEnded: (actor) => this.#shutdown.actorEnded(actor),
      giveUp: (error) => this.#shutdown.giveUp(error),
      failed: (error) => this.#shutdown.failed(error),
    });
    const { actorDefaults, degradation, name, ports } = this.#settings;
    this.#root = new SupervisorNode(
      this.#core,
      {
        isRoot: true,
        policy: undefined,
        owner: undefined,
        keepsPlaces: false,
        givesUp: (error) => this.#shutdown.giveUp(error),
        ended: () => this.#shutdown.rootEnded(),
      },
      { name, id: name, actorDefaults },
      // No limit for all of them together: the parts of a graph need not have anything to do with each other.
      { ...SUPERVISOR_DEFAULTS, maxRestarts: Infinity },
    );
    this.#actors = new Actors({
      core: this.#core,
      channels: this.#channels,
      hasStarted: () => this.status !== 'building',
    });
    const { cells } = this.#actors;
    const site = {
      core: this.#core,
      actors: this.#actors,
      mustBeBuilding: (api: string) => this.#mustBeBuilding(api),
      mustBeFree: (free: string) => this.#mustBeFree(free),
    };
    this.#builder = new TreeBuilder(site, this.#root);
    const parts = { host: ports.host, channels: this.#channels, cells, edges: this.#edges };
    if (degradation !== undefined) this.#degradation = new Degradation(this.#core, degradation, parts);
    this.#shutdown = new Shutdown(this.#core, {
      timeoutMs: this.#settings.shutdownTimeoutMs,
      graceMs: this.#settings.shutdownGraceMs,
      barrier: this.#settings.shutdownBarrier,
      root: this.#root,
      goneFaults: this.#actors.faults,
      degradation: this.#degradation,
      ...parts,
    });
    this.groups = new ProcessGroups(this.#core);
    this.deadLetters = new DeadLetters(this.#core, {
      channelNamed: (name) => this.#actors.channelNamed(name),
      mustBeBuilding: (api) => this.#mustBeBuilding(api),
    });
    this.#core.rehearsal?.graphMade(this);
  }

  /** Where the graph is between its making and its stop. */
  get status(): GraphStatus {
    return this.#shutdown.status;
  }

  /** How degraded it is at the moment: to shed load where it comes in, for example. */
  get degradation(): DegradationStatus {
    return this.#degradation?.status ?? NOT_DEGRADED;
  }

  // --- Building -----------------------------------------------------------------------------------------------------

  /**
   * Adds a channel.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`, `ERR_DUPLICATE_NAME`, `ERR_GRAPH_STATUS` (after the start).
   */
  channel<Out, In = Out>(name: string, options: ChannelOptions<Out, In>): Channel<Out, In> {
    this.#mustBeBuilding('channel');
    checkKnownKeys(`channel "${name}"`, options, ['capacity', 'maxWaiting', 'schema']);
    if (this.#actors.ownInputNamed(checkName('channel name', name)) !== undefined) throw duplicateName('channel', name);
    return this.#addChannel(name, options);
  }

  /**
   * Adds the channels of a bundle, named `name[0]`, `name[1]` and so on. Each is a channel like any other: it may be wired to
   * an ordinary port, or be part of another bundle.
   *
   * @throws HoldfastError as {@link Graph.channel}; then none of them is added.
   */
  bundle<Out, In = Out>(name: string, options: BundleOptions<Out, In>): Bundle<Out, In> {
    checkObject(`bundle "${checkName('bundle name', name)}"`, options);
    const { lanes, ...each } = options;
    checkInteger(`lanes of bundle "${name}"`, lanes, 1);
    const names = Array.from({ length: lanes }, (_, lane) => `${name}[${lane}]`);
    for (const lane of names) if (this.#channels.has(lane)) throw duplicateName('channel', lane);
    return Object.freeze(names.map((lane) => this.channel<Out, In>(lane, each)));
  }

  /**
   * Places an actor: gives a definition a name, channels and options.
   *
   * @throws HoldfastError `ERR_WIRING` when a port is missing, unknown or wired twice; `ERR_OVER_CAPACITY` when a channel
   * cannot hold a batch; `ERR_SCHEMA` when the arguments do not fit theirs; `ERR_INVALID_OPTION`, `ERR_DUPLICATE_NAME`,
   * `ERR_GRAPH_STATUS`.
   */
  actor<I extends InputSpecs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    name: string,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    wiring: NoInfer<Wiring<I, O>>,
    ...[placement]: undefined extends Given
      ? [placement?: ActorPlacement<Given, NoInfer<S>, NoInfer<T>, NoInfer<I>, NoInfer<O>>]
      : [placement: ActorPlacement<Given, NoInfer<S>, NoInfer<T>, NoInfer<I>, NoInfer<O>>]
  ): ActorHandle<I, O> {
    return this.#builder.place('actor', name, definition, wiring, placement);
  }

  /**
   * Places an actor that others send to: as {@link Graph.actor}, and the answer is its ref. The mailbox is the input named
   * `mailbox`. Where it is not wired, it is open until the graph stops. Without a mailbox the ref takes nothing.
   *
   * @param wiring - May be left out where no port has to be wired.
   *
   * @throws HoldfastError as {@link Graph.actor}.
   */
  spawn<I extends InputSpecs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    name: string,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    ...[wiring, placement]: SpawnArguments<NoInfer<I>, NoInfer<O>, NoInfer<S>, NoInfer<T>, NoInfer<Given>>
  ): SpawnedActor<I, O> {
    return this.#builder.place('spawn', name, definition, wiring ?? {}, placement);
  }

  /**
   * Places a supervisor: it starts its children in the order in which `build` places them, restarts them as its strategy and
   * their restart types say, and stops them in reverse. It is a child itself, and so stands under the graph's root or, placed
   * by a builder, under another supervisor, to any depth.
   *
   * @param build - Places the children. Called at once.
   *
   * @returns what `build` returns, and the supervisor.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`, `ERR_DUPLICATE_NAME`, `ERR_GRAPH_STATUS`, and what `build` throws; then nothing
   * of it has been placed.
   */
  supervisor<R>(name: string, options: SupervisorOptions, build: (supervisor: SupervisorBuilder) => R): Supervised<R> {
    return this.#builder.supervisor(name, options, build);
  }

  /**
   * Places a supervisor whose children come and go while the graph runs, all of them made of one template.
   *
   * @param definition - Of each child; its arguments are given where a child is started.
   * @param wiring - Of each child, and after it the options of each child, without arguments. Inputs cannot be wired: a channel
   * has one reader.
   *
   * @throws HoldfastError as {@link Graph.actor}.
   */
  dynamicSupervisor<I extends InputSpecs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    name: string,
    options: DynamicSupervisorOptions,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    ...[wiring, placement]: SpawnArguments<NoInfer<I>, NoInfer<O>, NoInfer<S>, NoInfer<T>, undefined>
  ): DynamicSupervisorRef<I, Given, O> {
    return this.#builder.placeDynamic(name, options, definition, wiring, placement);
  }

  /**
   * Places a pool: workers of one definition behind one ref, which hands on each message to one of them when it has room for it. They
   * are named `name/0`, `name/1` and so on, and the pool supervises them.
   *
   * @param definition - Of each worker. It has a mailbox; what other inputs it has are its own.
   * @param wiring - Of the outputs of each worker, and after it the options of each worker, with arguments.
   *
   * @throws HoldfastError as {@link Graph.actor}; `ERR_WIRING` for workers without a mailbox.
   */
  pool<I extends WorkerInputs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    name: string,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    options: PoolOptions<MailboxOf<NoInfer<I>>>,
    ...[wiring, placement]: ChildArguments<NoInfer<O>, NoInfer<Given>>
  ): PoolRef<MailboxOf<I>> {
    return this.#builder.pool(name, definition, options, ...([wiring, placement] as never));
  }

  /**
   * The actor of that name, to send to: of `spawn`, of `actor`, or a child of any supervisor by its path. `undefined` where
   * there is none, or where it has ended and does not come back by itself. Erlang calls that `whereis`.
   *
   * @typeParam M - What may be sent to it: nobody checks that.
   */
  whereIs<M = never>(name: string): ActorRef<M> | undefined {
    const cell = this.#actors.cells.get(name);
    // What it takes is for whoever names the type to know.
    return cell === undefined || cell.ended ? undefined : (cell.ref as ActorRef<M>);
  }

  /**
   * Fills a channel from an iterable, an async iterable or a Node readable stream, at the channel's pace. When the source
   * ends, the feed closes its end of the channel. When it fails, the graph drains and stops with `ERR_EDGE_FAILED`.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`, `ERR_DUPLICATE_NAME`, `ERR_GRAPH_STATUS`; `ERR_WIRING` for a channel that is
   * none of this graph's.
   */
  feed<T>(name: string, source: FeedSource<T>, to: ChannelTaking<T>): void {
    const channel = untyped(to);
    this.#mustBeBuilding('feed');
    this.#mustBeFree(checkName('feed name', name));
    this.#mustBeOurs('feed', name, channel);
    if (!isIterable(source))
      throw invalidOption(`source of feed "${name}"`, 'an iterable or an async iterable', source);
    channel.addProducer(name);
    const played = this.#core.rehearsal?.sourceOf(name, source) ?? source;
    this.#edges.set(name, new Feed(this.#core, this.#shutdown, name, channel, played));
  }

  /**
   * Drains a channel into a function or a Node writable stream. A message counts as taken when the function has returned
   * or its promise has resolved, or when the stream has called back for it. A message that a function fails to write
   * `showstopperAfter` times becomes a dead letter; a stream that fails stops the graph with `ERR_EDGE_FAILED`.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`, `ERR_DUPLICATE_NAME`, `ERR_GRAPH_STATUS`; `ERR_WIRING` for a channel that is
   * none of this graph's, or that somebody reads already.
   */
  sink<T>(
    name: string,
    from: ChannelGiving<T>,
    target: SinkFunction<T> | WritableTarget,
    options: SinkOptions = {},
  ): void {
    const channel = untyped(from);
    this.#mustBeBuilding('sink');
    this.#mustBeFree(checkName('sink name', name));
    checkKnownKeys(`sink "${name}"`, options, ['showstopperAfter', 'retryBackoff', 'end']);
    this.#mustBeOurs('sink', name, channel);
    if (typeof target !== 'function' && !isWritable(target)) {
      throw invalidOption(`target of sink "${name}"`, 'a function or a writable stream', target);
    }
    const played = this.#core.rehearsal?.targetOf(name, target as SinkTarget) ?? target;
    const { end = true, ...retries } = options;
    if (typeof end !== 'boolean') throw invalidOption('end', 'true or false', end);
    const settings = actorSettings(`sink "${name}"`, retries, this.#settings.actorDefaults);
    const edge =
      typeof played === 'function'
        ? new FunctionSink(this.#core, this.#shutdown, { name, channel, write: played, settings })
        : new WritableSink(this.#core, this.#shutdown, { name, channel, target: played, endTarget: end });
    channel.setConsumer(edge, name);
    this.#edges.set(name, edge);
  }

  // --- Life ---------------------------------------------------------------------------------------------------------

  /**
   * Starts all actors, feeds and sinks, in the order in which they were added.
   *
   * @throws HoldfastError `ERR_STATE_UNSUPPORTED`, `ERR_RESTORE`, `ERR_TABLE_FULL`; `ERR_SCHEMA`, `ERR_ASYNC_SCHEMA`,
   * `ERR_SCHEMA_THREW` for states; or what a definition's `state` or a table's `initial` throws; then nothing has started.
   * `ERR_GRAPH_STATUS` if it was started before.
   */
  start(): void {
    this.#mustBeBuilding('start');
    const { checked } = this.#actors;
    for (const cell of this.#root.ownActors()) {
      // The first actor of each definition shows whether its state can be rolled back; the others may sleep until needed,
      // unless they have something of their own that may be wrong.
      const { behaviour, tables } = cell.definition;
      const hasState = behaviour.makeState !== undefined || Object.keys(tables).length > 0;
      if (!cell.isRestored && (!hasState || checked.has(behaviour))) continue;
      checked.add(behaviour);
      cell.prepare();
    }
    this.#shutdown.started();
  }

  /**
   * Starts the graph as the process's main job: SIGINT and SIGTERM request a shutdown, a second one forces it. An error that
   * nothing caught is a failure of the actor that set it off, where `trackStray` can tell; else it stops the graph. Resolves
   * when it has stopped cleanly.
   *
   * @throws HoldfastError as {@link Graph.start} and {@link Graph.stopped}, or the error that nothing caught; the exit status
   * of the process is 1 then, and 128 plus the signal's number after a second signal.
   */
  run(): Promise<void> {
    const { ports } = this.#settings;
    const strays = new StrayErrors(this.#core, ports.asyncContext, this.#actors.cells);
    return runInProcess(
      this,
      ports,
      this.#core.log,
      strays,
      (reason) => this.#shutdown.force(reason),
      () => this.#core.recorder?.settled,
    );
  }

  /**
   * Asks the graph to stop: sources end, and what is under way is finished. Asking again does nothing.
   *
   * @param options - `party`: asks as one of the parties of the shutdown barrier, and does not stop the graph before the
   * others have asked. Without it the graph stops whoever else has asked.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION` when the barrier has named its parties and this is none of them.
   */
  requestShutdown(reason: string = 'requested', options: { readonly party?: string } = {}): void {
    checkKnownKeys('requestShutdown', options, ['party']);
    const { party } = options;
    if (party === undefined) this.#shutdown.request(reason);
    else if (this.#shutdown.ask(checkName('party', party), reason) === 'stranger') {
      throw invalidOption('party', 'one of the names in shutdownBarrier', party);
    }
  }

  /**
   * Resolves when the graph has stopped cleanly.
   *
   * @param options - `timeoutMs`: how long the drain may take from the request on, instead of `shutdownTimeoutMs`.
   *
   * @throws HoldfastError (the promise rejects) `ERR_STOPPED_UNCLEANLY` with what still ran, `ERR_RESTART_LIMIT`,
   * `ERR_START_FAILED`, `ERR_EDGE_FAILED`, `ERR_NOT_CONSERVED`, `ERR_DEFECT`. At once: `ERR_INVALID_OPTION`.
   */
  stopped(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    if (options.timeoutMs !== undefined)
      this.#shutdown.setTimeout(checkNumber('timeoutMs', options.timeoutMs, 0, true));
    return this.#shutdown.stopped;
  }

  /** Requests a shutdown and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.status === 'stopped') return; // whoever stopped it was told how that went
    this.requestShutdown('disposed');
    await this.stopped();
  }

  // --- Watching -----------------------------------------------------------------------------------------------------

  /**
   * All counters, and the states and tables as last committed, as plain data that shares nothing with the graph.
   *
   * @param options - What may be left out, because there may be much of it.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`
   */
  snapshot(options: SnapshotOptions = {}): GraphSnapshot {
    const parts = {
      cells: this.#actors.cells.values(),
      channels: this.#channels.values(),
      letters: this.#core.letters.store,
      calls: this.#core.calls,
      publishers: this.#core.publishers,
      barrier: this.#shutdown.barrier,
      degradation: this.degradation,
    };
    return snapshotOf(this.name, this.status, parts, options);
  }

  /** Calls `listener` for each event, from the run queue; its errors are logged. @returns a function that stops it. */
  subscribe(listener: GraphListener): () => void {
    return this.#core.events.subscribe(listener);
  }

  /**
   * Checks that nothing was lost or doubled: `sent = taken + deadLettered + inFlight` for every channel.
   *
   * @throws HoldfastError `ERR_NOT_CONSERVED`. It would be a defect of Holdfast.
   */
  checkConservation(): void {
    const error = this.#shutdown.conservationError();
    if (error !== undefined) throw error;
  }

  /** @internal For tests: is called at every crash point, and may throw or kill there. */
  setProbe(probe: Probe | null): void {
    this.#core.probe = probe;
  }

  /** @internal For the testing kit: what a graph is made of. */
  get backstage(): Backstage {
    return { core: this.#core, channels: this.#channels, cells: this.#actors.cells, edges: this.#edges };
  }

  /** @internal For tests: so many handlers stay awake that have nothing to do. */
  setAwakeMax(newcomers: number, regulars: number): void {
    this.#actors.roster.limit(newcomers, regulars);
  }

  // --- Inside -------------------------------------------------------------------------------------------------------

  #addChannel<Out, In>(name: string, options: ChannelOptions<Out, In>): Channel<Out, In> {
    const settings = channelSettings(name, options);
    if (this.#channels.has(name)) throw duplicateName('channel', name);
    const channel = new Channel<Out, In>(this.#core, name, settings);
    this.#channels.set(name, untyped(channel));
    return channel;
  }

  #mustBeOurs(kind: 'feed' | 'sink', name: string, channel: Channel<unknown>): void {
    if (this.#channels.get((channel as Channel<unknown> | undefined)?.name ?? '') === channel) return;
    const message = `${kind} "${name}" needs a channel of graph "${this.name}"`;
    throw new HoldfastError('ERR_WIRING', message, { actor: name, port: 'channel' });
  }

  #mustBeBuilding(api: string): void {
    if (this.status === 'building') return;
    const message = `${api}: graph "${this.name}" is ${this.status} already`;
    throw new HoldfastError('ERR_GRAPH_STATUS', message, { graph: this.name, status: this.status });
  }

  #mustBeFree(name: string): void {
    const { cells, supervisors } = this.#actors;
    const isTaken = cells.has(name) || supervisors.has(name) || this.#edges.has(name);
    if (isTaken) throw duplicateName('actor, supervisor, feed or sink', name);
  }
}

function isIterable(source: unknown): boolean {
  const candidate = Object(source) as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  return typeof candidate[Symbol.asyncIterator] === 'function' || typeof candidate[Symbol.iterator] === 'function';
}

function isWritable(target: unknown): boolean {
  const { write, end, on } = Object(target) as Partial<WritableTarget>;
  return typeof write === 'function' && typeof end === 'function' && typeof on === 'function';
}
