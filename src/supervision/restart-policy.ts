import type { Exit } from '../actor/events.ts';
import type { RestartType } from '../actor/settings.ts';
import { unreachable } from '../base/unreachable.ts';

/**
 * Whether a child that ended so comes back.
 *
 * Source: Erlang/OTP `supervisor`, restart type. Differs: `completed` is an end that no restart type restarts.
 */
export function shouldRestart(restart: RestartType, exit: Exit): boolean {
  if (exit.kind === 'completed') return false;
  switch (restart) {
    case 'permanent':
      return true;
    case 'transient':
      return exit.kind === 'crashed' || exit.kind === 'killed';
    case 'temporary':
      return false;
    default:
      return unreachable(restart);
  }
}
