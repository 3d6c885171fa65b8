/**
 * Matchers for vitest, on what `holdfast/testing` puts under test: `import 'holdfast/testing/vitest'` in a test or in a setup
 * file makes them known to `expect`, and to the type checker.
 *
 * @module holdfast/testing/vitest
 */
import { expect } from 'vitest';
import { matchers } from './matchers.ts';
import type { HoldfastMatchers } from './matchers.ts';

export { matchers } from './matchers.ts';
export type {
  EachOf,
  ExpectedLetter,
  ExpectedMessages,
  HoldfastMatchers,
  MatcherOutcome,
  SentArguments,
  TakenArguments,
} from './matchers.ts';

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as vitest declares it
  interface Matchers<T = any> extends HoldfastMatchers<T> {}
}

expect.extend(matchers);
