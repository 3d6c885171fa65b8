import type { IdlePopulation } from '../idle-population.ts';
import { Ring } from '../ring.ts';

/** The least an idle actor can be: who it is, what it knows, and room for a mailbox once a message comes. */
interface PlainActor {
  readonly index: number;
  state: number;
  isReady: boolean;
  mailbox: Ring<number> | undefined;
}

export const population: IdlePopulation<PlainActor> = {
  create(into) {
    for (let index = 0; index < into.length; index += 1) {
      into[index] = { index, state: 0, isReady: false, mailbox: undefined };
    }
  },
  ask(actor, message) {
    actor.mailbox ??= new Ring(64, 0);
    actor.mailbox.put(message);
    actor.state += actor.mailbox.take();
    return actor.index + actor.state;
  },
};
