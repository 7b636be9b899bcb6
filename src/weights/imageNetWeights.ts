import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { cacheFolder } from '../platform/cacheFolder.js';
import { sha256 } from '../platform/sha256.js';
import { BACKBONES, type BackboneName } from '../protocol/backbones.js';
import { download, type DownloadOptions } from './download.js';

/** The files of one backbone, each trained on ImageNet at one width and one size, without the classification layer. */
interface KerasFiles {
  /** The folder; `FACE_TRAINER_WEIGHTS_URL` names a mirror. */
  readonly url: string;
  /** What the files call a width, and their megabytes, for the question before the download. */
  readonly widths: Readonly<Record<string, readonly [text: string, megabytes: number]>>;
  /** In pixels, ascending. */
  readonly sizes: readonly number[];
  readonly nameOf: (width: string, size: number) => string;
}

/** Where Keras keeps the weights of its applications (Apache-2.0). */
const KERAS_FILES: Readonly<Partial<Record<BackboneName, KerasFiles>>> = {
  mobileNetV2: {
    url: 'https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/',
    widths: {
      0.35: ['0.35', 2],
      0.5: ['0.5', 3],
      0.75: ['0.75', 6],
      1: ['1.0', 9],
      1.3: ['1.3', 15],
      1.4: ['1.4', 18],
    },
    sizes: [96, 128, 160, 192, 224],
    nameOf: (width, size) => `mobilenet_v2_weights_tf_dim_ordering_tf_kernels_${width}_${size}_no_top.h5`,
  },
};

/**
 * SHA-256 in hex, of files whose digest several people published independently of each other; their publisher tells none. The rest is
 * held to https, the server's checksum, a limit of bytes, and what a reader of stranger's files asks for.
 */
const DIGESTS: Readonly<Record<string, string>> = {
  'mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5':
    'f8aff69536bd77a692c594f559c798c19bf7f3f36668fc9fa00b21c6aab4797c',
};

/** One of Keras' files. */
export interface ImageNetFile {
  readonly name: string;
  readonly url: string;
  /** In the user's cache, where it is once downloaded. */
  readonly path: string;
  /** About. */
  readonly megabytes: number;
}

/** A network as far as its file of weights depends on it. */
export interface PretrainedNetwork {
  /** MobileNetV2 when absent. */
  readonly backbone?: BackboneName | undefined;
  readonly width: number;
  readonly size: number;
}

/**
 * The file for a network: of its width, trained at its size or the next larger one.
 *
 * @throws UserError `weights-none` for a backbone or width that Keras has none of
 */
export function imageNetFile(network: PretrainedNetwork, cache = cacheFolder()): ImageNetFile {
  const { backbone = 'mobileNetV2', width, size } = network;
  const files = KERAS_FILES[backbone];
  if (files === undefined)
    throw new UserError(
      'weights-none',
      `There are no ImageNet weights for ${BACKBONES[backbone]}.`,
      'Choose a weights file, or a random start.',
    );
  const found = files.widths[width];
  if (found === undefined)
    throw new UserError(
      'weights-none',
      `There are no ImageNet weights for ${BACKBONES[backbone]} of width ${width}.`,
      `Choose a width of ${Object.keys(files.widths).sort().join(', ')}, a weights file, or a random start.`,
    );
  const [text, megabytes] = found;
  const name = files.nameOf(text, files.sizes.find((s) => s >= size) ?? files.sizes.at(-1)!);
  const base = process.env['FACE_TRAINER_WEIGHTS_URL'] ?? files.url;
  return {
    name,
    url: new URL(name, base.endsWith('/') ? base : `${base}/`).toString(),
    path: path.join(cache, 'weights', name),
    megabytes,
  };
}

interface Manifest {
  readonly sha256: string;
}

/** Whether the file is there and the same as when it was downloaded. */
export function isDownloaded(file: ImageNetFile): boolean {
  try {
    const { sha256: noted } = JSON.parse(fs.readFileSync(`${file.path}.json`, 'utf8')) as Partial<Manifest>;
    return (
      noted !== undefined && noted === (DIGESTS[file.name] ?? noted) && noted === sha256(fs.readFileSync(file.path))
    );
  } catch {
    return false;
  }
}

/**
 * Gets the file unless it is there. Ask the user first.
 *
 * @throws UserError `download-failed`
 */
export async function downloadImageNetWeights(file: ImageNetFile, options: DownloadOptions = {}): Promise<void> {
  if (isDownloaded(file)) return;
  const check = (part: string) => isTheFile(part, file);
  await download(file.url, file.path, { ...options, check, mostBytes: MOST * file.megabytes * 1e6 });
  const manifest: Manifest & { url: string } = { url: file.url, sha256: sha256(fs.readFileSync(file.path)) };
  fs.writeFileSync(`${file.path}.json`, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Megabytes are whole ones, and rounded. */
const MOST = 1.5;

async function isTheFile(part: string, { name }: ImageNetFile): Promise<void> {
  await looksLikeHdf5(part);
  const digest = DIGESTS[name];
  if (digest !== undefined && sha256(fs.readFileSync(part)) !== digest)
    throw new Error('what arrived is not the file that Keras published');
}

/** A page of an intermediary that wants a login is none. */
async function looksLikeHdf5(file: string): Promise<void> {
  const handle = await fs.promises.open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(8), 0, 8, 0);
    if (buffer.toString('latin1') !== '\x89HDF\r\n\x1a\n') throw new Error('what arrived is not an HDF5 file');
  } finally {
    await handle.close();
  }
}

export function absentWeights(network: PretrainedNetwork): UserError {
  const { backbone = 'mobileNetV2', width, size } = network;
  const file = imageNetFile(network);
  const command = `face-trainer download-weights --backbone ${backbone} --width ${width} --size ${size}`;
  return new UserError(
    'weights-absent',
    `The ImageNet weights (${file.name}) are not on this machine.`,
    `Download them with “${command}” or Train Model in the editor (about ${file.megabytes} MB from ${new URL(file.url).host}, once), use a weights file, or start from random weights.`,
  );
}
