import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readProjectFile, rows, section } from './tables.ts';

/** Where each bound of the section on scheduling is in the code. */
const bounds: readonly (readonly [bound: string, path: string, constant: string, unit: string])[] = [
  ['turns of an actor in a slice', 'src/actor/driver.ts', 'TURNS_PER_SLICE', ''],
  ['time of a slice, for an actor with slow turns', 'src/actor/driver.ts', 'SLICE_MS', ' ms'],
  ['slow: a turn of its last slice took more, on average', 'src/actor/driver.ts', 'FAST_TURN_MS', ' ms'],
  ['items of a feed in a slice', 'src/system/feed.ts', 'ITEMS_PER_SLICE', ''],
  ['messages of a function sink in a slice', 'src/system/sink.ts', 'MESSAGES_PER_SLICE', ''],
  ['slices before the event loop gets a turn', 'src/actor/run-queue.ts', 'SLICES_PER_EPOCH', ''],
  ['time before the event loop gets a turn', 'src/actor/run-queue.ts', 'EPOCH_MS', ' ms'],
];

interface Guarantee {
  readonly name: string;
  readonly tests: readonly { readonly path: string; readonly title: string }[];
}

/** Each guarantee with the tests that it names: `- path: "title"`. */
function guarantees(): Guarantee[] {
  const [, ...parts] = section(readProjectFile('docs/semantics.md'), 'Guarantees').split(/^### /m);
  return parts.map((part) => ({
    name: /^G\d+/.exec(part)?.[0] ?? part,
    tests: [...part.matchAll(/^- (\S+): "(.*)"$/gm)].map(([, path = '', title = '']) => ({ path, title })),
  }));
}

describe('docs/semantics.md', () => {
  test('has the guarantees G1 to G13, each with a test', () => {
    const found = guarantees();
    expect(found.map(({ name }) => name)).toEqual(Array.from({ length: 13 }, (_, index) => `G${index + 1}`));
    expect(found.filter(({ tests }) => tests.length === 0)).toEqual([]);
  });

  test.each(guarantees().flatMap(({ name, tests }) => tests.map(({ path, title }) => ({ name, path, title }))))(
    '$name names a test that exists: $path: $title',
    ({ path, title }) => {
      expect(existsSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)))).toBe(true);
      expect(readProjectFile(path)).toContain(title);
    },
  );

  test('has the bounds of the scheduling that the code has', () => {
    const inCode = bounds.map(([bound, path, constant, unit]) => {
      const [, value = ''] = new RegExp(`const ${constant} = ([\\d_.]+);`).exec(readProjectFile(path)) ?? [];
      return [bound, `${value.replaceAll('_', '')}${unit}`];
    });
    expect(rows(section(readProjectFile('docs/semantics.md'), 'Scheduling'))).toEqual(inCode);
  });

  test('leads nowhere but to headings of its own', () => {
    const text = readProjectFile('docs/semantics.md');
    const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll(' ', '-'),
    );
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
    expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  });
});
