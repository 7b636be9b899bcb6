import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { cropCentre, distort, drawDistortion, storedSize, type Distortion } from '../../src/dataset/augment.js';
import { augmentation, type Augmentation } from '../../src/protocol/options.js';

const SIZE = 32;
const off = augmentation.parse({});
const everything = augmentation.parse({
  flip: true,
  shift: true,
  scale: 0.2,
  rotation: 15,
  brightness: 0.2,
  contrast: 0.3,
  saturation: 0.3,
  erasing: 0.5,
});
const STORED = storedSize(SIZE, everything);

/** Smooth, so that half a pixel changes little, and not symmetric. */
function smooth(side: number): Uint8Array {
  return Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side), i % 3];
    return 120 + 60 * Math.sin(x / 5 + c) + 50 * Math.cos(y / 7 - c);
  });
}

function run(source: Uint8Array, stored: number, distortion: Partial<Distortion>): Uint8Array {
  const target = new Uint8Array(SIZE * SIZE * 3);
  const none: Distortion = {
    flip: false,
    cosine: 1,
    sine: 0,
    shiftX: 0,
    shiftY: 0,
    whole: true,
    contrast: 1,
    saturation: 1,
    brightness: 0,
    erased: undefined,
    damage: undefined,
  };
  distort(source, stored, target, 0, SIZE, { ...none, ...distortion });
  return target;
}

/** The same as its definition reads, in floating point. */
function plain(source: Uint8Array, stored: number, d: Distortion): Float64Array {
  const result = new Float64Array(SIZE * SIZE * 3);
  const at = (x: number, y: number, c: number) => {
    const clamp = (v: number) => Math.min(stored - 1, Math.max(0, v));
    return source[(clamp(y) * stored + clamp(x)) * 3 + c]!;
  };
  for (let y = 0; y < SIZE; y++)
    for (let x = 0; x < SIZE; x++) {
      const u = (d.flip ? SIZE - 1 - x : x) - (SIZE - 1) / 2;
      const v = y - (SIZE - 1) / 2;
      const sx = Math.min(stored - 1, Math.max(0, (stored - 1) / 2 + d.shiftX + d.cosine * u - d.sine * v));
      const sy = Math.min(stored - 1, Math.max(0, (stored - 1) / 2 + d.shiftY + d.sine * u + d.cosine * v));
      const [x0, y0] = [Math.floor(sx), Math.floor(sy)];
      const [fx, fy] = [sx - x0, sy - y0];
      const rgb = [0, 1, 2].map(
        (c) =>
          at(x0, y0, c) * (1 - fx) * (1 - fy) +
          at(x0 + 1, y0, c) * fx * (1 - fy) +
          at(x0, y0 + 1, c) * (1 - fx) * fy +
          at(x0 + 1, y0 + 1, c) * fx * fy,
      );
      const grey = (2 * rgb[0]! + 5 * rgb[1]! + rgb[2]!) / 8;
      rgb.forEach((value, c) => {
        const changed = d.contrast * (grey + d.saturation * (value - grey) - 128) + 128 + d.brightness;
        const [left, top, right, bottom] = d.erased ?? [0, 0, 0, 0];
        const erased = x >= left && x < right && y >= top && y < bottom;
        result[(y * SIZE + x) * 3 + c] = erased ? 128 : Math.min(255, Math.max(0, changed));
      });
    }
  return result;
}

describe('augmentation', () => {
  it('agrees with its definition in floating point, for 200 distortions', () => {
    const source = smooth(STORED);
    for (let picture = 0; picture < 200; picture++) {
      const kinds: Augmentation = picture % 4 === 0 ? { ...everything, scale: 0, rotation: 0 } : everything;
      const d = drawDistortion(kinds, SIZE, STORED, 5, 1, picture);
      const [actual, expected] = [run(source, STORED, d), plain(source, STORED, d)];
      const most = actual.reduce((worst, v, i) => Math.max(worst, Math.abs(v - expected[i]!)), 0);
      assert.ok(most < 3, `picture ${picture} is off by ${most}`);
    }
  });

  it('draws the same for the same seed, epoch and picture, in any order, and another for any other', () => {
    const draw = (seed: number, epoch: number, picture: number) =>
      JSON.stringify(drawDistortion(everything, SIZE, STORED, seed, epoch, picture));
    const forwards = Array.from({ length: 50 }, (_, i) => draw(1, 2, i));
    const backwards = Array.from({ length: 50 }, (_, i) => draw(1, 2, 49 - i)).reverse();
    assert.deepEqual(forwards, backwards);
    assert.equal(
      new Set([...forwards, ...forwards.map((_, i) => draw(1, 3, i)), ...forwards.map((_, i) => draw(2, 2, i))]).size,
      150,
    );
  });

  it('leaves the other kinds as they were when one is switched off', () => {
    for (let picture = 0; picture < 20; picture++) {
      const all = drawDistortion(everything, SIZE, STORED, 1, 1, picture);
      const without = drawDistortion({ ...everything, brightness: 0 }, SIZE, STORED, 1, 1, picture);
      assert.deepEqual({ ...without, brightness: all.brightness }, all);
    }
  });

  it('keeps within its bounds and reaches near them', () => {
    const draws = Array.from({ length: 4000 }, (_, i) => drawDistortion(everything, SIZE, STORED, 1, 1, i));
    const range = (of: (d: Distortion) => number) => [Math.min(...draws.map(of)), Math.max(...draws.map(of))];
    const zoom = range((d) => 1 / Math.hypot(d.cosine, d.sine));
    assert.ok(zoom[0]! >= 1 / 1.2 - 1e-9 && zoom[0]! < 0.85 && zoom[1]! <= 1.2 + 1e-9 && zoom[1]! > 1.17, zoom.join());
    const angle = range((d) => (Math.atan2(d.sine, d.cosine) * 180) / Math.PI);
    assert.ok(angle[0]! >= -15 && angle[0]! < -14 && angle[1]! <= 15 && angle[1]! > 14, angle.join());
    assert.deepEqual(
      range((d) => d.shiftX),
      [-2, 2],
    );
    const share = (holds: (d: Distortion) => boolean) => draws.filter(holds).length / draws.length;
    assert.ok(Math.abs(share((d) => d.flip) - 0.5) < 0.03);
    assert.ok(Math.abs(share((d) => d.erased !== undefined) - 0.5) < 0.03);
    for (const { erased } of draws) {
      if (!erased) continue;
      const [left, top, right, bottom] = erased;
      assert.ok(left >= 0 && top >= 0 && right <= SIZE && bottom <= SIZE && left < right && top < bottom);
      const area = ((right - left) * (bottom - top)) / SIZE ** 2;
      assert.ok(area > 0.01 && area < 0.24, String(area));
    }
  });

  it('changes nothing when everything is off', () => {
    const source = smooth(SIZE);
    assert.equal(storedSize(SIZE, off), SIZE);
    const d = drawDistortion(off, SIZE, SIZE, 1, 1, 1);
    assert.deepEqual(run(source, SIZE, d), source);
  });

  it('mirrors exactly, and twice is once', () => {
    const source = smooth(SIZE);
    const once = run(source, SIZE, { flip: true });
    for (let x = 0; x < SIZE; x++) assert.equal(once[x * 3 + 1], source[(SIZE - 1 - x) * 3 + 1]);
    assert.deepEqual(run(once, SIZE, { flip: true }), source);
  });

  it('validates with the middle', () => {
    const source = smooth(STORED);
    const target = new Uint8Array(SIZE * SIZE * 3 + 7);
    cropCentre(source, STORED, target, 7, SIZE);
    assert.deepEqual(target.subarray(7), run(source, STORED, {}));
  });

  it('never writes beyond its picture', () => {
    const random = Random.fromSeed(3);
    const source = smooth(STORED);
    for (let i = 0; i < 50; i++) {
      const target = new Uint8Array(3 * SIZE * SIZE * 3).fill(77);
      const bytes = SIZE * SIZE * 3;
      distort(source, STORED, target, bytes, SIZE, drawDistortion(everything, SIZE, STORED, random.uint32(), 1, i));
      assert.ok(target.subarray(0, bytes).every((v) => v === 77) && target.subarray(2 * bytes).every((v) => v === 77));
    }
  });
});
