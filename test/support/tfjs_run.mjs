// Runs pictures through LayersModels in stock TensorFlow.js: tfjs_run.mjs [--labels=N,N…] MODEL_JSON…
//
// MODEL_JSON.in holds float32 pictures, MODEL_JSON.out receives the outputs. With labels, one for each of the first pictures,
// the networks take a few steps on them instead, and the losses are told.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const tf = require('@tensorflow/tfjs');
const wasm = require('@tensorflow/tfjs-backend-wasm');

const given = process.argv.slice(2);
const labels = given.flatMap((arg) => (arg.startsWith('--labels=') ? arg.slice(9).split(',').map(Number) : []));
wasm.setWasmPaths(`${path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
await tf.setBackend(labels.length > 0 ? 'cpu' : 'wasm');

async function load(file) {
  const json = JSON.parse(fs.readFileSync(file, 'utf8'));
  const names = json.weightsManifest.flatMap(({ paths }) => paths);
  const bytes = Buffer.concat(names.map((name) => fs.readFileSync(path.join(path.dirname(file), name))));
  const artifacts = {
    modelTopology: json.modelTopology,
    format: json.format,
    weightSpecs: json.weightsManifest.flatMap(({ weights }) => weights),
    weightData: new Uint8Array(bytes).buffer,
    userDefinedMetadata: json.userDefinedMetadata,
  };
  return tf.loadLayersModel(tf.io.fromMemory(artifacts));
}

const results = [];
for (const file of given.filter((arg) => !arg.startsWith('--'))) {
  const model = await load(file);
  const shape = model.inputs[0].shape.slice(1);
  const size = shape.reduce((product, n) => product * n);
  const all = new Float32Array(new Uint8Array(fs.readFileSync(`${file}.in`)).buffer);
  const pictures = (from, count) => tf.tensor(all.slice(from * size, (from + count) * size), [count, ...shape]);
  const losses = [];
  if (labels.length > 0) {
    model.compile({ optimizer: tf.train.sgd(0.01), loss: 'categoricalCrossentropy' });
    const wished = tf.oneHot(tf.tensor1d(labels, 'int32'), model.outputs[0].shape.at(-1));
    for (let step = 0; step < 3; step++) losses.push(await model.trainOnBatch(pictures(0, labels.length), wished));
  } else {
    const count = all.length / size;
    const out = [];
    for (let i = 0; i < count; i += 16) {
      const batch = pictures(i, Math.min(16, count - i));
      const result = model.predict(batch);
      out.push(Buffer.from(Float32Array.from(await result.data()).buffer));
      tf.dispose([batch, result]);
    }
    fs.writeFileSync(`${file}.out`, Buffer.concat(out));
  }
  results.push({ losses, metadata: model.getUserDefinedMetadata() });
  model.dispose();
}
fs.writeFileSync(process.env.RESULT, JSON.stringify({ results }));
