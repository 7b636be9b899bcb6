import type { Reader } from '../reader.js';

/** Each loads what it needs alone: a process attacks one. */
export const READERS: readonly Reader[] = [
  {
    ...{ name: 'labels.csv', attack: 'files', few: 5000 },
    prepare: async (folder) => (await import('./lists.js')).labels(folder),
  },
  {
    ...{ name: 'pairs.txt', attack: 'files', few: 10_000 },
    prepare: async (folder) => (await import('./lists.js')).pairs(folder),
  },
  {
    ...{ name: 'align.ndjson', attack: 'files', few: 10_000 },
    prepare: async (folder) => (await import('./lists.js')).journal(folder),
  },
  {
    ...{ name: 'an exclusion list', attack: 'files', few: 5000 },
    prepare: async (folder) => (await import('./lists.js')).exclusions(folder),
  },
  {
    ...{ name: 'a run: its log, summary and report', attack: 'files', few: 1000 },
    prepare: async (folder) => (await import('./runs.js')).log(folder),
  },
  {
    ...{ name: 'a recognizer with its gallery', attack: 'files', few: 1500 },
    prepare: async (folder) => (await import('./recognizers.js')).recognizer(folder),
  },
  {
    ...{ name: 'a folder of pictures', attack: 'files', few: 300 },
    prepare: async (folder) => (await import('./folders.js')).dataset(folder),
  },
  {
    ...{ name: 'pictures of eight formats', attack: 'files', few: 2000 },
    prepare: async (folder) => (await import('./pictures.js')).pictures(folder),
  },
  {
    ...{ name: 'model.safetensors', attack: 'models', few: 20_000 },
    prepare: async () => (await import('./checkpoints.js')).safetensors(),
  },
  {
    ...{ name: 'a checkpoint and its run', attack: 'models', few: 1500 },
    prepare: async (folder) => (await import('./checkpoints.js')).checkpoint(folder),
  },
  {
    ...{ name: 'a checkpoint that is run', attack: 'models', few: 500 },
    prepare: async (folder) => (await import('./checkpoints.js')).checkpointAtWork(folder),
  },
  {
    ...{ name: 'a .tflite of floats that is run', attack: 'models', few: 1000 },
    prepare: async (folder) => (await import('./exports.js')).tfliteOfFloats(folder),
  },
  {
    ...{ name: 'a .tflite of integers that is run', attack: 'models', few: 2000 },
    prepare: async (folder) => (await import('./exports.js')).tfliteOfIntegers(folder),
  },
  {
    ...{ name: 'what an .onnx says', attack: 'models', few: 2000 },
    prepare: async () => (await import('./exports.js')).onnxFacts(),
  },
  {
    ...{ name: 'an .onnx that is run', attack: 'models', few: 500 },
    prepare: async (folder) => (await import('./exports.js')).onnx(folder),
  },
  {
    ...{ name: 'a model.json that is run', attack: 'models', few: 400 },
    prepare: async (folder) => (await import('./exports.js')).layersModel(folder),
  },
  {
    ...{ name: 'a Keras .h5 that is run', attack: 'models', few: 200 },
    prepare: async (folder) => (await import('./exports.js')).keras(folder),
  },
  {
    ...{ name: 'an .npz of weights', attack: 'models', few: 1500 },
    prepare: async (folder) => (await import('./weights.js')).npz(folder),
  },
  {
    ...{ name: 'an .xml and .bin of OpenVINO', attack: 'models', few: 3000 },
    prepare: async (folder) => (await import('./weights.js')).openVino(folder),
  },
];

export function readerOf(name: string): Reader {
  const reader = READERS.find((one) => one.name === name);
  if (!reader) throw new Error(`There is no reader “${name}”.`);
  return reader;
}
