import { HoldfastError } from '../base/errors.ts';
import { Ring, type RingConsumer } from '../channel/ring.ts';
import type { Clock } from '../ports/clock.ts';
import type { Scheduler } from '../ports/scheduler.ts';
import { actorGone, callTimeout, deadLettered, noReply } from './call-errors.ts';
import { DeadlineLine } from './deadline-line.ts';
import type { NewDeadLetter } from './dead-letter.ts';
import { portsIn } from './port-search.ts';
import type { ReplyPort } from './reply-port.ts';
import type { TimerQueue } from './timer-queue.ts';

type Port = ReplyPort<never>;

/** What an actor has as last committed. */
export interface KeepersMemory {
  snapshot(): object;
  readonly tables: { snapshot(): object } | undefined;
}

/**
 * The calls of a graph that wait for a reply: their deadlines, and what is known of those that will never have one.
 *
 * A request in a mailbox needs no list: it is handled, or becomes a dead letter, and that is where its port is found again. A port
 * that an actor keeps in its state is listed, under the name of the actor.
 */
export class Calls {
  /** How many wait. */
  open = 0;
  /** How many have had their reply. */
  answered = 0;
  /** How many have failed, those that were given up included. */
  failed = 0;
  /** Replies that came when nobody waited for them any more. */
  late = 0;
  readonly #clock: Clock;
  readonly #timers: TimerQueue;
  readonly #scheduler: Scheduler;
  /** By timeout: calls with the same one reach their deadlines in the order in which they were made. */
  readonly #lines = new Map<number, DeadlineLine<Port>>();
  /** By the actor that keeps them, with where it does. */
  readonly #kept = new Map<string, Map<Port, KeepersMemory>>();
  /** Lines without calls are about to be cleared away. */
  #sweeps = false;

  constructor(clock: Clock, timers: TimerQueue, scheduler: Scheduler) {
    this.#clock = clock;
    this.#timers = timers;
    this.#scheduler = scheduler;
  }

  /** `port` begins to wait. */
  begin(port: Port): void {
    this.open += 1;
    const { timeoutMs } = port;
    port.deadlineMs = this.#clock.nowMs() + timeoutMs;
    let line = this.#lines.get(timeoutMs);
    if (line === undefined) {
      line = new DeadlineLine(this.#clock, this.#timers, (late) => late.fail(callTimeout(late)));
      this.#lines.set(timeoutMs, line);
    }
    line.add(port);
  }

  /** `port` waits no more. */
  settled(port: Port): void {
    port.isSettled = true;
    this.open -= 1;
    if (port.keptBy !== null) this.#letGo(port, port.keptBy);
    if (this.#lines.get(port.timeoutMs)?.settled() === 0) this.#sweepSoon();
  }

  /**
   * The timer of a line is not touched for each call: one after the other would set it and take it back, which costs as much as
   * the rest. When the event loop has had a turn, no line is left without a call.
   */
  #sweepSoon(): void {
    if (this.#sweeps) return;
    this.#sweeps = true;
    this.#scheduler.afterEventLoop(() => {
      this.#sweeps = false;
      for (const [timeoutMs, line] of this.#lines) {
        if (line.live > 0) continue;
        line.stop();
        this.#lines.delete(timeoutMs);
      }
    });
  }

  /** The turn that took the request of `port` has committed, and `actor` keeps it in its state. */
  keep(port: Port, actor: string, state: KeepersMemory): void {
    if (port.isSettled) return;
    port.keptBy = actor;
    let kept = this.#kept.get(actor);
    if (kept === undefined) this.#kept.set(actor, (kept = new Map<Port, KeepersMemory>()));
    kept.set(port, state);
  }

  #letGo(port: Port, actor: string): void {
    const kept = this.#kept.get(actor);
    kept?.delete(port);
    if (kept?.size === 0) this.#kept.delete(actor);
  }

  /** An actor has ended for good. What was in its mailbox has become dead letters. */
  actorGone(actor: string): void {
    this.#failKept(actor, (port) => actorGone(actor, port));
  }

  /** An actor starts anew, and has forgotten its state. */
  stateForgotten(actor: string): void {
    this.#failKept(actor, () => noReply(actor, 'its state was reset'));
  }

  /** What it has sent on since is not its own any more: whoever got it may still reply. */
  #failKept(actor: string, error: (port: Port) => HoldfastError): void {
    const kept = this.#kept.get(actor);
    if (kept === undefined) return;
    this.#kept.delete(actor);
    const held = portsHeld(new Set(kept.values()));
    for (const port of kept.keys()) {
      port.keptBy = null;
      if (held.has(port)) port.fail(error(port));
    }
  }

  /** Whoever has kept it has it still. */
  #isKept(port: Port, actor: string): boolean {
    const state = this.#kept.get(actor)?.get(port);
    return state !== undefined && portsHeld([state]).has(port);
  }

  /** A message has become a dead letter. */
  letterMade({ payload, reason, actor, text, channel, error }: NewDeadLetter): void {
    if (this.open === 0) return;
    portsIn(payload, (port) => {
      // Who else has it may still reply.
      if (port.isSettled || port.isShared || (port.keptBy !== null && this.#isKept(port, port.keptBy))) return;
      const isGone = reason === 'no-consumer' || reason === 'stopped';
      port.fail(
        isGone ? actorGone(port.callee, port) : deadLettered(actor ?? port.callee, { reason, text, channel, error }),
      );
    });
  }

  /** The graph has stopped. */
  stop(): void {
    for (const line of this.#lines.values()) {
      for (const port of line.rest()) port.fail(actorGone(port.callee, port));
      line.stop();
    }
    this.#lines.clear();
  }
}

function portsHeld(states: Iterable<KeepersMemory>): ReadonlySet<Port> {
  const held = new Set<Port>();
  for (const state of states) portsIn([state.snapshot(), state.tables?.snapshot()], (port) => held.add(port));
  return held;
}

/** Whoever may wait for another, as far as a search for cycles goes. */
interface Waiter {
  readonly name?: string;
  /** Its open turn may await replies. */
  readonly turn?: { readonly calls?: { readonly open: ReadonlySet<Port> | null } | null };
  readonly isParked?: boolean;
  readonly waitingFor?: unknown;
}

/** From one who waits to the next. */
interface Step {
  readonly to: Waiter;
  /** Undefined for a wait for room. */
  readonly port: Port | undefined;
}

/** Those for whom `waiter` waits: who is to reply, and the reader of the channel that lacks room. */
function* stepsFrom({ turn, isParked, waitingFor }: Waiter): Generator<Step> {
  for (const port of turn?.calls?.open ?? [])
    if (port.ring.consumer !== null) yield { to: port.ring.consumer as Waiter, port };
  if (isParked === true && waitingFor instanceof Ring && waitingFor.consumer !== null) {
    yield { to: waitingFor.consumer as Waiter, port: undefined };
  }
}

function waits({ turn, isParked }: Waiter): boolean {
  return isParked === true || (turn?.calls?.open?.size ?? 0) > 0;
}

/** A way of waits from `from` to `to`, without `from` itself; undefined if there is none. */
function wayOfWaits(from: Waiter, to: Waiter): readonly Step[] | undefined {
  if (!waits(from)) return undefined; // as nearly always
  const cameBy = new Map<Waiter, { readonly step: Step; readonly before: Waiter }>();
  const found: Waiter[] = [from];
  for (const waiter of found) {
    for (const step of stepsFrom(waiter)) {
      if (cameBy.has(step.to)) continue;
      cameBy.set(step.to, { step, before: waiter });
      if (step.to === to) return wayBack(from, to, cameBy);
      found.push(step.to);
    }
  }
  return undefined;
}

function wayBack(
  from: Waiter,
  to: Waiter,
  cameBy: ReadonlyMap<Waiter, { readonly step: Step; readonly before: Waiter }>,
): Step[] {
  const way: Step[] = [];
  for (let at = to; ;) {
    const came = cameBy.get(at);
    if (came === undefined) return way;
    way.unshift(came.step);
    at = came.before;
    if (at === from) return way;
  }
}

/** `caller` is about to call whoever reads `ring`. @returns the names on the way back to it, if that one waits for it. */
export function cycleOfCall(caller: Waiter & RingConsumer, ring: Ring): string[] | undefined {
  const { consumer } = ring;
  if (consumer === null) return undefined;
  const callee: Waiter = consumer as Waiter;
  if (callee === caller) return namesOf(caller, []);
  const way = wayOfWaits(callee, caller);
  return way === undefined ? undefined : namesOf(caller, [{ to: callee, port: undefined }, ...way.slice(0, -1)]);
}

/**
 * `parked` waits for room, and perhaps for somebody who waits for a reply of its own: that call fails, so that there may be room.
 */
export function breakCycleOfCalls(parked: Waiter & RingConsumer): void {
  const way = wayOfWaits(parked, parked);
  const at = way?.findIndex(({ port }) => port !== undefined) ?? -1;
  if (way === undefined || at < 0) return;
  const caller = (way[at - 1]?.to ?? parked) as Waiter & RingConsumer;
  const rest = [...way.slice(at), ...way.slice(0, Math.max(0, at - 1))];
  way[at]?.port?.fail(cycleError(namesOf(caller, rest)));
}

function namesOf(caller: Waiter, way: readonly Step[]): string[] {
  return [caller, ...way.map(({ to }) => to), caller].map(({ name }) => name ?? '');
}

export function cycleError(path: readonly string[]): HoldfastError<'ERR_CALL_CYCLE'> {
  const way = path.map((name) => `"${name}"`).join(' → ');
  const message = `a call closes a cycle of actors that wait for each other: ${way}. Use ctx.request, or reply before asking`;
  return new HoldfastError('ERR_CALL_CYCLE', message, { path });
}
