import path from 'node:path';
import { formatCount } from '../core/format.js';
import { UserError } from '../core/userError.js';
import { distort, drawDistortion } from '../dataset/augment.js';
import type { Dataset } from '../dataset/dataset.js';
import type { BatchRequest, LoadedBatch } from '../dataset/pictureLoader.js';
import { withoutPictures } from '../dataset/withoutPictures.js';
import { likestFaces } from '../faces/likestFaces.js';
import { NO_ANSWER } from '../protocol/recognition.js';

/** Pictures to aligned faces, the one that the picture is most likely of first (src/faces/facesOf.ts). */
export interface FacesOf {
  /** @param file absolute */
  of(file: string): Promise<{ readonly faces: readonly { readonly crop: Uint8Array }[] } | { readonly fault: string }>;
  close(): Promise<void>;
}

/** What faces are looked at with. */
export interface FaceLook {
  /** Closed with the dataset's source. */
  readonly faces: FacesOf;
  /** Side of a crop. */
  readonly size: number;
  /** Unit vectors of crops [N, size, size, 3], in their order. */
  embed(crops: Uint8Array, count: number): Promise<readonly Float32Array[]>;
}

/** A picture with more faces than one. */
export interface SeveralFaces {
  /** Relative to the root. */
  readonly file: string;
  readonly faces: number;
}

export interface AlignedDataset extends Dataset {
  /** Pictures that are left out for want of a face, relative to the root. */
  readonly withoutFace: readonly string[];
  readonly severalFaces: readonly SeveralFaces[];
}

/** Pictures at a time: finding faces keeps every core at work. */
const PARALLEL = 8;
/** Crops that are held; the others are asked for again, and come from the cache of faces. */
const CROP_BYTES = 1 << 29;
/** Pictures with one face that say what a person looks like where another has several: more move their mean no more. */
const MODELS = 20;

/**
 * The same dataset seen through its faces: each picture is the crop of its face, of several the one that is most like the others of
 * the person's folder. Pictures without one are left out and listed, and with them people who have no other left.
 *
 * @returns undefined when cancelled
 * @throws UserError `dataset-nothing-usable` where fewer than two people are left, or nothing to validate with
 */
export async function alignedDataset(
  dataset: Dataset,
  look: FaceLook,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<AlignedDataset | undefined> {
  const source = new FaceSource(dataset, look);
  const pictures = [...dataset.split.train, ...dataset.split.validation];
  let done = 0;
  let next = 0;
  const work = async () => {
    while (next < pictures.length && !cancelled()) {
      await source.find(pictures[next++]!);
      onProgress(++done, pictures.length);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  if (cancelled()) return undefined;
  await source.choose(pictures, cancelled);
  if (cancelled()) return undefined;
  const { faults, counts } = source;
  const aligned = withoutPictures(dataset, faults);
  requireEnough(aligned);
  const several = [...counts].filter(([, faces]) => faces > 1).sort(([a], [b]) => a - b);
  return {
    ...aligned,
    source,
    withoutFace: [...faults.keys()].sort((a, b) => a - b).map((picture) => dataset.files[picture]!),
    severalFaces: several.map(([picture, faces]) => ({ file: dataset.files[picture]!, faces })),
  };
}

function requireEnough({ root, people, split, unnamed }: Dataset): void {
  if (people.length >= (unnamed ? 1 : 2) && split.validation.length > 0) return;
  const found = `${formatCount(split.train.length + split.validation.length, 'picture')} of ${formatCount(people.length, 'person', 'people')}`;
  throw new UserError(
    'dataset-nothing-usable',
    `A face was found in ${found} in “${path.basename(root)}”, which is too few to train and validate with.`,
    'Add pictures in which the face can be seen, or use --faces off where they are cut out and aligned already.',
  );
}

/** Batches of crops, distorted as those of whole pictures are. */
class FaceSource {
  /** Of pictures that were looked at: why there is no face, */
  readonly faults = new Map<number, string>();
  /** or how many there are. */
  readonly counts = new Map<number, number>();
  /** Which face it is, where it is not the first. */
  private readonly chosen = new Map<number, number>();
  private readonly kept = new Map<number, Uint8Array>();

  constructor(
    private readonly dataset: Pick<Dataset, 'root' | 'files' | 'owners' | 'source'>,
    private readonly look: FaceLook,
  ) {}

  async find(picture: number): Promise<void> {
    const found = await this.crops(picture);
    if (typeof found === 'string') this.faults.set(picture, found);
    else {
      this.counts.set(picture, found.length);
      if (found.length === 1) this.keep(picture, found[0]!);
    }
  }

  /** Decides which face it is in pictures with several, a person after the other. */
  async choose(pictures: readonly number[], cancelled: () => boolean): Promise<void> {
    const several = pictures.filter((picture) => this.counts.get(picture)! > 1);
    const byOwner = new Map<number, number[]>();
    for (const picture of several) {
      const owner = this.dataset.owners[picture]!;
      byOwner.set(owner, [...(byOwner.get(owner) ?? []), picture]);
    }
    for (const [owner, own] of byOwner) {
      if (cancelled()) return;
      const alone = pictures.filter(
        (picture) => this.dataset.owners[picture] === owner && this.counts.get(picture) === 1,
      );
      const all = [...alone.slice(0, MODELS), ...own];
      const seen: { readonly picture: number; readonly faces: Awaited<ReturnType<FaceSource['embedded']>> }[] = [];
      for (const picture of all) seen.push({ picture, faces: await this.embedded(picture) });
      const there = seen.filter(({ faces }) => faces.length > 0);
      likestFaces(there).forEach((face, i) => this.chosen.set(there[i]!.picture, face));
    }
  }

  async read({ pictures, distortion }: BatchRequest): Promise<LoadedBatch> {
    const { size } = this.look;
    const bytes = size * size * 3;
    const pixels = new Uint8Array(pictures.length * bytes);
    const crops = await Promise.all(pictures.map((picture) => this.crop(picture)));
    const read: number[] = [];
    pictures.forEach((picture, i) => {
      const crop = crops[i];
      if (!crop) return;
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
    await this.look.faces.close();
    await this.dataset.source.close();
  }

  /** @returns [size, size, 3]; undefined where the file has vanished meanwhile */
  private async crop(picture: number): Promise<Uint8Array | undefined> {
    const kept = this.kept.get(picture);
    if (kept) return kept;
    const found = await this.crops(picture);
    if (typeof found === 'string') return undefined;
    const crop = found[this.chosen.get(picture) ?? 0];
    if (crop) this.keep(picture, crop);
    return crop;
  }

  private keep(picture: number, crop: Uint8Array): void {
    if ((this.kept.size + 1) * crop.byteLength <= CROP_BYTES) this.kept.set(picture, crop.slice());
  }

  /** All faces of a picture, or in the words that follow its name why there is none. */
  private async crops(picture: number): Promise<readonly Uint8Array[] | string> {
    const found = await this.look.faces.of(path.join(this.dataset.root, this.dataset.files[picture]!));
    if ('fault' in found) return found.fault;
    return found.faces.length === 0 ? NO_ANSWER['no-face'] : found.faces.map(({ crop }) => crop);
  }

  /** @returns none where the file has vanished meanwhile */
  private async embedded(picture: number): Promise<{ readonly embedding: Float32Array }[]> {
    const kept = this.kept.get(picture);
    const crops = kept ? [kept] : await this.crops(picture);
    if (typeof crops === 'string') return [];
    const all = new Uint8Array(crops.length * crops[0]!.length);
    crops.forEach((crop, i) => all.set(crop, i * crop.length));
    return (await this.look.embed(all, crops.length)).map((embedding) => ({ embedding }));
  }
}
