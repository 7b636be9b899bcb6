import { createHash } from 'node:crypto';
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import * as z from 'zod';
import { makePrivateFolder } from '../platform/privateFolder.js';
import { PRIVATE_FILE } from '../platform/rights.js';
import { faceQuality } from '../protocol/recognition.js';
import { removeGoneFaces } from './faceCacheUpkeep.js';
import type { JudgedFace } from './foundFace.js';

/** Raised when the files are laid out in another way. */
const LAYOUT = 1;
const DAY_MS = 86_400_000;
const SWEPT = 'swept';

const point = z.tuple([z.number(), z.number()]);
const header = z.object({
  /** The picture: absolute. Absent in files of earlier versions. */
  file: z.string().optional(),
  crc: z.number(),
  faces: z.array(
    z.object({
      box: z.object({ left: z.number(), top: z.number(), width: z.number(), height: z.number() }),
      score: z.number(),
      points: z.tuple([point, point, point, point, point]),
      quality: faceQuality,
    }),
  ),
});

/** What a picture's file was when its faces were cut out. */
export interface PictureStamp {
  /** Absolute. */
  readonly file: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/**
 * Aligned faces on disk, beside the pixel cache: a file for each picture, named after the picture's path and stamp and what its
 * faces were found and aligned with. A file is whole or absent (written under another name first), and one that does not match
 * its checksum counts as absent, so programs need not know of each other. The files are their user's alone.
 *
 * A file: length of the header (uint32, little-endian), the header in JSON, then a crop [size, size, 3] for each face.
 */
export class FaceCache {
  private added = false;
  private sequence = 0;

  /**
   * @param folder of all aligned faces; made when the first is kept
   * @param identity of finder, template and size
   * @param size side of a crop
   * @param maximumBytes of all files together: the ones used least recently go first
   */
  constructor(
    private readonly folder: string,
    private readonly identity: string,
    private readonly size: number,
    private readonly maximumBytes: number,
  ) {}

  async find(stamp: PictureStamp): Promise<JudgedFace[] | undefined> {
    const file = this.fileOf(stamp);
    try {
      const bytes = await fsp.readFile(file);
      const start = 4 + bytes.readUInt32LE(0);
      const crops = bytes.subarray(start);
      const { crc, faces } = header.parse(JSON.parse(bytes.toString('utf8', 4, start)));
      const cropBytes = this.size ** 2 * 3;
      if (crops.length !== faces.length * cropBytes || crc32(crops) !== crc) return undefined;
      const now = new Date();
      fs.utimes(file, now, now, () => undefined); // used just now: others go first
      return faces.map(({ quality, ...face }, i) => ({
        ...{ face, quality },
        crop: crops.subarray(i * cropBytes, (i + 1) * cropBytes),
      }));
    } catch {
      return undefined;
    }
  }

  /** A full disk is no reason to stop: the faces are found again then. */
  async keep(stamp: PictureStamp, faces: readonly JudgedFace[]): Promise<void> {
    const crops = Buffer.concat(faces.map(({ crop }) => crop));
    const told: z.infer<typeof header> = {
      file: stamp.file,
      crc: crc32(crops),
      faces: faces.map(({ face: { box, score, points }, quality }) => ({
        ...{ score, quality },
        box: { left: box.left, top: box.top, width: box.width, height: box.height },
        points: points.map(([x, y]): [number, number] => [x, y]) as z.infer<typeof header>['faces'][number]['points'],
      })),
    };
    const text = Buffer.from(JSON.stringify(told));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    const file = this.fileOf(stamp);
    const temporary = `${file}.tmp-${process.pid}-${this.sequence++}`;
    try {
      makePrivateFolder(path.dirname(file));
      await fsp.writeFile(temporary, Buffer.concat([length, text, crops]), { mode: PRIVATE_FILE });
      await fsp.rename(temporary, file);
      this.added = true;
    } catch {
      await fsp.rm(temporary, { force: true });
    }
  }

  /** Makes room, once a day at most: the faces of pictures that are gone go first. */
  close(): void {
    if (!this.added) return;
    try {
      const mark = path.join(this.folder, SWEPT);
      if (Date.now() - (fs.statSync(mark, { throwIfNoEntry: false })?.mtimeMs ?? 0) < DAY_MS) return;
      fs.writeFileSync(mark, '', { mode: PRIVATE_FILE });
      removeGoneFaces(this.folder);
      removeOldest(this.folder, this.maximumBytes);
    } catch {
      // Another program is at it.
    }
  }

  private fileOf({ file, bytes, modifiedMs }: PictureStamp): string {
    const key = [LAYOUT, this.identity, this.size, file, bytes, modifiedMs].join('\0');
    const name = createHash('sha256').update(key).digest('hex').slice(0, 40);
    return path.join(this.folder, name.slice(0, 2), name);
  }
}

/** Removes files, the longest unused first, until the others take no more than `maximumBytes`. */
export function removeOldest(folder: string, maximumBytes: number): void {
  const files = fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== SWEPT)
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => ({ file, stat: fs.statSync(file) }))
    .sort((a, b) => a.stat.mtimeMs - b.stat.mtimeMs);
  let bytes = files.reduce((sum, { stat }) => sum + stat.size, 0);
  for (const { file, stat } of files) {
    if (bytes <= maximumBytes) return;
    fs.rmSync(file, { force: true });
    bytes -= stat.size;
  }
}
