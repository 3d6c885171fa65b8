/** One failed turn or incarnation, as the error about a restart limit lists it. */
export interface FailureRecord {
  /** Wall-clock time of the failure, in milliseconds since the epoch. */
  readonly wallMs: number;
  /** Of the incarnation that failed: 0 for the first. */
  readonly regeneration: number;
  /** What was thrown or, where nothing was, the kind of its `Exit`, such as `killed`. */
  readonly error: unknown;
}

/** Something that had not ended at the deadline of a shutdown, and what held it. */
export interface Holdout {
  /** What it is in the graph. */
  readonly kind: 'actor' | 'feed' | 'sink';
  /** Unique in the graph among actors, feeds and sinks. */
  readonly name: string;
  /** What it was doing: a condition it waited for, a veto of its own, a commit without room. */
  readonly heldBy: string;
}

/** A channel whose counters do not add up: `sent` is not `taken + deadLettered + inFlight`. */
export interface ConservationFault {
  /** Name of the channel. */
  readonly channel: string;
  /** Messages that ever got into it, or became dead letters in its name. */
  readonly sent: number;
  /** Messages that a committed turn, a sink or a reader outside has taken. */
  readonly taken: number;
  /** Messages that became dead letters. */
  readonly deadLettered: number;
  /** Messages that are in it now. */
  readonly inFlight: number;
}

/** What a schema found wrong, and where: plain data, with a bound on all of it. */
export interface SchemaIssue {
  /** In the words of the schema. It may quote the value, so it stays out of logs and of the messages of errors. */
  readonly message: string;
  /** The way from the value to what is wrong with it; empty for the value as a whole. */
  readonly path: readonly (string | number)[];
}

/** What each code carries. Adding a line is the whole change: class, guard and reference page follow from it. */
export interface ErrorDetails {
  /** An option is unknown, missing, of the wrong type or out of range. */
  ERR_INVALID_OPTION: { readonly option: string; readonly received: unknown };
  /** An actor definition contradicts itself. */
  ERR_INVALID_DEFINITION: { readonly problem: string };
  /** A name is taken: names of actors, feeds and sinks are unique in a graph, and so are those of channels. */
  ERR_DUPLICATE_NAME: { readonly name: string };
  /** An actor was wired to the wrong ports, or a channel got a second consumer. */
  ERR_WIRING: { readonly actor: string; readonly port: string };
  /** The graph is not in a state that allows the call (started twice, changed after the start, used after the stop). */
  ERR_GRAPH_STATUS: { readonly graph: string; readonly status: string };
  /** The state or a table holds a value that cannot be rolled back. */
  ERR_STATE_UNSUPPORTED: { readonly path: string; readonly found: string };
  /** The state or the tables that an actor was to start from are not those of its definition. */
  ERR_RESTORE: { readonly actor: string; readonly problem: string };
  /** A table holds as many entries as it may. */
  ERR_TABLE_FULL: { readonly actor: string; readonly table: string; readonly entriesMax: number };
  /** An actor has as many timers as it may. */
  ERR_TIMERS_FULL: { readonly actor: string; readonly maxTimers: number };
  /** The channel is closed for this sender. */
  ERR_CHANNEL_CLOSED: { readonly channel: string; readonly undelivered: unknown };
  /** The circuit breaker of an actor is open, and nobody stands in for it. */
  ERR_BREAKER_OPEN: { readonly actor: string; readonly undelivered: unknown };
  /** The graph is stopping and takes nothing more from outside. */
  ERR_STOPPING: { readonly channel: string; readonly undelivered: unknown };
  /** Too many outside senders wait for room already. */
  ERR_OVERLOADED: { readonly channel: string; readonly waiting: number; readonly undelivered: unknown };
  /** More messages were asked for, or sent in one turn, than the channel can ever hold. */
  ERR_OVER_CAPACITY: { readonly channel: string; readonly capacity: number; readonly asked: number };
  /** A key that is no string, number, bigint or boolean, or is NaN. `by` is what it was given to or answered by. */
  ERR_INVALID_KEY: { readonly by: string; readonly received: unknown };
  /** The payload of a dead letter holds what a file cannot keep, or the line would be too long. `id` is the letter's. */
  ERR_LETTER_NOT_ENCODED: { readonly id: number; readonly problem: string };
  /** A line of a file of dead letters, counted from 1, is none. Nothing was imported. */
  ERR_INVALID_DEAD_LETTER: { readonly line: number; readonly problem: string };
  /** More dead letters were to be imported than there is room for. Nothing was imported. */
  ERR_DEAD_LETTERS_FULL: { readonly capacity: number; readonly kept: number; readonly asked: number };
  /** A dead letter is about a channel that the graph does not have. */
  ERR_UNKNOWN_CHANNEL: { readonly graph: string; readonly channel: string };
  /** `undefined` is no message: `take` and `peek` answer it for "nothing there". */
  ERR_UNDEFINED_MESSAGE: { readonly channel: string };
  /** A message from outside does not fit the schema of its channel. */
  ERR_INVALID_MESSAGE: {
    readonly channel: string;
    readonly issues: readonly SchemaIssue[];
    readonly undelivered: unknown;
  };
  /** Arguments or a state do not fit their schema. `subject` says whose. */
  ERR_SCHEMA: { readonly subject: string; readonly issues: readonly SchemaIssue[] };
  /** A schema answers with a promise, which nothing can wait for. */
  ERR_ASYNC_SCHEMA: { readonly subject: string };
  /** A schema threw instead of answering. What it threw is the error's `cause`. */
  ERR_SCHEMA_THREW: { readonly subject: string };
  /** The context belongs to a turn or an incarnation that has ended: what it does reaches nothing. */
  ERR_FENCED: { readonly actor: string; readonly verb: string };
  /** The context was used between two turns, where there is nothing to stage into. */
  ERR_NO_TURN: { readonly actor: string; readonly verb: string };
  /** The incarnation was abandoned while it waited; its `finally` blocks run, nothing else is to be done. */
  ERR_ABANDONED: { readonly actor: string; readonly why: string };
  /** A second wait was begun before the first had ended. */
  ERR_ALREADY_WAITING: { readonly actor: string; readonly verb: string };
  /** An error of a context call was caught inside the turn, which therefore cannot commit. */
  ERR_TURN_POISONED: { readonly actor: string };
  /** `rollback()` was called: the turn ends without effect and without counting as a failure. */
  ERR_ROLLED_BACK: { readonly actor: string };
  /** The turn was still open at its deadline. */
  ERR_TURN_TIMEOUT: { readonly actor: string; readonly timeoutMs: number };
  /** Commits wait for each other in a cycle that can never find room. `path` starts and ends with the same actor. */
  ERR_DEADLOCK: { readonly path: readonly string[] };
  /** An API for code outside actors was called synchronously inside a turn, where it would escape the roll back. */
  ERR_OUTSIDE_API_IN_TURN: { readonly actor: string; readonly api: string };
  /** `reject` found no such message taken in this turn, or it is rejected already. */
  ERR_NOTHING_TO_REJECT: { readonly actor: string };
  /** An actor, or the graph, could not start. The error's `cause` is what was thrown. */
  ERR_START_FAILED: { readonly actor: string };
  /** A supervisor does not do what it was asked to do with one of its children. `why` is a word of Erlang/OTP's. */
  ERR_CHILD_REFUSED: { readonly supervisor: string; readonly child: string; readonly why: string };
  /** A supervisor ended because its `onChildEvent` wanted it so, or failed. The error's `cause` is what was thrown. */
  ERR_ESCALATED: { readonly supervisor: string; readonly actor: string };
  /** No reply came in time. `caller` is undefined for code outside; `waiting` of `capacity` messages are in the mailbox. */
  ERR_CALL_TIMEOUT: {
    readonly actor: string;
    readonly caller: string | undefined;
    readonly timeoutMs: number;
    readonly waiting: number;
    readonly capacity: number;
  };
  /** The request of a call became a dead letter. The error's `cause` is what its last turn failed with, as data. */
  ERR_CALL_DEAD_LETTER: {
    readonly actor: string;
    readonly channel: string;
    readonly reason: string;
    readonly text: string;
  };
  /** The actor that was called is gone for good. */
  ERR_ACTOR_GONE: { readonly actor: string };
  /** The actor that was called has taken the request, and nobody is left who could reply. */
  ERR_NO_REPLY: { readonly actor: string };
  /** A call would wait for an actor that waits for the caller. `path` starts and ends with the same actor. */
  ERR_CALL_CYCLE: { readonly path: readonly string[] };
  /** A turn calls an actor that it has staged messages for: the call would overtake them. */
  ERR_CALL_OVERTAKES: { readonly actor: string; readonly callee: string };
  /** An actor has linked itself to one that has ended. */
  ERR_LINK_GONE: { readonly actor: string; readonly other: string };
  /** An actor failed more often than its restart limit allows. */
  ERR_RESTART_LIMIT: {
    readonly actor: string;
    readonly maxRestarts: number;
    readonly periodMs: number;
    readonly failures: readonly FailureRecord[];
  };
  /**
   * In a simulation that forbids it, a part of the graph waits for something that is not simulated: `awaits` says what, as far
   * as Holdfast knows.
   */
  ERR_SIM_FOREIGN_WAIT: { readonly graph: string; readonly part: string; readonly awaits: string };
  /** Nothing is left that could ever happen in a simulation, or its virtual time is over, before what it waits for has come. */
  ERR_SIM_STUCK: { readonly virtualMs: number; readonly waiting: readonly Holdout[] };
  /**
   * An exploration has found a run in which something does not hold. `plan` is for `replay` of `holdfast/testing`; `problems`
   * says what is wrong.
   */
  ERR_EXPLORATION_FAILED: { readonly plan: object; readonly problems: readonly string[] };
  /**
   * In a test something was expected that did not come, or something else did. `expected` says what, `found` has what came
   * instead, and `waiting` what the graph was waiting for. Its message shows messages of the test.
   */
  ERR_TEST_EXPECTATION: {
    readonly expected: string;
    readonly found: readonly unknown[];
    readonly waiting: readonly Holdout[];
  };
  /** A test is over, and something is left of it. */
  ERR_TEST_LEFTOVERS: { readonly leftovers: readonly string[] };
  /** What was to be read as a capsule is none: no JSON, cut off, of another version. */
  ERR_INVALID_CAPSULE: { readonly problem: string };
  /** The capsule does not have all that its turn needs to run again; most often it has no payloads. */
  ERR_CAPSULE_INCOMPLETE: { readonly actor: string; readonly obstacles: readonly string[] };
  /** The definition is not the one that the capsule was made of: its ports, its state or its tables are others. */
  ERR_CAPSULE_MISFIT: { readonly actor: string; readonly problem: string };
  /** The turn of a capsule, run again, did not come to its commit. `report` says what happened instead. */
  ERR_CAPSULE_FAILED: { readonly actor: string; readonly report: object };
  /** A feed or a sink failed for good. */
  ERR_EDGE_FAILED: { readonly edge: string };
  /** The shutdown reached its deadline, or was forced, before everything had ended. */
  ERR_STOPPED_UNCLEANLY: { readonly graph: string; readonly holdouts: readonly Holdout[] };
  /** Something threw where nothing may; the graph stops. The error's `cause` is what was thrown. */
  ERR_DEFECT: Readonly<Record<never, never>>;
  /** Channels whose counters do not add up. This is a defect of Holdfast: please report it. */
  ERR_NOT_CONSERVED: { readonly faults: readonly ConservationFault[] };
}

/** Every code there is. A code keeps its meaning from version to version. */
export type ErrorCode = keyof ErrorDetails;

/** Every error that Holdfast itself throws. Told apart by `code`; `details` has what the code promises. */
export class HoldfastError<C extends ErrorCode = ErrorCode> extends Error {
  /** The same for all codes: tell errors apart by `code`. */
  override readonly name: string = 'HoldfastError';
  /** What happened: a key of {@link ErrorDetails}. */
  readonly code: C;
  /** The figures behind the message. Not enumerable, as they may hold payloads: a logger does not print them by itself. */
  declare readonly details: ErrorDetails[C];

  /** @param message - Names the thing, gives the figures and, where it is known, the next step; holds no payload. */
  constructor(code: C, message: string, details: ErrorDetails[C], options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    // Payloads travel in `details`. They may be private, so a logger that walks an error's own properties must not meet them.
    Object.defineProperty(this, 'details', { value: details, enumerable: false });
  }
}

/** Narrows an unknown error to a {@link HoldfastError}, and with `code` to that code's details. */
export function isHoldfastError<C extends ErrorCode>(error: unknown, code: C): error is HoldfastError<C>;
export function isHoldfastError(error: unknown): error is HoldfastError;
export function isHoldfastError(error: unknown, code?: ErrorCode): boolean {
  return error instanceof HoldfastError && (code === undefined || error.code === code);
}

/** The text of anything that was thrown, for a log line or a report. */
export function errorText(error: unknown): string {
  // A thrown error may carry anything as its name and message, even a symbol, which a template would not take.
  if (error instanceof Error) return `${String(error.name)}: ${String(error.message)}`;
  return typeof error === 'string' ? `thrown string: ${error.slice(0, 200)}` : `thrown value of type ${typeof error}`;
}
