/** The rules about sources that the design stands on, checked without ESLint and on the parsed source. */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

const timers = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'];
const surroundings = ['performance', 'crypto', ...timers];
const output = ['console', 'process'];

/** Members of otherwise harmless globals. */
const bannedMembers = ['Date.now', 'Math.random', 'AbortSignal.timeout'];

interface Allowance {
  readonly surroundings?: boolean;
  readonly output?: boolean;
  readonly node?: boolean;
}

/** The first folder that matches decides; everything else in src/ may use nothing of this. */
const allowances: readonly (readonly [folder: string, allowance: Allowance])[] = [
  ['src/ports/node/', { surroundings: true, output: true, node: true }],
  ['src/cli/', { output: true, node: true }],
  ['src/telemetry/', { node: true }],
  ['src/dashboard/', { node: true }],
  ['src/threads/', { node: true }],
  ['src/durable/', { node: true }],
  ['src/nats/', { node: true }],
];

function sourcePaths(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

/** Everything in `text` that breaks a rule, as `path:line what`. */
function strays(path: string, text: string): string[] {
  const allowed = allowances.find(([folder]) => path.startsWith(folder))?.[1] ?? {};
  const banned = new Set([...(allowed.surroundings ? [] : surroundings), ...(allowed.output ? [] : output)]);
  const members = allowed.surroundings ? [] : bannedMembers;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const declared = declaredNames(file);
  const found: string[] = [];

  function visit(node: ts.Node): void {
    const what = strayIn(node);
    if (what !== undefined) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
      found.push(`${path}:${line + 1} ${what}`);
    }
    ts.forEachChild(node, visit);
  }

  function strayIn(node: ts.Node): string | undefined {
    if (ts.isEnumDeclaration(node)) return 'enum';
    if (ts.isModuleDeclaration(node) && ts.isIdentifier(node.name) && node.name.text !== 'global') return 'namespace';
    if (ts.isExportDeclaration(node) && node.exportClause === undefined) return 'export *';
    if (ts.isExportAssignment(node)) return 'export default';
    if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.DefaultKeyword)) {
      return 'export default';
    }
    if (ts.isNewExpression(node) && node.expression.getText(file) === 'Date' && !node.arguments?.length) {
      return allowed.surroundings ? undefined : 'new Date()';
    }
    if (ts.isPropertyAccessExpression(node)) {
      const access = node.getText(file);
      if (members.includes(access)) return access;
      const isGlobal = node.expression.getText(file) === 'globalThis';
      return isGlobal && banned.has(node.name.text) ? access : undefined;
    }
    if (ts.isStringLiteral(node) && isModuleName(node)) {
      const isNode = node.text.startsWith('node:') || builtinModules.includes(node.text);
      return isNode && !allowed.node ? `import '${node.text}'` : undefined;
    }
    if (ts.isIdentifier(node) && banned.has(node.text) && !declared.has(node.text) && isReference(node)) {
      return node.text;
    }
    return undefined;
  }

  visit(file);
  return found;
}

/** Names this file gives to something of its own, so that they do not mean the global. */
function declaredNames(file: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const isDeclaration =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isImportSpecifier(node);
    if (isDeclaration && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

/** Whether this identifier stands for a value, and does not name a member. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isTypeNode(parent) || ts.isQualifiedName(parent)) return ts.isTypeQueryNode(parent);
  const isMemberName = ts.isClassElement(parent) || ts.isTypeElement(parent) || ts.isObjectLiteralElement(parent);
  return !(isMemberName && parent.name === node);
}

function isModuleName(node: ts.StringLiteral): boolean {
  const { parent } = node;
  if (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent)) return parent.moduleSpecifier === node;
  return ts.isCallExpression(parent) && parent.expression.kind === ts.SyntaxKind.ImportKeyword;
}

describe('the sources', () => {
  const sources = sourcePaths('src').map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

  test('take time, randomness and I/O from ports, and keep to erasable syntax with named exports', () => {
    expect(sources.flatMap(({ path, text }) => strays(path, text))).toEqual([]);
  });

  test('leave nothing to be done', () => {
    const marked = sources.filter(({ text }) => /\b(TODO|FIXME)\b/.test(text));
    expect(marked.map(({ path }) => path)).toEqual([]);
  });

  test('say why wherever they switch a check off', () => {
    const silent = sources.flatMap(({ path, text }) =>
      text
        .split('\n')
        .map((line, index) => ({ line, at: `${path}:${index + 1}` }))
        .filter(({ line }) => /eslint-disable/.test(line) && !/eslint-disable.* -- \S+ \S+/.test(line))
        .map(({ at }) => at),
    );
    expect(silent).toEqual([]);
  });
});

describe('the search for strays', () => {
  test.each([
    ['const now = Date.now();', 'Date.now'],
    ['const now = new Date();', 'new Date()'],
    ['const x = performance.now();', 'performance'],
    ['setTimeout(() => {}, 1);', 'setTimeout'],
    ['globalThis.setTimeout(() => {}, 1);', 'globalThis.setTimeout'],
    ['const start = queueMicrotask;', 'queueMicrotask'],
    ['const clock = { setInterval };', 'setInterval'],
    ['const x = Math.random();', 'Math.random'],
    ['console.log(1);', 'console'],
    ['const x = process.env;', 'process'],
    ["import { readFileSync } from 'node:fs';", "import 'node:fs'"],
    ["import { readFileSync } from 'fs';", "import 'fs'"],
    ["const fs = await import('node:fs');", "import 'node:fs'"],
    ["export * from './a.ts';", 'export *'],
    ['export default 1;', 'export default'],
    ['export default function f() {}', 'export default'],
    ['enum A { B }', 'enum'],
    ['namespace A { export const b = 1; }', 'namespace'],
  ])('finds %s', (text, what) => {
    expect(strays('src/system/graph.ts', text)).toEqual([`src/system/graph.ts:1 ${what}`]);
  });

  test.each([
    ['// Date.now() and setTimeout are banned'],
    ["const text = 'Math.random()';"],
    ['const at = new Date(0);'],
    ['interface Clock { setTimeout(ms: number): void }'],
    ['export class A { performance = 1; process(): void {} }'],
    ['this.clock.setTimeout(5);'],
    ['const f = (process: string): string => process;'],
    ["import { Clock } from '../ports/clock.ts';"],
    ['type Timer = { console: number };'],
  ])('lets %s be', (text) => {
    expect(strays('src/system/graph.ts', text)).toEqual([]);
  });

  test('knows the folders that may do more', () => {
    expect(strays('src/ports/node/clock.ts', "import 'node:timers'; setTimeout(() => Date.now(), 1);")).toEqual([]);
    expect(strays('src/telemetry/server.ts', "import 'node:http'; Date.now();")).toEqual([
      'src/telemetry/server.ts:1 Date.now',
    ]);
    expect(strays('src/cli/main.ts', "import 'node:fs'; console.log(process.argv);")).toEqual([]);
    expect(strays('src/testing/sim-clock.ts', "import 'node:fs';")).toHaveLength(1);
  });
});
