import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** What git knows of this folder, and what it does not know yet and does not ignore. */
const files = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 2 ** 24,
})
  .stdout.split('\0')
  .filter((file) => file && fs.existsSync(path.join(root, file)));
/** The change log names what was. */
const documents = files.filter((file) => /^(docs\/)?[^/]+\.md$/.test(file) && file !== 'CHANGELOG.md');

const read = (file: string) => fs.readFileSync(path.join(root, file), 'utf8');

/** Pieces of the documents that an expression finds, with the document that holds them. */
function found(expression: RegExp): { readonly document: string; readonly text: string }[] {
  return documents.flatMap((document) =>
    [...read(document).matchAll(expression)].map((match) => ({ document, text: match[1]! })),
  );
}

/** Whether a tracked file or folder has this path, where `*` and `<name>` stand for a part of a name. */
function exists(pattern: string): boolean {
  const parts = pattern.split(/\*|<\w+>/).map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('[^/]*')}(/|$)`);
  return files.some((file) => expression.test(file));
}

function refuse(missing: readonly { readonly document: string; readonly text: string }[]): void {
  assert.deepEqual(
    missing.map(({ document, text }) => `${document}: ${text}`),
    [],
  );
}

describe('the documents', () => {
  it('hold no mark of a merge, as it is or as a formatter wraps it', () => {
    refuse(found(/^(<{7} .*|={7}|(?:> ?){7}.*)$/gm));
  });

  it('name paths that exist', () => {
    const paths = found(/(?<![\w./-])((?:src|webview|test|native|bench|scripts|docs|media)\/[\w.*/<>-]*[\w*>])/g);
    assert.ok(paths.length > 50, String(paths.length));
    refuse(paths.filter(({ text }) => !exists(text)));
  });

  it('name source files by the end of a path that exists', () => {
    // Bundles are built, and no folder has an index.
    const names = found(/`((?!dist\/|index\.ts)[\w*/-]+\.(?:ts|mjs|cc|py))`/g);
    assert.ok(names.length > 20, String(names.length));
    refuse(names.filter(({ text }) => !files.some((file) => `/${file}`.endsWith(`/${text}`)) && !exists(text)));
  });

  it('name functions, settings and fields that the sources hold', () => {
    const sources = files.filter((file) => /\.(ts|mjs|cc|h)$|^package\.json$/.test(file) && !file.startsWith('test/'));
    const words = new Set(sources.flatMap((file) => read(file).match(/\w+/g) ?? []));
    const names = found(/`(?:[\w]+\.)?([a-z]+[A-Z]\w*)(?:\([^`]*\))?`/g);
    assert.ok(names.length > 15, String(names.length));
    refuse(names.filter(({ text }) => !words.has(text)));
  });

  it('link to files that exist', () => {
    const links = found(/\]\(([^)#]+)(?:#[^)]*)?\)/g).filter(({ text }) => !/^https?:/.test(text));
    assert.ok(links.length > 20, String(links.length));
    refuse(links.filter(({ document, text }) => !exists(path.posix.join(path.posix.dirname(document), text))));
  });

  it('name commands and options that the command line knows', () => {
    const sources = files.filter((file) => /^(src\/(cli|protocol)|scripts)\//.test(file));
    const words = new Set(sources.flatMap((file) => read(file).match(/[a-z][a-z-]*/g) ?? []));
    const commands = found(/\bface-trainer (?:-- )?([a-z][a-z-]*)/g);
    const options = found(/(?<![\w-])--([a-z][a-z-]+)/g);
    assert.ok(commands.length > 10 && options.length > 40, `${commands.length}, ${options.length}`);
    refuse([...commands, ...options].filter(({ text }) => !words.has(text)));
  });
});
