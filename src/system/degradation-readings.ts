import type { DegradationCause } from '../actor/events.ts';
import { disown } from '../base/promises.ts';
import { BacklogAge } from '../channel/backlog-age.ts';
import type { Ring } from '../channel/ring.ts';
import type { Log } from '../ports/log.ts';
import { RestartWindow } from '../supervision/restart-window.ts';
import type { LevelSettings } from './degradation-options.ts';

/** What the triggers of a graph look at. */
export interface Measured {
  readonly log: Log;
  /** Part of the heap's limit that is in use. */
  heapUsedRatio(): number;
  /** Part of the room for dead letters that is used. */
  deadLettersRatio(): number;
  /** The channels whose messages count for the age of the backlog. */
  rings(): Iterable<Ring>;
}

/** The oldest message of all channels. */
interface Oldest {
  readonly ageMs: number;
  readonly channel: string | undefined;
}

/** Reads the triggers of all levels. Looks only at what a level asks for, and at nothing twice. */
export class DegradationReadings {
  readonly #levels: readonly LevelSettings[];
  readonly #measured: Measured;
  /** For each level that counts restarts. */
  readonly #windows: readonly (RestartWindow | undefined)[];
  /** For each ring that had messages at the last look. */
  #ages = new Map<Ring, BacklogAge>();
  /** Triggers of the user's that failed when they were last asked: each is logged once, until it works again. */
  readonly #broken = new Set<string>();

  constructor(levels: readonly LevelSettings[], measured: Measured) {
    this.#levels = levels;
    this.#measured = measured;
    this.#windows = levels.map(({ when: { restarts } }) =>
      restarts === undefined
        ? undefined
        : new RestartWindow({ maxRestarts: restarts.count, periodMs: restarts.periodMs }),
    );
  }

  restarted(nowMs: number): void {
    for (const window of this.#windows) window?.record(nowMs);
  }

  /** What the triggers of each level read, level 1 first. Calls those of the user's. */
  read(nowMs: number): DegradationCause[][] {
    const heap = this.#asksFor('heapUsedRatio') ? this.#measured.heapUsedRatio() : 0;
    const letters = this.#asksFor('deadLettersRatio') ? this.#measured.deadLettersRatio() : 0;
    const oldest = this.#asksFor('backlogAgeMs') ? this.#oldest(nowMs) : { ageMs: 0, channel: undefined };
    return this.#levels.map(({ name, when }, index) => {
      const readings: DegradationCause[] = [];
      const add = (trigger: string, value: number, limit: number | undefined): void => {
        if (limit !== undefined) readings.push({ trigger, value, limit });
      };
      add('heapUsedRatio', heap, when.heapUsedRatio);
      add('restarts', this.#windows[index]?.count(nowMs) ?? 0, when.restarts?.count);
      if (when.backlogAgeMs !== undefined) readings.push(backlogCause(oldest, when.backlogAgeMs));
      add('deadLettersRatio', letters, when.deadLettersRatio);
      for (const [trigger, ask] of Object.entries(when.custom ?? {})) {
        add(trigger, this.#fires(name, trigger, ask) ? 1 : 0, 1);
      }
      return readings;
    });
  }

  #asksFor(trigger: 'heapUsedRatio' | 'deadLettersRatio' | 'backlogAgeMs'): boolean {
    return this.#levels.some(({ when }) => when[trigger] !== undefined);
  }

  #oldest(nowMs: number): Oldest {
    let oldest: Oldest = { ageMs: 0, channel: undefined };
    const ages = new Map<Ring, BacklogAge>();
    for (const ring of this.#measured.rings()) {
      if (ring.size === 0) continue; // forgotten: what comes next is new
      const age = this.#ages.get(ring) ?? new BacklogAge();
      ages.set(ring, age);
      const ageMs = age.look(ring.head, ring.tail, nowMs);
      if (ageMs > oldest.ageMs) oldest = { ageMs, channel: ring.name };
    }
    this.#ages = ages;
    return oldest;
  }

  #fires(level: string, trigger: string, ask: () => boolean): boolean {
    const key = `${level}/${trigger}`;
    let problem: unknown;
    try {
      // What the types say it answers; code without types may answer anything, a promise above all.
      const answer: unknown = ask();
      if (typeof answer === 'boolean') {
        this.#broken.delete(key);
        return answer;
      }
      disown(answer);
      problem = new TypeError(`a trigger must answer true or false, got a value of type ${typeof answer}`);
    } catch (error) {
      problem = error;
    }
    if (!this.#broken.has(key)) {
      this.#measured.log.error({ err: problem, level, trigger }, 'a trigger of degradation failed: it does not fire');
    }
    this.#broken.add(key);
    return false;
  }
}

function backlogCause({ ageMs, channel }: Oldest, limit: number): DegradationCause {
  const cause = { trigger: 'backlogAgeMs', value: ageMs, limit };
  return channel === undefined ? cause : { ...cause, channel };
}
