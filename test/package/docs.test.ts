/**
 * Runs the code blocks of the documents, so that what a reader copies works.
 *
 * A block is fenced with `ts` or `js`, in README.md, in docs/ or in an `@example` of a source. Each is a program of its
 * own: it is type-checked (`ts`), then run against dist/. Where it says `// => text`, its standard output must hold the
 * line `text`, in the order of these comments; other output may come between. `ts no-run` leaves a block alone.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
// Inside the checkout, because only there the package may import itself by its name.
const runs = join(root, '.docs-run');

/** A lesson may watch a restart or a drain, but a reader would not wait longer either. */
const blockTimeoutMs = 20_000;

interface Block {
  readonly at: string;
  readonly language: 'ts' | 'js';
  readonly code: string;
}

function blocksIn(path: string, text: string): Block[] {
  const fence = /^( *)(?:\* )?```(ts|js) *\n([\s\S]*?)\n *(?:\* )?```/gm;
  return [...text.matchAll(fence)].map((match) => {
    const [, , language, body = ''] = match;
    const line = text.slice(0, match.index).split('\n').length;
    const code = path.endsWith('.ts') ? body.replaceAll(/^ *\* ?/gm, '') : body;
    return { at: `${path}:${line}`, language: language === 'ts' ? 'ts' : 'js', code };
  });
}

/** The doc comments of a source, each on the lines where it was, so that line numbers stay true. */
function docComments(text: string): string {
  return text.replaceAll(/(\/\*\*[\s\S]*?\*\/)|[^\n]/g, (_, comment: string | undefined) => comment ?? '');
}

function filesBelow(folder: string, extension: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension) && !entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}

function allBlocks(): Block[] {
  const documents = [...(existsSync(join(root, 'README.md')) ? ['README.md'] : []), ...filesBelow('docs', '.md')];
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  return [
    ...documents.flatMap((path) => blocksIn(path, read(path))),
    ...filesBelow('src', '.ts').flatMap((path) => blocksIn(path, docComments(read(path)))),
  ];
}

const promised = (code: string): string[] => [...code.matchAll(/\/\/ => (.*)$/gm)].map(([, text = '']) => text.trim());

/** The promised lines that do not appear, in order, among those printed. */
function missing(lines: readonly string[], output: string): string[] {
  const printed = output.split(/\r?\n/).map((line) => line.trim());
  let from = 0;
  return lines.filter((line) => {
    const place = printed.indexOf(line, from);
    if (place >= 0) from = place + 1;
    return place < 0;
  });
}

function typeErrors(paths: readonly string[], folder: string): string[] {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.json'),
    {
      // A document may declare what it shows and leave it unused.
      noUnusedLocals: false,
      noUnusedParameters: false,
      moduleDetection: ts.ModuleDetectionKind.Force,
      // Not the root: the name of the package then means the declarations in dist/, as it does for users.
      rootDir: folder,
      outDir: join(folder, 'out'),
    },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
  );
  const program = ts.createProgram([...paths], config?.options ?? {});
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
    if (diagnostic.file === undefined) return text;
    const { line } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start ?? 0);
    return `${basename(diagnostic.file.fileName)}:${line + 1} ${text}`;
  });
}

describe('the code blocks of the documents', () => {
  const blocks = allBlocks();
  mkdirSync(runs, { recursive: true });
  const folder = mkdtempSync(join(runs, 'run-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const programs = blocks.map((block) => {
    const name = block.at.replaceAll(/[^\w.]+/g, '-').replaceAll('.', '-');
    const source = join(folder, `${name}.${block.language}`);
    writeFileSync(source, block.code);
    return { ...block, source, program: join(folder, `${name}.mjs`) };
  });

  test(`compile, all ${blocks.length} of them`, () => {
    const sources = programs.filter(({ language }) => language === 'ts').map(({ source }) => source);
    expect(typeErrors(sources, folder)).toEqual([]);
  });

  for (const { at, code, source, program } of programs) {
    test(`run: ${at}`, () => {
      const { outputText } = ts.transpileModule(readFileSync(source, 'utf8'), {
        compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
      });
      writeFileSync(program, outputText);
      const result = spawnSync(process.execPath, [program], { cwd: folder, encoding: 'utf8', timeout: blockTimeoutMs });
      const said = `${result.stdout}${result.stderr}`;
      expect(result.error, said).toBeUndefined();
      expect(result.status, said).toBe(0);
      expect(missing(promised(code), result.stdout), `not printed, or not in this order; printed:\n${said}`).toEqual(
        [],
      );
    });
  }
});

describe('the search for code blocks', () => {
  const fenced = (info: string, code: string): string => `Text.\n\n\`\`\`${info}\n${code}\n\`\`\`\n`;

  test('takes ts and js, with the line they begin on', () => {
    expect(blocksIn('a.md', fenced('ts', 'one();\ntwo();'))).toEqual([
      { at: 'a.md:3', language: 'ts', code: 'one();\ntwo();' },
    ]);
    expect(blocksIn('a.md', fenced('js', 'one();'))).toHaveLength(1);
  });

  test('leaves other languages alone, and what is marked no-run', () => {
    expect(blocksIn('a.md', fenced('sh', 'ls'))).toEqual([]);
    expect(blocksIn('a.md', fenced('ts no-run', 'one();'))).toEqual([]);
    expect(blocksIn('a.md', `${fenced('sh', 'ls')}${fenced('ts', 'one();')}`)).toHaveLength(1);
  });

  test('finds the examples in doc comments', () => {
    const source =
      "const fence = '```ts';\n  /**\n   * @example\n   * ```ts\n   * one();\n   *\n   *   two();\n   * ```\n   */";
    expect(blocksIn('a.ts', docComments(source))).toEqual([
      { at: 'a.ts:4', language: 'ts', code: 'one();\n\n  two();' },
    ]);
  });

  test('wants the promised lines whole and in order', () => {
    expect(promised('console.log(1); // => 1\nf(); // why\nconsole.log(2); // => 2')).toEqual(['1', '2']);
    expect(missing(['1', '2'], '1\nother\n2\n')).toEqual([]);
    expect(missing(['2', '1'], '1\n2\n')).toEqual(['1']);
    expect(missing(['1'], '10\n')).toEqual(['1']);
  });
});
