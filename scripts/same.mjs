// node scripts/same.mjs <commit> [--keep]: whether this tree computes what that commit computes. Builds both, trains small
// fixed networks with both, exports their last checkpoints in every format, and compares weights, optimizers, metrics (but for
// times) and files (but for what they tell of themselves). A change that is meant to change no number runs it before it is committed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensurePackages, must, root, run } from './lib.mjs';

const commit = process.argv.slice(2).find((arg) => !arg.startsWith('--'));
if (!commit) {
  console.error('Name the commit to compare with: node scripts/same.mjs <commit>');
  process.exit(2);
}
const keep = process.argv.includes('--keep');
const scratch = mkdtempSync(path.join(os.tmpdir(), 'face-trainer-same-'));

// Every way to train that computes something of its own, on pictures drawn by that commit. `from` starts with a checkpoint of an
// earlier row, so that nothing has to be downloaded.
const SMALL = [
  '--size',
  '64',
  '--width',
  '0.35',
  '--batch',
  '16',
  '--epochs',
  '2',
  '--pixel-cache',
  '0',
  '--threads',
  '2',
];
const RUNS = [
  { name: 'original', args: ['--recipe', 'original', '--weights', 'random'] },
  { name: 'default', from: 'original', args: ['--recipe', 'default'] },
  { name: 'fast', from: 'original', args: ['--recipe', 'fast'] },
  {
    name: 'head-epochs',
    from: 'original',
    args: ['--recipe', 'original', '--head-epochs', '1', '--label-smoothing', '0.2'],
  },
  {
    name: 'people-per-batch',
    args: ['--recipe', 'original', '--weights', 'random', '--people-per-batch', '4', '--pictures-per-person', '3'],
  },
  {
    name: 'split-by-identity',
    args: ['--recipe', 'original', '--weights', 'random', '--split-by', 'identity', '--dropout', '0.3'],
  },
  { name: 'sgd', args: ['--recipe', 'original', '--weights', 'random', '--optimizer', 'sgd', '--schedule', 'cosine'] },
  {
    name: 'quantize-after',
    from: 'original',
    args: ['--recipe', 'default', '--quantize-after', '1', '--calibration-pictures', '32', '--sensitivity', '16'],
  },
  {
    name: 'qat',
    of: 'default',
    args: [
      '--epochs',
      '2',
      '--calibration-pictures',
      '32',
      '--sensitivity',
      '16',
      '--threads',
      '2',
      '--pixel-cache',
      '0',
    ],
  },
];
const FLOAT_FORMATS = ['tflite', 'onnx', 'tfjs', 'keras', 'c'];
const INT8_FORMATS = ['tflite', 'onnx', 'c'];

/** A work tree of the commit, with the packages of this one. */
function checkOut() {
  const tree = path.join(scratch, 'before');
  must('git worktree', 'git', ['worktree', 'add', '--detach', '--force', tree, commit]);
  symlinkSync(path.join(root, 'node_modules'), path.join(tree, 'node_modules'), 'dir');
  // The kernels of a commit whose native sources are the same need no second compilation.
  for (const kept of ['build', 'headers'])
    if (existsSync(path.join(root, 'native', kept)))
      cpSync(path.join(root, 'native', kept), path.join(tree, 'native', kept), { recursive: true });
  return tree;
}

/** Where a run put its newest checkpoint. */
function newest(folder) {
  const checkpoints = path.join(folder, 'checkpoints');
  return path.join(checkpoints, readdirSync(checkpoints).sort().at(-1));
}

/** Trains and exports everything with the build in a tree. */
function make(tree, out, pictures) {
  const cli = path.join(tree, 'dist', 'faceTrainer.js');
  const faceTrainer = (...args) => {
    const result = spawnSync(process.execPath, [cli, ...args], { cwd: scratch, encoding: 'utf8' });
    if (result.status !== 0)
      throw new Error(`${tree}: face-trainer ${args.join(' ')}\n${result.stdout}${result.stderr}`);
  };
  for (const { name, from, of, args } of RUNS) {
    const folder = path.join(out, name);
    const start = from ? ['--weights', newest(path.join(out, from))] : [];
    if (of) faceTrainer('qat', newest(path.join(out, of)), ...args, '--out', folder);
    else faceTrainer('train', pictures, ...SMALL, ...args, ...start, '--out', folder);
    console.log(`  ${path.basename(out)}: ${name}`);
  }
  for (const part of ['classifier', 'embedding'])
    for (const [run, precision, formats] of [
      ['default', 'float32', FLOAT_FORMATS],
      ['qat', 'int8', INT8_FORMATS],
    ])
      for (const format of formats) {
        const output = path.join(
          out,
          'exports',
          `${part}-${precision}-${format}`,
          format === 'tfjs' ? 'model.json' : `model.${format}`,
        );
        const options = [
          '--part',
          part,
          '--precision',
          precision,
          '--format',
          format,
          '--no-measure',
          '--output',
          output,
        ];
        mkdirSync(path.dirname(output), { recursive: true });
        faceTrainer('export', newest(path.join(out, run)), ...options);
      }
}

/** The events that tell what was computed; and what of them depends on the clock. */
const NUMBERS = ['stage', 'mark', 'step', 'epoch', 'calibrated', 'quantizers', 'sensitivity'];
const TIMES = ['elapsedSeconds', 'etaSeconds', 'imagesPerSecond', 'waitingShare'];
/** What says in words what a number is. */
const WORDS = ['metric'];

/** The numbers of an event, in an order of their own: that of its fields means nothing. */
function timeless(event) {
  const numbers = Object.entries(event).filter(([key]) => !TIMES.includes(key) && !WORDS.includes(key));
  return JSON.stringify(Object.fromEntries(numbers.sort(([a], [b]) => (a < b ? -1 : 1))));
}

const typedArrays = (key, value) =>
  ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') : value;

/** What of an exported file computes: everything but what it tells of itself. */
function withoutFacts(file, bytes, readTflite) {
  const canonical = (tflite) => {
    const { tensors, operators, input, output } = readTflite(tflite);
    return JSON.stringify({ tensors, operators, input, output }, typedArrays);
  };
  if (file.endsWith('.tflite')) return canonical(bytes);
  if (file.endsWith('.c')) {
    const array = /face_trainer_model\[\d*\][^{]*\{([\d,\s]+)\}/.exec(bytes.toString())[1];
    return canonical(
      Uint8Array.from(
        array.split(',').filter((n) => n.trim()),
        Number,
      ),
    );
  }
  if (file.endsWith('.json'))
    return JSON.stringify({ ...JSON.parse(bytes.toString()), userDefinedMetadata: undefined });
  return file.endsWith('.onnx') ? withoutField(bytes, 14) : bytes;
}

/** A protobuf message without a field of its own that has a length: of an ONNX model, 14 is `metadata_props`. */
function withoutField(bytes, number) {
  const kept = [];
  const varint = (at) => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      value += (bytes[at] & 127) * shift;
      if (bytes[at++] < 128) return [value, at];
    }
  };
  for (let at = 0; at < bytes.length;) {
    const start = at;
    const [tag, body] = varint(at);
    const [value, next] = varint(body);
    at = (tag & 7) === 2 ? next + value : next;
    if (tag >> 3 !== number) kept.push(bytes.subarray(start, at));
  }
  return Buffer.concat(kept);
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

/** Everything that must be equal, by name. */
async function findings(out, { readTflite, readKerasFile }) {
  const found = new Map();
  for (const { name } of RUNS) {
    const folder = path.join(out, name);
    for (const checkpoint of readdirSync(path.join(folder, 'checkpoints')).sort())
      for (const file of ['model.safetensors', 'optimizer.safetensors'])
        found.set(
          `${name}/${checkpoint}/${file}`,
          sha256(readFileSync(path.join(folder, 'checkpoints', checkpoint, file))),
        );
    const lines = readFileSync(path.join(folder, 'metrics.ndjson'), 'utf8')
      .split('\n')
      .filter((line) => line.trim());
    const numbers = lines
      .map((line) => JSON.parse(line))
      .filter(({ type }) => NUMBERS.includes(type))
      .map(timeless);
    found.set(`${name}/metrics`, sha256(numbers.join('\n')));
  }
  const exported = path.join(out, 'exports');
  for (const folder of readdirSync(exported).sort())
    for (const file of readdirSync(path.join(exported, folder)).sort())
      if (!/\.card\.(json|md)$/.test(file))
        found.set(
          `exports/${folder}/${file}`,
          sha256(
            // HDF5 holds the facts as an attribute: what its arrays hold is what counts.
            file.endsWith('.keras')
              ? JSON.stringify(await readKerasFile(path.join(exported, folder, file)), typedArrays)
              : withoutFacts(file, readFileSync(path.join(exported, folder, file)), readTflite),
          ),
        );
  return found;
}

ensurePackages();
must('The build', process.execPath, ['scripts/build.mjs']);
let failed = 0;
try {
  const before = checkOut();
  must(`The build of ${commit}`, process.execPath, [path.join(before, 'scripts', 'build.mjs')], { cwd: before });
  const pictures = path.join(scratch, 'pictures');
  must('Drawing', process.execPath, [path.join(before, 'dist', 'drawSample.js'), path.join(scratch, 'all')]);
  // Twelve people with ten pictures each.
  for (const person of readdirSync(path.join(scratch, 'all'))
    .filter((name) => name.startsWith('synthetic-'))
    .slice(0, 12)) {
    mkdirSync(path.join(pictures, person), { recursive: true });
    for (const file of readdirSync(path.join(scratch, 'all', person)).slice(0, 10))
      cpSync(path.join(scratch, 'all', person, file), path.join(pictures, person, file));
  }
  const [then, now] = [path.join(scratch, 'then'), path.join(scratch, 'now')];
  make(before, then, pictures);
  make(root, now, pictures);
  const { tsImport } = await import('tsx/esm/api');
  const { readTflite } = await tsImport('../src/export/tflite/readTflite.ts', import.meta.url);
  const { readKerasFile } = await import(path.join(root, 'dist', 'kerasFile.mjs'));
  const readers = { readTflite, readKerasFile };
  const [expected, actual] = [await findings(then, readers), await findings(now, readers)];
  for (const name of new Set([...expected.keys(), ...actual.keys()])) {
    if (expected.get(name) === actual.get(name)) continue;
    failed++;
    console.error(`differs: ${name}: ${expected.get(name) ?? 'absent'} before, ${actual.get(name) ?? 'absent'} now`);
  }
  console.log(`${expected.size - failed} of ${expected.size} are equal`);
} finally {
  run('git', ['worktree', 'remove', '--force', path.join(scratch, 'before')]);
  if (keep) console.log(scratch);
  else rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
