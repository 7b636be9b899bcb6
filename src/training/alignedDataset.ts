import path from 'node:path';
import { formatCount } from '../core/format.js';
import { UserError } from '../core/userError.js';
import { distort, drawDistortion } from '../dataset/augment.js';
import type { Dataset } from '../dataset/dataset.js';
import type { BatchRequest, LoadedBatch } from '../dataset/pictureLoader.js';
import type { SkippedFile } from '../dataset/scanDataset.js';

/** Pictures to aligned faces, the one that the picture is most likely of first (src/faces/facesOf.ts). */
export interface FacesOf {
  /** @param file absolute */
  of(file: string): Promise<{ readonly faces: readonly { readonly crop: Uint8Array }[] } | { readonly fault: string }>;
  close(): Promise<void>;
}

/** Pictures at a time: finding faces keeps every core at work. */
const PARALLEL = 8;
/** Crops that are held; the others are asked for again, and come from the cache of faces. */
const CROP_BYTES = 1 << 29;

/**
 * The same dataset seen through its faces: each picture is the crop of its face. Pictures without one are left out and listed, and
 * with them people who have no other left.
 *
 * @param size side of a crop
 * @param faces closed with the dataset's source
 * @returns undefined when cancelled
 * @throws UserError `dataset-nothing-usable` where fewer than two people are left, or nothing to validate with
 */
export async function alignedDataset(
  dataset: Dataset,
  faces: FacesOf,
  size: number,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Dataset | undefined> {
  const source = new FaceSource(dataset, faces, size);
  const pictures = [...dataset.split.train, ...dataset.split.validation];
  const faults = new Map<number, string>();
  let done = 0;
  let next = 0;
  const work = async () => {
    while (next < pictures.length && !cancelled()) {
      const picture = pictures[next++]!;
      const crop = await source.crop(picture);
      if (typeof crop === 'string') faults.set(picture, crop);
      onProgress(++done, pictures.length);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  if (cancelled()) return undefined;
  return { ...withoutPictures(dataset, faults), source };
}

/** Leaves pictures out, and people of whom no picture trains any more. */
export function withoutPictures(dataset: Dataset, faults: ReadonlyMap<number, string>): Dataset {
  if (faults.size === 0) return dataset;
  const { split, labels, people, files } = dataset;
  const train = split.train.filter((picture) => !faults.has(picture));
  const trained = new Set(train.map((picture) => labels[picture]!));
  const classes = people.map((_, label) => label).filter((label) => trained.has(label));
  const labelOf = new Map(classes.map((label, i) => [label, i]));
  const validation = split.validation.filter(
    (picture) => !faults.has(picture) && (dataset.openSet || trained.has(labels[picture]!)),
  );
  if (classes.length < 2 || validation.length === 0)
    throw new UserError(
      'dataset-nothing-usable',
      `A face was found in ${formatCount(train.length, 'picture')} of ${formatCount(classes.length, 'person', 'people')} in “${path.basename(dataset.root)}”, which is too few to train with.`,
      'Add pictures in which the face can be seen, or use --faces off where they are cut out and aligned already.',
    );
  const skipped: SkippedFile[] = [...faults].map(([picture, reason]) => ({ file: files[picture]!, reason }));
  return {
    ...dataset,
    people: classes.map((label) => people[label]!),
    labels: labels.map((label) => labelOf.get(label) ?? -1),
    usable: dataset.usable - faults.size,
    split: { train, validation },
    skipped: [...dataset.skipped, ...skipped],
  };
}

/** Batches of crops, distorted as those of whole pictures are. */
class FaceSource {
  private readonly kept = new Map<number, Uint8Array>();

  constructor(
    private readonly dataset: Pick<Dataset, 'root' | 'files' | 'source'>,
    private readonly faces: FacesOf,
    private readonly size: number,
  ) {}

  /** @returns [size, size, 3], or why there is none */
  async crop(picture: number): Promise<Uint8Array | string> {
    const kept = this.kept.get(picture);
    if (kept) return kept;
    const found = await this.faces.of(path.join(this.dataset.root, this.dataset.files[picture]!));
    if ('fault' in found) return found.fault;
    const [face] = found.faces;
    if (!face) return 'shows no face';
    const crop = face.crop.slice();
    if ((this.kept.size + 1) * crop.byteLength <= CROP_BYTES) this.kept.set(picture, crop);
    return crop;
  }

  async read({ pictures, distortion }: BatchRequest): Promise<LoadedBatch> {
    const { size } = this;
    const bytes = size * size * 3;
    const pixels = new Uint8Array(pictures.length * bytes);
    const crops = await Promise.all(pictures.map((picture) => this.crop(picture)));
    const read: number[] = [];
    pictures.forEach((picture, i) => {
      const crop = crops[i]!;
      if (typeof crop === 'string') return;
      const at = read.length * bytes;
      if (distortion) {
        const { augmentation, seed, epoch } = distortion;
        distort(crop, size, pixels, at, size, drawDistortion(augmentation, size, size, seed, epoch, picture));
      } else pixels.set(crop, at);
      read.push(picture);
    });
    return { pixels: pixels.subarray(0, read.length * bytes), pictures: read };
  }

  async close(): Promise<void> {
    await this.faces.close();
    await this.dataset.source.close();
  }
}
