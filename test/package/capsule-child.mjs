// A service whose actor fails on the lines that hold "bad", on the built library, as the main job of this process.
//   capsule-child.mjs FOLDER            one such line, with payloads; ends by itself
//   capsule-child.mjs FOLDER many SIZE  such lines without end, each of SIZE characters: to be killed
import process from 'node:process';
import { Graph } from '../../dist/src/index.js';
import { counter } from './capsule-actors.mjs';

const [folder, many, size] = process.argv.slice(2);
const graph = new Graph({
  name: 'service',
  logLevel: 'info',
  capsules: { folder, payloads: true, perMinuteMax: 10_000, filesMax: 20, bytesMax: 8_388_608 },
  actorDefaults: { showstopperAfter: 1, maxRestarts: Infinity, retryBackoff: { minMs: 0 }, backoff: { minMs: 0 } },
  deadLetters: { capacity: 10, whenFull: 'evict' },
});
const words = graph.channel('words', { capacity: 16 });
graph.sink('words sink', words, () => undefined);
const lines = graph.channel('lines', { capacity: 16 });
graph.actor('counter', counter, { lines, words });
graph.feed('feed', many === undefined ? ['one', 'two', 'bad three', 'four'] : endless(Number(size)), lines);

async function* endless(length) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 2)); // at the pace of the disk, or capsules are left out
    yield `bad ${'x'.repeat(length)}`;
  }
}

await graph.run();
