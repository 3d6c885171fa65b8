/**
 * Graphs of supervised actors joined by bounded channels. Begin with {@link defineActor} and {@link Graph}.
 *
 * @module holdfast
 */
export { inputBundle, outputBundle } from './actor/bundle-spec.ts';
export type {
  InputBundleOptions,
  InputBundleSpec,
  OutputBundleOptions,
  OutputBundleSpec,
  Route,
} from './actor/bundle-spec.ts';
export type { ActorRef, MailboxOf } from './actor/actor-ref.ts';
export { outputPort } from './actor/output-port.ts';
export type {
  OutputPort,
  OutputPortSpec,
  PortName,
  PortRef,
  PublishedBy,
  Publishing,
  PublishingOf,
  Subscriber,
  SubscribeInputOptions,
  SubscribeOptions,
  WhenFull,
} from './actor/output-port.ts';
export { ReplyPort } from './actor/reply-port.ts';
export type { AnswerOf, AnswerTo, Asking, CallOptions, NewReplyPort, Reply } from './actor/reply-port.ts';
export { args, defineActor, input, output } from './actor/definition.ts';
export type { Batch, BatchOptions } from './channel/batch.ts';
export type {
  ActorDefinition,
  ArgsSpec,
  BatchInputSpec,
  DeliveryContext,
  DeliveryOf,
  HandlerDefinition,
  InBatches,
  InputOptions,
  InputSpec,
  InputSpecs,
  LaneOf,
  LoopDefinition,
  MessageOf,
  None,
  OneAtATime,
  OutputSpec,
  OwnChannelOptions,
  OwnInputSpec,
  OutputSpecs,
  SentTo,
  SourceDefinition,
  StartAnswer,
} from './actor/definition.ts';
export type {
  BatchContext,
  Beat,
  Casts,
  DrainedContext,
  HandlerContext,
  HookContext,
  InputFor,
  InputOf,
  LoopContext,
  OutputOf,
  RequestOptions,
  SourceContext,
  TurnContext,
  Vetoes,
  WaitResult,
} from './actor/context.ts';
export type {
  Down,
  DownListener,
  ExitSignal,
  InputTaking,
  WatchedExit,
  MonitorOptions,
  WatchRefOptions,
} from './actor/down.ts';
export type { ChildEvent, ChildEventAnswer, ChildInfo } from './actor/child-event.ts';
export type {
  ChildArguments,
  ChildOptions,
  ChildWiring,
  Owning,
  OwnerOptions,
  OwnInputSpecs,
  StopChildOptions,
} from './actor/family.ts';
export type { GroupChange, GroupListener, GroupOptions } from './actor/groups.ts';
export type { TimerSnapshot } from './actor/actor-timer.ts';
export type { TimerInput, TimerOptions, Timers } from './actor/timers.ts';
export { table } from './actor/table.ts';
export type {
  EntriesOf,
  NoTables,
  Table,
  TableKey,
  TableOf,
  TableOptions,
  TableSpec,
  TableSpecs,
  TablesFor,
} from './actor/table.ts';
export type { DeadLetter, DeadLetterReason, ErrorRecord } from './actor/dead-letter.ts';
export type { Reading } from './actor/failure-recorder.ts';
export type { DegradationCause, Exit, GraphEvent, MessageInHand } from './actor/events.ts';
export type { ExitReason } from './actor/exit-reason.ts';
export type { Phase } from './actor/phase.ts';
export type { ActorOptions, BackoffOptions, RestartType, ShutdownSpec } from './actor/settings.ts';
export type { ShowstopperAnswer, ShowstopperRule, SuspectMessage } from './actor/showstopper-rule.ts';
export { HoldfastError, isHoldfastError } from './base/errors.ts';
export type { ConservationFault, ErrorCode, ErrorDetails, FailureRecord, Holdout, SchemaIssue } from './base/errors.ts';
export type { Schema } from './base/schema.ts';
export type { BundleCondition } from './channel/bundle-condition.ts';
export type { Condition } from './channel/condition.ts';
export { laneOf } from './channel/partition.ts';
export type { Receiver } from './channel/receiver.ts';
export type { SendOptions, TrySendResult } from './channel/sending.ts';
export type { PartitionKey } from './channel/partition.ts';
export type { Input, InputBundle, MessageSlice, Output, OutputBundle, Replayable } from './channel/port.ts';
export type { TimerFiring } from './channel/ring.ts';
export type { AsyncContext, AsyncFrame } from './ports/async-context.ts';
export type { CapsuleFile, CapsuleFiles } from './ports/capsule-files.ts';
export type { Clock } from './ports/clock.ts';
export type { Host } from './ports/host.ts';
export type { Log, LogMethod } from './ports/log.ts';
export type { LogLevel } from './ports/node/node-log.ts';
export type { Ports } from './ports/ports.ts';
export type { Random } from './ports/random.ts';
export type { Scheduler } from './ports/scheduler.ts';
export type { LoopGuard, Part, Watchdog, WatchOptions } from './ports/watchdog.ts';
export type {
  Capsule,
  CapsuleDefinition,
  CapsuleEffect,
  CapsuleError,
  CapsuleInput,
  CapsuleMessage,
  CapsuleOutput,
  CapsuleTurn,
  CapsuleValue,
} from './system/capsule.ts';
export type { CapsuleOptions, CapsulePlace } from './system/capsule-options.ts';
export { Channel } from './system/channel.ts';
export type { Bundle, ChannelOptions, Sender } from './system/channel.ts';
export type { DeadLetterFilter, DeadLetterQuery, OneOrMany } from './system/dead-letter-filter.ts';
export type { LetterLeft, ReplayOptions, ReplayReport } from './system/dead-letter-replay.ts';
export type { ExportOptions, ImportOptions, LetterSource } from './system/dead-letter-transfer.ts';
export type { DeadLetterRouteFilter, DeadLetters } from './system/dead-letters.ts';
export type { DegradationStatus } from './system/degradation.ts';
export type { DegradationLevel, DegradationOptions, DegradationTriggers } from './system/degradation-options.ts';
export type { GraphListener } from './system/event-bus.ts';
export type { FeedSource } from './system/feed.ts';
export { Graph } from './system/graph.ts';
export { DynamicSupervisorRef } from './system/dynamic-supervisor.ts';
export type { DynamicChildOptions } from './system/dynamic-supervisor.ts';
export type { PoolRef, WorkerInputs } from './system/pool-cell.ts';
export type { PoolOptions, PoolRouting, PoolWorker } from './system/pool-options.ts';
export { SupervisorRef } from './system/supervisor-ref.ts';
export type { ChildSpecInfo } from './system/child-info.ts';
export type { ChildCounts } from './system/supervisor-ref.ts';
export type { ChildEventContext, OnChildEvent } from './system/supervisor-policy.ts';
export type {
  CommonSupervisorOptions,
  DynamicSupervisorOptions,
  SupervisorChildOptions,
  SupervisorOptions,
} from './system/supervisor-options.ts';
export type { Strategy } from './supervision/child-table.ts';
export type { Supervised, SupervisorBuilder } from './system/tree-builder.ts';
export type { ActorHandle, SpawnedActor, WiredTo } from './system/actor-cell.ts';
export type { BundleOptions, SinkOptions } from './system/graph.ts';
export type { ActorPlacement, Restore, RestoreOption } from './system/placement.ts';
export { ProcessGroups } from './system/process-groups.ts';
export type { GroupCast } from './system/process-groups.ts';
export type {
  AlertOptions,
  BreakerOptions,
  BreakerPolicy,
  ChildPolicies,
  FallbackOptions,
  FallbackPolicy,
  LoweredLimit,
  RestartAlarm,
} from './actor/child-policies.ts';
export { fallbackTo } from './system/stand-in.ts';
export { type ArgsOption, type DefinitionWith, replacement, type Replacement } from './actor/replacement.ts';
export { ShrinkingLimit, shrinkingLimit } from './supervision/shrinking-limit.ts';
export type { ShrinkingLimitOptions } from './supervision/child-parts.ts';
export type { BreakerState } from './supervision/breaker.ts';
export type { GraphOptions, GraphPorts } from './system/graph-options.ts';
export type { BarrierParties, BarrierSnapshot } from './system/shutdown-barrier.ts';
export type { SinkContext, SinkFunction } from './system/sink.ts';
export type {
  ActorSnapshot,
  CallsSnapshot,
  ChannelSnapshot,
  DeadLettersSnapshot,
  GraphSnapshot,
  GraphStatus,
  SnapshotOptions,
} from './system/snapshot.ts';
export type {
  ChannelGiving,
  ChannelTaking,
  InputWiring,
  OutputWiring,
  SpawnArguments,
  Wiring,
} from './system/wiring.ts';
export type { WritableTarget } from './system/writable-sink.ts';
