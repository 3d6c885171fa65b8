import type { AsyncContext } from './async-context.ts';
import type { CapsuleFiles } from './capsule-files.ts';
import type { Clock } from './clock.ts';
import type { Host } from './host.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Watchdog } from './watchdog.ts';

/** All that a graph takes from the world. Each may be replaced alone. */
export interface Ports {
  /** Time and timers. */
  readonly clock: Clock;
  /** When actors go on, and in which order. */
  readonly scheduler: Scheduler;
  /** Randomness. */
  readonly random: Random;
  /** The process; only `graph.run()` uses it. */
  readonly host: Host;
  /** Whose code is running; used where `trackStray` is on. */
  readonly asyncContext: AsyncContext;
  /** Notices an event loop that stands still; used where `watchdog` is on. */
  readonly watchdog: Watchdog;
  /** Where capsules go; used by graphs with the option `capsules` alone. */
  readonly capsuleFiles: CapsuleFiles;
}
