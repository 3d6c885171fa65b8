import type { OutputEnd } from '../channel/output-end.ts';
import { noReply } from './call-errors.ts';
import type { Calls, KeepersMemory } from './calls.ts';
import { portsIn } from './port-search.ts';
import type { ReplyPort } from './reply-port.ts';
import type { Turn } from './turn.ts';

type Port = ReplyPort<never>;

/** An actor whose turn is decided, as far as its calls go. */
export interface CalledActor {
  readonly name: string;
  readonly turn: Turn;
  readonly state: KeepersMemory & {
    readonly live: object;
    readonly tables: { readonly stores: readonly { writtenValues(): unknown[] }[] } | undefined;
  };
}

/** Where a reply port was found in what a turn has staged. */
interface Forwarding {
  readonly end: OutputEnd;
  readonly place: number;
}

/** What one turn has to do with calls: its replies, the requests that it stages, and those that it took. */
export class TurnCalls {
  readonly #calls: Calls;
  /** Replies that the turn has staged: the first `#replies` count. Emptying the lists by their length would take longer. */
  readonly #repliedTo: (Port | undefined)[] = [];
  readonly #values: unknown[] = [];
  #replies = 0;
  /** Requests that it has staged. */
  readonly #requested: Port[] = [];
  /** Decided: those that it took, and neither answers nor keeps nor sends on. */
  readonly #unanswered: Port[] = [];
  readonly #kept: Port[] = [];
  /** Where it keeps them. */
  #state: KeepersMemory | undefined;
  /** Decided: those that several will have. */
  readonly #shared: Port[] = [];
  /** Calls whose replies the turn awaits. */
  open: Set<Port> | null = null;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  reply(port: Port, value: unknown): void {
    port.repliedBy = this;
    this.#repliedTo[this.#replies] = port;
    this.#values[this.#replies] = value;
    this.#replies += 1;
  }

  request(port: Port): void {
    this.#requested.push(port);
  }

  opened(): Set<Port> {
    return (this.open ??= new Set());
  }

  /** The turn is decided: what becomes of the requests that it took? */
  decide(actor: CalledActor): void {
    const { turn } = actor;
    let sentOn: Map<Port, Forwarding | 'to several'> | undefined;
    let inState: Set<Port> | undefined;
    for (let index = 0; index < turn.inputsUsed; index += 1) {
      const end = turn.inputs[index];
      if (end === undefined || end.ring.requests === null) continue;
      end.ring.requests.forEachOf(end.ring, end.taken, (request) => {
        const port = request as Port; // nothing else is marked as a request
        if (port.repliedBy === this) return;
        sentOn ??= portsStaged(turn);
        const forwarding = sentOn.get(port);
        const isKept = forwarding !== 'to several' && (inState ??= portsKept(actor)).has(port);
        if (forwarding === 'to several' || (forwarding !== undefined && isKept)) this.#shared.push(port);
        else if (forwarding !== undefined) forward(port, forwarding);
        else if (isKept) this.#kept.push(port);
        else this.#unanswered.push(port);
      });
    }
    this.#state = actor.state;
  }

  /** The staged requests are about to appear, or to become dead letters: from now on somebody waits for them. */
  begin(): void {
    for (const port of this.#shared) port.isShared = true; // before any of the messages becomes a dead letter
    if (this.#requested.length === 0) return;
    for (const port of this.#requested) {
      this.#calls.begin(port);
      port.caller.begin?.();
    }
    this.#requested.length = 0;
  }

  /** The turn has committed. */
  settle(actor: string): void {
    for (const port of this.#kept) if (this.#state !== undefined) this.#calls.keep(port, actor, this.#state);
    // One that the turn has rejected is a dead letter by now, and settled.
    for (const port of this.#unanswered)
      port.fail(noReply(actor, 'its turn has neither replied nor kept the reply port'));
    for (let place = 0; place < this.#replies; place += 1) this.#repliedTo[place]?.answer(this.#values[place]);
    this.#clear();
  }

  rolledBack(): void {
    for (const port of this.#repliedTo) if (port?.repliedBy === this) port.repliedBy = null;
    this.#clear();
  }

  #clear(): void {
    // Whoever awaits one still does so in another turn.
    if (this.open !== null && this.open.size > 0) this.open = null;
    for (let place = 0; place < this.#replies; place += 1) {
      this.#repliedTo[place] = undefined;
      this.#values[place] = undefined;
    }
    this.#replies = 0;
    if (this.#requested.length > 0) this.#requested.length = 0;
    if (this.#unanswered.length > 0) this.#unanswered.length = 0;
    if (this.#kept.length > 0) this.#kept.length = 0;
    if (this.#shared.length > 0) this.#shared.length = 0;
  }
}

function forward(port: Port, { end, place }: Forwarding): void {
  end.markRequest(place, port);
}

function portsStaged({ outputs, outputsUsed, publications }: Turn): Map<Port, Forwarding | 'to several'> {
  const ports = new Map<Port, Forwarding | 'to several'>();
  // Whether it arrives is not known yet.
  for (const message of publications?.offered() ?? []) portsIn(message, (port) => ports.set(port, 'to several'));
  for (let index = 0; index < outputsUsed; index += 1) {
    const end = outputs[index] as OutputEnd;
    for (let place = 0; place < end.count; place += 1) {
      portsIn(end.staged[place], (port) => ports.set(port, ports.has(port) ? 'to several' : { end, place }));
    }
  }
  return ports;
}

function portsKept({ state }: CalledActor): Set<Port> {
  const ports = new Set<Port>();
  portsIn(state.live, (port) => ports.add(port));
  for (const store of state.tables?.stores ?? []) {
    portsIn(store.writtenValues(), (port) => ports.add(port));
  }
  return ports;
}
