/**
 * A lesson of dead letters that go into a channel: a desk rejects some jobs and fails at others, a sink cannot write a third
 * kind, and a mender reads the letters of all of them and sends the jobs again, mended. Wherever a crash comes, each job is
 * written in the end, or kept in the store: there, if it is beyond repair, or if its letter would have waited for itself.
 */
import { type DeadLetter, defineActor, input, output } from 'holdfast';
import type { Style } from './lessons.ts';

export interface Job {
  readonly id: number;
  readonly isMended: boolean;
}

export const JOBS: readonly Job[] = Array.from({ length: 14 }, (_, id) => ({ id, isMended: false }));

type Kind = 'good' | 'rejected' | 'showstopper' | 'unwritable';
const KINDS: readonly Kind[] = ['good', 'rejected', 'showstopper', 'unwritable', 'rejected'];
/** The mender cannot help these: one that the desk rejects, and one that it fails at. */
const BEYOND_REPAIR = [4, 7];

function kindOf({ id, isMended }: Job): Kind {
  return isMended ? 'good' : (KINDS[id % KINDS.length] as Kind);
}

/** The job that a letter is about; a letter about a letter has that one as its payload. */
function jobOf({ payload }: DeadLetter): Job {
  const inside = payload as Job | DeadLetter;
  return 'payload' in inside ? jobOf(inside) : inside;
}

/** What is wrong with what was written and what is kept. */
export function letterFaults(written: readonly Job[], kept: readonly DeadLetter[]): string[] {
  const faults: string[] = [];
  const found = [...written, ...kept.map(jobOf)].map(({ id }) => id).sort((a, b) => a - b);
  const expected = JOBS.map(({ id }) => id);
  if (JSON.stringify(found) !== JSON.stringify(expected)) faults.push(`jobs ${expected.join()}, found ${found.join()}`);
  for (const job of written) {
    if (kindOf(job) !== 'good' || BEYOND_REPAIR.includes(job.id)) faults.push(`job ${job.id} was written`);
  }
  for (const letter of kept) {
    const job = jobOf(letter);
    if (kindOf(job) === 'good') faults.push(`job ${job.id} is kept: ${letter.reason}, ${letter.text}`);
  }
  return faults;
}

export function writeJob(job: Job, written: Job[]): void {
  if (kindOf(job) === 'unwritable') throw new Error('it cannot be written');
  written.push(job);
}

const deskPorts = { inputs: { jobs: input<Job>() }, outputs: { done: output<Job>() } };

interface DeskTurn {
  readonly replayOf: string | undefined;
  readonly outputs: { readonly done: { send(job: Job): void } };
}

export function desk(style: Style, capacity: number, userCode: () => void) {
  const work = (job: Job, { replayOf, outputs }: DeskTurn, reject: (reason: string) => void): void => {
    userCode();
    if (job.isMended !== (replayOf !== undefined)) throw new Error(`job ${job.id} is a replay of ${replayOf}`);
    if (kindOf(job) === 'showstopper') throw new Error('a showstopper');
    if (kindOf(job) === 'rejected') reject('not like this');
    else outputs.done.send(job);
    userCode();
  };
  switch (style) {
    case 'handler':
      return defineActor({ ...deskPorts, on: { jobs: (job, ctx) => work(job, ctx, ctx.reject) } });
    case 'async':
      return defineActor({
        ...deskPorts,
        on: {
          async jobs(job, ctx) {
            await ctx.effect('reading', () => undefined);
            work(job, ctx, ctx.reject);
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({
        ...deskPorts,
        async run(ctx) {
          const { jobs } = ctx.inputs;
          const some = jobs.avail();
          while (ctx.running()) {
            if (style === 'tryNext') void (ctx.tryNext(some) ?? (await ctx.next(some)));
            else await ctx.next(some);
            // Several in a turn, so that it may have several letters.
            for (let count = 0; count < Math.min(3, capacity); count += 1) {
              const job = jobs.take();
              if (job !== undefined) work(job, ctx, (reason) => jobs.reject(reason));
            }
          }
        },
      });
  }
}

const menderPorts = { inputs: { letters: input<DeadLetter>() }, outputs: { jobs: output<Job>() } };

interface MenderTurn {
  readonly outputs: { readonly jobs: { replay(letter: DeadLetter, job: Job): void } };
}

export function mender(style: Style, userCode: () => void) {
  const mend = (letter: DeadLetter, { outputs }: MenderTurn, reject: (reason: string) => void): void => {
    userCode();
    const { id } = letter.payload as Job;
    if (BEYOND_REPAIR.includes(id)) reject('beyond repair');
    else outputs.jobs.replay(letter, { id, isMended: true });
    userCode();
  };
  switch (style) {
    case 'handler':
      return defineActor({ ...menderPorts, on: { letters: (letter, ctx) => mend(letter, ctx, ctx.reject) } });
    case 'async':
      return defineActor({
        ...menderPorts,
        on: {
          async letters(letter, ctx) {
            await Promise.resolve();
            mend(letter, ctx, ctx.reject);
            await ctx.effect('mended', () => undefined);
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({
        ...menderPorts,
        async run(ctx) {
          const { letters } = ctx.inputs;
          const some = letters.avail();
          while (ctx.running()) {
            if (style === 'tryNext') void (ctx.tryNext(some) ?? (await ctx.next(some)));
            else await ctx.next(some);
            const letter = letters.take();
            if (letter !== undefined) mend(letter, ctx, (reason) => letters.reject(reason));
          }
        },
      });
  }
}
