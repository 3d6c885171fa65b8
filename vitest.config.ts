import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const fromRoot = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    // Tests, examples and the command line import the library by its name; under test that means the sources.
    alias: [
      { find: /^holdfast$/, replacement: fromRoot('./src/index.ts') },
      { find: /^holdfast\/testing$/, replacement: fromRoot('./src/testing/index.ts') },
      { find: /^holdfast\/testing\/vitest$/, replacement: fromRoot('./src/testing/vitest/index.ts') },
    ],
  },
  test: {
    env: { LOG_LEVEL: 'silent' },
    // Forks, because a worker thread shares signals and exit with its neighbours. Two, because CI has two cores.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{src,test,examples,bench}/**/*.test.ts'], exclude: ['test/package/**'] },
      },
      {
        // These need dist/ and take longer, so they have a project of their own, which builds first.
        extends: true,
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          globalSetup: ['scripts/ensure.mjs'],
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
