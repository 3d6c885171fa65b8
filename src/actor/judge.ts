import { valueText } from '../base/options.ts';
import { disown } from '../base/promises.ts';
import { type Blame, messageInHand, type Suspect } from './blame.ts';
import type { Runtime } from './runtime.ts';
import type { ActorSettings } from './settings.ts';
import type { FailedActor } from './showstopper-burial.ts';
import type { SuspectMessage } from './showstopper-rule.ts';

/** What judges over the messages that a turn of an actor had in hand. */
interface JudgedActor extends FailedActor {
  readonly settings: Pick<ActorSettings, 'showstopper'>;
}

/**
 * Decides which messages become dead letters now, by the actor's rule or by default, and which start again.
 *
 * To be called when the turn is undone: a rule is user code, and must find nothing that it could still act on.
 */
export function judge(actor: JudgedActor, blame: Blame, error: unknown): readonly Suspect[] {
  const { suspects, forgives } = blame;
  const answer = suspects.length === 0 ? 'default' : ask(actor, suspects, error);
  if (answer === 'retry') return [];
  const culprits = answer === 'default' ? blame.culprits : answer.map((place) => suspects[place] as Suspect);
  if (culprits.length > 0 && (forgives || answer !== 'default')) {
    const guilty = new Set(culprits);
    for (const other of suspects) if (!guilty.has(other)) other.end.ring.clearFailedAttempts(other.offset);
  }
  return culprits;
}

/** The answer of the actor's rule, indices ascending; if there is none, or none that makes sense, `"default"`. */
function ask(
  actor: JudgedActor,
  suspects: readonly Suspect[],
  error: unknown,
): 'default' | 'retry' | readonly number[] {
  const { runtime, settings, name } = actor;
  if (settings.showstopper === undefined) return 'default';
  const before = runtime.current;
  runtime.current = name; // it decides, and does nothing else: sends from outside are refused as in a turn
  try {
    const inHand = suspects.map((suspect) => describe(suspect, runtime));
    return checkAnswer(settings.showstopper(inHand, error), suspects.length);
  } catch (failure) {
    actor.tell('error', { err: failure }, 'the option showstopper failed: the default rule decides');
    return 'default';
  } finally {
    runtime.current = before;
  }
}

function checkAnswer(answer: unknown, count: number): 'default' | 'retry' | readonly number[] {
  if (answer === 'default' || answer === 'retry') return answer;
  const places: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
  for (const place of places) {
    if (typeof place === 'number' && Number.isInteger(place) && place >= 0 && place < count) continue;
    const rule = `"default", "retry", or one or several indices of the ${count} messages in hand`;
    disown(place);
    throw new TypeError(`showstopper must answer ${rule}, got ${valueText(place)}`);
  }
  return [...new Set(places as readonly number[])].sort((a, b) => a - b);
}

function describe(suspect: Suspect, runtime: Runtime): SuspectMessage {
  const { end, offset } = suspect;
  const { port: input, lane, ring } = end;
  return { input, lane, channel: ring.name, message: ring.at(offset), ...messageInHand(runtime, suspect) };
}
