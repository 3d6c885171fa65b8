import { Ring } from './ring.ts';

/** Runs until its input is empty or its output full; it has then parked itself at that link, or it is finished. */
export type Stage = () => void;

const NO_STAGE: Stage = () => {};

/** The stages that can go on, oldest first. Each stage is in it at most once, so that their number is room enough. */
export class ReadyQueue {
  readonly #stages: Ring<Stage>;

  constructor(stages: number = 8) {
    this.#stages = new Ring<Stage>(2 ** Math.ceil(Math.log2(stages)), NO_STAGE);
  }

  add(stage: Stage): void {
    this.#stages.put(stage);
  }

  /** Runs ready stages until none is left: all are finished, or the pipeline is stuck. */
  drain(): void {
    while (!this.#stages.isEmpty) this.#stages.take()();
  }
}

/** A ring between two stages that remembers who waits at which end of it. */
export class Link {
  readonly #ring: Ring<number>;
  readonly #ready: ReadyQueue;
  #parkedReader: Stage | undefined;
  #parkedWriter: Stage | undefined;

  constructor(capacity: number, ready: ReadyQueue) {
    this.#ring = new Ring(capacity, 0);
    this.#ready = ready;
  }

  get isEmpty(): boolean {
    return this.#ring.isEmpty;
  }

  get isFull(): boolean {
    return this.#ring.isFull;
  }

  put(message: number): void {
    this.#ring.put(message);
    if (this.#parkedReader !== undefined) {
      this.#ready.add(this.#parkedReader);
      this.#parkedReader = undefined;
    }
  }

  take(): number {
    const message = this.#ring.take();
    if (this.#parkedWriter !== undefined) {
      this.#ready.add(this.#parkedWriter);
      this.#parkedWriter = undefined;
    }
    return message;
  }

  parkReader(stage: Stage): void {
    this.#parkedReader = stage;
  }

  /** Its reader, which waited at other links as well, was woken by one of those. */
  unparkReader(): void {
    this.#parkedReader = undefined;
  }

  parkWriter(stage: Stage): void {
    this.#parkedWriter = stage;
  }
}

/** A link with many stages that write: those that found it full wait in line. */
export class SharedLink {
  readonly #ring: Ring<number>;
  readonly #ready: ReadyQueue;
  #parkedReader: Stage | undefined;
  readonly #parkedWriters: Stage[] = [];

  constructor(capacity: number, ready: ReadyQueue) {
    this.#ring = new Ring(capacity, 0);
    this.#ready = ready;
  }

  get isEmpty(): boolean {
    return this.#ring.isEmpty;
  }

  get isFull(): boolean {
    return this.#ring.isFull;
  }

  put(message: number): void {
    this.#ring.put(message);
    if (this.#parkedReader !== undefined) {
      this.#ready.add(this.#parkedReader);
      this.#parkedReader = undefined;
    }
  }

  take(): number {
    return this.#ring.take();
  }

  /** The reader has taken everything, so there is room for all who waited for it. */
  parkReader(stage: Stage): void {
    this.#parkedReader = stage;
    for (const writer of this.#parkedWriters) this.#ready.add(writer);
    this.#parkedWriters.length = 0;
  }

  parkWriter(stage: Stage): void {
    this.#parkedWriters.push(stage);
  }
}
