import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { RunModel } from '../../src/client/runModel.js';
import { decodeSafetensors } from '../../src/runs/safetensors.js';
import { personHash, type Evidence } from '../../src/privacy/evidence.js';
import { filesIn } from '../../src/privacy/folderSize.js';
import { NEUTRAL } from '../../src/privacy/personName.js';
import type { Answer } from '../../src/protocol/recognition.js';
import { readRecognizer } from '../../src/recognizers/recognizerFolder.js';
import { peopleOfRun } from '../../src/runs/runRecord.js';
import { readSummary } from '../../src/runs/runSummary.js';
import { scratchFolder, writeNoisePicture } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { Program } from './program.js';
import { jsonLines } from '../support/jsonLines.js';

const folder = scratchFolder();
/** Who is forgotten has a name that needs care in JSON, pages and C, and that another one's begins with. */
const GONE = 'Zoë & Co';
const OTHER = 'Zoë & Company';
const PEOPLE = [GONE, OTHER, 'Bo', 'Cy'];
const EACH = 6;
const SEED = 17;
const KILLS = 4;

async function dataset(program: Program): Promise<string> {
  for (const [p, person] of PEOPLE.entries())
    for (let i = 0; i < EACH; i++) await writeNoisePicture(program.at('faces', person, `${i}.png`), 100 * p + i, 64);
  return program.at('faces');
}

const namesIn = (recognizer: string) => readRecognizer(recognizer).record.people.map(({ name }) => name);

describe('forgetting a person', function () {
  this.timeout(300_000);

  it('leaves nothing of them in caches, run, recognizer, exports and lists, and the others as they were', async () => {
    const { program, data, run, recognizer } = await used();
    const before = vectorsOf(recognizer, 'Bo');
    const found = program.forget(data, GONE, '--dry-run');
    assert.deepEqual([found.done, found.search, found.pictures.length], [false, undefined, EACH + 1]);
    assert.deepEqual(namesIn(recognizer), [...PEOPLE].sort(), 'a dry run changes nothing');
    const told = program.forget(data, GONE, '--yes');
    assert.deepEqual(
      told.traces.map(({ path: at }) => at),
      found.traces.map(({ path: at }) => at),
    );
    assert.deepEqual([told.left, told.search?.hits], [[], []]);
    assert.ok(told.search!.pictures > EACH && told.search!.vectors >= EACH, JSON.stringify(told.search));

    assertNowhere(program, data);
    assert.deepEqual(vectorsOf(recognizer, 'Bo'), before);
    assertServes(program, run, recognizer);
    // What is kept of the others still answers: not a picture is decoded again.
    const pixels = program.list().find(({ kind }) => kind === 'pixel-cache')!.path;
    const written = fs.statSync(path.join(pixels, 'pixels')).mtimeMs;
    fs.rmSync(program.at('faces', GONE), { recursive: true });
    program.done('check', data, '--size', '32');
    assert.equal(fs.statSync(path.join(pixels, 'pixels')).mtimeMs, written);
    const evidence = JSON.parse(fs.readFileSync(told.evidence!, 'utf8')) as Evidence;
    assert.equal(evidence.person, personHash(told.code!, GONE));
    assert.deepEqual(evidence.forgetting.search, told.search);
    assert.throws(() => program.forget(data, GONE, '--yes'), /nowhere in what is kept/);
  });

  it('removes the networks and the user’s own pictures where that is asked for, and says what else to do', async () => {
    const program = new Program(folder());
    const data = await dataset(program);
    const run = program.train(data);
    program.done('export', path.join(run, 'checkpoints', 'epoch-0001'), '--format', 'tflite');
    const kept = program.forget(data, GONE, '--dry-run');
    assert.deepEqual(
      kept.remains.map(({ path: at }) => path.basename(at)),
      ['checkpoints', 'exports'],
    );
    assert.match(kept.advice.join(' '), /next job reads them again.*face-trainer train/);
    const told = program.forget(data, GONE, '--yes', '--networks', 'delete', '--with-pictures');
    assert.deepEqual([told.remains, told.search?.hits], [[], []]);
    assert.deepEqual(fs.readdirSync(path.join(run, 'checkpoints')), []);
    assert.ok(!fs.existsSync(path.join(run, 'exports')));
    assert.deepEqual(fs.readdirSync(data).sort(), PEOPLE.filter((person) => person !== GONE).sort());
    assertNowhere(program, program.at('nothing'));
    assert.equal(readSummary(run)?.checkpoints.length, 0);
  });

  it('finds whoever was removed from the pictures before, and refuses somebody whom nobody knows', async () => {
    const program = new Program(folder());
    const data = await dataset(program);
    program.train(data);
    fs.rmSync(program.at('faces', GONE), { recursive: true });
    const told = program.forget(data, GONE, '--yes');
    assert.deepEqual(told.search?.hits, []);
    assert.ok(told.traces.some(({ kind }) => kind === 'pixel-cache'));
    assertNowhere(program, data);
    const { status, stdout, stderr } = program.run('forget', data, 'Nobody', '--yes');
    assert.equal(status, 1);
    assert.match(`${stdout}${stderr}`, /“Nobody” is nowhere in what is kept of “faces”/);
  });

  it('comes to its end when it is done again after it was killed, wherever that was', async function () {
    if (process.platform === 'win32') this.skip();
    const program = new Program(folder());
    const data = await dataset(program);
    const run = program.train(data);
    for (const format of ['onnx', 'tflite'])
      program.done('export', path.join(run, 'checkpoints', 'epoch-0001'), '--format', format);
    const kept = [...filesIn(program.at())].map((file) => ({ file, bytes: fs.readFileSync(file) }));
    const random = Random.fromSeed(SEED);
    const began = performance.now();
    program.forget(data, GONE, '--dry-run');
    const wholeMs = 1.5 * (performance.now() - began);
    for (let kill = 0; kill < KILLS; kill++) {
      for (const { file, bytes } of kept) fs.writeFileSync(file, bytes);
      await program.killed(wholeMs * random.between(0.3, 1), 'forget', data, GONE, '--yes');
      // One that was killed behind its end has nothing left to find: then the run says that somebody was forgotten.
      const { status, stdout, stderr } = program.run('forget', data, GONE, '--yes');
      assert.equal(status, 0, `seed ${SEED}, kill ${kill}\n${stdout}${stderr}`);
      assertNowhere(program, data);
      assert.ok(peopleOfRun(run)?.includes(NEUTRAL) && readSummary(run)?.finished === 'completed');
    }
  });

  it('comes to its end where it was killed between an exported file and its card', async () => {
    const program = new Program(folder());
    const data = await dataset(program);
    const run = program.train(data);
    program.done('export', path.join(run, 'checkpoints', 'epoch-0001'), '--format', 'onnx');
    const card = [...filesIn(path.join(run, 'exports'))].find((file) => file.endsWith('.card.json'))!;
    const before = fs.readFileSync(card);
    program.forget(data, GONE, '--yes');
    fs.writeFileSync(card, before);
    const told = program.forget(data, GONE, '--yes');
    assert.deepEqual([told.left, told.search?.hits], [[], []]);
    assertNowhere(program, data);
  });

  it('changes nothing where nobody can be asked', async () => {
    const program = new Program(folder());
    const data = await dataset(program);
    const run = program.train(data);
    const { status, stderr } = program.run('forget', data, GONE);
    assert.equal(status, 1);
    assert.match(stderr, /Nothing was erased: nobody could be asked/);
    assert.ok(peopleOfRun(run)?.includes(GONE));
  });

  withShared('forgetting somebody whose faces were cut out', [sharedPaths.orl], () => {
    it('erases their crops, and what stands of them in the journal and on the page of doubtful ones', () => {
      const program = new Program(folder());
      for (const [i, person] of PEOPLE.entries())
        fs.cpSync(path.join(sharedPaths.orl, `s0${i + 1}`), program.at('faces', person), { recursive: true });
      const data = program.at('faces');
      program.done('align', data, '--size', '64');
      const aligned = program.at('faces-aligned');
      program.done('check', aligned, '--size', '64');
      const crops = [...filesIn(path.join(aligned, GONE))].map((file) => fs.readFileSync(file));
      assert.ok(crops.length > 2);
      const others = fs
        .readFileSync(path.join(aligned, 'align.ndjson'), 'utf8')
        .split('\n')
        .filter((line) => line.includes('"Bo/'));
      const told = program.forget(data, GONE, '--yes');
      assert.deepEqual(told.search?.hits, []);
      assert.ok(!fs.existsSync(path.join(aligned, GONE)));
      for (const crop of crops) assert.deepEqual(program.holding(crop.subarray(200, 400), [data]), []);
      assertNowhere(program, data);
      const journal = fs.readFileSync(path.join(aligned, 'align.ndjson'), 'utf8');
      for (const line of others) assert.ok(journal.includes(line), line);
      assert.match(program.done('align', data, '--size', '64'), /aligned/, 'and it can be aligned again');
    });
  });
});

/** A folder of people with all that comes of using it. */
async function used() {
  const program = new Program(folder());
  const data = await dataset(program);
  fs.writeFileSync(program.at('faces', GONE, 'broken.jpg'), 'x');
  fs.copyFileSync(program.at('faces', GONE, '1.png'), program.at('faces', 'Bo', 'same.png'));
  program.run('check', data, '--size', '32', '--write-exclusions', program.at('leave-out.txt'));
  fs.rmSync(program.at('faces', 'Bo', 'same.png'));
  const run = program.train(data);
  const checkpoint = path.join(run, 'checkpoints', 'epoch-0001');
  const formats = ['onnx', 'tflite', 'tfjs', 'keras', 'c'];
  for (const format of formats) program.done('export', checkpoint, '--format', format);
  for (const format of ['onnx', 'c']) program.done('export', checkpoint, '--format', format, '--part', 'embedding');
  program.done('export', checkpoint, '--format', 'onnx', '--output', program.at('out', 'model.onnx'));
  program.done('enroll', data, '--network', checkpoint, '--faces', 'off');
  const recognizer = program.at('.face-trainer', 'recognizers', 'faces');
  const named = program.holding(GONE, [data]).filter((file) => !file.includes(OTHER));
  assert.ok(named.length > 12, named.join('\n'));
  return { program, data, run, recognizer };
}

/** The run opens, the recognizer knows the others, and an exported file answers. */
function assertServes(program: Program, run: string, recognizer: string): void {
  const picture = program.at('faces', 'Bo', '2.png');
  assert.deepEqual(
    peopleOfRun(run),
    ['Bo', 'Cy', NEUTRAL, OTHER].sort((a, b) => PLACE.indexOf(a) - PLACE.indexOf(b)),
  );
  assert.equal(readSummary(run)?.finished, 'completed');
  assert.deepEqual(
    new RunModel(run).state.warnings.filter(({ code }) => code === 'log-unreadable'),
    [],
  );
  assert.match(fs.readFileSync(path.join(run, 'report.html'), 'utf8'), /<main>/);
  assert.deepEqual(namesIn(recognizer), [OTHER, 'Bo', 'Cy'].sort());
  const answers = JSON.parse(program.done('recognize', recognizer, picture, '--faces', 'off', '--json')) as {
    answers: Answer[];
  };
  assert.ok(answers.answers[0] && !('error' in answers.answers[0]), JSON.stringify(answers));
  const model = path.join(run, 'exports', 'epoch-0001-float32.onnx');
  const predicted = program.done('predict', model, picture, '--json');
  assert.deepEqual(Object.keys((jsonLines(predicted) as { scores: object }[])[0]!.scores).length, PEOPLE.length);
  assert.ok(predicted.includes(NEUTRAL));
}

/** The order of the classes: by code unit. */
const PLACE = ['Bo', 'Cy', NEUTRAL, OTHER];

function vectorsOf(folder: string, person: string): number[] {
  const { record, embeddings } = readRecognizer(folder);
  const { length } = record.network;
  const rows = record.people.find(({ name }) => name === person)!.pictures.map(({ row }) => row);
  return rows.flatMap((row) => [...embeddings.subarray(row * length, (row + 1) * length)]);
}

/** A search of our own, by the plainest means: no form of the name anywhere but where the longer one stands. */
function assertNowhere(program: Program, data: string): void {
  const forms = [
    GONE,
    JSON.stringify(GONE).slice(1, -1),
    'Zoë &#38; Co',
    'Zoë &amp; Co',
    'Zo\\303\\253 & Co',
    'Zo%C3%AB%20%26%20Co',
  ];
  const bytes = [...forms, GONE.normalize('NFD')].map((form) => Buffer.from(form));
  for (const file of filesIn(program.at())) {
    if (file.startsWith(data)) continue;
    const content = fs.readFileSync(file);
    for (const form of bytes)
      for (let at = content.indexOf(form); at >= 0; at = content.indexOf(form, at + 1)) {
        const after = content.toString('utf8', at, at + form.length + 5);
        assert.ok(after.endsWith('mpany'), `${file} at ${at}: ${after}`);
      }
    assert.ok(!file.includes(`${path.sep}${GONE}${path.sep}`), file);
  }
  for (const file of filesIn(program.at('cache', 'embeddings')))
    assert.ok(!(decodeSafetensors(fs.readFileSync(file)).metadata['files'] ?? '').includes(`${GONE}/`));
}
