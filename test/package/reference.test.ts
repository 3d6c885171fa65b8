/** `npm run docs`: everything that is exported has its sentence, and no link leads nowhere. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/docs.mjs', import.meta.url));
const pages = mkdtempSync(join(tmpdir(), 'holdfast-reference-test-'));

// Throws, with its warnings, if there are any.
beforeAll(() => execFileSync(process.execPath, [script, '--out', pages], { timeout: 180_000 }), 200_000);

afterAll(() => {
  rmSync(pages, { recursive: true, force: true });
});

const files = (): string[] => readdirSync(pages, { recursive: true, encoding: 'utf8' }).map((path) => normalize(path));

test('every document of the project is among its pages, the guides as well', () => {
  const documents = files().filter((path) => dirname(path) === 'documents');
  expect(documents.map((path) => path.slice('documents/'.length, -'.html'.length)).sort()).toEqual(
    [
      ...['Benchmark_results', 'Benchmarks', 'Changelog', 'Errors', 'Options', 'Semantics', 'State__plain_or_table'],
      ...[
        'Planted_bugs',
        'Supervision',
        'Testing',
        'Testing_your_actors',
        'When_things_fail',
        'Where_the_time_goes',
        'Your_first_pipeline',
      ],
    ].sort(),
  );
});

test('no link leads nowhere', () => {
  const known = new Set(files());
  const html = new Map(
    [...known]
      .filter((path) => path.endsWith('.html'))
      .map((path) => [path, readFileSync(join(pages, path), 'utf8')] as const),
  );
  const dead: string[] = [];
  for (const [from, text] of html) {
    for (const [, link = ''] of text.matchAll(/<a [^>]*href="([^"]*)"/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path = '', anchor = ''] = link.split('#');
      const to = path === '' ? from : normalize(join(dirname(from), path));
      const isThere = known.has(to) && (anchor === '' || html.get(to)?.includes(`id="${anchor}"`) !== false);
      if (!isThere) dead.push(`${from}: ${link}`);
    }
  }
  expect(html.size).toBeGreaterThan(100);
  expect(dead).toEqual([]);
});
