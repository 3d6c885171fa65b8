import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Ports } from '../ports/ports.ts';
import type { Graph } from './graph.ts';
import type { StrayErrors } from './stray-errors.ts';

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/** A signal that repeats the one before within this time is its echo: npm passes on what the terminal has sent as well. */
const ECHO_MS = 100;

/** `graph.run()`: the only place where Holdfast touches the process. */
export async function runInProcess(
  graph: Graph,
  { host, clock }: Ports,
  log: Log,
  strays: StrayErrors,
  force: (reason: string) => void,
  written: () => Promise<void> | undefined,
): Promise<void> {
  let first: { readonly signal: string; readonly atMs: number } | undefined;
  let forced = false;
  let stray: { readonly error: unknown } | undefined;
  const forgetSignals = host.onSignal((signal) => {
    if (first === undefined) {
      first = { signal, atMs: clock.nowMs() };
      graph.requestShutdown(signal);
      return;
    }
    if (first.signal === signal && clock.nowMs() - first.atMs < ECHO_MS) return;
    forced = true;
    const status = 128 + SIGNAL_NUMBERS[signal];
    log.error({ signal }, 'a second signal: stopping at once');
    force(`a second signal, ${signal}`);
    host.setExitStatus(status);
    host.exit(status);
  });
  const forgetErrors = host.onStrayError((error) => {
    if (strays.settle(error)) return;
    stray ??= { error };
    graph.requestShutdown('an error that nothing caught');
  });
  const endOfStrays = strays.begin();
  try {
    graph.start();
    await graph.stopped();
    if (stray !== undefined) throw stray.error;
  } catch (error) {
    if (!forced) host.setExitStatus(1);
    throw error;
  } finally {
    const pending = written();
    if (pending !== undefined) await withinGrace(clock, pending);
    forgetSignals();
    forgetErrors();
    endOfStrays();
  }
}

/** How long the end waits for capsules, in milliseconds: a disk that hangs must not keep the process. */
const GRACE_MS = 1_000;

async function withinGrace(clock: Clock, written: Promise<void>): Promise<void> {
  let cancel: (() => void) | undefined;
  const over = new Promise<void>((resolve) => {
    cancel = clock.setTimer(clock.nowMs() + GRACE_MS, resolve);
  });
  await Promise.race([written, over]);
  cancel?.();
}
