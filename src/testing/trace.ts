import type { GraphEvent } from '../actor/events.ts';
import { isHoldfastError } from '../base/errors.ts';
import { FNV_OFFSET, fnv1a } from '../base/fnv1a.ts';

/** Lines that are kept; older ones go, and stay in the hash. */
const LINES_MAX = 100_000;

/**
 * What happened in a simulation, one line for each thing: virtual time, what, whose, and details that are the same in every run
 * and on every version of Node. No stacks, no durations, no words of an error that is not Holdfast's own or the program's.
 */
export class Trace {
  readonly #lines: string[] = [];
  #count = 0;
  /** Two of 32 bits: numbers are faster than bigints. */
  #high = FNV_OFFSET;
  #low = 0xcbf29ce4;

  /** How many lines there ever were. */
  get count(): number {
    return this.#count;
  }

  /** Of all lines, 16 hexadecimal digits: two runs with the same one went the same way. */
  get hash(): string {
    return hex(this.#high) + hex(this.#low);
  }

  /** The last 100,000. */
  get lines(): readonly string[] {
    return this.#lines.slice(-LINES_MAX);
  }

  /** @internal */
  add(atMs: number, what: string, ...details: readonly (string | number | boolean)[]): void {
    const line = [atMs, what, ...details].join(' ');
    this.#count += 1;
    this.#lines.push(line);
    if (this.#lines.length >= 2 * LINES_MAX) this.#lines.splice(0, LINES_MAX);
    const hashed = `${line}\n`;
    this.#high = fnv1a(this.#high, hashed) >>> 0;
    this.#low = fnv1a(this.#low, hashed) >>> 0;
  }

  /** @internal */
  addEvent(atMs: number, event: GraphEvent): void {
    this.add(atMs, event.kind, ...detailsOf(event));
  }
}

function hex(bits: number): string {
  return bits.toString(16).padStart(8, '0');
}

function detailsOf(event: GraphEvent): readonly (string | number | boolean)[] {
  switch (event.kind) {
    case 'started':
      return [];
    case 'failed': {
      const { actor, regeneration, exit, inHand } = event;
      const messages = inHand.map(({ messageId, failedAttempts }) => `${withoutRun(messageId)}*${failedAttempts}`);
      return [actor, regeneration, exit.kind, exit.kind === 'crashed' ? errorName(exit.error) : '-', ...messages];
    }
    case 'restarting':
      return [event.actor, event.delayMs];
    case 'restarted':
    case 'actorStarted':
    case 'startIgnored':
      return [event.actor, event.regeneration];
    case 'actorStopped':
      return [event.actor, event.regeneration, event.exit.kind];
    case 'startFailed':
      return [event.actor, event.regeneration, errorName(event.error)];
    case 'resumed':
      return [event.actor];
    case 'restartAlert':
      return [event.actor, event.moreThan, event.withinMs];
    case 'limitLowered':
      return [event.actor, event.value];
    case 'breaker':
      return [event.actor, event.state];
    case 'fallback':
      return [event.actor, event.isOn];
    case 'replaced':
      return [event.actor];
    case 'gaveUp':
      return [event.supervisor, event.child];
    case 'ended':
      return [event.actor, event.exit.kind];
    case 'deadLetter': {
      const { channel, reason, attempts, messageId } = event.letter;
      return [channel, reason, attempts, messageId === undefined ? '-' : withoutRun(messageId)];
    }
    case 'publicationDropped':
    case 'subscriberDisconnected':
      return [event.actor, event.port, event.channel, event.dropped];
    case 'replayed':
      return [event.channel, withoutRun(event.messageId)];
    case 'deadLettersFilling':
      return [event.size, event.capacity];
    case 'slowTurn':
      return [event.actor, event.turns];
    case 'stuck':
      return [event.part?.name ?? '-'];
    case 'fenced':
      return [event.actor, event.verb];
    case 'stray':
      return [event.actor ?? '-', errorName(event.error)];
    case 'degraded':
    case 'recovered':
      return [event.from, event.level, event.cause.trigger];
    case 'edgeFailed':
      return [event.edge, errorName(event.error)];
    case 'shutdownAsked':
      return [event.party, event.missing];
    case 'shutdownPartyLost':
      return [event.actor, event.missing];
    case 'stopping':
      return [JSON.stringify(withoutError(event.reason))];
    case 'stopped':
      return [event.clean];
  }
}

/** The engine's own errors have other words in other versions. */
function errorName(error: unknown): string {
  if (isHoldfastError(error)) return error.code;
  return error instanceof Error ? error.name : typeof error;
}

/** That a feed or a sink has failed is a reason to stop, and ends with the words of its error. */
function withoutError(reason: string): string {
  return reason.replace(/^(\w+ "[^"]*" failed): .*$/s, '$1');
}

/** A message id without its run: that is drawn from the seed, and is in every line. */
function withoutRun(messageId: string): string {
  return messageId.slice(messageId.indexOf('/') + 1);
}
