import os from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { registerTensorFlow } from '../src/engine/tfjs/registerTensorFlow.js';
import { findTensorFlow } from '../src/tensorflow/tensorFlowHome.js';
import { randomPixels, report, settings, time } from './support.js';

// The same step as a user of TensorFlow.js would write it: tfjs-layers on tfjs-node, Adam, softmax cross-entropy.

function model(size: number, classes: number): tf.LayersModel {
  const l = tf.layers;
  const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor) => layer.apply(x) as tf.SymbolicTensor;
  const norm = (x: tf.SymbolicTensor) => apply(l.batchNormalization({ momentum: 0.999, epsilon: 1e-3 }), x);
  const relu6 = (x: tf.SymbolicTensor) => apply(l.reLU({ maxValue: 6 }), x);
  const conv = (x: tf.SymbolicTensor, filters: number, kernelSize: number, strides: number) =>
    norm(apply(l.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false }), x));
  const depthwise = (x: tf.SymbolicTensor, strides: number) =>
    norm(apply(l.depthwiseConv2d({ kernelSize: 3, strides, padding: 'same', useBias: false }), x));

  const input = tf.input({ shape: [size, size, 3] });
  let x = relu6(conv(input, 32, 3, 2));
  let channels = 32;
  const stages = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const;
  for (const [expansion, filters, repeats, first] of stages)
    for (let i = 0; i < repeats; i++) {
      const strides = i === 0 ? first : 1;
      let y = x;
      if (expansion !== 1) y = relu6(conv(y, channels * expansion, 1, 1));
      y = conv(relu6(depthwise(y, strides)), filters, 1, 1);
      x = strides === 1 && channels === filters ? (l.add().apply([x, y]) as tf.SymbolicTensor) : y;
      channels = filters;
    }
  x = apply(l.globalMaxPooling2d({}), relu6(conv(x, 1280, 1, 1)));
  return tf.model({ inputs: input, outputs: apply(l.dense({ units: classes }), x) });
}

async function main(): Promise<void> {
  const { batch, size, classes, steps } = settings();
  const home = findTensorFlow();
  if (!home) throw new Error('TensorFlow is not set up');
  registerTensorFlow(home.binding);
  await tf.setBackend('tensorflow');
  const network = model(size, classes);
  const variables = network.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const optimizer = tf.train.adam(2e-4);
  const pixels = randomPixels(batch * size * size * 3);
  const x = tf.tensor4d(
    Float32Array.from(pixels, (v) => v / 127.5 - 1),
    [batch, size, size, 3],
  );
  const y = tf.oneHot(
    tf.tensor1d(
      Int32Array.from({ length: batch }, (_, i) => i % classes),
      'int32',
    ),
    classes,
  );
  const seconds = await time(steps, () => {
    tf.tidy(() => {
      const loss = () =>
        tf.losses.softmaxCrossEntropy<tf.Tensor, tf.Scalar>(y, network.apply(x, { training: true }) as tf.Tensor);
      const { value, grads } = tf.variableGrads(loss, variables);
      optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
      value.dataSync();
    });
    return Promise.resolve();
  });
  report('tfjs-layers on tfjs-node', batch, os.availableParallelism(), seconds);
}

void main();
