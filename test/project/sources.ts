import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export const root = path.resolve(import.meta.dirname, '../..');

/** What is written by hand and is code, below these folders. */
const FOLDERS = ['src', 'webview', 'native', 'scripts', 'bench', 'test'];
const CODE = /\.(ts|mjs|cjs|cc|h|css|py)$/;
const MADE = new Set(['native/build', 'native/headers', 'native/node_modules']);

/** A file of the repository, by its path with forward slashes. */
export interface Source {
  readonly file: string;
  readonly text: string;
  /** Lines, without the end of the last one. */
  readonly lines: number;
}

export function allSources(): Source[] {
  const found: Source[] = [];
  const visit = (folder: string): void => {
    for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
      const file = `${folder}/${entry.name}`;
      if (entry.isDirectory() && !MADE.has(file)) visit(file);
      else if (entry.isFile() && CODE.test(entry.name)) {
        const text = fs.readFileSync(path.join(root, file), 'utf8');
        found.push({ file, text, lines: text.trimEnd().split('\n').length });
      }
    }
  };
  for (const folder of FOLDERS) visit(folder);
  return found.sort((a, b) => (a.file < b.file ? -1 : 1));
}

export const isTypeScript = ({ file }: Source): boolean => file.endsWith('.ts');

const parsed = new Map<string, ts.SourceFile>();

export function syntaxOf({ file, text }: Source): ts.SourceFile {
  const kind = file.endsWith('.ts') ? ts.ScriptKind.TS : ts.ScriptKind.JS;
  const tree = parsed.get(file) ?? ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, kind);
  parsed.set(file, tree);
  return tree;
}

/** The files of ours that a file imports or exports from, types included. */
export function importsOf(source: Source): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    const specifier =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
            ? node.argument.literal
            : undefined;
    if (specifier && ts.isStringLiteral(specifier)) names.push(specifier.text);
    ts.forEachChild(node, visit);
  };
  visit(syntaxOf(source));
  return names
    .filter((name) => name.startsWith('.'))
    .map((name) => path.posix.join(path.posix.dirname(source.file), name).replace(/\.js$/, '.ts'));
}

/** Groups of files that import each other, each in the order of their names. */
export function circlesOf(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  // Tarjan's strongly connected components.
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.get(file)!);
    stack.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(file, Math.min(low.get(file)!, low.get(next)!));
    }
    if (low.get(file) !== index.get(file)) return;
    const circle = stack.splice(stack.indexOf(file)).sort();
    if (circle.length > 1 || imports.get(file)?.includes(file)) circles.push(circle);
  };
  for (const file of imports.keys()) if (!index.has(file)) visit(file);
  return circles;
}

export interface LongFunction {
  readonly name: string;
  readonly lines: number;
}

/** The functions of a TypeScript or JavaScript file with more lines than these; a suite of tests is none. */
export function longFunctions(source: Source, most: number): LongFunction[] {
  const tree = syntaxOf(source);
  const lineOf = (at: number) => tree.getLineAndCharacterOfPosition(at).line;
  const found: LongFunction[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body && !isSuite(node)) {
      const lines = lineOf(node.end) - lineOf(node.getStart(tree)) + 1;
      if (lines > most) found.push({ name: nameOf(node), lines });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

const SUITES = /^(describe|withShared|withTensorFlow|suite)\b/;

function isSuite(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && SUITES.test(node.parent.expression.getText());
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name) return node.name.getText();
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent))
    return parent.name.getText();
  if (!ts.isCallExpression(parent)) return '(function)';
  const [title] = parent.arguments;
  const told = title && ts.isStringLiteralLike(title) ? title.text : '';
  return `${parent.expression.getText()}(${told})`.slice(0, 80);
}

/** The functions of a C++ file, which clang-format leaves at the margin, or one step in from it in a class. */
export function longCppFunctions({ text }: Source, most: number): LongFunction[] {
  const lines = text.split('\n');
  const found: LongFunction[] = [];
  lines.forEach((line, start) => {
    const [, indent, name] =
      /^((?: {2})?)(?=[A-Za-z~])(?!namespace|class|struct|enum|union|extern)[^;]*?([\w~:]+)\(/.exec(line) ?? [];
    if (indent === undefined || name === undefined) return;
    // The head may take several lines.
    let body = start;
    while (body < lines.length && !/[{;]\s*(\/\/.*)?$/.test(lines[body]!)) body++;
    if (!/\{\s*(\/\/.*)?$/.test(lines[body] ?? '')) return;
    const end = lines.findIndex((other, i) => i > body && other.startsWith(`${indent}}`));
    if (end - start + 1 > most) found.push({ name, lines: end - start + 1 });
  });
  return found;
}

/** The rooms below `src`, top to bottom. */
export function roomsOfArchitecture(): string[] {
  const text = fs.readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8');
  return [...text.matchAll(/^src\/(\w+) {2,}/gm)].map(([, room]) => room!);
}
