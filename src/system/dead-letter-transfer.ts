import type { DeadLetter, NewDeadLetter } from '../actor/dead-letter.ts';
import { HoldfastError } from '../base/errors.ts';
import { checkInteger, checkKnownKeys, invalidOption } from '../base/options.ts';
import { type DecodePayload, type EncodePayload, letterOf, LetterLineError, lineOf } from './dead-letter-line.ts';
import type { GraphCore } from './graph-core.ts';
import { LineError, LineSplitter } from './line-splitter.ts';

/** Options of `deadLetters.export`. */
export interface ExportOptions {
  /** Turns a payload into plain data where it is none, such as an instance. It must answer at once. Default: as it is. */
  readonly encode?: (payload: unknown, letter: DeadLetter) => unknown;
  /** Greatest length of a line, in UTF-16 code units. Default 16,777,216. */
  readonly lineCharactersMax?: number;
}

/** Options of `deadLetters.import`. */
export interface ImportOptions {
  /**
   * Turns the plain data of a line into the payload; the letter has all the rest, and the plain data as its payload. It must
   * answer at once. Default: as it is.
   */
  readonly decode?: (plain: unknown, letter: Omit<DeadLetter, 'id'>) => unknown;
  /** Greatest length of a line, in UTF-16 code units. Default 16,777,216. */
  readonly lineCharactersMax?: number;
  /** Ends the reading: the promise rejects with the signal's reason, and nothing has been added. */
  readonly signal?: AbortSignal;
}

/** Lines of dead letters, in one piece or in pieces that may begin and end anywhere; bytes are UTF-8. */
export type LetterSource = string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/** Longer than any sensible message, and far from what a string can be. */
export const LINE_CHARACTERS_MAX = 16_777_216;

/** The letters as lines with their line ends, each made when it is asked for. */
export function exportLines(letters: readonly DeadLetter[], options: ExportOptions): Iterable<string> {
  checkKnownKeys('deadLetters.export', options, ['encode', 'lineCharactersMax']);
  const encode = checkHook('deadLetters.export: encode', options.encode);
  const charactersMax = checkLength('deadLetters.export', options.lineCharactersMax);
  return {
    *[Symbol.iterator]() {
      for (const letter of letters) yield `${encodedLine(letter, encode, charactersMax)}\n`;
    },
  };
}

function encodedLine(letter: DeadLetter, encode: EncodePayload | undefined, charactersMax: number): string {
  try {
    return lineOf(letter, encode, charactersMax);
  } catch (error) {
    if (!(error instanceof LetterLineError)) throw error;
    const { id, channel } = letter;
    const message = `dead letter ${id} of channel "${channel}" cannot be exported: ${error.message}. Leave it out by the filter, or turn it into plain data with the option "encode"`;
    throw new HoldfastError('ERR_LETTER_NOT_ENCODED', message, { id, problem: error.message }, causeOf(error));
  }
}

/** Reads letters and adds all of them, or none. */
export class LetterImport {
  readonly #core: GraphCore;
  readonly #pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;
  readonly #decode: DecodePayload | undefined;
  readonly #splitter: LineSplitter;
  readonly #signal: AbortSignal | undefined;
  /** Those read last: at least as many as the store can keep, and less than twice as many. */
  readonly #letters: NewDeadLetter[] = [];
  /** Letters read before those. */
  #passed = 0;

  constructor(core: GraphCore, source: LetterSource, options: ImportOptions) {
    checkKnownKeys('deadLetters.import', options, ['decode', 'lineCharactersMax', 'signal']);
    this.#core = core;
    this.#pieces = piecesOf(source);
    this.#decode = checkHook('deadLetters.import: decode', options.decode);
    this.#splitter = new LineSplitter(checkLength('deadLetters.import', options.lineCharactersMax));
    this.#signal = options.signal;
  }

  /** @returns how many letters were added. */
  async run(): Promise<number> {
    this.#signal?.throwIfAborted();
    for await (const piece of abortable(this.#pieces, this.#signal)) {
      if (typeof piece !== 'string' && !(piece instanceof Uint8Array)) {
        throw invalidOption('deadLetters.import: a piece of the source', 'a string or a Uint8Array', piece);
      }
      this.#read((splitter) => splitter.push(piece));
    }
    this.#read((splitter) => splitter.end());
    const { store } = this.#core.letters;
    this.#forgetOldest();
    if (!store.addAll(this.#letters, this.#passed)) throw this.#full(this.#letters.length);
    return this.#passed + this.#letters.length;
  }

  #read(lines: (splitter: LineSplitter) => Iterable<string>): void {
    try {
      for (const line of lines(this.#splitter)) if (line.trim() !== '') this.#add(letterOf(line, this.#decode));
    } catch (error) {
      if (!(error instanceof LetterLineError || error instanceof LineError)) throw error;
      const line = this.#splitter.lineNumber;
      const message = `line ${line} is no dead letter: ${error.message}. Nothing was imported`;
      throw new HoldfastError('ERR_INVALID_DEAD_LETTER', message, { line, problem: error.message }, causeOf(error));
    }
  }

  #add(letter: NewDeadLetter): void {
    const { letters, freezer } = this.#core;
    const { capacity, evicts } = letters.store;
    const payload = freezer === null ? letter.payload : freezer.freeze(letter.payload);
    this.#letters.push({ ...letter, payload });
    if (!evicts && this.#letters.length > capacity) throw this.#full(this.#letters.length);
    if (this.#letters.length >= 2 * capacity) this.#forgetOldest(); // not one by one: that would move all the others
  }

  /** Those that would be evicted by the ones behind them. */
  #forgetOldest(): void {
    this.#passed += this.#letters.splice(
      0,
      Math.max(0, this.#letters.length - this.#core.letters.store.capacity),
    ).length;
  }

  #full(asked: number): HoldfastError<'ERR_DEAD_LETTERS_FULL'> {
    const { capacity, kept } = this.#core.letters.store;
    const message = `${asked} dead letters or more were to be imported where ${kept} of ${capacity} are kept: discard or replay some, or raise deadLetters.capacity. Nothing was imported`;
    return new HoldfastError('ERR_DEAD_LETTERS_FULL', message, { capacity, kept, asked });
  }
}

function piecesOf(source: LetterSource): Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array> {
  // Both are iterable, as single characters and as numbers.
  if (typeof source === 'string' || source instanceof Uint8Array) return [source];
  const candidate = Object(source) as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  const isIterable = typeof (candidate[Symbol.asyncIterator] ?? candidate[Symbol.iterator]) === 'function';
  if (isIterable) return source;
  throw invalidOption('deadLetters.import: source', 'a string, bytes, or an iterable of them', source);
}

/** The same pieces, until `signal` aborts, even while one is waited for that never comes. */
async function* abortable<T>(
  source: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  let abort!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
  });
  signal.addEventListener('abort', abort);
  aborted.catch(() => undefined);
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let isDone = false;
  try {
    for (;;) {
      const result = await Promise.race([iterator.next(), aborted]);
      if (result.done === true) {
        isDone = true;
        return;
      }
      yield result.value;
      signal.throwIfAborted();
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // Not waited for: it may wait for the piece that never comes.
    if (!isDone) Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

function checkHook<T>(option: string, hook: T | undefined): T | undefined {
  if (hook === undefined || typeof hook === 'function') return hook;
  throw invalidOption(option, 'a function', hook);
}

function checkLength(api: string, charactersMax: number = LINE_CHARACTERS_MAX): number {
  return checkInteger(`${api}: lineCharactersMax`, charactersMax, 1);
}

function causeOf(error: Error): ErrorOptions {
  return error.cause === undefined ? {} : { cause: error.cause };
}
