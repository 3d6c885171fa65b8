import ts from 'typescript';
import { expect, test } from 'vitest';
import { quoted, readProjectFile, rows, section } from './tables.ts';

/** Each code with the names of its details, from the interface that declares them. */
function codesInSource(): [code: string, details: string[]][] {
  const path = 'src/base/errors.ts';
  const file = ts.createSourceFile(path, readProjectFile(path), ts.ScriptTarget.ESNext, true);
  const names = (members: ts.NodeArray<ts.TypeElement>): string[] =>
    members.map((member) => member.name?.getText(file) ?? '');
  for (const statement of file.statements) {
    if (!ts.isInterfaceDeclaration(statement) || statement.name.text !== 'ErrorDetails') continue;
    return statement.members.filter(ts.isPropertySignature).map((member) => {
      const { type } = member;
      return [member.name.getText(file), type !== undefined && ts.isTypeLiteralNode(type) ? names(type.members) : []];
    });
  }
  throw new Error('no interface ErrorDetails');
}

test('docs/errors.md has every code with what it carries, in the order of the source', () => {
  const table = rows(section(readProjectFile('docs/errors.md'), 'Codes')).map(([code, details]) => [
    quoted(code)[0],
    quoted(details),
  ]);
  expect(table).toEqual(codesInSource());
});
