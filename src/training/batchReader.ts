import { drawDistortion } from '../dataset/augment.js';
import { readBatch, type Dataset } from '../dataset/dataset.js';
import type { Batch } from '../engine/engine.js';
import { augmentation, type TrainingOptions } from '../protocol/options.js';
import type { HeadSession } from './headSession.js';

/** A batch, and which pictures are in it: those that could be read. */
export interface ReadBatch extends Batch {
  readonly pictures: readonly number[];
}

/** Where the loop's batches come from. */
export interface BatchReader {
  /** @param epoch for training, where chance has a hand in the pictures; absent for validation */
  read(pictures: readonly number[], epoch?: number): Promise<ReadBatch>;
}

/** The pictures' pixels. */
export class PixelReader implements BatchReader {
  constructor(
    private readonly dataset: Dataset,
    private readonly options: Pick<TrainingOptions, 'augmentation' | 'seed'>,
  ) {}

  async read(pictures: readonly number[], epoch?: number): Promise<ReadBatch> {
    const request = epoch === undefined ? { pictures } : { pictures, distortion: { ...this.options, epoch } };
    const { pixels, ...rest } = await readBatch(this.dataset, request);
    return { images: pixels, ...rest };
  }
}

/** Bytes of features that are kept; more pictures than that are computed again in every epoch. */
const FEATURE_BYTES = 1 << 30;

/**
 * What a frozen network makes of the pictures, computed once for each view of a picture. Without `views` a picture is seen as it
 * is and mirrored, and of all that chance can do only the mirroring is left. With them an epoch sees the next view in turn: the
 * first is the picture as it is, the others are distorted as one of that number is.
 */
export class FeatureReader implements BatchReader {
  private readonly kept = new Map<number, Float32Array>();
  private bytes = 0;

  constructor(
    private readonly dataset: Dataset,
    private readonly session: Pick<HeadSession, 'features'>,
    private readonly options: Pick<TrainingOptions, 'augmentation' | 'seed' | 'size' | 'views'>,
  ) {}

  read(pictures: readonly number[], epoch?: number): Promise<ReadBatch> {
    const { views } = this.options;
    if (epoch === undefined) return this.rows(pictures, () => 0);
    if (views > 0) return this.rows(pictures, () => (epoch - 1) % views);
    return this.rows(pictures, (picture) => (this.isMirrored(picture, epoch) ? 1 : 0), epoch);
  }

  /** The view of a number that no epoch trains on: what a validation of bad pictures sees. */
  readDamaged(pictures: readonly number[]): Promise<ReadBatch> {
    return this.rows(pictures, () => this.options.views);
  }

  /** @param epoch in which the mirroring was drawn */
  private async rows(
    pictures: readonly number[],
    viewOf: (picture: number) => number,
    epoch?: number,
  ): Promise<ReadBatch> {
    const most = Math.max(2, this.options.views + 1);
    const keyOf = (picture: number) => most * picture + viewOf(picture);
    const absent = [...new Set(pictures)].filter((picture) => !this.kept.has(keyOf(picture)));
    const fresh = new Map<number, Float32Array>();
    if (absent.length > 0) {
      const pixels = await this.pixels(absent, epoch ?? (viewOf(absent[0]!) || undefined));
      if (pixels.pictures.length > 0) {
        const features = await this.session.features(pixels);
        const length = features.length / pixels.pictures.length;
        pixels.pictures.forEach((picture, i) => {
          const own = features.slice(i * length, (i + 1) * length);
          fresh.set(keyOf(picture), own);
          if (this.bytes + own.byteLength > FEATURE_BYTES) return;
          this.kept.set(keyOf(picture), own);
          this.bytes += own.byteLength;
        });
      }
    }
    const rows = pictures.flatMap((picture) => {
      const features = fresh.get(keyOf(picture)) ?? this.kept.get(keyOf(picture));
      return features ? [{ picture, features }] : [];
    });
    const length = rows[0]?.features.length ?? 0;
    const images = new Float32Array(rows.length * length);
    rows.forEach(({ features }, i) => images.set(features, i * length));
    const labels = Int32Array.from(rows, ({ picture }) => Math.max(0, this.dataset.labels[picture]!));
    return { images, labels, pictures: rows.map(({ picture }) => picture) };
  }

  /** @param drawn number of the epoch that chance is drawn for; absent for pictures as they are */
  private pixels(pictures: readonly number[], drawn: number | undefined): Promise<ReadBatch> {
    const { views, augmentation: chance, ...rest } = this.options;
    const reader = new PixelReader(this.dataset, { ...rest, augmentation: views > 0 ? chance : this.mirroring });
    return reader.read(pictures, drawn);
  }

  private get mirroring(): TrainingOptions['augmentation'] {
    return augmentation.parse({ flip: this.options.augmentation.flip });
  }

  private isMirrored(picture: number, epoch: number): boolean {
    const { size, seed } = this.options;
    return drawDistortion(this.mirroring, size, size, seed, epoch, picture).flip;
  }
}
