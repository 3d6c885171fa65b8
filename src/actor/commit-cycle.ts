import { Ring, type RingConsumer, type RoomSource, type RoomWaiter } from '../channel/ring.ts';
import type { Turn } from './turn.ts';

/** Whoever reads channels and may wait for room itself: an actor, or a sink with a message that it could not write. */
export interface Committer extends RingConsumer, RoomWaiter {
  readonly name: string;
  /** Of no meaning, and empty, for one that buries. */
  readonly turn: Pick<Turn, 'needs' | 'takesFrom' | 'ringsNeeded'>;
  /** It takes nothing more before there is room. */
  readonly isParked: boolean;
  /** What it waits with is no turn but a message that has failed for the last time. Alone, so no group commits it. */
  readonly isBurying: boolean;
  /** In whose line it stands. */
  readonly waitingFor: RoomSource | null;
  /**
   * Its dead letters go to the store instead of the channels that they wait for, when it looks again.
   *
   * @returns false if it has none for a channel.
   */
  keepLetters(): boolean;
}

/** The turn of those who have none. */
export const NO_TURN: Committer['turn'] = Object.freeze({
  needs: () => 0,
  takesFrom: () => 0,
  ringsNeeded: () => new Set<Ring>(),
});

/** A commit that needs room somewhere. */
export interface Need<C> {
  readonly member: C;
  readonly place: RoomSource;
}

export type CycleOutcome<C> =
  /**
   * Somebody outside the parked commits can still make room: wait. `hopes` is the way from there to this commit: each
   * member on it has to hear of room in that place, wherever it stands in line.
   */
  | { readonly kind: 'none'; readonly hopes: readonly Need<C>[] }
  /** All members fit if they commit in one step. */
  | { readonly kind: 'commit'; readonly group: readonly C[] }
  /** They wait for each other and never fit. The path starts and ends with the actor that closed the cycle. */
  | { readonly kind: 'deadlock'; readonly path: readonly string[]; readonly group: readonly C[] };

const NO_CYCLE = { kind: 'none', hopes: [] } as const;

/**
 * Looks whether the commit that has just parked closes a cycle of parked commits.
 *
 * A commit needs room in all of its outputs at once, and room in a channel comes only from a take of its consumer. So if
 * the consumer is parked as well, its commit must happen too, together with this one; and so on. The set that this gathers
 * either fits as a whole, counting all of its takes, or can never move, or leads to an actor that is not parked, which may
 * still make room.
 *
 * Groups that were parked before this commit need no look, because whoever completed them had one. A group may also be
 * completed by room that appears outside it, in a channel that one member lacks besides those of the group; that member
 * stands in another line, perhaps, but hears of the room and has the look then.
 *
 * Places in the lines for room do not count here: whoever stands before a member waits for this very cycle.
 */
export function resolveCycle<C extends Committer>(closer: C): CycleOutcome<C> {
  const outcome = look(closer, 'limit');
  // A degraded graph makes channels smaller, but must not make a deadlock: what the capacities allow goes on.
  return outcome.kind === 'deadlock' ? look(closer, 'capacity') : outcome;
}

/** What counts as the size of a channel. */
type Bound = 'limit' | 'capacity';

function look<C extends Committer>(closer: C, bound: Bound): CycleOutcome<C> {
  // The common case first: the reader of the channel that is full is awake, or will be.
  const { waitingFor } = closer;
  if (waitingFor !== null && committerOf(waitingFor)?.isParked !== true) return NO_CYCLE;
  const group: C[] = [closer];
  // For each member, the member that needs its takes, and where: the way back to the closer.
  const neededBy = new Map<C, Need<C>>();
  for (let index = 0; index < group.length; index += 1) {
    const member = group[index] as C;
    for (const place of blockingRings(member, group, bound)) {
      const consumer = committerOf<C>(place);
      if (consumer?.isParked !== true) {
        if (isHopeless(member, place, group, bound))
          return { kind: 'deadlock', path: pathOf(closer, member, undefined, neededBy), group };
        return { kind: 'none', hopes: wayBack({ member, place }, neededBy) };
      }
      if (group.includes(consumer)) continue; // checked below, when the group is complete
      neededBy.set(consumer, { member, place });
      group.push(consumer);
    }
  }
  const stuck = group.find((member) => lackingPlaces(member, group, bound).length > 0);
  if (stuck !== undefined) {
    const ahead = group.find((member) => goesAhead(member, closer, bound));
    const need = ahead === undefined ? undefined : neededBy.get(ahead);
    if (need !== undefined) return { kind: 'none', hopes: wayBack(need, neededBy) };
    const place = lackingPlaces(stuck, group, bound)[0] as RoomSource;
    return { kind: 'deadlock', path: pathOf(closer, stuck, committerOf<C>(place), neededBy), group };
  }
  return { kind: 'commit', group };
}

/**
 * Whether `place`, even empty, would not hold what `member` has for it, with those of the group that can only go with it. The
 * others may follow when it has gone.
 */
function isHopeless<C extends Committer>(member: C, place: RoomSource, group: readonly C[], bound: Bound): boolean {
  if (!(place instanceof Ring)) return false;
  const stagedBy = (members: readonly C[]): number => members.reduce((sum, { turn }) => sum + turn.needs(place), 0);
  if (stagedBy(group) <= place[bound]) return false;
  const needed = neededFor(member, bound);
  return stagedBy(group.filter((other) => needed.has(other) && neededFor(other, bound).has(member))) > place[bound];
}

/**
 * Whether `member` can go without the closer: it has been told of room, and has only not resumed yet. In the turns after that it
 * may take more than the one that is counted here.
 */
function goesAhead<C extends Committer>(member: C, closer: C, bound: Bound): boolean {
  const needed = neededFor(member, bound);
  if (needed.has(closer)) return false;
  const group = [...needed];
  return group.every((each) => lackingPlaces(each, group, bound).length === 0);
}

/** `member`, and the parked commits without whose takes it cannot go. */
function neededFor<C extends Committer>(member: C, bound: Bound): ReadonlySet<C> {
  const needed = new Set([member]);
  for (const each of needed) {
    for (const place of blockingRings(each, [each], bound)) {
      const consumer = committerOf<C>(place);
      if (consumer?.isParked === true) needed.add(consumer);
    }
  }
  return needed;
}

/** The actor or sink that reads the ring; undefined for a stream or a reader outside the graph. */
function committerOf<C extends Committer>(ring: RoomSource): C | undefined {
  // In a graph the consumers that have a turn are its actors, all of one class, and sinks, which only ever bury.
  return ring.consumer !== null && 'turn' in ring.consumer ? (ring.consumer as C) : undefined;
}

/** From the place where room can still be made, to the closer. */
function wayBack<C extends Committer>(from: Need<C>, neededBy: ReadonlyMap<C, Need<C>>): Need<C>[] {
  const way: Need<C>[] = [];
  for (let need: Need<C> | undefined = from; need !== undefined; need = neededBy.get(need.member)) way.push(need);
  return way;
}

/** Channels from which this commit needs takes that are not counted yet; the one in whose line it stands comes first. */
function blockingRings(member: Committer, group: readonly Committer[], bound: Bound): RoomSource[] {
  const waitingFor = member.waitingFor;
  const lacking = lackingPlaces(member, group, bound).sort(
    (a, b) => Number(b === waitingFor) - Number(a === waitingFor),
  );
  // Room among the dead letters: nobody's take makes it.
  if (waitingFor?.consumer === null) return [waitingFor, ...lacking];
  // Room enough, but somebody before it in line: what that one lacks is a take of the same consumer.
  if (waitingFor !== null && !lacking.includes(waitingFor) && waitingFor.firstInLine() !== member) {
    const consumer = committerOf(waitingFor);
    if (consumer === undefined || !group.includes(consumer)) return [waitingFor, ...lacking];
  }
  return lacking;
}

/** Channels that would overflow if all of the group committed in one step; whoever buries cannot be among them. */
function lackingPlaces(member: Committer, group: readonly Committer[], bound: Bound): RoomSource[] {
  if (member.isBurying) return member.waitingFor === null ? [] : [member.waitingFor];
  const rings: Ring[] = [];
  for (const ring of member.turn.ringsNeeded()) {
    let fill = ring.size;
    for (const other of group) fill += other.turn.needs(ring) - other.turn.takesFrom(ring);
    if (fill > ring[bound]) rings.push(ring);
  }
  return rings;
}

function pathOf<C extends Committer>(
  closer: C,
  stuck: C,
  consumer: C | undefined,
  neededBy: ReadonlyMap<C, Need<C>>,
): string[] {
  const path = [stuck.name];
  for (let step = neededBy.get(stuck); step !== undefined; step = neededBy.get(step.member)) {
    path.unshift(step.member.name);
  }
  if (path[0] !== closer.name) path.unshift(closer.name);
  if (consumer !== undefined && consumer !== closer && consumer !== stuck) path.push(consumer.name);
  path.push(closer.name);
  return path;
}
