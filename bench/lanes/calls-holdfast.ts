import { type ActorRef, defineActor, type Graph, input, type Reply, type ReplyPort } from '../../src/index.ts';
import { productionGraph } from '../production-graph.ts';
import { answerTo, IN_FLIGHT, MAILBOX_CAPACITY, TIMEOUT_MS } from '../round-trips.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

interface Request {
  readonly number: number;
  readonly reply: ReplyPort<number>;
}

const OPTIONS = { timeoutMs: TIMEOUT_MS };

const server = defineActor({
  inputs: { mailbox: input<Request>({ capacity: MAILBOX_CAPACITY }) },
  on: {
    mailbox({ number, reply }, context) {
      context.reply(reply, answerTo(number));
    },
  },
});

/** `ref.call` by one caller, which is no actor. Start and stop of the graph are outside the time, as in all lanes of calls. */
export const runOneFromOutside = (messages: number): Promise<Pass> => runFromOutside(messages, 1);

/** The same by a thousand callers. */
export const runManyFromOutside = (messages: number): Promise<Pass> => runFromOutside(messages, IN_FLIGHT);

async function runFromOutside(messages: number, callers: number): Promise<Pass> {
  const graph = productionGraph();
  const ref = graph.spawn('server', server);
  graph.start();
  let sent = 0;
  let count = 0;
  let sum = 0;

  async function caller(): Promise<void> {
    while (sent < messages) {
      const number = messageAt(sent);
      sent += 1;
      const answer = await ref.call((reply) => ({ number, reply }), OPTIONS);
      sum += answer;
      count += 1;
    }
  }

  const pass = await timed(async () => {
    await Promise.all(Array.from({ length: callers }, caller));
    return { count, sum };
  });
  await ended(graph);
  return pass;
}

/** `ctx.call` by one actor, as many as there are in one turn. */
export function runOneInATurn(messages: number): Promise<Pass> {
  return runActors(messages, 1, (ref, totals) => {
    const caller = defineActor({
      inputs: { mailbox: input<Order>({ capacity: 2 }) },
      on: {
        async mailbox(order, context) {
          if (order === 'wake') return totals.hasWoken();
          while (totals.sent < messages) {
            const number = messageAt(totals.sent);
            totals.sent += 1;
            totals.add(await context.call(ref, (reply) => ({ number, reply }), OPTIONS));
          }
        },
      },
    });
    return (graph, name) => graph.spawn(name, caller);
  });
}

/** `ctx.call` by one actor, one in each turn of a loop. */
export const runOneATurn = (messages: number): Promise<Pass> => runLoops(messages, 1);

/** The same by a thousand actors. */
export const runManyActors = (messages: number): Promise<Pass> => runLoops(messages, IN_FLIGHT);

function runLoops(messages: number, callers: number): Promise<Pass> {
  return runActors(messages, callers, (ref, totals) => {
    const caller = defineActor({
      inputs: { mailbox: input<Order>({ capacity: 2 }) },
      async run({ inputs: { mailbox }, next, call, commit }) {
        for (const waited of ['wake', 'go']) {
          await next(mailbox.avail());
          if (mailbox.take() !== waited) throw new Error(`a caller was not told to ${waited}`);
          if (waited === 'wake') totals.hasWoken();
        }
        while (totals.sent < messages) {
          const number = messageAt(totals.sent);
          totals.sent += 1;
          totals.add(await call(ref, (reply) => ({ number, reply }), OPTIONS));
          await commit();
        }
        await next(mailbox.avail()); // until the graph stops: the end of an actor is no part of a call
      },
    });
    return (graph, name) => graph.spawn(name, caller);
  });
}

/** `ctx.request` by one actor: the request leaves with one turn, and the answer comes as a message in another. */
export const runRequest = (messages: number): Promise<Pass> => runRequests(messages, 1);

/** The same, a thousand on the way. */
export const runManyRequests = (messages: number): Promise<Pass> => runRequests(messages, IN_FLIGHT);

function runRequests(messages: number, inFlight: number): Promise<Pass> {
  return runActors(messages, 1, (ref, totals) => {
    const plan = { ...OPTIONS, replyTo: 'answers' } as const;
    const caller = defineActor({
      inputs: {
        mailbox: input<Order>({ capacity: 2 }),
        answers: input<Reply<number, undefined>>({ capacity: MAILBOX_CAPACITY }),
      },
      on: {
        mailbox(order, context) {
          if (order === 'wake') return totals.hasWoken();
          for (let asked = 0; asked < inFlight && totals.sent < messages; asked += 1) {
            const number = messageAt(totals.sent);
            totals.sent += 1;
            context.request(ref, (reply) => ({ number, reply }), plan);
          }
        },
        answers(answer, context) {
          if (!answer.ok) throw answer.error;
          totals.add(answer.value);
          if (totals.sent === messages) return;
          const number = messageAt(totals.sent);
          totals.sent += 1;
          context.request(ref, (reply) => ({ number, reply }), plan);
        },
      },
    });
    return (graph, name) => graph.spawn(name, caller);
  });
}

type Order = 'wake' | 'go';
type SpawnCaller = (graph: Graph, name: string) => ActorRef<Order>;

/** What the callers of one pass have asked and heard. */
class Totals {
  readonly #messages: number;
  #asleep: number;
  /** All callers are awake. */
  awake = (): void => {};
  /** All answers have come. */
  done = (): void => {};
  sent = 0;
  count = 0;
  sum = 0;

  constructor(messages: number, callers: number) {
    this.#messages = messages;
    this.#asleep = callers;
  }

  hasWoken(): void {
    this.#asleep -= 1;
    if (this.#asleep === 0) this.awake();
  }

  add(answer: number): void {
    this.sum += answer;
    this.count += 1;
    if (this.count === this.#messages) this.done();
  }
}

/** Actors that are awake before the clock starts, are told to go then, and stop it with the last answer. */
async function runActors(
  messages: number,
  callers: number,
  callerOf: (ref: ActorRef<Request>, totals: Totals) => SpawnCaller,
): Promise<Pass> {
  const graph = productionGraph();
  const ref = graph.spawn('server', server);
  const totals = new Totals(messages, callers);
  const spawn = callerOf(ref, totals);
  const refs = Array.from({ length: callers }, (_, index) => spawn(graph, `caller ${index}`));
  const tellAll = (order: Order): void => {
    for (const caller of refs)
      if (!caller.tryCast(order).ok) throw new Error(`${caller.name} was not told to ${order}`);
  };
  graph.start();
  await new Promise<void>((resolve) => {
    totals.awake = resolve;
    tellAll('wake');
  });

  const pass = await timed(async () => {
    await new Promise<void>((resolve) => {
      totals.done = resolve;
      tellAll('go');
    });
    return totals;
  });
  await ended(graph);
  return pass;
}

async function ended(graph: Graph): Promise<void> {
  graph.requestShutdown();
  await graph.stopped();
}
