/** Copies of the built library in folders of their own, with a mistake in them or without. */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { Mutation } from './mutations.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Makes a package `holdfast` in `folder` from dist/, with its dependencies. */
export function copyLibrary(folder: string): void {
  const isCode = (path: string): boolean => !/\.(map|d\.ts)$/.test(path);
  cpSync(join(root, 'dist', 'src'), join(folder, 'dist', 'src'), { recursive: true, filter: isCode });
  const { name, version, type, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as object &
    Record<string, unknown>;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version, type, exports, private: true }));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
}

/** Puts the modules of `source`, a folder of this checkout, into the package as JavaScript. */
export function copyModules(source: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const isModule = (name: string): boolean => name.endsWith('.ts') && !/\.(test|d)\.ts$/.test(name);
  for (const name of readdirSync(join(root, source)).filter(isModule)) {
    const { outputText } = ts.transpileModule(readFileSync(join(root, source, name), 'utf8'), {
      fileName: name,
      compilerOptions: {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        rewriteRelativeImportExtensions: true,
        verbatimModuleSyntax: true,
      },
    });
    writeFileSync(join(folder, name.replace(/\.ts$/, '.js')), outputText);
  }
}

/** Makes the mistake in the package. @throws Error if it does not apply. */
export function plant({ name, file, find, replace }: Mutation, folder: string): void {
  const path = join(folder, 'dist', 'src', file);
  const code = readFileSync(path, 'utf8');
  const places = code.split(find).length - 1;
  if (places !== 1) {
    throw new Error(
      `the mutation "${name}" no longer applies: its text is ${places} times in dist/src/${file}, instead of once`,
    );
  }
  writeFileSync(
    path,
    code.replace(find, () => replace),
  );
}
