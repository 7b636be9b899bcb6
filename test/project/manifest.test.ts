import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

interface MenuItem {
  readonly command?: string;
  readonly submenu?: string;
  readonly when?: string;
}

interface Manifest {
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly supported: unknown; readonly restrictedConfigurations: string[] };
  };
  readonly contributes: {
    readonly commands: { readonly command: string; readonly title: string; readonly enablement?: string }[];
    readonly submenus: { readonly id: string; readonly label: string }[];
    readonly menus: Record<string, MenuItem[]>;
    readonly configuration: { readonly properties: Record<string, { readonly scope?: string }> };
  };
}

/** Commands that change nothing on the disk and start no process: all that an untrusted folder may do. */
const READERS = [
  'openRun',
  'openReport',
  'showLog',
  'copyDiagnostics',
  'refreshRuns',
  'refreshRecognizers',
  'stopTraining',
  'pauseTraining',
].map((name) => `faceTrainer.${name}`);

describe('the manifest', () => {
  const { capabilities, contributes } = JSON.parse(
    fs.readFileSync(path.join(root, 'package.json'), 'utf8'),
  ) as Manifest;

  it('obeys no setting of a folder that is not trusted', () => {
    assert.equal(capabilities.untrustedWorkspaces.supported, 'limited');
    assert.deepEqual(
      [...capabilities.untrustedWorkspaces.restrictedConfigurations].sort(),
      Object.keys(contributes.configuration.properties).sort(),
    );
  });

  it('leaves what belongs to the machine to the machine', () => {
    for (const name of ['threads', 'pixelCacheMiB'])
      assert.equal(contributes.configuration.properties[`faceTrainer.${name}`]?.scope, 'machine', name);
  });

  it('offers in a folder that is not trusted only what writes nothing', () => {
    for (const { command, enablement } of contributes.commands)
      assert.equal(enablement?.includes('isWorkspaceTrusted') ?? false, !READERS.includes(command), command);
    for (const [menu, items] of Object.entries(contributes.menus))
      for (const { command, submenu, when } of items)
        if (!READERS.includes(command ?? '') && when !== 'false')
          assert.match(when ?? '', /^isWorkspaceTrusted( &&|$)/, `${command ?? submenu} in ${menu}`);
  });

  it('names a command once, and puts only known ones into menus', () => {
    const names = contributes.commands.map(({ command }) => command);
    assert.equal(new Set(names).size, names.length);
    for (const { command } of Object.values(contributes.menus).flat())
      if (command !== undefined) assert.ok(names.includes(command), command);
  });

  it('has one entry in the Explorer’s menu, whatever was clicked', () => {
    const entries = contributes.menus['explorer/context']!;
    assert.deepEqual(
      contributes.submenus.map(({ id, label }) => [id in contributes.menus, label]),
      [
        [true, 'Face Trainer'],
        [true, 'Face Trainer'],
      ],
    );
    const ids = contributes.submenus.map(({ id }) => id);
    // Of one that stands in a menu twice the editor takes the first alone.
    assert.deepEqual(
      entries.map((entry) => entry.submenu),
      ids,
    );
  });

  it('is described in the README, command by command', () => {
    const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
    const rows = readme.split('\n').flatMap((line) => /^\| (.+?) +\| \S/.exec(line)?.[1]?.split(', ') ?? []);
    const hidden = contributes.menus['commandPalette']!.filter(({ when }) => when === 'false');
    for (const { command, title } of contributes.commands)
      if (!hidden.some((other) => other.command === command)) assert.ok(rows.includes(title), title);
  });

  it('starts from at most 10 kB, whose stack traces name functions; a view reads 225 kB, and each command more', () => {
    const [started, looked] = [atStart('dist/extension.js'), atStart(pieceOf('src/extension/window.ts'))];
    const bytesOf = (files: readonly string[]) =>
      files.reduce((sum, file) => sum + fs.statSync(path.join(root, file)).size, 0);
    assert.ok(bytesOf(started) <= 10_000, `${bytesOf(started)} bytes`);
    assert.ok(bytesOf(looked) <= 225_000, `${bytesOf(looked)} bytes`);
    assert.match(fs.readFileSync(path.join(root, 'dist', 'extension.js'), 'utf8'), /"activate"/);
    const all = fs.readdirSync(path.join(root, 'dist')).filter((file) => /^extension.*\.js$/.test(file));
    assert.ok(all.length > new Set([...started, ...looked]).size, all.join());
  });

  it('has pages that are small, and do without what validates', () => {
    for (const [page, most] of Object.entries(PAGES)) {
      const file = `dist/${page}`;
      const { size } = fs.statSync(path.join(root, file));
      assert.ok(size <= most, `${file}: ${size} bytes`);
      const { inputs } = metafiles().find((one) => file in one.outputs)!.outputs[file]!;
      assert.deepEqual(
        Object.keys(inputs).filter((input) => input.includes('/zod/')),
        [],
        file,
      );
    }
  });
});

/** Bytes. */
const PAGES = {
  'webview.js': 350_000,
  'data.js': 250_000,
  'model.js': 255_000,
  'evaluate.js': 295_000,
  'umap.js': 110_000,
} as const;

interface Metafile {
  readonly outputs: Record<
    string,
    {
      readonly imports: { readonly path: string; readonly kind: string }[];
      readonly inputs: object;
      readonly entryPoint?: string;
    }
  >;
}

function metafiles(): Metafile[] {
  return JSON.parse(fs.readFileSync(path.join(root, 'dist/test/metafiles.json'), 'utf8')) as Metafile[];
}

/** The piece that is read when a source is imported by `import()`. */
function pieceOf(source: string): string {
  const outputs = metafiles().flatMap((one) => Object.entries(one.outputs));
  return outputs.find(([, { entryPoint }]) => entryPoint === source)![0];
}

/** What is read together with a file of `dist`: it and what it imports at once. */
function atStart(file: string): string[] {
  const { outputs } = metafiles().find((one) => file in one.outputs)!;
  const found = new Set([file]);
  for (const at of found)
    for (const { path: to, kind } of outputs[at]!.imports)
      if (kind === 'import-statement' && to in outputs) found.add(to);
  return [...found];
}
