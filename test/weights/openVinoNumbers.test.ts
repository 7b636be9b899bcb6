import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { Random } from '../../src/core/random.js';
import type { Engine } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { ENGINE_NAMES } from '../../src/protocol/engines.js';
import { inputShapeOf, sizeOf } from '../../src/graph/graph.js';
import { readFaceDetector, readFaceNetworks, type FaceNetwork } from '../../src/weights/faceNetwork.js';
import { faceWeightsIn } from '../../src/weights/faceWeights.js';
import { plainEvaluate } from '../engine/native/plainNetwork.js';
import { runOpenVino } from '../support/openVino.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';

const folder = scratchFolder();
/** Whose maps the detector's output is made of. */
const DETECTOR_MAPS = ['fc7_mbox_loc', 'fc7_mbox_conf'];
/** Of the norm; the engines stay under 2e-6. Both compute in float32, in another order of sums. */
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

/** Of the first pictures, in batches. */
async function embeddings(
  engine: Engine,
  { graph, parameters }: FaceNetwork,
  pixels: Uint8Array,
  count: number,
): Promise<Float32Array> {
  const session = engine.createSession(graph, parameters);
  const each = sizeOf(inputShapeOf(graph));
  const parts: Float32Array[] = [];
  for (let at = 0; at < count; at += 8) {
    const n = Math.min(8, count - at);
    const batch = { images: pixels.subarray(at * each, (at + n) * each), labels: new Int32Array(n) };
    const { outputs } = await session.evaluate(batch, { wants: ['embedding'] });
    parts.push(Float32Array.from(outputs.embedding!));
  }
  session.dispose();
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

const ROLES = ['face', 'landmarks', 'detector'] as const;
const COUNT = { face: 200, landmarks: 200, detector: 40 } as const;

withShared('the face networks beside OpenVINO', [sharedPaths.faceWeights, sharedPaths.wild], () => {
  const files = faceWeightsIn(sharedPaths.faceWeights);

  const job = async ({ graph }: FaceNetwork, role: (typeof ROLES)[number], count: number) => {
    const [height, width] = inputShapeOf(graph);
    const pixels = await pictures(count, [height, width]);
    const { xml } = files[role];
    const layers = role === 'detector' ? { layers: DETECTOR_MAPS } : {};
    return { xml, scratch: path.join(folder(), role), pixels, size: [height, width] as const, ...layers };
  };

  it('are the same networks: the plain loops give OpenVINO’s numbers, of pictures of another size too', async () => {
    const { landmarks } = readFaceNetworks(files);
    const detector = readFaceDetector(files, [48, 80]);
    const jobs = [await job(landmarks, 'landmarks', 2), await job(detector, 'detector', 2)];
    const expected = await runOpenVino(jobs);
    [landmarks, detector].forEach(({ graph, parameters, name }, i) => {
      const found = plainEvaluate(graph, parameters, jobs[i]!.pixels, 2);
      const apart = farthest(found, expected[i]!, expected[i]!.length / 2);
      assert.ok(apart < TOLERANCE, `${name}: ${apart}`);
    });
  }).timeout(180_000);

  it('give OpenVINO’s embeddings, points and maps of real faces, on every engine', async () => {
    const networks = readFaceNetworks(files);
    const jobs = await Promise.all(ROLES.map((role) => job(networks[role], role, COUNT[role])));
    const expected = await runOpenVino(jobs);
    for (const name of ENGINE_NAMES) {
      const { engine } = await selectEngine({ engine: name, threads: 2 });
      for (const [i, role] of ROLES.entries()) {
        const count = name === 'native' ? COUNT[role] : name === 'tensorflow' ? 4 : 1;
        const each = expected[i]!.length / COUNT[role];
        const found = await embeddings(engine, networks[role], jobs[i]!.pixels, count);
        const apart = farthest(found, expected[i]!.subarray(0, count * each), each);
        assert.ok(apart < TOLERANCE, `${name}, ${role}: ${apart}`);
      }
    }
  }).timeout(180_000);
});
