import type { ActorSnapshot, ChannelSnapshot, DeadLetter } from 'holdfast';
import type { Lesson, Verification } from '../../examples/lesson.ts';

/** What `--json` prints. Actors and channels stand under their names. */
export interface Report extends Omit<Verification, 'results'> {
  readonly lesson: string;
  readonly stopped: 'clean' | 'unclean';
  readonly actors: Readonly<Record<string, Omit<ActorSnapshot, 'name' | 'tables'>>>;
  readonly channels: Readonly<Record<string, Omit<ChannelSnapshot, 'name'>>>;
  /** Those that the graph has kept, oldest first. */
  readonly deadLetters: readonly DeadLetter[];
  /** All there ever were, kept or not. */
  readonly deadLettersTotal: number;
}

export function reportOf(name: string, lesson: Lesson, stopped: Report['stopped']): Report {
  const { graph } = lesson;
  const { results, ...verification } = lesson.verify();
  const { actors, channels, deadLetters } = graph.snapshot({ tables: false }); // their entries are what the lesson writes
  return {
    lesson: name,
    stopped,
    ...verification,
    ...results,
    actors: byName(actors.map(({ tables: _, ...rest }) => rest)),
    channels: byName(channels),
    deadLetters: graph.deadLetters.list(),
    deadLettersTotal: deadLetters.total,
  };
}

function byName<T extends { readonly name: string }>(items: readonly T[]): Record<string, Omit<T, 'name'>> {
  return Object.fromEntries(items.map(({ name, ...rest }) => [name, rest]));
}
