/**
 * A lesson with schemas everywhere: lines come in, a clerk makes entries and names of them, of which some do not fit, and a
 * ledger adds up what arrives. Sequential code that knows no schema says what must come of it.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { args, type Channel, defineActor, type Graph, input, output } from 'holdfast';
import * as v from 'valibot';
import { z } from 'zod';
import type { Style } from './lessons.ts';

/** Of four kinds: good, a line that does not fit, an amount that does not, a name that does not; and both of the last. */
export const FORMS: readonly string[] = [
  'ann,3',
  'bob,4',
  '',
  'ann,much',
  'cem,10',
  'zacharias,2',
  'bob,6',
  'zacharias,little',
  '',
  'dot,1',
  'ann,7',
  'cem,',
];

const NAME_CHARACTERS_MAX = 3;

export interface Entry {
  readonly name: string;
  readonly amount: number;
}

/** An entry as the clerk writes it: what the amount is, the schema finds out. */
interface Draft {
  readonly name: string;
  readonly amount: string;
}

function draft(line: string): Draft {
  const [name = '', amount = ''] = line.split(',');
  return { name, amount };
}

/** What must have come out: the receipts, the names, and the dead letters as JSON. */
export function expectedOfForms(): { receipts: string[]; names: string[]; dead: string[] } {
  const totals: Record<string, number> = {};
  const receipts: string[] = [];
  const names: string[] = [];
  const dead: string[] = [];
  for (const line of FORMS) {
    if (line === '') {
      dead.push(JSON.stringify(line));
      continue;
    }
    const { name, amount } = draft(line);
    if (amount !== '' && Number.isInteger(Number(amount))) {
      totals[name] = (totals[name] ?? 0) + Number(amount);
      receipts.push(`${name} EUR ${totals[name]}`);
    } else dead.push(JSON.stringify({ name, amount }));
    if (name.length <= NAME_CHARACTERS_MAX) names.push(name.toUpperCase());
    else dead.push(JSON.stringify(name));
  }
  return { receipts, names, dead: dead.sort() };
}

export interface FormChannels {
  readonly lines: Channel<string>;
  readonly entries: Channel<Entry, Draft>;
  readonly names: Channel<string>;
  readonly receipts: Channel<string>;
}

/** @param inSchema - Is called by the schema of the entries, and may throw: it is user code in the turn of the clerk. */
export function formChannels(graph: Graph, capacity: number, inSchema: () => void): FormChannels {
  const entry = v.object({
    name: v.string(),
    amount: v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number)),
  });
  const schema: StandardSchemaV1<Draft, Entry> = {
    '~standard': {
      version: 1,
      vendor: 'forms',
      validate(value) {
        inSchema();
        return entry['~standard'].validate(value);
      },
    },
  };
  return {
    lines: graph.channel('lines', { capacity, schema: z.string().min(1) }),
    entries: graph.channel('entries', { capacity, schema }),
    names: graph.channel('names', { capacity, schema: z.string().max(NAME_CHARACTERS_MAX).toUpperCase() }),
    receipts: graph.channel('receipts', { capacity, schema: z.string() }),
  };
}

const clerkPorts = {
  inputs: { lines: input<string>() },
  outputs: { entries: output<Draft>(), names: output<string>() },
};

interface ClerkTurn {
  readonly outputs: {
    readonly entries: { send(entry: Draft): void };
    readonly names: { sendMany(names: readonly string[]): void };
  };
}

export function clerk(style: Style, capacity: number, userCode: () => void) {
  const write = (line: string, { outputs }: ClerkTurn): void => {
    const entry = draft(line);
    outputs.entries.send(entry);
    userCode();
    outputs.names.sendMany([entry.name]);
    userCode();
  };
  switch (style) {
    case 'handler':
      return defineActor({ ...clerkPorts, on: { lines: write } });
    case 'async':
      return defineActor({
        ...clerkPorts,
        on: {
          async lines(line, ctx) {
            await ctx.effect('reading', () => undefined);
            write(line, ctx);
            await Promise.resolve();
            userCode();
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({
        ...clerkPorts,
        async run(ctx) {
          const some = ctx.inputs.lines.avail();
          while (ctx.running()) {
            if (style === 'tryNext') void (ctx.tryNext(some) ?? (await ctx.next(some)));
            else await ctx.next(some);
            for (const line of ctx.inputs.lines.takeMany(Math.min(2, capacity))) write(line, ctx);
          }
        },
      });
  }
}

const totals = z.object({ totals: z.record(z.string(), z.number().int()), names: z.array(z.string()) });
type Totals = z.infer<typeof totals>;

/** Its state is checked at each restart. */
export function totaller(userCode: () => void) {
  return defineActor({
    args: args(z.object({ currency: z.string().default('EUR') })),
    inputs: { entries: input<Entry>(), names: input<string>() },
    outputs: { receipts: output<string>() },
    state: (): Totals => ({ totals: {}, names: [] }),
    stateSchema: totals,
    on: {
      entries({ name, amount }, { state, outputs, args: { currency } }) {
        state.totals[name] = (state.totals[name] ?? 0) + amount;
        userCode();
        outputs.receipts.send(`${name} ${currency} ${state.totals[name]}`);
      },
      names(name, { state }) {
        state.names.push(name);
        userCode();
      },
    },
  });
}
