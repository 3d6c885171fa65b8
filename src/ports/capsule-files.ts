/** What a capsule is to be written as. */
export interface CapsuleFile {
  /** Made if it is not there. */
  readonly folder: string;
  /** Unique, and sorted by time among those of the folder. */
  readonly name: string;
  /** One capsule, as JSON. */
  readonly text: string;
  /** Capsules that the folder may hold with this one; the oldest go. */
  readonly filesMax: number;
}

/** Where capsules go. The real one is a folder of files. */
export interface CapsuleFiles {
  /** Of what runs here, for whoever reads a capsule elsewhere. */
  readonly versions: { readonly holdfast: string; readonly node: string };
  /**
   * Writes a capsule whole or, if the process dies or the disk is full, not at all. Must not hold up the event loop.
   *
   * @returns where it is, for the log. Rejects with the error of the file system.
   */
  write(file: CapsuleFile): Promise<string>;
}

/** How the names of capsules end. */
export const CAPSULE_SUFFIX = '.capsule.json';
