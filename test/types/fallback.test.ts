import type { Graph } from 'holdfast';
import { args, type ChildEventAnswer, defineActor, fallbackTo, input, output, replacement } from 'holdfast';
import { expectTypeOf, test } from 'vitest';

// What must not compile is marked with @ts-expect-error: the type check of the whole tree fails if one of them compiles.

const ports = { inputs: { mailbox: input<string>({ capacity: 4 }) }, outputs: { quotes: output<number>() } };
const on = { mailbox() {} };
const feed = defineActor({ ...ports, on });
const backup = defineActor({ ...ports, args: args<{ readonly from: string }>(), state: () => ({ count: 0 }), on });
const otherInput = defineActor({ ...ports, inputs: { mailbox: input<number>({ capacity: 4 }) }, on });
const otherOutput = defineActor({ ...ports, outputs: { quotes: output<string>() }, on });
const noOutput = defineActor({ inputs: ports.inputs, on });

test('what stands in for an actor has its ports, and is given its arguments', () => {
  const never = (graph: Graph): void => {
    const quotes = graph.channel<number>('quotes', { capacity: 1 });
    const fallback = fallbackTo(backup, { after: 3, args: { from: 'somewhere' } });
    expectTypeOf(graph.spawn('feed', feed, { quotes }, { fallback }).name).toEqualTypeOf<string>();
    graph.actor('actor', feed, { quotes }, { fallback: fallbackTo(feed, { after: 1 }) });
    // @ts-expect-error its arguments are missing
    fallbackTo(backup, { after: 3 });
    // @ts-expect-error they are others
    fallbackTo(backup, { after: 3, args: { from: 7 } });
    // @ts-expect-error it does not say when
    fallbackTo(feed, {});
    // @ts-expect-error it reads numbers
    graph.spawn('a', feed, { quotes }, { fallback: fallbackTo(otherInput, { after: 1 }) });
    // @ts-expect-error it writes strings
    graph.spawn('b', feed, { quotes }, { fallback: fallbackTo(otherOutput, { after: 1 }) });
    // @ts-expect-error it has no output
    graph.spawn('c', feed, { quotes }, { fallback: fallbackTo(noOutput, { after: 1 }) });
    // @ts-expect-error it is not made by fallbackTo
    graph.spawn('d', feed, { quotes }, { fallback: feed });
  };
  expectTypeOf(never).toBeFunction();
});

test('what replaces a child is given its arguments', () => {
  const never = (): void => {
    expectTypeOf({ replace: replacement(feed) }).toExtend<ChildEventAnswer>();
    expectTypeOf({
      replace: replacement(backup, { args: { from: 'x' }, restart: 'transient' }),
    }).toExtend<ChildEventAnswer>();
    // @ts-expect-error its arguments are missing
    replacement(backup);
    // @ts-expect-error there is no such option
    replacement(feed, { capacity: 1 });
    // @ts-expect-error it is not made by replacement
    const answer: ChildEventAnswer = { replace: feed };
    expectTypeOf(answer).toEqualTypeOf<ChildEventAnswer>();
  };
  expectTypeOf(never).toBeFunction();
});
