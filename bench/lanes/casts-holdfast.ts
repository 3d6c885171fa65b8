import { type ActorRef, defineActor, type Graph, input, output } from '../../src/index.ts';
import { PRODUCERS, SHARED_CAPACITY } from '../fan-in.ts';
import { productionGraph } from '../production-graph.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

/** Sends `messageAt(0)` to `messageAt(messages - 1)`; called before the graph starts, and what it returns, after that. */
type Sending = (graph: Graph, ref: ActorRef<number>, messages: number) => () => void | Promise<void>;

/** Sources with `ctx.to(ref).cast`, one cast a turn. */
function casting(senders: number): Sending {
  return (graph, ref, messages) => {
    let sent = 0;
    const sender = defineActor({
      source(context) {
        if (sent === messages) return 'done';
        context.to(ref).cast(messageAt(sent));
        sent += 1;
        return 'more';
      },
    });
    for (let index = 0; index < senders; index += 1) graph.actor(`sender ${index}`, sender, {});
    return () => {};
  };
}

/** One source with an output that is wired to the ref. */
const throughOutput: Sending = (graph, ref, messages) => {
  let sent = 0;
  const sender = defineActor({
    outputs: { mailbox: output<number>() },
    source({ outputs }) {
      if (sent === messages) return 'done';
      outputs.mailbox.send(messageAt(sent));
      sent += 1;
      return 'more';
    },
  });
  graph.actor('sender', sender, { mailbox: ref });
  return () => {};
};

/** Code outside that awaits each cast. */
const awaiting: Sending = (_, ref, messages) => async () => {
  for (let sent = 0; sent < messages; sent += 1) await ref.cast(messageAt(sent));
};

/** Code outside that casts as long as there is room, and then awaits some. */
const trying: Sending = (_, ref, messages) => async () => {
  for (let sent = 0; sent < messages; sent += 1) {
    const message = messageAt(sent);
    if (!ref.tryCast(message).ok) await ref.cast(message);
  }
};

export const runCasts = (messages: number): Promise<Pass> => run(messages, casting(1));

export const runManyCasts = (messages: number): Promise<Pass> => run(messages, casting(PRODUCERS));

export const runOutput = (messages: number): Promise<Pass> => run(messages, throughOutput);

export const runFromOutside = (messages: number): Promise<Pass> => run(messages, awaiting);

export const runTryFromOutside = (messages: number): Promise<Pass> => run(messages, trying);

/** One handler that is sent to. The start of the graph is inside the time, its stop is not. */
async function run(messages: number, sending: Sending): Promise<Pass> {
  let count = 0;
  let sum = 0;
  let end = (): void => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const receiver = defineActor({
    inputs: { mailbox: input<number>({ capacity: SHARED_CAPACITY }) },
    on: {
      mailbox(number) {
        sum += number;
        count += 1;
        if (count === messages) end();
      },
    },
  });

  const graph = productionGraph();
  const send = sending(graph, graph.spawn('receiver', receiver), messages);
  const pass = await timed(async () => {
    graph.start();
    await send();
    await over;
    return { count, sum };
  });
  graph.requestShutdown();
  await graph.stopped();
  return pass;
}
