import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { meanDirection, normalizeRows } from '../../src/core/cosine.js';
import { Random } from '../../src/core/random.js';
import { answerFor } from '../../src/recognition/answer.js';
import { galleryOf } from '../../src/recognition/gallery.js';
import { galleryHeader } from '../../src/recognition/galleryHeader.js';
import { runProgram } from '../../src/platform/runProgram.js';
import { UNKNOWN } from '../../src/protocol/recognition.js';
import type { Person, Recognizer } from '../../src/recognizers/recognizer.js';
import { readFaceNetwork } from '../../src/weights/faceNetwork.js';
import { faceWeightsIn } from '../../src/weights/faceWeights.js';
import { ofEngine, realFaces } from '../support/realFaces.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';

const example = path.resolve(import.meta.dirname, '../../examples/recognize.c');
/** Each with three rows, as they come: two pictures and one that is not them. */
const NAMES = ['Åsa "the?" Ö\\', 'Bo', 'Cy'];

/** @param rows [9, length], unit vectors: of each person in turn */
function recognizerOf(rows: Float32Array, length: number, threshold: number): Recognizer {
  const picture = (row: number) => ({ file: `/pictures/${row}.jpg`, bytes: 1, modifiedMs: 0, row });
  const people = NAMES.map((name, i): Person => ({
    name,
    pictures: [picture(3 * i), picture(3 * i + 1)],
    negatives: [picture(3 * i + 2)],
    // A trained vector counts instead of the mean.
    ...(i === 2 ? { prototype: 3 * i } : {}),
  }));
  return {
    record: {
      ...{ version: 1, name: 'people', created: '2026-01-01T00:00:00Z', people, history: [] },
      network: {
        name: 'net */ of\nfaces',
        kind: 'file',
        digest: 'a'.repeat(64),
        precision: 'float32',
        length,
        size: 32,
      },
      gallery: { file: `gallery-${'0'.repeat(16)}.safetensors`, sha256: '0'.repeat(64), rows: 9 },
      threshold: { value: threshold, strangersPer1000: 10, evidence: { kind: 'hand', people: 3 } },
    },
    embeddings: rows,
  };
}

describe('the gallery in C', function () {
  this.timeout(120_000);
  const folder = scratchFolder();

  /** Whom the example names for vectors of any length. */
  async function namedInC(recognizer: Recognizer, vectors: Float32Array): Promise<string[]> {
    fs.writeFileSync(path.join(folder(), 'model.gallery.h'), galleryHeader(recognizer));
    const program = path.join(folder(), 'recognize');
    const strict = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror'];
    const compiled = await runProgram('gcc', [...strict, '-I', folder(), example, '-o', program, '-lm']);
    assert.equal(compiled.code, 0, compiled.output);
    const input = Buffer.from(vectors.buffer, vectors.byteOffset, vectors.byteLength);
    const { stdout, status } = spawnSync(program, { input, encoding: 'utf8' });
    assert.equal(status, 0);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/ -?[\d.]+$/, ''));
  }
  const namedHere = (recognizer: Recognizer, vectors: Float32Array) => {
    const { length } = recognizer.record.network;
    const unit = normalizeRows(Float32Array.from(vectors), length);
    const gallery = galleryOf(recognizer);
    return Array.from({ length: unit.length / length }, (_, i) =>
      answerFor(unit.subarray(i * length, (i + 1) * length), gallery, recognizer.record.threshold.value),
    );
  };

  it('the example in C, of 40 lines, names as answers do, with negatives, trained vectors and strangers', async () => {
    const random = Random.forPurpose(5, 'fuzz');
    const length = 7;
    const vectors = (count: number) => Float32Array.from({ length: count * length }, () => random.between(-1, 1));
    const recognizer = recognizerOf(normalizeRows(vectors(9), length), length, 0.4);
    const faces = vectors(400);
    const here = namedHere(recognizer, faces);
    assert.deepEqual(
      await namedInC(recognizer, faces),
      here.map(({ person }) => person),
    );
    assert.ok(NAMES.every((name) => here.some(({ person }) => person === name)));
    assert.ok(here.some(({ person, ruledOut }) => person === UNKNOWN && ruledOut !== undefined));
    assert.ok(fs.readFileSync(example, 'utf8').trim().split('\n').length <= 40);
    // C++ takes the header as well.
    const header = path.join(folder(), 'model.gallery.h');
    const strict = ['-std=c++17', '-Wall', '-Wextra', '-Werror', '-Wno-unused-variable', '-fsyntax-only', '-x', 'c++'];
    const { code, output } = await runProgram('g++', [...strict, header]);
    assert.equal(code, 0, output);
  });

  it('has every number as it was, and nobody is no gallery', () => {
    const rows = normalizeRows(
      Float32Array.from({ length: 27 }, (_, i) => Math.sin(i + 1)),
      3,
    );
    const recognizer = recognizerOf(rows, 3, 0.25);
    const numbers = /face_trainer_rows[^=]*= \{([^;]*)\};/.exec(galleryHeader(recognizer))![1]!;
    const read = Float32Array.from(numbers.match(/-?\d[\d.e-]*(?=f)/g)!, Number);
    assert.deepEqual(read.slice(0, 3), meanDirection([rows.slice(0, 3), rows.slice(3, 6)]));
    assert.deepEqual(read.slice(6, 9), rows.slice(18, 21));
    const nobody = { ...recognizer, record: { ...recognizer.record, people: [] } };
    assert.throws(() => galleryHeader(nobody), /nobody is enrolled/);
  });

  withShared('the gallery in C on real faces', [sharedPaths.faceWeights, sharedPaths.wild], () => {
    it('the example names real faces as answers do', async () => {
      const count = 60;
      const network = readFaceNetwork(faceWeightsIn(sharedPaths.faceWeights));
      const vectors = await ofEngine(network, await realFaces(count, network.size));
      const length = vectors.length / count;
      const enrolled = normalizeRows(vectors.slice(0, 9 * length), length);
      const recognizer = recognizerOf(enrolled, length, 0.5);
      const here = namedHere(recognizer, vectors);
      assert.deepEqual(
        await namedInC(recognizer, vectors),
        here.map(({ person }) => person),
      );
      assert.ok(here.some(({ known }) => known) && here.some(({ known }) => !known));
    });
  });
});
