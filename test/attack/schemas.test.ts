/**
 * Random schemas of all vendors, random messages, most of which nearly fit, and random crashes.
 *
 * What a schema makes of a message is said a second time here, in a few lines that share nothing with any of the vendors. So
 * whatever fails when: what arrives is what was sent and fits, made into what the schema says, in order; and what does not fit
 * is a dead letter once, in order, or goes back to the sender outside.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type } from 'arktype';
import fc from 'fast-check';
import { type ActorHandle, type Channel, defineActor, Graph, input, type InputSpecs, output } from 'holdfast';
import { type Schedule, SCHEDULES, SeededRandom, Simulation, STEP_POINTS } from 'holdfast/testing';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { checkInvariants, EFFORT, FIRST_SEED, Injected, leftovers, silent, times } from './support.ts';

// --- Shapes, what they mean, and how each vendor says them ----------------------------------------------------------

type Shape =
  | { readonly kind: 'integer'; readonly min: number }
  | { readonly kind: 'text'; readonly max: number }
  /** Digits, which become a number. */
  | { readonly kind: 'numeral' }
  | { readonly kind: 'flag' }
  | { readonly kind: 'choice' }
  | { readonly kind: 'list'; readonly max: number; readonly of: Shape }
  /** Keys that are not declared are left out; `extra` is 7 where it is missing. */
  | { readonly kind: 'record'; readonly of: Readonly<Record<string, Shape>>; readonly hasExtra: boolean };

const NO_FIT: unique symbol = Symbol('no fit');

/** What a schema of this shape makes of a value. */
function made(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value) && value >= shape.min ? value : NO_FIT;
    case 'text':
      return typeof value === 'string' && value.length <= shape.max ? value : NO_FIT;
    case 'numeral':
      return typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : NO_FIT;
    case 'flag':
      return typeof value === 'boolean' ? value : NO_FIT;
    case 'choice':
      return value === 'x' || value === 'y' ? value : NO_FIT;
    case 'list': {
      if (!Array.isArray(value) || value.length > shape.max) return NO_FIT;
      const items = value.map((item) => made(shape.of, item));
      return items.includes(NO_FIT) ? NO_FIT : items;
    }
    case 'record':
      return madeRecord(shape, value);
  }
}

function madeRecord({ of, hasExtra }: Shape & { readonly kind: 'record' }, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return NO_FIT;
  const given = value as Readonly<Record<string, unknown>>;
  const result: Record<string, unknown> = {};
  for (const [key, shape] of Object.entries(of)) {
    result[key] = Object.hasOwn(given, key) ? made(shape, given[key]) : NO_FIT;
    if (result[key] === NO_FIT) return NO_FIT;
  }
  if (hasExtra) result['extra'] = Object.hasOwn(given, 'extra') ? given['extra'] : 7;
  return hasExtra && !Number.isInteger(result['extra']) ? NO_FIT : result;
}

type AnySchema = StandardSchemaV1<unknown, unknown>;

const mapped = <T>(of: Readonly<Record<string, Shape>>, one: (shape: Shape) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(of).map(([key, shape]) => [key, one(shape)]));

function zod(shape: Shape): z.ZodType {
  switch (shape.kind) {
    case 'integer':
      return z.number().int().min(shape.min);
    case 'text':
      return z.string().max(shape.max);
    case 'numeral':
      return z
        .string()
        .regex(/^\d{1,6}$/)
        .transform(Number);
    case 'flag':
      return z.boolean();
    case 'choice':
      return z.enum(['x', 'y']);
    case 'list':
      return z.array(zod(shape.of)).max(shape.max);
    case 'record':
      return z.object({ ...mapped(shape.of, zod), ...(shape.hasExtra ? { extra: z.number().int().default(7) } : {}) });
  }
}

type Valibot = v.BaseSchema<unknown, unknown, v.BaseIssue<unknown>>;
function valibot(shape: Shape): Valibot {
  switch (shape.kind) {
    case 'integer':
      return v.pipe(v.number(), v.integer(), v.minValue(shape.min));
    case 'text':
      return v.pipe(v.string(), v.maxLength(shape.max));
    case 'numeral':
      return v.pipe(v.string(), v.regex(/^\d{1,6}$/), v.transform(Number));
    case 'flag':
      return v.boolean();
    case 'choice':
      return v.picklist(['x', 'y']);
    case 'list':
      return v.pipe(v.array(valibot(shape.of)), v.maxLength(shape.max));
    case 'record': {
      const entries: Record<string, Valibot> = mapped(shape.of, valibot);
      if (shape.hasExtra) entries['extra'] = v.optional(v.pipe(v.number(), v.integer()), 7);
      return v.object(entries);
    }
  }
}

/** Of arktype, whose types follow from texts that are only known at run time here. */
type Ark = { array(): Ark & { atMostLength(max: number): Ark }; onUndeclaredKey(what: 'delete'): Ark } & AnySchema;
function arktype(shape: Shape): Ark {
  const ark = type as (definition: unknown) => Ark;
  switch (shape.kind) {
    case 'integer':
      return ark(`number.integer >= ${shape.min}`);
    case 'text':
      return ark(`string <= ${shape.max}`);
    case 'numeral':
      return type(/^\d{1,6}$/).pipe(Number);
    case 'flag':
      return ark('boolean');
    case 'choice':
      return ark("'x' | 'y'");
    case 'list':
      return arktype(shape.of).array().atMostLength(shape.max);
    case 'record':
      return ark({
        ...mapped(shape.of, arktype),
        ...(shape.hasExtra ? { extra: 'number.integer = 7' } : {}),
      }).onUndeclaredKey('delete');
  }
}

const VENDORS: Readonly<Record<string, (shape: Shape) => AnySchema>> = { zod, valibot, arktype };

// --- Random plans ---------------------------------------------------------------------------------------------------

const { tree } = fc.letrec<{ tree: Shape; leaf: Shape }>((tie) => ({
  leaf: fc.oneof(
    fc.record({ kind: fc.constant('integer' as const), min: fc.integer({ min: -2, max: 2 }) }),
    fc.record({ kind: fc.constant('text' as const), max: fc.integer({ min: 0, max: 4 }) }),
    fc.constantFrom<Shape>({ kind: 'numeral' }, { kind: 'flag' }, { kind: 'choice' }),
  ),
  tree: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    tie('leaf'),
    fc.record({ kind: fc.constant('list' as const), max: fc.integer({ min: 1, max: 3 }), of: tie('tree') }),
    fc.record({
      kind: fc.constant('record' as const),
      of: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('tree'), { minKeys: 1, maxKeys: 3 }),
      hasExtra: fc.boolean(),
    }),
  ),
}));

const anything = fc.oneof(
  fc.integer({ min: -3, max: 9 }),
  fc.constantFrom('', 'x', '12', 'long text', null, true, 0.5),
  fc.array(fc.constantFrom(1, 'x'), { maxLength: 2 }),
  fc.dictionary(fc.constantFrom('a', 'extra', 'stray'), fc.constantFrom(1, 'x', '7'), { maxKeys: 2 }),
);

/** Values of which most leaves fit. */
function nearly(shape: Shape): fc.Arbitrary<unknown> {
  const fitting = (): fc.Arbitrary<unknown> => {
    switch (shape.kind) {
      case 'integer':
        return fc.integer({ min: shape.min, max: 5 });
      case 'text':
        return fc.string({ maxLength: shape.max });
      case 'numeral':
        return fc.nat({ max: 999_999 }).map(String);
      case 'flag':
        return fc.boolean();
      case 'choice':
        return fc.constantFrom('x', 'y');
      case 'list':
        return fc.array(nearly(shape.of), { maxLength: shape.max });
      case 'record': {
        const keys: Record<string, fc.Arbitrary<unknown>> = mapped(shape.of, nearly);
        const requiredKeys = Object.keys(keys);
        if (shape.hasExtra) Object.assign(keys, { extra: fc.integer(), stray: fc.constant('left out') });
        return fc.record(keys, { requiredKeys });
      }
    }
  };
  return fc.oneof({ weight: 7, arbitrary: fitting() }, { weight: 1, arbitrary: anything });
}

type Out = 'b' | 'c';

/** A message for the actor, and what it sends when it takes it. */
interface Item {
  readonly body: unknown;
  readonly sends: readonly { readonly to: Out; readonly body: unknown }[];
}

interface Plan {
  readonly shapes: Readonly<Record<'a' | Out, Shape>>;
  readonly fed: readonly Item[];
  readonly fromOutside: readonly Item[];
  readonly style: (typeof STYLES)[number];
  readonly capacity: number;
  /** Room in the outputs beyond what a turn needs at the most. */
  readonly slack: number;
  readonly letters: number;
  readonly faults: number;
  readonly seed: number;
  readonly schedule: Schedule;
}

const STYLES = ['handler', 'async', 'next', 'tryNext', 'several'] as const;

const plans: fc.Arbitrary<Plan> = fc.record({ a: tree, b: tree, c: tree }).chain((shapes) => {
  const sends = fc.oneof(
    fc.record({ to: fc.constant('b' as const), body: nearly(shapes.b) }),
    fc.record({ to: fc.constant('c' as const), body: nearly(shapes.c) }),
  );
  const items = fc.array(fc.record({ body: nearly(shapes.a), sends: fc.array(sends, { maxLength: 4 }) }), {
    maxLength: 8,
  });
  return fc.record({
    shapes: fc.constant(shapes),
    fed: items,
    fromOutside: items,
    style: fc.constantFrom(...STYLES),
    capacity: fc.integer({ min: 1, max: 4 }),
    slack: fc.integer({ min: 0, max: 2 }),
    letters: fc.integer({ min: 1, max: 4 }),
    faults: fc.integer({ min: 0, max: 6 }),
    seed: fc.nat(),
    schedule: fc.constantFrom(...SCHEDULES),
  });
});

// --- A graph that does what a plan says -----------------------------------------------------------------------------

interface Carried {
  readonly n: number;
  readonly body: unknown;
}

/** Messages carry the number of their item, so that it is known whose they are. */
function carrying(shape: Shape): Shape {
  return { kind: 'record', of: { n: { kind: 'integer', min: 0 }, body: shape }, hasExtra: false };
}

class Run {
  readonly #plan: Plan;
  readonly #vendor: (shape: Shape) => AnySchema;
  readonly #items: readonly Item[];
  readonly #sim: Simulation;
  readonly #graph: Graph;
  readonly #random: SeededRandom;
  readonly #arrived: Record<Out, unknown[]> = { b: [], c: [] };
  readonly #letters: { channel: string; payload: unknown }[] = [];
  #faultsLeft: number;
  #running = false;
  faults = 0;

  constructor(plan: Plan, vendor: (shape: Shape) => AnySchema) {
    this.#plan = plan;
    this.#vendor = vendor;
    this.#items = [...plan.fed, ...plan.fromOutside];
    this.#faultsLeft = plan.faults;
    this.#random = new SeededRandom(plan.seed ^ 0x5c4e3a);
    this.#sim = new Simulation({ seed: plan.seed, schedule: plan.schedule });
    this.#graph = new Graph({
      name: 'schemas',
      log: silent,
      ports: this.#sim.ports,
      deadLetters: { capacity: plan.letters },
      actorDefaults: { maxRestarts: Infinity, showstopperAfter: Infinity },
    });
  }

  async run(): Promise<void> {
    const { fed, fromOutside, capacity, shapes } = this.#plan;
    const graph = this.#graph;
    const a = graph.channel('a', { capacity, schema: this.#vendor(carrying(shapes.a)) });
    const outs = { b: this.#output('b'), c: this.#output('c') };
    graph.feed(
      'feed',
      fed.map((item, n) => ({ n, body: item.body })),
      a,
    );
    const actor = graph.actor('actor', this.#definition(), { a, ...outs });
    for (const name of ['b', 'c'] as const) {
      graph.sink(`sink ${name}`, outs[name], (message) => void this.#arrived[name].push(message));
    }
    graph.deadLetters.subscribe(({ channel, payload, reason, issues, text, actor: sender }) => {
      this.#letters.push({ channel, payload });
      expect([reason, sender]).toEqual(['invalid', channel === 'a' ? 'feed' : 'actor']);
      expect(issues.length).toBeGreaterThan(0);
      expect(text).not.toBe('');
      structuredClone(issues);
    });
    graph.setProbe((point) => {
      checkInvariants(graph);
      this.#perhapsFail(STEP_POINTS[point] === 'throw', actor);
    });
    graph.start();
    this.#running = true;
    const messages = fromOutside.map((item, index) => ({ n: fed.length + index, body: item.body }));
    const outcomes = messages.map((message) =>
      a.send(message).then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    const answers = this.#answers(outcomes);
    const stopped = this.#outcome(
      Promise.all(outcomes)
        .then(() => a.close())
        .then(() => graph.stopped()),
    );
    await this.#toTheEnd(stopped);
    expect(stopped.error).toBeUndefined();
    expect(leftovers(graph, this.#sim)).toEqual([]);
    this.#compare(messages, await answers);
  }

  #answers(outcomes: readonly Promise<unknown>[]): Promise<unknown[]> {
    return Promise.all(outcomes);
  }

  #outcome(promise: Promise<unknown>): { settled: boolean; error: unknown } {
    const outcome = { settled: false, error: undefined as unknown };
    promise.then(
      () => (outcome.settled = true),
      (error: unknown) => Object.assign(outcome, { settled: true, error }),
    );
    return outcome;
  }

  /** Full dead letters hold everybody up until somebody makes room. */
  async #toTheEnd(stopped: { readonly settled: boolean }): Promise<void> {
    for (let round = 0; round < 400 && !stopped.settled; round += 1) {
      await this.#sim.advance(1_000);
      if (this.#graph.status !== 'stopped') this.#graph.deadLetters.discard({});
    }
    if (!stopped.settled) throw new Error('it never comes to rest');
  }

  #output(name: Out): Channel<unknown> {
    const { slack, style, shapes } = this.#plan;
    const most = Math.max(1, ...this.#items.map(({ sends }) => sends.filter(({ to }) => to === name).length));
    const capacity = (style === 'several' ? 2 * most : most) + slack;
    const schema = this.#vendor(carrying(shapes[name]));
    const { validate } = schema['~standard'];
    // The code of a schema may fail as well, as any that is called in a turn.
    const fallible = (value: unknown): ReturnType<typeof validate> => {
      this.#perhapsFail(true, undefined);
      return validate(value);
    };
    return this.#graph.channel(name, {
      capacity,
      schema: { '~standard': { ...schema['~standard'], version: 1, vendor: 'test', validate: fallible } },
    });
  }

  #perhapsFail(mayThrow: boolean, actor: ActorHandle<InputSpecs> | undefined): void {
    if (!this.#running || this.#faultsLeft === 0 || this.#random.next() > 0.1) return;
    this.#faultsLeft -= 1;
    this.faults += 1;
    if (mayThrow && (actor === undefined || this.#random.next() < 0.5)) throw new Injected('here');
    actor?.kill('by the attack');
  }

  #definition() {
    const { style } = this.#plan;
    const ports = {
      inputs: { a: input<unknown>() },
      outputs: { b: output<unknown>(), c: output<unknown>() },
      state: (): { taken: unknown[] } => ({ taken: [] }),
    };
    type Sending = { send(message: unknown): void; sendMany(messages: Iterable<unknown>): void };
    type Turn = { readonly state: { taken: unknown[] }; readonly outputs: Readonly<Record<Out, Sending>> };
    const pass = (message: unknown, { state, outputs }: Turn): void => {
      const { n } = message as Carried;
      state.taken.push(message);
      const sends = (this.#items[n] as Item).sends.map(({ to, body }) => ({ to, message: { n, body } }));
      if (n % 2 === 0) for (const { to, message: sent } of sends) outputs[to].send(sent);
      else {
        for (const name of ['b', 'c'] as const)
          outputs[name].sendMany(sends.filter(({ to }) => to === name).map(({ message: sent }) => sent));
      }
    };
    switch (style) {
      case 'handler':
        return defineActor({ ...ports, on: { a: pass } });
      case 'async':
        return defineActor({
          ...ports,
          on: {
            async a(message, ctx) {
              await ctx.effect('before', () => undefined);
              pass(message, ctx);
              await Promise.resolve();
            },
          },
        });
      case 'next':
      case 'tryNext':
      case 'several':
        return defineActor({
          ...ports,
          async run(ctx) {
            const some = ctx.inputs.a.avail();
            while (ctx.running()) {
              if (style === 'tryNext') void (ctx.tryNext(some) ?? (await ctx.next(some)));
              else await ctx.next(some);
              for (const message of ctx.inputs.a.takeMany(style === 'several' ? 2 : 1)) pass(message, ctx);
            }
          },
        });
    }
  }

  // --- What must have come out --------------------------------------------------------------------------------------

  #compare(fromOutside: readonly Carried[], answers: readonly unknown[]): void {
    const { fed, shapes } = this.#plan;
    const shape = carrying(shapes.a);
    const fromFeed = fed.map(({ body }, n): Carried => ({ n, body }));
    const { taken } = this.#graph.snapshot().actors[0]?.state as { taken: Carried[] };
    const isFed = ({ n }: Carried): boolean => n < fed.length;
    expect(taken.filter(isFed)).toEqual(fitting(shape, fromFeed));
    expect(taken.filter((message) => !isFed(message))).toEqual(fitting(shape, fromOutside));
    expect(this.#buried('a')).toEqual(misfits(shape, fromFeed));
    fromOutside.forEach((message, index) => {
      const answer = answers[index] as { code: string; details: { undelivered: unknown } } | undefined;
      expect(answer?.code).toBe(made(shape, message) === NO_FIT ? 'ERR_INVALID_MESSAGE' : undefined);
      if (answer !== undefined) expect(answer.details.undelivered).toBe(message);
    });
    this.#compareOutputs(taken);
    const { channels } = this.#graph.snapshot();
    for (const { name, sent, taken: count, deadLettered } of channels) {
      expect(deadLettered).toBe(this.#buried(name).length);
      expect(sent).toBe(count + deadLettered);
    }
  }

  #compareOutputs(taken: readonly Carried[]): void {
    for (const name of ['b', 'c'] as const) {
      const shape = carrying(this.#plan.shapes[name]);
      const sent = taken.flatMap(({ n }) =>
        (this.#items[n] as Item).sends.filter(({ to }) => to === name).map(({ body }): Carried => ({ n, body })),
      );
      expect(this.#arrived[name]).toEqual(fitting(shape, sent));
      expect(this.#buried(name)).toEqual(misfits(shape, sent));
    }
  }

  #buried(name: string): unknown[] {
    return this.#letters.filter(({ channel }) => channel === name).map(({ payload }) => payload);
  }
}

function fitting(shape: Shape, messages: readonly unknown[]): unknown[] {
  return messages.map((message) => made(shape, message)).filter((output) => output !== NO_FIT);
}

function misfits(shape: Shape, messages: readonly unknown[]): unknown[] {
  return messages.filter((message) => made(shape, message) === NO_FIT);
}

describe.each(Object.entries(VENDORS))('random schemas of %s', (name, vendor) => {
  test('and what is said of them here agree', () => {
    let fits = 0;
    let values = 0;
    fc.assert(
      fc.property(
        tree.chain((shape) => fc.record({ shape: fc.constant(shape), value: nearly(shape) })),
        ({ shape, value }) => {
          const answer = vendor(shape)['~standard'].validate(value) as { issues?: unknown; value?: unknown };
          values += 1;
          if (answer.issues === undefined) fits += 1;
          expect(answer.issues === undefined ? answer.value : NO_FIT).toEqual(made(shape, value));
        },
      ),
      { seed: FIRST_SEED, numRuns: times(300) },
    );
    expect(fits).toBeGreaterThan(values / 4);
    expect(fits).toBeLessThan(values);
  });

  test(
    'lose, double and reorder nothing, whatever fits and whatever fails',
    async () => {
      let faults = 0;
      await fc.assert(
        fc.asyncProperty(plans, async (plan) => {
          const run = new Run(plan, vendor);
          await run.run();
          faults += run.faults;
        }),
        { seed: FIRST_SEED, numRuns: times(120) },
      );
      console.log(`random schemas of ${name}: ${times(120)} runs, ${faults} faults`);
      expect(faults).toBeGreaterThan(times(120) / 2);
    },
    60_000 * Math.max(1, EFFORT),
  );
});
