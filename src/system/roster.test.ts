import { expect, test } from 'vitest';
import { Roster, type Sleeper } from './roster.ts';

class Actor implements Sleeper {
  readonly name: string;
  isBusy = false;
  sleptAt = -1;
  awake = false;

  constructor(name: string) {
    this.name = name;
  }

  hibernate(wakes: number): boolean {
    if (this.isBusy) return false;
    this.awake = false;
    this.sleptAt = wakes;
    return true;
  }
}

function population(newcomers: number, regulars: number) {
  const roster = new Roster();
  roster.limit(newcomers, regulars);
  const all = new Map<string, Actor>();
  return {
    /** A message for each of `names`: those who sleep wake. */
    send(...names: readonly string[]): void {
      for (const name of names) {
        const actor = all.get(name) ?? new Actor(name);
        all.set(name, actor);
        if (actor.awake) continue;
        actor.awake = true;
        roster.woke(actor, actor.sleptAt);
      }
    },
    busy(name: string, isBusy: boolean): void {
      (all.get(name) as Actor).isBusy = isBusy;
    },
    awake: () => [...all.values()].filter(({ awake }) => awake).map(({ name }) => name),
  };
}

test('those who have been awake for longest go to sleep first', () => {
  const { send, awake } = population(3, 0);
  send('a', 'b', 'c');
  expect(awake()).toEqual(['a', 'b', 'c']);
  send('d', 'e');
  expect(awake()).toEqual(['c', 'd', 'e']);
});

test('whoever is at work stays awake, and is looked at again', () => {
  const { send, busy, awake } = population(2, 0);
  send('a', 'b');
  busy('a', true);
  send('c');
  expect(awake()).toEqual(['a', 'c']);
  busy('a', false);
  send('d', 'e');
  expect(awake()).toEqual(['d', 'e']);
});

test('all may be at work, whatever the limit', () => {
  const { send, busy, awake } = population(1, 0);
  for (const name of ['a', 'b', 'c', 'd']) {
    send(name);
    busy(name, true);
  }
  expect(awake()).toEqual(['a', 'b', 'c', 'd']);
});

test('whoever is woken again soon is not sent to sleep by a walk through all the others', () => {
  const { send, awake } = population(2, 4);
  send('a', 'b', 'c', 'd'); // a and b sleep
  send('a', 'b'); // soon again: regulars
  for (let walk = 0; walk < 100; walk += 1) send(`w${walk}`);
  expect(awake()).toEqual(['a', 'b', 'w98', 'w99']);
});

test('whoever is woken again late is a newcomer once more', () => {
  const { send, awake } = population(1, 3);
  send('a', 'b', 'c', 'd', 'e', 'f'); // a went to sleep five wakes ago
  send('a', 'g');
  expect(awake()).toEqual(['g']);
});
