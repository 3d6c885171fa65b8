import { type ActorRef, defineActor, type Graph, input, output } from '../../src/index.ts';
import { productionGraph } from '../production-graph.ts';
import { answerTo } from '../round-trips.ts';
import { CAPACITY, messageAt, type Pass, timed } from '../throughput.ts';

/** `ctx.to(ref).cast`, as to a ref that came in a message or from the state. */
export function runCasts(messages: number): Promise<Pass> {
  return run(messages, (game) => {
    const pong = game.graph.spawn(
      'pong',
      defineActor({
        inputs: { mailbox: input<number>({ capacity: CAPACITY }) },
        on: {
          mailbox(number, context) {
            context.to(ping).cast(answerTo(number));
          },
        },
      }),
    );
    const ping: ActorRef<number> = game.graph.spawn(
      'ping',
      defineActor({
        inputs: { mailbox: input<number>({ capacity: CAPACITY }) },
        on: {
          mailbox(number, context) {
            const next = game.after(number);
            if (next !== undefined) context.to(pong).cast(next);
          },
        },
      }),
    );
    return pong;
  });
}

/** The same through outputs that are wired to the mailbox of the other. */
export function runOutputs(messages: number): Promise<Pass> {
  return run(messages, (game) => {
    const back = game.graph.channel<number>('back', { capacity: CAPACITY });
    const pong = defineActor({
      inputs: { mailbox: input<number>({ capacity: CAPACITY }) },
      outputs: { back: output<number>() },
      on: {
        mailbox(number, context) {
          context.outputs.back.send(answerTo(number));
        },
      },
    });
    const ref = game.graph.spawn('pong', pong, { back });
    const ping = defineActor({
      inputs: { back: input<number>() },
      outputs: { there: output<number>() },
      on: {
        back(number, context) {
          const next = game.after(number);
          if (next === undefined)
            context.outputs.there.close(); // else each would wait for the other to end
          else context.outputs.there.send(next);
        },
      },
    });
    game.graph.actor('ping', ping, { back, there: ref });
    return ref;
  });
}

/** What goes back and forth, and when it is over. */
class Game {
  readonly graph: Graph = productionGraph();
  readonly #messages: number;
  readonly #over: () => void;
  count = 0;
  sum = 0;

  constructor(messages: number, over: () => void) {
    this.#messages = messages;
    this.#over = over;
  }

  /** One has come back. @returns the next one, if there is one. */
  after(number: number): number | undefined {
    this.sum += number;
    this.count += 1;
    if (this.count < this.#messages) return messageAt(this.count);
    this.#over();
    return undefined;
  }
}

/** Start and stop of the graph are outside the time. */
async function run(messages: number, play: (game: Game) => ActorRef<number>): Promise<Pass> {
  let end = (): void => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const game = new Game(messages, end);
  const first = play(game);
  game.graph.start();
  const pass = await timed(async () => {
    first.tryCast(messageAt(0));
    await over;
    return game;
  });
  game.graph.requestShutdown();
  await game.graph.stopped();
  return pass;
}
