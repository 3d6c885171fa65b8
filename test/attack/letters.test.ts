/**
 * Dead letters under attack: they are replayed by code outside, or go into a channel that an actor or a sink reads, while
 * actors are killed, turns and writes fail, and a shutdown comes, all at random.
 *
 * Each job is in one place in the end: written, among the letters that a sink has read, or in the store. Whether a job goes
 * through depends on its number and on how often it has been sent, and on nothing else.
 */
import { type ActorHandle, type DeadLetter, defineActor, Graph, type InputSpecs, input, output } from 'holdfast';
import { SeededRandom, Simulation, STEP_POINTS } from 'holdfast/testing';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';

import { checkInvariants, EFFORT, FIRST_SEED, Injected, leftovers, silent, times } from './support.ts';

interface Job {
  readonly id: number;
  /** How often it has been sent again. */
  readonly round: number;
}

const shape = fc.record({
  seed: fc.nat(),
  isShuffled: fc.boolean(),
  capacity: fc.integer({ min: 1, max: 4 }),
  lettersCapacity: fc.integer({ min: 1, max: 4 }),
  jobs: fc.integer({ min: 1, max: 16 }),
  faults: fc.nat(25),
  desk: fc.constantFrom('handler' as const, 'effect' as const, 'loop' as const),
  stopAfter: fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined, freq: 2 }),
});
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;
/** Who has the letters: code outside that replays from the store, an actor that sends them again, or a sink. */
type Reader = 'replays' | 'actor' | 'sink';

const FAULT_RATE = 0.06;
/** From then on every job goes through. */
const ROUNDS_MAX = 3;

function fate(place: string, { id, round }: Job): 'through' | 'rejected' | 'fails' {
  if (round >= ROUNDS_MAX) return 'through';
  let mixed = Math.imul((id + 1) * 31 + round * 7 + place.length, 0x2c1b3c6d) >>> 0;
  mixed = (mixed ^ (mixed >>> 13)) % 4;
  return mixed === 0 ? 'fails' : mixed === 1 ? 'rejected' : 'through';
}

const again = ({ id, round }: Job): Job => ({ id, round: round + 1 });
/** A letter about a letter has that one as its payload. */
function jobOf({ payload }: DeadLetter): Job {
  const inside = payload as Job | DeadLetter;
  return 'payload' in inside ? jobOf(inside) : inside;
}

const totals = { runs: 0, kills: 0, failures: 0, replayed: 0, routed: 0, kept: 0, written: 0 };
afterAll(() => console.log('dead letters under attack:', totals));

class Storm {
  readonly #plan: Shape;
  readonly #reader: Reader;
  readonly #random: SeededRandom;
  readonly #sim: Simulation;
  readonly #graph: Graph;
  readonly #handles: ActorHandle<InputSpecs>[] = [];
  readonly #pulled: number[] = [];
  readonly #written: Job[] = [];
  readonly #read: DeadLetter[] = [];
  readonly #violations: string[] = [];
  #faultsLeft: number;
  #steps = 0;

  constructor(plan: Shape, reader: Reader) {
    this.#plan = plan;
    this.#reader = reader;
    this.#random = new SeededRandom(plan.seed);
    this.#faultsLeft = plan.faults;
    this.#sim = new Simulation({ seed: plan.seed, schedule: plan.isShuffled ? 'random' : 'fair' });
    this.#graph = new Graph({
      name: 'storm',
      log: silent,
      ports: this.#sim.ports,
      // Replays make room in a small store. Where nobody does, it has to hold them all.
      deadLetters: { capacity: reader === 'replays' ? plan.lettersCapacity : 1_000 },
      actorDefaults: { maxRestarts: Infinity, showstopperAfter: 40, retryBackoff: { minMs: 1, maxMs: 2 } },
    });
    this.#build();
    this.#graph.setProbe((point) => {
      checkInvariants(this.#graph);
      this.#steps += 1;
      if (this.#steps === plan.stopAfter) this.#sim.host.signal('SIGTERM');
      if (this.#isFault()) {
        totals.kills += 1;
        this.#handles[this.#random.integer(this.#handles.length)]?.kill('by the attack');
      }
      if (STEP_POINTS[point] === 'throw') this.#maybeFail();
    });
  }

  async run(): Promise<string[]> {
    void this.#graph.run().catch(() => undefined);
    if (this.#reader === 'replays') await this.#replayOnAndOn();
    const error = await this.#sim.runUntil(this.#graph.stopped()).then(
      () => undefined,
      (reason: Error) => reason,
    );
    if (error !== undefined) return [error.message, ...leftovers(this.#graph, this.#sim)];
    return [...leftovers(this.#graph, this.#sim), ...this.#audit()];
  }

  #isFault(): boolean {
    if (this.#faultsLeft <= 0 || this.#random.next() >= FAULT_RATE) return false;
    this.#faultsLeft -= 1;
    return true;
  }

  #maybeFail(): void {
    if (!this.#isFault()) return;
    totals.failures += 1;
    throw new Injected('by the attack');
  }

  #build(): void {
    const { capacity, lettersCapacity, jobs: count } = this.#plan;
    const graph = this.#graph;
    const jobs = graph.channel<Job>('jobs', { capacity });
    const done = graph.channel<Job>('done', { capacity });
    if (this.#reader === 'replays') jobs.sender(); // open until the stop: a closed channel takes no replays
    const pulled = this.#pulled;
    graph.feed(
      'feed',
      (function* () {
        for (let id = 0; id < count; id += 1) {
          pulled.push(id);
          yield { id, round: 0 };
        }
      })(),
      jobs,
    );
    this.#handles.push(graph.actor('desk', this.#desk(), { jobs, done }, { showstopperAfter: 2, isolate: true }));
    graph.sink(
      'sink',
      done,
      async (job) => {
        if (job.id % 2 === 0) await Promise.resolve();
        this.#maybeFail();
        if (fate('sink', job) === 'fails') throw new Error('cannot write it');
        this.#written.push(job);
      },
      { showstopperAfter: 2 },
    );
    if (this.#reader === 'replays') return;
    const letters = graph.channel<DeadLetter>('letters', { capacity: lettersCapacity });
    graph.deadLetters.route(letters);
    if (this.#reader === 'actor') this.#handles.push(graph.actor('mender', this.#mender(), { letters, jobs }));
    else
      graph.sink('reader', letters, async (letter) => {
        await Promise.resolve();
        this.#maybeFail();
        this.#read.push(letter);
      });
  }

  #desk() {
    const ports = { inputs: { jobs: input<Job>() }, outputs: { done: output<Job>() } };
    type Turn = {
      readonly replayOf: string | undefined;
      readonly outputs: { readonly done: { send(job: Job): void } };
    };
    const work = (job: Job, { replayOf, outputs }: Turn, reject: (reason: string) => void): void => {
      if (job.round > 0 !== (replayOf !== undefined)) this.#violations.push(`job ${job.id}: ${replayOf}`);
      const what = fate('desk', job);
      if (what === 'fails') throw new Error('a showstopper');
      if (what === 'rejected') reject('not like this');
      else outputs.done.send(job);
    };
    switch (this.#plan.desk) {
      case 'handler':
        return defineActor({ ...ports, on: { jobs: (job, ctx) => work(job, ctx, ctx.reject) } });
      case 'effect':
        return defineActor({
          ...ports,
          on: {
            async jobs(job, ctx) {
              await ctx.effect('reading', () => Promise.resolve());
              work(job, ctx, ctx.reject);
            },
          },
        });
      case 'loop':
        return defineActor({
          ...ports,
          async run(ctx) {
            const { jobs } = ctx.inputs;
            while (ctx.running()) {
              await ctx.next(jobs.avail());
              for (let taken = 0; taken < 3; taken += 1) {
                const job = jobs.take();
                if (job !== undefined) work(job, ctx, (reason) => jobs.reject(reason));
              }
            }
          },
        });
    }
  }

  #mender() {
    return defineActor({
      inputs: { letters: input<DeadLetter>() },
      outputs: { jobs: output<Job>() },
      on: { letters: (letter, { outputs: { jobs } }) => jobs.replay(letter, again(jobOf(letter))) },
    });
  }

  /** Two replays at a time, some of which are given up, until the graph stops. */
  async #replayOnAndOn(): Promise<void> {
    const { deadLetters } = this.#graph;
    const isOver = (): boolean => this.#graph.status === 'stopped' || this.#written.length === this.#plan.jobs;
    const under = new Set<Promise<void>>();
    for (let time = 0; time < 400 && !isOver(); time += 1) {
      await this.#sim.advance(this.#random.integer(4));
      const abort = new AbortController();
      const replay = deadLetters
        .replay({}, { edit: (payload) => again(payload as Job), signal: abort.signal })
        .then(({ replayed }) => void (totals.replayed += replayed.length))
        .catch((error: unknown) => {
          if (!abort.signal.aborted) throw error;
        });
      under.add(replay);
      void replay.finally(() => under.delete(replay));
      if (this.#random.integer(3) === 0) abort.abort(new Error('given up'));
      if (this.#random.integer(2) === 0) await this.#sim.settle();
    }
    // What has no room in the store is held up until somebody makes some. A stop is the last chance.
    this.#graph.requestShutdown();
    await this.#sim.settle();
    await Promise.all(under);
  }

  #audit(): string[] {
    const kept = this.#graph.deadLetters.list().map(jobOf);
    const { routed } = this.#graph.snapshot().deadLetters;
    totals.runs += 1;
    totals.routed += routed;
    totals.kept += kept.length;
    totals.written += this.#written.length;
    const found = [...this.#written, ...kept, ...this.#read.map(jobOf)].map(({ id }) => id).sort((a, b) => a - b);
    const problems = [...this.#violations];
    if (found.join() !== this.#pulled.join()) problems.push(`pulled ${this.#pulled.join()}, found ${found.join()}`);
    for (const job of this.#written) if (fate('sink', job) === 'fails') problems.push(`job ${job.id} was written`);
    return problems;
  }
}

const timeoutMs = 60_000 * Math.max(1, EFFORT);

test.each<[Reader, string]>([
  ['replays', 'replayed by code outside'],
  ['actor', 'read by an actor that sends them again'],
  ['sink', 'read by a sink'],
])(
  '%s: letters that are %s lose and double nothing, whoever is killed',
  async (reader) => {
    const property = fc.asyncProperty(shape, async (plan) => {
      expect(await new Storm(plan, reader).run()).toEqual([]);
    });
    await fc.assert(property, { numRuns: times(250), seed: FIRST_SEED });
  },
  timeoutMs,
);
