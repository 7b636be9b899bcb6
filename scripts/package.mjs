// Packs the extension for this platform as face-trainer-<platform>-<arch>-<version>.vsix; with --list, tells only its files;
// with --stage FOLDER, lays them there and tells them. --face-weights FILE packs the face network too: the .xml of
// face-reidentification-retail-0095, with the other files beside it, or their folder.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { faceWeightsModels, faceWeightsNotice, packedFaceWeights } from './faceWeights.mjs';
import { must, root } from './lib.mjs';
import { packedReadme } from './readme.mjs';
import { withModels } from './sbom.mjs';

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

/** The notices and the bill of materials that the build wrote, with the face weights in them. */
function withFaceWeights() {
  const [notices, sbom] = WRITTEN.map((file) => readFileSync(path.join(root, file), 'utf8'));
  return [
    { path: WRITTEN[0], contents: notices + faceWeightsNotice() },
    { path: WRITTEN[1], contents: withModels(sbom, faceWeightsModels()) },
  ];
}

/** vsce packs what lies in the checkout: what is in this package alone lies there as long as that takes. */
async function packaged(vsceOptions, more) {
  const built = WRITTEN.map((file) => readFileSync(path.join(root, file)));
  try {
    await stage(root, more);
    await vsce.packageCommand(vsceOptions);
  } finally {
    for (const file of more) rmSync(path.join(root, file.path), { force: true });
    WRITTEN.forEach((file, i) => writeFileSync(path.join(root, file), built[i]));
  }
}

/** Of which the build has a version without the face weights. */
const WRITTEN = ['dist/ThirdPartyNotices.txt', 'dist/sbom.cdx.json'];
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
  const more = () => (place === undefined ? [] : [...weights, ...withFaceWeights()]);
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
