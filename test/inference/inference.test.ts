import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { parseFacts } from '../../src/export/modelFacts.js';
import { compareCheckpoint } from '../../src/inference/compareCheckpoint.js';
import { exportWithCard } from '../../src/inference/exportWithCard.js';
import { openModel } from '../../src/inference/openModel.js';
import { inputPixels, predict } from '../../src/inference/predict.js';
import { bundledFile } from '../../src/platform/bundledFile.js';
import { runProgram } from '../../src/platform/runProgram.js';
import { exportOptions } from '../../src/protocol/exportOptions.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { writeExport } from '../../src/export/writeExport.js';
import { openCheckpoint } from '../../src/inference/openCheckpoint.js';
import { StopSignal } from '../../src/training/stopSignal.js';
import { trainRun } from '../../src/training/trainRun.js';
import { writePeople } from '../support/scratch.js';
import { jsonLines } from '../support/jsonLines.js';

const never = () => false;
const quietly = () => undefined;

describe('exported files at work', function () {
  this.timeout(120_000);
  // Trained once: what is asked of it changes nothing.
  const folder = fs.mkdtempSync(path.join(fs.realpathSync('/tmp'), 'face-trainer-inference-'));
  const data = path.join(folder, 'data');
  let float: string;
  let quantized: string;
  let pictures: string[];
  /** As the engine found it in the last epoch. */
  let floatAccuracy = -1;

  before(async () => {
    process.env['FACE_TRAINER_CACHE'] = path.join(folder, 'cache');
    await writePeople(data, 4, 10);
    const train = async (name: string, more: object) => {
      const options = trainingOptions.parse({
        dataset: data,
        size: 32,
        width: 0.35,
        epochs: 6,
        batchSize: 6,
        learningRate: 2e-3,
        pooling: 'average',
        augmentation: { shift: true },
        ...more,
      });
      let checkpoint = '';
      await trainRun(
        { runFolder: path.join(folder, 'runs', name), options, version: '0' },
        (message) => {
          if (message.type === 'checkpoint') checkpoint = message.path;
          if (message.type === 'epoch' && name === 'float') floatAccuracy = message.valAccuracy;
        },
        new StopSignal(),
        { now: () => new Date(0), pixelCache: path.join(folder, 'pixels'), selectEngine },
      );
      return path.join(folder, 'runs', name, ...checkpoint.split('/'));
    };
    float = await train('float', {});
    quantized = await train('int8', {
      parent: float,
      epochs: 2,
      quantization: { calibrationPictures: 20, sensitivityPictures: 0 },
    });
    pictures = fs
      .readdirSync(path.join(data, fs.readdirSync(data)[0]!))
      .slice(0, 3)
      .map((name) => path.join(data, fs.readdirSync(data)[0]!, name));
  });
  after(() => {
    delete process.env['FACE_TRAINER_CACHE'];
    fs.rmSync(folder, { recursive: true });
  });

  const exported = async (checkpoint: string, options: object, name: string) =>
    (await writeExport(openCheckpoint(checkpoint), exportOptions.parse(options), path.join(folder, 'exports', name)))
      .files[0]!;

  it('keep what the run saw of the faces, whatever lies in the pictures’ folder by now', () => {
    const journal = path.join(data, 'align.ndjson');
    fs.writeFileSync(journal, '');
    try {
      assert.equal(openCheckpoint(float).facts.input.faces, 'as they are');
      // A record of version 1 does not say, and asks the folder.
      const record = path.join(float, '..', '..', 'run.json');
      const text = fs.readFileSync(record, 'utf8');
      const { faces, network, ...rest } = JSON.parse(text) as {
        network: { name: string; parameters: number };
        faces: string;
      };
      const { name, parameters } = network;
      fs.writeFileSync(record, JSON.stringify({ ...rest, version: 1, network: { name, parameters } }));
      let before;
      try {
        before = openCheckpoint(float);
      } finally {
        fs.writeFileSync(record, text);
      }
      assert.equal(before.facts.input.faces, 'aligned');
      assert.equal(faces, 'as they are');
      assert.deepEqual(network, { ...before.run.network, ...network });
    } finally {
      fs.rmSync(journal);
    }
  });

  it('a float network answers alike from its checkpoint and from every format', async () => {
    const source = await openModel(float);
    const pixels = new Uint8Array(
      Buffer.concat(
        await Promise.all(pictures.map(async (file) => (await inputPixels(file, source.facts)) as Uint8Array)),
      ),
    );
    const wished = await source.run(pixels);
    await source.close();
    assert.equal(wished.length, 3 * 4);
    for (const [format, name] of [
      ['tflite', 'a.tflite'],
      ['onnx', 'a.onnx'],
      ['tfjs', 'a/model.json'],
      ['keras', 'a.h5'],
    ] as const) {
      const model = await openModel(await exported(float, { format }, name));
      const given = await model.run(pixels);
      assert.deepEqual(model.facts.labels, source.facts.labels);
      assert.ok(
        given.every((x, i) => Math.abs(x - wished[i]!) < 1e-4 * Math.max(1, Math.abs(wished[i]!))),
        `${format}: ${given.join()} ${wished.join()}`,
      );
      await model.close();
    }
    // A folder stands for the model.json in it.
    const model = await openModel(path.join(folder, 'exports', 'a'));
    await model.close();
  });

  it('an int8 network answers nearly alike, whatever the file takes and gives', async () => {
    const source = await openModel(quantized);
    const pixels = (await inputPixels(pictures[0]!, source.facts)) as Uint8Array;
    const wished = await source.run(pixels);
    await source.close();
    const steps: string[] = [];
    for (const format of ['tflite', 'onnx'])
      for (const io of ['int8', 'float32']) {
        const model = await openModel(await exported(quantized, { format, precision: 'int8', io }, `${io}.${format}`));
        const given = await model.run(pixels);
        const off = Math.max(...given.map((x, i) => Math.abs(x - wished[i]!)));
        const span = Math.max(...wished) - Math.min(...wished);
        if (off > 0.1 * span + 0.2) steps.push(`${format} ${io}: ${given.join()} ${wished.join()}`);
        await model.close();
      }
    assert.deepEqual(steps, []);
  });

  it('says who is in a picture: file, person, probability and all scores', async () => {
    const file = await exported(float, { format: 'onnx' }, 'p.onnx');
    const broken = path.join(folder, 'broken.png');
    fs.writeFileSync(broken, 'not a picture');
    const answers = await predict(
      { model: file, files: [...pictures, broken, '/nowhere.jpg'], faces: 'auto' },
      quietly,
      never,
    );
    assert.equal(answers!.predictions.length, 5);
    const [first] = answers!.predictions;
    assert.ok(first && 'person' in first);
    assert.deepEqual(Object.keys(first), ['file', 'person', 'probability', 'scores']);
    assert.deepEqual(Object.keys(first.scores), fs.readdirSync(data).sort());
    assert.ok(Math.abs(Object.values(first.scores).reduce((a, b) => a + b) - 1) < 1e-5);
    assert.equal(first.probability, first.scores[first.person]);
    assert.equal(first.probability, Math.max(...Object.values(first.scores)));
    assert.ok('error' in answers!.predictions[3]! && 'error' in answers!.predictions[4]!);
    assert.equal(await predict({ model: file, files: pictures, faces: 'auto' }, quietly, () => true), undefined);
    // A folder stands for its pictures.
    const person = path.dirname(pictures[0]!);
    const all = (await predict({ model: file, files: [person], faces: 'auto' }, quietly, never))!.predictions;
    assert.deepEqual(
      all.map((one) => one.file),
      fs
        .readdirSync(person)
        .sort()
        .map((name) => path.join(person, name)),
    );
  });

  it('refuses by name what it cannot use', async () => {
    const garbage = (name: string, bytes: string | Uint8Array) => {
      const file = path.join(folder, name);
      fs.writeFileSync(file, bytes);
      return file;
    };
    const onnx = fs.readFileSync(await exported(float, { format: 'onnx' }, 'g.onnx'));
    const tflite = fs.readFileSync(await exported(float, { format: 'tflite' }, 'g.tflite'));
    const files = [
      garbage('x.onnx', 'nothing'),
      garbage('x.tflite', 'nothing at all, but long enough'),
      garbage('x.json', '{'),
      garbage('y.json', '{"modelTopology":{}}'),
      garbage('x.h5', 'nothing'),
      garbage('x.txt', ''),
      garbage('cut.tflite', tflite.subarray(0, 2000)),
      path.join(folder, 'absent.onnx'),
    ];
    for (const file of files) await assert.rejects(openModel(file), { code: 'model-unreadable' }, file);
    await assert.rejects(
      openModel(garbage('cut.onnx', onnx.subarray(0, 5000))),
      (error: Error) => error.message.length > 10,
    );
    const embedding = await exported(float, { format: 'onnx', part: 'embedding' }, 'e.onnx');
    await assert.rejects(predict({ model: embedding, files: pictures, faces: 'auto' }, quietly, never), {
      code: 'model-embedding',
    });
    const empty = path.join(folder, 'empty');
    fs.mkdirSync(empty);
    await assert.rejects(predict({ model: embedding, files: [empty], faces: 'auto' }, quietly, never), {
      code: 'no-pictures',
    });
    await assert.rejects(openModel(data), (error: { code?: string }) => error.code?.startsWith('checkpoint') === true);
  });

  it('compares float and int8 on the validation pictures, as the engine counts them', async () => {
    const { measurements, gallery, network } = (await compareCheckpoint(quantized, quietly, never))!;
    assert.equal(network, 'MobileNetV2 0.35 32x32');
    assert.deepEqual([measurements.pictures, measurements.sameData], [4, true]);
    assert.deepEqual(
      measurements.models.map(({ precision }) => precision),
      ['float32', 'int8'],
    );
    const [a, b] = measurements.models;
    assert.ok(
      b!.bytes < 0.45 * a!.bytes &&
        a!.latency.median > 0 &&
        a!.latency.p90 >= a!.latency.median &&
        a!.latency.runs === 60,
    );
    assert.equal(measurements.agreement, 1 - measurements.differing! / 4);
    assert.equal(gallery.length, measurements.differing);
    // As the engine has counted in the run.
    const output = path.join(folder, 'exports', 'accuracy.onnx');
    const { measured } = (await exportWithCard(
      { checkpoint: float, options: exportOptions.parse({ format: 'onnx' }), output, measure: true },
      quietly,
      never,
    ))!;
    assert.equal(measured!.models[0]!.accuracy, floatAccuracy);
    await assert.rejects(compareCheckpoint(float, quietly, never), { code: 'not-quantized' });
    assert.equal(await compareCheckpoint(quantized, quietly, () => true), undefined);
  });

  it('writes a model card with what was measured', async () => {
    const output = path.join(folder, 'exports', 'card.onnx');
    const options = exportOptions.parse({ format: 'onnx', precision: 'int8' });
    const told = (await exportWithCard({ checkpoint: quantized, options, output, measure: true }, quietly, never))!;
    assert.equal(told.bytes, fs.statSync(output).size);
    const [markdown, json] = told.cards.map((file) => fs.readFileSync(file, 'utf8')) as [string, string];
    const card = JSON.parse(json) as {
      training: { fingerprint: string; options: { dataset: string } };
      measured: { models: { accuracy: number }[] };
      facts: object;
    };
    assert.deepEqual(card.measured, JSON.parse(JSON.stringify(told.measured)));
    assert.ok(card.training.fingerprint.startsWith('sha256:') && card.training.options.dataset === 'data');
    assert.ok(parseFacts(JSON.stringify(card.facts)) && !json.includes(folder));
    for (const part of [
      '## File',
      '## Training',
      '## Measured',
      '## Intended use',
      '## Limits',
      'int8/epoch',
      card.training.fingerprint,
      '| float32 |',
      '| int8 |',
    ])
      assert.ok(markdown.includes(part), part);
  });

  it('writes a model card without figures when nothing was measured, and without pictures', async () => {
    const exportFloat = async (format: 'c' | 'onnx', file: string, measure: boolean) => {
      const output = path.join(folder, 'exports', file);
      const order = { checkpoint: float, options: exportOptions.parse({ format }), output, measure };
      return (await exportWithCard(order, quietly, never))!;
    };
    const plain = await exportFloat('c', 'm.h', false);
    assert.equal(plain.measured, undefined);
    assert.match(fs.readFileSync(plain.cards[0]!, 'utf8'), /Nothing was measured: it was turned off/);
    // Pictures that are gone are no reason not to export.
    fs.renameSync(data, `${data}-away`);
    try {
      assert.equal((await exportFloat('onnx', 'gone.onnx', true)).measured, undefined);
      await assert.rejects(compareCheckpoint(quantized, quietly, never), { code: 'dataset-missing' });
    } finally {
      fs.renameSync(`${data}-away`, data);
    }
  });

  it('refuses integers of a network in float before anything is measured or written', async () => {
    const output = path.join(folder, 'exports', 'refused.onnx');
    const options = exportOptions.parse({ format: 'onnx', precision: 'int8' });
    await assert.rejects(exportWithCard({ checkpoint: float, options, output, measure: true }, quietly, never), {
      code: 'not-quantized',
    });
    assert.ok(!fs.existsSync(output));
  });

  it('tells of an embedding what an embedding is: no accuracy of names, no weights of the classifier', async () => {
    const card = async (part: 'classifier' | 'embedding') => {
      const options = exportOptions.parse({ format: 'onnx', part });
      const output = path.join(folder, 'exports', `${part}.onnx`);
      const told = (await exportWithCard({ checkpoint: float, options, output, measure: true }, quietly, never))!;
      const { parameters, measured, facts } = JSON.parse(fs.readFileSync(told.cards[1]!, 'utf8')) as {
        parameters: number;
        measured?: object;
        facts: { output: string; labels: string[] };
      };
      return { parameters, measured, facts, text: fs.readFileSync(told.cards[0]!, 'utf8') };
    };
    const [whole, embedding] = [await card('classifier'), await card('embedding')];
    // The last layer: 1,280 features to each of four people, and a bias.
    assert.equal(whole.parameters - embedding.parameters, (1280 + 1) * 4);
    assert.ok(whole.measured);
    assert.equal(embedding.measured, undefined);
    assert.deepEqual([embedding.facts.output, embedding.facts.labels], ['embedding', []]);
    assert.ok(!embedding.text.includes('Accuracy |'));
  });

  it('at a terminal: export, predict and compare in JSON, alike twice', async () => {
    const program = bundledFile('faceTrainer.js')!;
    const output = path.join(folder, 'cli', 'm.h5');
    const first = await runProgram(process.execPath, [
      program,
      'export',
      float,
      '--format',
      'keras',
      '--output',
      output,
      '--no-measure',
      '--json',
    ]);
    assert.equal(first.code, 0, first.output);
    assert.equal((JSON.parse(first.output) as { file: string }).file, output);
    const bytes = fs.readFileSync(output);
    await runProgram(process.execPath, [
      program,
      'export',
      float,
      '--format',
      'keras',
      '--output',
      output,
      '--no-measure',
    ]);
    assert.ok(fs.readFileSync(output).equals(bytes));
    const { stdout, status } = spawnSync(process.execPath, [program, 'predict', output, ...pictures, '--json'], {
      encoding: 'utf8',
    });
    assert.equal(status, 0);
    assert.deepEqual(
      (jsonLines(stdout) as { file: string }[]).map(({ file }) => file),
      pictures,
    );
    const compared = await runProgram(process.execPath, [program, 'compare', quantized]);
    assert.match(compared.output, /float32 +accuracy .*\nint8 +accuracy .*\nAgreement /s);
    const wrong = spawnSync(process.execPath, [program, 'export', float, '--format', 'coreml'], { encoding: 'utf8' });
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /^--format: tflite, onnx, tfjs, keras or c, not “coreml”\./);
  });
});
