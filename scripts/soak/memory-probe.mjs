// Loaded into the process under watch (`--import`, with `--expose-gc`): tells its parent how much memory it uses. What the
// collector would free is no growth, so it runs first.
import process from 'node:process';

const everyMs = Number(process.env['HOLDFAST_SAMPLE_MS']);

setInterval(() => {
  globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ rssBytes: rss, heapBytes: heapUsed + external });
}, everyMs).unref();
process.channel?.unref();
