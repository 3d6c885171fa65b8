import process from 'node:process';

/** What a shell reports of a program that wrote into a closed pipe: 128 plus the number of SIGPIPE. */
const brokenPipeStatus = 141;

/** Makes the process end quietly when nobody reads its output any more, as in `holdfast … | head`. */
export function guardOutputs(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(brokenPipeStatus);
    process.stderr.write(`holdfast: cannot write to standard output: ${error.message}\n`);
    process.exit(1);
  });
  process.stderr.on('error', () => undefined); // there is nowhere left to report it
}
