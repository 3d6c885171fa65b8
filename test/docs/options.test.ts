import { describe, expect, test } from 'vitest';
import { defineActor } from '../../src/index.ts';
import { input } from '../../src/actor/definition.ts';
import { table } from '../../src/actor/table.ts';
import { ACTOR_DEFAULTS, actorSettings } from '../../src/actor/settings.ts';
import { batchOf, type BatchOptions } from '../../src/channel/batch.ts';
import { alertSettings, breakerSettings, fallbackSettings } from '../../src/supervision/child-parts.ts';
import { policySettings } from '../../src/system/child-policies.ts';
import { fallbackTo } from '../../src/system/stand-in.ts';
import { CAPSULE_DEFAULTS, capsuleSettings } from '../../src/system/capsule-options.ts';
import { DEGRADATION_DEFAULTS, degradationSettings } from '../../src/system/degradation-options.ts';
import { GRAPH_DEFAULTS, graphSettings } from '../../src/system/graph-options.ts';
import { POOL_DEFAULTS, poolSettings } from '../../src/system/pool-options.ts';
import { LINE_CHARACTERS_MAX } from '../../src/system/dead-letter-transfer.ts';
import { quoted, readProjectFile, rows, section } from './tables.ts';

const document = readProjectFile('docs/options.md');

/** Option and default of each row, as the table says them. */
function defaultsIn(text: string): Map<string, string> {
  return new Map(rows(text).map(([option, value]) => [quoted(option)[0] ?? '', quoted(value)[0] ?? '']));
}

/** The options that a check knows: it lists them when it is given one that there is not. */
function knownOptions(check: () => unknown): string[] {
  try {
    check();
  } catch (error) {
    const [, list = ''] = /one of the options (.*)$/.exec((error as Error).message) ?? [];
    return list.split(', ');
  }
  throw new Error('an unknown option passed');
}

const asText = (value: number | string | boolean): string => (typeof value === 'string' ? `'${value}'` : String(value));

describe('docs/options.md', () => {
  test('has the defaults of graphs', () => {
    const table = defaultsIn(section(document, 'Graph'));
    const { deadLetterCapacity, stuckAfterMs, ...rest } = GRAPH_DEFAULTS;
    const inCode = {
      ...rest,
      'watchdog.stuckAfterMs': stuckAfterMs,
      'deadLetters.capacity': deadLetterCapacity,
    };
    for (const [option, value] of Object.entries(inCode))
      expect([option, table.get(option)]).toEqual([option, asText(value)]);
    const { deadLettersWhenFull } = graphSettings({ name: 'test', logLevel: 'silent' });
    expect(table.get('deadLetters.whenFull')).toBe(asText(deadLettersWhenFull));
  });

  test('has every option of graphs', () => {
    const inTable = new Set([...defaultsIn(section(document, 'Graph')).keys()].map((option) => option.split('.')[0]));
    const unknown = { name: 'test', no: 'option' };
    expect([...inTable]).toEqual(expect.arrayContaining(knownOptions(() => graphSettings(unknown))));
  });

  test('has every option of actors with its default', () => {
    const [options = '', delays = ''] = section(document, 'Actor').split('A delay is');
    const { backoff, retryBackoff, showstopper, ...plain } = ACTOR_DEFAULTS;
    expect(showstopper).toBeUndefined();
    const table = defaultsIn(options);
    for (const [option, value] of Object.entries(plain))
      expect([option, table.get(option)]).toEqual([option, asText(value)]);
    const known = knownOptions(() => actorSettings('actor', { no: 'option' } as object, ACTOR_DEFAULTS));
    expect([...table.keys()].sort()).toEqual([...known, 'args', 'restore'].sort());
    const inTable = rows(delays).map(([option, first, second]) =>
      [option, first, second].map((cell) => quoted(cell)[0]),
    );
    const inCode = Object.keys(backoff).map((key) => [
      key,
      String(backoff[key as keyof typeof backoff]),
      String(retryBackoff[key as keyof typeof backoff]),
    ]);
    expect(inTable).toEqual(inCode);
  });

  test('has every option of policies of a child', () => {
    const table = defaultsIn(section(document, 'Policies of a child'));
    const unknown = { no: 'option' } as never;
    const inCode = {
      alert: knownOptions(() => alertSettings(unknown)),
      fallback: knownOptions(() => fallbackTo(defineActor({ source: () => 'done' }), unknown)),
      breaker: knownOptions(() => policySettings({ breaker: unknown }, unknown)),
    };
    const known = Object.entries(inCode).flatMap(([policy, options]) => options.map((option) => `${policy}.${option}`));
    expect([...table.keys()]).toEqual(['lowers', ...known]);
    expect(table.get('fallback.returnAfterMs')).toBe(String(fallbackSettings({ after: 1 }, 0).returnAfterMs));
    expect(table.get('breaker.periodMs')).toBe(String(breakerSettings({ maxFailures: 1, resetTimeoutMs: 1 }).periodMs));
  });

  test('has every option of tables with its default', () => {
    const options = defaultsIn(section(document, 'Table'));
    expect([...options.keys()].sort()).toEqual(knownOptions(() => table({ no: 'option' } as object)).sort());
    expect(options.get('entriesMax')).toBe(String(table().entriesMax));
  });

  test('has every option of pools with its default', () => {
    const options = defaultsIn(section(document, 'Pool'));
    expect([...options.keys()].sort()).toEqual(knownOptions(() => poolSettings('p', { no: 'option' } as never)).sort());
    for (const [option, value] of Object.entries(POOL_DEFAULTS))
      expect([option, options.get(option)]).toEqual([option, asText(value as string | number)]);
  });

  test('has every option of capsules with its default', () => {
    const options = defaultsIn(section(document, 'Capsules'));
    expect([...options.keys()]).toEqual(knownOptions(() => capsuleSettings({ no: 'option' } as never)));
    const { payloads } = capsuleSettings({ folder: 'capsules' });
    for (const [option, value] of Object.entries({ payloads, ...CAPSULE_DEFAULTS }))
      expect([option, options.get(option)]).toEqual([option, String(value)]);
  });

  test('has every option of degradation with its default', () => {
    const [graph = '', level = ''] = section(document, 'Degradation').split('A level, ');
    const { recover, checkEveryMs, ...reactions } = DEGRADATION_DEFAULTS;
    const inGraph = defaultsIn(graph);
    expect(inGraph.get('checkEveryMs')).toBe(String(checkEveryMs));
    for (const [option, value] of Object.entries(recover))
      expect([option, inGraph.get(`recover.${option}`)]).toEqual([option, String(value)]);
    const known = knownOptions(() => degradationSettings({ no: 'option' } as never));
    expect(new Set([...inGraph.keys()].map((option) => option.split('.')[0]))).toEqual(new Set(known));
    const inLevel = defaultsIn(level);
    for (const [option, value] of Object.entries(reactions))
      expect([option, inLevel.get(option)]).toEqual([option, String(value)]);
    const settings = (more: object): unknown => degradationSettings({ levels: [{ name: 'a', when: {}, ...more }] });
    const levelKeys = knownOptions(() => settings({ no: 'option' }));
    const triggers = knownOptions(() => settings({ when: { no: 'option' } })).map((trigger) => `when.${trigger}`);
    expect([...inLevel.keys()].sort()).toEqual([...levelKeys, ...triggers].sort());
  });

  test('has the default of maxWaiting', () => {
    // It is written where it is applied, so this looks into the source.
    const [, inCode] = /maxWaiting = ([\d_]+)/.exec(readProjectFile('src/system/channel.ts')) ?? [];
    expect(defaultsIn(section(document, 'Channel')).get('maxWaiting')).toBe(inCode?.replaceAll('_', ''));
  });

  test('has every option of inputs and of batches', () => {
    const [inputs = '', batches = ''] = section(document, 'Input').split('The options of `batch`');
    const unknown = { no: 'option' } as object;
    expect([...defaultsIn(inputs).keys()]).toEqual(knownOptions(() => input(unknown)));
    expect([...defaultsIn(batches)]).toEqual([
      ['size', ''],
      ['timeoutMs', String(batchOf('batch', { size: 1 }).timeoutMs)],
    ]);
    expect([...defaultsIn(batches).keys()]).toEqual(knownOptions(() => batchOf('batch', unknown as BatchOptions)));
  });

  test('has the default of lineCharactersMax', () => {
    const values = rows(section(document, 'Other calls')).filter(([, option]) => option === '`lineCharactersMax`');
    expect(values.map(([, , value]) => value)).toEqual(Array(2).fill(`\`${LINE_CHARACTERS_MAX}\``));
  });
});
