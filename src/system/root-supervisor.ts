import type { Exit } from '../actor/events.ts';
import type { Decision, SupervisedChild, Supervisor } from '../actor/runtime.ts';
import { HoldfastError, errorText } from '../base/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import { RestartPolicy } from '../supervision/restart-policy.ts';

/** What the root hands up. */
export interface RootListener {
  /** A child's restart limit is exceeded: the graph has to stop with this error. */
  giveUp(error: HoldfastError): void;
  /** A child will be restarted. */
  restarting(): void;
}

/**
 * The root of the graph: one for one, with a restart limit for each child. Beyond a limit it gives up, and the graph stops
 * with an error that names the child and its failures.
 */
export class RootSupervisor implements Supervisor {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #listener: RootListener;
  /** Made at a child's first failure. */
  readonly #policies = new Map<string, RestartPolicy>();

  constructor(clock: Clock, random: Random, listener: RootListener) {
    this.#clock = clock;
    this.#random = random;
    this.#listener = listener;
  }

  childEnded(child: SupervisedChild, exit: Exit, counts: boolean): Decision {
    let policy = this.#policies.get(child.name);
    if (policy === undefined) {
      policy = new RestartPolicy(child.settings, this.#random);
      this.#policies.set(child.name, policy);
    }
    const error: unknown = exit.kind === 'crashed' ? exit.error : exit.kind;
    const failure = { wallMs: this.#clock.wallMs(), regeneration: child.regeneration, error };
    const decision = policy.childEnded(exit, counts, this.#clock.nowMs(), failure);
    if (decision.kind === 'escalate') this.#listener.giveUp(limitError(child, policy));
    else if (decision.kind === 'restart') this.#listener.restarting();
    return decision;
  }
}

function limitError(child: SupervisedChild, policy: RestartPolicy): HoldfastError<'ERR_RESTART_LIMIT'> {
  const { maxRestarts, periodMs } = child.settings;
  const { failures } = policy;
  const last = failures.at(-1)?.error;
  const lines = failures.map(
    ({ wallMs, regeneration, error }) =>
      `  ${new Date(wallMs).toISOString()} regeneration ${regeneration}: ${typeof error === 'string' ? error : errorText(error)}`,
  );
  const message = `actor "${child.name}" failed more often than its limit of ${maxRestarts} restarts in ${periodMs} ms allows:\n${lines.join('\n')}`;
  const details = { actor: child.name, maxRestarts, periodMs, failures };
  return new HoldfastError('ERR_RESTART_LIMIT', message, details, last instanceof Error ? { cause: last } : {});
}
