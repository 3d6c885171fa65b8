/**
 * A world for tests: time that moves when a test says so, seeded randomness, a process that a test drives. Begin with
 * {@link Simulation}.
 *
 * @module holdfast/testing
 */
export { SeededRandom } from './seeded-random.ts';
export { SeededScheduler } from './seeded-scheduler.ts';
export { Simulation } from './simulation.ts';
export type { SimulatedHost, SimulationOptions } from './simulation.ts';
export type { SimulatedWatchdog } from './simulated-watchdog.ts';
export { VirtualClock } from './virtual-clock.ts';
