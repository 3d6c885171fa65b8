// `npm start`: makes the checkout ready, then runs the lesson `robust` with the arguments given after `--`.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensure, root } from './ensure.mjs';

const failure = ensure();
if (failure === undefined) {
  // In this process, not in a child, so that signals and the exit status need no forwarding. For the same reason
  // package.json says `exec node`: npm passes a signal to its shell only, which would end and leave us behind.
  const main = join(root, 'dist', 'src', 'cli', 'main.js');
  process.argv = [process.execPath, main, 'lesson', 'robust', ...process.argv.slice(2)];
  await import(pathToFileURL(main).href);
} else {
  process.stderr.write(`holdfast: ${failure}\n`);
  process.exitCode = 1;
}
