/** Formats as their contents tell, whatever the name says. */
export const FORMATS = ['unknown', 'jpeg', 'png', 'webp', 'tiff', 'gif', 'bmp', 'avif', 'pnm'] as const;
export type Format = (typeof FORMATS)[number];

/** Why a picture cannot be used, in the words that follow its name. */
export const FAULTS = {
  none: '',
  empty: 'is empty',
  notPicture: 'is not a picture, whatever its name says',
  damaged: 'is damaged or cut short',
  tooLarge: 'is larger than 50 megapixels',
  gone: 'no longer exists',
  forbidden: 'cannot be read: no permission',
  heic: 'is a HEIC picture, which cannot be read: export it as JPEG',
  channels: 'has an unusual number of colour channels',
  heavy: 'is a file of more than 512 MB',
} as const;
export type Fault = keyof typeof FAULTS;
const FAULT_NAMES = Object.keys(FAULTS) as Fault[];

/** Bytes of the contents' hash that are kept: SHA-256, cut. */
export const CONTENT_BYTES = 16;
/** Bytes of the perceptual hash. */
export const DIFFERENCE_HASH_BYTES = 32;

/** What one look at a picture's file tells. */
export interface PictureFact {
  readonly fault: Fault;
  readonly format: Format;
  /** As it is shown, after EXIF orientation; 0 when unknown. */
  readonly width: number;
  readonly height: number;
  /** Frames or pages; the first one is used. */
  readonly pages: number;
  /** First 16 bytes of the SHA-256 of the file. */
  readonly content: Uint8Array;
  /** 256-bit perceptual hash, see {@link differenceHash}. */
  readonly differenceHash: Uint8Array;
}

/** The facts of many pictures: arrays instead of objects, so that a million take 64 MB and move between threads whole. */
export class PictureFacts {
  readonly faults: Uint8Array;
  readonly formats: Uint8Array;
  readonly pages: Uint16Array;
  readonly widths: Uint32Array;
  readonly heights: Uint32Array;
  readonly contents: Uint8Array;
  readonly differenceHashes: Uint8Array;

  constructor(readonly count: number) {
    this.faults = new Uint8Array(count);
    this.formats = new Uint8Array(count);
    this.pages = new Uint16Array(count);
    this.widths = new Uint32Array(count);
    this.heights = new Uint32Array(count);
    this.contents = new Uint8Array(count * CONTENT_BYTES);
    this.differenceHashes = new Uint8Array(count * DIFFERENCE_HASH_BYTES);
  }

  set(picture: number, fact: PictureFact): void {
    this.faults[picture] = FAULT_NAMES.indexOf(fact.fault);
    this.formats[picture] = FORMATS.indexOf(fact.format);
    this.pages[picture] = Math.min(fact.pages, 0xffff);
    this.widths[picture] = fact.width;
    this.heights[picture] = fact.height;
    this.contents.set(fact.content, picture * CONTENT_BYTES);
    this.differenceHashes.set(fact.differenceHash, picture * DIFFERENCE_HASH_BYTES);
  }

  get(picture: number): PictureFact {
    return {
      fault: this.fault(picture),
      format: FORMATS[this.formats[picture]!]!,
      width: this.widths[picture]!,
      height: this.heights[picture]!,
      pages: this.pages[picture]!,
      content: this.contents.subarray(picture * CONTENT_BYTES, (picture + 1) * CONTENT_BYTES),
      differenceHash: this.differenceHashes.subarray(
        picture * DIFFERENCE_HASH_BYTES,
        (picture + 1) * DIFFERENCE_HASH_BYTES,
      ),
    };
  }

  fault(picture: number): Fault {
    return FAULT_NAMES[this.faults[picture]!]!;
  }

  /** What a move between threads takes along without a copy. */
  get buffers(): ArrayBuffer[] {
    const { faults, formats, pages, widths, heights, contents, differenceHashes } = this;
    return [faults, formats, pages, widths, heights, contents, differenceHashes].map(
      ({ buffer }) => buffer as ArrayBuffer,
    );
  }

  /** After a move between threads, which keeps the arrays but not the class. */
  static revive(plain: PictureFacts): PictureFacts {
    return Object.assign(Object.create(PictureFacts.prototype) as PictureFacts, plain);
  }
}
