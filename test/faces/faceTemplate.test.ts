import assert from 'node:assert/strict';
import { apply, invert, type Point } from '../../src/core/similarity.js';
import {
  CROP_TEMPLATE,
  cropTransform,
  misfit,
  pixelsPerPixel,
  placed,
  type FivePoints,
} from '../../src/faces/faceTemplate.js';

const UPRIGHT: FivePoints = [
  [140, 113],
  [178, 113],
  [159, 135],
  [144, 157],
  [175, 157],
];
const PROFILE: FivePoints = [
  [160, 113],
  [166, 113],
  [190, 135],
  [165, 157],
  [170, 157],
];
/** Where face-reidentification-retail-0095 wants them. */
const OTHER: FivePoints = [
  [0.31556875, 0.46157411],
  [0.68262292, 0.46157411],
  [0.50026249, 0.64050536],
  [0.34947188, 0.82469196],
  [0.65343646, 0.82469196],
];
const turn = ([x, y]: Point): Point => [2 * (0.8 * x - 0.6 * y), 2 * (0.6 * x + 0.8 * y)];

describe('the template of an aligned face', () => {
  for (const [name, template] of [
    ['of our crops', CROP_TEMPLATE],
    ['of a network', OTHER],
  ] as const)
    it(`${name}: brings five points near their places, whatever turn and size they have`, () => {
      for (const points of [UPRIGHT, placed(UPRIGHT, turn)]) {
        const back = invert(cropTransform(points, template, 100));
        points.forEach((point, i) => {
          const [x, y] = apply(back, point);
          const [u, v] = template[i]!;
          const off = Math.hypot(x - 100 * u, y - 100 * v);
          assert.ok(off < 6, `point ${i} is ${off.toFixed(1)} pixels from its place`);
        });
      }
      const ratio = pixelsPerPixel(placed(UPRIGHT, turn), template, 100) / pixelsPerPixel(UPRIGHT, template, 100);
      assert.ok(Math.abs(ratio - 2) < 1e-9, String(ratio));
    });

  it('has a face seen from the side fit worse', () => {
    assert.ok(misfit(UPRIGHT) < 0.05, String(misfit(UPRIGHT)));
    assert.ok(misfit(PROFILE) > 0.09, String(misfit(PROFILE)));
    assert.ok(Math.abs(misfit(placed(UPRIGHT, turn)) - misfit(UPRIGHT)) < 1e-9);
  });

  it('makes faces a little smaller in our crops than InsightFace has them', () => {
    // Its left eye lies at 38.2946, 51.6963 of 112 pixels.
    const [[x, y]] = CROP_TEMPLATE;
    assert.ok(Math.abs(x - ((38.2946 / 112 - 0.5) * 0.88 + 0.5)) < 1e-6, String(x));
    assert.ok(Math.abs(y - ((51.6963 / 112 - 0.5) * 0.88 + 0.5)) < 1e-6, String(y));
  });
});
