import type { SeededRandom } from './seeded-random.ts';

/**
 * In which order ready actors run, and how late timers fire.
 *
 * - `fair`: in order of arrival, as in production.
 * - `random`: any of them.
 * - `unfair`: whoever has become ready last, nearly always: those who were ready before starve as long as they can.
 * - `adversarial`: by priorities drawn at random, which change at random moments: some actors run far ahead of others.
 * - `delayed`: as `fair`, but some are passed over several times, and timers fire late.
 */
export type Schedule = 'fair' | 'random' | 'unfair' | 'adversarial' | 'delayed';

/** All of them, for tests that try each. */
export const SCHEDULES: readonly Schedule[] = Object.freeze(['fair', 'random', 'unfair', 'adversarial', 'delayed']);

/** Picks one of those who are ready, by place in order of arrival. */
export type Picker = (count: number, nameAt: (place: number) => string) => number;

/** One pick in so many is that of `random`: two actors that keep each other ready must not stop all others for ever. */
const RELIEF = 16;
/** One pick in so many changes a priority. */
const CHANGE = 32;
/** Greatest number of times that somebody is passed over. */
const PASSES_MAX = 8;
/** One timer in so many is late, by up to so many milliseconds. */
const LATE_TIMER = 4;
const LATE_MS_MAX = 20;

/** The pick of a schedule. */
export function pickOf(schedule: Schedule, random: SeededRandom): Picker {
  switch (schedule) {
    case 'fair':
      return () => 0;
    case 'random':
      return (count) => random.integer(count);
    case 'unfair':
      return (count) => (random.integer(RELIEF) === 0 ? random.integer(count) : count - 1);
    case 'adversarial':
      return byPriority(random);
    case 'delayed':
      return passingOver(random);
  }
}

/** How late a timer fires, in milliseconds; null for a schedule in which all are in time. */
export function latenessOf(schedule: Schedule, random: SeededRandom): (() => number) | null {
  if (schedule !== 'delayed') return null;
  return () => (random.integer(LATE_TIMER) === 0 ? random.integer(LATE_MS_MAX + 1) : 0);
}

/**
 * Source of the rule: PCT, "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", Burckhardt and others,
 * 2010. Differs: the moments of change are drawn as they come, because nobody knows how long a run will be.
 */
function byPriority(random: SeededRandom): Picker {
  const priorities = new Map<string, number>();
  const priorityOf = (name: string): number => {
    const known = priorities.get(name);
    if (known !== undefined) return known;
    const drawn = random.next();
    priorities.set(name, drawn);
    return drawn;
  };
  return (count, nameAt) => {
    let best = 0;
    for (let place = 1; place < count; place += 1) {
      if (priorityOf(nameAt(place)) > priorityOf(nameAt(best))) best = place;
    }
    if (random.integer(CHANGE) === 0) priorities.set(nameAt(best), -random.next());
    return random.integer(RELIEF) === 0 ? random.integer(count) : best;
  };
}

function passingOver(random: SeededRandom): Picker {
  /** Who is passed over, and how often still. */
  let victim = '';
  let passes = 0;
  return (count, nameAt) => {
    if (passes === 0 && random.integer(CHANGE) === 0) {
      victim = nameAt(random.integer(count));
      passes = 1 + random.integer(PASSES_MAX);
    }
    if (passes === 0) return 0;
    for (let place = 0; place < count; place += 1) {
      if (nameAt(place) !== victim) {
        passes -= 1;
        return place;
      }
    }
    return 0;
  };
}
