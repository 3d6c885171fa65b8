/**
 * Actors that know each other by refs cast to, call and ask each other at random, with mailboxes of one or two places, while they
 * crash and are killed. Every cast arrives once and in order, or is a dead letter; every call and request has one outcome.
 */
import {
  type ActorRef,
  args,
  defineActor,
  Graph,
  type HoldfastError,
  input,
  type Reply,
  type ReplyPort,
} from 'holdfast';
import { Coverage, explore, type Explored, SeededRandom, type Simulation, type World } from 'holdfast/testing';
import { expect, test } from 'vitest';
import { silent } from './silent.ts';
import { EFFORT, FIRST_SEED, times } from './support.ts';

type Manner = 'reply' | 'later' | 'ignore' | 'forward' | 'throw';
const MANNERS: readonly Manner[] = ['reply', 'reply', 'later', 'ignore', 'forward', 'throw'];

type Work =
  | { readonly kind: 'cast'; readonly to: number; readonly works: readonly Work[] }
  | { readonly kind: 'call' | 'request'; readonly to: number; readonly manner: Manner };

type Message =
  | { readonly kind: 'cast'; readonly from: string; readonly number: number; readonly works: readonly Work[] }
  | { readonly kind: 'ask'; readonly manner: Manner; readonly reply: ReplyPort<string> };

const TIMEOUT_MS = 5_000;
const OUTSIDE = 'outside';

/** What code outside has the actors do. */
interface Script {
  readonly actors: number;
  readonly capacity: number;
  readonly orders: readonly Extract<Work, { kind: 'cast' }>[];
}

function scriptOf(seed: number): Script {
  const random = new SeededRandom(seed);
  const below = (count: number): number => Math.floor(random.next() * count);
  const actors = 2 + below(3);
  const worksTo = (depth: number): Work[] =>
    Array.from({ length: below(depth + 1) }, (): Work => {
      const to = below(actors);
      const kind = (['cast', 'cast', 'call', 'request'] as const)[below(4)] ?? 'cast';
      if (kind === 'cast') return { kind, to, works: worksTo(depth - 1) };
      return { kind, to, manner: MANNERS[below(MANNERS.length)] ?? 'reply' };
    });
  const orders = Array.from(
    { length: 3 + below(6) },
    () => ({ kind: 'cast', to: below(actors), works: worksTo(3) }) as const,
  );
  return { actors, capacity: 1 + below(2), orders };
}

interface Memory {
  /** By target, how many have been cast there. */
  sent: Record<string, number>;
  got: string[];
  asked: number;
  answered: number[];
  later: ReplyPort<string>[];
  outcomes: string[];
}

function actorFor(capacity: number, userCode: (actor: string) => void) {
  return defineActor({
    inputs: {
      mailbox: input<Message>({ capacity }),
      replies: input<Reply<string, number>>({ capacity: 1 }),
    },
    args: args<{ readonly all: readonly ActorRef<Message>[] }>(),
    state: (): Memory => ({ sent: {}, got: [], asked: 0, answered: [], later: [], outcomes: [] }),
    on: {
      async mailbox(message, { args: { all }, state, name, to, call, request, reply, effect }) {
        userCode(name);
        for (const port of state.later) reply(port, 'later');
        state.later = [];
        if (message.kind === 'ask') {
          const next = all[(all.findIndex((ref) => ref.name === name) + 1) % all.length] as ActorRef<Message>;
          if (message.manner === 'reply') reply(message.reply, 'at once');
          else if (message.manner === 'later') state.later = [message.reply];
          else if (message.manner === 'forward') to(next).cast({ ...message, manner: 'reply' });
          else if (message.manner === 'throw') throw new Error('planned');
          return;
        }
        state.got.push(`${message.from} ${message.number}`);
        for (const work of message.works) {
          const ref = all[work.to] as ActorRef<Message>;
          if (work.kind === 'cast') {
            const number = state.sent[ref.name] ?? 0;
            state.sent = { ...state.sent, [ref.name]: number + 1 };
            to(ref).cast({ kind: 'cast', from: name, number, works: work.works });
          } else if (work.kind === 'request') {
            const plan = { replyTo: 'replies', timeoutMs: TIMEOUT_MS, tag: state.asked } as const;
            request(ref, (port) => ({ kind: 'ask', manner: work.manner, reply: port }), plan);
            state.asked += 1;
          } else {
            await effect('before', () => undefined);
            const outcome = await call(ref, (port) => ({ kind: 'ask', manner: work.manner, reply: port }), {
              timeoutMs: TIMEOUT_MS,
            }).catch((error: HoldfastError) => error.code);
            state.outcomes.push(outcome);
          }
          userCode(name);
        }
      },
      replies({ tag }, { state, name }) {
        userCode(name);
        state.answered.push(tag);
      },
    },
  });
}

class Crowd implements Explored {
  readonly graph: Graph;
  readonly #sim: Simulation;
  readonly #script: Script;
  readonly #all: readonly ActorRef<Message>[];
  readonly #outside: string[] = [];
  readonly #sent = new Map<string, number>();

  constructor({ sim, ports, crashPoint }: World, script: Script) {
    this.#sim = sim;
    this.#script = script;
    const actorDefaults = { maxRestarts: Infinity, showstopperAfter: 3, turnTimeoutMs: 20_000 };
    this.graph = new Graph({ name: 'crowd', log: silent, ports, actorDefaults });
    const all: ActorRef<Message>[] = [];
    const definition = actorFor(script.capacity, crashPoint);
    for (let index = 0; index < script.actors; index += 1) {
      all.push(this.graph.spawn(`actor ${index}`, definition, {}, { args: { all } }));
    }
    this.#all = all;
  }

  readonly drive = async (): Promise<void> => {
    this.graph.start();
    const outcomes: Promise<void>[] = [];
    for (const { to, works } of this.#script.orders) {
      const ref = this.#all[to] as ActorRef<Message>;
      const number = this.#sent.get(ref.name) ?? 0;
      this.#sent.set(ref.name, number + 1);
      outcomes.push(ref.cast({ kind: 'cast', from: OUTSIDE, number, works }));
      const call = ref.call((reply) => ({ kind: 'ask', manner: 'reply', reply }), { timeoutMs: TIMEOUT_MS });
      outcomes.push(
        call.then(
          (answer) => void this.#outside.push(answer),
          (error: HoldfastError) => void this.#outside.push(error.code),
        ),
      );
    }
    await this.#sim.runUntil(Promise.all(outcomes));
    await this.#sim.advance(1_000_000); // retries, their delays, and every deadline
    this.graph.checkConservation();
    const { open } = this.graph.snapshot().calls;
    if (open > 0) throw new Error(`${open} calls are still open`);
    this.graph.requestShutdown();
    await this.#sim.runUntil(this.graph.stopped());
  };

  readonly verify = (): string[] => {
    const faults: string[] = [];
    const states = new Map(this.graph.snapshot().actors.map(({ name, state }) => [name, state as Memory | undefined]));
    if (this.#outside.length !== this.#script.orders.length) faults.push(`${this.#outside.length} outcomes outside`);
    const dead = this.graph.deadLetters.list().flatMap(({ payload, channel }) => {
      const message = payload as Message;
      return message.kind === 'cast' ? [{ to: channel.slice(0, channel.lastIndexOf('.')), ...message }] : [];
    });
    const sentBy = (sender: string, target: string): number =>
      (sender === OUTSIDE ? this.#sent.get(target) : states.get(sender)?.sent[target]) ?? 0;
    for (const target of states.keys()) {
      for (const sender of [OUTSIDE, ...states.keys()]) {
        const got = (states.get(target)?.got ?? [])
          .filter((each) => each.startsWith(`${sender} `))
          .map((each) => Number(each.slice(sender.length + 1)));
        const lost = dead.filter(({ from, to }) => from === sender && to === target).map(({ number }) => number);
        if (got.some((number, place) => place > 0 && number <= (got[place - 1] ?? -1))) {
          faults.push(`${target} got from ${sender} ${got.join()}`);
        }
        const all = [...got, ...lost].sort((a, b) => a - b);
        const expected = Array.from({ length: sentBy(sender, target) }, (_, number) => number);
        if (all.join() !== expected.join())
          faults.push(`${sender} sent ${target} ${expected.length}, found ${all.join()}`);
      }
    }
    for (const [name, state] of states) {
      const { asked = 0, answered = [] } = state ?? {};
      const expected = Array.from({ length: asked }, (_, tag) => tag).join();
      const found = answered.toSorted((a, b) => a - b).join();
      if (found !== expected) faults.push(`${name} asked ${asked} times, answers ${found}`);
    }
    return faults;
  };
}

test(
  'random casts, calls and requests: nothing lost, doubled or reordered, and each call has one outcome',
  async () => {
    const coverage = new Coverage();
    for (let seed = FIRST_SEED; seed < FIRST_SEED + times(40); seed += 1) {
      const script = scriptOf(seed);
      const random = {
        budgetMs: Infinity,
        spare: 0,
        seeds: 6,
        kinds: ['crash', 'kill'],
        faultsPerRun: 3,
      } as const;
      coverage.add((await explore((world) => new Crowd(world, script), random)).coverage);
    }
    console.log(String(coverage));
    expect(coverage.crashes).toBeGreaterThan(coverage.runs);
  },
  120_000 * Math.max(1, EFFORT),
);
