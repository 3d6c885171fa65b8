// Installs and builds, but only what is missing or out of date. Run it as a script, import `ensure`, or let vitest call
// `setup`. Only Node built-ins may be imported here: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const installStamp = join(root, 'node_modules', '.holdfast-stamp');
const buildStamp = join(root, 'dist', '.holdfast-stamp');
const builtFolders = ['src', 'examples'];
const buildInputs = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

/** Another process may be installing or building in this checkout; longer than this and it must be stuck. */
const lockTimeoutMs = 5 * 60_000;

/**
 * Makes the checkout ready to run: dependencies installed, dist/ up to date.
 *
 * @returns the reason why it is not ready, or undefined when it is.
 */
export function ensure() {
  const unsupported = unsupportedNode();
  if (unsupported !== undefined) return unsupported;
  if (isInstalled() && isBuilt()) return undefined;
  const unlock = lock();
  try {
    if (!isInstalled()) {
      const failure = install();
      if (failure !== undefined) return failure;
    }
    return isBuilt() ? undefined : build();
  } finally {
    unlock();
  }
}

/** For vitest's globalSetup. Type errors are reported elsewhere, and what was emitted may still be tested. */
export function setup() {
  const failure = ensure();
  if (failure !== undefined) say(failure);
}

function unsupportedNode() {
  const required = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node;
  const [major, minor] = required.replace('>=', '').split('.').map(Number);
  const [hasMajor, hasMinor] = process.versions.node.split('.').map(Number);
  if (hasMajor > major || (hasMajor === major && hasMinor >= minor)) return undefined;
  return `Node ${required} is needed, but this is Node ${process.versions.node}: install a newer Node and try again`;
}

function lockfileHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function isInstalled() {
  if (!existsSync(join(root, 'node_modules'))) return false;
  const hash = lockfileHash();
  if (existsSync(installStamp) && readFileSync(installStamp, 'utf8') === hash) return true;
  if (!treeMatchesLockfile()) return false;
  writeFileSync(installStamp, hash);
  return true;
}

/** Whether node_modules already holds what the lockfile asks for, as after an `npm install` by hand. */
function treeMatchesLockfile() {
  // npm writes this copy of the lockfile last, so it is missing after an interrupted install.
  const installedPath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedPath)) return false;
  const installed = JSON.parse(readFileSync(installedPath, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const isMet = ([path, entry]) =>
    path === '' || (installed[path] ? installed[path].version === entry.version : entry.optional || entry.devOptional);
  return Object.entries(wanted).every(isMet) && Object.keys(installed).every((path) => path in wanted);
}

function install() {
  say('installing dependencies (npm ci)');
  // `npm --silent test` hands its log level down to us; a failed install must still say why.
  const options = ['--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  // The shell finds npm.cmd on Windows; the arguments are constants.
  const result = spawnSync(`npm ci ${options.join(' ')}`, { cwd: root, stdio: ['ignore', 2, 2], shell: true });
  if (result.status !== 0) return 'npm ci failed: see above';
  writeFileSync(installStamp, lockfileHash());
  return undefined;
}

function isBuilt() {
  if (!existsSync(buildStamp)) return false;
  const builtAtMs = statSync(buildStamp).mtimeMs;
  return (
    buildInputs.every((path) => statSync(join(root, path)).mtimeMs <= builtAtMs) &&
    builtFolders.every((folder) => isOlder(join(root, folder), builtAtMs))
  );
}

/** Whether nothing in `folder` changed after `timeMs`. A folder's own time tells of files added, moved and removed. */
function isOlder(folder, timeMs) {
  if (!existsSync(folder)) return true;
  if (statSync(folder).mtimeMs > timeMs) return false;
  return readdirSync(folder, { withFileTypes: true }).every((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return isOlder(path, timeMs);
    return isTest(entry.name) || statSync(path).mtimeMs <= timeMs;
  });
}

function build() {
  say('building');
  const startedAt = new Date();
  mkdirSync(join(root, 'dist'), { recursive: true });
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const result = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  copyAssets();
  for (const folder of builtFolders) prune(join(root, 'dist', folder), join(root, folder));
  const main = join(root, 'dist', 'src', 'cli', 'main.js');
  if (existsSync(main)) chmodSync(main, 0o755);
  if (result.status !== 0) {
    rmSync(buildStamp, { force: true });
    return 'the build failed: see above';
  }
  writeFileSync(buildStamp, '');
  utimesSync(buildStamp, startedAt, startedAt); // a file saved while the compiler ran must trigger the next build
  return undefined;
}

/** Copies what is not TypeScript (pages, styles, data), which the compiler leaves behind. */
function copyAssets() {
  for (const folder of builtFolders) {
    for (const path of filesBelow(join(root, folder))) {
      if (/\.(ts|md)$/.test(path)) continue;
      const target = join(root, 'dist', path.slice(root.length));
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(path, target);
    }
  }
}

/** Removes what an earlier build made from a source that is gone: it would be packed, and it could be imported. */
function prune(outputFolder, sourceFolder) {
  for (const path of filesBelow(outputFolder)) {
    const asset = join(sourceFolder, path.slice(outputFolder.length));
    const source = asset.replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts');
    if (!existsSync(asset) && !existsSync(source)) rmSync(path, { force: true });
  }
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

function isTest(name) {
  return name.endsWith('.test.ts');
}

/** Lets one process at a time install or build here. The lock is a file outside the checkout holding a process id. */
function lock() {
  const key = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const path = join(tmpdir(), `holdfast-${key}.lock`);
  const deadlineMs = Date.now() + lockTimeoutMs;
  while (Date.now() < deadlineMs) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch {
      if (!holderIsAlive(path)) rmSync(path, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
  say(`${path} has been held too long: going on without it`);
  return () => {};
}

function holderIsAlive(path) {
  try {
    const holder = readFileSync(path, 'utf8');
    if (holder === '') return true; // created, its process id about to be written
    process.kill(Number(holder), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

// Standard error, so that a program started through this keeps its standard output to itself.
function say(line) {
  process.stderr.write(`holdfast: ${line}\n`);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const failure = ensure();
  if (failure !== undefined) {
    say(failure);
    process.exitCode = 1;
  }
}
