import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Answerer } from '../../src/client/answerer.js';
import { evaluation } from '../../src/protocol/evaluation.js';
import { PROTOCOL_VERSION } from '../../src/protocol/handshake.js';
import { JOBS } from '../../src/protocol/jobs.js';
import { answer, enrolment, recognizerSummary, type Answer } from '../../src/protocol/recognition.js';
import type { Reply } from '../../src/protocol/recognitionJobs.js';
import { runProgram } from '../../src/platform/runProgram.js';
import { lookAt } from '../../src/recognition/lookAt.js';
import { modelSight } from '../../src/recognition/modelSight.js';
import { embeddingAt } from '../../src/recognizers/recognizer.js';
import { readRecognizer } from '../../src/recognizers/recognizerFolder.js';
import { printedByPython } from '../support/foreign.js';
import { built } from '../support/built.js';
import { scratchFolder, writePeople } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { jsonLines } from '../support/jsonLines.js';

// The built program, from file to answer.

const folder = scratchFolder();
const cli = built('faceTrainer.js');

function run(...args: string[]): { status: number | null; stdout: string } {
  const env = { ...process.env, FACE_TRAINER_CACHE: path.join(folder(), 'cache') };
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    ...{ cwd: folder(), encoding: 'utf8', env, maxBuffer: 2 ** 28 },
  });
  assert.ok(status !== 2 && status !== null, `${args.join(' ')}: ${stdout}${stderr}`);
  return { status, stdout };
}

/** With what its last line says to a program. */
function faceTrainer(...args: string[]): { stdout: string; last: unknown } {
  const { stdout } = run(...args);
  const [line = ''] = stdout.trim().split('\n').slice(-1);
  return { stdout, last: args.includes('--json') ? (JSON.parse(line) as unknown) : undefined };
}

/** The first `count` people of a folder, each with so many pictures, as links. */
function somePeople(from: string, target: string, count: number, pictures: readonly [number, number]): string {
  const people = fs.readdirSync(from).filter((name) => fs.statSync(path.join(from, name)).isDirectory());
  const some = people.filter((name) => fs.readdirSync(path.join(from, name)).length >= pictures[1]).slice(0, count);
  for (const name of some) {
    fs.mkdirSync(path.join(folder(), target, name), { recursive: true });
    for (const file of fs
      .readdirSync(path.join(from, name))
      .sort()
      .slice(...pictures))
      fs.copyFileSync(path.join(from, name, file), path.join(folder(), target, name, file));
  }
  return target;
}

const weights = ['--face-weights', sharedPaths.faceWeights];
const whom = (one: Answer) => ('known' in one ? [one.person, one.similarity.toFixed(4)] : one.error);
const answersOf = (result: unknown): Answer[] => answer.array().parse((result as { answers: unknown }).answers);

describe('recognition with the face network', function () {
  this.timeout(240_000);
  withShared('recognition on real pictures', [sharedPaths.wild, sharedPaths.pairs, sharedPaths.faceWeights], () => {
    it('enrols, knows its people, calls strangers unknown, and says how sure that is', () => {
      const people = somePeople(sharedPaths.wild, 'people', 8, [0, 5]);
      const enrolled = enrolment.parse(faceTrainer('enroll', people, ...weights, '--out', 'door', '--json').last);
      assert.deepEqual([enrolled.recognizer.people.length, enrolled.enrolled], [8, 40]);
      assert.equal(enrolled.recognizer.network.name, 'face-reidentification-retail-0095');
      const probes = somePeople(sharedPaths.wild, 'probes', 8, [5, 8]);
      const strangers = somePeople(sharedPaths.pairs, 'strangers', 20, [0, 1]);
      const known = answersOf(faceTrainer('recognize', 'door', probes, ...weights, '--json').last);
      assert.equal(known.length, 24);
      const right = known.filter((one) => 'known' in one && one.person === path.basename(path.dirname(one.file)));
      assert.ok(right.length >= 23, `${right.length} of 24`);
      const others = answersOf(faceTrainer('recognize', 'door', strangers, ...weights, '--json').last);
      const named = others.filter((one) => 'known' in one && one.known);
      assert.ok(named.length <= 1, JSON.stringify(named));

      const args = ['evaluate', 'door', '--probes', probes, '--strangers', strangers, ...weights];
      const found = evaluation.parse(faceTrainer(...args, '--json').last);
      assert.ok(found.closedSet!.accuracy >= 23 / 24);
      assert.equal(found.openSet!.ofStrangers, 20);
      assert.ok(faceTrainer(...args).stdout.startsWith(`${found.sentence}\n`), 'the sentence comes first');
    });

    it('says how to get the face network where a recognizer has come without it', () => {
      const people = somePeople(sharedPaths.wild, 'people', 2, [0, 1]);
      faceTrainer('enroll', people, ...weights, '--out', 'door');
      for (const command of ['recognize', 'evaluate']) {
        const { status, stdout } = run(command, 'door', ...(command === 'recognize' ? [people] : []));
        assert.equal(status, 1);
        assert.match(stdout, /“door” was made with the face network, which is not on this machine\.\s+Get it with/);
      }
    });

    it('answers in a running process, learns from “not this person”, and takes it back', async () => {
      const people = somePeople(sharedPaths.wild, 'people', 3, [0, 4]);
      faceTrainer('enroll', people, ...weights, '--out', 'door');
      const recognizer = path.join(folder(), 'door');
      const answerer = new Answerer({
        entry: built('trainer.js'),
        order: JOBS.answer.order.parse({
          ...{ type: 'answer', protocol: PROTOCOL_VERSION, recognizer, faceWeights: sharedPaths.faceWeights },
        }),
      });
      try {
        const [person] = fs.readdirSync(path.join(folder(), people)).sort();
        const [file] = fs.readdirSync(path.join(sharedPaths.wild, person!)).sort().slice(4);
        const files = [path.join(sharedPaths.wild, person!, file!)];
        const asked = async (): Promise<Answer> => {
          const result = await answerer.ask({ kind: 'recognize', files, seen: false });
          assert.ok(result.kind === 'recognized', JSON.stringify(result));
          return result.recognition.answers[0]!;
        };
        const nameIn = (one: Answer) => ('known' in one ? one.person : one.error);
        assert.equal(nameIn(await asked()), person);
        const told: Reply['result'] = await answerer.ask({ kind: 'notThisPerson', person: person!, files });
        assert.equal(told.kind, 'changed');
        assert.notEqual(nameIn(await asked()), person);
        // Taken back by another program, which the running one notices.
        const back = recognizerSummary.parse(faceTrainer('recognizer', 'undo', 'door', '--json').last);
        assert.equal(back.people.find((one) => one.person === person)?.notThisPerson, 0);
        assert.equal(nameIn(await asked()), person);
        const refused = await answerer.ask({ kind: 'add', person: 'unknown', files });
        assert.ok(refused.kind === 'refused' && refused.code === 'recognizer-person');
        assert.equal(nameIn(await asked()), person, 'a refusal ends nothing');
      } finally {
        await answerer.close();
      }
    });
  });
});

describe('recognition without face weights', function () {
  this.timeout(240_000);
  withShared('recognition by dlib’s network', [sharedPaths.wild, sharedPaths.pairs], () => {
    it('serves, with a threshold of its own, and says which network is at work', () => {
      const people = somePeople(sharedPaths.wild, 'people', 4, [0, 3]);
      const { recognizer } = enrolment.parse(faceTrainer('enroll', people, '--out', 'door', '--json').last);
      assert.deepEqual([recognizer.network.kind, recognizer.threshold.evidence.kind], ['dlib', 'table']);
      const probes = somePeople(sharedPaths.wild, 'probes', 4, [3, 5]);
      const known = answersOf(faceTrainer('recognize', 'door', probes, '--json').last);
      const right = known.filter((one) => 'known' in one && one.person === path.basename(path.dirname(one.file)));
      assert.ok(right.length >= 7, JSON.stringify(known));
      const strangers = somePeople(sharedPaths.pairs, 'strangers', 8, [0, 1]);
      const others = answersOf(faceTrainer('recognize', 'door', strangers, '--json').last);
      assert.ok(others.filter((one) => 'known' in one && one.known).length <= 1, JSON.stringify(others));
    });
  });
});

describe('a checkpoint of a softmax', function () {
  this.timeout(240_000);

  /** Trains on `data` into `run`. @returns the name of the newest checkpoint */
  function trainedSmall(): string {
    const small = ['--recipe', 'original', '--size', '32', '--width', '0.25', '--batch', '4', '--split', '0.7'];
    faceTrainer('train', 'data', ...small, '--epochs', '2', '--out', 'run');
    return fs
      .readdirSync(path.join(folder(), 'run', 'checkpoints'))
      .sort()
      .at(-1)!;
  }

  it('answers by its embedding, or by its scores where it is told that nobody else comes', async () => {
    await writePeople(path.join(folder(), 'data'), 3, 6);
    const name = trainedSmall();
    const checkpoint = path.join('run', 'checkpoints', name);
    const picture = path.join('data', 'person-0', '0.png');
    const [open] = answer.array().parse(jsonLines(run('predict', checkpoint, picture, '--json').stdout));
    assert.ok('known' in open! && open.threshold > 0 && open.mostLike !== undefined);
    const kept = path.join(folder(), 'run', 'recognizers', name, 'recognizer.json');
    const { mtimeMs } = fs.statSync(kept);
    faceTrainer('predict', checkpoint, picture);
    assert.equal(fs.statSync(kept).mtimeMs, mtimeMs, 'the gallery is made once');
    const closed = faceTrainer('predict', checkpoint, picture, '--closed-set').stdout;
    assert.match(closed, /person-\d \d+\.\d %, person-\d/);
    const found = evaluation.parse(faceTrainer('evaluate', checkpoint, '--json').last);
    assert.equal(found.protocol, 'gallery', 'held-out pictures are tried against those that it was trained on');
  });

  it('is exported from a recognizer that compares by it, and the card says how it was trained', async () => {
    await writePeople(path.join(folder(), 'data'), 3, 6, 32);
    const checkpoint = path.join('run', 'checkpoints', trainedSmall());
    faceTrainer('enroll', 'data', '--network', checkpoint, '--out', 'own');
    faceTrainer('export', 'own', '--format', 'onnx', '--output', 'own.onnx');
    const card = fs.readFileSync(path.join(folder(), 'own.onnx.card.md'), 'utf8');
    assert.match(card, /\| Recipe \| original, 2 epochs/);
    const file = path.join('data', 'person-0', '0.png');
    const [one] = answersOf(faceTrainer('recognize', 'own', file, '--json').last);
    assert.deepEqual(answersOf(faceTrainer('recognize', 'own.onnx.recognizer', file, '--json').last).map(whom), [
      whom(one!),
    ]);
  });

  it('is exported in int8 from a recognizer of int8 alone, whose people the file knows by vectors of its own', async () => {
    await writePeople(path.join(folder(), 'data'), 3, 6, 32);
    const float = path.join('run', 'checkpoints', trainedSmall());
    faceTrainer('enroll', 'data', '--network', float, '--out', 'float');
    const refused = run('export', 'float', '--format', 'tflite', '--precision', 'int8');
    assert.match(refused.stdout, /vectors of “float” are those of the network in float32.*qat.*enroll --network/s);
    assert.equal(refused.status, 1);
    faceTrainer('qat', float, '--epochs', '1', '--out', 'fine');
    const integers = path.join(
      'fine',
      'checkpoints',
      fs
        .readdirSync(path.join(folder(), 'fine', 'checkpoints'))
        .sort()
        .at(-1)!,
    );
    faceTrainer('enroll', 'data', '--network', integers, '--out', 'own');
    assert.match(run('export', 'own', '--format', 'tflite').stdout, /in int8.*--precision int8/s);
    faceTrainer('export', 'own', '--format', 'tflite', '--precision', 'int8', '--output', 'own.tflite');
    const file = path.join('data', 'person-0', '0.png');
    const [one] = answersOf(faceTrainer('recognize', 'own.tflite.recognizer', file, '--json').last);
    const [other] = answersOf(faceTrainer('recognize', 'own', file, '--json').last);
    assert.ok(one && 'known' in one && other && 'known' in other);
    assert.equal(one.nearest, other.nearest);
    const held = readRecognizer(path.join(folder(), 'own.tflite.recognizer'));
    assert.deepEqual([held.record.network.kind, held.record.network.precision], ['file', 'int8']);
    const before = readRecognizer(path.join(folder(), 'own'));
    assert.equal(held.embeddings.length, before.embeddings.length);
    const rows = held.record.people.flatMap(({ pictures }) =>
      pictures.map(({ row, file: picture }) => ({ row, picture })),
    );
    const sight = await modelSight(path.join(folder(), 'own.tflite'), 'on');
    for (const { row, picture } of rows.slice(0, 4)) {
      const [seen] = (await lookAt(sight, [picture]))!;
      assert.deepEqual(seen!.faces[0]!.embedding, embeddingAt(held, row));
    }
    await sight.close();
    faceTrainer('export', 'own', '--format', 'c', '--precision', 'int8', '--output', 'own.h');
    assert.match(fs.readFileSync(path.join(folder(), 'own.gallery.h'), 'utf8'), /int8\./);
    fs.rmSync(path.join(folder(), 'data', 'person-1'), { recursive: true });
    const gone = run('export', 'own', '--format', 'onnx', '--precision', 'int8', '--output', 'gone.onnx');
    assert.match(gone.stdout, /“person-1” has no picture any more/);
    assert.ok(!fs.existsSync(path.join(folder(), 'gone.onnx')));
  });

  it('is exported with the recognizer of its people, and other programs then give the same names', async () => {
    // As large as the network wants them: programs make pictures smaller in ways of their own.
    await writePeople(path.join(folder(), 'data'), 3, 6, 32);
    const name = trainedSmall();
    const model = path.join(folder(), 'face.onnx');
    const embedding = ['--part', 'embedding', '--format', 'onnx', '--output', model];
    faceTrainer('export', path.join('run', 'checkpoints', name), ...embedding);
    const recognizer = `${model}.recognizer`;
    const files = [0, 1, 2].flatMap((p) => [0, 5].map((i) => path.join(folder(), 'data', `person-${p}`, `${i}.png`)));
    const told = answersOf(faceTrainer('recognize', recognizer, ...files, '--json').last);
    const names = told.map((one) => ('known' in one ? `${one.file} ${one.person}` : one.error));
    assert.ok(
      told.some((one) => 'known' in one && one.known),
      names.join('\n'),
    );
    const namesIn = (printed: string) =>
      printed
        .trim()
        .split('\n')
        .map((line) => line.replace(/ -?[\d.]+$/, ''));
    const examples = path.resolve(import.meta.dirname, '../../examples');
    const args = [model, recognizer, ...files];
    const node = spawnSync(process.execPath, [path.join(examples, 'recognize.mjs'), ...args], { encoding: 'utf8' });
    assert.deepEqual(namesIn(node.stdout), names, node.stderr);
    const packages = ['onnxruntime==1.22.1', 'numpy', 'pillow'];
    const python = await printedByPython(path.join(examples, 'recognize_onnx.py'), args, packages);
    assert.deepEqual(namesIn(python), names);
    for (const example of ['recognize.mjs', 'recognize_onnx.py'])
      assert.ok(fs.readFileSync(path.join(examples, example), 'utf8').trim().split('\n').length <= 40, example);
  });

  it('is exported as a C header with the gallery of its people beside it, which the example in C reads', async () => {
    await writePeople(path.join(folder(), 'data'), 3, 6, 32);
    const name = trainedSmall();
    const model = path.join(folder(), 'model.h');
    const embedding = ['--part', 'embedding', '--format', 'c', '--output', model];
    const { stdout } = faceTrainer('export', path.join('run', 'checkpoints', name), ...embedding);
    const gallery = path.join(folder(), 'model.gallery.h');
    assert.ok(stdout.includes(gallery), stdout);
    const text = fs.readFileSync(gallery, 'utf8');
    assert.match(text, /#define FACE_TRAINER_PEOPLE 3\n/);
    assert.match(text, /"person-0",\n {2}"person-1",\n {2}"person-2",\n/);
    // Both in one program.
    const program = path.join(folder(), 'both.c');
    fs.writeFileSync(program, '#include "model.h"\n#include "model.gallery.h"\n');
    const compiled = await runProgram('gcc', ['-std=c11', '-fsyntax-only', program]);
    assert.equal(compiled.code, 0, compiled.output);
    assert.ok(!text.includes(folder()), 'no place of this machine is in it');
  });
});
