/** The checked-in reports of the public interface say what the package exports. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const reports = ['holdfast-testing-vitest.api.md', 'holdfast-testing.api.md', 'holdfast.api.md'];

let fresh: string;

beforeAll(() => {
  fresh = mkdtempSync(join(tmpdir(), 'holdfast-api-test-'));
  execFileSync(process.execPath, [join(root, 'scripts', 'api-report.mjs'), '--out', fresh], { timeout: 120_000 });
});

afterAll(() => {
  rmSync(fresh, { recursive: true, force: true });
});

test('there is a report for each entry of the package', () => {
  expect(readdirSync(join(root, 'api')).sort()).toEqual(reports);
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object };
  expect(Object.keys(exports).filter((entry) => entry !== './package.json')).toHaveLength(reports.length);
});

test.each(reports)('%s is up to date: if not, look at the change and run `npm run api`', (report) => {
  expect(readFileSync(join(root, 'api', report), 'utf8')).toBe(readFileSync(join(fresh, report), 'utf8'));
});
