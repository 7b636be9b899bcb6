import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { Random } from '../../src/core/random.js';
import { inputShapeOf } from '../../src/graph/graph.js';
import { readFaceDetector, readFaceNetworks, type FaceNetwork } from '../../src/weights/faceNetwork.js';
import { faceWeightsIn } from '../../src/weights/faceWeights.js';
import { plainEvaluate } from '../engine/native/plainNetwork.js';
import { runOpenVino } from '../support/openVino.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';

const folder = scratchFolder();
/** Whose maps the detector's output is made of. */
const DETECTOR_MAPS = ['fc7_mbox_loc', 'fc7_mbox_conf'];
/** Both compute in float32, in another order of sums, through up to 60 layers. */
const TOLERANCE = 1e-3;

/** The largest distance of a picture's output from the expected one, in parts of its norm. */
function farthest(found: ArrayLike<number>, expected: ArrayLike<number>, each: number): number {
  assert.equal(found.length, expected.length);
  let most = 0;
  for (let at = 0; at < expected.length; at += each) {
    let [apart, norm] = [0, 0];
    for (let i = at; i < at + each; i++) {
      apart += (found[i]! - expected[i]!) ** 2;
      norm += expected[i]! ** 2;
    }
    most = Math.max(most, Math.sqrt(apart / norm));
  }
  return most;
}

/** The middles of pictures, which hold a face, and a random one: [N, H, W, 3]. */
async function pictures(count: number, [height, width]: readonly number[]): Promise<Uint8Array> {
  const files = fs
    .readdirSync(sharedPaths.wild, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.jpg'))
    .sort();
  const chosen = Array.from({ length: count - 1 }, (_, i) => files[Math.floor((i * files.length) / count)]!);
  const decoded = chosen.map((file) =>
    sharp(path.join(sharedPaths.wild, file))
      .extract({ left: 50, top: 45, width: 150, height: 150 })
      .resize(width, height, { fit: 'fill' })
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer(),
  );
  const random = Random.fromSeed(5);
  const noise = Buffer.from(Array.from({ length: height! * width! * 3 }, () => random.integer(256)));
  return new Uint8Array(Buffer.concat([...(await Promise.all(decoded)), noise]));
}

withShared('the face networks beside OpenVINO', [sharedPaths.faceWeights, sharedPaths.wild], () => {
  const files = faceWeightsIn(sharedPaths.faceWeights);

  const job = async (network: FaceNetwork, xml: string, count: number, layers?: readonly string[]) => {
    const [height, width] = inputShapeOf(network.graph);
    const pixels = await pictures(count, [height, width]);
    return {
      xml,
      scratch: path.join(folder(), path.basename(xml)),
      pixels,
      size: [height, width] as const,
      ...(layers && { layers }),
    };
  };

  it('are the same networks: the plain loops give OpenVINO’s numbers, of pictures of another size too', async () => {
    const { landmarks } = readFaceNetworks(files);
    const detector = readFaceDetector(files, [48, 80]);
    const jobs = [
      await job(landmarks, files.landmarks.xml, 2),
      await job(detector, files.detector.xml, 2, DETECTOR_MAPS),
    ];
    const expected = await runOpenVino(jobs);
    [landmarks, detector].forEach(({ graph, parameters, name }, i) => {
      const found = plainEvaluate(graph, parameters, jobs[i]!.pixels, 2);
      const apart = farthest(found, expected[i]!, expected[i]!.length / 2);
      assert.ok(apart < TOLERANCE, `${name}: ${apart}`);
    });
  }).timeout(60_000);
});
