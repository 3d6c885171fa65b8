import { checkInteger, checkKnownKeys, checkName, invalidOption } from '../base/options.ts';

/** What a payload is, for whoever decides what of it a capsule may keep. */
export interface CapsulePlace {
  /** `sent`: a message that the failed turn had staged. */
  readonly kind: 'message' | 'sent' | 'state' | 'table' | 'args' | 'effect';
  /** Name of the actor. */
  readonly actor: string;
  /** Name of the input, the output, the table or the effect; the actor's own for its state and its arguments. */
  readonly name: string;
}

/** Options of `capsules`. */
export interface CapsuleOptions {
  /** Folder of the files; it is made when it is needed. No default. */
  readonly folder: string;
  /**
   * Keep messages, state, tables, arguments and results of effects as well: without them a capsule says what happened, and
   * cannot be run again. They are written as they are, unless there is a `redact`. Default false; true where there is one.
   */
  readonly payloads?: boolean;
  /**
   * Is handed each payload, and answers at once what is kept of it: a copy without what is private, or the value itself;
   * `undefined` leaves it out. Entries of a table come as one array of pairs. It must not change what it is handed.
   */
  readonly redact?: (value: unknown, place: CapsulePlace) => unknown;
  /** Greatest size of a capsule, in bytes. What does not fit is left out, and the capsule says so. Default 262,144. */
  readonly bytesMax?: number;
  /** Capsules kept in the folder; the oldest go. Default 100. */
  readonly filesMax?: number;
  /** Capsules written within a minute; further failures get none. Default 10. */
  readonly perMinuteMax?: number;
}

export interface CapsuleSettings {
  readonly folder: string;
  readonly payloads: boolean;
  readonly redact: ((value: unknown, place: CapsulePlace) => unknown) | undefined;
  readonly bytesMax: number;
  readonly filesMax: number;
  readonly perMinuteMax: number;
}

/** The defaults, each with its reason. */
export const CAPSULE_DEFAULTS: Readonly<Record<'bytesMax' | 'filesMax' | 'perMinuteMax', number>> = Object.freeze({
  bytesMax: 262_144, // a turn of a few messages with a state of some size; small enough to be checked in
  filesMax: 100, // with the size, 25 MiB of a disk
  perMinuteMax: 10, // all attempts of three messages: what comes after them mostly fails in the same way
});

/** Names, ids and the error have to find room. */
const BYTES_MIN = 16_384;

/** Checks the options of capsules and completes them. */
export function capsuleSettings(options: CapsuleOptions): CapsuleSettings {
  checkKnownKeys('capsules', options, ['folder', 'payloads', 'redact', 'bytesMax', 'filesMax', 'perMinuteMax']);
  const { folder, redact, payloads = redact !== undefined } = options;
  if (redact !== undefined && typeof redact !== 'function') {
    throw invalidOption('capsules.redact', 'a function', redact);
  }
  if (typeof payloads !== 'boolean') throw invalidOption('capsules.payloads', 'true or false', payloads);
  if (redact !== undefined && !payloads) {
    throw invalidOption('capsules.payloads', 'true, or left out, where there is a redact', payloads);
  }
  const { bytesMax = CAPSULE_DEFAULTS.bytesMax, filesMax = CAPSULE_DEFAULTS.filesMax } = options;
  const { perMinuteMax = CAPSULE_DEFAULTS.perMinuteMax } = options;
  return Object.freeze({
    folder: checkName('capsules.folder', folder),
    payloads,
    redact,
    bytesMax: checkInteger('capsules.bytesMax', bytesMax, BYTES_MIN, 2 ** 28),
    filesMax: checkInteger('capsules.filesMax', filesMax, 1, 100_000),
    perMinuteMax: checkInteger('capsules.perMinuteMax', perMinuteMax, 1, 10_000),
  });
}
