import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { forgettingLines, KIND_WORDS, placeLines, deletedLines } from '../../src/cli/personalLines.js';
import { formatBytes } from '../../src/core/format.js';
import { PERSONAL_KINDS, type Forgetting, type PersonalPlace } from '../../src/protocol/personalData.js';
import { GOOD_FORGETTING, GOOD_PLACE } from '../protocol/jobMessages.js';
import { scratchFolder } from '../support/scratch.js';
import { refused } from './commandLines.js';
import { ScriptedProgram } from './scriptedProgram.js';
import { jsonLines } from '../support/jsonLines.js';

// What is kept of people, at the terminal: how it is asked for, told, and left alone where nobody can be asked.

const folder = scratchFolder();
let program: ScriptedProgram;
const withProgram = () => beforeEach(() => (program = new ScriptedProgram(folder())));
const here = (...names: string[]) => path.join(fs.realpathSync(folder()), ...names);
const failure = { type: 'failure', code: 'x', message: 'It is broken.', advice: 'Mend it.' };

const place = (kind: PersonalPlace['kind'], at: string, more: Partial<PersonalPlace> = {}): PersonalPlace => ({
  ...GOOD_PLACE,
  ...{ id: at, kind, path: at, dataset: '/d', ...more },
});
const PLACES = [
  place('pixel-cache', '/cache/pixels/1'),
  place('face-cache', '/cache/faces', { dataset: '/other' }),
  place('run', '/runs/a'),
  place('run', '/runs/b', { stays: 'it is being trained now' }),
  place('pictures', '/d', { bytes: 0, files: 0, stays: 'your pictures are never removed here' }),
];
const listed = { type: 'personalListed', places: PLACES };

describe('privacy', function () {
  withProgram();
  this.timeout(60_000);

  it('lists what is kept, looking in the working folder as well', () => {
    const { status, stdout, order } = program.run(['privacy', 'list'], { says: [listed] });
    assert.equal(status, 0);
    assert.deepEqual(order?.type === 'listPersonal' && order.folders, [here()]);
    assert.match(stdout, /^Pixel cache \/cache\/pixels\/1\n {12}names; 2 files, 1 kB\n {12}of \/d\n/);
    assert.match(stdout, /Run {9}\/runs\/b\n.*\n {12}of \/d\n {12}stays: it is being trained now\n/);
    assert.match(stdout, /\n3 places can be removed, 3 kB: face-trainer privacy delete\n$/);
    const { stdout: json } = program.run(['privacy', 'list', '--json'], { says: [listed] });
    assert.deepEqual(jsonLines(json), PLACES);
  });

  it('removes nothing where nobody can be asked', () => {
    const { status, stderr, order } = program.run(['privacy', 'delete', '--all'], { says: [listed] });
    assert.equal(status, 1);
    assert.match(stderr, /^Nothing was removed: nobody could be asked\. Add --yes to remove it\.$/m);
    assert.equal(order?.type, 'listPersonal', 'no trainer was asked to remove anything');
  });

  it('removes what was meant, and never the pictures', () => {
    for (const [args, ids] of [
      [['--all'], ['/cache/pixels/1', '/cache/faces', '/runs/a']],
      [['--caches'], ['/cache/pixels/1', '/cache/faces']],
      [
        ['--dataset', '/d'],
        ['/cache/pixels/1', '/runs/a', '/runs/b'],
      ],
      [['/runs/a'], ['/runs/a']],
      [['/runs/b'], ['/runs/b']],
      [
        ['/runs/a', '--caches'],
        ['/cache/pixels/1', '/cache/faces', '/runs/a'],
      ],
    ] as const) {
      // The same trainer answers both orders: what it is asked last is looked at.
      const { order } = program.run(['privacy', 'delete', ...args, '--yes'], { says: [listed] });
      assert.deepEqual(order?.type === 'deletePersonal' && order.ids, ids, args.join(' '));
    }
    for (const args of [['/d'], ['/unknown'], ['--dataset', '/nowhere']]) {
      const { status, stdout, order } = program.run(['privacy', 'delete', ...args, '--yes'], { says: [listed] });
      assert.deepEqual([status, order?.type], [0, 'listPersonal']);
      assert.match(stdout, /^Nothing of that is kept\.$/m);
    }
  });

  it('passes on why it could not be listed', () => {
    const { status, stdout } = program.run(['privacy', 'list'], { says: [failure] });
    assert.equal(status, 1);
    assert.match(stdout, /It is broken\.\n {12}Mend it\./);
    assert.equal(program.run(['privacy', 'list', '--json'], { says: [failure] }).stdout, '');
  });

  it('says what it takes', () => {
    assert.match(refused('privacy').message, /list or delete/);
    assert.match(refused('privacy', 'show').message, /list or delete/);
    assert.match(refused('privacy', 'delete').message, /Say what to remove/);
    assert.match(refused('privacy', 'list', 'all').message, /Unexpected argument “all”/);
  });
});

describe('forget', function () {
  withProgram();
  this.timeout(60_000);
  const says = (forgetting: Partial<Forgetting> = {}) => ({
    says: [{ type: 'forgotten', forgetting: { ...GOOD_FORGETTING, left: [], ...forgetting } }],
  });
  const clean = { search: { ...GOOD_FORGETTING.search!, hits: [] } };

  it('shows what it would erase, and asks for no change', () => {
    const { status, stdout, order } = program.run(
      ['forget', 'd', 'Anna', '--dry-run'],
      says({ ...clean, done: false }),
    );
    assert.equal(status, 0);
    assert.ok(order?.type === 'forget' && !order.change && !order.pictures && order.networks === 'keep');
    assert.deepEqual([order.dataset, order.person, order.folders], [here('d'), 'Anna', [here()]]);
    assert.match(stdout, /^Found {7}the name \(10 bytes\) in \/runs\/a$/m);
    assert.match(stdout, /^Pictures {4}1 picture of yours, such as \/d\/x\.jpg$/m);
    assert.match(stdout, /^Remains {5}1 network \(10 bytes\) in \/runs\/a\/checkpoints$/m);
  });

  it('erases nothing where nobody can be asked', () => {
    const { status, stderr, order } = program.run(['forget', 'd', 'Anna'], says(clean));
    assert.equal(status, 1);
    assert.match(stderr, /^Nothing was erased: nobody could be asked\. Add --yes to erase it\.$/m);
    assert.ok(order?.type === 'forget' && !order.change);
  });

  it('erases with what else is wished, and says where that is written down', () => {
    const args = ['forget', 'd', 'Anna', '--yes', '--with-pictures', '--networks', 'delete'];
    const { status, stdout, order } = program.run(args, says(clean));
    assert.equal(status, 0);
    assert.ok(order?.type === 'forget' && order.change && order.pictures && order.networks === 'delete');
    assert.match(stdout, /^Erased {6}the name/m);
    assert.match(stdout, /^Searched {4}2 files \(3 bytes\) for 1 way to write the name, .*: nothing is left$/m);
    assert.match(stdout, /^Evidence {4}\/e\.json\nCode {8}c$/m);
    const { stdout: json } = program.run([...args, '--json'], says(clean));
    assert.deepEqual((JSON.parse(json) as Forgetting).search, clean.search);
  });

  it('fails where something is left, or still found', () => {
    const still = program.run(['forget', 'd', 'Anna', '--yes'], says());
    assert.equal(still.status, 1);
    assert.match(still.stdout, /: 1 place left\nStill there w in \/p$/m);
    assert.equal(
      program.run(['forget', 'd', 'Anna', '--yes'], says({ ...clean, left: GOOD_FORGETTING.left })).status,
      1,
    );
    const { status, stdout } = program.run(['forget', 'd', 'Anna', '--yes'], { says: [failure] });
    assert.equal(status, 1);
    assert.match(stdout, /It is broken\./);
  });

  it('says what it takes', () => {
    for (const args of [[], ['d']]) assert.match(refused('forget', ...args).message, /Name the folder of pictures/);
    assert.match(refused('forget', 'd', 'Anna', 'Bo').message, /one person at a time/);
    assert.match(refused('forget', 'd', 'Anna', '--networks', 'zero').message, /--networks/);
  });
});

describe('the lines about personal data', () => {
  it('have a word for every kind of place', () => {
    for (const kind of PERSONAL_KINDS) assert.ok(placeLines([place(kind, '/x')])[0]!.startsWith(KIND_WORDS[kind]));
    assert.equal(new Set(Object.values(KIND_WORDS)).size, PERSONAL_KINDS.length);
    for (const word of Object.values(KIND_WORDS)) assert.ok(word.length < 12, word);
  });

  it('say of what was removed what it was, and of the rest why it stays', () => {
    assert.deepEqual(deletedLines([GOOD_PLACE], []), [
      'Removed     /runs/a: names',
      '1 place removed, 1 kB. Your own pictures are as they were.',
    ]);
    assert.deepEqual(deletedLines([], [{ path: '/p', why: 'a job is using it now' }]), [
      'Stays       /p: a job is using it now',
      '0 places removed, 0 bytes.',
    ]);
    assert.equal(placeLines([]).at(-1), 'Nothing is kept that could be removed.');
    assert.ok(forgettingLines({ ...GOOD_FORGETTING, traces: [] }).includes('Nothing is kept of this person.'));
  });

  it('tell sizes of a thousand bytes each', () => {
    const sizes = [0, 1, 999, 1000, 1_499_999, 2_500_000_000].map(formatBytes);
    assert.deepEqual(sizes, ['0 bytes', '1 byte', '999 bytes', '1 kB', '1.5 MB', '2.5 GB']);
  });
});
