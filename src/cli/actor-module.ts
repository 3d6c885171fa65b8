import type { Capsule } from 'holdfast';
import type { ReplayedDefinition } from 'holdfast/testing';
import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { UsageError } from './usage-error.ts';

/** Actor definitions of a module, by the names of their exports. */
type Exported = ReadonlyMap<string, ReplayedDefinition>;

/**
 * Imports the module at `path` and finds the definition that a capsule was made of.
 *
 * @param name - Of the export; undefined where it is to be found by what it looks like.
 *
 * @throws UsageError that says what there is instead.
 */
export async function loadDefinition(
  path: string,
  name: string | undefined,
  capsule: Capsule,
): Promise<ReplayedDefinition> {
  const exported = await imported(path);
  const definitions: Exported = new Map(
    Object.entries(exported).flatMap(([key, value]) => (isDefinition(value) ? [[key, value] as const] : [])),
  );
  if (name !== undefined) return named(path, name, exported, definitions);
  if (definitions.size === 0) {
    const functions = Object.entries(exported).flatMap(([key, value]) => (typeof value === 'function' ? [key] : []));
    const hint = functions.length === 0 ? '' : `. It exports functions (${list(functions)}): export what they make`;
    throw new UsageError(`module "${path}" exports no actor definition${hint}`);
  }
  const fitting = [...definitions].filter(([, definition]) => fits(definition, capsule));
  const candidates = definitions.size === 1 ? [...definitions] : fitting;
  const found = candidates.length === 1 ? candidates[0]?.[1] : new Map(candidates).get(capsule.actor);
  if (found !== undefined) return found;
  const which = fitting.length === 0 ? 'none of them has the ports of the capsule' : `${list(fitting.map(([key]) => key))} would do`; // prettier-ignore
  throw new UsageError(
    `module "${path}" exports ${definitions.size} actor definitions (${list([...definitions.keys()])}), and ${which}: say which one with --export`,
  );
}

async function imported(path: string): Promise<Readonly<Record<string, unknown>>> {
  const file = resolve(path);
  if (!existsSync(file)) throw new UsageError(`there is no module "${path}"`);
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    const isTypeScript = ['.ts', '.mts', '.cts', '.tsx'].includes(extname(file));
    const { code } = error as NodeJS.ErrnoException;
    if (isTypeScript && code === 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw new UsageError(
        `module "${path}" is TypeScript, which Node ${process.version} cannot import: build it, and give the JavaScript file (Node 22.18 and later import it as it is)`,
      );
    }
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new UsageError(`module "${path}" cannot be imported: ${text}`);
  }
}

function named(
  path: string,
  name: string,
  exported: Readonly<Record<string, unknown>>,
  definitions: Exported,
): ReplayedDefinition {
  const definition = definitions.get(name);
  if (definition !== undefined) return definition;
  const what = Object.hasOwn(exported, name)
    ? 'which is no actor definition: make it with defineActor()'
    : `which it does not export; its definitions are ${list([...definitions.keys()])}`;
  throw new UsageError(`module "${path}" was to have "${name}", ${what}`);
}

/** By its looks: the module may have a copy of Holdfast of its own. */
function isDefinition(value: unknown): value is ReplayedDefinition {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'actor' && 'behaviour' in value
  );
}

function fits({ inputs, outputs, tables }: ReplayedDefinition, { definition }: Capsule): boolean {
  const isSame = (found: object, expected: readonly string[]): boolean =>
    Object.keys(found).sort().join('\n') === [...expected].sort().join('\n');
  return isSame(inputs, definition.inputs) && isSame(outputs, definition.outputs) && isSame(tables, definition.tables);
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  if (names.length === 0) return 'none';
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}
