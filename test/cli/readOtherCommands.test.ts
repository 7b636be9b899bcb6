import assert from 'node:assert/strict';
import path from 'node:path';
import * as z from 'zod';
import { readCommand } from '../../src/cli/readCommand.js';
import { qatOverrides } from '../../src/protocol/fineTuning.js';
import { JOBS } from '../../src/protocol/jobs.js';
import { command, cwd, refused, wishOf } from './commandLines.js';

describe('the other commands', () => {
  it('qat takes a checkpoint, and what a fine-tuning does otherwise', () => {
    const wish = z.object({ checkpoint: z.string(), overrides: qatOverrides, json: z.boolean() });
    const args = ['--epochs', '2', '--observer', 'entropy', '--weight-bits', '4', '--changed-data'];
    const { checkpoint, overrides } = wishOf(
      wish,
      ...['qat', 'runs/a/checkpoints/epoch-0003', ...args, '--float-layers', 'Conv1, predictions', '--dataset', 'd'],
    );
    assert.equal(checkpoint, path.join(cwd, 'runs/a/checkpoints/epoch-0003'));
    const { quantization: wished, ...rest } = overrides;
    assert.deepEqual(rest, { epochs: 2, changedData: true, dataset: path.join(cwd, 'd') });
    assert.deepEqual(
      [wished?.observer, wished?.weightBits, wished?.floatLayers],
      ['entropy', 4, ['Conv1', 'predictions']],
    );
  });

  it('export knows where its file goes', () => {
    const order = (...args: string[]) => wishOf(z.object({ order: JOBS.export.order }), 'export', ...args).order;
    const usual = order('run/checkpoints/epoch-0003');
    assert.deepEqual(usual.options, { format: 'tflite', precision: 'float32', part: 'classifier' });
    assert.equal(usual.output, path.join(cwd, 'run', 'exports', 'epoch-0003-float32.tflite'));
    assert.ok(usual.measure && !order('c', '--no-measure').measure);
    const embedding = order('run/checkpoints/e', '--format', 'onnx', '--precision', 'int8', '--part', 'embedding');
    assert.equal(path.basename(embedding.output), 'e-embedding-int8.onnx');
    assert.equal(order('c', '--format', 'tfjs', '--output', 'web').output, path.join(cwd, 'web', 'model.json'));
    assert.equal(order('c', '--format', 'tfjs', '--output', 'web/m.json').output, path.join(cwd, 'web', 'm.json'));
    assert.equal(order('c', '--output', 'a.tflite').output, path.join(cwd, 'a.tflite'));
    assert.deepEqual(order('c', '--border', 'int8').options, order('c', '--io', 'int8').options, 'its older name');
    assert.equal(refused('export', 'c', '--border', 'x').message, '--io: int8 or float32, not “x”.');
    assert.match(refused('train', 'f', '--border', 'int8').message, /^--io is an option of export/);
    assert.equal(refused('export', 'c', '--part', 'half').message, '--part: classifier or embedding, not “half”.');
  });

  it('check, align and predict take their defaults', () => {
    const checked = wishOf(z.object({ order: JOBS.check.order }), 'check', 'f').order;
    assert.deepEqual([checked.size, checked.pixelCacheMiB, checked.exclude], [128, 20_480, undefined]);
    const aligned = wishOf(z.object({ order: JOBS.align.order }), 'align', 'f').order;
    assert.deepEqual([aligned.size, aligned.threads, aligned.out], [224, 0, path.join(cwd, 'f-aligned')]);
    const asked = wishOf(z.object({ order: JOBS.predict.order }), 'predict', 'm', 'a', 'b').order;
    assert.deepEqual([asked.files, asked.faces], [[path.join(cwd, 'a'), path.join(cwd, 'b')], 'auto']);
    assert.equal(refused('align', 'f', '--size', '9999').message, '--size: at most 1024, not “9999”.');
    assert.equal(refused('check', 'f', '--size', '31').message, '--size: at least 32, not “31”.');
    assert.equal(refused('align', 'f', '--threads', '1.5').message, '--threads: a whole number, not “1.5”.');
  });

  it('enroll knows where its recognizer goes, and what it takes where nobody says otherwise', () => {
    const order = (...args: string[]) => wishOf(z.object({ order: JOBS.enroll.order }), 'enroll', ...args).order;
    const usual = order('My people');
    assert.equal(usual.recognizer, path.join(cwd, '.face-trainer', 'recognizers', 'My people'));
    assert.deepEqual(
      [usual.pictures, usual.seed, usual.network, usual.faceWeights, usual.faces, usual.strangersPer1000],
      [undefined, 0, undefined, undefined, 'on', 10],
    );
    const args = ['--pictures', '5', '--seed', '3', '--face-weights', 'w', '--strangers-per-1000', '0.5'];
    const other = order('p', ...args, '--out', 'door', '--faces', 'off', '--network', 'c');
    assert.deepEqual([other.recognizer, other.faceWeights], [path.join(cwd, 'door'), path.join(cwd, 'w')]);
    assert.deepEqual([other.network, other.faces, other.strangersPer1000], [path.join(cwd, 'c'), 'off', 0.5]);
    assert.deepEqual([other.pictures, other.seed], [5, 3]);
    assert.equal(refused('enroll', 'p', '--pictures', '0').message, '--pictures: at least 1, not “0”.');
    assert.equal(refused('enroll', 'p', '--faces', 'maybe').message, '--faces: on or off, not “maybe”.');
    assert.match(refused('enroll', 'p', '--strangers-per-1000', '600').message, /at most 500/);
  });

  it('recognize and evaluate take a recognizer by its path', () => {
    const asked = wishOf(z.object({ order: JOBS.recognize.order }), 'recognize', 'r', 'a.jpg', 'b').order;
    assert.deepEqual(
      [asked.recognizer, asked.files],
      [path.join(cwd, 'r'), ['a.jpg', 'b'].map((f) => path.join(cwd, f))],
    );
    const wish = z.object({ order: JOBS.evaluate.order, useThreshold: z.boolean() });
    const plain = wishOf(wish, 'evaluate', 'r');
    assert.deepEqual(
      [plain.order.probes, plain.order.strangersPer1000, plain.useThreshold],
      [undefined, undefined, false],
    );
    const full = wishOf(wish, 'evaluate', 'r', '--probes', 'p', '--strangers', 's', '--pairs', 'q', '--use-threshold');
    assert.deepEqual(
      [full.order.probes, full.order.strangers, full.order.pairs, full.useThreshold],
      [...['p', 's', 'q'].map((name) => path.join(cwd, name)), true],
    );
    assert.match(refused('evaluate', 'r', 'p').message, /pictures are named with --probes/);
    assert.match(refused('evaluate').message, /Name a recognizer, a checkpoint or an exported file/);
    assert.match(refused('recognize', 'r').message, /Name pictures/);
  });

  it('recognizer says what each thing that it can do takes', () => {
    const kindOf = (...args: string[]) => wishOf(z.looseObject({ kind: z.string() }), 'recognizer', ...args);
    assert.equal(kindOf('list')['base'], cwd);
    assert.deepEqual(
      [kindOf('show', 'r').kind, kindOf('undo', 'r').kind, kindOf('rename', 'r', 'a', 'b').kind],
      ['show', 'edit', 'edit'],
    );
    const { order } = wishOf(z.object({ order: JOBS.editRecognizer.order }), 'recognizer', 'not', 'r', 'Anna', 'p.jpg');
    assert.deepEqual(order.change, { kind: 'notThisPerson', person: 'Anna', files: [path.join(cwd, 'p.jpg')] });
    for (const [args, says] of [
      [[], 'Say what to do: list, show, add, remove, …'],
      [['list', 'r'], 'Unexpected argument “r”.'],
      [['renam', 'r'], 'A recognizer cannot “renam”. Did you mean “rename”?'],
      [['rename', 'r', 'a'], '“recognizer rename” takes <recognizer> <person> <new name>.'],
      [['add', 'r', 'Anna'], '“recognizer add” takes <recognizer> <person> <pictures…>.'],
      [['merge', 'r', 'a', 'b', 'c'], '“recognizer merge” takes <recognizer> <person> <into person>.'],
      [['undo'], '“recognizer undo” takes <recognizer>.'],
      [['threshold', 'r', 'high'], 'A threshold is a similarity from -1 to 1, not “high”.'],
      [['constructor', 'r'], 'A recognizer cannot “constructor”.'],
    ] as const)
      assert.equal(refused('recognizer', ...args).message, says);
  });

  it('download-weights takes the network that they are for', () => {
    const wish = z.object({ backbone: z.string(), width: z.number(), size: z.number() });
    const of = (...flags: string[]) => wishOf(wish, 'download-weights', ...flags);
    assert.deepEqual(of(), { backbone: 'mobileNetV2', width: 1, size: 128 });
    assert.deepEqual(of('--width', '0.5', '--size', '96'), { backbone: 'mobileNetV2', width: 0.5, size: 96 });
    assert.match(refused('download-weights', '--backbone', 'mobileNet').message, /^--backbone: mobileNetV2/);
    assert.match(refused('download-weights', '--width', 'wide').message, /^--width: a number/);
    assert.equal(wishOf(z.literal('face'), 'download-weights', '--face'), 'face');
    assert.match(refused('download-weights', '--face', '--width', '1').message, /^--width is about ImageNet weights/);
  });

  it('help and version answer whatever else is said', () => {
    const { command: called, wish } = readCommand(['train', '--help', '--colour'], cwd);
    assert.deepEqual([called, wish], [command('help'), command('train')]);
    assert.equal(readCommand([], cwd).command, command('help'));
    assert.equal(readCommand(['-h'], cwd).wish, undefined);
    assert.equal(readCommand(['help', 'qat'], cwd).wish, command('qat'));
    for (const args of [['--version'], ['-v'], ['version'], ['train', '-v']])
      assert.equal(readCommand(args, cwd).command, command('version'));
  });
});
