export { SeededRandom } from './seeded-random.ts';
export { SeededScheduler } from './seeded-scheduler.ts';
export { Simulation } from './simulation.ts';
export type { SimulationOptions } from './simulation.ts';
export { VirtualClock } from './virtual-clock.ts';
