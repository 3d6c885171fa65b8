import type { RunPlan } from './explore.ts';
import type { Fault } from './faults.ts';

/** Runs that shrinking may take. */
const TRIES_MAX = 200;

/**
 * The smallest plan that still fails: fewer faults, actors in order of arrival.
 *
 * Source: ddmin, "Simplifying and Isolating Failure-Inducing Input", Zeller and Hildebrandt, 2002.
 */
export async function shrink(plan: RunPlan, fails: (plan: RunPlan) => Promise<boolean>): Promise<RunPlan> {
  let tries = 0;
  const stillFails = async (smaller: RunPlan): Promise<boolean> => {
    tries += 1;
    return tries <= TRIES_MAX && (await fails(smaller));
  };
  let faults: readonly Fault[] = plan.faults ?? [];
  if (faults.length > 0 && (await stillFails({ ...plan, faults: [] }))) faults = [];
  for (let size = Math.ceil(faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < faults.length;) {
      const fewer = [...faults.slice(0, from), ...faults.slice(from + size)];
      if (await stillFails({ ...plan, faults: fewer })) faults = fewer;
      else from += size;
    }
  }
  const small = { ...plan, faults };
  return plan.schedule !== 'fair' && (await stillFails({ ...small, schedule: 'fair' }))
    ? { ...small, schedule: 'fair' }
    : small;
}
