import type { NewDeadLetter } from '../actor/dead-letter.ts';
import type { DeadLetterSink, LetterAddress } from '../actor/runtime.ts';
import type { RoomSource } from '../channel/ring.ts';
import type { DeadLetterStore } from './dead-letter-store.ts';

/** Where the dead letters of a graph go. */
export class DeadLetterRoutes implements DeadLetterSink {
  readonly store: DeadLetterStore;

  constructor(store: DeadLetterStore) {
    this.store = store;
  }

  placeFor(_address: LetterAddress): RoomSource {
    return this.store;
  }

  add(letter: NewDeadLetter, _place: RoomSource): void {
    this.store.add(letter);
  }
}
