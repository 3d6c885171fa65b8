import type { CapsuleReplay, ReplayOutcome } from 'holdfast/testing';
import { inspect } from 'node:util';

const HEADLINES: Readonly<Record<ReplayOutcome, string>> = {
  same: 'it fails again, in the same way',
  other: 'it fails, in another way',
  committed: 'it does not fail: the turn commits',
  rolledBack: 'it does not fail: the turn is rolled back by its own wish',
  waiting: 'it does not come to its end',
};

/** A replay for people. */
export function replayText(replay: CapsuleReplay): string {
  const { capsule, expected, outcome, error, waitsFor, took, sent, state, tables, deadLetters, differences } = replay;
  const { actor, graph, failedWallMs, turn, holdfast, node, notes } = capsule;
  const time = new Date(failedWallMs).toISOString();
  const isCommitted = outcome === 'committed';
  return [
    `actor "${actor}" of graph "${graph}", attempt ${turn.attempt}, ${time}, holdfast ${holdfast}, Node ${node}`,
    `failed with ${firstLine(expected.name, expected.message)}`,
    '',
    `run again: ${HEADLINES[outcome]}`,
    ...(outcome === 'same' || outcome === 'other' ? [indented(inspect(error))] : []),
    ...(waitsFor === undefined ? [] : [`  ${waitsFor}`]),
    ...differences.map((difference) => `  but ${difference}`),
    ...took.flatMap(({ input, messageIds, messages }) =>
      messages.map((message, place) => entry(`took from ${input}, ${messageIds[place] ?? ''}`, message)),
    ),
    ...sent.flatMap(({ output, messages }) =>
      messages.map((message) => entry(`${isCommitted ? 'sent' : 'had staged'} to ${output}`, message)),
    ),
    ...deadLetters.map(({ messageId, reason, text }) => `dead letter ${messageId}: ${reason}, ${text}`),
    ...(capsule.definition.hasState ? [entry(isCommitted ? 'state after it' : 'state before it', state)] : []),
    ...Object.entries(tables).map(([name, entries]) => entry(`table ${name}`, new Map(entries))),
    ...notes.map((note) => `note: ${note}`),
  ]
    .join('\n')
    .replaceAll(CONTROL, '');
}

/** A message or an error may hold what does something on a terminal. */
// eslint-disable-next-line no-control-regex -- control characters are what this looks for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

function entry(what: string, value: unknown): string {
  const text = inspect(value, { depth: 6, maxArrayLength: 50, maxStringLength: 2_000, breakLength: 100 });
  return text.includes('\n') ? `${what}:\n${indented(text)}` : `${what}: ${text}`;
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

function firstLine(name: string, message: string): string {
  return `${name}: ${message.split('\n', 1)[0] ?? ''}`;
}
