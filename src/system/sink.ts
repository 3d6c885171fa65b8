import { retryDelayMs } from '../actor/backoff.ts';
import { addressOf, buryAt } from '../actor/burial.ts';
import { type Committer, NO_TURN } from '../actor/commit-cycle.ts';
import { waitsForItself } from '../actor/commit-parking.ts';
import { roomText } from '../actor/phase.ts';
import type { Runtime } from '../actor/runtime.ts';
import type { Backoff } from '../actor/settings.ts';
import { Timer } from '../actor/timer-queue.ts';
import { errorText } from '../base/errors.ts';
import { Ring, type RoomSource } from '../channel/ring.ts';
import type { Part } from '../ports/watchdog.ts';
import type { Channel } from './channel.ts';
import type { Edge, EdgeHost } from './edge.ts';
import { EdgeScope } from './edge-scope.ts';

/** What a sink's function is told about the message it writes. */
export interface SinkContext {
  /** Stable over retries: use it as an idempotency key. */
  readonly messageId: string;
  /** Identity of the message that this one was replayed for; `undefined` for one that was not. */
  readonly replayOf: string | undefined;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Aborts when the graph stops without waiting any longer. */
  readonly signal: AbortSignal;
}

/** Writes one message. A message counts as taken when this has returned or its promise has resolved. */
export type SinkFunction<T> = (message: T, context: SinkContext) => Promise<void> | void;

export interface SinkSettings {
  readonly showstopperAfter: number;
  readonly retryBackoff: Backoff;
}

const WRITTEN = { kind: 'written' } as const;
/** Messages in one slice, for a function that writes at once. */
const MESSAGES_PER_SLICE = 64;

/** Made for every message, so it works out what is asked for only. */
class WriteContext implements SinkContext {
  readonly #runId: string;
  readonly #ring: Ring;
  readonly #sequence: number;
  readonly #abort: AbortController;
  readonly attempt: number;
  readonly replayOf: string | undefined;

  constructor(runId: string, ring: Ring, abort: AbortController) {
    this.#runId = runId;
    this.#ring = ring;
    this.#abort = abort;
    this.#sequence = ring.sequenceAt(0);
    this.replayOf = ring.originAt(0);
    this.attempt = (ring.failedAttemptsAt(0)?.count ?? 0) + 1;
  }

  get messageId(): string {
    return `${this.#runId}/${this.#ring.name}/${this.#sequence}`;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }
}

/** Drains a channel into a function, one message after the other. A message that keeps failing becomes a dead letter. */
export class FunctionSink<T> implements Edge, Committer {
  readonly kind = 'sink';
  readonly name: string;
  queued = false;
  watchNumber = 0;
  ticket = 0;
  readonly #runtime: Runtime;
  readonly #scope: EdgeScope;
  readonly #host: EdgeHost;
  readonly #channel: Channel<unknown>;
  readonly #write: SinkFunction<T>;
  readonly #settings: SinkSettings;
  readonly #abort: AbortController = new AbortController();
  readonly #retryTimer: Timer = new Timer(() => this.#runtime.runQueue.enqueue(this));
  #ring!: Ring;
  #writing = false;
  #written: { readonly kind: 'written' } | { readonly kind: 'failed'; readonly error: unknown } | undefined;
  /** The message at the head has failed for the last time and waits for room among the dead letters. */
  #burying: { readonly error: unknown } | undefined;
  /** It goes to the store, wherever it belongs. */
  #kept = false;
  waitingFor: RoomSource | null = null;
  readonly turn: Committer['turn'] = NO_TURN;
  #ended = false;

  constructor(
    runtime: Runtime,
    host: EdgeHost,
    options: {
      readonly name: string;
      readonly channel: Channel<unknown>;
      readonly write: SinkFunction<T>;
      readonly settings: SinkSettings;
    },
  ) {
    this.#runtime = runtime;
    this.#host = host;
    this.name = options.name;
    this.#scope = new EdgeScope(runtime, this.kind, options.name);
    this.#channel = options.channel;
    this.#write = options.write;
    this.#settings = options.settings;
  }

  get part(): Part {
    return { kind: this.kind, name: this.name };
  }

  get ended(): boolean {
    return this.#ended;
  }

  start(): void {
    this.#ring = this.#channel.ring();
    this.#runtime.runQueue.enqueue(this);
  }

  readable(): void {
    this.#runtime.runQueue.enqueue(this);
  }

  roomAppeared(): void {
    this.#runtime.runQueue.enqueue(this);
  }

  stopRequested(): void {
    if (!this.#retryTimer.armed) return;
    this.#runtime.timers.disarm(this.#retryTimer);
    this.#runtime.runQueue.enqueue(this);
  }

  stopNow(): void {
    if (this.#ended) return;
    this.#ring = this.#channel.ring(); // it may not have started
    this.#end('stopped');
    this.#scope.run(() => this.#abort.abort());
  }

  get awaitsOutside(): boolean {
    return this.#writing && !this.#ended;
  }

  heldBy(): string {
    if (this.#writing) return 'a write that has not finished';
    if (this.waitingFor !== null) return roomText(this.waitingFor);
    return `"${this.#channel.name}" to close`;
  }

  sliceTook(): void {}

  runSlice(): boolean {
    return this.#scope.run(this.#work);
  }

  readonly #work = (): boolean => {
    const ring = this.#ring;
    ring.parked = false;
    for (let messages = 0; messages < MESSAGES_PER_SLICE; messages += 1) {
      if (this.#ended || this.#writing || this.#retryTimer.armed) return true;
      if (this.#written !== undefined && !this.#settle()) return true;
      if (this.#burying !== undefined && !this.#bury(this.#burying.error)) return true;
      if (ring.size === 0) {
        if (ring.closed) this.#end('no-consumer');
        else ring.parked = true;
        return true;
      }
      this.#writeHead();
    }
    this.#runtime.runQueue.enqueue(this);
    return true;
  };

  #writeHead(): void {
    const ring = this.#ring;
    const context = new WriteContext(this.#runtime.runId, ring, this.#abort);
    try {
      // What is in the ring was checked by the types of whoever sent it.
      const result = this.#write(ring.at(0) as T, context);
      if (result === undefined) {
        this.#written = WRITTEN;
        return;
      }
      this.#writing = true;
      Promise.resolve(result).then(
        () => this.#wrote(WRITTEN),
        (error: unknown) => this.#wrote({ kind: 'failed', error }),
      );
    } catch (error) {
      this.#written = { kind: 'failed', error };
    }
  }

  #wrote(result: { readonly kind: 'written' } | { readonly kind: 'failed'; readonly error: unknown }): void {
    this.#writing = false;
    if (this.#ended) return;
    this.#written = result;
    this.#runtime.runQueue.enqueue(this);
  }

  /** Acknowledges the write, or decides about its failure. @returns false if the sink has to wait. */
  #settle(): boolean {
    const written = this.#written;
    this.#written = undefined;
    const ring = this.#ring;
    if (written?.kind !== 'failed') {
      ring.taken += 1;
      ring.drop(1);
      if (ring.roomWanted) ring.roomAppeared();
      return true;
    }
    const { error } = written;
    const failed = ring.addFailedAttempt(0, this.#runtime.clock.wallMs());
    this.#runtime.log.error({ err: error, sink: this.name, attempts: failed }, `write failed: ${errorText(error)}`);
    if (failed >= this.#settings.showstopperAfter) {
      this.#burying = { error };
      return true;
    }
    const { random, stopping } = this.#runtime;
    const delayMs = retryDelayMs(this.#settings.retryBackoff, failed, stopping, random);
    if (delayMs === 0) return true;
    this.#runtime.timers.arm(this.#retryTimer, this.#runtime.clock.nowMs() + delayMs);
    return false;
  }

  #bury(error: unknown): boolean {
    const cause = { reason: 'rejected', actor: this.name, error } as const;
    const { letters } = this.#runtime;
    const place = this.#kept ? letters.store : letters.placeFor(addressOf(this.#ring, cause));
    if (!place.hasRoomFor(1, this.waitingFor === null ? Infinity : this.ticket)) return this.#waitIn(place);
    this.#leaveLine();
    this.#burying = undefined;
    this.#kept = false;
    buryAt(this.#runtime, this.#ring, 0, cause, place);
    return true;
  }

  get isBurying(): boolean {
    return this.waitingFor !== null;
  }

  get isParked(): boolean {
    return this.isBurying;
  }

  keepLetters(): boolean {
    if (this.#kept || !(this.waitingFor instanceof Ring)) return false;
    this.#kept = true;
    return true;
  }

  #waitIn(line: RoomSource): false {
    if (this.waitingFor === line) return false;
    if (this.waitingFor === null) this.ticket = this.#runtime.takeTicket();
    else this.#leaveLine();
    this.waitingFor = line;
    line.joinLine(this);
    if (line instanceof Ring && waitsForItself(this) && this.keepLetters()) this.roomAppeared();
    return false;
  }

  #leaveLine(): void {
    const line = this.waitingFor;
    if (line === null) return;
    this.waitingFor = null;
    line.leaveLine(this);
    line.roomAppeared(); // if the next in line may not go, it stays where it is
  }

  #end(reason: 'stopped' | 'no-consumer'): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#leaveLine();
    this.#runtime.timers.disarm(this.#retryTimer);
    const text = `sink "${this.name}" has ended`;
    while (this.#ring.size > 0) buryAt(this.#runtime, this.#ring, 0, { reason, actor: this.name, text });
    this.#ring.abandon();
    this.#ring.roomAppeared();
    this.#host.edgeEnded(this);
  }
}
