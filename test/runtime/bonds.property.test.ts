/**
 * Random graphs of watches and links, random ends, against a plain model: who watches is told of each end once, and linked
 * actors end together as the table in the docs says. Other runs: see test/supervision/model.test.ts.
 */
import {
  type ActorRef,
  defineActor,
  type Down,
  type ExitReason,
  type ExitSignal,
  input,
  type RestartType,
  type WatchRefOptions,
} from 'holdfast';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { watch, type World, world } from './world.ts';

type Ref = ActorRef<Order>;
type Order =
  | { readonly kind: 'link' | 'unlink' | 'unwatch'; readonly ref: Ref; readonly fails: boolean }
  | { readonly kind: 'watch'; readonly ref: Ref; readonly options: WatchRefOptions; readonly fails: boolean }
  | { readonly kind: 'end'; readonly reason: 'crash' | ExitReason };

interface Plan {
  readonly restart: RestartType;
  readonly traps: boolean;
}

type Bond = 'link' | 'unlink' | 'watch' | 'unwatch' | 'listen';
type Op =
  | {
      readonly kind: Bond;
      readonly who: number;
      readonly whom: number;
      readonly incarnations: boolean;
      readonly fails: boolean;
    }
  | { readonly kind: 'end'; readonly who: number; readonly how: 'crash' | 'kill' | 'normal' | 'shutdown' };

const plan: fc.Arbitrary<Plan> = fc.record({
  restart: fc.constantFrom<RestartType>('permanent', 'transient', 'temporary'),
  traps: fc.boolean(),
});

const index = fc.nat(5);
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom<Bond>('link', 'link', 'unlink', 'watch', 'watch', 'unwatch', 'listen'),
      who: index,
      whom: index,
      incarnations: fc.boolean(),
      fails: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      who: index,
      how: fc.constantFrom('crash', 'kill', 'normal', 'shutdown'),
    }),
  },
);

/** What an actor is told, `Down` and `ExitSignal` alike. */
const textOf = ({ kind, actor, regeneration, exit, missed }: Down | ExitSignal): string =>
  `${kind} ${actor}.${regeneration} ${exit.kind}${missed === 0 ? '' : ` +${missed}`}`;

/** What ought to happen. */
class Model {
  readonly actors: {
    readonly plan: Plan;
    regeneration: number;
    isGone: boolean;
    readonly links: Set<number>;
    /** Whom it watches; true: each incarnation of it. */
    readonly watches: Map<number, boolean>;
    /** Code outside that watches it, each with its number. */
    readonly listeners: { readonly number: number; readonly incarnations: boolean }[];
  }[];
  /** By the actor that is told, and by the number of code outside that is. */
  readonly told = new Map<string, string[]>();
  readonly ends: string[] = [];
  #listeners = 0;

  constructor(plans: readonly Plan[]) {
    this.actors = plans.map((each) => ({
      plan: each,
      regeneration: 0,
      isGone: false,
      links: new Set<number>(),
      watches: new Map<number, boolean>(),
      listeners: [],
    }));
  }

  bond(kind: Bond, who: number, whom: number, incarnations: boolean): void {
    const [self, other] = [this.#at(who), this.#at(whom)];
    if (kind === 'link' && who !== whom) {
      if (other.isGone) this.#signal(who, whom, 'gone');
      else {
        self.links.add(whom);
        other.links.add(who);
      }
    } else if (kind === 'unlink') {
      self.links.delete(whom);
      other.links.delete(who);
    } else if (kind === 'watch') {
      if (other.isGone) this.#tell(`a${who}`, 'down', whom, 'gone');
      else self.watches.set(whom, incarnations);
    } else if (kind === 'unwatch') self.watches.delete(whom);
    else if (kind === 'listen') {
      this.#listeners += 1;
      if (other.isGone) this.#tell(`l${this.#listeners}`, 'down', whom, 'gone');
      else other.listeners.push({ number: this.#listeners, incarnations });
    }
  }

  end(who: number, kind: string): void {
    const self = this.#at(who);
    this.ends.push(`a${who}.${self.regeneration} ${kind}`);
    const linked = [...self.links].map((other) => ({ other, regeneration: this.#at(other).regeneration }));
    for (const { other } of linked) this.#at(other).links.delete(who);
    self.links.clear();
    const { restart } = self.plan;
    const isFailure = kind === 'crashed' || kind === 'killed';
    self.isGone = restart === 'temporary' || (restart === 'transient' && !isFailure);
    for (const [other, { watches }] of this.actors.entries()) {
      if (watches.get(who) === true || (self.isGone && watches.has(who))) this.#tell(`a${other}`, 'down', who, kind);
    }
    for (const { number, incarnations } of self.listeners) {
      if (incarnations || self.isGone) this.#tell(`l${number}`, 'down', who, kind);
    }
    if (self.isGone) {
      self.watches.clear();
      for (const { watches } of this.actors) watches.delete(who);
    }
    // It was told to the incarnation that was linked, which may have ended with another one meanwhile.
    for (const { other, regeneration } of linked) {
      if (this.#at(other).regeneration === regeneration && !this.#at(other).isGone) this.#signal(other, who, kind);
    }
    if (!self.isGone) self.regeneration += 1;
  }

  #signal(who: number, from: number, kind: string): void {
    const { plan: own } = this.#at(who);
    if (own.traps) this.#tell(`a${who}`, 'exit', from, kind);
    else if (kind === 'gone') this.end(who, 'crashed');
    else if (kind !== 'normal') this.end(who, kind);
  }

  #tell(whom: string, what: 'down' | 'exit', of: number, kind: string): void {
    const told = this.told.get(whom) ?? [];
    this.told.set(whom, [...told, `${what} a${of}.${this.#at(of).regeneration} ${kind}`]);
  }

  #at(place: number): Model['actors'][number] {
    return this.actors[place] as Model['actors'][number];
  }
}

class Played {
  readonly w: World;
  readonly refs: Ref[];
  readonly told = new Map<string, string[]>();
  #listeners = 0;

  constructor(plans: readonly Plan[], seed: number) {
    this.w = world({ actorDefaults: { maxRestarts: Infinity, showstopperAfter: 1 } }, { schedule: 'random', seed });
    this.refs = plans.map(({ restart, traps }, place) => {
      return this.w.graph.spawn(`a${place}`, this.#definition(`a${place}`, traps), {}, { restart });
    });
    this.w.graph.spawn(
      'keeper',
      defineActor({ inputs: { mailbox: input<string>({ capacity: 1 }) }, on: { mailbox() {} } }),
    );
    this.w.graph.start();
  }

  #definition(name: string, traps: boolean) {
    const told = (message: Down | ExitSignal): void => this.tell(name, message);
    return defineActor({
      inputs: { mailbox: input<Order | Down | ExitSignal>({ capacity: 64 }) },
      ...(traps && { trapExits: 'mailbox' as const }),
      on: {
        mailbox(order, ctx) {
          switch (order.kind) {
            case 'down':
            case 'exit':
              told(order);
              return;
            case 'watch':
              ctx.watch(order.ref, { to: 'mailbox', ...order.options });
              break;
            case 'link':
            case 'unlink':
            case 'unwatch':
              ctx[order.kind](order.ref);
              break;
            case 'end':
              if (order.reason === 'crash') throw new Error('crash');
              ctx.exit(order.reason);
              return;
          }
          if (order.fails) throw new Error('undone');
        },
      },
    });
  }

  tell(whom: string, message: Down | ExitSignal): void {
    this.told.set(whom, [...(this.told.get(whom) ?? []), textOf(message)]);
  }

  async do(each: Op): Promise<void> {
    const ref = this.refs[each.who] as Ref;
    if (each.kind === 'end') {
      if (each.how === 'kill') ref.kill();
      else await ref.cast({ kind: 'end', reason: each.how });
    } else {
      const other = this.refs[each.whom] as Ref;
      const { kind, fails, incarnations } = each;
      const options = { incarnations };
      if (kind === 'listen') {
        this.#listeners += 1;
        const name = `l${this.#listeners}`;
        other.watch((down) => this.tell(name, down), options);
      } else await ref.cast(kind === 'watch' ? { kind, ref: other, options, fails } : { kind, ref: other, fails });
    }
    await this.w.sim.advance(60_000); // those that fail with each other again and again wait before they begin again
  }

  get ends(): string[] {
    return this.w.events.flatMap((event) => {
      return event.kind === 'actorStopped' ? [`${event.actor}.${event.regeneration} ${event.exit.kind}`] : [];
    });
  }
}

const EXITS = { crash: 'crashed', kill: 'killed', normal: 'normal', shutdown: 'shutdown' } as const;
const sorted = (lines: readonly string[]): string[] => [...lines].sort();
const byName = (told: ReadonlyMap<string, readonly string[]>, names: readonly string[]): object =>
  Object.fromEntries(names.map((name) => [name, sorted(told.get(name) ?? [])]));

async function play(plans: readonly Plan[], ops: readonly Op[], seed: number): Promise<Set<string>> {
  const model = new Model(plans);
  const played = new Played(plans, seed);
  await played.w.sim.settle();
  const seen = new Set<string>();
  for (const given of ops) {
    const each = { ...given, who: given.who % plans.length };
    if ('whom' in each) each.whom %= plans.length;
    if (model.actors[each.who]?.isGone === true && each.kind !== 'listen') continue;
    await played.do(each);
    if (each.kind === 'end') model.end(each.who, EXITS[each.how]);
    else if (each.fails && each.kind !== 'listen') model.end(each.who, 'crashed');
    else model.bond(each.kind, each.who, each.whom, each.incarnations);
    expect(sorted(played.ends)).toEqual(sorted(model.ends));
    // One that has ended for good has perhaps been told of what came just before, and perhaps not.
    const names = [...model.told.keys(), ...played.told.keys()].filter((name) => {
      return name.startsWith('l') || model.actors[Number(name.slice(1))]?.isGone === false;
    });
    expect(byName(played.told, names)).toEqual(byName(model.told, names));
    for (const lines of model.told.values()) for (const line of lines) seen.add(line.replace(/a\d\.\d+/, ''));
  }
  for (const [name, lines] of played.told) {
    const allowed = [...(model.told.get(name) ?? [])];
    for (const line of lines) expect(allowed.splice(allowed.indexOf(line), 1)).toEqual([line]);
  }
  played.w.graph.requestShutdown();
  const outcome = watch(played.w.graph.stopped());
  await played.w.sim.runUntil(played.w.graph.stopped());
  expect(outcome.state).toBe('resolved');
  played.w.graph.checkConservation();
  return seen;
}

test('whoever watches is told of each end once, and linked actors end together', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(plan, { minLength: 2, maxLength: 6 }),
      fc.array(op, { minLength: 1, maxLength: 25 }),
      fc.nat(),
      async (plans, ops, seed) => {
        for (const kind of await play(plans, ops, seed)) seen.add(kind);
      },
    ),
    { numRuns: Number(process.env['HOLDFAST_RUNS'] ?? 300), seed: Number(process.env['HOLDFAST_SEED'] ?? 1) },
  );
  // What never happens is not compared.
  const kinds = ['normal', 'shutdown', 'crashed', 'killed', 'gone'];
  expect([...seen].sort()).toEqual(kinds.flatMap((kind) => [`down  ${kind}`, `exit  ${kind}`]).sort());
}, 120_000);
