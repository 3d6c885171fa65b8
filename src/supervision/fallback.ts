/** When another definition stands in for a child that keeps failing, and when the child itself is tried again. */
export interface FallbackSettings {
  /** Failures in a row after which the other one is started. */
  readonly after: number;
  /** After the other one has run for so long, the child itself is tried again. `Infinity`: never. */
  readonly returnAfterMs: number;
  /** After the child itself has run for so long without a failure, its failures are forgotten. */
  readonly resetAfterMs: number;
}

/**
 * Says whether a child is started as itself or as its fallback.
 *
 * One failure after the way back is enough for the fallback to take over again; only a quiet time of its own earns the child
 * all its attempts back.
 */
export class Fallback {
  readonly #settings: FallbackSettings;
  #failuresInARow = 0;
  #upSinceMs: number | undefined;
  #isOn = false;

  constructor(settings: FallbackSettings) {
    this.#settings = settings;
  }

  /** The fallback is what runs, or what is started next. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /**
   * What ran, or could not start, has failed at `nowMs` (monotonic). Failures of the fallback are its own.
   *
   * @returns whether the fallback takes over now.
   */
  failed(nowMs: number): boolean {
    if (this.#isOn) return false;
    const isForgiven = this.#upSinceMs !== undefined && nowMs - this.#upSinceMs >= this.#settings.resetAfterMs;
    this.#failuresInARow = (isForgiven ? 0 : this.#failuresInARow) + 1;
    this.#upSinceMs = undefined;
    this.#isOn = this.#failuresInARow >= this.#settings.after;
    return this.#isOn;
  }

  /** It runs since `nowMs`. @returns after how many milliseconds the child itself is to be tried again, if ever. */
  started(nowMs: number): number | undefined {
    if (!this.#isOn) {
      this.#upSinceMs ??= nowMs;
      return undefined;
    }
    const { returnAfterMs } = this.#settings;
    return returnAfterMs === Infinity ? undefined : returnAfterMs;
  }

  /** The child itself is to be tried again. @returns false if that is what runs already. */
  goBack(): boolean {
    if (!this.#isOn) return false;
    this.#isOn = false;
    this.#failuresInARow = this.#settings.after - 1;
    return true;
  }
}
