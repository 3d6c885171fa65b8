import { errorText, HoldfastError } from '../base/errors.ts';
import type { GaveUp } from '../supervision/supervisor-end.ts';

/** A supervisor, as far as its name and those of its children go. */
interface Named {
  readonly name: string;
  /** The full name of a child. */
  nameOf(id: string): string;
}

/** Why a supervisor gives up, with the cause of it all. */
export function gaveUpError(node: Named, end: GaveUp): HoldfastError<'ERR_RESTART_LIMIT' | 'ERR_ESCALATED'> {
  const { cause, child, path, why } = end;
  const options = cause instanceof Error ? { cause } : {};
  if (why === 'limit') return limitError(node, end, options);
  const actor = node.nameOf(path.length === 0 ? child : path.join('/'));
  const text = why === 'escalated' ? `its policy escalates what happened to "${actor}"` : 'its policy failed';
  const message = `supervisor "${node.name}": ${text}: ${typeof cause === 'string' ? cause : errorText(cause)}`;
  return new HoldfastError('ERR_ESCALATED', message, { supervisor: node.name, actor }, options);
}

function limitError(node: Named, end: GaveUp, options: ErrorOptions): HoldfastError<'ERR_RESTART_LIMIT'> {
  const { maxRestarts, periodMs, failures, path, limit } = end;
  const actor = node.nameOf(path.join('/'));
  const child = node.nameOf(end.child);
  const ofChild = limit === 'child';
  const lines = failures.map((failure) => {
    const whose = ofChild ? '' : `"${node.nameOf(failure.child)}" `;
    const what = typeof failure.error === 'string' ? failure.error : errorText(failure.error);
    return `  ${new Date(failure.wallMs).toISOString()} ${whose}regeneration ${failure.regeneration}: ${what}`;
  });
  const kind = actor === child ? 'actor' : 'supervisor';
  const who = ofChild ? `${kind} "${child}"` : `the children of supervisor "${node.name}"`;
  const began = actor === child ? '' : `; it began with "${actor}"`;
  const last = ofChild ? began : `; the last one was "${actor}"`;
  const allowance = `its limit of ${maxRestarts} restarts in ${periodMs} ms allows`;
  const message = `${who} failed more often than ${allowance}${last}:\n${lines.join('\n')}`;
  return new HoldfastError('ERR_RESTART_LIMIT', message, { actor, maxRestarts, periodMs, failures }, options);
}
