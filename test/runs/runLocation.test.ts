import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { reduceAll } from '../../src/core/runState.js';
import { trainingOptions } from '../../src/protocol/options.js';
import type { RunEvent } from '../../src/protocol/runEvents.js';
import { requireSameData, type CheckpointRun } from '../../src/runs/checkpointRun.js';
import { parentRunOf } from '../../src/runs/parentRun.js';
import { RunFolder } from '../../src/runs/runFolder.js';
import { newRunFolder, runFolderOfOptions } from '../../src/runs/newRunFolder.js';
import { defaultRunsFolder, ignoreInGit } from '../../src/runs/runLocation.js';
import { networkOptionsOf } from '../../src/graph/networkOptions.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const now = new Date(2026, 2, 4, 5, 6, 7); // local time, as the name has it
const nameFor = (dataset: string) => path.basename(newRunFolder(defaultRunsFolder(folder()), dataset, now));

describe('the place of a new run', () => {
  it('is named by local time and the folder of the pictures', () => {
    const runs = defaultRunsFolder(folder());
    assert.equal(runs, path.join(folder(), '.face-trainer', 'runs'));
    assert.equal(newRunFolder(runs, '/data/wild', now), path.join(runs, '20260304-050607-wild'));
    assert.equal(path.basename(newRunFolder(runs, '/d', new Date(2026, 11, 31, 23, 59, 59))), '20261231-235959-d');
    assert.ok(!fs.existsSync(runs), 'the folder itself is the trainer’s to make');
  });

  it('keeps letters and numbers of every script, and makes a hyphen of everything else', () => {
    for (const [dataset, name] of [
      ['/data/LFW_2.1-small', 'LFW_2.1-small'],
      ['/data/Fotos für Anna (neu)', 'Fotos-für-Anna-neu'],
      ['/data/my  pictures', 'my-pictures'],
      ['/data/家族の写真', '家族の写真'],
      ['/data/فوتو', 'فوتو'],
      ['/data/u\u0308ber', 'über'],
      ['/data/a:b*c?"d"<e>|f', 'a-b-c-d-e-f'],
      ['/data/faces🙂', 'faces'],
      ['/data/a\nb\u0000c', 'a-b-c'],
      ['/data/x/', 'x'],
    ] as const)
      assert.equal(nameFor(dataset), `20260304-050607-${name}`, dataset);
  });

  it('calls a run a run where the pictures’ folder has no name that could be used', () => {
    for (const dataset of ['/', '', '/data/***', '/data/🙂', '/data/---', '/data/...'])
      assert.equal(nameFor(dataset), '20260304-050607-run', dataset);
  });

  it('cuts a long name between two letters, and ends it in a letter', () => {
    const letters = (name: string) => Array.from(name.slice('20260304-050607-'.length));
    assert.equal(letters(nameFor(`/data/${'a'.repeat(41)}`)).length, 40);
    // Each of these takes two places of a string: half of one is no letter, and no disk writes it as it is.
    for (const begin of ['', 'a', 'ab']) {
      const name = nameFor(`/data/${begin}${'𠮷'.repeat(60)}`);
      assert.doesNotMatch(name, /\p{Surrogate}/u, JSON.stringify(name));
      assert.equal(letters(name).length, 40);
    }
    // Windows writes no name with a full stop at its end.
    for (const end of ['.x', '-x', '..x']) assert.match(nameFor(`/data/${'a'.repeat(39)}${end}`), /-a{39}$/, end);
  });

  it('is never one that is there', () => {
    const runs = defaultRunsFolder(folder());
    const made = Array.from({ length: 4 }, () => {
      const run = newRunFolder(runs, '/data/wild', now);
      assert.ok(!fs.existsSync(run));
      fs.mkdirSync(run, { recursive: true });
      return path.basename(run);
    });
    assert.deepEqual(
      made,
      ['', '-2', '-3', '-4'].map((end) => `20260304-050607-wild${end}`),
    );
    fs.rmdirSync(path.join(runs, '20260304-050607-wild-2'));
    fs.writeFileSync(path.join(runs, '20260304-050607-wild-2'), 'a file');
    assert.equal(path.basename(newRunFolder(runs, '/data/wild', now)), '20260304-050607-wild-5');
  });
});

describe('what keeps runs out of version control', () => {
  it('is a .gitignore in a folder of ours, written once and left as somebody has it', () => {
    const own = path.join(folder(), '.face-trainer');
    newRunFolder(path.join(own, 'runs'), '/d', now);
    assert.equal(fs.readFileSync(path.join(own, '.gitignore'), 'utf8'), '*\n');
    assert.equal(fs.statSync(own).mode & 0o777, 0o700);
    fs.writeFileSync(path.join(own, '.gitignore'), '# mine\n');
    newRunFolder(path.join(own, 'runs'), '/d', now);
    assert.equal(fs.readFileSync(path.join(own, '.gitignore'), 'utf8'), '# mine\n');
  });

  it('is nothing in a folder that has another name', () => {
    newRunFolder(path.join(folder(), 'runs'), '/d', now);
    ignoreInGit(path.join(folder(), 'face-trainer'));
    assert.deepEqual(fs.readdirSync(folder()), []);
  });

  it('keeps no run from starting where it cannot be written', () => {
    fs.writeFileSync(path.join(folder(), '.face-trainer'), 'a file');
    newRunFolder(path.join(folder(), '.face-trainer', 'runs'), '/d', now);
    assert.equal(fs.readFileSync(path.join(folder(), '.face-trainer'), 'utf8'), 'a file');
  });
});

const stepAt = (step: number): RunEvent => ({ ...SAMPLE_EVENTS.step, step });
const epochAt = (epoch: number, step: number): RunEvent => ({ ...SAMPLE_EVENTS.epoch, epoch, step });
const checkpointAt = (name: string, epoch: number, step: number): RunEvent => ({
  ...SAMPLE_EVENTS.checkpoint,
  ...{ path: `checkpoints/${name}`, epoch, step },
});

describe('the run that a run goes on from', () => {
  const log: RunEvent[] = [
    SAMPLE_EVENTS.run,
    ...[stepAt(1), stepAt(2), epochAt(1, 2), checkpointAt('epoch-0001', 1, 2)],
    ...[stepAt(3), checkpointAt('step-000003', 1, 3)],
    ...[stepAt(4), epochAt(2, 4), checkpointAt('epoch-0002', 2, 4)],
    SAMPLE_EVENTS.finished,
  ];
  const parent = () => new RunFolder(path.join(folder(), 'parent'));

  function goneOnFrom(checkpoint: string | undefined): ReturnType<typeof parentRunOf> {
    const options = trainingOptions.parse({
      dataset: '/d',
      ...(checkpoint === undefined ? {} : { parent: path.join(parent().checkpoints, checkpoint) }),
    });
    return parentRunOf(reduceAll([{ ...SAMPLE_EVENTS.run, options }]));
  }

  it('is read up to the checkpoint, that of an epoch or one inside it', () => {
    fs.mkdirSync(parent().path);
    fs.writeFileSync(parent().metrics, log.map((event) => `${JSON.stringify(event)}\n`).join(''));
    for (const [name, step, epoch, steps, epochs] of [
      ['epoch-0001', 2, 1, [1, 2], [1]],
      ['step-000003', 3, 1, [1, 2, 3], [1]],
      ['epoch-0002', 4, 2, [1, 2, 3, 4], [1, 2]],
    ] as const) {
      const { events, ...read } = goneOnFrom(name)!;
      assert.deepEqual(read, { runFolder: parent().path, checkpoint: name, step, epoch });
      assert.deepEqual(
        events.flatMap((event) => (event.type === 'step' ? event.step : [])),
        steps,
      );
      assert.deepEqual(
        events.flatMap((event) => (event.type === 'epoch' ? event.epoch : [])),
        epochs,
      );
      assert.equal(events[0]?.type, 'run');
    }
  });

  it('is none where there is none, where it is gone, and where its log knows no such checkpoint', () => {
    assert.equal(goneOnFrom(undefined), undefined);
    assert.equal(goneOnFrom('epoch-0001'), undefined, 'gone');
    assert.equal(parentRunOf(reduceAll([])), undefined, 'a run that has not said who it is');
    fs.mkdirSync(parent().path);
    fs.writeFileSync(parent().metrics, log.map((event) => `${JSON.stringify(event)}\n`).join(''));
    for (const name of ['epoch-0003', 'epoch-001', '1', 'checkpoints']) assert.equal(goneOnFrom(name), undefined, name);
  });
});

describe('the data of a fine-tuning', () => {
  const parent: CheckpointRun = {
    options: trainingOptions.parse({ dataset: '/d' }),
    network: networkOptionsOf({ size: 32, width: 0.1, pooling: 'max' }),
    faces: undefined,
    template: undefined,
    people: ['anna', 'bert'],
    fingerprint: 'sha256:1',
    withoutFace: [],
  };

  it('shows the people that the network knows, in their order', () => {
    requireSameData(parent, ['anna', 'bert'], 'sha256:1', false);
    for (const [people, has] of [
      [['anna'], 'has 1.'],
      [['anna', 'bert', 'cleo'], 'has 3.'],
      [[], 'has 0.'],
      [['bert', 'anna'], 'has different ones.'],
      [['anna', 'Bert'], 'has different ones.'],
    ] as const)
      for (const agreed of [true, false])
        assert.throws(() => requireSameData(parent, people, 'sha256:1', agreed), {
          code: 'dataset-people-changed',
          message: `The network knows 2 people; the folder ${has}`,
        });
  });

  it('has other pictures only where somebody agreed', () => {
    requireSameData(parent, ['anna', 'bert'], 'sha256:2', true);
    assert.throws(() => requireSameData(parent, ['anna', 'bert'], 'sha256:2', false), { code: 'dataset-changed' });
  });
});

describe('the place of a run that is asked for again', () => {
  const options = trainingOptions.parse({ dataset: '/pictures/my faces', seed: 3 });
  const runs = () => defaultRunsFolder(folder());

  it('is the same for the same options, and says what it is', () => {
    const place = runFolderOfOptions(runs(), options);
    assert.equal(runFolderOfOptions(runs(), { ...options }), place);
    assert.equal(path.dirname(place), runs());
    assert.match(path.basename(place), /^my-faces-original-seed-3-[0-9a-f]{8}$/);
    assert.equal(fs.existsSync(place), false, 'the folder is the trainer’s to make');
    assert.equal(fs.readFileSync(path.join(folder(), '.face-trainer', '.gitignore'), 'utf8'), '*\n');
  });

  it('is another one where anything is another, be it the place of the pictures', () => {
    const places = [options, { ...options, epochs: 11 }, { ...options, dataset: '/elsewhere/my faces' }];
    assert.equal(new Set(places.map((of) => runFolderOfOptions(runs(), of))).size, 3);
  });
});
