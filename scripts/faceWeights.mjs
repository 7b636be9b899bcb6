// The face weights inside the package: only as the Open Model Zoo published them, and with the notice that their licence asks for.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from './lib.mjs';
import { noticeSection } from './notices.mjs';

const published = JSON.parse(readFileSync(path.join(root, 'src', 'weights', 'faceWeights.json'), 'utf8'));

/**
 * @param place the .xml of face-reidentification-retail-0095 or the folder of all six files
 * @returns the files by their paths in the package
 * @throws Error for a file that is absent or another one
 */
export function packedFaceWeights(place) {
  const full = path.resolve(place);
  const folder = existsSync(full) && statSync(full).isDirectory() ? full : path.dirname(full);
  return published.files.map(({ name, sha384 }) => {
    const localPath = path.join(folder, name);
    if (!existsSync(localPath))
      throw new Error(`${folder} has no ${name}: the six files of the face weights lie together.`);
    if (createHash('sha384').update(readFileSync(localPath)).digest('hex') !== sha384)
      throw new Error(`${localPath} is not the file that the Open Model Zoo published: download it again.`);
    return { path: `dist/faces/${name}`, localPath };
  });
}

/** As the bill of materials names them. */
export function faceWeightsModels() {
  return published.files.map(({ name, sha384 }) => ({
    ...{ name: path.parse(name).name, file: name, version: '2023.0', license: 'Apache-2.0', sha384 },
  }));
}

/** Behind the notices of the build. */
export function faceWeightsNotice() {
  const networks = published.files.filter(({ kind }) => kind === 'xml').map(({ name }) => path.parse(name).name);
  const apache = readFileSync(path.join(root, 'scripts', 'licenses', 'Apache-2.0.txt'), 'utf8').trim();
  const text = `(published by Intel Corporation in the Open Model Zoo, release 2023.0, FP16; packed unchanged)\n\n${apache}`;
  const heads = networks.map((name) => `${name} (Apache-2.0) https://github.com/openvinotoolkit/open_model_zoo`);
  return `\n${noticeSection(heads, text)}`;
}
