/** Logs that a test looks at. */
import { Graph, HoldfastError } from 'holdfast';
import { capturedLog, Simulation } from 'holdfast/testing';
import { expect, test } from 'vitest';

test('keeps the lines of one graph, with the fields of the loggers they came through', async () => {
  const sim = new Simulation();
  const logs = [capturedLog(), capturedLog()];
  for (const [index, log] of logs.entries()) {
    const graph = new Graph({ name: `graph ${index}`, ports: sim.ports, log });
    graph.start();
    await sim.runUntil(graph.stopped());
  }
  expect(logs.map(({ lines }) => lines)).toEqual([
    [{ level: 'info', text: 'stopped cleanly', fields: { graph: 'graph 0' } }],
    [{ level: 'info', text: 'stopped cleanly', fields: { graph: 'graph 1' } }],
  ]);
});

test('takes both forms of a line', () => {
  const log = capturedLog();
  log.trace('text alone');
  log.child({ a: 1, b: 1 }).debug({ b: 2 });
  log.warn({ c: 3 }, 'both');
  expect(log.lines).toEqual([
    { level: 'trace', text: 'text alone', fields: {} },
    { level: 'debug', text: '', fields: { a: 1, b: 2 } },
    { level: 'warn', text: 'both', fields: { c: 3 } },
  ]);
  log.clear();
  expect(log.lines).toEqual([]);
});

test('finds lines by text, level and fields', () => {
  const log = capturedLog();
  log.info({ beat: 1 }, 'heartbeat 1');
  log.warn({ beat: 2, list: [1, 2] }, 'heartbeat 2');
  expect(log.find('beat')).toHaveLength(2);
  expect(log.find(/^heart.*2$/)).toHaveLength(1);
  expect(log.find({ level: 'warn' })).toEqual(log.find({ text: '2' }));
  expect(log.find({ fields: { list: [1, 2] } })).toHaveLength(1);
  expect(log.find({ fields: { beat: expect.any(Number) as number } })).toHaveLength(2);
  expect(log.find({ level: 'info', fields: { beat: 2 } })).toEqual([]);
});

test('expects lines in order; others may come between, and one line counts once', () => {
  const log = capturedLog();
  for (const text of ['started', 'working', 'failed', 'restarted']) log.info(text);
  log.expectLog();
  log.expectLog('started', { text: /fail/ }, 'restarted');
  expect(() => log.expectLog('restarted', 'started')).toThrow(`no line of the log fits 'started' after the one for`);
  expect(() => log.expectLog('working', 'working')).toThrow(HoldfastError);
});

test('shows what was searched', () => {
  const log = capturedLog();
  expect(() => log.expectLog('anything')).toThrow('no line');
  for (let line = 0; line < 30; line += 1) log.error({ line }, 'the same');
  expect(() => log.expectLog({ level: 'fatal' })).toThrow(
    /the last 20 of 30 lines:\n {2}error the same \{ line: 10 \}/,
  );
});

test('a pattern that says nothing of what it means is refused, and does not fit every line', () => {
  const log = capturedLog();
  log.info('hello');
  for (const pattern of [null, 5, ['bye'], { txt: 'bye' }, { level: 'information' }, { fields: null }]) {
    expect(() => log.expectLog(pattern as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
    expect(() => log.find(pattern as never)).toThrow(HoldfastError);
  }
});
