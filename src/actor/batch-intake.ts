import type { Batch } from '../channel/batch.ts';
import type { InputEnd } from '../channel/input-end.ts';
import type { Runtime } from './runtime.ts';
import { Timer } from './timer-queue.ts';
import type { Turn } from './turn.ts';

type TimeSource = Pick<Runtime, 'clock' | 'timers'>;

/** Says when the batch of one input is complete: by its size, by its timeout, or because nothing more will come. */
class BatchGate {
  readonly end: InputEnd;
  readonly size: number;
  readonly #timeoutMs: number;
  readonly #time: TimeSource;
  readonly #wake: () => void;
  #timer: Timer | undefined;
  /** When the messages that wait have waited long enough; Infinity while none was seen to wait. */
  #dueMs = Infinity;
  /** Position of the oldest of them when that was seen. */
  #dueFor = -1;
  /** Messages before this position of the ring have had their wait. */
  #waitedUntil = 0;
  /** Head of the ring when a turn last took a batch: as long as it is there, that turn has not committed. */
  #takenFrom = -1;
  /** Position behind that batch. */
  #takenUntil = -1;

  constructor(end: InputEnd, { size, timeoutMs }: Batch, time: TimeSource, wake: () => void) {
    this.end = end;
    this.size = size;
    this.#timeoutMs = timeoutMs;
    this.#time = time;
    this.#wake = wake;
    end.ring.demand(size);
    end.ring.heldBack = timeoutMs > 0;
  }

  /** Whether messages wait for others at all. */
  get waits(): boolean {
    return this.#timeoutMs > 0;
  }

  /** How many messages a turn gets that begins now; 0 while the batch is not complete. */
  complete(): number {
    const { ring } = this.end;
    const there = ring.tail - ring.head;
    if (there === 0) return 0;
    if (this.end.narrowed) return 1;
    if (there >= this.size) return this.size;
    if (this.#timeoutMs === 0 || ring.head < this.#waitedUntil || ring.closed) return there;
    // What is missing may be what waits for the room of those that are here: then it would never come.
    if (ring.lacksRoom) return there;
    this.noteArrival();
    return 0;
  }

  /** Messages may have come: if they are the first, their time begins. */
  noteArrival(): void {
    const { end } = this;
    if (this.#timeoutMs === Infinity || end.waiting <= 0) return;
    const oldest = end.ring.head + end.taken;
    // The one that waited may be a dead letter by now, and another one has come.
    if (this.#dueMs !== Infinity && oldest <= this.#dueFor) return;
    this.#dueFor = oldest;
    const { clock, timers } = this.#time;
    this.#dueMs = clock.nowMs() + this.#timeoutMs;
    this.#timer ??= new Timer(() => this.#fired());
    // Armed once and left to run: it looks for what waits when it fires. A batch is mostly full before its time, and setting
    // the clock for each of them would cost more than the batch.
    if (!this.#timer.armed) timers.arm(this.#timer, this.#dueMs);
  }

  /** A turn begins that has taken what is complete. */
  taken(): void {
    const { ring, taken } = this.end;
    this.#dueMs = Infinity;
    this.#takenFrom = ring.head;
    this.#takenUntil = ring.head + taken;
  }

  /** A turn was given up. If it was this batch's, its messages have had their wait, and nobody else's. */
  turnAbandoned(): void {
    if (this.end.ring.head === this.#takenFrom) this.#waitedUntil = Math.max(this.#waitedUntil, this.#takenUntil);
  }

  stop(): void {
    this.#dueMs = Infinity;
    if (this.#timer !== undefined) this.#time.timers.disarm(this.#timer);
  }

  #fired(): void {
    if (this.#dueMs === Infinity || this.end.waiting <= 0) return;
    const { clock, timers } = this.#time;
    if (clock.nowMs() < this.#dueMs) {
      timers.arm(this.#timer as Timer, this.#dueMs);
      return;
    }
    // The oldest that no turn has in hand, and with it those before: one that is open may be given up.
    this.#waitedUntil = this.end.ring.head + this.end.taken + 1;
    this.#wake();
  }
}

/** Serves a handler that gets batches: from all its inputs, round robin. */
export class BatchIntake {
  readonly #turn: Turn;
  readonly #inputs: readonly InputEnd[];
  /** By input; null for one whose messages come one at a time. */
  readonly #gates: readonly (BatchGate | null)[];
  readonly #waiting: readonly BatchGate[];
  #cursor = 0;

  /** @param wake - A batch has become complete by waiting. Must not run user code. */
  constructor(inputs: readonly InputEnd[], turn: Turn, time: TimeSource, wake: () => void) {
    this.#turn = turn;
    this.#inputs = inputs;
    this.#gates = inputs.map((end) => (end.batch === undefined ? null : new BatchGate(end, end.batch, time, wake)));
    this.#waiting = this.#gates.filter((gate) => gate?.waits === true) as BatchGate[];
  }

  /** The input that is served next; -1 if none has a message, or a complete batch. */
  next(): number {
    const count = this.#gates.length;
    for (let step = 0; step < count; step += 1) {
      const index = (this.#cursor + step) % count;
      if (!this.#isReady(index)) continue;
      this.#cursor = index + 1;
      return index;
    }
    return -1;
  }

  /** Whether {@link BatchIntake.next} has an answer. */
  get isReady(): boolean {
    for (let index = 0; index < this.#gates.length; index += 1) if (this.#isReady(index)) return true;
    return false;
  }

  /** Takes what the handler of `input`, which is ready, is called with. */
  take(input: number): unknown {
    const gate = this.#gates[input];
    if (gate === null || gate === undefined) return this.#turn.takeOnly(this.#inputs[input] as InputEnd);
    const batch = this.#turn.takeBatch(gate.end, gate.complete());
    gate.taken();
    return batch;
  }

  /** Between two slices: messages that come while a turn is open or waits for room are seen at once, for their timeout. */
  watchArrivals(): void {
    for (const gate of this.#waiting) {
      gate.noteArrival();
      gate.end.ring.parked = true;
    }
  }

  noteArrivals(): void {
    for (const gate of this.#waiting) gate.noteArrival();
  }

  turnAbandoned(): void {
    for (const gate of this.#waiting) gate.turnAbandoned();
  }

  stop(): void {
    for (const gate of this.#waiting) gate.stop();
  }

  /** The batches that are not complete, in words. */
  describe(): string[] {
    return this.#gates
      .filter((gate) => gate !== null)
      .filter(({ end }) => end.waiting > 0)
      .map(({ end, size }) => `a batch of ${size} from "${end.ring.name}" (${end.waiting} there)`);
  }

  #isReady(index: number): boolean {
    const gate = this.#gates[index];
    if (gate !== null && gate !== undefined) return gate.complete() > 0;
    const { ring } = this.#inputs[index] as InputEnd;
    return ring.head !== ring.tail;
  }
}
