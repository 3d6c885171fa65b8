export { SeededRandom } from './seeded-random.ts';
export { SeededScheduler } from './seeded-scheduler.ts';
export { Simulation } from './simulation.ts';
export type { SimulatedHost, SimulationOptions } from './simulation.ts';
export { VirtualClock } from './virtual-clock.ts';
