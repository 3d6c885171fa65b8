import { Actor } from '../actor/actor.ts';
import { type ActorPort, portOf } from '../actor/actor-port.ts';
import { type ActorRef, type Addressee, MAILBOX_PORT, type MailboxOf } from '../actor/actor-ref.ts';
import type { ActorPlace, StartOutcome } from '../actor/actor-spec.ts';
import { checkFlag } from '../actor/bonds-view.ts';
import type { InputSpecs } from '../actor/definition.ts';
import type { MakeRequest } from '../actor/context-calls.ts';
import type { CallOptions } from '../actor/reply-port.ts';
import { Dormant } from '../actor/dormant.ts';
import type { DownListener, WatchRefOptions } from '../actor/down.ts';
import type { Exit } from '../actor/events.ts';
import { abandonInput, buryAt } from '../actor/burial.ts';
import { hasStartHooks } from '../actor/hooks.ts';
import type { Interrupt } from '../actor/interrupt.ts';
import { describePhase, describeRest, type Phase } from '../actor/phase.ts';
import { refuseInTurn } from '../actor/outside-only.ts';
import { runSoon } from '../actor/run-queue.ts';
import type { Runtime } from '../actor/runtime.ts';
import { ACTOR_DEFAULTS, type ActorSettings, type ShutdownSpec } from '../actor/settings.ts';
import type { BreakerState } from '../supervision/breaker.ts';
import type { StartResult } from '../supervision/child-control.ts';
import type { ChildSpec } from '../supervision/child.ts';
import { checkSignificant } from '../supervision/setting-checks.ts';
import { shouldRestart } from '../supervision/restart-policy.ts';
import { checkKnownKeys, invalidOption } from '../base/options.ts';
import { BY_IDENTITY } from '../base/plain-data.ts';
import { isPaused } from '../actor/turn-gate.ts';
import type { Ring } from '../channel/ring.ts';
import type { SendOptions, TrySendResult } from '../channel/sending.ts';
import type { SpawnedActor } from './actor-handle.ts';
import type { Channel } from './channel.ts';
import { drainFromOutside, stateForgotten, stopFromOutside } from './cell-ends.ts';
import { callFromOutside } from './outside-call.ts';
import type { Placement } from './cell-placement.ts';
import { specOf } from './child-policies.ts';
import type { OwnedChildren } from './owned-children.ts';
import type { Sleeper } from './roster.ts';
import type { Member, MemberReplacement } from './supervisor-node.ts';
import { replacedBy, type Role } from './stand-in.ts';
import { WiredCell } from './wired-cell.ts';

/** What is left of somebody whose place another one has. */
interface Absent extends Role {
  /** Undefined if it was never awake. */
  readonly memory: Dormant | undefined;
  readonly isFallback: boolean;
}

const RUNNING: StartResult = Object.freeze({ kind: 'running' });

export type { ActorHandle, SpawnedActor, WiredTo } from './actor-handle.ts';

/**
 * An actor's place in the graph. The actor itself, with its ends, contexts and counters, and the channels that are its own,
 * are made when there is something to do: a handler that nobody has written to yet is only this. One that has had nothing to do
 * for long is given up again, but for what it has to remember.
 */
export class ActorCell<I extends InputSpecs = InputSpecs>
  extends WiredCell<I>
  implements SpawnedActor<I>, Addressee, Sleeper, ActorPlace, Member
{
  static {
    // A handle kept in state or sent in a message is neither copied nor frozen.
    Object.defineProperty(ActorCell.prototype, BY_IDENTITY, { value: true });
  }

  declare readonly takes: ((message: MailboxOf<I>) => void) | undefined;
  /** `asleep` until there is something to do for the first time. */
  #actor: Actor | 'asleep' | 'ended asleep' | 'hibernating' = 'asleep';
  /** What the actor is made from when it hibernates, or begins again after its end; out of date while it is awake. */
  #memory: Dormant | undefined;
  /** Of the present incarnation, unless an actor knows better. */
  #regeneration = -1;
  /** There is no incarnation at the moment: its supervisor decides. */
  #isDown = true;
  /** How the last incarnation has ended, of an actor that has ended since, or in its sleep. */
  #lastExit: Exit | undefined;
  /** Who does not play: its fallback, or, while that does, the actor itself. Undefined until there was a first change. */
  #absent: Absent | undefined;
  /** What it was built as, if another has its place since. */
  #built: { readonly role: Role; readonly placement: Placement } | undefined;
  /** Whoever waits for its start hooks. */
  #starting: ((result: StartResult) => void) | undefined;

  cast(message: MailboxOf<I>, options: SendOptions = {}): Promise<void> {
    const { mailbox } = this;
    mailbox.refuseInTurn('ref.cast');
    return mailbox.deliver(message, options, false);
  }

  tryCast<T extends MailboxOf<I>>(message: T): TrySendResult<T> {
    const { mailbox } = this;
    mailbox.refuseInTurn('ref.tryCast');
    return mailbox.tryDeliver(message, false) as TrySendResult<T>; // what comes back is what was given
  }

  call(make: MakeRequest, options: CallOptions): Promise<never> {
    const { mailbox, name } = this;
    mailbox.refuseInTurn('ref.call');
    // What comes back is what the message's type promises: see the interface.
    return callFromOutside(this.placement.runtime, mailbox, name, make, options) as Promise<never>;
  }

  get ref(): ActorRef<never> {
    return this;
  }

  port(name: string): ActorPort<never> {
    return portOf(this.placement.runtime, this, this.definition.behaviour.ports, name);
  }

  watch(listener: DownListener, options: WatchRefOptions = {}): () => void {
    const { runtime } = this.placement;
    refuseInTurn(runtime, 'ref.watch', 'use ctx.watch');
    if (typeof listener !== 'function') throw invalidOption('watch: listener', 'a function', listener);
    checkKnownKeys('watch', options, ['incarnations']);
    return runtime.watches.listen(this, listener, checkFlag('watch: incarnations', options.incarnations ?? false));
  }

  placeIn(runtime: Runtime): this | undefined {
    return this.placement.runtime === runtime ? this : undefined;
  }

  get trapRing(): Ring | undefined {
    const { trapExits } = this.definition.behaviour;
    return trapExits === undefined ? undefined : (this.ringsOf(trapExits) as Ring); // of an input that is no bundle
  }

  endWith(exit: Exit, why: string): void {
    if (this.ended || this.#isDown) return;
    const interrupt: Interrupt = exit.kind === 'killed' ? { kind: 'kill', why } : { kind: 'link', exit, why };
    if (this.#actor !== 'asleep') this.wake()?.interruptBy(interrupt);
    else {
      this.#soon(() => {
        // It may have been woken meanwhile.
        if (this.#actor === 'asleep' && !this.#isDown) this.incarnationEnded(exit, true, 0);
        else this.actor?.interruptBy(interrupt);
      });
    }
  }

  /** An incarnation begins without what the one before has left. */
  get isReset(): boolean {
    return this.settings.stateOnRestart === 'reset';
  }

  mailboxIn(runtime: Runtime): Ring | undefined {
    return this.placement.runtime === runtime ? this.mailbox.ring() : undefined;
  }

  kill(why: string = 'killed from outside'): void {
    this.wake()?.kill(why);
  }

  stop(): Promise<void> {
    return stopFromOutside(this, this.placement.runtime);
  }

  drain(): Promise<void> {
    return drainFromOutside(this, this.placement.runtime);
  }

  /** The actor, if it has ever had something to do and does not hibernate. */
  get actor(): Actor | undefined {
    return this.#actor instanceof Actor ? this.#actor : undefined;
  }

  /** What is known of the actor, if it has ever had something to do. */
  get record(): Pick<Dormant, 'counters' | 'state' | 'regeneration' | 'exit' | 'timers'> | undefined {
    return this.#actor === 'hibernating' ? this.#memory : this.actor;
  }

  /** `held`: it may begin no turn, because the graph is degraded. */
  get phase(): Phase | 'asleep' | 'held' {
    if (this.ended) return 'ended';
    if (this.#isDown && this.#regeneration >= 0) return this.#phaseDown();
    const { actor } = this;
    if (actor === undefined) return this.#actor === 'hibernating' ? this.#phaseAtRest() : 'asleep';
    const { phase, gate } = actor;
    return (phase === 'idle' || phase === 'starting') && gate?.isShut === true ? 'held' : phase;
  }

  #phaseDown(): 'down' | 'delayed' {
    return this.placement.supervisor.child(this.id)?.status === 'restarting' ? 'delayed' : 'down';
  }

  #phaseAtRest(): 'idle' | 'held' {
    const { runtime, settings } = this.placement;
    return isPaused(runtime, settings, () => this.inputChannels().every(({ isClosed }) => isClosed)) ? 'held' : 'idle';
  }

  /** What it is doing, for the report of what held a shutdown. */
  heldBy(): string {
    if (this.#isDown && this.#regeneration >= 0) return describePhase(this.#phaseDown(), null);
    if (this.#actor !== 'hibernating') return this.actor?.heldBy() ?? 'its inputs to close';
    const open = this.inputChannels().filter(({ isClosed, size }) => !isClosed || size > 0);
    return describeRest(open.map(({ name }) => name));
  }

  get ended(): boolean {
    return this.#actor === 'ended asleep' || this.exit !== undefined;
  }

  /** How it ended; undefined while it lives. */
  get exit(): Exit | undefined {
    return this.#actor === 'ended asleep' ? (this.#lastExit ?? { kind: 'completed' }) : this.record?.exit;
  }

  /** It has nothing to read, does nothing, and no code outside the graph could give it anything. */
  get isAtRest(): boolean {
    if (this.ended) return true;
    if (this.actor !== undefined && this.actor.phase !== 'idle') return false;
    if (this.record?.timers?.isIdle === false) return false;
    return this.eachInput(({ size, isOpenOutside }) => size === 0 && !isOpenOutside);
  }

  /** Whether it starts from a state and tables of an earlier run. */
  get isRestored(): boolean {
    return this.placement.restored !== undefined;
  }

  /** Makes the actor, with what it starts from, without starting it. Throws what its definition's functions throw. */
  prepare(): void {
    const { restored } = this.placement;
    this.#make().prepare(restored);
    // The actor has copies: what it was restored from may be as large, and is not kept beside them.
    if (restored !== undefined) this.placement = { ...this.placement, restored: undefined };
  }

  /** A message, or the end of the inputs, for an actor that has slept so far. */
  readable(): void {
    if (this.ended || this.#isDown) return;
    if (!this.#endsWithTurn && this.isDrained) this.#endSoon();
    else this.#make().enqueue();
  }

  /** It cannot end in its sleep: code of its own runs then. */
  get #endsWithTurn(): boolean {
    const { behaviour } = this.definition;
    if (behaviour.kind !== 'handler') return true;
    return behaviour.onDrained !== undefined || behaviour.hooks?.onStop !== undefined;
  }

  stopRequested(): void {
    if (this.actor === undefined) this.record?.timers?.stopRequested();
    if (this.actor !== undefined) this.actor.stopRequested();
    else if (!this.ended && this.isDrained) this.readable();
  }

  /** Ends for good, without another turn. */
  stopNow(): void {
    if (!this.ended) this.#endFor({ kind: this.#isDown ? 'shutdown' : 'killed' });
    this.#isDown = true;
  }

  // --- Supervision --------------------------------------------------------------------------------------------------

  get kind(): 'worker' {
    return 'worker';
  }

  /** Its name among its siblings. */
  get id(): string {
    const { supervisor } = this.placement;
    return supervisor.isRoot ? this.name : this.name.slice(supervisor.name.length + 1);
  }

  get settings(): ActorSettings {
    return this.placement.settings;
  }

  /** How its supervisor keeps it. */
  get spec(): ChildSpec {
    return this.placement.spec;
  }

  /** Its circuit breaker; undefined where it has none. */
  get breaker(): BreakerState | undefined {
    const { supervisor, spec } = this.placement;
    if (spec.breaker === undefined) return undefined;
    return supervisor.child(this.id)?.history?.breaker?.state ?? 'closed';
  }

  breakerIs(state: BreakerState): void {
    const { policies, runtime, spec } = this.placement;
    if (spec.breaker === undefined || !this.hasMailbox) return;
    const ring = this.mailbox.ring();
    if (state === 'closed' || runtime.stopping) ring.letIn();
    else if (ring.turnedAway === null) ring.turnAway({ actor: this.name, divertTo: policies?.divertTo ?? null });
  }

  /** Its fallback stands in for it. */
  get isFallback(): boolean {
    return this.#absent?.isFallback === false;
  }

  get regeneration(): number {
    return Math.max(0, this.#regeneration, this.record?.regeneration ?? 0); // rolled back, an actor begins by itself
  }

  get isUp(): boolean {
    return !this.#isDown;
  }

  // The place does not care for the types of ports.

  get family(): OwnedChildren | undefined {
    return this.definition.behaviour.owns && this.placement.familyOf(this);
  }

  /** The actor whose child it is. */
  get owner(): ActorCell | undefined {
    return this.placement.supervisor.owner;
  }

  /** It was never entered, and never will be. */
  discard(): void {
    this.isKnown = false;
    this.#actor = 'ended asleep';
    for (const channel of this.usedInputs()) this.#abandon(channel, { kind: 'shutdown' });
  }

  /** The graph stops, and it is the turn of this mailbox to be closed. */
  closeMailbox(): void {
    this.letMailboxGo();
    if (this.usedMailbox === undefined && !this.ended && this.isDrained) this.readable();
  }

  /** It has nothing to do, and nothing in its mailbox. */
  get isQuiet(): boolean {
    const { phase } = this;
    if (phase === 'ended') return true;
    if (phase !== 'idle' && phase !== 'asleep' && phase !== 'held') return false;
    return (this.usedMailbox?.size ?? 0) === 0;
  }

  /** Loops, sources and whoever has hooks begin at once; any other handler that has nothing to read goes on sleeping. */
  begin(fresh: boolean, isFallback: boolean, answer: (result: StartResult) => void): void {
    const isFirst = this.#regeneration < 0;
    const regeneration = isFirst ? 0 : this.regeneration + 1;
    this.#regeneration = regeneration;
    this.#isDown = false;
    if (this.ended) this.#revive();
    if (isFallback !== this.isFallback) this.#change();
    if (fresh && !isFallback) this.#absent = undefined;
    const isReset = !isFirst && (fresh || this.settings.stateOnRestart === 'reset');
    if (isReset) this.record?.timers?.cancelAll();
    if (isReset) stateForgotten(this.placement.runtime, this.name);
    try {
      if (isFirst && this.#needsLook()) this.prepare();
    } catch (error) {
      this.#isDown = true;
      answer({ kind: 'failed', error });
      return;
    }
    const startsWithHooks = hasStartHooks(this.definition.behaviour);
    if (startsWithHooks) this.#starting = answer;
    if (this.#mustBeAwake(isReset)) {
      if (isFirst) this.#make().enqueue();
      else this.#make().beginAgain(regeneration, isReset);
    } else if (this.#memory !== undefined) this.#memory.regeneration = regeneration;
    if (!startsWithHooks) answer(RUNNING);
  }

  began(outcome: StartOutcome): void {
    const answer = this.#starting;
    this.#starting = undefined;
    if (outcome.kind !== 'running') this.#isDown = true;
    if (answer !== undefined) answer(outcome);
    // It was said to run, or has begun again by itself, and the supervisor knows nothing of it.
    else if (outcome.kind === 'failed') this.incarnationEnded({ kind: 'crashed', error: outcome.error }, true, 0);
    else if (outcome.kind === 'ignored') this.incarnationEnded({ kind: 'normal' }, false, 0);
  }

  /** What it starts from may be wrong: it is the first of its definition, has arguments, or was given a state. */
  #needsLook(): boolean {
    const { checked, restored, supervisor } = this.placement;
    const { behaviour, tables } = this.definition;
    if (supervisor.isRoot) return false; // looked at before the graph starts
    if (behaviour.makeState === undefined && Object.keys(tables).length === 0) return false;
    const isChecked = checked.has(behaviour);
    checked.add(behaviour);
    return !isChecked || this.args !== undefined || restored !== undefined;
  }

  #mustBeAwake(isReset: boolean): boolean {
    const { kind, hooks } = this.definition.behaviour;
    if (this.actor !== undefined || kind !== 'handler' || hooks !== undefined) return true;
    if (this.#actor === 'hibernating' && (isReset || this.#memory?.isRested === false)) return true;
    return this.isDrained || this.hasMessages;
  }

  halt(shutdown: ShutdownSpec, answer: (exit: Exit) => void): void {
    const stopped = (exit: Exit): void => {
      this.#isDown = true;
      this.#forgetWhatIsReset();
      answer(exit);
    };
    const hasLastTurn = this.definition.behaviour.hooks?.onStop !== undefined;
    const actor = hasLastTurn ? this.wake() : this.actor;
    if (actor === undefined) stopped({ kind: shutdown === 'brutal' ? 'killed' : 'shutdown' });
    else actor.stopIncarnation(shutdown === 'infinity' ? Infinity : shutdown, stopped);
  }

  get stopLimitMs(): number {
    const { shutdown } = this.settings;
    // One that is stopped brutally may still end by itself, and has no other limit for that.
    if (shutdown === 'brutal') return ACTOR_DEFAULTS.shutdown as number;
    return shutdown === 'infinity' ? Infinity : shutdown;
  }

  retire(exit: Exit, isForgotten: boolean): void {
    this.#isDown = true;
    if (!this.ended) this.#endFor(exit);
    this.family?.retire(exit);
    // The place does not care for the types of ports.
    if (!isForgotten || this.placement.forget === null || !this.isKnown) return;
    this.isKnown = false;
    this.placement.forget(this);
  }

  incarnationEnded(exit: Exit, counts: boolean, retryDelayMs: number): void {
    this.#isDown = true;
    const { supervisor, settings } = this.placement;
    this.#forgetWhatIsReset();
    supervisor.childEnded(this, this.id, { exit, counts, retryDelayMs, gaveUp: undefined });
    // Whoever waits for the end of this actor need not wait for its supervisor, which may be busy.
    const isFinal = exit.kind === 'completed' || !supervisor.hasPolicy;
    if (isFinal && !shouldRestart(settings.restart, exit)) this.#endFor(exit);
  }

  /** What does not outlive an incarnation, by the options of the actor. */
  #forgetWhatIsReset(): void {
    // Now, and not when the next one begins: they would fire in between.
    if (this.settings.stateOnRestart === 'reset') this.record?.timers?.cancelAll();
    this.#emptyMailbox();
  }

  resume(answer: (result: StartResult) => void): void {
    const { actor } = this;
    const regeneration = this.regeneration + 1;
    this.#regeneration = regeneration;
    this.#isDown = false;
    actor?.recovering.skip(() => actor.beginAgain(regeneration));
    answer(RUNNING);
  }

  #emptyMailbox(): void {
    if (this.settings.mailboxOnRestart === 'keep') return;
    const text = `actor "${this.name}" is restarted without the messages that waited`;
    const cause = { reason: 'restarted', actor: this.name, regeneration: this.regeneration, text } as const;
    for (const channel of this.usedInput(MAILBOX_PORT)) {
      const ring = channel.ring();
      while (ring.size > 0) buryAt(this.placement.runtime, ring, 0, cause);
    }
  }

  #endFor(exit: Exit): void {
    if (this.#actor === 'hibernating') this.#endDormant(exit);
    else if (this.actor === undefined) this.#endAsleep(exit);
    else this.actor.end(exit);
  }

  /** It had ended, and begins again: its channels are open again, as far as there is somebody at their other ends. */
  #revive(): void {
    this.#memory = this.#stepAside();
    if (this.#memory !== undefined) this.#memory.exit = undefined;
    this.#actor = this.#memory === undefined ? 'asleep' : 'hibernating';
    for (const channel of this.usedInputs()) channel.readAgain(this);
    for (const channel of this.outputChannels) channel.openAgain();
    this.placement.runtime.began(this.name);
  }

  /** Its fallback takes over from it, or it from its fallback. */
  #change(): void {
    const next = this.#absent ?? (this.placement.policies?.fallback as Role); // the rules know that there is one
    const memory = this.#absent?.memory ?? this.#unmade();
    const { isFallback } = this;
    this.family?.retire({ kind: 'shutdown' }); // children are spawned by each incarnation, and this one does not
    this.#absent = {
      definition: this.definition,
      args: this.args,
      memory: this.#stepAside(),
      isFallback,
    };
    this.#enter(next, memory, this.placement);
  }

  replacement(given: unknown): MemberReplacement {
    const { supervisor, policies } = this.placement;
    const by = replacedBy(this.name, given, this.definition, this.settings);
    checkSignificant(by.settings, supervisor.settings);
    const spec = specOf(by.settings, policies);
    const take = (): this => {
      this.#built ??= { role: this.#itself, placement: this.placement };
      this.#replace(by, { ...this.placement, settings: by.settings, spec });
      this.placement.runtime.emit({ kind: 'replaced', actor: this.name });
      return this;
    };
    return { spec, take };
  }

  asBuilt(): void {
    const built = this.#built;
    this.#built = undefined;
    if (built !== undefined) this.#replace(built.role, built.placement);
  }

  /** From its next incarnation on it is another, of which nothing is there yet. */
  #replace(by: Role, placement: Placement): void {
    this.family?.retire({ kind: 'shutdown' });
    stateForgotten(this.placement.runtime, this.name);
    const memory = this.#unmade();
    const { ended } = this;
    this.#stepAside();
    this.#absent = undefined;
    this.#enter(by, memory, placement);
    if (ended) this.#actor = 'ended asleep'; // its channels open again when it begins
  }

  /** What it is made of when no fallback stands in for it. */
  get #itself(): Role {
    return this.isFallback && this.#absent !== undefined
      ? this.#absent
      : { definition: this.definition, args: this.args };
  }

  #enter(role: Role, memory: Dormant | undefined, placement: Placement): void {
    this.plays(role, placement);
    this.#memory = memory;
    this.#actor = memory === undefined ? 'asleep' : 'hibernating';
  }

  /** Counted is the place, whoever plays. */
  #unmade(): Dormant | undefined {
    const { record } = this;
    return record && Dormant.unmade(record.counters, record.regeneration);
  }

  /** The present actor, which is down, gives its place to another. @returns what is left of it; undefined if it was never awake. */
  #stepAside(): Dormant | undefined {
    const { actor } = this;
    this.#lastExit = this.exit ?? actor?.lastExit ?? this.#lastExit;
    if (actor === undefined) {
      this.record?.timers?.cancelAll();
      if (this.#memory !== undefined) this.#memory.timers = undefined;
      return this.#memory;
    }
    const memory = actor.stepAside();
    const dormant = new Dormant(memory);
    dormant.sleep(memory, 0);
    dormant.isRested = false;
    for (const { ring } of actor.inputs) ring.restsWith(this);
    return dormant;
  }

  // --- Sleep --------------------------------------------------------------------------------------------------------

  hibernate(wakes: number): boolean {
    const { actor } = this;
    if (actor === undefined || this.ended) return true;
    const memory = actor.hibernate();
    if (memory === null) return false;
    if (this.#memory?.state !== memory.state) this.#memory = new Dormant(memory); // it was not made, or of another
    this.#memory.sleep(memory, wakes);
    this.#actor = 'hibernating';
    for (const { ring } of actor.inputs) {
      ring.consumer = this;
      ring.releaseSlots();
    }
    return true;
  }

  /** The actor, whose state is made in its first slice: whoever wakes it must not meet what its `state` throws. */
  #make(): Actor {
    if (this.actor !== undefined) return this.actor;
    const { inputs, outputs, behaviour } = this.definition;
    const { args } = this;
    const { runtime, settings } = this.placement;
    const regeneration = Math.max(0, this.#regeneration);
    const lastExit = this.#lastExit;
    const spec = { name: this.name, inputs, outputs, behaviour, settings, args, regeneration, place: this, lastExit };
    const actor = new Actor(runtime, spec, this.#memory);
    // Nothing else can hibernate: a source and a loop are in the middle of their code. First: who has stepped aside may be there
    // still, and is let go.
    if (behaviour.kind === 'handler') this.placement.roster.woke(this, this.#memory?.sleptAt ?? -1);
    this.#actor = actor;
    return actor;
  }

  sliceEnded(): void {
    const { roster } = this.placement;
    if (roster.isCrowded) roster.thinOut();
  }

  wake(): Actor | undefined {
    return this.ended || this.#isDown ? undefined : this.#make();
  }

  /** From the ready queue: actors in a long chain would otherwise end each other in one call within another. */
  #endSoon(): void {
    this.#soon(() => {
      const isAsleep = this.#actor === 'asleep' || this.#actor === 'hibernating';
      if (isAsleep && !this.#isDown) this.incarnationEnded({ kind: 'completed' }, false, 0);
    });
  }

  #soon(code: () => void): void {
    runSoon(this.placement.runtime.runQueue, code);
  }

  /** Nothing has ever come: there is nothing to undo, only the ends to close. */
  #endAsleep(exit: Exit): void {
    this.#actor = 'ended asleep';
    this.#lastExit = exit;
    for (const channel of this.usedInputs()) this.#abandon(channel, exit);
    this.#closeOutputs();
    this.placement.runtime.ended(this.name, exit);
  }

  #abandon(channel: Channel<unknown>, exit: Exit): void {
    const { runtime } = this.placement;
    const departed = { name: this.name, regeneration: this.regeneration, runtime, tell: () => undefined };
    abandonInput(departed, channel.ring(), exit);
  }

  /** As an actor ends that has nothing in its inputs and nothing under way. */
  #endDormant(exit: Exit): void {
    if (this.#memory === undefined || this.ended) return;
    this.#memory.exit = exit;
    this.#memory.timers?.stop(exit, this.#memory.regeneration);
    for (const channel of this.inputChannels()) this.#abandon(channel, exit);
    this.#closeOutputs();
    this.placement.runtime.ended(this.name, exit);
  }

  #closeOutputs(): void {
    for (const channel of this.outputChannels) channel.closeSender();
  }
}
