import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readProjectFile, section } from './tables.ts';

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

  test('leads nowhere but to headings of its own', () => {
    const text = readProjectFile('docs/semantics.md');
    const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll(' ', '-'),
    );
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
    expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  });
});
