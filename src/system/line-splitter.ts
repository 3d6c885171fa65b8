/** A line that is too long, or no UTF-8. */
export class LineError extends Error {
  override readonly name: string = 'LineError';
}

const LINE_FEED = 0x0a;
/** Bytes that a UTF-16 code unit takes in UTF-8 at the most. */
const BYTES_PER_CHARACTER_MAX = 3;

/**
 * Cuts text that comes in pieces, as strings or as UTF-8, into lines. It holds no more than one line: the longest that is
 * allowed. A line feed ends a line, with or without a carriage return before it; the end of the text does too.
 */
export class LineSplitter {
  readonly #charactersMax: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #rest = '';
  #lines = 0;

  /** @param charactersMax - Greatest length of a line, in UTF-16 code units. */
  constructor(charactersMax: number) {
    this.#charactersMax = charactersMax;
  }

  /** Number of the line that was given last or, where something is wrong, of the line with the error; 1 is the first. */
  get lineNumber(): number {
    return this.#lines;
  }

  /** The lines that end in this piece. @throws LineError. */
  *push(piece: string | Uint8Array): Generator<string> {
    let from = 0;
    while (from < piece.length) {
      const found = typeof piece === 'string' ? piece.indexOf('\n', from) : piece.indexOf(LINE_FEED, from);
      const end = found < 0 ? piece.length : found;
      this.#append(piece, from, end);
      if (found < 0) return;
      yield this.#take();
      from = found + 1;
    }
  }

  /** What is left, as the last line, unless it is empty. @throws LineError. */
  *end(): Generator<string> {
    this.#endBytes();
    if (this.#rest !== '') yield this.#take();
  }

  #append(piece: string | Uint8Array, from: number, end: number): void {
    const least = typeof piece === 'string' ? end - from : (end - from) / BYTES_PER_CHARACTER_MAX;
    // Before it is decoded: what is too long may be so long that it cannot be a string at all.
    if (this.#rest.length + least > this.#charactersMax) throw this.#tooLong();
    if (typeof piece === 'string') this.#endBytes();
    this.#rest += typeof piece === 'string' ? piece.slice(from, end) : this.#decode(piece.subarray(from, end), true);
    if (this.#rest.length > this.#charactersMax) throw this.#tooLong();
  }

  #take(): string {
    this.#endBytes();
    const line = this.#rest.endsWith('\r') ? this.#rest.slice(0, -1) : this.#rest;
    this.#rest = '';
    this.#lines += 1;
    return this.#lines === 1 && line.startsWith('\ufeff') ? line.slice(1) : line;
  }

  /** A character may be spread over two pieces, and over no more than one line. */
  #endBytes(): void {
    this.#rest += this.#decode(new Uint8Array(), false);
  }

  #decode(bytes: Uint8Array, more: boolean): string {
    try {
      return this.#decoder.decode(bytes, { stream: more });
    } catch {
      this.#lines += 1;
      throw new LineError('is no UTF-8');
    }
  }

  #tooLong(): LineError {
    this.#lines += 1;
    return new LineError(`has more than ${this.#charactersMax} characters`);
  }
}
