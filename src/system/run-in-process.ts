import { isHoldfastError } from '../base/errors.ts';
import type { Host } from '../ports/host.ts';
import type { Log } from '../ports/log.ts';
import type { Graph } from './graph.ts';

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/** `graph.run()`: the only place where Holdfast touches the process. */
export async function runInProcess(graph: Graph, host: Host, log: Log, force: (reason: string) => void): Promise<void> {
  let signals = 0;
  let stray: { readonly error: unknown } | undefined;
  const forgetSignals = host.onSignal((signal) => {
    signals += 1;
    if (signals === 1) {
      graph.requestShutdown(signal);
      return;
    }
    const status = 128 + SIGNAL_NUMBERS[signal];
    log.error({ signal }, 'a second signal: stopping at once');
    force(`a second signal, ${signal}`);
    host.setExitStatus(status);
    host.exit(status);
  });
  const forgetErrors = host.onStrayError((error) => {
    // Leftovers of turns that have ended hit their fence by nature: that is recorded, and no reason to stop.
    if (isFenceError(error)) {
      log.warn({ err: error }, 'a promise that nobody awaited met the fence of a turn that had ended');
      return;
    }
    log.fatal({ err: error }, 'an error that nothing caught: stopping');
    stray ??= { error };
    graph.requestShutdown('an error that nothing caught');
  });
  try {
    graph.start();
    await graph.stopped();
    if (stray !== undefined) throw stray.error;
  } catch (error) {
    host.setExitStatus(1);
    throw error;
  } finally {
    forgetSignals();
    forgetErrors();
  }
}

function isFenceError(error: unknown): boolean {
  return (
    isHoldfastError(error, 'ERR_FENCED') ||
    isHoldfastError(error, 'ERR_NO_TURN') ||
    isHoldfastError(error, 'ERR_ABANDONED')
  );
}
