import type { WriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';

/**
 * Opens the file at `path` for writing, empty.
 *
 * @param taken - Files that are in use already: opening one of them again would destroy it.
 *
 * @throws Error with a message of one line that names the file.
 */
export async function openTextFile(path: string, taken: readonly string[]): Promise<WriteStream> {
  try {
    for (const other of taken) {
      if (await isSameFile(path, other)) throw new Error(`it is the same file as "${other}"`);
    }
    const file = await open(path, 'w');
    return file.createWriteStream();
  } catch (error) {
    throw new Error(`cannot write "${path}": ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Whether both paths lead to one regular file. Devices and pipes can be opened more than once. */
async function isSameFile(path: string, other: string): Promise<boolean> {
  const [one, two] = await Promise.all([path, other].map((each) => stat(each).catch(() => undefined)));
  return one !== undefined && two !== undefined && one.isFile() && one.ino === two.ino && one.dev === two.dev;
}
