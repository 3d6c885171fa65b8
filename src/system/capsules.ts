import type {
  EffectNote,
  FailedTurnDraft,
  FailureRecorder,
  Reading,
  RecordedActor,
} from '../actor/failure-recorder.ts';
import type { Clock } from '../ports/clock.ts';
import { CAPSULE_SUFFIX, type CapsuleFiles } from '../ports/capsule-files.ts';
import type { Log } from '../ports/log.ts';
import type { CapsuleSettings } from './capsule-options.ts';
import { capsuleText, type Failure } from './capsule-writer.ts';
import { type FailedTurn, failedTurnOf } from './failed-turn.ts';
import type { Rehearsal } from './rehearsal.ts';
import { TurnRecord } from './turn-record.ts';

/** A graph, as far as its capsules go. */
export interface CapsuleHost {
  readonly name: string;
  readonly runId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly rehearsal: Rehearsal | null;
  /** Null where messages are not frozen. */
  readonly freezer: object | null;
  /** Whose turn is running: code of the user's that is called meanwhile is refused what a turn is refused. */
  current: string | null;
}

const MINUTE_MS = 60_000;
/** Capsules that wait to be written: a disk that hangs must not fill the memory. */
const PENDING_MAX = 4;

/** Writes down the turns of a graph that fail. Nothing that goes wrong with that has any part in what the graph does. */
export class Capsules implements FailureRecorder {
  readonly #host: CapsuleHost;
  readonly #settings: CapsuleSettings;
  readonly #files: CapsuleFiles;
  readonly #records = new WeakMap<RecordedActor, TurnRecord>();
  /** When the last ones were begun, oldest first. */
  readonly #times: number[] = [];
  #count = 0;
  #pending = 0;
  /** Those before are written, or have failed. */
  #written: Promise<void> = Promise.resolve();
  /** What has been complained of: once is enough, until one has been written again. */
  readonly #complaints = new Set<string>();

  constructor(host: CapsuleHost, settings: CapsuleSettings, files: CapsuleFiles) {
    this.#host = host;
    this.#settings = settings;
    this.#files = files;
  }

  /** Settles when all that have been begun are written, or have failed. */
  get settled(): Promise<void> {
    return this.#written;
  }

  reading(actor: RecordedActor, what: Reading, value: number): number {
    const given = this.#host.rehearsal?.reading?.(actor.name, what, value) ?? value;
    this.#recordOf(actor).read(what, given);
    return given;
  }

  effect(actor: RecordedActor, name: string): EffectNote {
    return this.#recordOf(actor).effect(name, this.#host.clock);
  }

  paused(actor: RecordedActor): void {
    this.#recordOf(actor).pauses += 1;
  }

  #recordOf(actor: RecordedActor): TurnRecord {
    let record = this.#records.get(actor);
    if (record?.isOf(actor) !== true) {
      record = new TurnRecord(actor);
      this.#records.set(actor, record);
    }
    return record;
  }

  turnFailed(actor: RecordedActor, error: unknown): FailedTurnDraft | null {
    try {
      if (!this.#mayWrite()) return null;
      const failed = failedTurnOf(actor, this.#host.runId, Math.floor(this.#settings.bytesMax / 1_024));
      const failure = this.#failureOf(actor, error, failed);
      return { keep: () => this.#keep(failure) };
    } catch (problem) {
      this.#complain('no capsule could be made of a failed turn', problem);
      return null;
    }
  }

  #failureOf(actor: RecordedActor, error: unknown, failed: FailedTurn): Failure {
    const { name: graph, runId, clock } = this.#host;
    const record = this.#records.get(actor);
    return {
      graph,
      runId,
      versions: this.#files.versions,
      checks: this.#host.freezer !== null,
      actor,
      error,
      failedWallMs: clock.wallMs(),
      failedNowMs: clock.nowMs(),
      failed,
      record: record?.isOf(actor) === true ? record : undefined,
    };
  }

  /** Within the rate, and with the disk keeping up. */
  #mayWrite(): boolean {
    const { perMinuteMax } = this.#settings;
    const nowMs = this.#host.clock.nowMs();
    while (this.#times.length > 0 && nowMs - (this.#times[0] as number) >= MINUTE_MS) this.#times.shift();
    if (this.#times.length >= perMinuteMax) {
      this.#complain('more failures than capsules.perMinuteMax: they get no capsule');
      return false;
    }
    if (this.#pending >= PENDING_MAX) {
      this.#complain('capsules are not written as fast as turns fail: some get none');
      return false;
    }
    this.#times.push(nowMs);
    return true;
  }

  #keep(failure: Failure): void {
    const host = this.#host;
    const before = host.current;
    host.current = failure.actor.name; // for `redact`, which decides, and does nothing else
    try {
      const text = capsuleText(failure, this.#settings);
      if (text === undefined) this.#complain('a failed turn is too large for capsules.bytesMax: it gets no capsule');
      else this.#write(failure, text);
    } catch (problem) {
      this.#complain('no capsule could be made of a failed turn', problem);
    } finally {
      host.current = before;
    }
  }

  #write(failure: Failure, text: string): void {
    const { folder, filesMax } = this.#settings;
    this.#count += 1;
    this.#pending += 1;
    const file = { folder, name: this.#nameOf(failure), text, filesMax };
    this.#written = this.#written.then(async () => {
      try {
        const path = await this.#files.write(file);
        this.#complaints.clear();
        this.#host.log.info({ actor: failure.actor.name, capsule: path }, 'a capsule of the failed turn is written');
      } catch (problem) {
        this.#complain('a capsule could not be written', problem);
      } finally {
        this.#pending -= 1;
      }
    });
  }

  /** Sorted by time; unique, as a run has an id of its own. */
  #nameOf({ actor, failedWallMs, runId }: Failure): string {
    const time = new Date(failedWallMs).toISOString().replaceAll(/[-:.]/g, '');
    const number = String(this.#count).padStart(4, '0');
    const name = actor.name.replaceAll(/[^\w-]+/g, '_').slice(0, 60);
    return `${time}-${runId}-${number}-${name}${CAPSULE_SUFFIX}`;
  }

  #complain(what: string, problem?: unknown): void {
    if (this.#complaints.has(what)) return;
    this.#complaints.add(what);
    this.#host.log.error(problem === undefined ? {} : { err: problem }, what);
  }
}
