/** Links: actors that end together, as in Erlang. */
import { type ActorOptions, type ActorRef, defineActor, type ExitSignal, Graph, input } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { actorOf, channelOf, stopCleanly, type World, world } from './world.ts';

type Ref = ActorRef<never>;
type Word =
  | { readonly kind: 'link' | 'unlink'; readonly ref: Ref; readonly fails?: boolean }
  | { readonly kind: 'crash' | 'exit' | 'work' | 'hang' };

/** @param trapped - What it is told, where it traps exits. */
function linker(w: World, trapped?: ExitSignal[]) {
  const obey = (
    word: Word,
    ctx: {
      link(ref: Ref): void;
      unlink(ref: Ref): void;
      exit(): void;
      effect(name: string, run: () => Promise<void>): Promise<void>;
    },
  ): Promise<void> | void => {
    if (word.kind === 'link') ctx.link(word.ref);
    else if (word.kind === 'unlink') ctx.unlink(word.ref);
    else if (word.kind === 'exit') ctx.exit();
    else if (word.kind === 'hang') return ctx.effect('hang', () => w.sim.clock.sleep(1_000));
    if (word.kind === 'crash' || ('fails' in word && word.fails === true)) throw new Error(word.kind);
  };
  if (trapped === undefined) {
    return defineActor({ inputs: { mailbox: input<Word>({ capacity: 8 }) }, on: { mailbox: obey } });
  }
  return defineActor({
    inputs: { mailbox: input<Word | ExitSignal>({ capacity: 8 }) },
    trapExits: 'mailbox',
    on: { mailbox: (word, ctx) => (word.kind === 'exit' && 'ref' in word ? void trapped.push(word) : obey(word, ctx)) },
  });
}

const ONCE: ActorOptions = { restart: 'temporary', showstopperAfter: 1 };

interface Options {
  readonly a?: ActorOptions;
  readonly b?: ActorOptions;
  /** Both are traps. */
  readonly traps?: boolean;
}

function pair({ a = ONCE, b = ONCE, traps = false }: Options = {}) {
  const w = world();
  const trapped: ExitSignal[] = [];
  const one = w.graph.spawn('a', linker(w), {}, a) as ActorRef<Word>;
  const two = w.graph.spawn('b', linker(w, traps ? trapped : undefined), {}, b) as ActorRef<Word>;
  w.graph.start();
  const tell = async (ref: ActorRef<Word>, word: Word): Promise<void> => {
    await ref.cast(word);
    await w.sim.advance(0);
  };
  const trace = () =>
    w.events.flatMap((event) => {
      if (event.kind === 'actorStarted') return [`+${event.actor}.${event.regeneration + 1}`];
      if (event.kind === 'actorStopped') return [`-${event.actor}.${event.regeneration + 1}:${event.exit.kind}`];
      return [];
    });
  return { ...w, a: one, b: two, tell, trace, trapped };
}

describe('a linked actor', () => {
  test('E5: hears nothing of a normal end', async () => {
    const w = pair();
    await w.tell(w.a, { kind: 'link', ref: w.b });
    await w.tell(w.a, { kind: 'exit' });
    expect(w.trace()).toEqual(['+a.1', '+b.1', '-a.1:normal']);
    await w.tell(w.b, { kind: 'work' });
    await stopCleanly(w);
  });

  test.each([
    ['the one that made the link', 'a', 'b'],
    ['the other one', 'b', 'a'],
  ] as const)('E5: ends with the same error when %s crashes', async (_, first, second) => {
    const w = pair();
    await w.tell(w.a, { kind: 'link', ref: w.b });
    await w.tell(w[first], { kind: 'crash' });
    expect(w.trace()).toEqual(['+a.1', '+b.1', `-${first}.1:crashed`, `-${second}.1:crashed`]);
    const errors = w.events.flatMap((event) => (event.kind === 'actorStopped' ? [event.exit] : []));
    expect(errors[1]).toBe(errors[0]);
    await stopCleanly(w);
  });

  test('ends in its sleep as the other one did, for those who watch it as well', async () => {
    const w = pair();
    const downs: string[] = [];
    w.b.watch(({ actor, exit }) => void downs.push(`${actor} ${exit.kind}`));
    await w.tell(w.a, { kind: 'link', ref: w.b });
    await w.tell(w.a, { kind: 'crash' });
    expect([downs, actorOf(w.graph, 'b').exit]).toEqual([['b crashed'], 'crashed']);
    await stopCleanly(w);
  });

  test('E5: is killed with one that is killed', async () => {
    const w = pair();
    await w.tell(w.a, { kind: 'link', ref: w.b });
    await w.tell(w.b, { kind: 'work' });
    w.a.kill();
    await w.sim.advance(0);
    expect(w.trace()).toEqual(['+a.1', '+b.1', '-a.1:killed', '-b.1:killed']);
    await stopCleanly(w);
  });

  test.each(['crash', 'kill'] as const)(
    'ends while it waits after roll backs, which end no link: by a %s',
    async (end) => {
      const w = world();
      const failing = w.graph.spawn('failing', linker(w), {}, ONCE) as ActorRef<Word>;
      let rolledBack = 0;
      const patient = defineActor({
        inputs: { mailbox: input<'link' | 'try'>({ capacity: 2 }) },
        on: {
          mailbox(word, { link, rollback }) {
            if (word === 'link') return link(failing);
            if (rolledBack === 2) return;
            rolledBack += 1;
            rollback();
          },
        },
      });
      const ref = w.graph.spawn('patient', patient);
      w.graph.start();
      await ref.cast('link');
      await ref.cast('try');
      await w.sim.settle();
      expect([actorOf(w.graph, 'patient').phase, rolledBack]).toEqual(['delayed', 2]);
      const { regeneration } = actorOf(w.graph, 'patient');
      if (end === 'kill') failing.kill();
      else await failing.cast({ kind: 'crash' });
      await w.sim.settle();
      const ends = w.events.flatMap((event) => (event.kind === 'actorStopped' ? [[event.actor, event.exit.kind]] : []));
      const kind = end === 'kill' ? 'killed' : 'crashed';
      expect(ends).toEqual([
        ['failing', kind],
        ['patient', kind],
      ]);
      await w.sim.advance(60_000);
      expect(actorOf(w.graph, 'patient')).toMatchObject({ phase: 'idle', regeneration: regeneration + 1 }); // by its supervisor, once
      await stopCleanly(w);
    },
  );

  test('E5: ends also while it does nothing, has never done anything, or is in the middle of a turn', async () => {
    for (const busy of ['never', 'idle', 'hang'] as const) {
      const w = pair({ b: { restart: 'temporary' } });
      await w.tell(w.a, { kind: 'link', ref: w.b });
      if (busy === 'idle') await w.tell(w.b, { kind: 'work' });
      if (busy === 'hang') await w.tell(w.b, { kind: 'hang' });
      await w.tell(w.a, { kind: 'crash' });
      expect(w.trace()).toEqual(['+a.1', '+b.1', '-a.1:crashed', '-b.1:crashed']);
      if (busy === 'hang') expect(w.graph.deadLetters.list()).toHaveLength(2); // its message, and that of `a`
      await stopCleanly(w);
    }
  });

  test('E5: with trapExits gets a message instead, whatever the end, and goes on', async () => {
    for (const [end, kind] of [
      ['exit', 'normal'],
      ['crash', 'crashed'],
      ['kill', 'killed'],
    ] as const) {
      const w = pair({ traps: true });
      await w.tell(w.b, { kind: 'link', ref: w.a });
      await w.tell(w.a, { kind: 'work' });
      if (end === 'kill') w.a.kill();
      else await w.tell(w.a, { kind: end });
      await w.sim.advance(0);
      expect(w.trapped).toMatchObject([{ kind: 'exit', actor: 'a', regeneration: 0, exit: { kind }, missed: 0 }]);
      expect(w.trapped[0]?.ref).toBe(w.a);
      expect(w.trace().filter((line) => line.startsWith('-b'))).toEqual([]);
      await stopCleanly(w);
    }
  });

  test('E6: with one that has ended fails at once; with trapExits it is told', async () => {
    const w = pair();
    await w.tell(w.b, { kind: 'exit' });
    await w.tell(w.a, { kind: 'link', ref: w.b });
    expect(w.trace()).toEqual(['+a.1', '+b.1', '-b.1:normal', '-a.1:crashed']);
    const last = w.events.findLast((event) => event.kind === 'actorStopped');
    expect(last).toMatchObject({ exit: { error: { code: 'ERR_LINK_GONE', details: { actor: 'a', other: 'b' } } } });
    await stopCleanly(w);
    const trap = pair({ traps: true });
    await trap.tell(trap.a, { kind: 'exit' });
    await trap.tell(trap.b, { kind: 'link', ref: trap.a });
    expect(trap.trapped).toMatchObject([{ actor: 'a', exit: { kind: 'gone' } }]);
    await stopCleanly(trap);
  });

  test('is linked by its incarnation: the next one has no links', async () => {
    const w = pair({ a: { showstopperAfter: 1 }, b: { showstopperAfter: 1 } });
    await w.tell(w.a, { kind: 'link', ref: w.b });
    await w.tell(w.a, { kind: 'crash' });
    const once = ['+a.1', '+b.1', '-a.1:crashed', '+a.2', '-b.1:crashed', '+b.2'];
    expect([...w.trace()].sort()).toEqual([...once].sort());
    await w.tell(w.b, { kind: 'crash' });
    expect(w.trace().slice(once.length)).toEqual(['-b.2:crashed', '+b.3']);
    await stopCleanly(w);
  });

  test('is linked once, however often; itself, never', async () => {
    const w = pair({ traps: true });
    await w.tell(w.b, { kind: 'link', ref: w.a });
    await w.tell(w.b, { kind: 'link', ref: w.a });
    await w.tell(w.a, { kind: 'link', ref: w.b });
    await w.tell(w.a, { kind: 'link', ref: w.a });
    await w.tell(w.a, { kind: 'crash' });
    expect(w.trapped).toHaveLength(1);
    await stopCleanly(w);
  });

  test('hears nothing after unlink, whoever of the two asks for it', async () => {
    for (const who of ['a', 'b'] as const) {
      const w = pair();
      await w.tell(w.a, { kind: 'link', ref: w.b });
      await w.tell(w[who], { kind: 'unlink', ref: who === 'a' ? w.b : w.a });
      await w.tell(w.a, { kind: 'crash' });
      expect(w.trace()).toEqual(['+a.1', '+b.1', '-a.1:crashed']);
      await stopCleanly(w);
    }
  });

  test('takes the message of a link back that waits in its input when it unlinks', async () => {
    const w = pair({ traps: true });
    await w.tell(w.b, { kind: 'link', ref: w.a });
    await w.tell(w.b, { kind: 'hang' });
    await w.tell(w.a, { kind: 'crash' }); // what is told of that stands in the mailbox
    expect(channelOf(w.graph, 'b.mailbox').inFlight).toBe(2);
    const { links } = w.graph.backstage.core;
    const { cells, channels } = w.graph.backstage;
    const [a, b, ring] = [cells.get('a'), cells.get('b'), channels.get('b.mailbox')?.ring()];
    if (a === undefined || b === undefined || ring === undefined) throw new Error('no such actor');
    links.unlink(b, a, [ring]);
    await w.sim.advance(2_000);
    expect(w.trapped).toEqual([]);
    await stopCleanly(w);
  });

  test('is linked and unlinked by turns that commit, and by no other', async () => {
    const w = pair({ a: { showstopperAfter: 1 }, b: ONCE });
    await w.tell(w.a, { kind: 'link', ref: w.b, fails: true });
    await w.tell(w.a, { kind: 'crash' });
    expect(w.trace().filter((line) => line.startsWith('-b'))).toEqual([]);
    await w.tell(w.a, { kind: 'link', ref: w.b });
    // The turn fails, and so its incarnation, which takes the link with it.
    await w.tell(w.a, { kind: 'unlink', ref: w.b, fails: true });
    expect(w.trace().filter((line) => line.startsWith('-b'))).toEqual(['-b.1:crashed']);
    await stopCleanly(w);
  });

  test('C16: two that are linked to each other end together when one is stopped, each once', async () => {
    const w = world();
    const handle = w.graph.supervisor('desk', { strategy: 'oneForOne' }, (desk) => ({
      a: desk.spawn('a', linker(w)),
      b: desk.spawn('b', linker(w), {}, { restart: 'temporary' }),
    }));
    w.graph.start();
    await w.sim.advance(0);
    await handle.a.cast({ kind: 'link', ref: handle.b });
    await handle.b.cast({ kind: 'link', ref: handle.a });
    await w.sim.advance(0);
    const done = handle.supervisor.terminate('a');
    await w.sim.runUntil(done);
    await w.sim.advance(0);
    const stopped = w.events.flatMap((event) =>
      event.kind === 'actorStopped' ? [`${event.actor}:${event.exit.kind}`] : [],
    );
    expect(stopped).toEqual(['desk/a:shutdown', 'desk/b:shutdown']);
    await stopCleanly(w);
  });

  test('links itself anew in onStart, and is fit to be linked while the other one begins again', async () => {
    const w = world();
    const { graph } = w;
    const b: ActorRef<Word> = graph.spawn('b', linker(w), {}, { showstopperAfter: 1 });
    const starts = defineActor({
      inputs: { mailbox: input<Word>({ capacity: 8 }) },
      onStart: ({ link, join }) => {
        link(b);
        join('starters');
      },
      on: {
        mailbox({ kind }) {
          if (kind === 'crash') throw new Error('crash');
        },
      },
    });
    const a = graph.spawn('a', starts, {}, { showstopperAfter: 1 });
    graph.start();
    await w.sim.advance(0);
    expect(graph.groups.members('starters')).toEqual([a]);
    for (const ref of [a, b, a] as ActorRef<Word>[]) {
      await ref.cast({ kind: 'crash' });
      await w.sim.advance(1_000);
    }
    // One crash is one end of each, three times over.
    expect([actorOf(graph, 'a').regeneration, actorOf(graph, 'b').regeneration]).toEqual([3, 3]);
    expect(graph.groups.members('starters')).toEqual([a]);
    await stopCleanly(w);
  });

  test('a chain of links ends as a whole, and messages wait for the next incarnations', async () => {
    const w = world();
    const refs = Array.from(
      { length: 50 },
      (_, n) => w.graph.spawn(`n${n}`, linker(w), {}, { showstopperAfter: 1 }) as ActorRef<Word>,
    );
    w.graph.start();
    for (const [n, ref] of refs.entries()) {
      const next = refs[n + 1];
      if (next !== undefined) await ref.cast({ kind: 'link', ref: next });
    }
    await w.sim.advance(0);
    await refs[25]?.cast({ kind: 'crash' });
    await w.sim.advance(0);
    expect(refs.map(({ name }) => actorOf(w.graph, name).regeneration)).toEqual(refs.map(() => 1));
    w.graph.checkConservation();
    await stopCleanly(w);
  });
});

describe('trapExits', () => {
  test('names an input that is no bundle', () => {
    const on = { mailbox: () => undefined };
    const inputs = { mailbox: input<ExitSignal>({ capacity: 1 }) };
    expect(() => defineActor({ inputs, on, trapExits: 'letters' as 'mailbox' })).toThrow(
      'trapExits names none of its inputs, or a bundle',
    );
    expect(() => defineActor({ inputs, on, trapExits: 'toString' as 'mailbox' })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_DEFINITION' }),
    );
  });

  test('has one message for each other actor wait for room, which says how many it stands for', async () => {
    const w = world();
    const seen: unknown[] = [];
    const trap = defineActor({
      inputs: { exits: input<ExitSignal>({ capacity: 1 }) },
      trapExits: 'exits',
      on: {
        async exits({ regeneration, missed }, { effect }) {
          seen.push([regeneration, missed]);
          await effect('work', () => w.sim.clock.sleep(100));
        },
      },
    });
    const b = w.graph.spawn('b', trap);
    const a = w.graph.spawn('a', linker(w), {}, { showstopperAfter: 1, maxRestarts: Infinity }) as ActorRef<Word>;
    w.graph.start();
    for (let n = 0; n < 5; n += 1) {
      await a.cast({ kind: 'link', ref: b });
      await a.cast({ kind: 'crash' });
      await w.sim.advance(1);
    }
    expect(channelOf(w.graph, 'b.exits').waitingForRoom).toBe(1);
    await w.sim.advance(1_000);
    expect(seen).toEqual([
      [0, 0],
      [4, 3],
    ]);
    await stopCleanly(w);
  });

  test('tells an actor that has slept so far, while the graph stops', async () => {
    const w = world();
    const seen: string[] = [];
    const trap = defineActor({
      inputs: { mailbox: input<ExitSignal>({ capacity: 1 }) },
      trapExits: 'mailbox',
      on: { mailbox: ({ actor, exit }) => void seen.push(`${actor} ${exit.kind}`) },
    });
    const b = w.graph.spawn('b', trap);
    const a = w.graph.spawn('a', linker(w)) as ActorRef<Word>;
    w.graph.start();
    await a.cast({ kind: 'link', ref: b });
    await w.sim.settle();
    await stopCleanly(w); // its mailbox was closed as soon as it was there, and it never ended
    expect(seen).toEqual(['a completed']);
  });

  test('refs of other graphs are refused', async () => {
    const w = pair();
    const other = new Graph({ name: 'other', logLevel: 'silent' }).spawn('x', linker(w));
    await w.tell(w.a, { kind: 'link', ref: other });
    expect(w.graph.deadLetters.list().map(({ error }) => error?.message)).toEqual([
      expect.stringContaining('ctx.link: ref must be a ref of an actor of this graph'),
    ]);
    await stopCleanly(w);
  });
});
