import assert from 'node:assert/strict';
import path from 'node:path';
import { openSightOf } from '../../src/recognition/openSight.js';
import { useEnvironment } from '../support/environment.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { NETWORK } from '../support/syntheticFaces.js';

describe('the network of a recognizer', () => {
  const folder = scratchFolder();
  useEnvironment(() => ({ FACE_TRAINER_CACHE: path.join(folder(), 'cache') }));

  it('is missed by its name where it is not on this machine: dlib’s, which always is, never takes its place', async () => {
    await assert.rejects(
      openSightOf('door', NETWORK, { faces: 'on' }),
      /“door” was made with the face network, which is not on this machine\./,
    );
  });

  withShared('another network', [sharedPaths.faceWeights], () => {
    it('is no other: what is found is named', async () => {
      await assert.rejects(
        openSightOf('door', NETWORK, { faces: 'on', faceWeights: sharedPaths.faceWeights }),
        /“door” belongs to another network than the one at work \(face-reidentification-retail-0095\)/,
      );
    });
  });
});
