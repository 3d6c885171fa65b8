/** Breakers under random failures: whoever sends, and wherever it goes, nothing is lost, doubled or reordered. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defineActor, Graph, input, output } from '../../src/index.ts';
import { Simulation } from '../../src/testing/index.ts';

/** `sender`: 0 and 1 are actors, 2 and 3 cast from outside without waiting for the answer. */
const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('send' as const),
        sender: fc.nat(3),
        count: fc.integer({ min: 1, max: 4 }),
      }),
    },
    fc.record({
      kind: fc.constant('kill' as const),
      actor: fc.constantFrom('shop' as const, 'standIn' as const, 'sender 0' as const, 'sender 1' as const),
    }),
    fc.record({ kind: fc.constant('crash' as const), actor: fc.constantFrom('shop' as const, 'standIn' as const) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 15 }) }),
  ),
  { maxLength: 40 },
);

interface Parcel {
  readonly sender: number;
  readonly n: number;
}

/** Fails once where it is told to; with `pauseMs` it takes its time. */
function shop(capacity: number, faults: Record<string, number>, name: string, pauseMs: number) {
  return defineActor({
    inputs: { mailbox: input<Parcel>({ capacity }) },
    state: () => ({ served: [] as Parcel[] }),
    async run({ inputs: { mailbox }, state, running, next, pause, after }) {
      while (running()) {
        await next(mailbox.avail());
        const parcel = mailbox.take();
        if (parcel === undefined) continue;
        state.served.push(parcel);
        if ((faults[name] ?? 0) > 0) {
          faults[name] = (faults[name] ?? 0) - 1;
          throw new Error('planned');
        }
        await pause(after(pauseMs));
      }
    },
  });
}

const sender = (capacity: number) =>
  defineActor({
    inputs: { mailbox: input<Parcel>({ capacity: 64 }), more: input<Parcel>({ capacity }) },
    outputs: { to: output<Parcel>() },
    on: {
      mailbox: (parcel, { outputs }) => outputs.to.send(parcel),
      more: (parcel, { outputs }) => outputs.to.send(parcel),
    },
  });

test.each([true, false])(
  'B13: random failures with tiny capacities, with a stand-in: %s',
  async (isDiverted) => {
    const seen = { diverted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 2 }), fc.nat(1_000), async (script, capacity, seed) => {
        const sim = new Simulation({ seed });
        const actorDefaults = {
          showstopperAfter: Infinity,
          maxRestarts: Infinity,
          retryBackoff: { minMs: 1, maxMs: 4 },
        };
        const graph = new Graph({ name: 'shops', ports: sim.ports, logLevel: 'silent', actorDefaults });
        const faults: Record<string, number> = {};
        const standIn = graph.spawn('standIn', shop(capacity, faults, 'standIn', 2));
        const breaker = { maxFailures: 1, resetTimeoutMs: 7, ...(isDiverted ? { divertTo: standIn } : {}) };
        const first = graph.spawn('shop', shop(capacity, faults, 'shop', 1), {}, { breaker });
        const senders = [0, 1].map((n) => graph.spawn(`sender ${n}`, sender(capacity), { to: first }));
        const refs = new Map([first, standIn, ...senders].map((ref) => [ref.name, ref]));
        graph.start();
        const sent = [0, 0, 0, 0];
        const refused: Parcel[] = [];
        for (const step of script) {
          switch (step.kind) {
            case 'send':
              for (let count = 0; count < step.count; count += 1) {
                const parcel = { sender: step.sender, n: sent[step.sender] ?? 0 };
                const to = senders[step.sender] ?? first;
                to.cast(parcel).catch(() => refused.push(parcel));
                sent[step.sender] = parcel.n + 1;
              }
              break;
            case 'kill':
              refs.get(step.actor)?.kill();
              break;
            case 'crash':
              faults[step.actor] = 1;
              break;
            case 'wait':
              await sim.advance(step.ms);
          }
        }
        await sim.advance(10_000);
        graph.requestShutdown();
        await sim.runUntil(graph.stopped());
        graph.checkConservation();
        const served = (name: string): readonly Parcel[] =>
          (graph.snapshot().actors.find((actor) => actor.name === name)?.state as { served: Parcel[] } | undefined)
            ?.served ?? [];
        const letters = graph.deadLetters.list();
        expect(letters.filter(({ reason }) => reason !== 'breaker-open')).toEqual([]);
        const places = [served('shop'), served('standIn'), letters.map(({ payload }) => payload as Parcel), refused];
        for (let from = 0; from < sent.length; from += 1) {
          const numbers = places.map((place) => place.filter((parcel) => parcel.sender === from).map(({ n }) => n));
          for (const place of numbers) expect(place).toEqual(place.toSorted((a, b) => a - b));
          expect(numbers.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: sent[from] ?? 0 }, (_, n) => n));
        }
        seen.diverted += served('standIn').length;
        seen.refused += refused.length + letters.length;
        if (isDiverted) expect(refused.length + letters.length).toBe(0);
      }),
      { numRuns: 150 },
    );
    expect(isDiverted ? seen.diverted : seen.refused).toBeGreaterThan(0);
  },
  60_000,
);
