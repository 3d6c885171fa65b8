import type { DeadLetter } from '../../actor/dead-letter.ts';
import type { InputSpecs, MessageOf, OutputSpecs } from '../../actor/definition.ts';
import type { TableSpecs } from '../../actor/table.ts';
import { errorText } from '../../base/errors.ts';
import { inspected } from '../../ports/node/node-inspection.ts';
import { Graph } from '../../system/graph.ts';
import { type Expected, includes, listed, meets } from '../matching.ts';
import { Stage } from '../stage.ts';
import type { ReceivedByStaged, Replaced, SentByStaged, Staged, StagedName } from '../staged.ts';
import { TestActor } from '../test-actor.ts';

/** All of them, in order, or how many there are. Each may be a message, with matchers in it, or a condition. */
export type ExpectedMessages<T> = readonly Expected<T>[] | number;

/** What is to be true of a dead letter; what is left out may be anything. */
export type ExpectedLetter = { readonly [K in keyof DeadLetter]?: unknown };

/** One tuple of arguments for each name. */
export type EachOf<Arguments> = Arguments[keyof Arguments];

/** What `toHaveSent` takes: a port and its messages, a part and its messages, or a channel and how many. */
export type SentArguments<T> =
  T extends TestActor<InputSpecs, infer O extends OutputSpecs, object, TableSpecs>
    ? EachOf<{ [K in keyof O & string]: [port: K, messages: ExpectedMessages<MessageOf<O[K]>>] }>
    : T extends Stage<Staged, infer R extends Replaced>
      ? EachOf<{ [N in StagedName<R>]: [name: N, messages: ExpectedMessages<SentByStaged<R, N>>] }>
      : [channel: string, count: number];

/** What `toHaveTaken` takes, as {@link SentArguments}. */
export type TakenArguments<T> =
  T extends TestActor<infer I extends InputSpecs, OutputSpecs, object, TableSpecs>
    ? EachOf<{ [K in keyof I & string]: [port: K, messages: ExpectedMessages<MessageOf<I[K]>>] }>
    : T extends Stage<Staged, infer R extends Replaced>
      ? EachOf<{ [N in StagedName<R>]: [name: N, messages: ExpectedMessages<ReceivedByStaged<R, N>>] }>
      : [channel: string, count: number];

/** What `expect` has besides, for a `TestActor`, a `Stage` or a `Graph`. */
export interface HoldfastMatchers<T> {
  /**
   * All that committed turns have sent to an output, on a test actor; all that the test has sent as a part, on a stage; how many
   * messages have got into a channel, on a graph.
   */
  toHaveSent: (...expected: SentArguments<T>) => void;
  /**
   * All that committed turns have taken from an input, on a test actor; all that a part has received, on a stage; how many
   * messages have left a channel as they should, on a graph.
   */
  toHaveTaken: (...expected: TakenArguments<T>) => void;
  /** There is a dead letter of which all that is given is true; any, if nothing is given. */
  toHaveDeadLetter: (expected?: ExpectedLetter) => void;
  /** No message was lost or doubled: `sent = taken + deadLettered + inFlight`, in every channel. */
  toBeConserved: () => void;
}

/** What a matcher tells vitest. */
export interface MatcherOutcome {
  /** Whether it holds. */
  readonly pass: boolean;
  /** What is said where that is not as it should be. */
  readonly message: () => string;
  /** For the difference that vitest shows. */
  readonly actual?: unknown;
  /** For the difference that vitest shows. */
  readonly expected?: unknown;
}

type Subject = TestActor | Stage | Graph;

/** For `expect.extend`. Importing `holdfast/testing/vitest` has called it. */
export const matchers: {
  readonly toHaveSent: (received: unknown, name: string, messages: unknown) => MatcherOutcome;
  readonly toHaveTaken: (received: unknown, name: string, messages: unknown) => MatcherOutcome;
  readonly toHaveDeadLetter: (received: unknown, expected?: ExpectedLetter) => MatcherOutcome;
  readonly toBeConserved: (received: unknown) => MatcherOutcome;
} = {
  toHaveSent: (received, name, messages) => toHave('sent', subjectOf('toHaveSent', received), name, messages),
  toHaveTaken: (received, name, messages) => toHave('taken', subjectOf('toHaveTaken', received), name, messages),
  toHaveDeadLetter: (received, expected = {}) => {
    const letters = graphOf(subjectOf('toHaveDeadLetter', received)).deadLetters.list();
    const shown = letters.map(({ payload, channel, reason, text }) => ({ payload, channel, reason, text }));
    const wanted = Object.keys(expected).length === 0 ? '' : ` with ${inspected(expected)}`;
    return {
      pass: letters.some((letter) => includes(letter, expected)),
      message: () =>
        `expected dead letters ${wanted === '' ? 'or none' : wanted}; there are:\n${listed(shown, 'none')}`,
    };
  },
  toBeConserved: (received) => {
    const graph = graphOf(subjectOf('toBeConserved', received));
    try {
      graph.checkConservation();
      return { pass: true, message: () => `expected messages of graph "${graph.name}" to be lost or doubled` };
    } catch (error) {
      return { pass: false, message: () => errorText(error) };
    }
  },
};

function toHave(what: 'sent' | 'taken', subject: Subject, name: string, expected: unknown): MatcherOutcome {
  const found = subject instanceof Graph ? countIn(subject, what, name) : messagesOf(subject, what, name);
  if (typeof expected === 'number')
    return counted(what, name, typeof found === 'number' ? found : found.length, expected);
  if (typeof found === 'number' || !Array.isArray(expected)) {
    throw new TypeError(
      `how many are to be ${what}? ${typeof found === 'number' ? 'A graph keeps no messages' : 'Or which'}`,
    );
  }
  const wanted = expected as readonly unknown[];
  const pass = wanted.length === found.length && wanted.every((each, index) => meets(each, found[index]));
  const title = `expected "${name}" ${pass ? 'not ' : ''}to have ${what}`;
  return {
    pass,
    message: () => `${title}:\n${listed(wanted, 'nothing')}\nit has ${what}:\n${listed(found, 'nothing')}`,
    actual: found,
    expected: wanted,
  };
}

function counted(what: string, name: string, found: number, expected: number): MatcherOutcome {
  const pass = found === expected;
  const message = (): string =>
    `expected "${name}" ${pass ? 'not ' : ''}to have ${what} ${expected} messages; it has ${what} ${found}`;
  return { pass, message };
}

function messagesOf(subject: TestActor | Stage, what: 'sent' | 'taken', name: string): readonly unknown[] {
  if (subject instanceof TestActor) return what === 'sent' ? subject.sent(name) : subject.taken(name);
  return what === 'sent' ? subject.sent(name) : subject.received(name);
}

function countIn(graph: Graph, what: 'sent' | 'taken', name: string): number {
  const { channels } = graph.snapshot({ tables: false });
  const channel = channels.find((each) => each.name === name);
  if (channel !== undefined) return channel[what];
  throw new TypeError(
    `graph "${graph.name}" has no channel "${name}", only ${channels.map((each) => each.name).join(', ')}`,
  );
}

function graphOf(subject: Subject): Graph {
  return subject instanceof Graph ? subject : subject.graph;
}

function subjectOf(matcher: string, received: unknown): Subject {
  if (received instanceof TestActor || received instanceof Stage || received instanceof Graph)
    return received as Subject;
  throw new TypeError(`${matcher} is for a test actor, a stage or a graph, and not for ${inspected(received)}`);
}
