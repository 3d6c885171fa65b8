import { invalidOption } from '../base/options.ts';
import { isThenable } from '../base/promises.ts';
import { InputEnd } from '../channel/input-end.ts';
import type { Ring } from '../channel/ring.ts';
import type { Actor } from './actor.ts';
import type { Awaited, Errand } from './awaited.ts';
import { checkCall, overtakes, sendRequest } from './call-in-turn.ts';
import { cycleError, cycleOfCall } from './calls.ts';
import type { Fence } from './fence.ts';
import { looseEndAt, ringOf } from './ref-view.ts';
import { type Caller, type NewReplyPort, ReplyPort } from './reply-port.ts';
import { RequestCaller } from './request-caller.ts';
import { TurnCalls } from './turn-calls.ts';

type Port = ReplyPort<never>;

/** A context, as far as calls go. */
export interface CallingContext {
  readonly fence: Fence;
  readonly messageId: string | undefined;
  /**
   * The turn awaits something that is about to begin.
   *
   * @param what - In words, for reports.
   * @param errand - Is told to fail when the turn is abandoned before.
   */
  awaits(what: string, errand: Errand | undefined): Awaited;
}

/** Makes the message around its reply port; code of the user's. */
export type MakeRequest = (reply: NewReplyPort) => unknown;

/** Where the answer to a request goes. */
export interface RequestPlan {
  readonly replyTo: string;
  readonly tag?: unknown;
}

/** `ctx.call`. */
export function call(
  context: CallingContext,
  actor: Actor,
  ref: { readonly name: string },
  make: MakeRequest,
  options: { readonly signal?: AbortSignal },
): Promise<unknown> {
  context.fence.check('call');
  const { turn, runtime, name } = actor;
  const timeoutMs = checked(actor, () => checkCall('ctx.call', options, ['timeoutMs', 'signal']));
  const ring = ringOf(actor, 'ctx.call', ref);
  if (turn.sendsTo(ring)) throw turn.poisoned(overtakes(name, ref.name));
  const open = callsOf(actor).opened();
  const caller = new TurnCaller(name, options.signal);
  const { messageId: key } = context;
  const port = new ReplyPort<unknown>({ calls: runtime.calls, caller, callee: ref.name, ring, timeoutMs, key });
  const message = make(port);
  const awaited = context.awaits(`a reply of actor "${ref.name}"`, port);
  runtime.calls.begin(port);
  open.add(port);
  caller.begun(port, open, awaited);
  const cycle = cycleOfCall(actor, ring);
  if (cycle !== undefined) port.fail(cycleError(cycle));
  else if (!port.isSettled) sendRequest(runtime, ring, message, port);
  return awaited.promise;
}

/** `ctx.reply`. */
export function reply(fence: Fence, actor: Actor, port: unknown, value: unknown): void {
  fence.check('reply');
  const { turn, runtime } = actor;
  if (!isPort(port)) throw turn.poisoned(invalidOption('ctx.reply: port', 'a reply port', port));
  if (isThenable(value)) {
    throw turn.poisoned(invalidOption('ctx.reply: value', 'no promise: await it first', value));
  }
  const frozen = runtime.freezer === null ? value : checked(actor, () => runtime.freezer?.freeze(value));
  callsOf(actor).reply(port, frozen);
  turn.markSpecial();
}

/** `ctx.request`. */
export function request(
  fence: Fence,
  actor: Actor,
  ref: { readonly name: string },
  make: MakeRequest,
  options: RequestPlan,
): void {
  fence.check('request');
  const { runtime, name, turn } = actor;
  const timeoutMs = checked(actor, () => checkCall('ctx.request', options, ['replyTo', 'timeoutMs', 'tag']));
  const ring = ringOf(actor, 'ctx.request', ref);
  const answers = answersOf(actor, options.replyTo);
  const tag = checked(actor, () => (runtime.freezer === null ? options.tag : runtime.freezer.freeze(options.tag)));
  const caller = new RequestCaller(runtime, name, answers, tag);
  const port = new ReplyPort<unknown>({
    calls: runtime.calls,
    caller,
    callee: ref.name,
    ring,
    timeoutMs,
    key: undefined,
  });
  const message = make(port);
  const end = looseEndAt(actor, ring);
  const place = end.lead.count;
  end.stage(message);
  if (end.lead.count > place) end.lead.markRequest(place, port); // or it does not fit the schema, and is a dead letter
  callsOf(actor).request(port);
  turn.markSpecial();
}

/** The open turn of an actor that awaits a reply. */
class TurnCaller implements Caller {
  readonly name: string;
  readonly #signal: AbortSignal | undefined;
  #port: Port | undefined;
  #open: Set<Port> | undefined;
  #awaited: Awaited | undefined;
  #aborted: (() => void) | undefined;

  constructor(name: string, signal: AbortSignal | undefined) {
    this.name = name;
    this.#signal = signal;
  }

  begun(port: Port, open: Set<Port>, awaited: Awaited): void {
    this.#port = port;
    this.#open = open;
    this.#awaited = awaited;
    const signal = this.#signal;
    if (signal === undefined) return;
    const aborted = (): void => port.fail(signal.reason);
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', (this.#aborted = aborted));
  }

  answered(value: unknown): void {
    this.#end();
    this.#awaited?.returned(value);
  }

  failed(error: unknown): void {
    this.#end();
    this.#awaited?.threw(error);
  }

  #end(): void {
    if (this.#aborted !== undefined) this.#signal?.removeEventListener('abort', this.#aborted);
    if (this.#port !== undefined) this.#open?.delete(this.#port);
  }
}

function isPort(value: unknown): value is Port {
  return value instanceof ReplyPort;
}

function callsOf({ turn, runtime }: Actor): TurnCalls {
  return (turn.calls ??= new TurnCalls(runtime.calls));
}

/** A mistake in a call of the context keeps the turn from committing. */
function checked<R>({ turn }: Actor, check: () => R): R {
  try {
    return check();
  } catch (error) {
    throw turn.poisoned(error as Error);
  }
}

/** The input that answers come to. */
function answersOf(actor: Actor, port: unknown): Ring {
  const end = actor.inputPorts.find(({ name }) => name === port);
  if (end instanceof InputEnd && end.ring.schema === null) return end.ring;
  const rule = 'the name of an input of the actor, that is no bundle and has no schema';
  throw actor.turn.poisoned(invalidOption('ctx.request: replyTo', rule, port));
}
