import { decodeImage } from './decodeImage.js';

/** Decoded pictures by number. */
export interface PixelStore {
  /**
   * [pictures.length, size, size, 3]. A picture that cannot be read any more is left out; the kept numbers come along.
   */
  read(pictures: readonly number[]): Promise<{ pixels: Uint8Array; kept: readonly number[] }>;
}

export interface PreparedPictures {
  readonly store: PixelStore;
  /** By picture number: why a picture cannot be used. */
  readonly broken: ReadonlyMap<number, string>;
}

/** Decodes in flight: sharp works in libuv's four threads. */
const PARALLEL = 8;

/**
 * Decodes every picture once before training, so that a broken one is known before the first step, and keeps as many
 * as the memory allows; the rest is decoded again when its batch is due.
 *
 * @param memoryBytes what the kept pixels may take
 * @param onProgress called after each picture
 */
export async function preparePictures(
  files: readonly string[],
  size: number,
  memoryBytes: number,
  onProgress: (done: number) => void,
  cancelled: () => boolean,
): Promise<PreparedPictures> {
  const bytes = size * size * 3;
  const kept = new Map<number, Uint8Array>();
  const broken = new Map<number, string>();
  let done = 0;
  await forEachParallel(files.length, PARALLEL, async (picture) => {
    if (cancelled()) return;
    const image = await decodeImage(files[picture]!, size);
    if (!image.ok) broken.set(picture, image.reason);
    else if ((kept.size + 1) * bytes <= memoryBytes) kept.set(picture, image.pixels);
    onProgress(++done);
  });
  return { store: new MemoryStore(files, size, kept), broken };
}

class MemoryStore implements PixelStore {
  constructor(
    private readonly files: readonly string[],
    private readonly size: number,
    private readonly kept: ReadonlyMap<number, Uint8Array>,
  ) {}

  async read(pictures: readonly number[]): Promise<{ pixels: Uint8Array; kept: readonly number[] }> {
    const bytes = this.size * this.size * 3;
    const images: (Uint8Array | undefined)[] = pictures.map((picture) => this.kept.get(picture));
    await forEachParallel(pictures.length, PARALLEL, async (i) => {
      if (images[i]) return;
      const image = await decodeImage(this.files[pictures[i]!]!, this.size);
      if (image.ok) images[i] = image.pixels;
    });
    const readable = pictures.filter((_, i) => images[i]);
    const pixels = new Uint8Array(readable.length * bytes);
    let at = 0;
    for (const image of images) {
      if (!image) continue;
      pixels.set(image, at);
      at += bytes;
    }
    return { pixels, kept: readable };
  }
}

async function forEachParallel(count: number, width: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
}
