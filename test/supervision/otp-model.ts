/**
 * Erlang/OTP's supervisor as a model to compare with: written from its documentation and from measured traces, as plainly as
 * possible, and without a look at Holdfast's own. Each supervisor is a process with a mailbox, in virtual time.
 *
 * Where Holdfast differs by intention, the model does: delays before restarts, limits of single children, `completed`, and
 * siblings that stop when a start of their group fails, not when it is tried again.
 */
import { VirtualClock } from 'holdfast/testing';

export interface ModelActor {
  readonly id: string;
  readonly restart: 'permanent' | 'transient' | 'temporary';
  readonly shutdown: number | 'brutal' | 'infinity';
  readonly significant: boolean;
  readonly backoff: {
    readonly minMs: number;
    readonly maxMs: number;
    readonly factor: number;
    readonly resetAfterMs: number;
  };
  readonly starts: readonly ('ok' | 'error' | 'ignore')[];
  readonly startsInMs?: number;
  readonly stopsInMs: number;
  /** Restarts of its own that it may have within `periodMs`. */
  readonly maxRestarts: number;
  readonly periodMs: number;
}

export interface ModelSupervisor {
  readonly id: string;
  readonly restart: 'permanent' | 'transient' | 'temporary';
  readonly significant: boolean;
  readonly backoff: ModelActor['backoff'];
  readonly ownLimit: { readonly maxRestarts: number; readonly periodMs: number };
  readonly children: readonly ModelPlan[];
  readonly strategy: 'oneForOne' | 'oneForAll' | 'restForOne';
  readonly isDynamic: boolean;
  readonly maxRestarts: number;
  readonly periodMs: number;
  readonly autoShutdown: 'never' | 'anySignificant' | 'allSignificant';
}

export type ModelPlan = ModelActor | ModelSupervisor;

const NORMAL_REASONS = ['normal', 'shutdown', 'completed'];

class Process {
  readonly name: string;
  readonly plan: ModelPlan;
  readonly parent: Supervisor;
  readonly supervisor: Supervisor | undefined;
  isAlive = true;
  readonly death: Promise<void>;
  #died: () => void = () => undefined;

  constructor(name: string, plan: ModelPlan, parent: Supervisor) {
    this.name = name;
    this.plan = plan;
    this.parent = parent;
    this.supervisor = 'children' in plan ? new Supervisor(parent.system, plan, parent.depth + 1) : undefined;
    this.death = new Promise((resolve) => (this.#died = resolve));
    parent.system.alive.set(plan.id, this);
  }

  die(reason: string): void {
    this.isAlive = false;
    this.parent.system.alive.delete(this.plan.id);
    this.parent.system.log(this.parent.plan.id, `-${this.name}:${reason}`);
    this.#died();
  }
}

/** One child specification, and what it stands for at present. */
interface Slot {
  readonly plan: ModelPlan;
  process: Process | undefined;
  /** It is to be started again, at this time if it waits for one. */
  isRestarting: boolean;
  retryAt: number | undefined;
  cancelRetry: () => void;
  restarts: number[];
  failuresInARow: number;
  upSince: number | undefined;
}

type Message =
  | { readonly kind: 'exit'; readonly process: Process; readonly reason: string; readonly gaveUp: boolean }
  | { readonly kind: 'retry'; readonly slot: Slot; readonly due: number }
  | { readonly kind: 'call'; readonly call: Call; readonly answer: (result: string) => void }
  | { readonly kind: 'stop' };

export type Call =
  | { readonly kind: 'add'; readonly plan: ModelPlan }
  | { readonly kind: 'terminate' | 'restart' | 'delete'; readonly id: string };

class Supervisor {
  readonly system: OtpModel;
  readonly plan: ModelSupervisor;
  slots: Slot[];
  readonly depth: number;
  readonly #mailbox: Message[] = [];
  #wake: () => void = () => undefined;
  #stopAsked: () => void = () => undefined;
  readonly #stopIsAsked = new Promise<void>((resolve) => (this.#stopAsked = resolve));
  #restarts: number[] = [];
  /** It ends, or has ended. */
  isOver = false;
  /** More restarts than its limit allows, as opposed to any other end. */
  hasGivenUp = false;

  constructor(system: OtpModel, plan: ModelSupervisor, depth: number) {
    this.system = system;
    this.plan = plan;
    this.depth = depth;
    this.slots = plan.isDynamic ? [] : plan.children.map(newSlot);
  }

  post(message: Message): void {
    this.#mailbox.push(message);
    if (message.kind === 'stop') this.#stopAsked();
    this.#wake();
  }

  /** @returns what it ends of. */
  async run(started: () => void): Promise<string> {
    for (const slot of this.slots) {
      if ((await this.#start(slot)) !== 'failed') continue;
      this.isOver = true;
      await this.#stopAll();
      return 'failed_to_start';
    }
    started();
    await this.system.othersFirst(this.depth, this.#stopIsAsked);
    while (!this.isOver) {
      while (this.#mailbox.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
      await this.#handle(this.#mailbox.shift() as Message);
    }
    await this.#stopAll();
    return 'shutdown';
  }

  /** Whoever still waits for an answer when it has ended. */
  refuseRest(): void {
    for (const message of this.#mailbox.splice(0)) if (message.kind === 'call') message.answer('stopping');
  }

  async #handle(message: Message): Promise<void> {
    switch (message.kind) {
      case 'exit':
        await this.#exited(message.process, message.reason, message.gaveUp);
        return;
      case 'retry':
        if (message.slot.retryAt !== message.due) return; // taken back while it waited in the mailbox
        message.slot.retryAt = undefined;
        await this.#stopInReverse(this.#groupOf(message.slot).filter((other) => other !== message.slot));
        await this.#startGroup(message.slot);
        return;
      case 'call':
        message.answer(await this.#call(message.call));
        return;
      case 'stop':
        this.isOver = true;
    }
  }

  // --- Restarts -----------------------------------------------------------------------------------------------------

  async #exited(process: Process, reason: string, gaveUp: boolean): Promise<void> {
    const slot = this.slots.find((each) => each.process === process);
    if (slot === undefined) return; // stopped meanwhile
    slot.process = undefined;
    const isNormal = NORMAL_REASONS.includes(reason);
    const { restart } = slot.plan;
    if (reason !== 'completed' && (restart === 'permanent' || (restart === 'transient' && !isNormal))) {
      await this.#restart(slot, isNormal && !gaveUp, false);
      return;
    }
    this.#dropIfFleeting(slot);
    const significant = this.slots.filter((each) => each.plan.significant && (each.process ?? each.isRestarting));
    if (slot.plan.significant && this.plan.autoShutdown === 'anySignificant') this.isOver = true;
    if (slot.plan.significant && this.plan.autoShutdown === 'allSignificant' && significant.length === 0)
      this.isOver = true;
  }

  async #restart(slot: Slot, isOwnWish: boolean, isFailedStart: boolean): Promise<void> {
    const now = this.system.clock.nowMs();
    const limit = 'children' in slot.plan ? slot.plan.ownLimit : slot.plan;
    this.#restarts = [...this.#restarts, now].filter((at) => now - at <= this.plan.periodMs);
    slot.restarts = [...slot.restarts, now].filter((at) => now - at <= limit.periodMs);
    if (this.#restarts.length > this.plan.maxRestarts || slot.restarts.length > limit.maxRestarts) {
      this.hasGivenUp = true;
      this.isOver = true;
      return;
    }
    const group = this.#groupOf(slot);
    const due = Math.max(now + this.#delayOf(slot, isOwnWish), ...group.map((each) => each.retryAt ?? 0));
    slot.isRestarting = true;
    await this.#stopInReverse(group.filter((other) => other !== slot));
    if (!isFailedStart && due <= this.system.clock.nowMs()) {
      await this.#startGroup(slot);
      return;
    }
    slot.retryAt = due;
    const at = Math.max(due, this.system.clock.nowMs());
    slot.cancelRetry = this.system.clock.setTimer(at, () => this.post({ kind: 'retry', slot, due }));
  }

  #delayOf(slot: Slot, isOwnWish: boolean): number {
    const { minMs, maxMs, factor, resetAfterMs } = slot.plan.backoff;
    if (isOwnWish) return minMs;
    if (slot.upSince !== undefined && this.system.clock.nowMs() - slot.upSince >= resetAfterMs) slot.failuresInARow = 0;
    slot.upSince = undefined;
    slot.failuresInARow += 1;
    return Math.min(maxMs, minMs * factor ** (slot.failuresInARow - 1));
  }

  async #startGroup(slot: Slot): Promise<void> {
    for (const each of this.#groupOf(slot)) {
      if ((await this.#start(each)) !== 'failed') continue;
      await this.#restart(each, false, true);
      return;
    }
  }

  #groupOf(slot: Slot): Slot[] {
    if (this.plan.strategy === 'oneForOne') return [slot];
    return this.plan.strategy === 'oneForAll' ? [...this.slots] : this.slots.slice(this.slots.indexOf(slot));
  }

  // --- Starting and stopping ----------------------------------------------------------------------------------------

  async #start(slot: Slot): Promise<'running' | 'ignored' | 'failed'> {
    const result = await this.#launch(slot);
    slot.isRestarting = false;
    if (result === 'running' && slot.failuresInARow > 0) slot.upSince ??= this.system.clock.nowMs();
    if (result === 'ignored') this.#dropIfFleeting(slot);
    return result;
  }

  async #launch(slot: Slot): Promise<'running' | 'ignored' | 'failed'> {
    const { system } = this;
    const { plan } = slot;
    const attempt = system.nextAttempt(plan.id);
    const name = `${plan.id}.${attempt + 1}`;
    if ('children' in plan) {
      system.log(this.plan.id, `+${name}`);
      const process = new Process(name, plan, this);
      const supervisor = process.supervisor as Supervisor;
      const isUp = new Promise<void>((resolve) => {
        void supervisor.run(resolve).then((reason) => {
          process.die(reason);
          supervisor.refuseRest();
          this.post({ kind: 'exit', process, reason, gaveUp: supervisor.hasGivenUp });
        });
      });
      await Promise.race([isUp, process.death]);
      if (!process.isAlive) return 'failed';
      slot.process = process;
      return 'running';
    }
    if (plan.startsInMs !== undefined) await system.sleep(plan.startsInMs);
    const how = plan.starts[Math.min(attempt, plan.starts.length - 1)];
    system.log(this.plan.id, `${how === 'error' ? '!' : how === 'ignore' ? '~' : '+'}${name}`);
    if (how === 'error') return 'failed';
    if (how === 'ignore') return 'ignored';
    slot.process = new Process(name, plan, this);
    return 'running';
  }

  async #stopAll(): Promise<void> {
    if (!this.plan.isDynamic) await this.#stopInReverse(this.slots);
    else await Promise.all(this.slots.map((slot) => this.#stop(slot)));
  }

  async #stopInReverse(slots: readonly Slot[]): Promise<void> {
    for (const slot of [...slots].reverse()) {
      await this.#stop(slot);
      this.#dropIfFleeting(slot);
    }
  }

  async #stop(slot: Slot): Promise<void> {
    slot.isRestarting = false;
    slot.retryAt = undefined;
    slot.cancelRetry();
    const { process } = slot;
    slot.process = undefined;
    if (process?.isAlive !== true) return;
    if (process.supervisor !== undefined) {
      process.supervisor.post({ kind: 'stop' });
      await process.death;
      return;
    }
    const { shutdown, stopsInMs } = process.plan as ModelActor;
    const limitMs = shutdown === 'infinity' ? Infinity : shutdown === 'brutal' ? -1 : shutdown;
    const takesMs = Math.max(0, Math.min(stopsInMs, limitMs));
    if (takesMs > 0) await Promise.race([this.system.sleep(takesMs), process.death]);
    if (process.isAlive) process.die(stopsInMs <= limitMs ? 'shutdown' : 'killed');
  }

  #dropIfFleeting(slot: Slot): void {
    if (slot.plan.restart !== 'temporary' && !this.plan.isDynamic) return;
    this.slots = this.slots.filter((each) => each !== slot);
  }

  // --- Administration -----------------------------------------------------------------------------------------------

  async #call(call: Call): Promise<string> {
    if (call.kind === 'add') {
      const known = this.slots.find((each) => each.plan.id === call.plan.id);
      if (known !== undefined) return known.process === undefined ? 'already present' : 'already started';
      const slot = newSlot(call.plan);
      this.slots.push(slot);
      const result = await this.#start(slot);
      if (result === 'failed') this.slots = this.slots.filter((each) => each !== slot);
      return result;
    }
    if (this.plan.isDynamic && call.kind !== 'terminate') return 'not for a dynamic supervisor';
    const slot = this.slots.find((each) => each.plan.id === call.id);
    if (slot === undefined) return 'not found';
    if (call.kind === 'terminate') {
      await this.#stop(slot);
      this.#dropIfFleeting(slot);
      return 'done';
    }
    if (slot.process !== undefined) return 'running';
    if (slot.isRestarting) return 'restarting';
    if (call.kind === 'restart') return this.#start(slot);
    this.slots = this.slots.filter((each) => each !== slot);
    return 'done';
  }
}

function newSlot(plan: ModelPlan): Slot {
  const cancelRetry = (): void => undefined;
  const start = { restarts: [], failuresInARow: 0, upSince: undefined };
  return { plan, process: undefined, isRestarting: false, retryAt: undefined, cancelRetry, ...start };
}

/** A tree of supervisors. What it is asked for has happened as far as it can without time passing once {@link settle} resolves. */
export class OtpModel {
  readonly clock = new VirtualClock();
  readonly root: Supervisor;
  /** What happened to the children of each supervisor, over all its incarnations, and when. */
  readonly logs = new Map<string, string[]>();
  readonly alive = new Map<string, Process>();
  readonly #attempts = new Map<string, number>();
  isOver = false;

  constructor(plan: ModelSupervisor) {
    this.root = new Supervisor(this, plan, 0);
  }

  log(under: string, what: string): void {
    let log = this.logs.get(under);
    if (log === undefined) this.logs.set(under, (log = []));
    log.push(`${this.clock.nowMs()} ${what}`);
  }

  nextAttempt(id: string): number {
    const attempt = this.#attempts.get(id) ?? 0;
    this.#attempts.set(id, attempt + 1);
    return attempt;
  }

  async sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => void this.clock.setTimer(this.clock.nowMs() + ms, resolve));
  }

  /**
   * What happens at one moment has an order: whoever waited for others goes on before them, the outermost first.
   *
   * @param unless - Somebody waits for it: it goes on at once.
   */
  async othersFirst(depth: number, unless: Promise<void>): Promise<void> {
    this.#patient += 1;
    let isWaitedFor = false;
    void unless.then(() => (isWaitedFor = true));
    for (let level = 0; level < depth && !isWaitedFor; level += 1) {
      await Promise.race([new Promise((resolve) => setImmediate(resolve)), unless]);
    }
    this.#patient -= 1;
  }
  #patient = 0;

  /** Everything that needs no time has happened. */
  async settle(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.#patient > 0);
  }

  async start(): Promise<void> {
    void this.root
      .run(() => undefined)
      .then(() => {
        this.isOver = true;
        this.root.refuseRest();
      });
    await this.settle();
  }

  /** The actors are dead at once, and their supervisors hear of them one after the other. */
  async end(ids: readonly string[], reason: string): Promise<void> {
    const processes = ids.map((id) => this.#find(id));
    for (const process of processes) process.die(reason);
    for (const process of processes) {
      process.parent.post({ kind: 'exit', process, reason, gaveUp: false });
      await this.settle();
    }
  }

  async call(at: string, call: Call, answer: (result: string) => void): Promise<void> {
    const supervisor = at === this.root.plan.id ? this.root : this.#find(at).supervisor;
    if (supervisor === this.root && this.isOver) answer('stopping');
    else supervisor?.post({ kind: 'call', call, answer });
    await this.settle();
  }

  async stop(): Promise<void> {
    this.root.post({ kind: 'stop' });
    await this.settle();
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.clock.nowMs() + ms;
    while (this.clock.fireNext(untilMs)) await this.settle();
    this.clock.jumpTo(untilMs);
  }

  /** The root is about to end. It answers nobody any more, so nobody could ask it for its children. */
  get isEnding(): boolean {
    return this.root.isOver;
  }

  /** Each child of the root, in start order. */
  get children(): string {
    const statusOf = ({ process, isRestarting }: Slot): string =>
      process !== undefined ? 'running' : isRestarting ? 'restarting' : 'stopped';
    return this.root.slots.map((slot) => `${slot.plan.id} ${statusOf(slot)}`).join(', ');
  }

  #find(id: string): Process {
    const found = this.alive.get(id);
    if (found === undefined) throw new Error(`the model has no ${id} running`);
    return found;
  }
}
