import { type ChildProcess, fork } from 'node:child_process';
import type { ChildAnswer, ChildRequest } from './child-protocol.ts';

/** Far beyond the second or two that a child takes; a lane that lost a message may wait for it for ever. */
const TIMEOUT_MS = 30_000;

/** Starts child processes that measure one lane each, and ends those that are left. */
export class LaneChildren {
  readonly #entry: string;
  readonly #running = new Set<ChildProcess>();

  constructor(entry: string) {
    this.#entry = entry;
  }

  /** Runs one child. Always resolves: a child that dies or hangs has failed. */
  measure(request: ChildRequest): Promise<ChildAnswer> {
    return new Promise((resolve) => {
      const child = fork(this.#entry, [], { execArgv: ['--expose-gc'], detached: true, stdio: 'inherit' });
      this.#running.add(child);
      const timer = setTimeout(
        () => settle({ kind: 'failed', reason: `no answer within ${TIMEOUT_MS} ms` }),
        TIMEOUT_MS,
      );
      const settle = (answer: ChildAnswer): void => {
        clearTimeout(timer);
        this.#running.delete(child);
        endGroup(child);
        resolve(answer);
      };
      // Safe: the entry sends a ChildAnswer and nothing else.
      child.once('message', (message) => settle(message as ChildAnswer));
      child.once('error', (error) => settle({ kind: 'failed', reason: error.message }));
      child.once('exit', (code, signal) => settle({ kind: 'failed', reason: `child ended with ${signal ?? code}` }));
      child.send(request, () => {}); // A child that cannot be sent to has exited, and that is heard above.
    });
  }

  endAll(): void {
    for (const child of this.#running) endGroup(child);
  }
}

// The group, not the child: an Erlang lane has a process below it. `detached` made the child the leader of its group.
function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Everybody in the group has already gone.
  }
}
