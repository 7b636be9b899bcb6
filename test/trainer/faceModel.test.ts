import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { openAlignedFaces } from '../../src/faces/openFaceFinder.js';
import { evaluation } from '../../src/protocol/evaluation.js';
import { answer, type Answer } from '../../src/protocol/recognition.js';
import { readFaceNetworks } from '../../src/weights/faceNetwork.js';
import { findFaceWeights } from '../../src/weights/faceWeights.js';
import { built } from '../support/built.js';
import { printedByPython } from '../support/foreign.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { jsonLines } from '../support/jsonLines.js';

// A network that was trained from the face network, on the way out: its files name whom its checkpoint names.

const folder = scratchFolder();
const at = (...names: string[]) => path.join(folder(), ...names);
const weights = ['--face-weights', sharedPaths.faceWeights];
const examples = path.resolve(import.meta.dirname, '../../examples');

function faceTrainer(...args: string[]): string {
  const env = { ...process.env, FACE_TRAINER_CACHE: at('cache') };
  const { status, stdout, stderr } = spawnSync(process.execPath, [built('faceTrainer.js'), ...args], {
    ...{ cwd: folder(), encoding: 'utf8', env, maxBuffer: 2 ** 28 },
  });
  assert.equal(status, 0, `${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

const lastOf = (stdout: string) => JSON.parse(stdout.trim().split('\n').at(-1)!) as { answers: unknown };
const nameOf = (one: Answer) => ('known' in one ? (one.known ? one.person : 'unknown') : one.error);

/** Pictures of the first people of `wild` with enough of them: for training, and others to ask about. */
function somePeople(people: number, pictures: number, asked: number): string[] {
  const all = fs.readdirSync(sharedPaths.wild).filter((name) => {
    const place = path.join(sharedPaths.wild, name);
    return fs.statSync(place).isDirectory() && fs.readdirSync(place).length >= pictures + asked;
  });
  return all.slice(0, people).flatMap((name) => {
    fs.mkdirSync(at('people', name), { recursive: true });
    const files = fs.readdirSync(path.join(sharedPaths.wild, name)).sort();
    for (const file of files.slice(0, pictures))
      fs.copyFileSync(path.join(sharedPaths.wild, name, file), at('people', name, file));
    return files.slice(pictures, pictures + asked).map((file) => path.join(sharedPaths.wild, name, file));
  });
}

/** The faces as the network takes them, as pictures of their own. */
async function cropsOf(files: readonly string[]): Promise<string[]> {
  const found = findFaceWeights(sharedPaths.faceWeights)!;
  const { size, template } = readFaceNetworks(found).face;
  const faces = await openAlignedFaces(found, { template: template!, size }, { cacheFolder: at('faces') });
  try {
    return await Promise.all(
      files.map(async (file, i) => {
        const {
          faces: [face],
        } = (await faces.of(file)) as { faces: readonly { readonly crop: Uint8Array }[] };
        await sharp(face!.crop, { raw: { width: size, height: size, channels: 3 } })
          .png()
          .toFile(at(`${i}.png`));
        return at(`${i}.png`);
      }),
    );
  } finally {
    await faces.close();
  }
}

const CHECKPOINT = path.join('run', 'checkpoints', 'epoch-0002');

/** Whom the checkpoint names, of people it knows and of strangers. */
function askedOfCheckpoint(known: readonly string[], strangers: readonly string[]): Answer[] {
  faceTrainer('train', 'people', '--recipe', 'face', '--epochs', '2', '--split', '0.7', ...weights, '--out', 'run');
  const told = faceTrainer('predict', CHECKPOINT, ...known, ...strangers, ...weights, '--json');
  const answers = answer.array().parse(jsonLines(told));
  const names = answers.map(nameOf);
  const right = known.filter((file, i) => names[i] === path.basename(path.dirname(file)));
  assert.ok(right.length >= known.length - 1, names.join());
  const unknown = names.slice(known.length).filter((name) => name === 'unknown');
  assert.ok(unknown.length >= strangers.length - 1, names.join());
  const found = evaluation.parse(lastOf(faceTrainer('evaluate', CHECKPOINT, ...weights, '--json')));
  assert.equal(found.closedSet?.accuracy, 1);
  return answers;
}

/** The embedding in a format, with the recognizer beside it, gives the answers of the checkpoint. */
function exportsEmbedding(format: string, file: string, files: readonly string[], answers: readonly Answer[]): void {
  faceTrainer('export', CHECKPOINT, '--part', 'embedding', '--format', format, '--output', file);
  const told = faceTrainer('recognize', `${file}.recognizer`, ...files, ...weights, '--json');
  const asked = answer.array().parse(lastOf(told).answers);
  assert.deepEqual(asked.map(nameOf), answers.map(nameOf), format);
  asked.forEach((one, i) => {
    const before = answers[i]!;
    assert.ok('known' in one && 'known' in before);
    assert.ok(Math.abs(one.similarity - before.similarity) < 1e-4, `${format}: ${one.similarity}`);
  });
}

/** The names that the programs in `examples` give, each in the order of the crops. */
async function namesOfExamples(crops: readonly string[]): Promise<string[][]> {
  const python = (program: string, model: string, runtime: string) =>
    printedByPython(
      path.join(examples, program),
      [at(model), at(`${model}.recognizer`), ...crops],
      [runtime, 'numpy', 'pillow'],
    );
  const node = [path.join(examples, 'recognize.mjs'), at('face.onnx'), at('face.onnx.recognizer'), ...crops];
  const printed = [
    await python('recognize_onnx.py', 'face.onnx', 'onnxruntime==1.22.1'),
    await python('recognize_litert.py', 'face.tflite', 'ai-edge-litert==2.3.0'),
    spawnSync(process.execPath, node, { encoding: 'utf8' }).stdout,
  ];
  return printed.map((text) => {
    const lines = text.split('\n').filter((line) => line.startsWith(folder()));
    return lines.map((line) => /^\S+ (.*) -?[\d.]+$/.exec(line)?.[1] ?? line);
  });
}

/** A classifier names one of its people whoever comes, the one whom the checkpoint's scores name. */
function exportsClassifier(known: readonly string[]): void {
  faceTrainer('export', CHECKPOINT, '--format', 'onnx', '--output', 'people.onnx');
  const namesIn = (told: string) => (jsonLines(told) as { person: string }[]).map(({ person }) => person);
  assert.deepEqual(
    namesIn(faceTrainer('predict', 'people.onnx', ...known, ...weights, '--json')),
    namesIn(faceTrainer('predict', CHECKPOINT, ...known, '--closed-set', '--json')),
  );
  const card = JSON.parse(fs.readFileSync(at('people.onnx.card.json'), 'utf8')) as {
    measured?: { models: { accuracy: number }[] };
    facts: { input: { template?: unknown; scaling: unknown } };
  };
  assert.equal(card.measured?.models[0]?.accuracy, 1, 'measured on the faces, not on the whole pictures');
  assert.ok(card.facts.input.template && typeof card.facts.input.scaling === 'object');
  assert.ok(!JSON.stringify(card).includes(path.dirname(sharedPaths.faceWeights)), 'it names no place of this machine');
}

describe('a network trained from a face', function () {
  this.timeout(300_000);
  withShared('its checkpoint and its files', [sharedPaths.wild, sharedPaths.pairs, sharedPaths.faceWeights], () => {
    it('say the same names, whichever format and program it is asked through', async () => {
      const known = somePeople(5, 8, 3);
      const strangers = fs
        .readdirSync(sharedPaths.pairs)
        .filter((name) => !name.includes('.'))
        .slice(0, 6)
        .map((name) => path.join(sharedPaths.pairs, name, fs.readdirSync(path.join(sharedPaths.pairs, name))[0]!));
      const files = [...known, ...strangers];
      const answers = askedOfCheckpoint(known, strangers);
      exportsEmbedding('onnx', 'face.onnx', files, answers);
      exportsEmbedding('tflite', 'face.tflite', files, answers);
      exportsEmbedding('tfjs', 'tfjs/model.json', files, answers);
      exportsEmbedding('keras', 'face.h5', files, answers);
      const told = faceTrainer('evaluate', 'face.onnx', '--probes', 'people', ...weights, '--json');
      assert.ok(evaluation.parse(lastOf(told)).closedSet!.accuracy > 0.95, 'the file alone, on pictures');
      for (const names of await namesOfExamples(await cropsOf(files))) assert.deepEqual(names, answers.map(nameOf));
      for (const example of fs.readdirSync(examples).filter((name) => /\.(py|mjs)$/.test(name)))
        assert.ok(fs.readFileSync(path.join(examples, example), 'utf8').trim().split('\n').length <= 40, example);
      exportsClassifier(known);
    });

    it('is exported from a recognizer, with the people enrolled: the same names from its file', () => {
      const files = somePeople(4, 5, 2);
      faceTrainer('enroll', 'people', ...weights, '--out', 'door');
      const told = (recognizer: string) =>
        answer
          .array()
          .parse(lastOf(faceTrainer('recognize', recognizer, ...files, ...weights, '--json')).answers)
          .map((one) => ('known' in one ? [one.known ? one.person : 'unknown', one.similarity.toFixed(3)] : one.error));
      const names = told('door');
      for (const [format, file] of [
        ['onnx', 'door.onnx'],
        ['tflite', 'door.tflite'],
      ] as const) {
        const printed = faceTrainer('export', 'door', '--format', format, '--output', file, ...weights);
        assert.match(printed, /Recognizer {2}.*\.recognizer, the people enrolled/);
        assert.deepEqual(told(`${file}.recognizer`), names, format);
      }
      const card = fs.readFileSync(at('door.onnx.card.md'), 'utf8');
      assert.match(card, /as its publisher trained it/);
      assert.match(card, /the viewer’s left eye.*0\.3156 0\.4616/);
      faceTrainer('export', 'door', '--format', 'c', '--precision', 'float32', '--output', 'door.h', ...weights);
      assert.match(fs.readFileSync(at('door.gallery.h'), 'utf8'), /#define FACE_TRAINER_PEOPLE 4/);
      const refused = spawnSync(
        process.execPath,
        [built('faceTrainer.js'), 'export', 'door', '--format', 'tflite', '--precision', 'int8', ...weights],
        { cwd: folder(), encoding: 'utf8', env: { ...process.env, FACE_TRAINER_CACHE: at('cache') } },
      );
      assert.equal(refused.status, 1);
      assert.match(refused.stdout, /another precision gives others/);
    });
  });
});
