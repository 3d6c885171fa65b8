/** The thread of the watchdog: looks at the event loop every now and then, and writes a line when it is stuck. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Part } from '../watchdog.ts';
import { createNodeLog, type LogLevel } from './node-log.ts';
import { StuckDetector } from './stuck-detector.ts';
import { CELL, type ThreadData, type ThreadMessage } from './watchdog-cells.ts';

// The main side writes both; there is no other.
const data = workerData as ThreadData;
const log = createNodeLog(data.logLevel as LogLevel | undefined, data.isTerminal).child({ graph: data.graph });
const cells = new Int32Array(data.cells);
const detector = new StuckDetector(data.stuckAfterMs);
const parts = new Map<number, Part>();

parentPort?.on('message', (message: ThreadMessage) => {
  switch (message.kind) {
    case 'introduce':
      parts.set(message.id, message.part);
      return;
    case 'forget':
      parts.delete(message.id);
      return;
  }
});

function look(): void {
  const sequence = Atomics.load(cells, CELL.sequence);
  const holder = Atomics.load(cells, CELL.holder);
  const elapsedMs = detector.look(performance.now(), Atomics.load(cells, CELL.beats), sequence);
  if (elapsedMs === undefined) return;
  Atomics.store(cells, CELL.reportedHolder, holder);
  Atomics.store(cells, CELL.reportedMs, Math.round(elapsedMs));
  Atomics.store(cells, CELL.reported, sequence);
  report(parts.get(holder), Math.round(elapsedMs));
}

function report(part: Part | undefined, elapsedMs: number): void {
  const fields = part === undefined ? { elapsedMs } : { [part.kind]: part.name, elapsedMs };
  const where = part === undefined ? ', outside the actors, feeds and sinks of this graph' : '';
  if (Atomics.load(cells, CELL.inspected) === 1) {
    log.warn(fields, `stuck, or paused by a debugger: the event loop stands still${where}`);
  } else {
    log.error(fields, `stuck: the event loop stands still${where}`);
  }
}

setInterval(look, data.lookEveryMs);
