import { runSoon } from '../actor/run-queue.ts';
import { Timer } from '../actor/timer-queue.ts';
import { type ConservationFault, errorText, type Holdout, HoldfastError } from '../base/errors.ts';
import type { ActorCell } from './actor-cell.ts';
import type { Channel } from './channel.ts';
import type { Degradation } from './degradation.ts';
import type { Edge, EdgeHost } from './edge.ts';
import type { GraphCore } from './graph-core.ts';
import { holdoutsAmong } from './holdouts.ts';
import { LetterReaders } from './letter-readers.ts';
import { MailboxDrain } from './mailbox-drain.ts';
import { type Asking, type BarrierParties, ShutdownBarrier } from './shutdown-barrier.ts';
import type { GraphStatus } from './snapshot.ts';
import type { SupervisorNode } from './supervisor-node.ts';

const TIME_TO_DRAIN = 'the time to drain is over';

interface Parts {
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly root: SupervisorNode;
  /** Channels that are not there any more, and whose counters did not add up. */
  readonly goneFaults: readonly ConservationFault[];
  readonly barrier: BarrierParties;
  readonly channels: ReadonlyMap<string, Channel<unknown>>;
  readonly cells: ReadonlyMap<string, ActorCell>;
  readonly edges: ReadonlyMap<string, Edge>;
  readonly degradation: Degradation | undefined;
}

/**
 * Starts a graph and brings it to its end.
 *
 * Phase 1, drain: sources stop, nothing is taken from outside, and closing ripples from source to sink; crashes still
 * restart. Phase 2, at the deadline: what still runs is named and stopped in reverse order, each child by its own spec. At the
 * end of that, or at once where the stop is forced or the root supervisor has given up, what is left is killed, and what is left
 * in the channels becomes dead letters.
 */
export class Shutdown implements EdgeHost {
  readonly #core: GraphCore;
  readonly #parts: Parts;
  /** Settles when the graph has stopped. */
  readonly stopped: Promise<void>;
  /** Undefined where the first who asks stops the graph. */
  readonly barrier: ShutdownBarrier | undefined;
  #resolve!: () => void;
  #reject!: (error: Error) => void;
  #status: GraphStatus = 'building';
  /** Actors, feeds and sinks that have not ended. */
  #running = 0;
  #timeoutMs: number;
  #requestedAtMs = 0;
  /** Why the party that asked last wants the graph to stop. */
  #reasonAsked = '';
  /** Actors that have asked without being a party: each is told of once. */
  readonly #strangers = new Set<string>();
  readonly #deadline: Timer = new Timer(() => this.#timeIsUp());
  readonly #grace: Timer = new Timer(() => this.#graceIsOver());
  #releaseProcess: (() => void) | undefined;
  /** Why the graph had to stop, if not by request. The first one counts. */
  #failure: HoldfastError | undefined;
  /** It ends parts one after the other, and itself after the last of them. */
  #isKilling = false;
  /** Undefined where no dead letters are routed. */
  #letterReaders: LetterReaders | undefined;
  /** Made by the request to stop. */
  #mailboxes: MailboxDrain | undefined;

  constructor(core: GraphCore, parts: Parts) {
    this.#core = core;
    this.#parts = parts;
    this.#timeoutMs = parts.timeoutMs;
    this.barrier = parts.barrier === 1 ? undefined : new ShutdownBarrier(parts.barrier);
    this.stopped = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever awaits it is told; nobody has to.
    this.stopped.catch(() => undefined);
  }

  get status(): GraphStatus {
    return this.#status;
  }

  started(): void {
    const { cells, edges, channels, root } = this.#parts;
    this.#status = 'running';
    this.#running = cells.size + edges.size;
    this.barrier?.started(cells.size);
    this.#releaseProcess = this.#core.clock.keepAlive();
    this.#core.beginWatch();
    this.#core.emit({ kind: 'started' });
    this.#watchLetterReaders();
    const builtChannels = [...channels.values()]; // those that actors open while they start know that the graph has
    root.begin(false, false, (result) => {
      if (result.kind === 'failed') this.#startFailed(result.error);
      else for (const edge of edges.values()) edge.start();
    });
    const subscribed = this.#core.publishers.rings();
    for (const channel of builtChannels) {
      const { usedRing } = channel;
      channel.started(usedRing !== undefined && subscribed.has(usedRing));
    }
    this.#parts.degradation?.start();
    this.#endIfNothingRuns();
  }

  /** A part of the tree could not start, and what had started before it is stopped again. */
  #startFailed(cause: unknown): void {
    const message = `graph "${this.#core.name}" could not start: ${errorText(cause)}`;
    this.giveUp(new HoldfastError('ERR_START_FAILED', message, { actor: this.#core.name }, { cause }));
    this.rootEnded();
  }

  /** Routed dead letters keep their readers from ending by themselves, until there will be none any more. */
  #watchLetterReaders(): void {
    const { letters, runQueue } = this.#core;
    if (letters.channels.length === 0) return;
    const readers = new LetterReaders(letters.channels, this.#parts);
    this.#letterReaders = readers;
    runQueue.cameToRest = () => {
      if (this.#status === 'running' && readers.areAtRest(this.#core.hasClosedOutside)) letters.close();
    };
  }

  request(reason: string): void {
    if (this.#status === 'building') this.#end();
    if (this.#status !== 'running') return;
    const core = this.#core;
    this.#status = 'draining';
    core.stopping = true;
    core.log.info({ reason }, 'stopping');
    core.emit({ kind: 'stopping', reason });
    this.#parts.degradation?.stop();
    // From now on what is left over must go somewhere, and nobody is there to make room.
    core.letters.store.unbounded = true;
    core.letters.store.roomAppeared();
    core.letters.close();
    this.#requestedAtMs = core.clock.nowMs();
    this.#armDeadline();
    for (const channel of this.#parts.channels.values()) channel.refuseOutside();
    for (const edge of this.#parts.edges.values()) edge.stopRequested();
    for (const cell of this.#parts.cells.values()) cell.stopRequested();
    this.#parts.root.graphStops();
    this.#mailboxes = new MailboxDrain(this.#parts, core);
    core.runQueue.cameToRest = () => this.#mailboxes?.cameToRest();
    core.runQueue.stirred();
    this.#endIfNothingRuns();
  }

  actorAsks(actor: string, reason: string): void {
    if (this.ask(actor, reason) !== 'stranger' || this.#strangers.has(actor)) return;
    this.#strangers.add(actor);
    this.#core.log.warn({ actor, reason }, 'asked to stop, and is no party of the shutdown barrier');
  }

  /** An actor, or `party` outside, asks: the stop begins when the barrier is met. */
  ask(party: string, reason: string): Asking {
    const core = this.#core;
    if (this.#status === 'draining' || this.#status === 'stopped') return 'repeated';
    if (this.barrier === undefined) {
      this.request(reason);
      return 'counted';
    }
    const asking = this.barrier.ask(party, this.#parts.cells.get(party)?.ended === false);
    if (asking !== 'counted') return asking;
    const { missing } = this.barrier;
    this.#reasonAsked = reason;
    core.emit({ kind: 'shutdownAsked', party, reason, missing });
    core.log.info({ party, reason, missing }, 'asked to stop');
    this.#stopIfMet();
    return asking;
  }

  #stopIfMet(): void {
    if (this.barrier?.isMet === true) this.request(this.#reasonAsked);
  }

  setTimeout(timeoutMs: number): void {
    this.#timeoutMs = timeoutMs;
    if (this.#status === 'draining') this.#armDeadline();
  }

  /** Something went wrong in the drain, which goes on. */
  failed(error: HoldfastError): void {
    this.#failure ??= error;
    this.#core.log.error({ err: error }, error.message);
  }

  /** The root supervisor has given up: it stops what is under it, and then the rest is stopped at once. */
  giveUp(error: HoldfastError): void {
    this.#failure ??= error;
    this.#core.log.fatal({ err: error }, 'giving up');
    this.request('the root supervisor has given up');
  }

  /** All children of the root have ended. */
  rootEnded(): void {
    // Not here: the call comes from the middle of a supervisor's work.
    runSoon(this.#core.runQueue, () => this.force('the root supervisor has given up'));
  }

  actorBegan(actor: string): void {
    this.#running += 1;
    if (this.#mailboxes === undefined) return;
    const cell = this.#parts.cells.get(actor);
    if (cell !== undefined) this.#mailboxes.joined(cell);
  }

  /** An error that belongs to no actor: drain, then stop with it. */
  failWith(error: HoldfastError): void {
    this.#failure ??= error;
    this.request(error.message);
  }

  /** Ends it at once. */
  force(reason: string): void {
    if (this.#status !== 'running' && this.#status !== 'draining') return;
    this.request(reason);
    this.#nameHoldouts(reason);
    this.#core.mustEnd = true;
    this.#killRest();
  }

  /** Phase 2: supervisors stop their children, for so long as the grace allows. */
  #timeIsUp(): void {
    const { graceMs, edges, root } = this.#parts;
    const core = this.#core;
    if (core.mustEnd) return; // the deadline was set anew when it was over
    if (graceMs === 0) {
      this.force(TIME_TO_DRAIN);
      return;
    }
    this.#nameHoldouts(TIME_TO_DRAIN);
    core.mustEnd = true;
    core.runQueue.cameToRest = null;
    for (const edge of edges.values()) if (edge.kind === 'feed') edge.stopNow();
    if (graceMs !== Infinity) core.timers.arm(this.#grace, core.clock.nowMs() + graceMs);
    root.mustEnd(() => runSoon(core.runQueue, () => this.#killRest()));
  }

  #graceIsOver(): void {
    const actors = this.#holdouts().map(({ name }) => name);
    this.#core.log.error({ actors }, 'the time to stop is over: killing what still runs');
    this.#killRest();
  }

  #nameHoldouts(reason: string): void {
    const holdouts = this.#holdouts();
    if (holdouts.length === 0 || this.#core.mustEnd) return; // or they have been named
    const error = uncleanError(this.#core.name, reason, holdouts);
    this.#core.log.error(error.message);
    this.#failure ??= error;
  }

  #killRest(): void {
    if (this.#status !== 'draining') return;
    const { cells, edges, root } = this.#parts;
    this.#isKilling = true;
    for (const edge of edges.values()) if (edge.kind === 'feed') edge.stopNow();
    root.killNow();
    for (const cell of [...cells.values()].reverse()) cell.stopNow();
    for (const edge of edges.values()) edge.stopNow();
    this.#isKilling = false;
    this.#endIfNothingRuns();
  }

  actorEnded(actor: string): void {
    if (this.barrier !== undefined && this.#status === 'running') this.#leaveBarrier(this.barrier, actor);
    this.#partEnded(actor);
  }

  /** An actor will never ask any more: whoever waits for that must not wait for ever, or must at least be told. */
  #leaveBarrier(barrier: ShutdownBarrier, actor: string): void {
    const loss = barrier.ended(actor);
    if (loss === 'nothing') return;
    const { missing } = barrier;
    const text =
      loss === 'lost'
        ? 'a party of the shutdown barrier has ended without asking: the others do not wait for it'
        : 'too few actors are left to meet the shutdown barrier: without requests from outside it is never met';
    this.#core.log.error({ actor, missing }, text);
    this.#core.emit({ kind: 'shutdownPartyLost', actor, missing });
    this.#stopIfMet();
  }

  #partEnded(name: string): void {
    this.#running -= 1;
    this.#mailboxes?.partEnded();
    this.#letterReaders?.partEnded(name);
    this.#core.runQueue.stirred();
    this.#endIfNothingRuns();
  }

  edgeEnded(edge: Edge): void {
    this.#core.edgeEnded(edge.name);
    this.#partEnded(edge.name);
  }

  edgeFailed(edge: Edge, error: unknown): void {
    const message = `${edge.kind} "${edge.name}" failed: ${error instanceof Error ? error.message : errorText(error)}`;
    this.#core.log.error({ err: error }, message);
    this.#core.emit({ kind: 'edgeFailed', edge: edge.name, error });
    this.failWith(new HoldfastError('ERR_EDGE_FAILED', message, { edge: edge.name }, { cause: error }));
  }

  conservationError(): HoldfastError<'ERR_NOT_CONSERVED'> | undefined {
    const rings = [...this.#parts.channels.values()].map((channel) => channel.usedRing);
    const found = [...rings, this.#core.letters.store].flatMap((each) => each?.conservationFault() ?? []);
    const faults = [...found, ...this.#parts.goneFaults];
    if (faults.length === 0) return undefined;
    const figures = faults.map(
      ({ channel, sent, taken, deadLettered, inFlight }) =>
        `"${channel}": sent ${sent}, taken ${taken}, dead letters ${deadLettered}, in flight ${inFlight}`,
    );
    const message = `messages are not conserved: ${figures.join('; ')}. This is a defect of Holdfast, please report it`;
    return new HoldfastError('ERR_NOT_CONSERVED', message, { faults });
  }

  #armDeadline(): void {
    if (this.#timeoutMs === Infinity) this.#core.timers.disarm(this.#deadline);
    else this.#core.timers.arm(this.#deadline, this.#requestedAtMs + this.#timeoutMs);
  }

  #endIfNothingRuns(): void {
    if (this.#running > 0 || this.#isKilling) return;
    // Children may come at any time.
    if (this.#status === 'running' && this.#parts.root.mayGrow) return;
    if (this.#status === 'running' || this.#status === 'draining') this.#end();
  }

  #end(): void {
    const core = this.#core;
    core.stopping = true;
    this.#parts.degradation?.stop();
    core.letters.store.unbounded = true;
    core.letters.close();
    core.runQueue.cameToRest = null;
    // Of a graph that was never started: whoever waits for the end of an actor is told.
    if (this.#status === 'building') for (const cell of this.#parts.cells.values()) cell.stopNow();
    for (const channel of this.#parts.channels.values()) {
      channel.refuseOutside();
      channel.buryLeftovers();
    }
    core.calls.stop();
    core.timers.clear();
    this.#parts.root.graphEnded();
    core.endWatch();
    const error = this.#failure ?? this.conservationError();
    this.#status = 'stopped';
    core.emit({ kind: 'stopped', clean: error === undefined });
    core.events.flush();
    core.log.info(error === undefined ? 'stopped cleanly' : 'stopped');
    this.#releaseProcess?.();
    if (error === undefined) this.#resolve();
    else this.#reject(error);
  }

  #holdouts(): Holdout[] {
    const { cells, edges } = this.#parts;
    return holdoutsAmong(cells.values(), edges.values());
  }
}

function uncleanError(
  graph: string,
  reason: string,
  holdouts: readonly Holdout[],
): HoldfastError<'ERR_STOPPED_UNCLEANLY'> {
  const lines = holdouts.map(({ kind, name, heldBy }) => `  ${kind} "${name}": ${heldBy}`);
  const message = `graph "${graph}" stopped uncleanly (${reason}); what had not ended, and what held it:\n${lines.join('\n')}`;
  return new HoldfastError('ERR_STOPPED_UNCLEANLY', message, { graph, holdouts });
}
