const CRASH = -1;

/** What a restart makes anew. */
interface Child {
  total: number;
}

/** A thrown error, a catch and a fresh object: a restart with nobody to decide it. */
export async function run(samples: number): Promise<readonly number[]> {
  const samplesUs: number[] = [];
  let child: Child = { total: 0 };
  let crashedMs = 0;
  let readyMs = 0;
  let handled = 0;

  function handle(message: number): void {
    if (message === CRASH) {
      crashedMs = performance.now();
      throw new Error('crash');
    }
    readyMs = performance.now();
    child.total += message;
  }

  for (let i = 0; i < samples; i += 1) {
    try {
      handle(CRASH);
    } catch {
      child = { total: 0 };
    }
    handle(1);
    handled += child.total;
    samplesUs.push((readyMs - crashedMs) * 1_000);
  }
  if (handled !== samples) throw new Error(`the children handled ${handled} messages, not ${samples}`);
  return samplesUs;
}
