import { Actor } from '../actor/actor.ts';
import type { DegradationCause } from '../actor/events.ts';
import type { Runnable } from '../actor/run-queue.ts';
import { Timer } from '../actor/timer-queue.ts';
import type { Ring } from '../channel/ring.ts';
import type { Host } from '../ports/host.ts';
import { DegradationLadder, type LadderStep } from '../supervision/degradation-ladder.ts';
import type { ActorCell } from './actor-cell.ts';
import { CapacityLimits } from './capacity-limits.ts';
import type { Channel } from './channel.ts';
import { type DegradationSettings, NORMAL } from './degradation-options.ts';
import { DegradationReadings } from './degradation-readings.ts';
import type { Edge } from './edge.ts';
import type { GraphCore } from './graph-core.ts';

/** How degraded a graph is. */
export interface DegradationStatus {
  /** 0 is the graph as it is meant to be; it is deeper the greater the number. */
  readonly level: number;
  /** The name of the level; `normal` for level 0. */
  readonly name: string;
  /** When it came to this level, in milliseconds since the epoch; undefined if it has always been there. */
  readonly sinceWallMs: number | undefined;
}

interface Parts {
  readonly host: Host;
  readonly channels: ReadonlyMap<string, Channel<unknown>>;
  readonly cells: ReadonlyMap<string, ActorCell>;
  readonly edges: ReadonlyMap<string, Edge>;
}

export const NOT_DEGRADED: DegradationStatus = Object.freeze({ level: 0, name: NORMAL, sinceWallMs: undefined });

/**
 * Does what the ladder decides: reads the triggers now and then, in a slice of its own because some are the user's code, and
 * has actors pause, sources slow down and channels shrink.
 */
export class Degradation implements Runnable {
  queued = false;
  readonly #core: GraphCore;
  readonly #settings: DegradationSettings;
  readonly #parts: Parts;
  readonly #ladder: DegradationLadder;
  readonly #readings: DegradationReadings;
  readonly #limits = new CapacityLimits();
  readonly #timer: Timer;
  #status = NOT_DEGRADED;
  /** As of the present check. */
  #heldUp: ReadonlySet<Ring> = new Set();

  constructor(core: GraphCore, settings: DegradationSettings, parts: Parts) {
    this.#core = core;
    this.#settings = settings;
    this.#parts = parts;
    this.#ladder = new DegradationLadder(settings.recover);
    this.#readings = new DegradationReadings(settings.levels, {
      log: core.log,
      heapUsedRatio: () => parts.host.heapUsedRatio(),
      deadLettersRatio: () => core.letters.store.size / core.letters.store.capacity,
      rings: () => this.#ringsThatCount(),
    });
    this.#timer = new Timer(() => core.runQueue.enqueue(this));
  }

  get status(): DegradationStatus {
    return this.#status;
  }

  /** The graph has started. */
  start(): void {
    this.#core.restarted = () => this.#readings.restarted(this.#core.clock.nowMs());
    this.#armTimer();
  }

  /** The graph stops: nothing may hold up the drain. */
  stop(): void {
    this.#core.timers.disarm(this.#timer);
    this.#core.restarted = null;
    this.#take(this.#ladder.reset({ trigger: 'stopping', value: 1, limit: 1 }));
  }

  runSlice(): boolean {
    const nowMs = this.#core.clock.nowMs();
    if (this.#core.stopping) return false;
    this.#heldUp = this.#findHeldUp();
    const readings = this.#core.callOutside(() => this.#readings.read(nowMs));
    if (this.#core.stopping) return false; // a trigger of the user's may have asked for it
    this.#limits.check(this.#rings(), this.#heldUp);
    this.#take(this.#ladder.check(readings, nowMs));
    this.#armTimer();
    return false;
  }

  sliceTook(): void {}

  #armTimer(): void {
    this.#core.timers.arm(this.#timer, this.#core.clock.nowMs() + this.#settings.checkEveryMs);
  }

  #take(step: LadderStep | undefined): void {
    if (step === undefined) return;
    const core = this.#core;
    const { from, to, cause } = step;
    const level = this.#settings.levels[to - 1];
    const name = level?.name ?? NORMAL;
    const { pauseOptional = false, sourceDelayMs = 0, capacityFactor = 1 } = level ?? {};
    this.#status = Object.freeze({ level: to, name, sinceWallMs: core.clock.wallMs() });
    core.brakes = pauseOptional || sourceDelayMs > 0 ? { pausesOptional: pauseOptional, sourceDelayMs } : null;
    this.#limits.setFactor(capacityFactor, this.#rings());
    for (const { actor } of this.#parts.cells.values()) actor?.brakesChanged();
    for (const edge of this.#parts.edges.values()) if (!edge.ended && edge.kind === 'feed') core.runQueue.enqueue(edge);
    core.emit({ kind: to > from ? 'degraded' : 'recovered', level: to, name, from, cause });
    tell(core, to > from, { level: to, name, from, cause });
  }

  *#rings(): Iterable<Ring> {
    for (const { usedRing } of this.#parts.channels.values()) if (usedRing !== undefined) yield usedRing;
  }

  /** A backlog before a paused actor is what the pause is meant to make: if it counted, the pause would never end. */
  *#ringsThatCount(): Iterable<Ring> {
    for (const ring of this.#rings()) if (!this.#heldUp.has(ring)) yield ring;
  }

  /** The channels from which nothing is taken because an actor is paused: its inputs, and those of all who wait for it. */
  #findHeldUp(): Set<Ring> {
    const rings = new Set<Ring>();
    if (this.#core.brakes?.pausesOptional !== true) return rings;
    const add = ({ inputs }: Actor): void => inputs.forEach(({ ring }) => rings.add(ring));
    for (const { actor } of this.#parts.cells.values()) if (actor?.gate?.isPaused === true) add(actor);
    // Those that are added on the way have their turn as well.
    for (const ring of rings) {
      for (const waiter of ring.whoWaitsForRoom()) if (waiter instanceof Actor) add(waiter);
    }
    return rings;
  }
}

function tell(
  core: GraphCore,
  isWorse: boolean,
  fields: { readonly level: number; readonly name: string; readonly from: number; readonly cause: DegradationCause },
): void {
  const { trigger, value, limit } = fields.cause;
  const text = `level ${fields.level}, "${fields.name}" (${trigger} ${value}, limit ${limit})`;
  if (isWorse) core.log.warn(fields, `degraded to ${text}`);
  else core.log.info(fields, `recovered to ${text}`);
}
