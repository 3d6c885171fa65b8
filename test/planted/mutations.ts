/** Ten mistakes that a library like this one could have, each as a change of the built JavaScript. */
import type { ScenarioName } from './scenarios.ts';

export interface Mutation {
  readonly name: string;
  /** What a user would see of it. */
  readonly means: string;
  /** Below dist/src. */
  readonly file: string;
  /** Must be there exactly once. */
  readonly find: string;
  readonly replace: string;
  readonly scenario: ScenarioName;
  /** Runs within which `explore` has to find it. */
  readonly budget: number;
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'publish before state',
    means: 'A turn that has waited for nothing publishes first, and keeps its state, which may fail, afterwards.',
    file: 'actor/commit.js',
    find: `    if (actor.state.used && !actor.saveState())
        return 'over';
    turn.publications?.settle([actor]);
    probe?.('commit:afterState', name);
    turn.release();
    turn.publish();
`,
    replace: `    turn.publications?.settle([actor]);
    turn.release();
    turn.publish();
    if (actor.state.used && !actor.saveState())
        return 'over';
    probe?.('commit:afterState', name);
`,
    scenario: 'pairs',
    budget: 50,
  },
  {
    name: 'double take',
    means: 'What a turn has taken stays in its channel if the commit had to wait for room.',
    file: 'actor/commit-parking.js',
    find: `    actor.runtime.probe?.('commit:afterState', actor.name);
    actor.turn.release();
`,
    replace: `    actor.runtime.probe?.('commit:afterState', actor.name);
`,
    scenario: 'pairs',
    budget: 50,
  },
  {
    name: 'lost wake-up',
    means: 'Whoever stands first in line for room and is killed does not tell the next one.',
    file: 'actor/commit-parking.js',
    find: `    place.roomAppeared();
}`,
    replace: `}`,
    scenario: 'crowd',
    budget: 100,
  },
  {
    name: 'wrong restart window',
    means: 'Failures are counted by the wall clock, which may be set.',
    file: 'system/supervisor-node.js',
    find: `return this.#core.clock.nowMs();`,
    replace: `return this.#core.clock.wallMs();`,
    scenario: 'limit',
    budget: 100,
  },
  {
    name: 'missing rollback of a timer',
    means: 'A beat whose turn has failed is not due again.',
    file: 'actor/turn.js',
    find: `        for (const beat of this.#beats)
            beat.release();
`,
    replace: ``,
    scenario: 'metronome',
    budget: 50,
  },
  {
    name: 'stale fence',
    means: 'Code of a turn that was given up can still act.',
    file: 'actor/fence.js',
    find: `        if (this.dead)
            return;
        this.open = false;
`,
    replace: `        if (this.dead)
            return;
`,
    scenario: 'payments',
    budget: 50,
  },
  {
    name: 'close that loses',
    means: 'A channel is closed when the first of its senders closes it.',
    file: 'channel/ring.js',
    find: `if (left > 0 || this.closed)`,
    replace: `if (this.closed)`,
    scenario: 'crowd',
    budget: 50,
  },
  {
    name: 'attempts reset on restart',
    means: 'A restarted actor has forgotten how often its messages have failed.',
    file: 'actor/actor.js',
    find: `        this.isIncarnation(this.#nextRegeneration);
`,
    replace: `        this.isIncarnation(this.#nextRegeneration);
        for (const { ring } of this.inputs)
            for (let offset = 0; offset < ring.size; offset += 1)
                ring.clearFailedAttempts(offset);
`,
    scenario: 'payments',
    budget: 50,
  },
  {
    name: 'unfair bundle',
    means: 'The look for a lane that is ready begins at the first lane each time.',
    file: 'channel/bundle-condition.js',
    find: `const first = this.#bundles[0]?.firstLane ?? 0;`,
    replace: `const first = 0;`,
    scenario: 'lanes',
    budget: 50,
  },
  {
    name: 'veto ignored',
    means: 'A loop whose inputs have ended stops, whatever its named conditions say.',
    file: 'actor/loop-driver.js',
    find: `return goesOn || this.#vetoes?.allHold === false;`,
    replace: `return goesOn;`,
    scenario: 'journal',
    budget: 50,
  },
];
