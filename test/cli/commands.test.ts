import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { DatasetReport, Finding } from '../../src/protocol/check.js';
import type { Comparison, Measurements } from '../../src/protocol/comparison.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { scratchFolder } from '../support/scratch.js';
import { ScriptedProgram } from './scriptedProgram.js';
import { jsonLines } from '../support/jsonLines.js';

// What each command prints, writes and ends with, for what its trainer says.

const folder = scratchFolder();
let program: ScriptedProgram;
/** For each test of a suite. */
function useProgram(): void {
  beforeEach(() => (program = new ScriptedProgram(folder())));
}
/** As the program resolves it: a folder for temporary files may be a link. */
const here = (...names: string[]) => path.join(fs.realpathSync(folder()), ...names);

const failure = { type: 'failure', code: 'x', message: 'It is broken.', advice: 'Mend it.' };
const finished = { type: 'finished', reason: 'completed', epochs: 1, steps: 4, elapsedSeconds: 2 };

describe('a command whose job fails', function () {
  this.timeout(60_000);
  useProgram();
  const commands = [
    ['train', 'd', '--recipe', 'original'],
    ['qat', 'c'],
    ['export', 'c'],
    ['compare', 'c'],
    ['predict', 'm', 'p.jpg'],
    ['check', 'd'],
    ['align', 'd'],
    ['enroll', 'd'],
    ['recognize', 'r', 'p.jpg'],
    ['evaluate', 'r'],
  ];

  it('ends with 1 and says why, once', () => {
    for (const args of commands) {
      const { status, stdout, stderr, order } = program.run(args, { says: [failure] });
      assert.equal(order?.type, args[0]);
      assert.equal(status, 1, args[0]);
      assert.match(stdout, /^Failed {6}It is broken\.\n {12}Mend it\.\n$/, args[0]);
      assert.equal(stderr, 'printed by the trainer\n', args[0]);
    }
  });

  it('says why to a person where its output is for a program', () => {
    for (const args of commands.slice(2)) {
      const { status, stdout, stderr } = program.run([...args, '--json'], { says: [failure] });
      assert.deepEqual([status, stdout], [1, ''], args[0]);
      assert.match(stderr, /^It is broken\. Mend it\.$/m, args[0]);
    }
    // Of a run every message goes to the program.
    const { stdout, stderr } = program.run(['qat', 'c', '--json'], { says: [failure] });
    assert.deepEqual(JSON.parse(stdout.trim().split('\n').at(-1)!), failure);
    assert.doesNotMatch(stderr, /broken/);
  });

  it('explains a trainer that ends without a last word', () => {
    const { status, stdout } = program.run(['align', 'd'], { exits: 7 });
    assert.equal(status, 1);
    assert.match(stdout, /^Failed +The alignment process crashed \(exit code 7\)\.$/m);
  });
});

describe('a run', function () {
  this.timeout(60_000);
  useProgram();

  it('is drawn as it goes, and says in the end where it lies', () => {
    const { status, stdout, order } = program.run(['train', 'd', '--recipe', 'original', '--out', 'r'], {
      says: [{ type: 'warning', code: 'w', message: 'Few pictures.', advice: 'Add some.' }, finished],
    });
    assert.equal(status, 0);
    assert.deepEqual(stdout.split('\n'), [
      'Warning     Few pictures. Add some.',
      'Finished    4 steps in 2 s',
      `Run folder  ${here('r')}`,
      `Report      ${here('r', 'report.html')}`,
      '',
    ]);
    assert.ok(order?.type === 'train');
    assert.deepEqual(order.options, trainingOptions.parse({ dataset: here('d') }));
  });

  it('goes where runs go when nobody says otherwise, and is kept out of version control', () => {
    const { order } = program.run(['train', 'some faces', '--recipe', 'original'], { says: [finished] });
    assert.ok(order?.type === 'train');
    assert.equal(path.dirname(order.runFolder), here('.face-trainer', 'runs'));
    assert.match(path.basename(order.runFolder), /^\d{8}-\d{6}-some-faces$/);
    assert.equal(fs.readFileSync(here('.face-trainer', '.gitignore'), 'utf8'), '*\n');
  });

  it('is a line of JSON for each message where a program listens, and nothing else', () => {
    const { status, stdout } = program.run(['train', 'd', '--recipe', 'original', '--json'], { says: [finished] });
    assert.equal(status, 0);
    const messages = stdout.trim().split('\n');
    assert.deepEqual(
      messages.map((line) => (JSON.parse(line) as { type: string }).type),
      ['hello', 'finished'],
    );
  });

  it('of a fine-tuning lies beside the run of its checkpoint, if that lies among runs', () => {
    for (const [checkpoint, runs] of [
      [path.join('mine', 'runs', 'a', 'checkpoints', 'epoch-0003'), here('mine', 'runs')],
      [path.join('elsewhere', 'a', 'checkpoints', 'epoch-0003'), here('.face-trainer', 'runs')],
    ] as const) {
      const { status, order } = program.run(['qat', checkpoint, '--epochs', '2'], { says: [finished] });
      assert.equal(status, 0);
      assert.ok(order?.type === 'qat');
      assert.equal(path.dirname(order.runFolder), runs);
      assert.match(path.basename(order.runFolder), /^\d{8}-\d{6}-a-int8$/);
      assert.equal(order.checkpoint, here(checkpoint));
      assert.equal(order.overrides.epochs, 2);
    }
  });

  it('on synthetic faces begins with drawing them, and ends where that fails', () => {
    const sample = ['train', '--sample', '--epochs', '1'];
    fs.writeFileSync(
      program.beside('drawSample.js'),
      `require('node:fs').mkdirSync(process.argv[2], { recursive: true });`,
    );
    const drawn = program.run(sample, { says: [finished] });
    assert.equal(drawn.status, 0, drawn.stderr);
    assert.match(drawn.stdout, /^Drawing synthetic faces \(no real person is shown\)$/m);
    assert.ok(drawn.order?.type === 'train' && fs.statSync(drawn.order.options.dataset).isDirectory());
    fs.writeFileSync(program.beside('drawSample.js'), `console.error('ENOSPC: no space'); process.exitCode = 1;`);
    const refused = program.run(sample);
    assert.deepEqual([refused.status, refused.order], [1, undefined]);
    assert.match(
      refused.stderr,
      /^The synthetic faces could not be drawn into “.*synthetic-faces”\.\nENOSPC: no space$/m,
    );
  });

  it('is stopped by one Ctrl-C and killed by a second', async () => {
    const args = ['train', 'd', '--recipe', 'original'];
    const says = [{ type: 'engine', name: 'native', detail: 'here' }];
    const stopped = await program.interrupt(args, { says, onStop: [{ ...finished, reason: 'stopped' }] }, [
      /^Engine {6}here$/m,
    ]);
    assert.equal(stopped.status, 0);
    assert.match(stopped.stdout, /^Stopping after this batch \(Ctrl-C again ends it at once\)\nStopped {5}4 steps/m);
    const killed = await program.interrupt(args, { says }, [/^Engine {6}here$/m, /^Stopping after this batch/m]);
    assert.equal(killed.status, 1);
    assert.match(killed.stdout, /^Failed +The training process was interrupted twice and was ended\.$/m);
  });
});

const report: DatasetReport = {
  ...{ version: 1, dataset: '/d', layout: 'folders', people: 2, pictures: 8 },
  counts: [
    { person: 'anna', pictures: 5 },
    { person: 'bert', pictures: 3 },
  ],
  findings: [],
  suggestedExclusions: [],
};
const finding = (severity: Finding['severity']): Finding => ({
  ...{ code: 'two-people', severity, title: 'T', explanation: 'E.', advice: 'A.', files: [] },
});

describe('check', function () {
  this.timeout(60_000);
  useProgram();
  const check = (told: DatasetReport, ...args: string[]) =>
    program.run(['check', 'd', ...args], { says: [{ type: 'checked', report: told }] });

  it('prints what was found, and ends with 1 for an error alone', () => {
    const clean = check(report);
    assert.deepEqual(
      [clean.status, clean.stdout],
      [0, '8 pictures of 2 people can be used for training.\nNo problems found.\n'],
    );
    assert.equal(check({ ...report, findings: [finding('warning')] }).status, 0);
    const wrong = check({ ...report, findings: [finding('warning'), finding('error')] });
    assert.equal(wrong.status, 1);
    assert.match(wrong.stdout, /^Error {4}T\n {9}E\.\n {9}A\.$/m);
  });

  it('prints the report alone for a program', () => {
    const told = { ...report, findings: [finding('error')] };
    const { status, stdout } = check(told, '--json');
    assert.equal(status, 1);
    assert.deepEqual(jsonLines(stdout)[0], told);
  });

  it('counts what it writes into a list as one would say it', () => {
    for (const [files, says] of [
      [[], /^0 pictures to leave out are listed in .*list\.txt$/m],
      [['a/1.png'], /^1 picture to leave out is listed in .*list\.txt$/m],
      [['a/1.png', 'a/2.png'], /^2 pictures to leave out are listed in .*list\.txt$/m],
    ] as const) {
      const { stdout } = check({ ...report, suggestedExclusions: [...files] }, '--write-exclusions', 'list.txt');
      assert.match(stdout, says);
      const list = fs.readFileSync(here('list.txt'), 'utf8').trimEnd().split('\n');
      assert.deepEqual(
        list.filter((line) => !line.startsWith('#')),
        files,
      );
    }
  });

  it('refuses to write over something else before the pictures are looked at', () => {
    fs.writeFileSync(here('letter.txt'), 'Dear Anna');
    const { status, order, stderr } = check(report, '--write-exclusions', 'letter.txt');
    assert.deepEqual([status, order], [1, undefined]);
    assert.match(stderr, /letter\.txt” already exists and is not an exclusion list/);
    assert.equal(fs.readFileSync(here('letter.txt'), 'utf8'), 'Dear Anna');
  });

  it('that is stopped has no result', async () => {
    const script = { says: [{ type: 'preparing', done: 1, total: 9 }], onStop: [{ type: 'cancelled' }] };
    const { status, stdout } = await program.interrupt(['check', 'd'], script, [/printed by the trainer/]);
    assert.equal(status, 1);
    assert.equal(stdout, 'Stopping (Ctrl-C again ends it at once)\nStopped\n');
  });
});

describe('align', function () {
  this.timeout(60_000);
  useProgram();
  const summary = {
    ...{ out: '/o', contactSheet: '/o/contact-sheet.html', pictures: 9, aligned: 5, doubtful: 1 },
    ...{ withoutFace: 2, unreadable: 1, kept: 0 },
  };

  it('counts the faces, and says where the crops and the contact sheet are', () => {
    const { status, stdout, order } = program.run(['align', 'd', '--size', '160'], {
      says: [{ type: 'aligned', summary }],
    });
    assert.equal(status, 0);
    assert.deepEqual(order, {
      ...{ type: 'align', protocol: 1, dataset: here('d'), out: here('d-aligned'), size: 160, threads: 0 },
    });
    assert.deepEqual(stdout.split('\n'), [
      'Pictures    5 aligned, 1 doubtful, 2 without a face, 1 unreadable',
      'Crops       /o',
      'Review      /o/contact-sheet.html',
      '',
    ]);
    const json = program.run(['align', 'd', '--json'], { says: [{ type: 'aligned', summary }] });
    assert.deepEqual(jsonLines(json.stdout)[0], summary);
  });
});

const measured: Measurements = {
  ...{ pictures: 40, sameData: true, machine: 'a processor', agreement: 0.95, differing: 1 },
  models: [
    { precision: 'float32', bytes: 9_000_000, accuracy: 0.9, loss: 1, latency: { median: 8, p90: 9, runs: 50 } },
    { precision: 'int8', bytes: 2_500_000, accuracy: 0.85, loss: 1, latency: { median: 3.456, p90: 4, runs: 50 } },
  ],
};

describe('export', function () {
  this.timeout(60_000);
  useProgram();
  const word = { type: 'exported', file: '/e/f.onnx', bytes: 1_260_000, cards: ['/e/f.md', '/e/f.json'], measured };

  it('says what was written and what was measured', () => {
    const { status, stdout } = program.run(['export', 'c', '--format', 'onnx'], { says: [word] });
    assert.equal(status, 0);
    const lines = stdout.split('\n');
    assert.equal(lines[0], 'Written     /e/f.onnx, 1.3 MB');
    assert.equal(lines[1], 'float32     accuracy 90.0 %   8.00 ms per picture   9.00 MB');
    assert.equal(lines.at(-2), 'Model card  /e/f.md');
    const json = program.run(['export', 'c', '--json'], { says: [word] });
    const { type, ...rest } = word;
    assert.equal(type, 'exported');
    assert.deepEqual(jsonLines(json.stdout)[0], rest);
  });

  it('says nothing of measurements where there are none', () => {
    const { measured: none, ...unmeasured } = word;
    assert.ok(none);
    const { stdout, order } = program.run(['export', 'c', '--no-measure'], { says: [unmeasured] });
    assert.equal(stdout, 'Written     /e/f.onnx, 1.3 MB\nModel card  /e/f.md\n');
    assert.ok(order?.type === 'export' && !order.measure);
  });
});

describe('compare', function () {
  this.timeout(60_000);
  useProgram();
  const comparison: Comparison = {
    ...{ checkpoint: '/c', dataset: '/d', network: 'n', measurements: measured },
    gallery: [
      {
        ...{ file: 'anna/1.png', person: 'anna', thumbnail: 'data:,' },
        ...{ float32: { person: 'anna', probability: 0.6 }, int8: { person: 'bert', probability: 0.5 } },
      },
    ],
  };

  it('prints both networks and where they differ, for a program without the pictures', () => {
    const says = [{ type: 'compared', comparison }];
    const { status, stdout } = program.run(['compare', 'c'], { says });
    assert.equal(status, 0);
    assert.match(stdout, /^ {12}anna\/1\.png: float anna 60\.0 %, int8 bert 50\.0 %$/m);
    const json = jsonLines(program.run(['compare', 'c', '--json'], { says }).stdout)[0] as Comparison;
    const { thumbnail, ...told } = comparison.gallery[0]!;
    assert.ok(thumbnail);
    assert.deepEqual(json, { ...comparison, gallery: [told] });
  });
});

describe('predict', function () {
  this.timeout(60_000);
  useProgram();
  const known = { file: 'p.jpg', person: 'anna', probability: 0.9, scores: { anna: 0.9, bert: 0.1 } };
  const unknown = { file: 'q.jpg', error: 'is empty' };
  const answered = (...predictions: object[]) => ({
    says: [{ type: 'predicted', runtime: 'r', network: 'n', predictions }],
  });

  it('names who is in each picture, and ends with 1 where one could not be looked at', () => {
    const good = program.run(['predict', 'm', 'p.jpg', '--faces', 'as-they-are'], answered(known));
    assert.deepEqual([good.status, good.stdout], [0, 'p.jpg: anna 90.0 %, bert 10.0 %\n']);
    assert.ok(good.order?.type === 'predict');
    assert.deepEqual([good.order.files, good.order.faces, good.order.seen], [[here('p.jpg')], 'as-they-are', false]);
    const bad = program.run(['predict', 'm', 'p.jpg', 'q.jpg'], answered(known, unknown));
    assert.deepEqual([bad.status, bad.stdout], [1, 'p.jpg: anna 90.0 %, bert 10.0 %\nq.jpg: is empty\n']);
    const json = program.run(['predict', 'm', 'p.jpg', 'q.jpg', '--json'], answered(known, unknown));
    assert.equal(json.status, 1);
    assert.deepEqual(jsonLines(json.stdout), [known, unknown]);
  });
});
