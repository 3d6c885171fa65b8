import { errorRecord } from '../actor/dead-letter.ts';
import type { RecordedActor } from '../actor/failure-recorder.ts';
import { encodeTagged } from '../base/tagged-json.ts';
import {
  type Capsule,
  CAPSULE_FORMAT,
  CAPSULE_VERSION,
  type CapsuleEffect,
  type CapsuleError,
  type CapsuleValue,
} from './capsule.ts';
import type { CapsuleSettings } from './capsule-options.ts';
import { CapsuleValues, omitted } from './capsule-values.ts';
import type { FailedInput, FailedMessage, FailedTurn } from './failed-turn.ts';
import type { NotedEffect, TurnRecord } from './turn-record.ts';

/** All that goes into a capsule. */
export interface Failure {
  readonly graph: string;
  readonly runId: string;
  readonly versions: { readonly holdfast: string; readonly node: string };
  readonly checks: boolean;
  readonly actor: RecordedActor;
  readonly error: unknown;
  readonly failedWallMs: number;
  readonly failedNowMs: number;
  readonly failed: FailedTurn;
  readonly record: TurnRecord | undefined;
}

/** Longer messages of errors are cut. */
const MESSAGE_CHARACTERS_MAX = 4_000;

/** The capsule as text; undefined where even what has no payloads is larger than it may be. */
export function capsuleText(failure: Failure, settings: CapsuleSettings): string | undefined {
  const bare = new CapsuleValues({ payloads: false, redact: undefined }, failure.actor.name, 0);
  const bareBytes = Buffer.byteLength(JSON.stringify(capsuleOf(failure, bare)));
  const bytesLeft = settings.bytesMax - bareBytes;
  if (bytesLeft < 0) return undefined;
  const capsule = capsuleOf(failure, new CapsuleValues(settings, failure.actor.name, bytesLeft));
  // On lines of their own its parts can be read and compared; a line for each number would take too much room.
  const lines = Object.entries(capsule).map(([key, part]) => `  ${JSON.stringify(key)}: ${JSON.stringify(part)}`);
  const text = `{\n${lines.join(',\n')}\n}\n`;
  return Buffer.byteLength(text) <= settings.bytesMax ? text : JSON.stringify(capsule);
}

function capsuleOf(failure: Failure, values: CapsuleValues): Capsule {
  const { actor, failed, record } = failure;
  const { behaviour } = actor;
  // What a replay needs most comes first: there may not be room for all.
  const inHand = keptMessages(failed.inputs, values, true);
  const args = actor.args === undefined ? NO_ARGS : values.keep(actor.args, 'args');
  const hasState = behaviour.makeState !== undefined;
  const state: CapsuleValue = hasState ? keptState(failure, values) : { kind: 'kept', json: {} };
  const effects = (record?.effects ?? []).map((effect) => keptEffect(effect, values));
  const tables = keptTables(actor, values);
  const messages = new Map([...inHand, ...keptMessages(failed.inputs, values, false)]);
  const parts = { args, state, tables, messages: [...inHand.values()], effects };
  return {
    format: CAPSULE_FORMAT,
    version: CAPSULE_VERSION,
    ...failure.versions,
    graph: failure.graph,
    runId: failure.runId,
    actor: actor.name,
    checks: failure.checks,
    definition: {
      style: behaviour.kind,
      inputs: namesOf(failed.inputs.map(({ input }) => input)),
      outputs: namesOf(failed.outputs.map(({ output }) => portOf(output))),
      tables: Object.keys(behaviour.tables),
      hasState,
    },
    error: capsuleError(failure.error),
    failedWallMs: failure.failedWallMs,
    failedNowMs: failure.failedNowMs,
    turn: { ...failed.turn, pauses: record?.pauses ?? 0 },
    inputs: failed.inputs.map((input) => ({
      ...input,
      messages: input.messages.map((message) => {
        const { inHand: _, ...rest } = message;
        return { ...rest, payload: messages.get(message) ?? omitted('no room') };
      }),
    })),
    args,
    state,
    tables,
    readings: record?.readings ?? { nowMs: [], wallMs: [], random: [], hasTimer: [] },
    effects,
    outputs: failed.outputs.map((output) => ({
      ...output,
      messages: output.messages.map((message) => values.keep(message, 'sent', portOf(output.output))),
    })),
    settings: settingsOf(actor),
    obstacles: obstaclesOf(failure, parts),
    notes: notesOf(failure),
  };
}

const NO_ARGS: CapsuleValue = { kind: 'kept', json: { $undefined: true } };

function keptMessages(
  inputs: readonly FailedInput[],
  values: CapsuleValues,
  inHand: boolean,
): Map<FailedMessage, CapsuleValue> {
  const kept = new Map<FailedMessage, CapsuleValue>();
  for (const { input, messages } of inputs) {
    for (const message of messages) {
      if (message.inHand === inHand) kept.set(message, values.keep(message.payload, 'message', input));
    }
  }
  return kept;
}

function keptState({ actor, failed }: Failure, values: CapsuleValues): CapsuleValue {
  return failed.isBeginning && !actor.state.isMade
    ? omitted('it could not be made')
    : values.keep(actor.state.snapshot(), 'state');
}

/** Entries of a table that are copied at all: more could not be written within any sensible size. */
const ENTRIES_MAX = 100_000;

function keptTables({ state }: RecordedActor, values: CapsuleValues): Record<string, CapsuleValue> {
  const stores = state.tables?.stores ?? [];
  const entries = stores.map((store) => {
    const { name, committedSize: size } = store;
    if (size > ENTRIES_MAX) return [name, omitted(`too large: it has ${size} entries`)] as const;
    return [name, values.keep(store.snapshot(), 'table', name)] as const;
  });
  return Object.fromEntries(entries);
}

function keptEffect(effect: NotedEffect, values: CapsuleValues): CapsuleEffect {
  const { name } = effect;
  switch (effect.kind) {
    case 'returned':
      return { name, kind: 'returned', afterMs: effect.afterMs, value: values.keep(effect.value, 'effect', name) };
    case 'threw':
      return { name, kind: 'threw', afterMs: effect.afterMs, error: values.keep(effect.error, 'effect', name) };
    case 'pending':
      return { name, kind: 'pending' };
  }
}

/** As a capsule has it, and a replay compares it. */
export function capsuleError(error: unknown): CapsuleError {
  const { name, message, code, stack } = errorRecord(error);
  return {
    name: String(name),
    message: String(message).slice(0, MESSAGE_CHARACTERS_MAX),
    code: code ?? null,
    stack: stack ?? null,
  };
}

function settingsOf({ settings }: RecordedActor): Readonly<Record<string, unknown>> {
  const { showstopper, ...rest } = settings;
  // A plain object of plain objects, in which only Infinity needs a tag.
  return encodeTagged({ ...rest, showstopper: showstopper !== undefined }, 1_000) as Record<string, unknown>;
}

interface Parts {
  readonly args: CapsuleValue;
  readonly state: CapsuleValue;
  readonly tables: Readonly<Record<string, CapsuleValue>>;
  readonly messages: readonly CapsuleValue[];
  readonly effects: readonly CapsuleEffect[];
}

function obstaclesOf({ failed, actor, error }: Failure, parts: Parts): string[] {
  const missing = [
    ...lacking('the arguments', [parts.args]),
    ...lacking('the state', [parts.state]),
    ...Object.entries(parts.tables).flatMap(([name, table]) => lacking(`table "${name}"`, [table])),
    ...lacking('messages in hand', parts.messages),
    ...parts.effects.flatMap((effect) => {
      if (effect.kind === 'pending') return [];
      return lacking(`the end of effect "${effect.name}"`, [effect.kind === 'threw' ? effect.error : effect.value]);
    }),
  ];
  if (failed.isCut) missing.push('messages in hand are missing: there were more than a capsule of this size lists');
  if (failed.isBeginning) {
    missing.push('there was no turn: the state that the incarnation was to begin from was refused');
  }
  if (codeOf(error) === 'ERR_DEADLOCK') missing.push(`a deadlock is between "${actor.name}" and other actors`);
  return missing;
}

function lacking(what: string, values: readonly CapsuleValue[]): string[] {
  const reasons = new Set(values.flatMap((value) => (value.kind === 'omitted' ? [value.why] : [])));
  return [...reasons].map((why) => `${what}: ${why}`);
}

function notesOf({ actor, record }: Failure): string[] {
  const notes: string[] = [];
  if (actor.behaviour.kind === 'loop') {
    notes.push('a loop begins anew, as after a restart: what it kept in variables of earlier turns is not there');
  }
  if ((record?.pauses ?? 0) > 0) {
    notes.push('the turn had waited inside (pause): its messages are all there from the start');
  }
  if (record?.isCut === true)
    notes.push('the turn read or did more than is kept: what comes after that is not recorded');
  return notes;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function namesOf(names: readonly string[]): string[] {
  return [...new Set(names)];
}

/** The name of the port that a lane belongs to. */
function portOf(output: string): string {
  return output.replace(/\[\d+\]$/, '');
}
