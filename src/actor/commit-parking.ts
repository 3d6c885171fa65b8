import { HoldfastError } from '../base/errors.ts';
import { Ring, type RoomSource, type VacancyWatcher } from '../channel/ring.ts';
import type { ActorState } from './actor-state.ts';
import { breakCycleOfCalls } from './calls.ts';
import { type Committer, type Need, resolveCycle } from './commit-cycle.ts';
import type { CommitOutcome } from './driver.ts';
import type { Runtime } from './runtime.ts';
import type { Turn } from './turn.ts';

/** An actor whose decided turn waits for room, as far as that goes. */
export interface ParkingActor extends Committer, VacancyWatcher {
  readonly runtime: Runtime;
  readonly turn: Turn;
  readonly state: ActorState;
  phase: string;
  /** Place in the lines for room; of no meaning unless it waits. */
  ticket: number;
  waitingFor: RoomSource | null;
  /** Where the head of that channel was when this actor last looked for room. */
  headSeen: number;
  /** Channels from which it hears of room besides: {@link NO_RINGS} for most. */
  listensTo: readonly Ring[];
  enqueue(): void;
  turnFailed(error: unknown): void;
  /** Counts the turn that has just been made real, and does what it asked for besides. */
  turnCommitted(): CommitOutcome;
}

/** Shared by all actors that listen to no channel besides. */
export const NO_RINGS: readonly never[] = Object.freeze([]);

/** The turn is decided, and `lacking` has no room for it: it gets a ticket and waits its turn. */
export function parkCommit<A extends ParkingActor>(actor: A, lacking: RoomSource): CommitOutcome {
  actor.state.decide();
  actor.runtime.probe?.('commit:waitForRoom', actor.name);
  actor.phase = 'committing';
  actor.ticket = actor.runtime.takeTicket();
  joinLine(actor, lacking);
  return breakCycle(actor);
}

/** There may be room now. A commit that finds another channel full moves to that one's line, and keeps its ticket. */
export function retryCommit<A extends ParkingActor>(actor: A): CommitOutcome {
  const lacking = actor.turn.lacking(actor.ticket);
  if (lacking === null) {
    const { waitingFor } = actor;
    if (!(waitingFor instanceof Ring)) return commitTogether([actor], actor);
    if (hasMoreRoomSoon(actor, waitingFor)) return 'waiting';
    const outcome = commitTogether([actor], actor);
    commitWhoFits(waitingFor);
    return outcome;
  }
  if (lacking !== actor.waitingFor) {
    leaveLine(actor);
    joinLine(actor, lacking);
  } else if (lacking instanceof Ring) lacking.roomIsLacked();
  return breakCycle(actor);
}

export function joinLine(actor: ParkingActor, place: RoomSource): void {
  actor.waitingFor = place;
  place.joinLine(actor);
  if (place instanceof Ring) listenWhereItLacksRoom(actor);
}

/**
 * A reader that waits for several messages is content with fewer when somebody lacks room for more. This actor stands in one
 * line, and may lack room, or come to lack it, in other channels of the same reader, which wants messages from all of them.
 */
function listenWhereItLacksRoom(actor: ParkingActor): void {
  const { turn } = actor;
  if (turn.outputsUsed < 2 && !turn.special) return;
  for (const ring of turn.ringsNeeded()) {
    const needed = turn.roomNeededIn(ring);
    // Where there is no room for a single message the channel is full, and its reader has all that it can wait for.
    if (needed > 1) listen(actor, ring, needed);
  }
}

export function leaveLine(actor: ParkingActor): void {
  const place = actor.waitingFor;
  if (place === null) return;
  actor.waitingFor = null;
  for (const ring of actor.listensTo) ring.unwatchVacancy(actor);
  actor.listensTo = NO_RINGS;
  place.leaveLine(actor);
  // The next in line may go: there may be room still, or none needed any more. If it may not, it stays where it is.
  place.roomAppeared();
}

/**
 * Looks whether whoever buries, and has just begun to wait for room, waits for itself in the end.
 *
 * @returns true if it does: then it must not wait there.
 */
export function waitsForItself(burying: Committer): boolean {
  // That those who are met on the way have what is asked of an actor is seen to below.
  const outcome = resolveCycle(burying as ParkingActor);
  if (outcome.kind === 'none') listenFor(outcome.hopes);
  return outcome.kind === 'deadlock';
}

function listenFor(hopes: readonly Need<ParkingActor>[]): void {
  // Whoever buries lacks room in the one place in whose line it stands, and hears of that.
  for (const { member, place } of hopes) if (!member.isBurying) listen(member, place);
}

/** Has the actor hear of room in `place` as well, up to `count`, besides that in whose line it stands. */
function listen(actor: ParkingActor, place: RoomSource, count: number = place.capacity): void {
  // The dead letters are lacked by those alone who stand in their line.
  if (place === actor.waitingFor || !(place instanceof Ring)) return;
  if (!actor.listensTo.includes(place)) actor.listensTo = [...actor.listensTo, place];
  place.watchVacancy(actor, count);
}

/**
 * Lets the reader of a channel that has just been full go on for another slice, so that many go through in one go: room for
 * one at a time would cost each sender a slice and a new place in line for every single message.
 *
 * Only while the reader moves on, and until half of the channel is free: a reader that waits for what this very actor has
 * still to send would otherwise wait for ever.
 */
function hasMoreRoomSoon(actor: ParkingActor, ring: Ring): boolean {
  const hasMoved = ring.head !== actor.headSeen;
  actor.headSeen = ring.head;
  if (!hasMoved || 2 * ring.size <= ring.limit || ring.lineLength < 2) return false;
  actor.enqueue();
  return true;
}

/**
 * Others in line whose turns fit now are carried along, in their order. Left to their own slices, each would find those behind
 * it in line still waiting and, in its next turn, have to stand behind them however much room there is.
 */
function commitWhoFits(line: Ring): void {
  for (let next = line.firstInLine(); next?.goThrough?.() === true; next = line.firstInLine());
}

/** Makes the decided turn of an actor real from the slice of another. @returns false if it has to wait on. */
export function carryCommit<A extends ParkingActor>(actor: A): boolean {
  if (!actor.isParked || actor.isBurying || actor.turn.lacking(actor.ticket) !== null) return false;
  commitTogether([actor]);
  return true;
}

/** Commits wait for each other perhaps, and this one was the last that was missing. */
function breakCycle<A extends ParkingActor>(actor: A): CommitOutcome {
  const outcome = resolveCycle(actor);
  switch (outcome.kind) {
    case 'none':
      listenFor(outcome.hopes);
      if (actor.runtime.calls.open > 0) breakCycleOfCalls(actor);
      return 'waiting';
    case 'deadlock': {
      // Dead letters must not make a deadlock where there was none: those that wait for a channel are kept in the store.
      const carrier = outcome.group.find((member) => member.keepLetters()); // this actor comes first
      if (carrier === actor) return retryCommit(actor);
      if (carrier !== undefined) {
        carrier.roomAppeared(); // as far as it is concerned
        return 'waiting';
      }
      const path = outcome.path.map((name) => `"${name}"`).join(' → ');
      const message = `commits wait for room in a cycle that can never move: ${path}. Raise the capacity of a channel in the cycle, or send less in one turn`;
      actor.turnFailed(new HoldfastError('ERR_DEADLOCK', message, { path: outcome.path }));
      return 'over';
    }
    case 'commit':
      if (haveRoomForLetters(outcome.group, actor)) return commitTogether(outcome.group, actor);
      // The channels would do. When the dead letters have room, this actor looks again, for all of them.
      leaveLine(actor);
      joinLine(actor, actor.runtime.letters.store);
      return 'waiting';
  }
}

/** Each member may have room for its own dead letters, and all of them together none. */
function haveRoomForLetters(group: readonly ParkingActor[], { runtime, ticket }: ParkingActor): boolean {
  const { store } = runtime.letters;
  const needed = group.reduce((sum, { turn }) => sum + turn.needs(store), 0);
  return needed === 0 || store.hasRoomFor(needed, ticket);
}

/** Makes the decided turns of a group real: the takes of all come before the publications of any. */
function commitTogether<A extends ParkingActor>(group: readonly A[], actor?: A): CommitOutcome {
  for (const member of group) takeOut(member);
  for (const { turn } of group) turn.publications?.settle(group);
  for (const member of group) release(member);
  for (const member of group) member.turn.publish();
  let outcome: CommitOutcome = 'over';
  for (const member of group) {
    const own = finish(member);
    if (member === actor) outcome = own;
    else if (own === 'done') {
      member.phase = 'carried';
      member.enqueue();
    }
  }
  return outcome;
}

function takeOut(actor: ParkingActor): void {
  actor.runtime.probe?.('commit:roomFound', actor.name);
  leaveLine(actor);
}

function release(actor: ParkingActor): void {
  actor.state.adopt();
  actor.runtime.probe?.('commit:afterState', actor.name);
  actor.turn.release();
}

function finish(actor: ParkingActor): CommitOutcome {
  actor.phase = 'idle';
  actor.runtime.probe?.('commit:published', actor.name);
  actor.turn.wake();
  return actor.turnCommitted();
}
