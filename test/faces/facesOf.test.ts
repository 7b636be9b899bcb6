import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { FaceCache, removeOldest } from '../../src/faces/faceCache.js';
import type { Face, FaceFinder } from '../../src/faces/faceFinder.js';
import { facesIdentity, openFaces } from '../../src/faces/facesOf.js';
import { CROP_TEMPLATE, placed } from '../../src/faces/faceTemplate.js';
import { doubtOf, FACE_LIMITS, MOST_POSE, sharpnessOf, SMALL_FACE_LIMITS } from '../../src/faces/quality.js';
import { scratchFolder, writeNoisePicture } from '../support/scratch.js';

const folder = scratchFolder();
const SIZE = 64;

/** Says that there are upright faces in squares of a picture, in its pixels. */
class SaidFinder implements FaceFinder {
  readonly identity: string = 'said';
  asked = 0;
  closed = false;
  constructor(
    private readonly squares: (width: number, height: number) => [left: number, top: number, side: number][],
  ) {}

  find(_: Uint8Array, width: number, height: number): Promise<Face[]> {
    this.asked++;
    return Promise.resolve(
      this.squares(width, height).map(([left, top, side]) => ({
        box: { left, top, width: side, height: side },
        score: 0.9,
        points: placed(CROP_TEMPLATE, ([x, y]) => [left + x * side, top + y * side]),
      })),
    );
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

const cacheFolder = () => path.join(folder(), 'cache');
function open(finder: FaceFinder, size = SIZE) {
  const options = { template: CROP_TEMPLATE, size, finder };
  const cache = new FaceCache(cacheFolder(), facesIdentity(options), size, 1e9);
  return openFaces({ ...options, cache });
}

const kept = () =>
  fs
    .readdirSync(cacheFolder(), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

describe('faces of a picture', () => {
  it('are cut out where they are, in the order of the finder', async () => {
    const file = path.join(folder(), 'a.png');
    await writeNoisePicture(file, 1, 200);
    const faces = open(
      new SaidFinder(() => [
        [20, 30, SIZE],
        [100, 100, 2 * SIZE],
      ]),
    );
    const result = await faces.of(file);
    assert.ok('faces' in result);
    const wanted = await sharp(file)
      .removeAlpha()
      .extract({ left: 20, top: 30, width: SIZE, height: SIZE })
      .raw()
      .toBuffer();
    const off = Math.max(...result.faces[0]!.crop.map((value, i) => Math.abs(value - wanted[i]!)));
    assert.ok(off <= 1, String(off));
    assert.deepEqual(
      result.faces.map(({ quality }) => Math.round(quality.pixels)),
      [SIZE, 2 * SIZE],
    );
    assert.ok(result.faces.every(({ quality }) => quality.pose < 1e-9));
  });

  it('are cut out of the file again where the picture was looked at with too few pixels', async () => {
    const file = path.join(folder(), 'large.png');
    // Fine stripes that a smaller picture does not show any more.
    const [width, height] = [3840, 2400];
    const stripes = Buffer.from(
      Uint8Array.from({ length: width * height }, (_, i) => (Math.floor((i % width) / 3) % 2 ? 200 : 50)),
    );
    await sharp(stripes, { raw: { width, height, channels: 1 } }).toFile(file);
    const result = await open(new SaidFinder(() => [[300, 200, 20]])).of(file);
    assert.ok('faces' in result);
    const [{ crop, quality }] = result.faces as [(typeof result.faces)[number]];
    assert.ok(Math.abs(quality.pixels - 60) < 0.5, String(quality.pixels));
    const row = [...crop.subarray(SIZE * 3 * 20, SIZE * 3 * 21)].filter((_, i) => i % 3 === 0);
    assert.ok(Math.max(...row) > 180 && Math.min(...row) < 70, row.join());
    // 900 pixels of the file from the left are an even number of stripes.
    const from = (x: number) => (Math.floor((900 + ((x + 0.5) * 60) / SIZE) / 3) % 2 ? 200 : 50);
    const wrong = row.filter((value, x) => Math.abs(value - from(x)) > 75).length;
    assert.ok(wrong < 8, `${wrong} of ${SIZE} pixels are of the other stripe`);
  });

  it('say in words why a picture cannot be read', async () => {
    const file = path.join(folder(), 'broken.jpg');
    fs.writeFileSync(file, 'x');
    const faces = open(new SaidFinder(() => []));
    assert.deepEqual(await faces.of(file), { fault: 'is not a picture, whatever its name says' });
    assert.deepEqual(await faces.of(path.join(folder(), 'absent.jpg')), { fault: 'no longer exists' });
  });

  it('close their finder', async () => {
    const finder = new SaidFinder(() => []);
    await open(finder).close();
    assert.equal(finder.closed, true);
  });
});

describe('the cache of aligned faces', () => {
  it('answers for a picture that is as it was, and for no other', async () => {
    const file = path.join(folder(), 'a.png');
    await writeNoisePicture(file, 1, 200);
    const finder = new SaidFinder(() => [[20, 30, 100]]);
    const first = await open(finder).of(file);
    const second = await open(finder).of(file);
    assert.equal(finder.asked, 1);
    assert.ok('faces' in first && 'faces' in second);
    assert.deepEqual(
      second.faces.map((face) => ({ ...face, crop: [...face.crop] })),
      first.faces.map((face) => ({ ...face, crop: [...face.crop] })),
    );
    fs.utimesSync(file, 5, 5);
    await open(finder).of(file);
    assert.equal(finder.asked, 2);
    await open(finder, 32).of(file);
    assert.equal(finder.asked, 3);
    const other = new (class extends SaidFinder {
      override readonly identity = 'another';
    })(() => []);
    assert.deepEqual(await open(other).of(file), { faces: [] });
    assert.deepEqual(await open(other).of(file), { faces: [] });
    assert.equal(other.asked, 1);
    for (const one of kept()) assert.equal(fs.statSync(one).mode & 0o777, 0o600);
  });

  it('takes what is cut short or changed for absent', async () => {
    const file = path.join(folder(), 'a.png');
    await writeNoisePicture(file, 1, 200);
    const finder = new SaidFinder(() => [[20, 30, 100]]);
    await open(finder).of(file);
    const [one] = kept() as [string];
    const whole = fs.readFileSync(one);
    const damages = [
      whole.subarray(0, -1),
      whole.subarray(0, 3),
      Buffer.alloc(0),
      Buffer.concat([whole.subarray(0, -1), Buffer.from([whole.at(-1)! ^ 1])]),
      Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0x7f]), whole.subarray(4)]),
    ];
    for (const [i, damage] of damages.entries()) {
      fs.writeFileSync(one, damage);
      const result = await open(finder).of(file);
      assert.ok('faces' in result && result.faces.length === 1, `damage ${i}`);
      assert.equal(finder.asked, i + 2, `damage ${i}`);
    }
  });

  it('lets the ones go that were not used for longest', async () => {
    fs.mkdirSync(folder(), { recursive: true });
    for (const [i, name] of ['a', 'b', 'c', 'd'].entries()) {
      fs.writeFileSync(path.join(folder(), name), Buffer.alloc(100));
      fs.utimesSync(path.join(folder(), name), 100 - i, 100 - i);
    }
    removeOldest(folder(), 250);
    assert.deepEqual(fs.readdirSync(folder()).sort(), ['a', 'b']);
    removeOldest(folder(), 250);
    assert.deepEqual(fs.readdirSync(folder()).sort(), ['a', 'b']);
    await Promise.resolve();
  });
});

describe('how well a face can be seen', () => {
  it('has a limit for pixels, blur and pose, each by its name', () => {
    for (const limits of [FACE_LIMITS, SMALL_FACE_LIMITS]) {
      const good = { pixels: limits.pixels, blur: limits.sharpness, pose: MOST_POSE };
      assert.equal(doubtOf(good, limits), undefined);
      assert.equal(doubtOf({ ...good, pixels: limits.pixels - 0.1 }, limits), 'too-small');
      assert.equal(doubtOf({ ...good, blur: limits.sharpness * 0.99 }, limits), 'too-blurred');
      assert.equal(doubtOf({ ...good, pose: MOST_POSE + 0.01 }, limits), 'turned-away');
    }
    assert.equal(doubtOf({ pixels: 16, blur: 0.03, pose: 0 }), 'too-small', 'the usual limits');
  });

  it('is sharper with detail, whatever light and contrast it has', async () => {
    const file = path.join(folder(), 'a.png');
    await writeNoisePicture(file, 3, 128);
    const noise = Buffer.from(
      Uint8Array.from({ length: 128 * 128 * 3 }, (_, i) => (Math.imul(i, 2654435761) >>> 24) & 255),
    );
    const raw = { raw: { width: 128, height: 128, channels: 3 as const } };
    const sharpnessAfter = async (sigma: number, gain = 1) => {
      const blurred = sharp(noise, raw).blur(sigma).linear(gain, 10);
      return sharpnessOf(await blurred.raw().toBuffer(), 128);
    };
    const [fine, coarse, dull] = [await sharpnessAfter(1), await sharpnessAfter(6), await sharpnessAfter(1, 0.5)];
    assert.ok(fine > 0.5 && coarse < fine / 2, `${fine} ${coarse}`);
    assert.ok(Math.abs(dull - fine) < 0.05, `${dull} ${fine}`);
    assert.equal(sharpnessOf(new Uint8Array(128 * 128 * 3).fill(7), 128), 0);
  });
});
