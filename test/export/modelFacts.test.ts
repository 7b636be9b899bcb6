import assert from 'node:assert/strict';
import { parseFacts } from '../../src/export/modelFacts.js';

/** As 0.1.0 wrote it. */
const FIRST = {
  version: 1,
  labels: ['a', 'b'],
  output: 'logits',
  input: {
    ...{ width: 96, height: 96, layout: 'NHWC', colour: 'RGB', resize: 108, scaling: 'x / 127.5 - 1' },
    faces: 'aligned',
  },
  network: { name: 'MobileNetV2 0.50 96x96', width: 0.5, pooling: 'average' },
};
const NETWORK = { backbone: 'mobileNetV2', size: 96, width: 0.5, pooling: 'average', dropout: 0, head: 'dense' };

describe('what a file tells of itself', () => {
  it('is read from a file of version 1 as from one of today', () => {
    const network = { ...NETWORK, name: FIRST.network.name };
    const today = { ...FIRST, version: 2, network };
    assert.deepEqual(parseFacts(JSON.stringify(FIRST)), today);
    assert.deepEqual(parseFacts(JSON.stringify(today)), today);
  });

  it('is nothing when it is of another version, of another network, or no JSON', () => {
    const network = { ...NETWORK, name: 'x' };
    assert.equal(parseFacts(JSON.stringify({ ...FIRST, version: 3, network })), undefined);
    assert.equal(parseFacts(JSON.stringify({ ...FIRST, version: 2 })), undefined);
    assert.equal(
      parseFacts(JSON.stringify({ ...FIRST, version: 2, network: { ...network, backbone: 'other' } })),
      undefined,
    );
    for (const text of ['', '{', 'null']) assert.equal(parseFacts(text), undefined);
    assert.equal(parseFacts(undefined), undefined);
  });
});
