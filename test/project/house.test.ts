import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import {
  allSources,
  circlesOf,
  importsOf,
  isTypeScript,
  longCppFunctions,
  longFunctions,
  roomsOfArchitecture,
  root,
  syntaxOf,
  type Source,
} from './sources.js';

const MOST_LINES = 400;
const MOST_FUNCTION_LINES = 60;

/** Lines of tests for each line of source: overall, and in the rooms that others rely on without looking. */
const LEAST_TESTS = { overall: 0.6, protocol: 1, cli: 1, runs: 1, evaluation: 1 } as const;

/** Longer on purpose: splitting them would hide what they are. */
const LONG_FUNCTIONS: Readonly<Record<string, string>> = {
  'src/dataset/augment.ts: interpolate': 'a kernel: one loop over pixels, its branches unrolled',
  'native/src/kernels_conv_backward.h: convBackwardItem': 'a kernel',
  'native/test/conv_cases.h: convCase': 'a case of one kernel beside its plain twin',
  'native/test/conv_cases.h: depthwiseCase': 'a case of one kernel beside its plain twin',
  'native/test/kernels_test.cc: integerCases': 'a table of cases',
  'test/engine/native/plainForward.ts: node': 'a case for each operation',
  'test/engine/native/plainNetwork.ts: backward': 'a case for each operation',
};

/** Waits of a fixed time in a test, and why nothing could be waited for: how many, and what they are. */
const SLEEPS: Readonly<Record<string, readonly [number, string]>> = {
  'test/client/trainerProcess.test.ts': [3, 'polls for a message'],
  'test/dataset/pixelCache.test.ts': [1, 'the writer is killed at instants that nothing announces'],
  'test/support/launcherMain.ts': [2, 'a limit on closing; a line that follows the end'],
  'test/editor/extension.test.ts': [1, 'polls'],
  'test/support/editorServer.ts': [1, 'a limit on stopping'],
  'test/support/until.ts': [1, 'polls'],
  'test/support/workbench.ts': [1, 'polls'],
  'test/trainer/trainer.test.ts': [1, 'gives an orphan the time to write what it must not'],
};

const sources = allSources();
const scripts = sources.filter(({ file }) => /\.(ts|mjs|cjs)$/.test(file));

describe('the house', () => {
  it('has no file that cannot be read at one go', () => {
    assert.ok(sources.length > 300);
    const long = sources.filter(({ lines }) => lines > MOST_LINES);
    assert.deepEqual(
      long.map(({ file, lines }) => `${file}: ${lines} lines`),
      [],
      `more than ${MOST_LINES} lines`,
    );
  });

  it('has no function longer than a screen', () => {
    const long = sources.flatMap((source) => {
      const some = /\.(cc|h)$/.test(source.file)
        ? longCppFunctions(source, MOST_FUNCTION_LINES)
        : scripts.includes(source)
          ? longFunctions(source, MOST_FUNCTION_LINES)
          : [];
      return some.map(({ name }) => `${source.file}: ${name}`);
    });
    assert.deepEqual(long.sort(), Object.keys(LONG_FUNCTIONS).sort(), `longer than ${MOST_FUNCTION_LINES} lines`);
  });

  it('has no circle of imports, types included', () => {
    const own = sources.filter((source) => isTypeScript(source) && /^(src|webview)\//.test(source.file));
    const imports = new Map(own.map((source) => [source.file, importsOf(source)]));
    for (const [file, names] of imports)
      for (const name of names)
        assert.ok(imports.has(name) || fs.existsSync(path.join(root, name)), `${file} imports ${name}`);
    assert.deepEqual(circlesOf(imports), []);
  });

  it('imports downwards only, in the order of ARCHITECTURE.md', () => {
    const rooms = roomsOfArchitecture();
    const folders = fs.readdirSync(path.join(root, 'src')).sort();
    assert.deepEqual([...rooms].sort(), folders, 'a room that ARCHITECTURE.md does not know');
    const roomOf = (file: string) => rooms.indexOf(/^src\/(\w+)\//.exec(file)?.[1] ?? '');
    const up = sources
      .filter((source) => isTypeScript(source) && source.file.startsWith('src/'))
      .flatMap((source) =>
        importsOf(source)
          .filter((name) => roomOf(name) >= 0 && roomOf(name) < roomOf(source.file))
          .map((name) => `${source.file} imports ${name}`),
      );
    assert.deepEqual(up, []);
  });

  it('says what types are: no any, no cast by way of unknown, no rule switched off', () => {
    const anys: string[] = [];
    const casts: string[] = [];
    for (const source of scripts.filter(isTypeScript)) {
      const visit = (node: ts.Node): void => {
        if (node.kind === ts.SyntaxKind.AnyKeyword) anys.push(source.file);
        if (isDoubleCast(node)) casts.push(source.file);
        ts.forEachChild(node, visit);
      };
      visit(syntaxOf(source));
    }
    assert.deepEqual(anys, []);
    assert.deepEqual(casts, []);
    const silenced = /\/[/*]\s*(eslint-disable|prettier-ignore|@ts-(ignore|expect-error|nocheck))/;
    assert.deepEqual(
      scripts.filter(({ text }) => silenced.test(text)).map(({ file }) => file),
      [],
    );
  });

  it('waits in its tests for what happens, not for a time', () => {
    const sleep = /setTimeout\((resolve|r|done),|\.waitForTimeout\(|from 'node:timers\/promises'/g;
    const tests = scripts.filter(({ file }) => file.startsWith('test/') && file !== 'test/project/house.test.ts');
    const more = tests.filter(({ file, text }) => (text.match(sleep)?.length ?? 0) > (SLEEPS[file]?.[0] ?? 0));
    assert.deepEqual(
      more.map(({ file }) => file),
      [],
    );
  });

  it('has as many lines of tests as it says', () => {
    const linesIn = (pattern: RegExp) =>
      sources.filter(({ file }) => pattern.test(file)).reduce((sum, { lines }) => sum + lines, 0);
    const ratio = (tests: RegExp, code: RegExp) => linesIn(tests) / linesIn(code);
    const overall = ratio(/^(test|native\/test)\/.*\.(ts|cc|mjs)$/, /^(src|webview|native\/src)\/.*\.(ts|cc|h)$/);
    const rooms = Object.entries(LEAST_TESTS).map(([room, least]) => ({
      room,
      least,
      is: room === 'overall' ? overall : ratio(new RegExp(`^test/${room}/`), new RegExp(`^src/${room}/`)),
    }));
    console.log(`      test : source ${rooms.map(({ room, is }) => `${room} ${is.toFixed(2)}`).join(', ')}`);
    for (const { room, is, least } of rooms) assert.ok(is >= least, `${room}: ${is.toFixed(2)} of ${least}`);
  });
});

describe('the measures of the house', () => {
  const source = (text: string, file = 'src/a.ts'): Source => ({ file, text, lines: text.split('\n').length });

  it('find circles of any length, and none where there is none', () => {
    const graph = (edges: Record<string, string[]>) => circlesOf(new Map(Object.entries(edges)));
    assert.deepEqual(graph({ a: ['b', 'c'], b: ['c'], c: [] }), []);
    assert.deepEqual(graph({ a: ['b'], b: ['c'], c: ['a'], d: ['a'] }), [['a', 'b', 'c']]);
    assert.deepEqual(graph({ a: ['a'] }), [['a']]);
  });

  it('find imports of types, of modules that come later, and exports from others', () => {
    const text = `import type { A } from './b.js'; export * from '../c.js'; const x = import('./d.js'); type T = import('./e.js').E;`;
    assert.deepEqual(importsOf(source(text, 'src/room/imports.ts')), [
      'src/room/b.ts',
      'src/c.ts',
      'src/room/d.ts',
      'src/room/e.ts',
    ]);
  });

  it('find long functions of both languages, and not the suites around tests', () => {
    const body = '  f();\n'.repeat(5);
    const text = `describe('suite', () => {\n${body}});\nit('test', () => {\n${body}});\nclass A {\n  m() {\n${body}  }\n}\n`;
    assert.deepEqual(
      longFunctions(source(text, 'src/functions.ts'), 4).map(({ name }) => name),
      ['it(test)', 'm'],
    );
    const cpp = `namespace x {\nint sum(int a,\n        int b) {\n${body}}\nclass B {\n  void m() const {\n${body}  }\n};\nint g();\n}\n`;
    assert.deepEqual(longCppFunctions(source(cpp, 'a.cc'), 4), [
      { name: 'sum', lines: 8 },
      { name: 'm', lines: 7 },
    ]);
  });
});

function isDoubleCast(node: ts.Node): boolean {
  return (
    ts.isAsExpression(node) &&
    ts.isAsExpression(node.expression) &&
    node.expression.type.kind === ts.SyntaxKind.UnknownKeyword
  );
}
