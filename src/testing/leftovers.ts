import type { Graph } from '../system/graph.ts';
import type { Simulation } from './simulation.ts';

/**
 * What is wrong with a graph that should have come to its end, if anything: it must have left nothing behind.
 *
 * @param sleepers - Timers that may be left, because outside work waits for them.
 */
export function leftovers(graph: Graph, sim: Simulation, sleepers: number = 0): string[] {
  const problems: string[] = [];
  const { actors, channels, status } = graph.snapshot();
  if (status !== 'stopped') problems.push(`the graph is ${status}`);
  for (const { name, phase } of actors) if (phase !== 'ended') problems.push(`actor "${name}" is ${phase}`);
  for (const { name, inFlight, waitingForRoom } of channels) {
    if (inFlight > 0) problems.push(`channel "${name}" holds ${inFlight}`);
    if (waitingForRoom > 0) problems.push(`${waitingForRoom} wait for room in "${name}"`);
  }
  const timers = sim.clock.pending - sleepers;
  if (timers > 0) problems.push(`${timers} timers are left`);
  if (sim.clock.keepsAlive) problems.push('the process is kept alive');
  if (!sim.scheduler.idle) problems.push('the scheduler has tasks');
  if (sim.host.listeners > 0) problems.push(`${sim.host.listeners} listeners are left on the process`);
  return problems;
}
