// `npm run bench`: makes the checkout ready, compiles the runner of the benchmarks and runs it with the arguments given
// after `--`. The runner compiles what it measures into another folder, which it empties first.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensure, root } from './ensure.mjs';

const runner = join(root, 'dist', '.bench-runner');

function compileRunner() {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [compiler, '-p', join('bench', 'tsconfig.json'), '--outDir', runner];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
  return status === 0 ? undefined : 'the benchmarks did not compile: see above';
}

const failure = ensure() ?? compileRunner();
if (failure === undefined) {
  const main = join(runner, 'bench', 'run.js');
  process.argv = [process.execPath, main, ...process.argv.slice(2)];
  await import(pathToFileURL(main).href);
} else {
  process.stderr.write(`holdfast: ${failure}\n`);
  process.exitCode = 1;
}
