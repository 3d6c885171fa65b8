import type { InputBundleSpec } from '../actor/bundle-spec.ts';
import type { LoopContext } from '../actor/context.ts';
import { defineActor, type InputSpec, type InputSpecs, type OutputSpecs } from '../actor/definition.ts';
import { type OutputPort, outputPort } from '../actor/output-port.ts';
import type { Input, InputBundle, Output, OutputBundle } from '../channel/port.ts';
import type { Casting } from '../system/rehearsal.ts';
import { Inbox, type Order, Orders, type Received, type StagePart } from './stage-part.ts';

type Context = LoopContext<InputSpecs, OutputSpecs, object, undefined>;
type AnyOutput = Output<unknown> | OutputBundle<unknown> | OutputPort<unknown>;

/** What the part waits for besides messages: the test. */
interface Stirred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/** One channel that is read, with where it is. */
interface Lane {
  readonly input: Input<unknown>;
  readonly port: string;
  readonly lane: number;
}

/**
 * Stands in for an actor: with its ports and channels it sends what the test says, takes what comes, and writes that down. A real
 * actor, so that room, closing and stopping are what they are in production.
 */
export class StageActor implements StagePart {
  readonly name: string;
  readonly kind = 'actor';
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly orders: Orders;
  readonly inbox: Inbox = new Inbox();
  /** What is placed instead. */
  readonly casting: Casting;
  #stirred: Stirred = unstirred();

  constructor(name: string, { definition, settings }: Casting) {
    this.name = name;
    this.inputs = Object.keys(definition.inputs);
    const ports = Object.fromEntries(definition.behaviour.ports.map((port) => [port, outputPort<unknown>()]));
    const outputs = { ...definition.outputs, ...ports };
    this.outputs = Object.keys(outputs);
    this.orders = new Orders(name);
    const played = defineActor({
      inputs: Object.fromEntries(Object.entries(definition.inputs).map(([port, spec]) => [port, oneAtATime(spec)])),
      outputs,
      run: (ctx) => this.#run(ctx),
    });
    // It has the ports of the definition, and nothing else that a graph looks at.
    this.casting = { definition: played as unknown as Casting['definition'], settings, restored: undefined };
  }

  stir(): void {
    const { resolve } = this.#stirred;
    this.#stirred = unstirred();
    resolve();
  }

  async #run(ctx: Context): Promise<void> {
    const lanes = lanesOf(ctx.inputs);
    while (this.#goesOn(ctx)) {
      const stirred = this.#stirred.promise; // before the look: what comes after it is not missed
      const order = this.orders.take();
      if (order !== undefined) await this.#send(ctx, order);
      else if (this.orders.closed && lanes.length > 0) this.#closeOutputs(ctx);
      if (order !== undefined || (await this.#receive(ctx, lanes))) continue;
      const arrivals = this.inbox.held ? [] : lanes.map(({ input }) => input.avail());
      await ctx.next(ctx.any(ctx.until(stirred), ...arrivals));
    }
    this.orders.end(this.inputs.length === 0 && !ctx.running());
  }

  /** One that reads goes on until nothing more can come; one that does not, until the test closes it or the graph stops. */
  #goesOn({ running }: Context): boolean {
    if (this.inputs.length > 0) return running() || !this.orders.isEmpty;
    return running() && !(this.orders.closed && this.orders.isEmpty);
  }

  async #send({ outputs, commit, rollback }: Context, { message, port, lane, sent, failed }: Order): Promise<void> {
    try {
      sendTo(outputs, port, lane, message);
    } catch (error) {
      failed(error);
      rollback();
    }
    await commit();
    sent();
  }

  #closeOutputs({ outputs }: Context): void {
    for (const output of Object.values(outputs)) {
      if ('publish' in output) continue; // ends with the actor
      if ('lane' in output) for (const lane of output) lane.close();
      else output.close();
    }
  }

  /** Takes what is there, and answers it. @returns false if nothing was. */
  async #receive({ outputs, commit }: Context, lanes: readonly Lane[]): Promise<boolean> {
    if (this.inbox.held) return false;
    const { answer } = this.inbox;
    const taken = takeFrom(lanes, answer === undefined ? Infinity : 1);
    if (taken.length === 0) return false;
    for (const received of taken) {
      const reply = answer?.answer(received.message, received);
      if (reply !== undefined && answer !== undefined) sendTo(outputs, answer.port, answer.lane, reply);
    }
    await commit();
    this.inbox.all.push(...taken); // real only now
    return true;
  }
}

/** Up to `count` messages of the first lane that has some. */
function takeFrom(lanes: readonly Lane[], count: number): readonly Received[] {
  const lane = lanes.find(({ input }) => input.size > 0);
  if (lane === undefined) return [];
  const { input, port } = lane;
  return input.takeMany(Math.min(count, input.size)).map((message) => ({ message, port, lane: lane.lane }));
}

function lanesOf(inputs: Context['inputs']): readonly Lane[] {
  return Object.entries(inputs as Readonly<Record<string, Input<unknown> | InputBundle<unknown>>>).flatMap(
    ([port, input]) =>
      'lane' in input ? Array.from(input, (each, lane) => ({ input: each, port, lane })) : [{ input, port, lane: -1 }],
  );
}

function sendTo(outputs: Context['outputs'], port: string, lane: number, message: unknown): void {
  const output = (outputs as Readonly<Record<string, AnyOutput>>)[port];
  if (output === undefined) throw new Error(`no output ${port}`); // the stage has checked it
  if ('publish' in output) output.publish(message);
  else if (lane >= 0 && 'lane' in output) output.lane(lane).send(message);
  else output.send(message);
}

/** A loop reads what a handler gets in batches. */
function oneAtATime(
  spec: InputSpec<unknown> | InputBundleSpec<unknown>,
): InputSpec<unknown> | InputBundleSpec<unknown> {
  return spec.kind === 'input' ? { ...spec, batch: undefined } : { ...spec, lane: { ...spec.lane, batch: undefined } };
}

function unstirred(): Stirred {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
