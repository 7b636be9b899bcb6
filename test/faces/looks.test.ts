import assert from 'node:assert/strict';
import { brightened } from '../../src/faces/brightness.js';
import { inOrder } from '../../src/faces/faceFinder.js';
import { inputSizeOf, isEnough, looksAt } from '../../src/faces/looks.js';
import { turned, unturned } from '../../src/faces/turn.js';

describe('how closely a picture is looked at', () => {
  it('goes on from a coarse look to fine ones that show something new', () => {
    assert.deepEqual(looksAt(4000), [192, 512, 1024]);
    assert.deepEqual(looksAt(250), [192, 500]);
    assert.deepEqual(looksAt(92), [192]);
    assert.deepEqual(looksAt(400), [192, 512, 800]);
  });

  it('ends at a face that is large and clear', () => {
    const face = { left: 0, top: 0, width: 150, height: 200, score: 0.9 };
    assert.equal(isEnough([face], 0.2), true);
    assert.equal(isEnough([face], 0.19), false);
    assert.equal(isEnough([{ ...face, score: 0.6 }], 1), false);
    assert.equal(isEnough([], 1), false);
  });

  it('never distorts and knows few sizes', () => {
    assert.deepEqual(inputSizeOf(192, 250, 250), { width: 192, height: 192 });
    assert.deepEqual(inputSizeOf(192, 1280, 960), { width: 192, height: 160 });
    assert.deepEqual(inputSizeOf(512, 960, 1280), { width: 384, height: 512 });
    assert.deepEqual(inputSizeOf(192, 2000, 10), { width: 192, height: 32 });
    const sizes = new Set<string>();
    for (let side = 1; side <= 1000; side++) sizes.add(JSON.stringify(inputSizeOf(192, 1000, side)));
    assert.equal(sizes.size, 6);
  });
});

describe('a turned picture', () => {
  it('is turned clockwise, and its places come back', () => {
    // 0 1 2
    // 3 4 5
    const pixels = Uint8Array.from({ length: 18 }, (_, i) => Math.floor(i / 3));
    const picture = { pixels, width: 3, height: 2 };
    const red = (quarters: 1 | 2 | 3) => [...turned(picture, quarters).pixels].filter((_, i) => i % 3 === 0);
    assert.deepEqual(red(1), [3, 0, 4, 1, 5, 2]);
    assert.deepEqual(red(2), [5, 4, 3, 2, 1, 0]);
    assert.deepEqual(red(3), [2, 5, 1, 4, 0, 3]);
    for (const quarters of [1, 2, 3] as const) {
      const around = turned(picture, quarters);
      around.pixels.forEach((value, i) => {
        const [x, y] = [Math.floor(i / 3) % around.width, Math.floor(i / 3 / around.width)];
        const [u, v] = unturned.point([x + 0.5, y + 0.5], picture, quarters);
        assert.equal(pixels[(Math.floor(v) * 3 + Math.floor(u)) * 3], value);
      });
      const whole = { left: 0, top: 0, width: around.width, height: around.height };
      assert.deepEqual(unturned.box(whole, picture, quarters), { left: 0, top: 0, width: 3, height: 2 });
    }
  });
});

describe('a dark picture', () => {
  const flat = (value: number) => ({ pixels: new Uint8Array(3 * 40).fill(value), width: 8, height: 5 });

  it('is made brighter, others are left alone', () => {
    assert.deepEqual([...brightened(flat(55)).pixels], new Array(120).fill(220));
    const bright = flat(120);
    assert.equal(brightened(bright), bright);
    // Black stays black.
    assert.deepEqual([...brightened(flat(0)).pixels], new Array(120).fill(0));
  });
});

describe('whom a picture is of', () => {
  it('is large and near the middle', () => {
    const face = (left: number, top: number, side: number) => ({ box: { left, top, width: side, height: side } });
    const [small, middle, corner] = [face(45, 45, 5), face(35, 35, 30), face(0, 0, 34)];
    assert.deepEqual(inOrder([small, corner, middle], { width: 100, height: 100 }), [middle, corner, small]);
  });
});
