import type { DeadLetter } from '../actor/dead-letter.ts';
import { refuseInTurn } from '../actor/outside-only.ts';
import { invalidOption } from '../base/options.ts';
import { Channel } from './channel.ts';
import { compileFilter, type DeadLetterFilter, type DeadLetterQuery } from './dead-letter-filter.ts';
import { checkReplayOptions, replayAll, type ReplayOptions, type ReplayReport } from './dead-letter-replay.ts';
import {
  type ExportOptions,
  exportLines,
  type ImportOptions,
  LetterImport,
  type LetterSource,
} from './dead-letter-transfer.ts';
import type { GraphCore } from './graph-core.ts';

/** Which dead letters a route takes: those that fit every key. Without keys, all of them. */
export type DeadLetterRouteFilter = Pick<DeadLetterQuery, 'channel' | 'actor' | 'reason'>;

const ROUTE_KEYS = ['channel', 'actor', 'reason'] as const satisfies readonly (keyof DeadLetterRouteFilter)[];

/** What the dead letters need of their graph. */
export interface LettersHost {
  readonly channelNamed: (name: string) => Channel<unknown> | undefined;
  /** Throws unless the graph has not started yet. */
  readonly mustBeBuilding: (api: string) => void;
}

/** The dead letters of a graph, for whoever looks after it. Made by the graph: `graph.deadLetters`. */
export class DeadLetters {
  readonly #core: GraphCore;
  readonly #host: LettersHost;

  /** @internal */
  constructor(core: GraphCore, host: LettersHost) {
    this.#core = core;
    this.#host = host;
  }

  /**
   * Has dead letters go into a channel of the graph, which an actor, a sink or code outside reads, instead of the store. Of
   * several routes the first one that fits counts.
   *
   * What goes to the store all the same: what is about a message in the channel of a route, what comes after a stop was
   * requested or nobody reads the channel any more, what finds no room and cannot wait, and what would wait for itself.
   * The route is a sender of the channel, until nobody else could make letters any more.
   *
   * @param filter - Names and reasons, and no function: it is asked in the middle of a commit. Default: all of them.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`, also for a channel with a schema; `ERR_GRAPH_STATUS` (after the start).
   */
  route(channel: Channel<DeadLetter>, filter: DeadLetterRouteFilter = {}): void {
    this.#host.mustBeBuilding('deadLetters.route');
    const option = 'deadLetters.route: channel';
    const known = this.#host.channelNamed((channel as Channel<DeadLetter> | undefined)?.name ?? '') as unknown;
    if (!(channel instanceof Channel) || known !== channel)
      throw invalidOption(option, `a channel of graph "${this.#core.name}"`, channel);
    if (channel.isChecked) throw invalidOption(option, 'a channel without a schema', channel);
    if (typeof filter === 'function') throw invalidOption('deadLetters.route: filter', 'an object', filter);
    const matches = compileFilter('deadLetters.route', filter, ROUTE_KEYS);
    // These keys look at nothing else of a letter.
    this.#core.letters.add({ channel, matches: (address) => matches(address as DeadLetter) });
  }

  /**
   * Those that are kept and match, oldest first. Without a filter, all of them.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION` for a filter that is none. What a filter's function throws passes through.
   */
  list(filter: DeadLetterFilter = {}): readonly DeadLetter[] {
    return this.#matching('deadLetters.list', filter);
  }

  /** How many are kept and match. @throws as {@link DeadLetters.list}. */
  count(filter: DeadLetterFilter = {}): number {
    return this.#matching('deadLetters.count', filter).length;
  }

  /** The letter with this number, while it is kept. */
  get(id: number): DeadLetter | undefined {
    return this.#core.letters.store.get(id);
  }

  /** Calls `listener` for each new one. @returns a function that stops it. */
  subscribe(listener: (letter: DeadLetter) => void): () => void {
    return this.#core.events.subscribe((event) => {
      if (event.kind === 'deadLetter') listener(event.letter);
    });
  }

  /**
   * Removes those that match, which makes room; `{}` removes all. If the filter throws, none are.
   *
   * @returns how many there were.
   *
   * @throws HoldfastError as {@link DeadLetters.list}; `ERR_OUTSIDE_API_IN_TURN`.
   */
  discard(filter: DeadLetterFilter): number {
    this.#refuseInTurn('deadLetters.discard');
    // Asked about all of them before any goes: the filter may throw.
    return this.#core.letters.store.discard(this.#matching('deadLetters.discard', filter));
  }

  /**
   * Sends those that match at this moment again, in order, one after the other: each is a new message of its channel, or of
   * the channel `to`, with an identity of its own and no failed attempts, which names the old one as `ctx.replayOf`. Like
   * any send from outside it waits for room in line, and is refused where nothing is taken. A letter leaves the store in the
   * very step in which its message enters the channel, so that nothing is lost or doubled whenever this ends.
   *
   * @returns what became of each.
   *
   * @throws HoldfastError as {@link DeadLetters.list} and `ERR_OUTSIDE_API_IN_TURN`, at once. The promise rejects with what
   * `edit` throws and with the reason of `signal`; this letter and those behind it are then kept as they were.
   */
  replay<Out = unknown, In = Out>(
    filter: DeadLetterFilter,
    options: ReplayOptions<Out, In> = {},
  ): Promise<ReplayReport> {
    this.#refuseInTurn('deadLetters.replay');
    const place = { core: this.#core, channelNamed: this.#host.channelNamed };
    const checked = checkReplayOptions(place, options);
    return replayAll(place, this.#matching('deadLetters.replay', filter), checked);
  }

  /**
   * Those that match at this moment as lines of JSON, one a letter, oldest first, each made when it is asked for: write them
   * to a file with `fs.promises.writeFile` or `stream.Readable.from`. Letters that come and go meanwhile change nothing.
   * Plain data comes back from {@link DeadLetters.import} as it was, instances as their enumerable fields.
   *
   * @throws HoldfastError as {@link DeadLetters.list}, at once. The iteration throws `ERR_LETTER_NOT_ENCODED` at a payload with
   * something in it that cannot be written, such as a function.
   */
  export(filter: DeadLetterFilter = {}, options: ExportOptions = {}): Iterable<string> {
    return exportLines(this.#matching('deadLetters.export', filter), options);
  }

  /**
   * Adds the letters of such lines to those that are kept: all of them, when all have been read, or none. They get numbers
   * of their own and keep the rest, and count in {@link DeadLetters.total}. Empty lines are skipped.
   *
   * @returns how many there were. Where the oldest give way (`whenFull: 'evict'`), some may be gone already.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION` and `ERR_OUTSIDE_API_IN_TURN`, at once. The promise rejects with
   * `ERR_INVALID_DEAD_LETTER`, `ERR_DEAD_LETTERS_FULL`, what the source throws, and the reason of `signal`; nothing has been
   * added then.
   */
  import(source: LetterSource, options: ImportOptions = {}): Promise<number> {
    this.#refuseInTurn('deadLetters.import');
    return new LetterImport(this.#core, source, options).run();
  }

  /** How many there ever were, kept or not. */
  get total(): number {
    return this.#core.letters.store.total;
  }

  #matching(api: string, filter: DeadLetterFilter): DeadLetter[] {
    return this.#core.letters.store.list().filter(compileFilter(api, filter));
  }

  #refuseInTurn(api: string): void {
    refuseInTurn(this.#core, api, "call it from outside the graph's actors");
  }
}
