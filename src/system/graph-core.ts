import { Calls } from '../actor/calls.ts';
import { CodeTracking } from '../actor/code-tracking.ts';
import type { Exit, GraphEvent } from '../actor/events.ts';
import { Groups } from '../actor/groups.ts';
import { Links } from '../actor/links.ts';
import { Publishers } from '../actor/publishers.ts';
import { RunQueue } from '../actor/run-queue.ts';
import type { Probe, Runtime } from '../actor/runtime.ts';
import { TimerQueue } from '../actor/timer-queue.ts';
import { Watches } from '../actor/watches.ts';
import type { Brakes } from '../actor/turn-gate.ts';
import { errorText, HoldfastError } from '../base/errors.ts';
import { MessageFreezer } from '../base/plain-data.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { Capsules } from './capsules.ts';
import type { ChannelHost } from './channel.ts';
import { DeadLetterRoutes } from './dead-letter-routes.ts';
import { DeadLetterStore } from './dead-letter-store.ts';
import { EventBus } from './event-bus.ts';
import type { GraphSettings } from './graph-options.ts';
import { guardedLog } from './guarded-log.ts';
import { LoopWatch } from './loop-watch.ts';
import type { Rehearsal } from './rehearsal.ts';

/** What the core of a graph hands up. */
export interface CoreListener {
  requestShutdown(reason: string, actor: string): void;
  actorEnded(actor: string): void;
  /** An actor that had ended begins again, or one has come. */
  actorBegan(actor: string): void;
  /** The graph has to stop with this error. */
  giveUp(error: HoldfastError): void;
  /** The graph stops, and has failed in that. */
  failed(error: HoldfastError): void;
}

/** What the actors, edges and channels of one graph share. */
export class GraphCore implements Runtime, ChannelHost {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly runQueue: RunQueue;
  readonly timers: TimerQueue;
  readonly letters: DeadLetterRoutes;
  readonly calls: Calls;
  readonly events: EventBus;
  readonly watches: Watches = new Watches(this);
  readonly links: Links = new Links(this);
  readonly groups: Groups = new Groups(this);
  readonly publishers: Publishers = new Publishers();
  readonly freezer: MessageFreezer | null;
  readonly slowTurnMs: number;
  readonly runId: string;
  readonly tracking: CodeTracking | null;
  readonly rehearsal: Rehearsal | null;
  readonly recorder: Capsules | null;
  handlesStrays = false;
  readonly #settings: GraphSettings;
  #watch: LoopWatch | null = null;
  probe: Probe | null = null;
  current: string | null = null;
  stopping = false;
  mustEnd = false;
  /** Code outside has closed an end of some channel. */
  hasClosedOutside = false;
  brakes: Brakes | null = null;
  /** Hears of each restart that the supervisor decides on; null while nobody counts them. */
  restarted: (() => void) | null = null;
  readonly #listener: CoreListener;
  #tickets = 0;

  constructor(settings: GraphSettings, listener: CoreListener) {
    const { clock, random, scheduler } = settings.ports;
    this.#listener = listener;
    this.#settings = settings;
    this.name = settings.name;
    this.clock = clock;
    this.random = random;
    this.log = guardedLog(settings.log).child({ graph: settings.name });
    this.freezer = settings.checks ? new MessageFreezer() : null;
    this.slowTurnMs = settings.slowTurnMs;
    this.tracking = settings.trackStray ? new CodeTracking(settings.ports.asyncContext, settings.checks) : null;
    this.rehearsal = settings.ports.rehearsal ?? null;
    this.runQueue = new RunQueue(clock, scheduler);
    this.runQueue.escaped = (error) => listener.giveUp(defectError(error));
    this.timers = new TimerQueue(clock);
    this.events = new EventBus(this.runQueue, this.log, this.tracking);
    // 40 random bits: runs of one service must not share message ids, which are used as idempotency keys.
    this.runId = Math.floor(random.next() * 2 ** 40)
      .toString(36)
      .padStart(8, '0');
    this.recorder =
      settings.capsules === null ? null : new Capsules(this, settings.capsules, settings.ports.capsuleFiles);
    const store = new DeadLetterStore(
      { capacity: settings.deadLetterCapacity, whenFull: settings.deadLettersWhenFull },
      (letter) => this.emit({ kind: 'deadLetter', letter }),
      (size, capacity) => {
        // Where the oldest give way, a full store holds nobody up.
        const level = settings.deadLettersWhenFull === 'evict' ? 'warn' : 'error';
        const isBlocking = level === 'error' && size >= capacity;
        const text = isBlocking ? 'dead letters are full: whoever has one more waits' : 'dead letters are filling up';
        this.log[level]({ size, capacity }, text);
        this.emit({ kind: 'deadLettersFilling', size, capacity });
      },
    );
    this.calls = new Calls(clock, this.timers, scheduler);
    this.letters = new DeadLetterRoutes(store, settings.checks, (letter) => this.calls.letterMade(letter));
  }

  outsideEndClosed(): void {
    this.hasClosedOutside = true;
    this.runQueue.stirred();
  }

  turnOwner(): string | null {
    return this.current ?? this.tracking?.turnOwner(this) ?? null;
  }

  /** Calls code of the user's that belongs to no part of the graph, wherever the call comes from. */
  callOutside<R>(code: () => R): R {
    return this.tracking === null ? code() : this.tracking.runOutside(code);
  }

  get refusesOutside(): boolean {
    return this.stopping;
  }

  takeTicket(): number {
    this.#tickets += 1;
    return this.#tickets;
  }

  callSoon(code: () => unknown): void {
    this.events.call(code);
  }

  emit(event: GraphEvent): void {
    this.watches.hear(event);
    this.links.hear(event);
    this.groups.hear(event);
    this.publishers.hear(event);
    this.events.emit(event);
  }

  requestShutdown(reason: string, actor: string): void {
    this.#listener.requestShutdown(reason, actor);
  }

  /** The graph starts. */
  beginWatch(): void {
    const { watchdog, ports } = this.#settings;
    if (watchdog === null) return;
    this.#watch = new LoopWatch(ports.watchdog, { graph: this.name, ...watchdog }, this);
    this.runQueue.watch = this.#watch;
  }

  /** The graph stops. */
  endWatch(): void {
    this.#watch?.stop();
    this.#watch = null;
    this.runQueue.watch = null;
  }

  edgeEnded(edge: string): void {
    this.#watch?.ended(edge);
  }

  /** A supervisor restarts an actor, in `delayMs`. */
  restarting(actor: string, delayMs: number): void {
    this.emit({ kind: 'restarting', actor, delayMs });
    this.restarted?.();
  }

  failed(error: HoldfastError): void {
    this.#listener.failed(error);
  }

  began(actor: string): void {
    this.#listener.actorBegan(actor);
  }

  ended(actor: string, exit: Exit): void {
    this.#watch?.ended(actor);
    this.calls.actorGone(actor);
    this.emit({ kind: 'ended', actor, exit });
    this.#listener.actorEnded(actor);
  }
}

function defectError(cause: unknown): HoldfastError<'ERR_DEFECT'> {
  const message = `something threw where nothing may: ${errorText(cause)}. This is a defect of Holdfast, or of a logger or port that was handed in`;
  return new HoldfastError('ERR_DEFECT', message, {}, { cause });
}
