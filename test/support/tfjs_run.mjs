// Runs pictures through a LayersModel in stock TensorFlow.js, and trains it on: tfjs_run.mjs MODEL_JSON [labels…]
//
// MODEL_JSON.in holds float32 pictures, MODEL_JSON.out receives the outputs. With labels, one for each of the first pictures,
// the network takes a few steps on them and the losses are printed.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const tf = require('@tensorflow/tfjs');
const wasm = require('@tensorflow/tfjs-backend-wasm');

const [file, ...labels] = process.argv.slice(2);
const json = JSON.parse(fs.readFileSync(file, 'utf8'));
const parts = json.weightsManifest.flatMap(({ paths }) =>
  paths.map((name) => fs.readFileSync(path.join(path.dirname(file), name))),
);
const bytes = Buffer.concat(parts);
const artifacts = {
  modelTopology: json.modelTopology,
  format: json.format,
  weightSpecs: json.weightsManifest.flatMap(({ weights }) => weights),
  weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  userDefinedMetadata: json.userDefinedMetadata,
};
wasm.setWasmPaths(`${path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
await tf.setBackend(labels.length > 0 ? 'cpu' : 'wasm');
const model = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
const [height, width, channels] = model.inputs[0].shape.slice(1);
const data = fs.readFileSync(`${file}.in`);
const all = new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length));
const pictures = (from, count) =>
  tf.tensor4d(all.slice(from * height * width * channels, (from + count) * height * width * channels), [
    count,
    height,
    width,
    channels,
  ]);
const losses = [];
if (labels.length > 0) {
  model.compile({ optimizer: tf.train.sgd(0.01), loss: 'categoricalCrossentropy' });
  const wished = tf.oneHot(tf.tensor1d(labels.map(Number), 'int32'), model.outputs[0].shape.at(-1));
  for (let step = 0; step < 3; step++) losses.push(await model.trainOnBatch(pictures(0, labels.length), wished));
} else {
  const count = all.length / (height * width * channels);
  const out = [];
  for (let i = 0; i < count; i += 16) {
    const batch = pictures(i, Math.min(16, count - i));
    const result = model.predict(batch);
    out.push(Buffer.from(Float32Array.from(await result.data()).buffer));
    tf.dispose([batch, result]);
  }
  fs.writeFileSync(`${file}.out`, Buffer.concat(out));
}
console.log(JSON.stringify({ losses, layers: model.layers.length, metadata: model.getUserDefinedMetadata() }));
