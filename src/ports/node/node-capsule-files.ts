import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { CAPSULE_SUFFIX, type CapsuleFile, type CapsuleFiles } from '../capsule-files.ts';

/** How the names of capsules end that are being written. */
const UNFINISHED = '.capsule.tmp';
/** What is unfinished for so long was left by a process that died. */
const UNFINISHED_MS = 60_000;

/**
 * Capsules as files. Each is written under another name, brought to the disk, and renamed: who lists the folder never sees half
 * of one, whenever the process dies.
 */
export class NodeCapsuleFiles implements CapsuleFiles {
  readonly versions: { readonly holdfast: string; readonly node: string } = {
    holdfast: ownVersion(),
    node: process.version,
  };

  async write({ folder, name, text, filesMax }: CapsuleFile): Promise<string> {
    await makeFolder(folder);
    const path = join(folder, name);
    const unfinished = join(folder, `${name}-${process.pid}${UNFINISHED}`);
    try {
      // Readable for the owner alone: it may hold payloads.
      const file = await open(unfinished, 'wx', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      throw error;
    }
    await tidy(folder, filesMax);
    return path;
  }
}

/** Not by the option `recursive` of `mkdir`, which never comes to an end where a file system says that there is no such place. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return; // if it is no folder, writing into it will say so
    const parent = dirname(resolve(path));
    if (code !== 'ENOENT' || parent === path) throw error;
    await makeFolder(parent);
    await mkdir(path);
  }
}

/** Removes the oldest capsules, and what processes that died have left. */
async function tidy(folder: string, filesMax: number): Promise<void> {
  const names = await readdir(folder);
  const capsules = names.filter((name) => name.endsWith(CAPSULE_SUFFIX)).sort();
  const oldest = capsules.slice(0, Math.max(0, capsules.length - filesMax));
  const unfinished = names.filter((name) => name.endsWith(UNFINISHED));
  await Promise.all([
    ...oldest.map((name) => rm(join(folder, name), { force: true })),
    ...unfinished.map((name) => removeIfLeft(join(folder, name))),
  ]);
}

async function removeIfLeft(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined); // another process may have finished it meanwhile
  if (found !== undefined && Date.now() - found.mtimeMs > UNFINISHED_MS) await rm(path, { force: true });
}

/** Bundled into a program, the package has no manifest of its own. */
function ownVersion(): string {
  try {
    const manifest = createRequire(import.meta.url)('holdfast/package.json') as { readonly version: string };
    return manifest.version;
  } catch {
    return 'unknown';
  }
}
