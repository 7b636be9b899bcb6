// Packs the extension for this platform as face-trainer-<platform>-<arch>-<version>.vsix; with --list, tells only its files;
// with --stage FOLDER, lays them there and tells them. --face-weights FILE packs the face network too: the .xml of
// face-reidentification-retail-0095, with the other files beside it, or their folder.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { faceWeightsNotice, packedFaceWeights } from './faceWeights.mjs';
import { must, root } from './lib.mjs';
import { packedReadme } from './readme.mjs';

const vsce = createRequire(import.meta.url)('@vscode/vsce/out/package.js');
const target = `${process.platform}-${process.arch}`;
const everyPlatform = '!node_modules/onnxruntime-node/bin/**';
const thisPlatform = `!node_modules/onnxruntime-node/bin/*/${process.platform}/${process.arch}/**`;

// Neither an address of the repository nor a git tag is there to be used.
const options = {
  cwd: root,
  target,
  rewriteRelativeLinks: false,
  allowMissingRepository: true,
  gitTagVersion: false,
};

/** What vsce reads of the README is what is shown on the extension's page. */
function embedPictures() {
  const processFile = vsce.ReadmeProcessor.prototype.processFile;
  vsce.ReadmeProcessor.prototype.processFile = function (file, filePath) {
    const contents = packedReadme(readFileSync(path.join(root, 'README.md'), 'utf8'), root);
    return processFile.call(this, { path: file.path, contents: Buffer.from(contents) }, filePath);
  };
}

/** The files inside the package's folder `extension`, by their paths there. */
async function collect(ignoreFile) {
  const files = await vsce.collect(await vsce.readManifest(root), { ...options, ignoreFile });
  return files
    .filter((file) => file.path.startsWith('extension/'))
    .map((file) => ({ ...file, path: file.path.slice('extension/'.length) }));
}

async function stage(folder, files) {
  for (const file of files) {
    const to = path.join(folder, file.path);
    mkdirSync(path.dirname(to), { recursive: true });
    if (file.contents === undefined) copyFileSync(file.localPath, to);
    else writeFileSync(to, file.contents);
  }
}

/** The notices that the build wrote, with those of the face weights behind them. */
function notices() {
  return { path: NOTICES, contents: readFileSync(path.join(root, NOTICES), 'utf8') + faceWeightsNotice() };
}

/** vsce packs what lies in the checkout: what is in this package alone lies there as long as that takes. */
async function packaged(vsceOptions, more) {
  const built = readFileSync(path.join(root, NOTICES));
  try {
    await stage(root, more);
    await vsce.packageCommand(vsceOptions);
  } finally {
    for (const file of more) rmSync(path.join(root, file.path), { force: true });
    writeFileSync(path.join(root, NOTICES), built);
  }
}

const NOTICES = 'dist/ThirdPartyNotices.txt';
const { values: wish } = parseArgs({
  options: { list: { type: 'boolean' }, stage: { type: 'string' }, 'face-weights': { type: 'string' } },
});
const allowList = readFileSync(path.join(root, '.vscodeignore'), 'utf8');
if (!allowList.includes(everyPlatform)) throw new Error(`.vscodeignore has no line ${everyPlatform}`);
const scratch = mkdtempSync(path.join(os.tmpdir(), 'face-trainer-package-'));
try {
  const ignoreFile = path.join(scratch, 'ignore');
  writeFileSync(ignoreFile, allowList.replace(everyPlatform, thisPlatform));
  embedPictures();
  const { list, stage: folder, 'face-weights': place } = wish;
  const weights = place === undefined ? [] : packedFaceWeights(place);
  const more = () => (place === undefined ? [] : [...weights, notices()]);
  if (list || folder !== undefined) {
    const byPath = new Map([...(await collect(ignoreFile)), ...more()].map((file) => [file.path, file]));
    if (folder !== undefined) await stage(path.resolve(folder), byPath.values());
    console.log([...byPath.keys()].join('\n'));
  } else {
    must('The build', process.execPath, [path.join(root, 'scripts', 'build.mjs')]);
    await packaged({ ...options, ignoreFile }, more());
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
