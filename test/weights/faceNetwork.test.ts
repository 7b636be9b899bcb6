import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../src/core/userError.js';
import { parameterCount, sizeOf, widthOf } from '../../src/graph/graph.js';
import { template } from '../../src/graph/preprocessing.js';
import { readFaceDetector, readFaceNetworks } from '../../src/weights/faceNetwork.js';
import { faceWeightsIn, findFaceWeights, isAsPublished, PUBLISHED_FILES } from '../../src/weights/faceWeights.js';
import { networkDigest } from '../../src/weights/networkDigest.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';

/** Galleries of users are bound to it: another one makes them enrol anew. */
const DIGEST_OF_0095 = 'f4841034ffbe4d7c1ac8d1ff1e6a17852fdc880903c40a236aea4d026b001ffd';
const folder = scratchFolder();

withShared('the face networks of the Open Model Zoo', [sharedPaths.faceWeights], () => {
  const files = faceWeightsIn(sharedPaths.faceWeights);

  it('are what was published', () => {
    for (const file of PUBLISHED_FILES)
      assert.ok(isAsPublished(files[file.role][file.kind], file), file.role + file.kind);
  });

  it('are read whole: sizes, vectors, parameters, preprocessing', () => {
    const { face, landmarks, detector } = readFaceNetworks(files);
    // 1.107 M by its card; one slope a channel, where the file has one a layer, and a bias for the last layer are ours.
    assert.deepEqual([face.size, widthOf(face.graph, 'embedding'), parameterCount(face.graph)], [128, 256, 1_114_768]);
    assert.deepEqual([landmarks.size, widthOf(landmarks.graph, 'embedding')], [48, 10]);
    assert.deepEqual([detector.size, detector.graph.nodes.at(-1)!.shape], [300, [19, 19, 54]]);
    for (const { graph, parameters } of [face, landmarks, detector]) {
      assert.equal(parameters.size, graph.parameters.length);
      for (const { name, shape } of graph.parameters) assert.equal(parameters.get(name)?.length, sizeOf(shape), name);
    }
    template.parse(face.template);
    assert.equal(landmarks.template, undefined);
    const { widths, heights, step, offset, variances } = detector.priors;
    assert.deepEqual([widths.length, heights.length, step, offset, variances], [9, 9, 16, 0.5, [0.1, 0.1, 0.2, 0.2]]);
    assert.deepEqual([widths[0], heights[8]], [9.4, 72.6]);
  });

  it('have digests that say which network a gallery is of, and change only on purpose', () => {
    const { face } = readFaceNetworks(files);
    assert.equal(face.digest, DIGEST_OF_0095);
    const parameters = new Map(face.parameters);
    const [name] = parameters.keys();
    parameters.set(
      name!,
      parameters.get(name!)!.map((v, i) => (i === 0 ? v + 1e-6 : v)),
    );
    assert.notEqual(networkDigest(face.graph, parameters), face.digest);
    const { nodes, ...rest } = face.graph;
    assert.equal(networkDigest({ nodes, ...rest }, face.parameters), face.digest);
  });

  it('find faces in pictures of other sizes too', () => {
    const wide = readFaceDetector(files, [240, 640]);
    assert.deepEqual([wide.size, wide.graph.nodes.at(-1)!.shape], [640, [15, 40, 54]]);
    assert.deepEqual(wide.priors, readFaceDetector(files).priors);
  });

  it('are found by a folder or by the file of the face network, whatever it is called', () => {
    assert.deepEqual(findFaceWeights(sharedPaths.faceWeights), files);
    assert.deepEqual(findFaceWeights(files.face.xml), files);
    for (const file of fs.readdirSync(sharedPaths.faceWeights))
      fs.copyFileSync(
        path.join(sharedPaths.faceWeights, file),
        path.join(folder(), file.replace('face-reid', 'my-reid')),
      );
    const named = path.join(folder(), 'my-reidentification-retail-0095.xml');
    assert.equal(findFaceWeights(named)?.face.bin, named.replace('.xml', '.bin'));
    assert.throws(
      () => findFaceWeights(folder()),
      (error: unknown) =>
        error instanceof UserError && /lacks “face-reidentification-retail-0095.xml”/.test(error.message),
    );
  });

  it('are refused in each other’s place', () => {
    const swapped = { ...files, landmarks: files.detector };
    assert.throws(
      () => readFaceNetworks(swapped),
      /“face-detection-retail-0004.xml” cannot be read: it gives \[54, 19, 19\]/,
    );
    assert.throws(() => readFaceNetworks({ ...files, detector: files.face }), /it does not find boxes/);
  });
});

describe('findFaceWeights', () => {
  it('finds none where there are none, and says what a named place lacks', () => {
    assert.equal(findFaceWeights(undefined, folder()), undefined);
    assert.equal(findFaceWeights('', folder()), undefined);
    assert.throws(() => findFaceWeights(path.join(folder(), 'absent')), /it does not exist/);
    const text = path.join(folder(), 'weights.txt');
    fs.writeFileSync(text, '');
    assert.throws(() => findFaceWeights(text), /is not the .xml file/);
  });
});
