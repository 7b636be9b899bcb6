import assert from 'node:assert/strict';
import path from 'node:path';
import type { RecognizerSummary } from '../../src/protocol/recognition.js';
import { readRecognizer, writeRecognizer } from '../../src/recognizers/recognizerFolder.js';
import { recognizersFolder } from '../../src/recognizers/recognizersFolder.js';
import { ENROLMENT, KNOWN, NETWORK, NO_NAME, RECOGNIZER } from '../protocol/recognitionMessages.js';
import { SAMPLE_EVALUATION } from '../support/sampleEvaluation.js';
import { recognizerOf } from '../support/syntheticFaces.js';
import { scratchFolder } from '../support/scratch.js';
import { ScriptedProgram } from './scriptedProgram.js';
import { jsonLines } from '../support/jsonLines.js';

// Recognizers at the terminal: what is changed here, and what a trainer is asked for.

const folder = scratchFolder();
let program: ScriptedProgram;
/** In a suite: a program of its own for each test. */
const withProgram = () => beforeEach(() => (program = new ScriptedProgram(folder())));

/** Among those of the working folder, so that its name is enough. */
function door(): string {
  const place = path.join(recognizersFolder(folder()), 'door');
  writeRecognizer(place, recognizerOf(['Anna', 'Bo']));
  return place;
}
const namesIn = (place: string) => readRecognizer(place).record.people.map(({ name }) => name);

describe('recognizer', function () {
  withProgram();
  this.timeout(60_000);

  it('lists, shows and changes without a trainer, by name or by path', () => {
    assert.match(program.run(['recognizer', 'list']).stdout, /no recognizer here yet/);
    const place = door();
    const listed = program.run(['recognizer', 'list', '--json']);
    assert.deepEqual(
      (jsonLines(listed.stdout) as RecognizerSummary[]).map(({ name }) => name),
      ['door'],
    );
    assert.match(
      program.run(['recognizer', 'show', 'door']).stdout,
      /^“door” knows 2 people\..*\n\n {12}Anna: 3 pictures\n/,
    );
    const renamed = program.run(['recognizer', 'rename', place, 'Bo', 'Bob']);
    assert.deepEqual([renamed.status, renamed.order, namesIn(place)], [0, undefined, ['Anna', 'Bob']]);
    assert.match(renamed.stdout, /Last {8}Renamed Bo to Bob/);
    for (const [args, names] of [
      [['merge', 'door', 'Bob', 'Anna'], ['Anna']],
      [
        ['undo', 'door'],
        ['Anna', 'Bob'],
      ],
      [['remove', 'door', 'Anna'], ['Bob']],
      [['forget', 'door', 'Anna'], ['Bob']],
    ] as const) {
      assert.equal(program.run(['recognizer', ...args]).status, 0, args.join(' '));
      assert.deepEqual(namesIn(place), names, args.join(' '));
    }
    program.run(['recognizer', 'threshold', 'door', '0.5']);
    assert.equal(readRecognizer(place).record.threshold.value, 0.5);
  });

  it('says in two sentences what cannot be done, and changes nothing', () => {
    const place = door();
    const { status, stderr } = program.run(['recognizer', 'remove', 'door', 'Cy']);
    assert.deepEqual([status, stderr.trim().split('\n').length, namesIn(place)], [1, 2, ['Anna', 'Bo']]);
    assert.match(program.run(['recognizer', 'show', 'gate']).stderr, /gate” is not a recognizer/);
  });

  it('asks a trainer for what needs the network', () => {
    const place = door();
    const changed = { recognizer: RECOGNIZER, done: 'Added 1 picture of Anna.', leftOut: [] };
    const { status, stdout, order } = program.run(['recognizer', 'add', 'door', 'Anna', 'a.jpg'], {
      says: [{ type: 'edited', changed }],
    });
    assert.deepEqual([status, stdout.split('\n')[0]], [0, 'Added 1 picture of Anna.']);
    assert.ok(order?.type === 'editRecognizer' && order.recognizer.endsWith(path.join('recognizers', 'door')));
    assert.deepEqual([order.change.kind, order.change.person], ['add', 'Anna']);
    assert.deepEqual(namesIn(place), ['Anna', 'Bo'], 'the trainer does it');
  });
});

describe('enroll and recognize', function () {
  withProgram();
  this.timeout(60_000);

  it('print one line of JSON for a program, and the sentence first for a person', () => {
    const says = [{ type: 'enrolled', enrolment: ENROLMENT }];
    const { stdout } = program.run(['enroll', 'd', '--network', 'c', '--json'], { says });
    assert.deepEqual(JSON.parse(stdout.trim().split('\n').at(-1)!), ENROLMENT);
    assert.match(
      program.run(['enroll', 'd', '--network', 'c'], { says }).stdout,
      /^“r” knows 1 person by 5 pictures\.\n/,
    );
  });

  it('end with 1 where a picture got no answer', () => {
    const recognition = (...answers: object[]) => ({
      says: [{ type: 'recognized', recognition: { recognizer: 'r', network: NETWORK, runtime: 'n', answers } }],
    });
    assert.equal(program.run(['recognize', 'r', 'p.jpg'], recognition(KNOWN)).status, 0);
    const none = program.run(['recognize', 'r', 'p.jpg', '--json'], recognition(KNOWN, NO_NAME));
    assert.equal(none.status, 1);
    assert.deepEqual((JSON.parse(none.stdout) as { answers: unknown }).answers, [KNOWN, NO_NAME]);
  });
});

describe('evaluate', function () {
  withProgram();
  this.timeout(60_000);
  const said = (carried: boolean) => {
    const suggestion = { threshold: 0.620001, carried, missing: carried ? 0 : 297 };
    const evaluation = { ...SAMPLE_EVALUATION, suggestion };
    return { says: [{ type: 'evaluated', evaluation, network: NETWORK, recognizer: RECOGNIZER }] };
  };

  it('prints all that was found as the last line for a program', () => {
    const { stdout } = program.run(['evaluate', 'r', '--json'], said(true));
    const last = JSON.parse(stdout.trim().split('\n').at(-1)!) as typeof SAMPLE_EVALUATION & { network: object };
    assert.deepEqual(
      [last.closedSet?.accuracy, last.closedSet?.accuracyInterval, last.threshold, last.network],
      [0.75, [0.2, 0.99], 0.5, NETWORK],
    );
    assert.ok(SAMPLE_EVALUATION.map && !('map' in last), 'the map is for the page');
  });

  it('adopts the suggested threshold where it is asked to and the evidence carries it', () => {
    const place = door();
    const { value } = readRecognizer(place).record.threshold;
    const refused = program.run(['evaluate', 'door', '--use-threshold'], said(false));
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /does not carry the wish/);
    assert.equal(readRecognizer(place).record.threshold.value, value);
    const adopted = program.run(['evaluate', 'door', '--use-threshold'], said(true));
    assert.equal(adopted.status, 0, adopted.stderr);
    const { threshold } = readRecognizer(place).record;
    assert.deepEqual([threshold.value, threshold.evidence.kind], [0.620001, 'strangers']);
  });
});
