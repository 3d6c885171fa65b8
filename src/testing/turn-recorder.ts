import type { Actor } from '../actor/actor.ts';
import { messageIdAt } from '../actor/burial.ts';
import type { TurnLoss } from '../actor/rehearsal.ts';
import { isHoldfastError } from '../base/errors.ts';
import type { Graph } from '../system/graph.ts';
import type { StepPoint } from './crash-points.ts';
import type { TurnRecord } from './turn-record.ts';

type Messages = Record<string, unknown[]>;

/** State and tables, as committed. */
interface Committed {
  readonly state: object;
  readonly tables: Readonly<Record<string, readonly (readonly [unknown, unknown])[]>>;
}

/** A message that a turn rejects, before its dead letter says why. */
interface Rejected {
  readonly port: string;
  readonly message: unknown;
  readonly messageId: string;
}

/** What is known of a turn that is about to commit. */
interface Decided {
  readonly taken: Messages;
  readonly sent: Messages;
  readonly rejected: readonly Rejected[];
  readonly after: Committed;
}

/** The names of the ports of an actor, and which of its ends belongs to which output. */
export interface RecordedPorts {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** By the name of the end: the output itself, or one lane of it. */
  readonly outputOf: ReadonlyMap<string, string>;
}

/** Writes down the turns of one actor, from the steps that it is told of. */
export class TurnRecorder {
  /** All of them, in order. */
  readonly turns: TurnRecord[] = [];
  /** What committed turns have sent and taken, by port. */
  readonly sent: Messages;
  readonly taken: Messages;
  readonly #graph: Graph;
  readonly #ports: RecordedPorts;
  #committed: Committed | undefined;
  #decided: Decided | undefined;

  constructor(graph: Graph, ports: RecordedPorts) {
    this.#graph = graph;
    this.#ports = ports;
    this.sent = noMessages(ports.outputs);
    this.taken = noMessages(ports.inputs);
  }

  /** The actor has come to a step. */
  step(point: StepPoint, actor: Actor): void {
    if (point === 'begin' || point === 'hook:start') this.#committed ??= committedOf(actor);
    else if (point === 'commit:afterState') this.#decided = this.#decidedOf(actor);
    else if (point === 'commit:published') this.#published(actor);
  }

  /** The turn of the actor comes to nothing; what it has staged is still there. @returns false if there is no turn. */
  lost(actor: Actor, loss: TurnLoss): boolean {
    const { turn, phase, state } = actor;
    const isOpen = phase === 'turn' || phase === 'paused' || phase === 'committing';
    if (loss.kind === 'killed' && turn.isEmpty && !isOpen) return false;
    const committed = (this.#committed ??= committedOf({ state }));
    const error = loss.kind === 'failed' ? loss.error : undefined;
    this.turns.push({
      kind: isHoldfastError(error, 'ERR_ROLLED_BACK') ? 'rolledBack' : loss.kind,
      ...this.#common(actor, committed, committed),
      taken: noMessages(this.#ports.inputs),
      sent: noMessages(this.#ports.outputs),
      rejected: [],
      error,
      undone: { taken: this.#takesOf({ turn }).taken, sent: this.#sendsOf({ turn }) },
    });
    return true;
  }

  #decidedOf(actor: Actor): Decided {
    return { ...this.#takesOf(actor), sent: this.#sendsOf(actor), after: committedOf(actor) };
  }

  #published(actor: Actor): void {
    const decided = this.#decided;
    if (decided === undefined) return;
    this.#decided = undefined;
    const { taken, sent, rejected, after } = decided;
    this.turns.push({
      kind: 'committed',
      ...this.#common(actor, this.#committed ?? after, after),
      taken,
      sent,
      rejected: rejected.map(({ port, message, messageId }) => ({ port, message, reason: this.#reasonOf(messageId) })),
    });
    this.#committed = after;
    append(this.taken, taken);
    append(this.sent, sent);
  }

  /** What the turn gave as its reason. */
  #reasonOf(messageId: string): string {
    const letters = this.#graph.backstage.core.letters.store.list();
    return letters.findLast((letter) => letter.messageId === messageId)?.text ?? '';
  }

  #common(
    { regeneration, lifecycle }: Actor,
    before: Committed,
    after: Committed,
  ): Pick<TurnRecord, 'number' | 'regeneration' | 'hook' | 'endedAtMs' | 'stateBefore' | 'stateAfter'> &
    Pick<TurnRecord, 'tablesBefore' | 'tablesAfter'> {
    return {
      number: this.turns.length + 1,
      regeneration,
      hook: lifecycle?.hookName,
      endedAtMs: this.#graph.backstage.core.clock.nowMs(),
      stateBefore: before.state,
      stateAfter: after.state,
      // What the tables hold is what their types say; here they have lost them.
      tablesBefore: before.tables as TurnRecord['tablesBefore'],
      tablesAfter: after.tables as TurnRecord['tablesAfter'],
    };
  }

  #takesOf({ turn }: Pick<Actor, 'turn'>): Pick<Decided, 'taken' | 'rejected'> {
    const taken = noMessages(this.#ports.inputs);
    const rejected: Rejected[] = [];
    for (const end of turn.inputs.slice(0, turn.inputsUsed)) {
      for (let offset = 0; offset < end.taken; offset += 1) {
        const message = end.ring.at(offset);
        const messageId = messageIdAt(this.#graph.backstage.core, end.ring, offset);
        if (end.isRejected(offset)) rejected.push({ port: end.port, message, messageId });
        else taken[end.port]?.push(message);
      }
    }
    return { taken, rejected };
  }

  #sendsOf({ turn }: Pick<Actor, 'turn'>): Messages {
    const sent = noMessages(this.#ports.outputs);
    for (const end of turn.outputs.slice(0, turn.outputsUsed)) {
      const port = this.#ports.outputOf.get(end.name) ?? end.name;
      for (let place = 0; place < end.count; place += 1) sent[port]?.push(end.staged[place]);
    }
    return sent;
  }
}

function committedOf({ state }: Pick<Actor, 'state'>): Committed {
  return { state: state.snapshot(), tables: state.tables?.snapshot() ?? {} };
}

function noMessages(ports: readonly string[]): Messages {
  return Object.fromEntries(ports.map((port) => [port, []]));
}

function append(all: Messages, more: Messages): void {
  for (const [port, messages] of Object.entries(more)) for (const message of messages) all[port]?.push(message);
}
