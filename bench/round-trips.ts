import type { Effort, Figures, Lane, LaneKind } from './scenario.ts';
import { measureThroughput, type MessageRun, type Pass, THROUGHPUT, throughputOf } from './throughput.ts';

/** The metric of the scenarios in which somebody waits for an answer. */
export const ROUND_TRIPS = 'M round trips/s';

/** Callers that wait at once, where there are many. */
export const IN_FLIGHT = 1_000;

/** What the mailbox of the one who answers may hold: room for all of them. */
export const MAILBOX_CAPACITY = 1_024;

/** After which a caller would give up. Nobody does: it is there because a call without one may wait for ever. */
export const TIMEOUT_MS = 5_000;

// Each answer is one more than the request.
const HOPS = 1;

/** What comes back for a request. */
export function answerTo(request: number): number {
  return request + HOPS;
}

/** Turns a pass, in which `count` answers with that sum came back, into the figure. */
export function roundTripsOf(pass: Pass, roundTrips: number): Figures {
  return renamed(throughputOf(pass, roundTrips, HOPS));
}

/** A lane that asks `messageAt(0)` and so on inside this process, and counts the answers. */
export function roundTripLane(name: string, kind: LaneKind, load: () => Promise<MessageRun>): Lane {
  const measure = async (effort: Effort): Promise<Figures> =>
    renamed(await measureThroughput(await load(), effort, HOPS));
  return { name, kind, measure };
}

function renamed(figures: Figures): Figures {
  return { [ROUND_TRIPS]: figures[THROUGHPUT] ?? Number.NaN };
}
