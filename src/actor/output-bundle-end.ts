import type { WaitedBundle } from '../channel/bundle-condition.ts';
import { type OutputEnd, type OutputUser, stageAll } from '../channel/output-end.ts';
import { invalidKey, laneOfAnswer } from '../channel/partition.ts';
import type { ActorCounters } from './actor-counters.ts';
import type { Route } from './bundle-spec.ts';

/**
 * A sender's end of a bundle: finds the lane of each message.
 *
 * Whose turn it is belongs to the turn: one that is rolled back gives it back, so that the next attempt sends to the same
 * lanes.
 */
export class OutputBundleEnd implements WaitedBundle {
  readonly name: string;
  readonly lanes: readonly OutputEnd[];
  readonly route: Route;
  readonly #user: OutputUser;
  readonly #counters: ActorCounters;
  firstLane = 0;
  /** The lane that is next in turn. */
  #next = 0;
  /** The same, when the turn began that last sent something, and how many turns had been committed then. */
  #nextBefore = 0;
  #turnsBefore = -1;

  constructor(user: OutputUser, counters: ActorCounters, name: string, lanes: readonly OutputEnd[], route: Route) {
    this.#user = user;
    this.#counters = counters;
    this.name = name;
    this.lanes = lanes;
    this.route = route;
  }

  stage(message: unknown): void {
    switch (this.route.kind) {
      case 'everyLane':
        for (const lane of this.lanes) lane.stage(message);
        return;
      case 'partition':
        this.#laneByKey(message, this.route.by).stage(message);
        return;
      case 'roundRobin':
      case 'emptiest':
        this.#laneInTurn(this.route.kind).stage(message);
    }
  }

  stageMany(messages: Iterable<unknown>): void {
    stageAll(this.#user, messages, (message) => this.stage(message));
  }

  stageClose(): void {
    for (const lane of this.lanes) lane.stageClose();
  }

  served(lane: number): void {
    this.firstLane = this.#behind(lane);
  }

  hide(): void {} // there is nothing to be seen

  /** The turn is undone, and with it whose turn it is. */
  rolledBack(): void {
    if (this.#turnsBefore === this.#counters.turns) this.#next = this.#nextBefore;
  }

  #laneByKey(message: unknown, by: (message: unknown) => unknown): OutputEnd {
    let key: unknown;
    try {
      key = by(message);
    } catch (error) {
      const refusing = this.#laneWithoutKey(message);
      if (refusing !== undefined) return refusing;
      const poison = error instanceof Error ? error : new Error('partitionBy threw what is no error', { cause: error });
      this.#user.poisoned(poison);
      throw error;
    }
    const lane = this.lanes[laneOfAnswer(key, this.lanes.length)] ?? this.#laneWithoutKey(message);
    if (lane === undefined) throw this.#user.poisoned(invalidKey(`partitionBy of output "${this.name}"`, key));
    return lane;
  }

  /**
   * A lane that has something better to say of a message without a key: that `undefined` is none, or that it does not fit the
   * lane's schema, which makes it a dead letter and fails nobody's turn.
   */
  #laneWithoutKey(message: unknown): OutputEnd | undefined {
    return message === undefined ? this.lanes[0] : this.lanes.find((lane) => lane.refuses(message));
  }

  #laneInTurn(route: 'roundRobin' | 'emptiest'): OutputEnd {
    const { turns } = this.#counters;
    if (this.#turnsBefore !== turns) {
      this.#turnsBefore = turns;
      this.#nextBefore = this.#next;
    }
    const lane = this.#bestLane(route);
    this.#next = this.#behind(lane);
    return this.lanes[lane] as OutputEnd;
  }

  /**
   * The first lane in turn or, of those with the most room, the first in turn. A lane that nobody reads is taken only where
   * there is no other, and a closed one, which refuses the message, only where all are closed.
   */
  #bestLane(route: 'roundRobin' | 'emptiest'): number {
    const { lanes } = this;
    let best = this.#next;
    let bestRoom = -Infinity;
    let lane = this.#next;
    for (let step = 0; step < lanes.length; step += 1) {
      const end = lanes[lane] as OutputEnd;
      const room = roomFor(end, route);
      if (room > bestRoom) {
        bestRoom = room;
        best = lane;
      }
      if (route === 'roundRobin' && room > 0) break;
      lane = this.#behind(lane);
    }
    return best;
  }

  #behind(lane: number): number {
    return lane + 1 < this.lanes.length ? lane + 1 : 0;
  }
}

/** How well `end` suits: by its room, where that counts; below 0, in three steps, where it does not suit at all. */
function roomFor({ ring, lead, shut }: OutputEnd, route: 'roundRobin' | 'emptiest'): number {
  if (shut) return -3;
  if (ring.takesNoMore || ring.destination === null) return -2;
  if (route === 'roundRobin') return 1;
  if (lead.count + lead.misfits >= ring.capacity) return -1; // more of them could not be sent in one turn
  return Math.max(0, ring.limit - ring.size - lead.count);
}
