import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { bundledFile } from '../platform/bundledFile.js';
import { cacheFolder } from '../platform/cacheFolder.js';

/** What the networks that are had together do: tell faces apart, find five points in a face, find faces. */
export type FaceNetworkRole = 'face' | 'landmarks' | 'detector';

/** Their names in the Open Model Zoo, which published them under Apache-2.0. */
export const FACE_NETWORKS: Readonly<Record<FaceNetworkRole, string>> = {
  face: 'face-reidentification-retail-0095',
  landmarks: 'landmarks-regression-retail-0009',
  detector: 'face-detection-retail-0004',
};
const ROLES = Object.keys(FACE_NETWORKS) as FaceNetworkRole[];

/** A file as it was published. */
export interface PublishedFile {
  readonly role: FaceNetworkRole;
  readonly kind: 'xml' | 'bin';
  readonly bytes: number;
  /** As the publisher tells it, in hex. */
  readonly sha384: string;
}

/** Release 2023.0, FP16. */
export const PUBLISHED_FILES: readonly PublishedFile[] = [
  {
    ...{ role: 'face', kind: 'xml', bytes: 350_427 },
    sha384: '689fb39e94bbd0d22cfeeb9292d0b91ac753424a7ee2c0555070e4038a00bfcaad473b47303012b9a393027dbad0dbce',
  },
  {
    ...{ role: 'face', kind: 'bin', bytes: 2_213_628 },
    sha384: '6d51703e854509dafdab9dfc6b932136d301d95be6d52c9c23b5a4f5de1ffec80e8d38b87e0e9556ad36f0dded1588ed',
  },
  {
    ...{ role: 'landmarks', kind: 'xml', bytes: 66_508 },
    sha384: '393eda465df2a886f7edd932e2f1cd6930ae91f85708f91b4cd60e411acfb86e9de9e083907901208e9e8af639846572',
  },
  {
    ...{ role: 'landmarks', kind: 'bin', bytes: 381_232 },
    sha384: '0e6e830387f56783de313e0f7022b7808fd2e9e0b28b411a65608e2c1df0bcf939c65fb699fc51868df30232d6308515',
  },
  {
    ...{ role: 'detector', kind: 'xml', bytes: 143_827 },
    sha384: 'a7f8d1d41998503c4f3cdd8c12275f04f1736e5142127edcb4c76c3e17188499390574095a5b2a9dd78d3d0f77d02034',
  },
  {
    ...{ role: 'detector', kind: 'bin', bytes: 1_176_544 },
    sha384: '394185d3e42c34d7f9d43229ec8f5755c07e19fd6469d23883e71707fdd8eb66d90cbd62248db90ff3ba1c94adac599b',
  },
];

/** Where the files of each network are. */
export type FaceWeightsFiles = Readonly<Record<FaceNetworkRole, { readonly xml: string; readonly bin: string }>>;

/** The six files, by their published names, in a folder. */
export function faceWeightsIn(folder: string): FaceWeightsFiles {
  const files = (role: FaceNetworkRole) => ({
    xml: path.join(folder, `${FACE_NETWORKS[role]}.xml`),
    bin: path.join(folder, `${FACE_NETWORKS[role]}.bin`),
  });
  return { face: files('face'), landmarks: files('landmarks'), detector: files('detector') };
}

/** In the user's cache, once downloaded. */
export function downloadedFaceWeights(cache = cacheFolder()): FaceWeightsFiles {
  return faceWeightsIn(path.join(cache, 'weights', 'faces'));
}

/** Whether a file is there and is what was published. */
export function isAsPublished(file: string, { bytes, sha384 }: PublishedFile): boolean {
  if (fs.statSync(file, { throwIfNoEntry: false })?.size !== bytes) return false;
  return createHash('sha384').update(fs.readFileSync(file)).digest('hex') === sha384;
}

/**
 * The face weights to work with: those that the user names, else those packed into the extension, else downloaded ones.
 *
 * @param explicit the .xml of face-reidentification-retail-0095, or its folder; the other networks lie beside it
 * @returns undefined where there are none
 * @throws UserError `weights-unreadable` where the named ones are not there
 */
export function findFaceWeights(explicit?: string, cache = cacheFolder()): FaceWeightsFiles | undefined {
  if (explicit !== undefined && explicit !== '') return namedFaceWeights(path.resolve(explicit));
  const packed = bundledFile('faces', `${FACE_NETWORKS.face}.xml`);
  if (packed !== undefined) return faceWeightsIn(path.dirname(packed));
  const downloaded = downloadedFaceWeights(cache);
  return PUBLISHED_FILES.every((file) => isAsPublished(downloaded[file.role][file.kind], file))
    ? downloaded
    : undefined;
}

function namedFaceWeights(place: string): FaceWeightsFiles {
  const stat = fs.statSync(place, { throwIfNoEntry: false });
  if (stat?.isFile() && !/\.(xml|bin)$/i.test(place)) throw unreadable(place, 'is not the .xml file of a network');
  const folder = stat?.isDirectory() ? place : path.dirname(place);
  const files = faceWeightsIn(folder);
  // The face network may have another name; the others are found by theirs.
  const named = stat?.isDirectory() ? files : { ...files, face: pairOf(place) };
  const absent = ROLES.flatMap((role) => [named[role].xml, named[role].bin]).find((file) => !fs.existsSync(file));
  if (absent === undefined) return named;
  throw unreadable(place, stat ? `lacks “${path.basename(absent)}” beside it` : 'does not exist');
}

function pairOf(file: string): { xml: string; bin: string } {
  const stem = file.slice(0, -path.extname(file).length);
  return { xml: `${stem}.xml`, bin: `${stem}.bin` };
}

function unreadable(place: string, why: string): UserError {
  return new UserError(
    'weights-unreadable',
    `The face weights “${place}” cannot be used: it ${why}.`,
    `Name the folder with the .xml and .bin files of ${ROLES.map((role) => FACE_NETWORKS[role]).join(', ')}, or download them.`,
  );
}
