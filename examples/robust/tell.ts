import type { GraphEvent } from 'holdfast';

/** Tells what went wrong and what was done about it, a line each. The rest is the ordinary course of things. */
export function tell(event: GraphEvent, say: (line: string) => void): void {
  if (event.kind === 'failed') {
    const { actor, exit, inHand } = event;
    const why = exit.kind === 'crashed' ? String(exit.error) : exit.kind;
    const attempts = inHand.map(({ failedAttempts }) => `, attempt ${failedAttempts}`).join('');
    say(`${actor} failed (${why}${attempts})`);
  } else if (event.kind === 'restarted') {
    say(`${event.actor} restarted, regeneration ${event.regeneration}`);
  } else if (event.kind === 'deadLetter') {
    const { actor = 'nobody', attempts, channel, payload, reason } = event.letter;
    say(`${reason}: ${JSON.stringify(payload)} from "${channel}" is a dead letter (${actor}, attempts: ${attempts})`);
  }
}
