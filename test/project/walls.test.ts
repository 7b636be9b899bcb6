import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { ESLint, Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { allSources, importsOf, isTypeScript, root, roomsOfArchitecture } from './sources.js';

const rooms = roomsOfArchitecture();
const PURE = ['core', 'protocol', 'evaluation', 'graph'];
/** What starts slowly or brings native code. */
const HEAVY = [
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-node/dist/ops.js',
  'sharp',
  '@napi-rs/image',
  'onnxruntime-node',
];
/** Programs that reach the trainer through its process alone; the client is what both have of it. */
const APART = { extension: 'extension host', client: undefined, cli: 'command line' } as const;

/** The rooms that a row of ARCHITECTURE.md's table of programs lets a program use. */
function roomsOfProgram(name: string): string[] {
  const text = fs.readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8');
  const row = text.split('\n').find((line) => line.startsWith(`| ${name} `));
  assert.ok(row, name);
  return [...row.split('|')[3]!.matchAll(/`src\/(\w+)`/g)].map(([, room]) => room!);
}

/** Whether the linter lets a file import a module: only the rule of imports is asked, and of the project's own configuration. */
async function walls(file: string): Promise<(name: string) => boolean> {
  const eslint = new ESLint({ cwd: root });
  const { rules } = (await eslint.calculateConfigForFile(path.join(root, file))) as { rules: Linter.RulesRecord };
  const rule = rules['no-restricted-imports'];
  assert.ok(rule, `${file} has no wall`);
  const linter = new Linter({ cwd: root });
  const config: Linter.Config = {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser },
    rules: { 'no-restricted-imports': rule },
  };
  return (name) => {
    const found = linter.verify(`import '${name}';`, config, { filename: file });
    assert.ok(
      found.every(({ ruleId }) => ruleId === 'no-restricted-imports'),
      JSON.stringify(found),
    );
    return found.length === 0;
  };
}

describe('the walls', () => {
  it('let each room import what lies below it, and the host and the command line what ARCHITECTURE.md names', async () => {
    const programs = Object.values(APART).flatMap((name) => (name ? [roomsOfProgram(name)] : []));
    assert.equal(programs.length, 2);
    assert.deepEqual(programs[0], programs[1]);
    for (const [depth, room] of rooms.entries()) {
      const may = await walls(`src/${room}/file.ts`);
      const below = rooms.slice(depth);
      const expected = room in APART ? below.filter((name) => name === room || programs[0]!.includes(name)) : below;
      assert.deepEqual(
        rooms.filter((name) => may(`../${name}/file.js`)),
        expected,
        room,
      );
      assert.deepEqual(
        rooms.filter((name) => may(`../../${name}/folder/file.js`)),
        expected,
        `${room}, from a folder in it`,
      );
    }
  });

  it('keep VS Code, Node and heavy packages where they belong', async () => {
    for (const room of rooms) {
      const may = await walls(`src/${room}/file.ts`);
      assert.equal(may('vscode'), room === 'extension', room);
      assert.equal(may('node:fs'), !PURE.includes(room), room);
      for (const name of HEAVY) assert.equal(may(name), !PURE.includes(room) && !(room in APART), `${room}: ${name}`);
    }
  });

  it('give the webview the pure rooms alone', async () => {
    const may = await walls('webview/file.ts');
    assert.deepEqual(
      rooms.filter((name) => may(`../src/${name}/file.js`)),
      ['evaluation', 'core', 'protocol'],
    );
    for (const name of ['node:fs', 'vscode', ...HEAVY]) assert.equal(may(name), false, name);
  });

  it('hold: nothing that a bundle of the host, the command line or the webview contains lies behind them', () => {
    // Imports of imports, types included: what a bundle could pull in.
    const imports = new Map(
      allSources()
        .filter(isTypeScript)
        .map((source) => [source.file, importsOf(source)]),
    );
    const reached = (from: readonly string[]) => {
      const seen = new Set(from);
      for (const file of seen) for (const next of imports.get(file) ?? []) seen.add(next);
      return new Set([...seen].flatMap((file) => /^src\/(\w+)\//.exec(file)?.[1] ?? []));
    };
    const startingWith = (prefix: string) => [...imports.keys()].filter((file) => file.startsWith(prefix));
    const heavy = ['trainer', 'inference', 'training', 'faces', 'export', 'engine', 'quantization', 'dataset'];
    for (const prefix of ['src/extension/', 'src/cli/', 'webview/']) {
      const rooms = reached(startingWith(prefix));
      assert.ok(rooms.has('protocol'));
      assert.deepEqual(
        heavy.filter((room) => rooms.has(room)),
        [],
        prefix,
      );
    }
  });
});
