import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { bundledFile } from '../platform/bundledFile.js';
import { cacheFolder } from '../platform/cacheFolder.js';
import { PRIVATE_FOLDER } from '../platform/rights.js';
import { download, type DownloadOptions } from './download.js';
import published from './faceWeights.json';

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
  readonly name: string;
  readonly kind: 'xml' | 'bin';
  readonly bytes: number;
  /** As the publisher tells it, in hex. */
  readonly sha384: string;
}

/** Release 2023.0, FP16; the script that packs the extension reads them too. */
export const PUBLISHED_FILES = published.files as readonly PublishedFile[];

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

/**
 * What finds faces for a network that wants them at places of its own.
 *
 * @param named face weights that lie elsewhere than where they are looked for
 * @param before where they lay when the network was trained, if they are nowhere else
 * @throws UserError `weights-absent`
 */
export function requireFaceWeights(named: string | undefined, before?: string): FaceWeightsFiles {
  const weights = findFaceWeights(named) ?? (before !== undefined && fs.existsSync(before) && findFaceWeights(before));
  if (weights) return weights;
  throw new UserError(
    'weights-absent',
    'This network wants faces that the face weights find and align, which are not on this machine.',
    'Get them with “face-trainer download-weights --face”, name their files with --face-weights, or use crops that are aligned already.',
  );
}

/** Of all files together, for the question before the download. */
export const FACE_WEIGHTS_MEGABYTES = Math.round(PUBLISHED_FILES.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6);

/** Where a file comes from; `FACE_TRAINER_FACE_WEIGHTS_URL` names a mirror of the Open Model Zoo's storage. */
export function addressOf({ role, name }: PublishedFile): string {
  const base = process.env['FACE_TRAINER_FACE_WEIGHTS_URL'] ?? published.url;
  return new URL(`${FACE_NETWORKS[role]}/FP16/${name}`, base.endsWith('/') ? base : `${base}/`).toString();
}

/**
 * Gets what is not there yet of the six files, each checked against the publisher's digest. Ask the user first.
 *
 * @param options progress is told over all files together
 * @throws UserError `download-failed`; when cancelled what the signal says
 */
export async function downloadFaceWeights(
  options: DownloadOptions = {},
  cache = cacheFolder(),
): Promise<FaceWeightsFiles> {
  const places = downloadedFaceWeights(cache);
  const total = PUBLISHED_FILES.reduce((sum, { bytes }) => sum + bytes, 0);
  let before = 0;
  for (const file of PUBLISHED_FILES) {
    const place = places[file.role][file.kind];
    if (!isAsPublished(place, file))
      await download(addressOf(file), place, {
        ...options,
        mostBytes: file.bytes,
        onProgress: (bytes) => options.onProgress?.(before + bytes, total),
        check: (part) =>
          isAsPublished(part, file)
            ? Promise.resolve()
            : Promise.reject(new Error('what arrived is not the file that the Open Model Zoo published')),
      });
    before += file.bytes;
    options.onProgress?.(before, total);
  }
  return places;
}

/**
 * Copies published files that somebody brought into the cache, where they are found as if they had been downloaded.
 *
 * @returns false for other files, which stay where they are
 */
export function keepFaceWeights(files: FaceWeightsFiles, cache = cacheFolder()): boolean {
  if (!PUBLISHED_FILES.every((file) => isAsPublished(files[file.role][file.kind], file))) return false;
  const places = downloadedFaceWeights(cache);
  for (const { role, kind } of PUBLISHED_FILES) {
    const to = places[role][kind];
    fs.mkdirSync(path.dirname(to), { recursive: true, mode: PRIVATE_FOLDER });
    fs.copyFileSync(files[role][kind], `${to}.copy`);
    fs.renameSync(`${to}.copy`, to);
  }
  return true;
}
