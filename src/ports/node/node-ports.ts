import type { Ports } from '../ports.ts';
import { NodeAsyncContext } from './node-async-context.ts';
import { NodeCapsuleFiles } from './node-capsule-files.ts';
import { NodeClock } from './node-clock.ts';
import { NodeHost } from './node-host.ts';
import { NodeRandom } from './node-random.ts';
import { NodeScheduler } from './node-scheduler.ts';
import { NodeWatchdog } from './node-watchdog.ts';

/** The real world. */
export function nodePorts(): Ports {
  return {
    clock: new NodeClock(),
    scheduler: new NodeScheduler(),
    random: new NodeRandom(),
    host: new NodeHost(),
    asyncContext: new NodeAsyncContext(),
    watchdog: new NodeWatchdog(),
    capsuleFiles: new NodeCapsuleFiles(),
  };
}
