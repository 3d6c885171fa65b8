import { errorText, HoldfastError } from '../base/errors.ts';
import { checkChoice, checkKnownKeys, checkNumber } from '../base/options.ts';
import type { CrashPoint } from '../actor/runtime.ts';
import type { Log } from '../ports/log.ts';
import { NodeClock } from '../ports/node/node-clock.ts';
import type { Capsule, CapsuleInput } from '../system/capsule.ts';
import { capsuleError } from '../system/capsule-writer.ts';
import type { Graph } from '../system/graph.ts';
import { CapsuleReplay, type SentMessages, type TakenMessages } from './capsule-replay.ts';
import { readCapsule } from './capsule-reader.ts';
import { type CapsuleWorld, capsuleWorld, type ReplayedDefinition, valueOf } from './capsule-world.ts';
import { STEP_POINTS } from './crash-points.ts';
import { SILENT } from './silent-log.ts';

/** Options of {@link replayCapsule}. */
export interface ReplayCapsuleOptions {
  /**
   * What becomes of a turn that fails, or waits for ever: `throw` (the default, for a regression test), or `report`, and the
   * replay is answered whatever it is.
   */
  readonly failure?: 'throw' | 'report';
  /** How long to wait, in real milliseconds, for what is not simulated, such as a file that is read. Default 2,000. */
  readonly foreignWaitMs?: number;
  /** Where the actor logs. Default: nowhere. */
  readonly log?: Log;
}

/** Long enough for a process that somebody else is to end, short enough for a person. */
const FOREIGN_WAIT_MS = 2_000;
/** Timers that are fired until a turn counts as one that never ends. */
const TIMERS_MAX = 10_000;
/** Virtual time after which it does. */
const VIRTUAL_MS_MAX = 86_400_000;
/** Between two looks at what is not simulated. */
const LOOK_MS = 5;

/**
 * Runs the turn of a capsule again, in a simulation: from its state, with its messages, its time and randomness, and its
 * effects as they ended.
 *
 * @param definition - That of the actor: the one that failed or, in a regression test, the one that was mended.
 * @param capsule - Its text, or the object in it.
 *
 * @returns what happened: by default only where the turn commits, or ends by `rollback()`.
 *
 * @throws HoldfastError `ERR_CAPSULE_FAILED` if it fails or waits for ever, with the report in `details.report` and what it
 * threw as `cause`; `ERR_INVALID_CAPSULE`, `ERR_CAPSULE_INCOMPLETE`, `ERR_CAPSULE_MISFIT`, `ERR_INVALID_OPTION`.
 */
export async function replayCapsule(
  definition: ReplayedDefinition,
  capsule: string | object,
  options: ReplayCapsuleOptions = {},
): Promise<CapsuleReplay> {
  checkKnownKeys('replayCapsule', options, ['failure', 'foreignWaitMs', 'log']);
  const { failure = 'throw', foreignWaitMs = FOREIGN_WAIT_MS, log = SILENT } = options;
  checkChoice('failure', failure, ['throw', 'report']);
  checkNumber('foreignWaitMs', foreignWaitMs, 0);
  const report = await new ReplayedTurn(readCapsule(capsule), definition, log).run(foreignWaitMs);
  const { outcome, error } = report;
  if (failure === 'report' || outcome === 'committed' || outcome === 'rolledBack') return report;
  const { actor } = report.capsule;
  const details = { actor, report };
  if (outcome === 'waiting') {
    const message = `the turn of actor "${actor}" does not come to its end: ${report.waitsFor ?? 'nobody knows why'}`;
    throw new HoldfastError('ERR_CAPSULE_FAILED', message, details);
  }
  const how = outcome === 'same' ? 'fails as its capsule says' : 'fails in another way than its capsule says';
  const message = `the turn of actor "${actor}" ${how}: ${errorText(error)}`;
  throw new HoldfastError('ERR_CAPSULE_FAILED', message, details, { cause: error });
}

/** Stands in the way of all that comes after the turn. */
class ReplayOver extends Error {
  override readonly name: string = 'ReplayOver';
}

/** What has ended the turn. */
type End =
  | { readonly kind: 'committed'; readonly report: CapsuleReplay }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'rolledBack' };

/** The verbs of a loop that end what comes before its first wait. */
const WAITS: ReadonlySet<CrashPoint> = new Set<CrashPoint>(['next', 'commit', 'tryNext']);

/** One replay. */
class ReplayedTurn {
  readonly #capsule: Capsule;
  readonly #world: CapsuleWorld;
  #end: End | undefined;
  /** The commit that comes next is that of what a loop does before its first wait, and not of the turn. */
  #opens = false;

  constructor(capsule: Capsule, definition: ReplayedDefinition, log: Log) {
    this.#capsule = capsule;
    this.#world = capsuleWorld(capsule, definition, log, (sim) => sim.onStep((point) => this.#step(point)));
    this.#world.graph.subscribe((event) => {
      if (event.kind === 'failed' && event.exit.kind === 'crashed' && this.#end === undefined) {
        this.#end = { kind: 'failed', error: event.exit.error };
      }
    });
  }

  async run(foreignWaitMs: number): Promise<CapsuleReplay> {
    const { sim } = this.#world;
    this.#world.start();
    await sim.settle();
    if (this.#end === undefined) this.#world.endInputs();
    await sim.settle();
    const untilMs = sim.clock.nowMs() + VIRTUAL_MS_MAX;
    await this.#waitForForeign(foreignWaitMs);
    for (let timers = 0; this.#end === undefined && timers < TIMERS_MAX; timers += 1) {
      if (!sim.clock.fireNext(untilMs)) break;
      await sim.settle();
      await this.#waitForForeign(foreignWaitMs);
    }
    await sim.settle();
    const end = this.#end; // changed by what has run meanwhile
    sim.scheduler.halt();
    switch (end?.kind) {
      case 'committed':
        return end.report;
      case 'failed':
        return this.#failed(end.error);
      case 'rolledBack':
        return this.#report('rolledBack', undefined, [], []);
      case undefined:
        // A loop that has returned had nothing to commit.
        return this.#report(this.#world.actor.phase === 'ended' ? 'committed' : 'waiting', undefined, [], []);
    }
  }

  /** The turn is open, and nothing of the simulation is left that could end it. */
  async #waitForForeign(limitMs: number): Promise<void> {
    const { sim, actor } = this.#world;
    const clock = new NodeClock();
    const untilMs = clock.nowMs() + limitMs;
    while (this.#end === undefined && actor.phase === 'turn' && sim.clock.sleepers === 0 && clock.nowMs() < untilMs) {
      if (this.#awaitsForEver()) return;
      await new Promise<void>((resolve) => clock.setTimer(clock.nowMs() + LOOK_MS, resolve));
      await sim.settle();
    }
  }

  /** An effect had not ended: what comes next is the deadline of the turn. */
  #awaitsForEver(): boolean {
    return this.#capsule.effects.some(({ kind }) => kind === 'pending');
  }

  #step(point: CrashPoint): void {
    if (this.#end !== undefined) {
      if (STEP_POINTS[point] === 'throw') throw new ReplayOver('the turn is over');
      return;
    }
    const { actor } = this.#world;
    if (actor.opening && WAITS.has(point)) {
      if (!this.#capsule.turn.opening) this.#opens = true;
      else if (actor.turn.isEmpty) this.#committed(); // it is no turn then, and has no commit
    }
    if (point === 'restart') this.#end = { kind: 'rolledBack' };
    if (point !== 'commit:published') return;
    if (this.#opens) this.#opens = false;
    else this.#committed();
  }

  /** The rest of the slice must find nothing to do: code of the actor may be called before it calls anything. */
  #committed(): void {
    const { graph, actor } = this.#world;
    graph.backstage.core.stopping = true;
    const took = actor.inputs.flatMap((end): TakenMessages[] => {
      const input = this.#inputOf(end.port, end.lane);
      return end.taken === 0 || input === undefined ? [] : [takenFrom(end.name, input, end.taken)];
    });
    const sent = actor.outputs.flatMap(({ name, ring, lead }): SentMessages[] => {
      // A channel that it reads as well has what it did not take of it, before what it sent.
      const own = this.#capsule.inputs.find(({ channel }) => channel === ring.name);
      const before = own === undefined ? 0 : own.messages.length - own.taken;
      const messages = lead.name === name ? ring.slice(0, ring.size).slice(before) : [];
      return messages.length === 0 ? [] : [{ output: name, messages }];
    });
    this.#end = { kind: 'committed', report: this.#report('committed', undefined, took, sent) };
  }

  #failed(error: unknown): CapsuleReplay {
    const [again] = this.#world.sim.capsules;
    const { name, code, message } = capsuleError(error);
    const { error: expected } = this.#capsule;
    const isSame = name === expected.name && code === expected.code && message === expected.message;
    const took = (again?.inputs ?? []).flatMap((input): TakenMessages[] =>
      input.taken === 0 ? [] : [takenFrom(portName(input), input, input.taken)],
    );
    const sent = (again?.outputs ?? []).flatMap(({ output, messages }): SentMessages[] =>
      messages.length === 0 ? [] : [{ output, messages: messages.map(valueOf) }],
    );
    return this.#report(isSame ? 'same' : 'other', error, took, sent);
  }

  #report(
    outcome: CapsuleReplay['outcome'],
    error: unknown,
    took: readonly TakenMessages[],
    sent: readonly SentMessages[],
  ): CapsuleReplay {
    const { actor, graph } = this.#world;
    const isOver = outcome !== 'waiting';
    return new CapsuleReplay(this.#capsule, {
      outcome,
      error,
      took,
      sent,
      state: actor.state.snapshot(),
      tables: actor.state.tables?.snapshot() ?? {},
      deadLetters: outcome === 'committed' ? lettersOf(graph) : [], // of an actor that has failed there are others
      waitsFor: isOver ? undefined : actor.heldBy(),
      differences: isOver && outcome !== 'rolledBack' ? this.#differences(took) : [],
    });
  }

  /** What it took otherwise than the turn of the capsule, which may have had more to do. */
  #differences(took: readonly TakenMessages[]): string[] {
    return this.#capsule.inputs.flatMap((input) => {
      const name = portName(input);
      const count = took.find((taken) => taken.input === name)?.messageIds.length ?? 0;
      return count === input.taken ? [] : [`it took ${count} from "${name}", and in the capsule ${input.taken}`];
    });
  }

  #inputOf(port: string, lane: number): CapsuleInput | undefined {
    return this.#capsule.inputs.find((input) => input.input === port && input.lane === lane);
  }
}

function lettersOf({ deadLetters }: Graph): CapsuleReplay['deadLetters'] {
  return deadLetters.list().map(({ messageId, reason, text }) => ({ messageId, reason, text }));
}

function takenFrom(name: string, { messages }: CapsuleInput, count: number): TakenMessages {
  const taken = messages.slice(0, count);
  return {
    input: name,
    messageIds: taken.map(({ messageId }) => messageId),
    messages: taken.map(({ payload }) => valueOf(payload)),
  };
}

function portName({ input, lane }: CapsuleInput): string {
  return lane < 0 ? input : `${input}[${lane}]`;
}
