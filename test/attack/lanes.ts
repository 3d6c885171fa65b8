/**
 * Random graphs of bundles under random faults: sources send into lanes by one of the routes, a worker reads each lane (or one
 * hub reads all of them), and one actor merges what comes out.
 *
 * Each actor keeps in its state what it took and sent, so all that is checked is read from committed states.
 */
import {
  type ActorHandle,
  type Bundle,
  type Channel,
  defineActor,
  Graph,
  type HandlerContext,
  input,
  inputBundle,
  type InputSpecs,
  laneOf,
  type LoopContext,
  output,
  outputBundle,
  type OutputBundleOptions,
  type OutputSpecs,
  type SourceContext,
} from 'holdfast';
import { type Schedule, SCHEDULES, SeededRandom, Simulation } from 'holdfast/testing';
import { checkInvariants, Injected, leftovers, silent } from './support.ts';

export const ROUTES = ['key', 'roundRobin', 'emptiest', 'everyLane'] as const;
export const WORKERS = ['handler', 'async', 'loop', 'hub'] as const;
export const MERGES = ['handler', 'async', 'take', 'takeMany', 'lane'] as const;

export interface LanesPlan {
  readonly seed: number;
  readonly schedule: Schedule;
  /** Actors are killed at every crash point, too. Unwatched commits may take a shorter way. */
  readonly probed: boolean;
  readonly route: (typeof ROUTES)[number];
  readonly workers: (typeof WORKERS)[number];
  readonly merge: (typeof MERGES)[number];
  readonly sources: number;
  readonly lanes: number;
  readonly keys: number;
  readonly messages: number;
  readonly inCapacities: readonly number[];
  readonly outCapacities: readonly number[];
  readonly faults: number;
  readonly showstopperAfter: number;
  /** The worker of this lane never comes back once it has failed. */
  readonly temporary: number | undefined;
  /** Virtual milliseconds after which a shutdown is requested; undefined: never. */
  readonly stopAfterMs: number | undefined;
}

interface Item {
  readonly from: number;
  /** Counted by its source, over all keys. */
  readonly seq: number;
  readonly key: string;
}

interface Memory {
  next: number;
  /** What was taken, in order, with the lane it came from. */
  taken: [lane: number, id: string, key: string, from: number, seq: number][];
}

type Turn =
  | LoopContext<InputSpecs, OutputSpecs, Memory, undefined>
  | HandlerContext<OutputSpecs, Memory, undefined>
  | SourceContext<OutputSpecs, Memory, undefined>;

const FAULT_RATE = 0.06;
const memory = (): Memory => ({ next: 0, taken: [] });
const idOf = ({ from, seq }: Item): string => `${from}/${seq}`;

/** A plan for any seed: small, with capacities of 1 in most. */
export function planOf(seed: number): LanesPlan {
  const random = new SeededRandom(seed);
  const pick = <T>(choices: readonly T[]): T => choices[random.integer(choices.length)] as T;
  const lanes = 1 + random.integer(5);
  const capacities = (): number[] => Array.from({ length: lanes }, () => pick([1, 1, 2, 3, 8]));
  return {
    seed,
    schedule: pick(SCHEDULES),
    probed: random.next() < 0.5,
    route: pick(ROUTES),
    workers: pick(WORKERS),
    merge: pick(MERGES),
    sources: 1 + random.integer(2),
    lanes,
    keys: 1 + random.integer(8),
    messages: 5 + random.integer(25),
    inCapacities: capacities(),
    outCapacities: capacities(),
    faults: pick([0, 3, 10, 30]),
    showstopperAfter: pick([1, 2, 3, 100]),
    temporary: random.next() < 0.2 ? random.integer(lanes) : undefined,
    stopAfterMs: random.next() < 0.3 ? random.integer(500) : undefined,
  };
}

export class LanesRun {
  readonly sim: Simulation;
  readonly graph: Graph;
  readonly #plan: LanesPlan;
  readonly #random: SeededRandom;
  readonly #handles: ActorHandle<InputSpecs>[] = [];
  readonly #lanes: Bundle<Item>;
  readonly #results: Bundle<Item>;
  faultsMade = 0;

  constructor(plan: LanesPlan) {
    this.#plan = plan;
    this.#random = new SeededRandom(plan.seed ^ 0xfa017);
    this.sim = new Simulation({ seed: plan.seed, schedule: plan.schedule });
    this.graph = new Graph({
      name: 'lanes',
      log: silent,
      ports: this.sim.ports,
      deadLetters: { capacity: 100_000 },
      actorDefaults: { maxRestarts: Infinity, showstopperAfter: plan.showstopperAfter },
    });
    const channels = (name: string, capacities: readonly number[]): Bundle<Item> =>
      capacities.map((capacity, lane) => this.graph.channel<Item>(`${name}${lane}`, { capacity }));
    this.#lanes = channels('in', plan.inCapacities);
    this.#results = channels('out', plan.outCapacities);
    for (let source = 0; source < plan.sources; source += 1) this.#addSource(source);
    if (plan.workers === 'hub') this.#addHub();
    else this.#lanes.forEach((lane, index) => this.#addWorker(lane, index));
    this.#addMerge();
    if (!plan.probed) return;
    this.graph.setProbe((point) => {
      checkInvariants(this.graph);
      if (point.includes(':') || point === 'restart') this.#maybeKill();
    });
  }

  /** Runs until everything has ended. @returns what is wrong with the outcome. */
  async run(): Promise<string[]> {
    this.graph.start();
    const { stopAfterMs } = this.#plan;
    if (stopAfterMs !== undefined) {
      await this.sim.advance(stopAfterMs);
      this.graph.requestShutdown();
    }
    try {
      await this.sim.runUntil(this.graph.stopped());
    } catch (error) {
      return [String(error)];
    }
    return [...leftovers(this.graph, this.sim), ...this.#check()];
  }

  // --- Faults -------------------------------------------------------------------------------------------------------

  get #isDue(): boolean {
    if (this.faultsMade >= this.#plan.faults || this.#random.next() >= FAULT_RATE) return false;
    this.faultsMade += 1;
    return true;
  }

  /** Called wherever user code may fail: it fails, or somebody is killed. */
  #maybeFail(): void {
    if (!this.#isDue) return;
    if (this.#random.next() < 0.6) throw new Injected('in user code');
    this.#kill();
  }

  #maybeKill(): void {
    if (this.#isDue) this.#kill();
  }

  #kill(): void {
    this.#handles[this.#random.integer(this.#handles.length)]?.kill('by the attack');
  }

  // --- Actors -------------------------------------------------------------------------------------------------------

  #note({ state }: Turn, lane: number, item: Item): void {
    state.taken.push([lane, idOf(item), item.key, item.from, item.seq]);
    this.#maybeFail();
  }

  #addSource(from: number): void {
    const { route, messages, keys, inCapacities } = this.#plan;
    const options: OutputBundleOptions<Item> = route === 'key' ? { partitionBy: ({ key }) => key } : { route };
    // What one turn sends must fit into any lane.
    const most = Math.min(...inCapacities);
    const source = defineActor({
      outputs: { lanes: outputBundle<Item>(options) },
      state: memory,
      source: (ctx) => {
        const { state, outputs } = ctx;
        const count = Math.min(messages - state.next, 1 + (state.next % most));
        for (let n = 0; n < count; n += 1) {
          this.#maybeFail();
          const seq = state.next;
          // Some keys are busy, others rare.
          const key = `customer-${(seq * seq + from) % keys}`;
          outputs.lanes.send({ from, seq, key });
          state.next += 1;
        }
        this.#maybeFail();
        return state.next < messages ? 'more' : 'done';
      },
    });
    this.#handles.push(this.graph.actor(`source ${from}`, source, { lanes: this.#lanes }));
  }

  #addWorker(lane: Channel<Item>, index: number): void {
    const { workers, temporary } = this.#plan;
    const ports = { inputs: { items: input<Item>() }, outputs: { results: output<Item>() }, state: memory };
    const work = (ctx: Turn, item: Item, send: (item: Item) => void): void => {
      this.#note(ctx, index, item);
      send(item);
      this.#maybeFail();
    };
    const worker =
      workers === 'loop'
        ? defineActor({
            ...ports,
            run: async (ctx) => {
              while (ctx.running()) {
                await ctx.next(ctx.all(ctx.inputs.items.avail(), ctx.outputs.results.vacant()));
                const item = ctx.inputs.items.take();
                if (item !== undefined) work(ctx, item, (result) => ctx.outputs.results.send(result));
              }
            },
          })
        : defineActor({
            ...ports,
            on: {
              items: (item, ctx) => {
                if (workers === 'handler') return work(ctx, item, (result) => ctx.outputs.results.send(result));
                return ctx
                  .effect('work', () => Promise.resolve())
                  .then(() => work(ctx, item, (result) => ctx.outputs.results.send(result)));
              },
            },
          });
    const wiring = { items: lane, results: this.#results[index] as Channel<Item> };
    const restart = temporary === index ? 'temporary' : 'permanent';
    this.#handles.push(this.graph.actor(`worker ${index}`, worker, wiring, { restart }));
  }

  /** One actor between the bundles, in place of the workers: each lane goes to the lane of the same number. */
  #addHub(): void {
    const hub = defineActor({
      inputs: { lanes: inputBundle<Item>() },
      outputs: { results: outputBundle<Item>() },
      state: memory,
      run: async (ctx) => {
        const { lanes } = ctx.inputs;
        const { results } = ctx.outputs;
        while (ctx.running()) {
          const { lane } = await ctx.next(ctx.sameLane(lanes.avail(), results.vacant()));
          if (lane < 0) continue;
          const item = lanes.lane(lane).take();
          if (item === undefined) throw new Error(`lane ${lane} was ready, and is empty`);
          this.#note(ctx, lane, item);
          results.lane(lane).send(item);
          this.#maybeFail();
        }
      },
    });
    this.#handles.push(this.graph.actor('hub', hub, { lanes: this.#lanes, results: this.#results }));
  }

  #addMerge(): void {
    const { merge: style } = this.#plan;
    const ports = { inputs: { results: inputBundle<Item>() }, state: memory };
    const merge =
      style === 'handler' || style === 'async'
        ? defineActor({
            ...ports,
            on: {
              results: (item, ctx) => {
                if (style === 'handler') return this.#note(ctx, ctx.lane, item);
                return ctx.effect('work', () => Promise.resolve()).then(() => this.#note(ctx, ctx.lane, item));
              },
            },
          })
        : defineActor({
            ...ports,
            run: async (ctx) => {
              const { results } = ctx.inputs;
              while (ctx.running()) {
                const { lane } = await ctx.next(results.avail());
                if (style === 'lane') {
                  const item = lane < 0 ? undefined : results.lane(lane).take();
                  if (item !== undefined) this.#note(ctx, lane, item);
                  continue;
                }
                const most = style === 'take' ? 1 : 3;
                for (let n = 0; n < most; n += 1) {
                  const item = results.take();
                  if (item !== undefined) this.#note(ctx, ctx.lane, item);
                }
              }
            },
          });
    this.#handles.push(this.graph.actor('merge', merge, { results: this.#results }));
  }

  // --- What must hold -----------------------------------------------------------------------------------------------

  #memoryOf(name: string): Memory {
    const state = this.graph.snapshot().actors.find((actor) => actor.name === name)?.state;
    return { ...memory(), ...(state as Partial<Memory>) };
  }

  #check(): string[] {
    const { route, sources, lanes, messages, stopAfterMs, workers } = this.#plan;
    const problems: string[] = [];
    const sent = new Map<string, Item>();
    const merged = this.#memoryOf('merge').taken;
    for (let from = 0; from < sources; from += 1) {
      const { next } = this.#memoryOf(`source ${from}`);
      if (next !== messages && stopAfterMs === undefined)
        problems.push(`source ${from} has sent ${next} of ${messages}`);
      for (let seq = 0; seq < next; seq += 1) sent.set(`${from}/${seq}`, { from, seq, key: '' });
    }
    const copies = route === 'everyLane' ? lanes : 1;
    const seen = new Map<string, number>();
    const count = (id: string): void => void seen.set(id, (seen.get(id) ?? 0) + 1);
    for (const [, id] of merged) count(id);
    for (const { payload } of this.graph.deadLetters.list()) count(idOf(payload as Item));
    for (const id of sent.keys())
      if (seen.get(id) !== copies) problems.push(`${id} came out ${seen.get(id) ?? 0} times`);
    for (const id of seen.keys()) if (!sent.has(id)) problems.push(`${id} was never sent`);
    const takers = workers === 'hub' ? ['hub'] : Array.from({ length: lanes }, (_, lane) => `worker ${lane}`);
    for (const name of [...takers, 'merge']) problems.push(...this.#checkOrder(name, this.#memoryOf(name)));
    return problems;
  }

  /** What an actor took of one source is in order, within each lane and, by key, over all lanes. */
  #checkOrder(name: string, { taken }: Memory): string[] {
    const { route, lanes } = this.#plan;
    const problems: string[] = [];
    const last = new Map<string, number>();
    const check = (what: string, seq: number): void => {
      if ((last.get(what) ?? -1) >= seq) problems.push(`${name} took ${seq} after ${last.get(what)} of ${what}`);
      last.set(what, seq);
    };
    for (const [lane, , key, from, seq] of taken) {
      check(`lane ${lane}, source ${from}`, seq);
      if (route !== 'key') continue;
      check(`key ${key}, source ${from}`, seq);
      if (laneOf(key, lanes) !== lane) problems.push(`${name} took ${key} from lane ${lane}`);
    }
    return problems;
  }
}
