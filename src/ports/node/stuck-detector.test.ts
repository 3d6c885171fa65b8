import { describe, expect, test } from 'vitest';
import { StuckDetector } from './stuck-detector.ts';

/** Looks every `everyMs` from `fromMs` to `toMs`. @returns what was reported. */
function looks(
  detector: StuckDetector,
  fromMs: number,
  toMs: number,
  everyMs: number,
  at: (ms: number) => readonly [number, number],
): number[] {
  const reports: number[] = [];
  for (let ms = fromMs; ms <= toMs; ms += everyMs) {
    const report = detector.look(ms, ...at(ms));
    if (report !== undefined) reports.push(report);
  }
  return reports;
}

const still = (): readonly [number, number] => [7, 3];

describe('a loop that stands still', () => {
  test('is reported at the limit and not before, then at growing intervals of a minute at most', () => {
    expect(looks(new StuckDetector(1_000), 0, 999, 1, still)).toEqual([]);
    expect(looks(new StuckDetector(1_000), 0, 1_000, 1, still)).toEqual([1_000]);
    const reports = looks(new StuckDetector(1_000), 0, 260_000, 250, still);
    expect(reports).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 124_000, 184_000, 244_000]);
  });

  test('is reported anew when it has moved in between', () => {
    const detector = new StuckDetector(1_000);
    const reports = looks(detector, 0, 10_000, 250, (ms) => [ms < 5_000 ? 1 : 2, 0]);
    expect(reports).toEqual([1_000, 2_000, 4_000, 1_000, 2_000, 4_000]);
  });
});

describe('a loop that moves', () => {
  test.each([
    ['comes round, idle', (ms: number) => [Math.floor(ms / 250), 0] as const],
    ['passes from part to part', (ms: number) => [0, Math.floor(ms / 900)] as const],
  ])('is not reported: it %s', (_, at) => {
    expect(looks(new StuckDetector(1_000), 0, 60_000, 250, at)).toEqual([]);
  });

  test('is not reported at the first look, whenever that is', () => {
    expect(new StuckDetector(1_000).look(1e9, 0, 0)).toBeUndefined();
  });
});

test('a process that was suspended is not reported; one that stands still after that is', () => {
  const detector = new StuckDetector(1_000);
  expect(looks(detector, 0, 750, 250, still)).toEqual([]);
  expect(looks(detector, 3_600_000, 3_600_750, 250, still)).toEqual([]);
  expect(looks(detector, 3_601_000, 3_601_000, 250, still)).toEqual([1_000]);
});

test('a look that is a little late proves as much as one that is not', () => {
  const detector = new StuckDetector(1_000);
  expect([0, 250, 1_100, 1_200].map((ms) => detector.look(ms, 1, 1))).toEqual([undefined, undefined, 1_100, undefined]);
});
