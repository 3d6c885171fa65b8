import { checkName, invalidOption } from '../base/options.ts';
import { HoldfastError } from '../base/errors.ts';
import { InputBundleEnd } from '../channel/input-bundle-end.ts';
import type { InputEnd } from '../channel/input-end.ts';
import type { OutputEnd } from '../channel/output-end.ts';
import type { TimerFiring } from '../channel/ring.ts';
import type { Log } from '../ports/log.ts';
import type { Actor } from './actor.ts';
import { messageIdAt } from './burial.ts';
import { Awaited, type Errand, type Resumable } from './awaited.ts';
import type { ActorPlace } from './actor-spec.ts';
import { BondsView } from './bonds-view.ts';
import { EXIT_REASONS, exitOf } from './exit-reason.ts';
import { call, type CallingContext, type MakeRequest, reply, request, type RequestPlan } from './context-calls.ts';
import { FamilyView } from './family-view.ts';
import { Fence } from './fence.ts';
import { OutputBundleEnd } from './output-bundle-end.ts';
import { InputBundleView, OutputBundleView } from './bundle-views.ts';
import { PortView } from './port-view.ts';
import { RefView } from './ref-view.ts';
import { TableView } from './table-view.ts';
import { TimersView } from './timers-view.ts';
import { InputView, OutputView, type RejectArguments, rejectTaken } from './views.ts';

type OutputViews = Readonly<Record<string, OutputView | OutputBundleView | PortView>>;
type Named = { readonly name: string };

/**
 * The context that user code gets, in all three styles: the types decide what each style sees of it. Its methods are made
 * when they are read, bound to it, so that they can be destructured and cost nothing where they are not used.
 */
export class ActorContext implements CallingContext, Resumable {
  readonly fence: Fence;
  protected readonly actor: Actor;
  readonly regeneration: number;
  #outputs: OutputViews | undefined;
  #inputs: Readonly<Record<string, InputView | InputBundleView>> | undefined;
  #tables: Readonly<Record<string, TableView>> | undefined;
  #timers: TimersView | undefined;
  /** Results that have come in for the turn; each resumes it in a slice of its own. */
  #results: Awaited[] | undefined;
  readonly #live: object;
  #messageIds: readonly string[] = [];
  /** The turn they belong to. */
  #messageIdsOf = -1;

  constructor(actor: Actor) {
    this.actor = actor;
    this.fence = new Fence(actor.runtime, actor.name);
    this.regeneration = actor.regeneration;
    this.#live = actor.state.live;
  }

  get name(): string {
    return this.actor.name;
  }

  get args(): unknown {
    return this.actor.args;
  }

  get state(): object {
    if (this.fence.open) this.actor.state.use();
    return this.#live;
  }

  // A handler may read these in each turn. A closure that makes the views would be allocated each time, used or not.

  get tables(): Readonly<Record<string, TableView>> {
    return (this.#tables ??= tableViews(this.actor, this.fence));
  }

  get outputs(): OutputViews {
    return (this.#outputs ??= outputViews(this.actor, this.fence));
  }

  get inputs(): Readonly<Record<string, InputView | InputBundleView>> {
    return (this.#inputs ??= inputViews(this.actor, this.fence));
  }

  get self(): ActorPlace {
    return this.actor.place;
  }

  get to(): (ref: unknown) => RefView {
    return (ref) => new RefView(this.fence, this.actor, ref);
  }

  get watch(): BondsView['watch'] {
    return (ref, options) => new BondsView(this.fence, this.actor).watch(ref, options);
  }

  get unwatch(): BondsView['unwatch'] {
    return (ref) => new BondsView(this.fence, this.actor).unwatch(ref);
  }

  get link(): BondsView['link'] {
    return (ref) => new BondsView(this.fence, this.actor).link(ref);
  }

  get unlink(): BondsView['unlink'] {
    return (ref) => new BondsView(this.fence, this.actor).unlink(ref);
  }

  get subscribe(): BondsView['subscribe'] {
    return (port, options) => new BondsView(this.fence, this.actor).subscribe(port, options);
  }

  get unsubscribe(): BondsView['unsubscribe'] {
    return (port, options) => new BondsView(this.fence, this.actor).unsubscribe(port, options);
  }

  get join(): BondsView['join'] {
    return (group, options) => new BondsView(this.fence, this.actor).join(group, options);
  }

  get leave(): BondsView['leave'] {
    return (group, options) => new BondsView(this.fence, this.actor).leave(group, options);
  }

  get castAll(): BondsView['castAll'] {
    return (group, message, options) => new BondsView(this.fence, this.actor).castAll(group, message, options);
  }

  get spawn(): FamilyView['spawn'] {
    return (id, definition, wiring, options) =>
      new FamilyView(this.fence, this.actor).spawn(id, definition, wiring, options);
  }

  get stopChild(): FamilyView['stopChild'] {
    return (child, options) => new FamilyView(this.fence, this.actor).stopChild(child, options);
  }

  get children(): FamilyView['children'] {
    return () => new FamilyView(this.fence, this.actor).children();
  }

  get timers(): TimersView {
    return (this.#timers ??= new TimersView(this.fence, this.actor));
  }

  get call(): (ref: Named, make: MakeRequest, options: object) => Promise<unknown> {
    return (ref, make, options) => call(this, this.actor, ref, make, options);
  }

  get reply(): (port: unknown, value: unknown) => void {
    return (port, value) => reply(this.fence, this.actor, port, value);
  }

  get request(): (ref: Named, make: MakeRequest, options: RequestPlan) => void {
    return (ref, make, options) => request(this.fence, this.actor, ref, make, options);
  }

  get log(): Log {
    return this.actor.log;
  }

  get signal(): AbortSignal {
    return this.fence.signal;
  }

  get attempt(): number {
    const { lastTaken } = this.actor.turn;
    if (lastTaken === null) return this.actor.failuresInARow + 1;
    return (lastTaken.ring.failedAttemptsAt(lastTaken.taken - 1)?.count ?? 0) + 1;
  }

  get lane(): number {
    return this.actor.turn.lastTaken?.lane ?? -1;
  }

  get messageId(): string | undefined {
    const { turn } = this.actor;
    return turn.lastTaken === null
      ? undefined
      : messageIdAt(this.actor.runtime, turn.lastTaken.ring, turn.lastTaken.taken - 1);
  }

  get replayOf(): string | undefined {
    const { lastTaken } = this.actor.turn;
    return lastTaken?.ring.originAt(lastTaken.taken - 1);
  }

  get firing(): TimerFiring | undefined {
    const { lastTaken } = this.actor.turn;
    return lastTaken?.ring.firingAt(lastTaken.taken - 1);
  }

  get turnId(): string {
    const { actor } = this;
    const { firstTaken } = actor.turn;
    return firstTaken === null
      ? `${actor.runtime.runId}/${actor.name}/${turnLabel(actor)}`
      : `${messageIdAt(actor.runtime, firstTaken.ring, 0)}/${actor.name}`;
  }

  get nowMs(): () => number {
    const { recorder } = this.actor.runtime;
    if (recorder === null) return () => this.actor.runtime.clock.nowMs();
    return () => recorder.reading(this.actor, 'nowMs', this.actor.runtime.clock.nowMs());
  }

  get wallMs(): () => number {
    const { recorder } = this.actor.runtime;
    if (recorder === null) return () => this.actor.runtime.clock.wallMs();
    return () => recorder.reading(this.actor, 'wallMs', this.actor.runtime.clock.wallMs());
  }

  get random(): () => number {
    const { recorder } = this.actor.runtime;
    if (recorder === null) return () => this.actor.runtime.random.next();
    return () => recorder.reading(this.actor, 'random', this.actor.runtime.random.next());
  }

  get messageIds(): readonly string[] {
    const { runtime, turn, counters } = this.actor;
    const end = turn.lastTaken;
    if (end === null) return [];
    if (this.#messageIdsOf !== counters.turns || this.#messageIds.length !== end.taken) {
      this.#messageIdsOf = counters.turns;
      this.#messageIds = Array.from({ length: end.taken }, (_, offset) => messageIdAt(runtime, end.ring, offset));
    }
    return this.#messageIds;
  }

  get reject(): (...args: RejectArguments) => void {
    return (...args) => {
      this.fence.check('reject');
      rejectTaken(this.actor.turn, this.actor.turn.lastTaken, args);
    };
  }

  get running(): () => boolean {
    return () => !this.actor.runtime.stopping;
  }

  get exit(): (reason?: unknown) => void {
    return (reason) => {
      this.fence.check('exit');
      const exit = exitOf(reason);
      if (exit === undefined) throw this.actor.turn.poisoned(invalidOption('exit: reason', EXIT_REASONS, reason));
      this.actor.turn.followUp({ kind: 'exit', exit });
    };
  }

  get requestShutdown(): (reason?: string) => void {
    return (reason = `asked for by actor "${this.actor.name}"`) => {
      this.fence.check('requestShutdown');
      this.actor.turn.followUp({ kind: 'shutdown', reason });
    };
  }

  get rollback(): () => never {
    return () => {
      if (!this.fence.open) throw this.fence.refusal('rollback');
      const message = `actor "${this.actor.name}" rolled its turn back`;
      throw this.actor.turn.poisoned(new HoldfastError('ERR_ROLLED_BACK', message, { actor: this.actor.name }));
    };
  }

  get effect(): (name: string, run: (signal: AbortSignal) => unknown) => Promise<unknown> {
    return (name, run) => this.#effect(name, run);
  }

  /** Resumes the turn with the next result that has come in. @returns false if there is none. */
  resumeOne(): boolean {
    const result = this.#results?.shift();
    if (result === undefined) return false;
    if (this.hasResults) this.actor.enqueue();
    result.resume();
    return true;
  }

  /** Results have come in that nobody has been resumed with. */
  get hasResults(): boolean {
    return this.#results !== undefined && this.#results.length > 0;
  }

  describePending(): string {
    const awaited = this.fence.pending.filter(({ hasCome }) => !hasCome).map(({ what }) => what);
    return `a turn that awaits ${awaited.length === 0 ? 'something outside Holdfast' : awaited.join(', ')}`;
  }

  /** Calls what is no part of the turn: there the interfaces for code outside actors may be used. */
  #callOutside<R>(code: () => R): R {
    const { runtime } = this.actor;
    const { current, tracking } = runtime;
    runtime.current = null;
    try {
      return tracking === null ? code() : tracking.runBeside(this.actor, code);
    } finally {
      runtime.current = current;
    }
  }

  /** In a test the world may be played by somebody. */
  #rehearsed(name: string, run: () => unknown): () => unknown {
    const { rehearsal } = this.actor.runtime;
    if (rehearsal === null) return run;
    const { attempt, turnId } = this;
    return () => rehearsal.effect({ actor: this.actor.name, name, turnId, attempt, run });
  }

  #effect(name: string, run: (signal: AbortSignal) => unknown): Promise<unknown> {
    this.fence.check('effect');
    checkName('effect: name', name);
    const note = this.actor.runtime.recorder?.effect(this.actor, name);
    const awaited = this.awaits(`effect "${name}"`, undefined);
    const work = this.#rehearsed(name, () => this.#callOutside(() => run(this.fence.signal)));
    const running = new Promise((started) => started(work()));
    running.then(
      (value) => {
        note?.returned(value);
        awaited.returned(value);
      },
      (error: unknown) => {
        note?.threw(error);
        awaited.threw(error);
      },
    );
    return awaited.promise;
  }

  awaits(what: string, errand: Errand | undefined): Awaited {
    return new Awaited(what, this, errand);
  }

  resumeWith(result: Awaited): void {
    (this.#results ??= []).push(result);
    this.actor.enqueue();
  }
}

function tableViews(actor: Actor, fence: Fence): Record<string, TableView> {
  const stores = actor.state.tables?.stores ?? [];
  return Object.fromEntries(stores.map((store) => [store.name, new TableView(fence, actor, store)]));
}

function outputViews(actor: Actor, fence: Fence): OutputViews {
  const { outputPorts, behaviour } = actor;
  const viewOf = (end: OutputEnd | OutputBundleEnd): OutputView | OutputBundleView =>
    end instanceof OutputBundleEnd ? new OutputBundleView(fence, end) : new OutputView(fence, end);
  const wired = outputPorts.map((end) => [end.name, viewOf(end)] as const);
  const ports = behaviour.ports.map((port) => [port, new PortView(fence, actor, port)] as const);
  return Object.fromEntries<OutputView | OutputBundleView | PortView>([...wired, ...ports]);
}

function inputViews({ inputPorts, turn }: Actor, fence: Fence): Record<string, InputView | InputBundleView> {
  const viewOf = (end: InputEnd | InputBundleEnd): InputView | InputBundleView =>
    end instanceof InputBundleEnd ? new InputBundleView(fence, turn, end) : new InputView(fence, turn, end);
  return Object.fromEntries(inputPorts.map((end) => [end.name, viewOf(end)]));
}

/** Tells turns without a message apart. Those of hooks, and what a loop does before its first wait, are not counted. */
function turnLabel({ lifecycle, opening, counters }: Actor): string {
  if (lifecycle?.hookLabel !== undefined) return lifecycle.hookLabel;
  return `${opening ? 'opening' : 'turn'}/${counters.turns}`;
}
