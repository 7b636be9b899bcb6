import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { RunModel } from '../src/client/runModel.js';
import type { RunState } from '../src/core/runState.js';
import { openDataset, readBatch, type Dataset } from '../src/dataset/dataset.js';
import { scanDataset } from '../src/dataset/scanDataset.js';
import { networkOf } from '../src/graph/network.js';
import { networkOptionsOf } from '../src/graph/networkOptions.js';
import { cacheFolder, pixelCacheFolder } from '../src/platform/cacheFolder.js';
import { integerNetwork } from '../src/quantization/interpreter/integerNetwork.js';
import { runIntegers } from '../src/quantization/interpreter/interpreter.js';
import { quantizeGraph } from '../src/quantization/quantizeGraph.js';
import { readCheckpoint } from '../src/runs/checkpoint.js';
import { studyPlot } from './studyPlot.js';

// npm run study [-- --aligned FOLDER --whole FOLDER --weights FILE --seeds 128,1,2 --runs FOLDER --docs FOLDER]: the runs behind
// docs/qat-study.md. A run that is there already is not made again. Writes the plots and prints the tables.

const shared = path.resolve(import.meta.dirname, '../../shared');
const { values } = parseArgs({
  options: {
    aligned: { type: 'string', default: path.join(os.tmpdir(), 'wild-aligned') },
    whole: { type: 'string', default: path.join(shared, 'data/wild') },
    weights: { type: 'string', default: path.join(shared, 'weights/mobilenetv2_1.0_224_imagenet_google_bncal.npz') },
    seeds: { type: 'string', default: '128,1,2' },
    runs: { type: 'string', default: path.join(os.tmpdir(), 'face-trainer-study') },
    docs: { type: 'string', default: path.resolve(import.meta.dirname, '../docs') },
  },
});
const cli = path.resolve(import.meta.dirname, '../dist/faceTrainer.js');
const EPOCHS = 4;

/** Runs the command line once, and gives what the run's folder tells. */
function run(name: string, ...args: string[]): { folder: string; state: RunState } {
  const folder = path.join(values.runs, name);
  if (new RunModel(folder).phase !== 'completed') {
    fs.rmSync(folder, { recursive: true, force: true });
    console.error(`running ${name}`);
    const { status, stderr } = spawnSync(process.execPath, [cli, ...args, '--out', folder], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }
  return { folder, state: new RunModel(folder).state };
}

/** The newest checkpoint: after the last epoch. */
function lastCheckpoint({ folder, state }: ReturnType<typeof run>): string {
  return path.join(folder, state.checkpoints.at(-1)!.path);
}

const percent = (share: number | undefined) => (share === undefined ? '–' : `${(100 * share).toFixed(1)} %`);
const last = ({ epochs }: RunState) => epochs.at(-1)!.valAccuracy;

/** The original script's three faults one by one, and what it meant to do. */
function faults(): void {
  const original = ['train', values.whole, '--recipe', 'original', '--weights'];
  const quantized = ['--learning-rate-factor', '1', '--activations-after', '0', '--sensitivity', '0'];
  const runs = {
    'an empty graph: no quantizer': run('empty-graph', ...original, values.weights),
    'a delay ten times too long': run(
      'late-delay',
      ...original,
      values.weights,
      '--quantize-after',
      '40',
      ...quantized,
    ),
    'weights erased': run('erased-weights', ...original, 'random', '--quantize-after', '4', ...quantized),
    'as it was meant': run('as-meant', ...original, values.weights, '--quantize-after', '4', ...quantized),
  };
  console.log(
    '\n| run | quantizers active, by epoch | validation accuracy after epoch 1 | 4 | 5 | 10 |\n| --- | --- | --- | --- | --- | --- |',
  );
  for (const [name, { state }] of Object.entries(runs)) {
    const active = state.epochs.map(({ activeQuantizers = 0 }) => activeQuantizers).join(' ');
    console.log(
      `| ${name} | ${active} | ${[1, 4, 5, 10].map((e) => percent(state.epochs[e - 1]!.valAccuracy)).join(' | ')} |`,
    );
  }
  const plot = studyPlot(Object.entries(runs).map(([name, { state }]) => ({ name, state })));
  fs.writeFileSync(path.join(values.docs, 'qat-study.svg'), plot);
}

/** Float, post-training and quantization-aware, from the same parents. */
async function accuracies(): Promise<void> {
  console.log(
    '\n| seed | parent | float, as many steps more | post-training | quantization-aware | integer interpreter | tfmot |\n| --- | --- | --- | --- | --- | --- | --- |',
  );
  for (const seed of values.seeds.split(',')) {
    const parent = run(`parent-${seed}`, 'train', values.aligned, '--seed', seed, '--weights', values.weights);
    const checkpoint = lastCheckpoint(parent);
    const epochs = ['--epochs', String(EPOCHS)];
    const float = run(
      `float-${seed}`,
      'train',
      values.aligned,
      '--seed',
      seed,
      '--weights',
      checkpoint,
      '--head-epochs',
      '0',
      '--learning-rate',
      '1e-4',
      ...epochs,
    );
    const qat = run(`qat-${seed}`, 'qat', checkpoint, ...epochs);
    const dataset = await openParentsPictures(parent.state);
    const integers = await integerAccuracy(qat, dataset);
    const peer = seed === values.seeds.split(',')[0] ? await tfmot(checkpoint, dataset) : undefined;
    await dataset.source.close();
    const { calibrated } = qat.state;
    console.log(
      `| ${seed} | ${percent(last(parent.state))} | ${percent(last(float.state))} | ${percent(calibrated!.postTrainingValAccuracy)} | ${percent(last(qat.state))} | ${percent(integers)} | ${percent(peer)} |`,
    );
  }
}

async function openParentsPictures({ run: told }: RunState): Promise<Dataset> {
  const options = { ...told!.options, cacheFolder: pixelCacheFolder(), cacheBytes: 2e10 };
  const opened = await openDataset(
    scanDataset(options.dataset),
    options,
    () => undefined,
    () => false,
  );
  return opened!;
}

/** Top-1 of int8 arithmetic on the validation pictures. */
async function integerAccuracy(qat: ReturnType<typeof run>, dataset: Dataset): Promise<number> {
  const options = qat.state.run!.options;
  const graph = quantizeGraph(networkOf(networkOptionsOf(options), dataset.people.length), options.quantization);
  const network = integerNetwork(graph, readCheckpoint(lastCheckpoint(qat)).session.parameters);
  const classes = dataset.people.length;
  let correct = 0;
  const { validation } = dataset.split;
  for (let i = 0; i < validation.length; i += 64) {
    const { pixels, labels } = await readBatch(dataset, { pictures: validation.slice(i, i + 64) });
    const logits = runIntegers(network, pixels);
    labels.forEach((label, row) => {
      const scores = logits.subarray(row * classes, (row + 1) * classes);
      if (scores.indexOf(Math.max(...scores)) === label) correct++;
    });
  }
  return correct / validation.length;
}

/** @returns undefined where TensorFlow's model optimization toolkit is absent */
async function tfmot(checkpoint: string, dataset: Dataset): Promise<number | undefined> {
  const python = path.join(process.env['FACE_TRAINER_PEERS'] ?? path.join(cacheFolder(), 'peers'), 'tf/bin/python');
  if (!fs.existsSync(python)) {
    console.error('NOT MEASURED: tfmot (its set-up is absent)');
    return undefined;
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-tfmot-'));
  try {
    for (const side of ['train', 'validation'] as const) {
      const { pixels, labels } = await readBatch(dataset, { pictures: dataset.split[side] });
      fs.writeFileSync(path.join(folder, `${side}.pixels`), pixels);
      fs.writeFileSync(path.join(folder, `${side}.labels`), new Uint8Array(labels.buffer));
    }
    fs.writeFileSync(path.join(folder, 'shape.json'), JSON.stringify({ size: 128, classes: dataset.people.length }));
    const script = path.join(import.meta.dirname, 'tfmot_qat.py');
    const args = [script, folder, path.join(checkpoint, 'model.safetensors'), String(EPOCHS), '1e-4'];
    const { stdout, stderr, status } = spawnSync(python, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr.slice(-2000));
    console.error(stdout.trim());
    return (JSON.parse(stdout.trim().split('\n').at(-1)!) as { accuracy: number }).accuracy;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  if (!fs.existsSync(values.aligned)) {
    console.error(`aligning the faces into ${values.aligned}`);
    spawnSync(process.execPath, [cli, 'align', values.whole, '--out', values.aligned], { stdio: 'inherit' });
  }
  faults();
  await accuracies();
}

void main();
