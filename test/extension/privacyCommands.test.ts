import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { copyDiagnostics } from '../../src/extension/commands/copyDiagnostics.js';
import { deletePersonalData, forgetPerson } from '../../src/extension/commands/privacyCommands.js';
import { Jobs, type RunningJob } from '../../src/extension/job.js';
import { KeptLog } from '../../src/extension/keptLog.js';
import type { LastWord, TrainerOrder } from '../../src/protocol/jobs.js';
import type { Forgetting, PersonalPlace } from '../../src/protocol/personalData.js';
import { GOOD_FORGETTING, GOOD_PLACE } from '../protocol/jobMessages.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor } from './fakeEditor.js';
import { HeldRecognizers } from './heldRecognizers.js';

const scratch = scratchFolder();

class Memory extends Map<string, unknown> {
  update(key: string, value: unknown): Promise<void> {
    if (value === undefined) this.delete(key);
    else this.set(key, value);
    return Promise.resolve();
  }
}

/** Jobs that are answered from a list. */
class ToldJobs extends Jobs {
  readonly orders: TrainerOrder[] = [];

  constructor(
    editor: FakeEditor,
    private readonly words: LastWord[],
  ) {
    super(editor, 'none');
  }

  override run(order: Parameters<Jobs['run']>[0]): Promise<LastWord> {
    this.orders.push(order);
    return Promise.resolve(this.words.shift()!);
  }
  override start(): RunningJob {
    throw new Error('not asked for');
  }
}

function open(...words: LastWord[]) {
  const editor = new FakeEditor();
  const recognizers = HeldRecognizers.inWorkspace(editor, scratch());
  const jobs = new ToldJobs(editor, words);
  let refreshed = 0;
  const memory = new Memory([
    ['trainingChoices /faces', {}],
    ['other', 1],
  ]);
  const services = { jobs, recognizers, memory, refresh: () => (refreshed += 1) };
  return { editor, recognizers, jobs, memory, services, refreshed: () => refreshed };
}

const place = (kind: PersonalPlace['kind'], at: string, more: Partial<PersonalPlace> = {}): PersonalPlace => ({
  ...GOOD_PLACE,
  ...{ id: at, kind, path: at, bytes: 2e6 },
  ...more,
});
const listed = (...places: PersonalPlace[]): LastWord => ({ type: 'personalListed', places });
const failure: LastWord = { type: 'failure', code: 'x', message: 'It is broken.', advice: 'Mend it.' };

describe('Delete Personal Data', () => {
  const all = [
    place('run', '/runs/first'),
    place('pixel-cache', '/cache/abc'),
    place('run', '/runs/busy', { stays: 'it is being trained now' }),
    place('pictures', '/faces', { stays: 'yours' }),
  ];

  it('shows what can be removed, with sizes, asks, removes what is ticked and says so', async () => {
    const removed: LastWord = { type: 'personalDeleted', removed: [all[1]!], left: [] };
    const { editor, jobs, memory, services, refreshed } = open(listed(...all), removed);
    editor.ticks.push('$(database)', '$(history)');
    editor.buttons.push('Remove');
    await deletePersonalData(editor, services);
    const rows = editor.lists[0]!.filter(({ separator }) => !separator);
    assert.deepEqual(
      rows.map(({ label, description }) => [label, description]),
      [
        ['$(database) Decoded pictures of d', '2.0 MB'],
        ['$(organization) first', '2.0 MB'],
        ['$(history) Options of 1 folder', undefined],
      ],
    );
    assert.match(editor.said[0]!.message, /^Remove 1 place, 2\.0 MB, and the options of 1 folder\?$/);
    assert.match(editor.said[0]!.detail!, /cannot be taken back.*own pictures are not touched/);
    assert.deepEqual(
      jobs.orders.map((order) => (order.type === 'deletePersonal' ? order.ids : order.type)),
      ['listPersonal', ['/cache/abc']],
    );
    assert.deepEqual([...memory.keys()], ['other']);
    assert.deepEqual([refreshed(), editor.said.at(-1)!.message], [1, '1 place removed, 2.0 MB.']);
  });

  it('removes nothing without a tick, or without a yes', async () => {
    for (const ticks of [[], ['$(database)']]) {
      const { editor, jobs, memory, services } = open(listed(...all));
      editor.ticks.push(...ticks);
      await deletePersonalData(editor, services);
      assert.deepEqual([jobs.orders.length, memory.size], [1, 2]);
    }
  });

  it('says where nothing is kept, what stays and why, and what failed', async () => {
    const nothing = open(listed());
    nothing.memory.clear();
    await deletePersonalData(nothing.editor, nothing.services);
    assert.match(nothing.editor.said[0]!.message, /^Nothing is kept of people/);
    const left: LastWord = {
      type: 'personalDeleted',
      removed: [],
      left: [{ path: '/runs/first', why: 'it is in use' }],
    };
    const some = open(listed(...all), left);
    some.editor.ticks.push('$(organization)');
    some.editor.buttons.push('Remove');
    await deletePersonalData(some.editor, some.services);
    assert.deepEqual(some.editor.said.at(-1)!.severity, 'warning');
    assert.match(some.editor.said.at(-1)!.message, /first stays: it is in use\.$/);
    const broken = open(failure);
    await deletePersonalData(broken.editor, broken.services);
    assert.equal(broken.editor.said[0]!.message, 'It is broken. Mend it.');
  });
});

describe('Forget a Person', () => {
  const forgotten = (more: Partial<Forgetting> = {}): LastWord => ({
    type: 'forgotten',
    forgetting: { ...GOOD_FORGETTING, left: [], search: { ...GOOD_FORGETTING.search!, hits: [] }, ...more },
  });

  function people(): string {
    const dataset = path.join(scratch(), 'faces');
    for (const name of ['Anna', 'Bo']) fs.mkdirSync(path.join(dataset, name), { recursive: true });
    return dataset;
  }

  it('looks first, shows what remains, and erases with or without the networks', async () => {
    for (const [button, networks] of [
      ['Erase', 'keep'],
      ['Erase, with the Networks', 'delete'],
    ] as const) {
      const { editor, jobs, services, refreshed } = open(forgotten({ done: false }), forgotten());
      const dataset = people();
      editor.files.push(dataset);
      editor.picks.push('Bo');
      editor.buttons.push(button, 'Open Evidence');
      await forgetPerson(editor, services, undefined);
      const [looked, done] = jobs.orders;
      assert.ok(looked?.type === 'forget' && done?.type === 'forget');
      assert.deepEqual([looked.change, looked.dataset, looked.person], [false, dataset, 'Bo']);
      assert.deepEqual([done.change, done.networks, done.pictures], [true, networks, false]);
      const [asked] = editor.said;
      assert.equal(asked!.message, 'Forget Bo?');
      assert.match(asked!.detail!, /• the name: a\n\n1 picture of yours stay.*\n\nNetworks .* cannot be taken out/s);
      assert.match(editor.said.at(-1)!.message, /nothing is left\. The code of the evidence is c;/);
      assert.deepEqual([editor.opened, refreshed()], [['/e.json'], 1]);
    }
  });

  it('takes somebody whose folder is gone by name, and a person’s row from the pictures that it was made of', async () => {
    const named = open(forgotten());
    named.editor.files.push(people());
    named.editor.picks.push('$(edit)');
    named.editor.inputs.push('Cy');
    await forgetPerson(named.editor, named.services, undefined);
    assert.ok(named.jobs.orders[0]?.type === 'forget' && named.jobs.orders[0].person === 'Cy');
    assert.equal(named.jobs.orders.length, 1, 'nobody said yes');
    const row = open(forgotten());
    row.editor.files.push(people());
    await forgetPerson(row.editor, row.services, {
      kind: 'person',
      recognizer: row.recognizers.folder,
      person: 'Anna',
    });
    assert.ok(row.jobs.orders[0]?.type === 'forget' && row.jobs.orders[0].person === 'Anna');
  });

  it('warns where something is left, offers to train again, and passes on what failed', async () => {
    const { editor, services } = open(forgotten(), forgotten({ search: GOOD_FORGETTING.search }));
    const dataset = people();
    editor.files.push(dataset);
    editor.picks.push('Anna');
    editor.buttons.push('Erase', 'Train Again');
    await forgetPerson(editor, services, undefined);
    assert.equal(editor.said.at(-1)!.severity, 'warning');
    assert.match(editor.said.at(-1)!.message, /something is left in p\./);
    assert.deepEqual(editor.executed, [['faceTrainer.trainModel', { scheme: 'file', fsPath: '/d' }]]);
    const broken = open(failure);
    broken.editor.files.push(dataset);
    broken.editor.picks.push('Anna');
    await forgetPerson(broken.editor, broken.services, undefined);
    assert.equal(broken.editor.said[0]!.message, 'It is broken. Mend it.');
    const cancelled = open();
    await forgetPerson(cancelled.editor, cancelled.services, undefined);
    assert.deepEqual(cancelled.jobs.orders, []);
  });
});

describe('Copy Diagnostics', () => {
  it('copies version, settings and log without names and paths', async () => {
    const { editor, recognizers } = open();
    editor.settings = { recipe: 'fast', runFolder: '/home/maria/runs', threads: 2 };
    editor.log.warn(`${scratch()}/Anna/1.jpg is damaged, and “Bo” is alone`);
    editor.log.error('the picture of Cy in /srv/faces/cy.png');
    await copyDiagnostics(editor, recognizers, '/program');
    const [text] = editor.copied;
    assert.match(text!, /^Face Trainer \d+\.\d+\.\d+, Code 1\.0, .*Node /);
    assert.match(text!, /recipe fast, .*threads 2/);
    assert.match(text!, /is damaged, and “…” is alone/);
    for (const secret of ['maria', 'Anna', 'Cy', 'cy.png', 'srv', scratch()])
      assert.ok(!text!.includes(secret), secret);
    assert.match(editor.said[0]!.message, /were copied, without names and paths/);
  });

  it('has the last lines of a log that is kept, with stacks', () => {
    const told: unknown[] = [];
    const add = (text: unknown) => void told.push(text);
    const log = new KeptLog({ debug: add, info: add, warn: add, error: add, show: () => add('shown') });
    log.debug('quiet');
    for (let i = 0; i < 500; i++) log.info(`line ${i}`);
    log.warn('w');
    log.error(new Error('broken'));
    log.show();
    assert.equal(told.length, 504);
    assert.equal(log.lines.length, 400);
    assert.match(log.lines[0]!, /^\d{4}-.*Z info line 102$/);
    assert.match(log.lines.at(-1)!, /error Error: broken\n {4}at /);
    assert.ok(!log.lines.some((line) => line.includes('quiet')));
  });
});
