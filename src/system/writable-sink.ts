import { buryAt } from '../actor/burial.ts';
import type { Runtime } from '../actor/runtime.ts';
import type { Ring, RingConsumer } from '../channel/ring.ts';
import type { Part } from '../ports/watchdog.ts';
import type { Channel } from './channel.ts';
import type { Edge, EdgeHost } from './edge.ts';
import { EdgeScope } from './edge-scope.ts';

/** The part of a Node writable stream that a sink uses. */
export interface WritableTarget {
  /** Takes one message; `false` asks to wait for `drain`. The callback acknowledges the message. */
  write(chunk: unknown, callback: (error?: Error | null) => void): boolean;
  /** Called when the channel is closed and empty, unless `end: false` was given. */
  end(callback: (error?: Error | null) => void): unknown;
  /** Listens for one event: room, or the end. */
  once(event: 'drain' | 'close', listener: () => void): unknown;
  /** Listens for the stream's failure. */
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** Removes a listener: a stream that stays open, such as standard output, keeps none. */
  off(event: 'error' | 'close' | 'drain', listener: (error: Error) => void): unknown;
  /** Called when the graph stops without waiting any longer, or `write` has thrown; unless `end: false` was given. */
  destroy?(): unknown;
}

/**
 * Drains a channel into a Node writable stream. A message counts as taken when the stream has called back for it; until
 * then it stays in the channel, and becomes a dead letter if the stream fails.
 */
export class WritableSink implements Edge, RingConsumer {
  readonly kind = 'sink';
  readonly name: string;
  queued = false;
  watchNumber = 0;
  readonly #runtime: Runtime;
  readonly #scope: EdgeScope;
  readonly #host: EdgeHost;
  readonly #channel: Channel<unknown>;
  readonly #target: WritableTarget;
  readonly #endTarget: boolean;
  #ring!: Ring;
  /** Messages at the head of the ring that the stream has and has not called back for. */
  #onTheWay = 0;
  #full = false;
  #broken = false;
  #ending = false;
  #ended = false;

  constructor(
    runtime: Runtime,
    host: EdgeHost,
    options: {
      readonly name: string;
      readonly channel: Channel<unknown>;
      readonly target: WritableTarget;
      readonly endTarget: boolean;
    },
  ) {
    this.#runtime = runtime;
    this.#host = host;
    this.name = options.name;
    this.#scope = new EdgeScope(runtime, this.kind, options.name);
    this.#channel = options.channel;
    this.#target = options.target;
    this.#endTarget = options.endTarget;
  }

  get part(): Part {
    return { kind: this.kind, name: this.name };
  }

  get ended(): boolean {
    return this.#ended;
  }

  start(): void {
    this.#ring = this.#channel.ring();
    this.#target.on('error', this.#failed);
    this.#target.once('close', this.#closed);
    this.#runtime.runQueue.enqueue(this);
  }

  readable(): void {
    this.#runtime.runQueue.enqueue(this);
  }

  stopRequested(): void {}

  stopNow(): void {
    this.#ring = this.#channel.ring(); // it may not have started
    this.#end('stopped');
    // Nobody waits for it any longer: its file or socket must not stay open.
    if (this.#endTarget) this.#scope.run(() => this.#target.destroy?.());
  }

  get awaitsOutside(): boolean {
    return !this.#ended && (this.#ending || this.#onTheWay > 0);
  }

  heldBy(): string {
    if (this.#onTheWay > 0) return `${this.#onTheWay} messages that its stream has not written yet`;
    return this.#ending ? 'its stream to finish' : `"${this.#channel.name}" to close`;
  }

  sliceTook(): void {}

  runSlice(): boolean {
    return this.#scope.run(this.#work);
  }

  readonly #work = (): boolean => {
    const ring = this.#ring;
    if (this.#ended || this.#ending) return false;
    ring.parked = false;
    // No more than the channel holds is ever on the way: what is written stays in the ring until it is acknowledged.
    while (!this.#full && !this.#isEnded() && ring.size > this.#onTheWay) {
      this.#writeNext();
    }
    if (this.#isEnded()) return true;
    ring.parked = true;
    if (ring.closed && ring.size === 0) this.#finish();
    return true;
  };

  #writeNext(): void {
    const message = this.#ring.at(this.#onTheWay);
    this.#onTheWay += 1;
    try {
      if (!this.#target.write(message, this.#wrote)) this.#waitForDrain();
    } catch (error) {
      this.#failed(error); // a chunk of a type that the stream cannot write
      if (this.#endTarget) this.#target.destroy?.(); // it does not know that this was the end
    }
  }

  /** A stream may fail inside `write`: a method, so that the compiler does not take the field for unchanged. */
  #isEnded(): boolean {
    return this.#ended;
  }

  #waitForDrain(): void {
    this.#full = true;
    this.#target.once('drain', this.#drained);
  }

  readonly #drained = (): void => {
    this.#full = false;
    this.#runtime.runQueue.enqueue(this);
  };

  readonly #wrote = (error?: Error | null): void => {
    if (this.#ended) return;
    if (error !== undefined && error !== null) {
      this.#failed(error);
      return;
    }
    this.#onTheWay -= 1;
    this.#ring.taken += 1;
    this.#ring.drop(1);
    if (this.#ring.roomWanted) this.#ring.roomAppeared();
    if (this.#ring.size > 0) return;
    if (this.#ring.closed) this.#runtime.runQueue.enqueue(this);
    else this.#runtime.runQueue.stirred();
  };

  readonly #failed = (error: unknown): void => {
    if (this.#ended) return;
    this.#broken = true;
    // Reported first: a sink is often the last part of a graph, which would otherwise have stopped cleanly by then.
    this.#host.edgeFailed(this, error);
    this.#end('no-consumer');
  };

  readonly #closed = (): void => {
    if (!this.#ended && !this.#ending)
      this.#failed(new Error(`the stream of sink "${this.name}" was closed before its channel`));
  };

  #finish(): void {
    this.#ending = true;
    if (!this.#endTarget) {
      this.#end('no-consumer');
      return;
    }
    this.#target.end((error?: Error | null) => {
      if (error !== undefined && error !== null) this.#failed(error);
      else this.#end('no-consumer');
    });
  }

  #end(reason: 'stopped' | 'no-consumer'): void {
    if (this.#ended) return;
    this.#ended = true;
    // The error listener stays while the stream may still fail for what it has: an unheard error would end the process.
    if (this.#onTheWay === 0 && !this.#broken) this.#target.off('error', this.#failed);
    this.#target.off('close', this.#closed);
    this.#target.off('drain', this.#drained);
    const text = `sink "${this.name}" has ended`;
    while (this.#ring.size > 0) buryAt(this.#runtime, this.#ring, 0, { reason, actor: this.name, text });
    this.#ring.abandon();
    this.#ring.roomAppeared();
    this.#host.edgeEnded(this);
  }
}
