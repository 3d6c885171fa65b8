import type { CapsuleFile, CapsuleFiles } from '../ports/capsule-files.ts';
import type { Capsule } from '../system/capsule.ts';

/** Capsules in memory, as long as there is room for them: what a folder of files is in production. */
export class SimulatedCapsuleFiles implements CapsuleFiles {
  readonly versions: { readonly holdfast: string; readonly node: string } = {
    holdfast: 'simulated',
    node: 'simulated',
  };
  #capsules: Capsule[] = [];
  /** What writing fails with; a test sets it: a disk that is full, for example. Null: it works. */
  failure: Error | null = null;

  /** Those that are kept, oldest first. */
  get capsules(): readonly Capsule[] {
    return this.#capsules;
  }

  async write({ folder, name, text, filesMax }: CapsuleFile): Promise<string> {
    if (this.failure !== null) throw this.failure;
    this.#capsules = [...this.#capsules, JSON.parse(text) as Capsule].slice(-filesMax); // made by the graph itself
    return `${folder}/${name}`;
  }
}
