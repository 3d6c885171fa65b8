import type { Actor } from '../actor/actor.ts';
import type { ActorDefinition, Behaviour, InputSpecs, OutputSpecs } from '../actor/definition.ts';
import type { Reading } from '../actor/failure-recorder.ts';
import type { TableSpecs } from '../actor/table.ts';
import { HoldfastError, isHoldfastError } from '../base/errors.ts';
import { decodeTagged, TaggedJsonError } from '../base/tagged-json.ts';
import { InputBundleEnd } from '../channel/input-bundle-end.ts';
import { Narrowing } from '../channel/narrowing.ts';
import type { Ring } from '../channel/ring.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { AnyDefinition } from '../system/wired-cell.ts';
import type { Capsule, CapsuleEffect, CapsuleInput, CapsuleValue } from '../system/capsule.ts';
import type { Channel } from '../system/channel.ts';
import { Graph } from '../system/graph.ts';
import { Simulation } from './simulation.ts';

/** Numbers between those of a channel that are skipped: more were made to do harm. */
const GAPS_MAX = 10_000;

/** The definition of any actor. */
/* eslint-disable @typescript-eslint/no-explicit-any -- what a definition is made of is read and written; any of them will do. */
export type ReplayedDefinition = ActorDefinition<InputSpecs, OutputSpecs, any, any, TableSpecs, any>;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** A simulation in which an actor stands where it stood when the turn of a capsule began. */
export interface CapsuleWorld {
  readonly sim: Simulation;
  readonly graph: Graph;
  readonly actor: Actor;
  /** Lets it go. */
  start(): void;
  /** It has come to where it waits: tells a loop of the end of its inputs, if that was what its turn was about. */
  endInputs(): void;
}

/** The decoded value, or undefined where it is omitted: {@link checkComplete} has been asked before. */
export function valueOf(value: CapsuleValue): unknown {
  if (value.kind === 'omitted') return undefined;
  try {
    return decodeTagged(value.json);
  } catch (error) {
    if (error instanceof TaggedJsonError) throw invalid(error.message);
    throw error;
  }
}

/**
 * @param prepare - Is called before the graph is made.
 *
 * @throws HoldfastError `ERR_CAPSULE_INCOMPLETE`, `ERR_CAPSULE_MISFIT`, `ERR_INVALID_CAPSULE`.
 */
export function capsuleWorld(
  capsule: Capsule,
  definition: ReplayedDefinition,
  log: Log,
  prepare: (sim: Simulation) => void,
): CapsuleWorld {
  checkComplete(capsule);
  checkFits(capsule, definition);
  const sim = new Simulation();
  setClock(sim, capsule);
  const readings = recordedReadings(capsule);
  sim.casting.readings = (what, value) => readings[what].shift() ?? value;
  const effects = capsule.effects.map((effect) => ({ ...effect }));
  sim.effects.interceptor = ({ name }) => playEffect(sim, effects, name);
  prepare(sim);
  const graph = new Graph({
    name: capsule.graph,
    ports: { ...sim.ports, random: randomOf(capsule, sim.random) },
    log,
    checks: capsule.checks,
    // The failed turn of the replay is written down as well: that is what the two are compared by.
    capsules: { folder: 'replay', payloads: true, bytesMax: 2 ** 28 },
  });
  const channels = new Map<string, Channel<unknown>>();
  const behaviour = behaviourOf(capsule, definition.behaviour);
  place(graph, channels, capsule, { ...(definition as unknown as AnyDefinition), behaviour });
  const cell = graph.backstage.cells.get(capsule.actor);
  orMisfit(capsule, () => cell?.prepare());
  const actor = cell?.actor;
  if (actor === undefined) throw misfit(capsule, 'it could not be placed');
  stage(capsule, actor, graph);
  // A loop that begins with nothing to read would return at once.
  const endsLate = capsule.definition.style === 'loop' && capsule.inputs.every(({ size }) => size === 0);
  const close = (): void => {
    for (const input of capsule.inputs) if (isClosed(capsule, input)) channels.get(input.channel)?.closeOutsideEnd();
  };
  return {
    sim,
    graph,
    actor,
    start: () => {
      graph.start();
      if (!endsLate) close();
    },
    endInputs: () => {
      if (endsLate) close();
    },
  };
}

function checkComplete({ actor, obstacles }: Capsule): void {
  if (obstacles.length === 0) return;
  const isBare = obstacles.some((text) => text.includes('payloads are not kept'));
  const hint = isBare
    ? '. Write capsules with the option payloads: true, or with a redact that leaves in what the turn needs'
    : '';
  const message = `the capsule of actor "${actor}" cannot be run again: ${obstacles.join('; ')}${hint}`;
  throw new HoldfastError('ERR_CAPSULE_INCOMPLETE', message, { actor, obstacles });
}

function checkFits(capsule: Capsule, definition: ReplayedDefinition): void {
  if ((definition as { readonly kind?: unknown } | undefined)?.kind !== 'actor') {
    throw misfit(capsule, 'what it is to be run by is no actor definition: make it with defineActor()');
  }
  const { style, inputs, outputs, tables } = capsule.definition;
  if (definition.behaviour.kind !== style) {
    throw misfit(capsule, `the definition is a ${definition.behaviour.kind}, and that of the capsule a ${style}`);
  }
  checkNames(capsule, 'inputs', inputs, Object.keys(definition.inputs));
  checkNames(capsule, 'outputs', outputs, Object.keys(definition.outputs));
  checkNames(capsule, 'tables', tables, Object.keys(definition.tables));
}

function checkNames(capsule: Capsule, what: string, expected: readonly string[], found: readonly string[]): void {
  const isSame = expected.length === found.length && expected.every((name) => found.includes(name));
  if (isSame) return;
  const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
  throw misfit(capsule, `its ${what} are ${list(found)}, and those of the capsule ${list(expected)}`);
}

export function misfit(
  { actor }: Capsule,
  problem: string,
  options?: ErrorOptions,
): HoldfastError<'ERR_CAPSULE_MISFIT'> {
  const message = `the capsule of actor "${actor}" is not of this definition: ${problem}`;
  return new HoldfastError('ERR_CAPSULE_MISFIT', message, { actor, problem }, options);
}

function orMisfit<T>(capsule: Capsule, code: () => T): T {
  try {
    return code();
  } catch (cause) {
    if (isHoldfastError(cause, 'ERR_INVALID_CAPSULE')) throw cause;
    throw misfit(capsule, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function invalid(problem: string): HoldfastError<'ERR_INVALID_CAPSULE'> {
  return new HoldfastError('ERR_INVALID_CAPSULE', `this is no capsule that can be read: ${problem}`, { problem });
}

// --- Time, randomness, effects ------------------------------------------------------------------------------------------

/** To where the clocks stood when the turn read them first, or else when it failed. */
function setClock({ clock }: Simulation, { failedNowMs, failedWallMs, readings }: Capsule): void {
  const beganNowMs = Math.max(0, Math.min(readings.nowMs[0] ?? failedNowMs, failedNowMs));
  clock.jumpTo(beganNowMs);
  clock.stepWallClock(failedWallMs - (failedNowMs - beganNowMs) - clock.wallMs());
}

function recordedReadings({ readings }: Capsule): Record<Reading, number[]> {
  const { nowMs, wallMs, random, hasTimer } = readings;
  return { nowMs: [...nowMs], wallMs: [...wallMs], random: [...random], hasTimer: [...hasTimer] };
}

/** The first number makes the identity of the run, so that the messages have the ids that they had. */
function randomOf({ runId }: Capsule, random: Random): Random {
  let isFirst = true;
  return {
    next: () => {
      if (!isFirst) return random.next();
      isFirst = false;
      return parseInt(runId, 36) / 2 ** 40;
    },
  };
}

/** As the next call of this name went. */
function playEffect({ clock }: Simulation, effects: CapsuleEffect[], name: string): unknown {
  const place = effects.findIndex((effect) => effect.name === name);
  if (place < 0) throw new Error(`the capsule has no further call of effect "${name}"`);
  const [effect] = effects.splice(place, 1) as [CapsuleEffect];
  switch (effect.kind) {
    case 'pending':
      return new Promise(() => undefined);
    case 'returned':
      return after(clock, effect.afterMs).then(() => valueOf(effect.value));
    case 'threw':
      return after(clock, effect.afterMs).then(() => {
        throw valueOf(effect.error);
      });
  }
}

function after(clock: Simulation['clock'], ms: number): Promise<void> {
  return ms > 0 ? clock.sleep(ms) : Promise.resolve();
}

// --- The actor and its channels -----------------------------------------------------------------------------------------

/** The arguments are what a schema has made of them, and one turn is all that is wanted. */
function behaviourOf(capsule: Capsule, behaviour: Behaviour): Behaviour {
  const bare = { ...behaviour, argsSchema: undefined, hooks: undefined };
  return bare.kind === 'handler' && hasMessage(capsule) ? { ...bare, onDrained: undefined } : bare;
}

function hasMessage({ inputs }: Capsule): boolean {
  return inputs.some(({ taken }) => taken > 0);
}

/** A handler does not see whether its inputs are closed, and a batch of few messages need not wait for more. */
function isClosed({ definition }: Capsule, { closed }: CapsuleInput): boolean {
  return closed || definition.style === 'handler';
}

function place(
  graph: Graph,
  channels: Map<string, Channel<unknown>>,
  capsule: Capsule,
  definition: AnyDefinition,
): void {
  const channelOf = (name: string, capacity: number): Channel<unknown> => {
    const channel = channels.get(name) ?? graph.channel<unknown>(name, { capacity });
    channels.set(name, channel);
    return channel;
  };
  const wiring: Record<string, unknown> = {};
  const wire = (port: string, isBundle: boolean, channel: Channel<unknown>): void => {
    const lanes = (wiring[port] ?? []) as unknown[];
    if (isBundle) wiring[port] = [...lanes, channel];
    else wiring[port] = channel;
  };
  orMisfit(capsule, () => {
    for (const { input, channel, capacity } of capsule.inputs) {
      wire(input, definition.inputs[input]?.kind === 'inputBundle', channelOf(channel, capacity));
    }
    for (const { output, channel, capacity } of capsule.outputs) {
      const port = output in definition.outputs ? output : output.replace(/\[\d+\]$/, '');
      wire(port, definition.outputs[port]?.kind === 'outputBundle', channelOf(channel, capacity));
    }
    const { turnTimeoutMs, isolate } = valueOf({ kind: 'kept', json: capsule.settings }) as Record<string, unknown>;
    graph.actor(capsule.actor, definition, wiring as never, {
      args: valueOf(capsule.args),
      restore: restoreOf(capsule),
      restart: 'temporary', // one turn
      showstopperAfter: Infinity,
      isolate: isolate === true,
      turnTimeoutMs: typeof turnTimeoutMs === 'number' ? turnTimeoutMs : Infinity,
    });
  });
}

function restoreOf(capsule: Capsule): { readonly state?: object; readonly tables?: never } {
  const { hasState, tables } = capsule.definition;
  const entries = tables.map((name) => {
    const table = capsule.tables[name];
    return [name, table === undefined ? [] : valueOf(table)] as const;
  });
  return {
    ...(hasState ? { state: valueOf(capsule.state) as object } : {}),
    // What is in them is checked when they are restored.
    ...(tables.length > 0 ? { tables: Object.fromEntries(entries) as never } : {}),
  };
}

/** Puts the actor to where it was, and its messages in front of it. */
function stage(capsule: Capsule, actor: Actor, graph: Graph): void {
  const { turn, outputs } = capsule;
  actor.isIncarnation(turn.regeneration);
  actor.counters.turns = turn.number;
  if (turn.failuresInARow > 0) actor.recovering.failuresInARow = turn.failuresInARow;
  const { freezer } = graph.backstage.core;
  for (const end of actor.inputs) {
    const input = capsule.inputs.find(({ input: port, lane }) => port === end.port && lane === end.lane);
    if (input === undefined) throw invalid(`it has nothing about input "${end.name}"`);
    fill(end.ring, input, freezer === null ? (payload) => payload : (payload) => freezer.freeze(payload));
    if (input.suspects > 0) end.narrow(input.suspects);
  }
  if (turn.narrowed && capsule.definition.style === 'loop') {
    actor.narrowing = new Narrowing(actor.inputs, actor.settings.isolate);
  }
  for (const port of actor.inputPorts) if (port instanceof InputBundleEnd) giveTurnTo(port, capsule.inputs);
  for (const end of actor.outputs) {
    if (outputs.find(({ output }) => output === end.name)?.closed !== true) continue;
    end.closed = true;
    end.clear();
  }
}

function fill(ring: Ring, { input, messages: all }: CapsuleInput, freeze: (payload: unknown) => unknown): void {
  // Behind those in hand there may be some that had no room in the capsule.
  const missing = all.findIndex(({ payload }) => payload.kind === 'omitted');
  const messages = missing < 0 ? all : all.slice(0, missing);
  const first = messages[0]?.sequence ?? 0;
  const last = messages.at(-1)?.sequence ?? first;
  if (last - first - messages.length > GAPS_MAX)
    throw invalid(`the numbers of the messages of "${input}" are far apart`);
  ring.head = ring.tail = first;
  const gaps: number[] = [];
  let next = first;
  for (const { sequence, replayOf, firing, failedAttempts, payload } of messages) {
    if (sequence < next) throw invalid(`the messages of "${input}" are not in order`);
    for (; next < sequence; next += 1) {
      gaps.push(next - first);
      ring.push(null);
    }
    ring.push(freeze(valueOf(payload)));
    if (replayOf !== null) ring.markReplay(replayOf);
    if (firing !== null) ring.markFiring(firing);
    for (let attempt = 0; attempt < failedAttempts; attempt += 1) ring.addFailedAttempt(ring.size - 1, 0);
    next += 1;
  }
  // Those in between were dead letters before: the others keep their numbers.
  if (gaps.length > 0) ring.removeAll(gaps);
}

/** The lane from which the turn took first is the first to be served. */
function giveTurnTo(bundle: InputBundleEnd, inputs: readonly CapsuleInput[]): void {
  const lanes = inputs.filter(({ input, taken, peeked }) => input === bundle.name && taken + peeked > 0);
  const [first] = lanes.sort((a, b) => a.takenAs - b.takenAs);
  if (first === undefined || bundle.lanes[first.lane] === undefined) return;
  bundle.served(first.lane);
  bundle.firstLane = first.lane;
}
