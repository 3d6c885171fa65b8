import { messageIdAt } from '../actor/burial.ts';
import type { RecordedActor } from '../actor/failure-recorder.ts';
import type { InputEnd } from '../channel/input-end.ts';
import type { OutputEnd } from '../channel/output-end.ts';
import type { CapsuleInput, CapsuleMessage, CapsuleOutput, CapsuleTurn } from './capsule.ts';

/** A turn that has failed, as it was before it was rolled back: the payloads are the messages themselves. */
export interface FailedTurn {
  readonly turn: Omit<CapsuleTurn, 'pauses'>;
  readonly inputs: readonly FailedInput[];
  readonly outputs: readonly FailedOutput[];
  /** Its state could not be made: there was no turn. */
  readonly isBeginning: boolean;
  /** There were more messages in hand than are listed. */
  readonly isCut: boolean;
}

export interface FailedInput extends Omit<CapsuleInput, 'messages'> {
  readonly messages: readonly FailedMessage[];
}

export interface FailedMessage extends Omit<CapsuleMessage, 'payload'> {
  readonly payload: unknown;
  readonly inHand: boolean;
}

export interface FailedOutput extends Omit<CapsuleOutput, 'messages'> {
  readonly messages: readonly unknown[];
}

/** Messages of a loop's input that are kept behind those in hand: its waits may ask for some of them. */
const BEHIND_MAX = 16;

/** Looks at an actor whose turn has failed. @param messagesMax - Messages that are listed, of all inputs and of all outputs. */
export function failedTurnOf(actor: RecordedActor, runId: string, messagesMax: number): FailedTurn {
  const { turn, counters, opening, regeneration, failuresInARow, narrowing } = actor;
  const { lastTaken } = turn;
  let left = messagesMax;
  const inputs = actor.inputs.map((end) => {
    const input = inputOf(end, runId, left, actor.behaviour.kind === 'loop');
    left -= input.messages.length;
    return input;
  });
  left = messagesMax;
  const outputs = actor.outputs.map((end) => {
    const output = outputOf(end, left);
    left -= output.messages.length;
    return output;
  });
  const last = lastTaken === null ? undefined : inputs[actor.inputs.indexOf(lastTaken)];
  const failedBefore = lastTaken?.ring.failedAttemptsAt(lastTaken.taken - 1)?.count ?? 0;
  return {
    turn: {
      number: counters.turns,
      opening,
      regeneration,
      attempt: 1 + (lastTaken === null ? failuresInARow : failedBefore),
      failuresInARow,
      lane: lastTaken?.lane ?? -1,
      messageIds: (last?.messages ?? []).slice(0, last?.taken).map(({ messageId }) => messageId),
      narrowed: narrowing !== null || actor.inputs.some((end) => end.narrowed),
    },
    inputs,
    outputs,
    isBeginning: actor.phase === 'starting',
    isCut: inputs.some(({ messages, taken, peeked }) => messages.length < Math.max(taken, peeked)),
  };
}

function inputOf(end: InputEnd, runId: string, messagesMax: number, isLoop: boolean): FailedInput {
  const { ring, port: input, lane, taken, takenAs, peeked, suspects } = end;
  const inHand = Math.min(ring.size, Math.max(taken, peeked));
  const count = Math.min(ring.size, messagesMax, isLoop ? inHand + BEHIND_MAX : inHand);
  return {
    input,
    lane,
    channel: ring.name,
    capacity: ring.capacity,
    closed: ring.closed,
    size: ring.size,
    taken,
    takenAs: taken === 0 ? 0 : takenAs,
    peeked,
    suspects,
    messages: Array.from({ length: count }, (_, offset) => ({
      messageId: messageIdAt({ runId }, ring, offset),
      sequence: ring.sequenceAt(offset),
      replayOf: ring.originAt(offset) ?? null,
      firing: ring.firingAt(offset) ?? null,
      failedAttempts: ring.failedAttemptsAt(offset)?.count ?? 0,
      payload: ring.at(offset),
      inHand: offset < inHand,
    })),
  };
}

function outputOf(end: OutputEnd, messagesMax: number): FailedOutput {
  const { ring, name: output, closed } = end;
  const count = end.lead === end ? end.count : 0; // else its first end at that channel has them
  const messages = end.staged.slice(0, Math.min(count, messagesMax));
  return { output, channel: ring.name, capacity: ring.capacity, closed, staged: count, messages };
}
