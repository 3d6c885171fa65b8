import process from 'node:process';
import { Worker } from 'node:worker_threads';
import type { LoopGuard, Part, Watchdog, WatchOptions } from '../watchdog.ts';
import { CELL, CELLS, type ThreadData, type ThreadMessage } from './watchdog-cells.ts';

/** Looks of the thread, and beats of the loop, in the time after which the loop counts as stuck. */
const LOOKS = 4;

/** A thread for each graph. It does not keep the process alive. */
export class NodeWatchdog implements Watchdog {
  watch(options: WatchOptions): LoopGuard {
    return new WatchedLoop(options);
  }
}

class WatchedLoop implements LoopGuard {
  readonly #options: WatchOptions;
  readonly #cells: Int32Array = new Int32Array(new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT));
  readonly #thread: Worker;
  readonly #beats: NodeJS.Timeout;
  #sequence = 0;
  #beatAtMs: number = performance.now();

  constructor(options: WatchOptions) {
    this.#options = options;
    const everyMs = options.stuckAfterMs / LOOKS;
    this.#passOn();
    this.#beats = setInterval(() => this.#beat(), everyMs);
    this.#beats.unref();
    this.#thread = startThread({
      cells: this.#cells.buffer as SharedArrayBuffer, // made above
      graph: options.graph,
      stuckAfterMs: options.stuckAfterMs,
      lookEveryMs: everyMs,
      logLevel: options.logLevel,
      isTerminal: process.stderr.isTTY,
    });
    this.#thread.on('error', options.failed);
    this.#thread.unref();
  }

  introduce(id: number, { kind, name }: Part): void {
    this.#tell({ kind: 'introduce', id, part: { kind, name } });
  }

  forget(id: number): void {
    this.#tell({ kind: 'forget', id });
  }

  enter(id: number): void {
    this.#cells[CELL.holder] = id;
    this.#passOn();
  }

  leave(elapsedMs: number): void {
    const cells = this.#cells;
    if (cells[CELL.reported] === this.#sequence) {
      cells[CELL.reported] = 0;
      this.#options.cameBack(cells[CELL.holder] as number, elapsedMs);
    }
    cells[CELL.holder] = 0;
    this.#passOn();
  }

  stop(): void {
    clearInterval(this.#beats);
    this.#tellLate(performance.now() - this.#beatAtMs);
    this.#thread.off('error', this.#options.failed);
    this.#thread.on('error', () => undefined);
    void this.#thread.terminate();
  }

  #passOn(): void {
    this.#sequence = (this.#sequence + 1) | 0 || 1;
    this.#cells[CELL.sequence] = this.#sequence;
  }

  #beat(): void {
    const nowMs = performance.now();
    this.#tellLate(nowMs - this.#beatAtMs);
    this.#beatAtMs = nowMs;
    Atomics.add(this.#cells, CELL.beats, 1);
    this.#cells[CELL.inspected] = isInspected() ? 1 : 0;
  }

  /** What was reported and does not belong to a slice that is still to end: it was outside, or came too late. */
  #tellLate(elapsedMs: number): void {
    const cells = this.#cells;
    if (Atomics.exchange(cells, CELL.reported, 0) === 0) return;
    const reportedMs = cells[CELL.reportedMs] as number;
    this.#options.cameBack(cells[CELL.reportedHolder] as number, Math.max(reportedMs, elapsedMs));
  }

  #tell(message: ThreadMessage): void {
    this.#thread.postMessage(message);
  }
}

function startThread(data: ThreadData): Worker {
  return new Worker(new URL('./watchdog-thread.js', import.meta.url), {
    name: 'holdfast watchdog',
    workerData: data,
    // What the process preloads or listens on is not meant for this thread.
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

/** An inspector is open. Whether a debugger uses it to pause the loop, nobody says. */
function isInspected(): boolean {
  return process.features.inspector && process.getBuiltinModule('node:inspector').url() !== undefined;
}
