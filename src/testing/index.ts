/**
 * A world for tests: time that moves when a test says so, seeded randomness, a process that a test drives. Begin with
 * {@link testActor} for one actor, and with {@link stage} for a graph.
 *
 * @module holdfast/testing
 */
export type { CrashPoint, ContextVerb, CommitPoint } from '../actor/runtime.ts';
export type { EffectCall } from '../actor/rehearsal.ts';
export { CapturedLog, capturedLog } from './captured-log.ts';
export type { LogLine, LogPattern } from './captured-log.ts';
export { readCapsule } from './capsule-reader.ts';
export { CapsuleReplay } from './capsule-replay.ts';
export type { ReplayOutcome, SentMessages, TakenMessages } from './capsule-replay.ts';
export type { ReplayedDefinition } from './capsule-world.ts';
export { Coverage } from './coverage.ts';
export type { Fill, Place, PointCoverage } from './coverage.ts';
export { STEP_POINTS } from './crash-points.ts';
export type { StepPoint } from './crash-points.ts';
export { explore, replay } from './explore.ts';
export type { Exploration, ExploreOptions, RunPlan } from './explore.ts';
export type { Build, Explored, RunOutcome, World } from './explored-run.ts';
export { FAULT_KINDS, InjectedFault } from './faults.ts';
export type { Fault, FaultKind, Moment } from './faults.ts';
export { replayCapsule } from './replay-capsule.ts';
export type { ReplayCapsuleOptions } from './replay-capsule.ts';
export { SCHEDULES } from './schedules.ts';
export type { Picker, Schedule } from './schedules.ts';
export type { Expected } from './matching.ts';
export { SeededRandom } from './seeded-random.ts';
export { SeededScheduler } from './seeded-scheduler.ts';
export { SimulatedCapsuleFiles } from './simulated-capsule-files.ts';
export { Simulation } from './simulation.ts';
export type { SimulationOptions } from './simulation.ts';
export type { EffectKey, EffectScript, RecordedEffect, SimulatedEffects } from './simulated-effects.ts';
export type { SimulatedHost } from './simulated-host.ts';
export type { SimulatedWatchdog } from './simulated-watchdog.ts';
export { Stage, stage } from './stage.ts';
export type {
  ReceivedByStaged,
  Replaced,
  SentByStaged,
  Staged,
  StagedAs,
  StagedName,
  StagedPart,
  StagedRestore,
  StageOptions,
  StageReport,
  StageSendOptions,
  StageWorld,
  Within,
} from './staged.ts';
export { TestActor, testActor } from './test-actor.ts';
export type { CrashableStep, TestActorOptions, TestActorSetup } from './test-actor.ts';
export type { TestPortOptions, TestPorts } from './test-channels.ts';
export type { Trace } from './trace.ts';
export type { MessagesByPort, RejectedMessage, TurnRecord } from './turn-record.ts';
export { VirtualClock } from './virtual-clock.ts';
