import assert from 'node:assert/strict';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { FaceFinder } from '../../src/faces/faceFinder.js';
import { openFaceFinder } from '../../src/faces/openFaceFinder.js';
import { faceWeightsIn } from '../../src/weights/faceWeights.js';
import { sharedPaths, withShared } from '../support/shared.js';

const GREY = { r: 128, g: 128, b: 128 };
const FIRST = path.join(sharedPaths.wild, 'Colin_Powell', 'Colin_Powell_0001.jpg');
const SECOND = path.join(sharedPaths.wild, 'Colin_Powell', 'Colin_Powell_0002.jpg');

/** Box (left, top, right, bottom) and points of OpenVINO with both networks: the detector at 192 x 192, NMS 0.45. */
const OPENVINO = [
  {
    file: FIRST,
    box: [78.7, 71, 160.6, 183.3],
    points: [
      [107.7, 113.3],
      [144.7, 112.5],
      [131.8, 129.3],
      [112.7, 159.5],
      [143.1, 158.9],
    ],
  },
  {
    file: SECOND,
    box: [75.8, 63.1, 162.7, 185.8],
    points: [
      [103.3, 113.1],
      [142.9, 111.6],
      [126.9, 132.9],
      [109.1, 158.9],
      [138.9, 158.7],
    ],
  },
] as const;

async function found(finder: FaceFinder, picture: Sharp) {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return finder.find(data, info.width, info.height);
}

withShared('finding real faces with the networks of the Open Model Zoo', [sharedPaths.faceWeights, FIRST], () => {
  describe('NetworkFaceFinder', function () {
    this.timeout(60_000);
    let finder: FaceFinder;
    before(async () => {
      finder = await openFaceFinder(faceWeightsIn(sharedPaths.faceWeights), 2);
    });
    after(() => finder.close());

    it('finds what OpenVINO finds', async () => {
      for (const { file, box: wanted, points } of OPENVINO) {
        const [face, ...others] = await found(finder, sharp(file));
        assert.equal(others.length, 0);
        const { left, top, width, height } = face!.box;
        const box = [left, top, left + width, top + height];
        // Pictures are made smaller by another filter there.
        box.forEach((value, i) => assert.ok(Math.abs(value - wanted[i]!) < 0.5, `${file}: ${box.join()}`));
        face!.points.forEach(([x, y], i) =>
          assert.ok(Math.hypot(x - points[i]![0], y - points[i]![1]) < 0.5, `${file}: point ${i} at ${x}, ${y}`),
        );
      }
    });

    it('finds a face of a thirtieth of the width, and every one of several', async () => {
      const small = await sharp(FIRST).resize(90).toBuffer();
      const middle = await sharp(SECOND).resize(300).toBuffer();
      const canvas = () => sharp({ create: { width: 1000, height: 800, channels: 3, background: GREY } });
      const alone = await found(finder, canvas().composite([{ input: small, left: 850, top: 20 }]));
      assert.equal(alone.length, 1);
      const { left, top, width, height } = alone[0]!.box;
      assert.ok(Math.hypot(left + width / 2 - 895, top + height / 2 - 65) < 8, JSON.stringify(alone[0]!.box));
      const three = canvas().composite([
        { input: small, left: 850, top: 20 },
        { input: small, left: 30, top: 650 },
        { input: middle, left: 350, top: 250 },
      ]);
      const faces = await found(finder, three);
      assert.equal(faces.length, 3);
      assert.ok(faces[0]!.box.width > 1.5 * faces[1]!.box.width, 'the largest, in the middle, comes first');
    });

    it('keeps its points on a face that is turned', async () => {
      const [upright] = await found(finder, sharp(FIRST));
      const { data, info } = await sharp(FIRST).rotate(30, { background: GREY }).toBuffer({ resolveWithObject: true });
      const [face] = await found(finder, sharp(data));
      const [cos, sin] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
      const eyes = Math.hypot(
        upright!.points[1][0] - upright!.points[0][0],
        upright!.points[1][1] - upright!.points[0][1],
      );
      upright!.points.forEach(([x, y], i) => {
        const [u, v] = [x - 125, y - 125];
        const wanted = [info.width / 2 + cos * u - sin * v, info.height / 2 + sin * u + cos * v];
        const [px, py] = face!.points[i]!;
        const off = Math.hypot(px - wanted[0]!, py - wanted[1]!) / eyes;
        assert.ok(off < 0.25, `point ${i} is ${off.toFixed(2)} distances of the eyes away`);
      });
    });

    it('finds a face in a tenth of the light, and none in noise', async () => {
      assert.equal((await found(finder, sharp(FIRST).linear(0.1, 0))).length, 1);
      const noise = Buffer.from(
        Uint8Array.from({ length: 200 * 150 * 3 }, (_, i) => (Math.imul(i, 2654435761) >>> 24) & 255),
      );
      assert.deepEqual(await finder.find(noise, 200, 150), []);
    });

    it('answers many pictures at a time as it answers one', async () => {
      const one = await found(finder, sharp(SECOND));
      const many = await Promise.all(Array.from({ length: 6 }, () => found(finder, sharp(SECOND))));
      for (const faces of many) assert.deepEqual(faces, one);
    });
  });
});
