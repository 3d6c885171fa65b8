import type { RestartAlarm } from '../actor/child-policies.ts';
import { RestartWindow } from './restart-window.ts';

/** How many restarts of a child are worth an alert. */
export interface AlertSettings {
  /** One more than so many restarts within `withinMs` is one. */
  readonly moreThan: number;
  readonly withinMs: number;
  /** For whoever carries out what the rules decide: they themselves call nobody. */
  readonly notify?: ((alert: RestartAlarm) => void) | undefined;
}

/** Tells once when a child restarts too often; again only after it has restarted less often meanwhile. */
export class RestartAlert {
  readonly #window: RestartWindow;
  #isArmed = true;

  constructor({ moreThan, withinMs }: AlertSettings) {
    this.#window = new RestartWindow({ maxRestarts: moreThan, periodMs: withinMs });
  }

  /** It restarts at `nowMs` (monotonic). @returns whether that is one too many, for the first time. */
  restarted(nowMs: number): boolean {
    const isTooOften = this.#window.record(nowMs) === 'escalate';
    const tells = isTooOften && this.#isArmed;
    this.#isArmed = !isTooOften;
    return tells;
  }
}
