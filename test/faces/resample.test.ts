import assert from 'node:assert/strict';
import sharp from 'sharp';
import { Random } from '../../src/core/random.js';
import { cropFace, resample, type Picture } from '../../src/faces/resample.js';

/** Red grows to the right, green downwards. */
function slopes(width: number, height: number): Picture {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const at = Math.floor(i / 3);
    return [2 * (at % width), 2 * Math.floor(at / width), 198][i % 3]!;
  });
  return { pixels, width, height };
}

describe('a part of a picture', () => {
  it('is taken where the transform says, to the pixel', () => {
    const crop = cropFace(slopes(80, 60), { a: 1, b: 0, tx: 10, ty: 20 }, 16);
    assert.deepEqual([...crop.subarray(0, 3)], [20, 40, 198]);
    assert.deepEqual([...crop.subarray((5 * 16 + 7) * 3, (5 * 16 + 7) * 3 + 3)], [34, 50, 198]);
  });

  it('keeps slopes where they are, at every scale and turn', () => {
    const picture = slopes(120, 120);
    for (const scale of [0.4, 0.9, 1.1, 1.9, 2, 2.7, 4.3, 6])
      for (const degrees of [0, 30, 90]) {
        const [a, b] = [scale * Math.cos((degrees * Math.PI) / 180), scale * Math.sin((degrees * Math.PI) / 180)];
        const size = 12;
        // The middle of the target lies on the middle of the picture.
        const transform = { a, b, tx: 60 - (a * size) / 2 + (b * size) / 2, ty: 60 - (b * size) / 2 - (a * size) / 2 };
        const crop = cropFace(picture, transform, size);
        for (const [x, y] of [
          [5, 5],
          [2, 8],
          [9, 4],
        ] as const) {
          const [u, v] = [x + 0.5, y + 0.5];
          const expected = [2 * (a * u - b * v + transform.tx - 0.5), 2 * (b * u + a * v + transform.ty - 0.5)];
          for (const c of [0, 1]) {
            const value = crop[(y * size + x) * 3 + c]!;
            // A level for rounding once, one more for each halving.
            assert.ok(
              Math.abs(value - expected[c]!) <= 2,
              `scale ${scale}, ${degrees} degrees, colour ${c} at ${x}, ${y}: ${value}, not ${expected[c]!.toFixed(1)}`,
            );
          }
        }
      }
  });

  it('averages where it shrinks, so that no pattern appears', () => {
    const [width, height] = [96, 96];
    const checks = Uint8Array.from(
      { length: width * height * 3 },
      (_, i) => ((Math.floor(i / 3) + Math.floor(Math.floor(i / 3) / width)) % 2) * 255,
    );
    for (const scale of [2.3, 3, 4, 7.5]) {
      const grey = cropFace({ pixels: checks, width, height }, { a: scale, b: 0, tx: 2.3, ty: 1.1 }, 12);
      const far = Math.max(...grey.map((value) => Math.abs(value - 127.5)));
      assert.ok(far < 40, `scale ${scale}: ${far} from grey`);
    }
  });

  it('goes on beyond the border with the outermost pixels', () => {
    const crop = cropFace(slopes(20, 20), { a: 3, b: 0, tx: -60, ty: -30 }, 16);
    // The outermost ones are the mean of two by two.
    assert.ok(Math.max(crop[0]!, crop[1]!) <= 2 && crop[2] === 198, crop.subarray(0, 3).join());
    const far = cropFace(slopes(20, 20), { a: 1, b: 0, tx: 500, ty: 500 }, 8);
    assert.deepEqual([...far.subarray(0, 3)], [38, 38, 198]);
  });

  it('is what libvips makes of it, stretched and shrunk', async () => {
    const random = Random.fromSeed(5);
    const coarse = Buffer.from(Array.from({ length: 9 * 7 * 3 }, () => random.integer(256)));
    const { data } = await sharp(coarse, { raw: { width: 9, height: 7, channels: 3 } })
      .resize(230, 310, { fit: 'fill' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const picture = { pixels: data, width: 230, height: 310 };
    const wanted = await sharp(data, { raw: { width: 230, height: 310, channels: 3 } })
      .resize(48, 48, { fit: 'fill', kernel: 'linear' })
      .raw()
      .toBuffer();
    const map = { xx: 230 / 48, xy: 0, x0: 0, yx: 0, yy: 310 / 48, y0: 0 };
    const ours = resample(picture, map, 48, 48);
    const off = ours.reduce((sum, value, i) => sum + Math.abs(value - wanted[i]!), 0) / ours.length;
    // Its triangle is twice as wide as what a pixel covers.
    assert.ok(off < 2, `a mean difference of ${off.toFixed(2)} levels`);
  });
});
