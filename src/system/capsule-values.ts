import { errorText } from '../base/errors.ts';
import { disown } from '../base/promises.ts';
import { encodeTagged } from '../base/tagged-json.ts';
import type { CapsulePlace, CapsuleSettings } from './capsule-options.ts';
import type { CapsuleValue } from './capsule.ts';

/** Turns payloads into what a capsule keeps of them, as long as there is room. */
export class CapsuleValues {
  readonly #settings: Pick<CapsuleSettings, 'payloads' | 'redact'>;
  readonly #actor: string;
  #bytesLeft: number;

  constructor(settings: Pick<CapsuleSettings, 'payloads' | 'redact'>, actor: string, bytesMax: number) {
    this.#settings = settings;
    this.#actor = actor;
    this.#bytesLeft = bytesMax;
  }

  keep(value: unknown, kind: CapsulePlace['kind'], name: string = this.#actor): CapsuleValue {
    const { payloads, redact } = this.#settings;
    if (!payloads) return omitted('payloads are not kept: see the option capsules');
    try {
      const kept = redact === undefined || value === undefined ? value : this.#redacted(redact, value, kind, name);
      if (kept === undefined && value !== undefined) return omitted('left out by redact');
      return this.#encoded(kept);
    } catch (error) {
      return omitted(errorText(error));
    }
  }

  #redacted(
    redact: NonNullable<CapsuleSettings['redact']>,
    value: unknown,
    kind: CapsulePlace['kind'],
    name: string,
  ): unknown {
    try {
      const kept = redact(value, { kind, actor: this.#actor, name });
      if (!(kept instanceof Promise)) return kept;
      disown(kept);
    } catch {
      // What it has thrown may have in it what it was to take out.
      throw new Error('redact threw');
    }
    throw new Error('redact answered with a promise');
  }

  #encoded(value: unknown): CapsuleValue {
    // Each value takes two characters or more, with the comma.
    const json = encodeTagged(value, Math.max(1, Math.floor(this.#bytesLeft / 2)));
    // Before it is written out: one string may be as large as a disk.
    const mayFit = charactersOf(json, this.#bytesLeft) <= this.#bytesLeft;
    const bytes = mayFit ? Buffer.byteLength(JSON.stringify(json)) : Infinity;
    if (bytes > this.#bytesLeft) return omitted('too large for what is left of capsules.bytesMax');
    this.#bytesLeft -= bytes;
    return { kind: 'kept', json };
  }
}

export function omitted(why: string): CapsuleValue {
  return { kind: 'omitted', why };
}

/** How long all strings in it are; some number above `max` if that is more. */
function charactersOf(json: unknown, max: number): number {
  if (typeof json === 'string') return json.length;
  if (typeof json !== 'object' || json === null) return 1;
  let sum = 0;
  for (const [key, value] of Object.entries(json)) {
    sum += key.length + charactersOf(value, max);
    if (sum > max) return sum;
  }
  return sum;
}
