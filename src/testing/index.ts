/**
 * A world for tests: time that moves when a test says so, seeded randomness, a process that a test drives. Begin with
 * {@link Simulation}.
 *
 * @module holdfast/testing
 */
export { Coverage } from './coverage.ts';
export type { Fill, Place, PointCoverage } from './coverage.ts';
export { STEP_POINTS } from './crash-points.ts';
export type { StepPoint } from './crash-points.ts';
export { explore, replay } from './explore.ts';
export type { Exploration, ExploreOptions, RunPlan } from './explore.ts';
export type { Build, Explored, RunOutcome, World } from './explored-run.ts';
export { FAULT_KINDS, InjectedFault } from './faults.ts';
export type { Fault, FaultKind, Moment } from './faults.ts';
export { SCHEDULES } from './schedules.ts';
export type { Schedule } from './schedules.ts';
export { SeededRandom } from './seeded-random.ts';
export { SeededScheduler } from './seeded-scheduler.ts';
export { Simulation } from './simulation.ts';
export type { SimulationOptions } from './simulation.ts';
export type { EffectKey, EffectScript, RecordedEffect, SimulatedEffects } from './simulated-effects.ts';
export type { SimulatedHost } from './simulated-host.ts';
export type { SimulatedWatchdog } from './simulated-watchdog.ts';
export type { Trace } from './trace.ts';
export { VirtualClock } from './virtual-clock.ts';
