import assert from 'node:assert/strict';
import { parseFacts, type ModelFacts } from '../../src/export/modelFacts.js';
import { tfliteMetadata } from '../../src/export/tflite/metadata.js';

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

const OWN = { scale: [1, 2, -0.25], shift: [0, 40, 0.75] };
const TEMPLATE = [
  [0.3, 0.4],
  [0.7, 0.4],
  [0.5, 0.6],
  [0.35, 0.8],
  [0.65, 0.8],
];
const own = (input: object) => ({
  ...{ ...FIRST, version: 2, network: { ...NETWORK, name: 'x' } },
  input: { ...FIRST.input, ...input },
});

describe('what a file tells of itself', () => {
  it('is read from a file of version 1 as from one of today', () => {
    const network = { ...NETWORK, name: FIRST.network.name };
    const today = { ...FIRST, version: 2, network };
    assert.deepEqual(parseFacts(JSON.stringify(FIRST)), today);
    assert.deepEqual(parseFacts(JSON.stringify(today)), today);
  });

  it('holds how each colour is read and where an aligned face has its points, for a network of its own', () => {
    for (const input of [{ scaling: OWN }, { template: TEMPLATE }, { scaling: OWN, template: TEMPLATE }])
      assert.deepEqual(parseFacts(JSON.stringify(own(input)))?.input, own(input).input);
    for (const wrong of [
      { scaling: 'x / 255' },
      { scaling: { scale: [1, 1], shift: [0, 0, 0] } },
      { scaling: { scale: [1, 0, 1], shift: [0, 0, 0] } },
      { scaling: { scale: [1, 1, '1'], shift: [0, 0, 0] } },
      { scaling: { ...OWN, gamma: 1 } },
      { template: TEMPLATE.slice(1) },
      { template: [...TEMPLATE.slice(1), [9, 0]] },
    ])
      assert.equal(parseFacts(JSON.stringify(own(wrong))), undefined, JSON.stringify(wrong));
  });

  it('stands in TensorFlow’s metadata as mean and deviation: of all colours, or of each', () => {
    const holds = (facts: ModelFacts, ...values: number[]) => {
      const vector = Buffer.alloc(4 + 4 * values.length);
      vector.writeUInt32LE(values.length);
      values.forEach((value, i) => vector.writeFloatLE(value, 4 + 4 * i));
      return Buffer.from(tfliteMetadata('x', facts)).includes(vector);
    };
    const usual = parseFacts(JSON.stringify(FIRST))!;
    assert.ok(holds(usual, 127.5) && holds(usual, 1) && holds(usual, -1));
    const facts = parseFacts(JSON.stringify(own({ scaling: OWN })))!;
    // (x − mean) / deviation = x · scale + shift, from black to white.
    assert.ok(holds(facts, 0, -20, 3), 'mean');
    assert.ok(holds(facts, 1, 0.5, -4), 'deviation');
    assert.ok(holds(facts, 0, 40, -63), 'lowest');
    assert.ok(holds(facts, 255, 550, 0.75), 'highest');
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
