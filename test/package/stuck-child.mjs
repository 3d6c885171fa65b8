// A graph whose event loop is held by one of its parts until the watchdog's thread has reported that on standard error, which
// the caller has directed to a file. Prints one line of JSON when the graph has stopped.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { defineActor, Graph, input, output } from '../../dist/src/index.js';

const [who, mark, reportsWanted, logPath] = [
  process.argv[2],
  process.argv[3],
  Number(process.argv[4]),
  process.argv[5],
];

/** Works until the thread has said so often, in lines with the mark, that nothing else does. The caller gives up before this does. */
function hold() {
  const isReport = (line) => line.includes('"stuck: ') && line.includes(mark);
  while (readFileSync(logPath, 'utf8').split('\n').filter(isReport).length < reportsWanted);
}

const graph = new Graph({
  name: 'held',
  logLevel: 'warn',
  watchdog: { stuckAfterMs: who === 'nobody' ? 10_000 : 200 },
});
const numbers = graph.channel('numbers', { capacity: 4 });
const doubles = graph.channel('doubles', { capacity: 4 });
const source = {
  *[Symbol.iterator]() {
    yield 1;
    if (who === 'feed') hold();
    yield 2;
  },
};
graph.feed('numbers from outside', source, numbers);
graph.actor(
  'doubler',
  defineActor({
    inputs: { numbers: input() },
    outputs: { doubles: output() },
    async run({ inputs, outputs, running, next, all }) {
      while (running()) {
        await next(all(inputs.numbers.avail(), outputs.doubles.vacant()));
        const number = inputs.numbers.take();
        if (number === undefined) continue;
        if (number === 2 && who === 'actor') hold();
        if (number === 2 && who === 'last actor') queueMicrotask(hold);
        outputs.doubles.send(2 * number);
      }
    },
  }),
  { numbers, doubles },
);
const written = [];
graph.sink('writer', doubles, async (number) => {
  if (number === 4 && who === 'timer') await new Promise((resolve) => setTimeout(() => resolve(hold()), 1));
  if (number === 4 && who === 'sink') hold();
  written.push(number);
});
const stuck = [];
graph.subscribe((event) => {
  if (event.kind === 'stuck') stuck.push({ part: event.part ?? null, elapsedMs: event.elapsedMs });
});
await graph.run();
process.stdout.write(`${JSON.stringify({ stuck, written })}\n`);
