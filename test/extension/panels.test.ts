import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { RunModel } from '../../src/client/runModel.js';
import type { RunInProgress } from '../../src/extension/activeRun.js';
import { DataPanels } from '../../src/extension/panels/dataPanels.js';
import { ModelPanels } from '../../src/extension/panels/modelPanels.js';
import { Reports } from '../../src/extension/panels/reports.js';
import { RunPanels } from '../../src/extension/panels/runPanels.js';
import { Recognizers } from '../../src/extension/recognizers.js';
import type { DatasetReport } from '../../src/protocol/check.js';
import type { Comparison } from '../../src/protocol/comparison.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { hostMessage, type HostMessage } from '../../src/protocol/panel.js';
import { notRun } from '../support/notRun.js';
import { rateContent } from '../support/panelContent.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor, FakePanel, settled, until } from './fakeEditor.js';
import { epochEvent, runEventOf, writeRun } from './runs.js';

const folder = scratchFolder();

/** Each editor of a test stands for a window of its own on the same disk. */
function inWorkspace(): FakeEditor {
  const editor = new FakeEditor();
  editor.workspaceFolders = [folder()];
  return editor;
}

const modelPanels = (editor: FakeEditor) => new ModelPanels(editor, noJobs, new Recognizers(editor, 'no entry'));

const noJobs = {
  start: () => {
    throw new Error('no job is expected');
  },
};

describe('RunPanels', () => {
  const open: FakePanel[] = [];
  // Each page looks after its run once a second until it is closed.
  afterEach(() => open.splice(0).forEach((panel) => panel.close()));

  function panelsOf(editor: FakeEditor, owner?: RunInProgress): RunPanels {
    const panels = new RunPanels(editor, (runFolder) => (owner?.runFolder === runFolder ? owner : undefined));
    const make = editor.newPanel.bind(editor);
    editor.newPanel = (...args) => {
      const panel = make(...args) as FakePanel;
      open.push(panel);
      return panel;
    };
    return panels;
  }
  const messages = (panel: FakePanel): HostMessage[] => panel.posted.map((message) => hostMessage.parse(message));
  const run = (...checkpoints: string[]) =>
    writeRun(path.join(folder(), 'run'), [
      runEventOf(path.join(folder(), 'run'), path.join(folder(), 'orl')),
      epochEvent(1, 4, 0.5),
      ...checkpoints.map((at) => ({ type: 'checkpoint' as const, path: at, epoch: 1, step: 4, bytes: 1, best: true })),
    ]);

  it('opens one panel a run, named by folder and time, which takes the focus only when asked to', () => {
    const editor = inWorkspace();
    const panels = panelsOf(editor);
    const at = run();
    panels.open(at, false);
    panels.open(at, false);
    panels.open(at, true);
    assert.equal(editor.panels.length, 1);
    const [panel] = editor.panels;
    assert.deepEqual([panel!.title, panel!.focus, panel!.revealed], ['orl – 23:48', false, [false, true]]);
  });

  it('says in the folder of a run whose process is gone why it is, and shows it; in Restricted Mode it writes nothing', async () => {
    const at = run('checkpoints/epoch-0001');
    const before = fs.readdirSync(at);
    const [restricted, trusting] = [inWorkspace(), inWorkspace()];
    restricted.trusted = false;
    panelsOf(restricted).open(at, false);
    restricted.panels[0]!.say({ type: 'ready' });
    const looked = performance.now();
    await until(() => performance.now() - looked > 3500 && restricted.panels[0]!.posted.length > 0);
    assert.deepEqual(fs.readdirSync(at), before);
    panelsOf(trusting).open(at, false);
    trusting.panels[0]!.say({ type: 'ready' });
    const told = () =>
      messages(trusting.panels[0]!).flatMap((message) =>
        message.type === 'events' ? message.events.filter(({ type }) => type === 'failure') : [],
      );
    await until(() => told().length > 0);
    assert.deepEqual(told(), [new RunModel(at).state.failure]);
    assert.match(JSON.stringify(told()), /Training broke off after epoch 1 of \d+: its process is gone/);
  });

  it('takes the place of what another extension host left behind', () => {
    const editor = inWorkspace();
    panelsOf(editor).openAgain(run());
    assert.deepEqual(editor.closed, [['faceTrainer.run', 'orl – 23:48']]);
    assert.deepEqual([editor.panels.length, editor.panels[0]!.focus], [1, false]);
  });

  it('gives a snapshot and then what is new, each event once', () => {
    const editor = inWorkspace();
    const panels = panelsOf(editor);
    const at = run();
    panels.open(at, true);
    const [panel] = editor.panels;
    panel!.say({ type: 'ready' });
    fs.appendFileSync(path.join(at, 'metrics.ndjson'), `${JSON.stringify(epochEvent(2, 8, 0.75))}\n`);
    panels.readOn(at);
    panels.readOn(at);
    const [snapshot, ...later] = messages(panel!);
    assert.ok(snapshot?.type === 'snapshot');
    assert.deepEqual(
      snapshot.events.map(({ type }) => type),
      ['run', 'epoch'],
    );
    const events = later.flatMap((message) => (message.type === 'events' ? message.events : []));
    assert.deepEqual(events, [epochEvent(2, 8, 0.75)]);
    assert.equal(later.filter(({ type }) => type === 'liveness').length, 1, 'liveness is sent when it changes');
  });

  it('hands commands only checkpoints of its log, and of those none outside of the folder of its run', async () => {
    const editor = inWorkspace();
    // A stranger's log may name anything.
    const named = ['../elsewhere', '/etc', '.', 'checkpoints/epoch-0009'];
    const at = run('checkpoints/epoch-0001');
    const tell = (event: object) => fs.appendFileSync(path.join(at, 'metrics.ndjson'), `${JSON.stringify(event)}\n`);
    for (const checkpoint of named)
      tell({ type: 'checkpoint', path: checkpoint, epoch: 1, step: 4, bytes: 1, best: true });
    fs.mkdirSync(path.join(at, 'checkpoints', 'epoch-0002'));
    panelsOf(editor).open(at, true);
    const [panel] = editor.panels;
    fs.mkdirSync(path.join(folder(), 'elsewhere'));
    fs.symlinkSync(path.join(folder(), 'elsewhere'), path.join(at, 'checkpoints', 'epoch-0009'));
    for (const checkpoint of [...named, 'checkpoints/epoch-0002'])
      for (const type of ['export', 'compare', 'tryPicture'] as const) panel!.say({ type, checkpoint });
    panel!.say({ type: 'quantize', checkpoint: '../elsewhere', floatLayers: [] });
    await settled();
    assert.deepEqual(editor.executed, []);
    assert.equal(editor.said.length, 16);
    panel!.say({ type: 'export', checkpoint: 'checkpoints/epoch-0001' });
    await settled();
    assert.deepEqual(editor.executed, [['faceTrainer.exportModel', path.join(at, 'checkpoints', 'epoch-0001')]]);
  });

  it('comes back after a reload from what the editor kept, and goes when that is damaged or there already', () => {
    const editor = inWorkspace();
    const panels = panelsOf(editor);
    const at = run();
    const restore = (saved: unknown) => {
      const panel = new FakePanel('faceTrainer.run', 'orl', false);
      open.push(panel);
      panels.restore(panel, saved);
      return panel;
    };
    const [first, ...others] = [{ runFolder: at }, { runFolder: at }, {}, undefined, { runFolder: 7 }].map(restore);
    assert.deepEqual([first!.isClosed, first!.title, first!.saved], [false, 'orl – 23:48', { runFolder: at }]);
    assert.deepEqual(
      others.map(({ isClosed }) => isClosed),
      [true, true, true, true],
    );
  });
});

describe('DataPanels', () => {
  const report = (): DatasetReport => ({
    version: 1,
    dataset: path.join(folder(), 'orl'),
    layout: 'folders',
    people: 2,
    pictures: 9,
    counts: [],
    findings: [],
    suggestedExclusions: ['s01/01.jpg'],
  });
  const samples = () => ({
    type: 'samples' as const,
    dataset: path.join(folder(), 'orl'),
    facts: 'default recipe',
    samples: [],
  });
  const never = () => Promise.reject(new Error('nothing is to be drawn'));

  it('brings a check back after a reload, from beside the runs', () => {
    const before = inWorkspace();
    new DataPanels(before, never).report(report(), false);
    const after = inWorkspace();
    const panel = new FakePanel('faceTrainer.data', 'Check: orl', false);
    new DataPanels(after, never).restore(panel, before.panels[0]!.saved);
    panel.say({ type: 'ready' });
    assert.deepEqual(panel.posted, [{ type: 'report', report: report() }]);
    assert.equal(fs.readFileSync(path.join(folder(), '.face-trainer', '.gitignore'), 'utf8'), '*\n');
  });

  it('closes a panel whose check is gone or damaged, or whose state is not one of its own', () => {
    const editor = inWorkspace();
    const panels = new DataPanels(editor, never);
    panels.report(report(), false);
    const [file] = fs.readdirSync(path.join(folder(), '.face-trainer', 'checks'));
    fs.writeFileSync(path.join(folder(), '.face-trainer', 'checks', file!), '{"version":1}');
    for (const saved of [editor.panels[0]!.saved, { kind: 'check', dataset: '/nowhere' }, { kind: 'other' }, 7]) {
      const panel = new FakePanel('faceTrainer.data', 'Check', false);
      new DataPanels(inWorkspace(), never).restore(panel, saved);
      assert.ok(panel.isClosed, JSON.stringify(saved));
    }
  });

  it('draws a preview again after a reload, with the options that it had', async () => {
    const options = trainingOptions.parse({ dataset: path.join(folder(), 'orl'), size: 96 });
    const before = inWorkspace();
    new DataPanels(before, never).samples(options, samples(), false);
    const panel = new FakePanel('faceTrainer.data', 'Preview: orl', false);
    const sizes: number[] = [];
    const panels = new DataPanels(inWorkspace(), ({ size }) => {
      sizes.push(size);
      return Promise.resolve(samples());
    });
    panels.restore(panel, structuredClone(before.panels[0]!.saved));
    await settled();
    panel.say({ type: 'ready' });
    assert.deepEqual([sizes, panel.posted], [[96], [samples()]]);
  });

  it('brings a learning rate back after a reload, and trains with it', async () => {
    const before = inWorkspace();
    new DataPanels(before, never).rate(rateContent.search, false);
    const after = inWorkspace();
    const panel = new FakePanel('faceTrainer.data', 'Learning Rate', false);
    new DataPanels(after, never).restore(panel, structuredClone(before.panels[0]!.saved));
    panel.say({ type: 'ready' });
    assert.deepEqual(panel.posted, [rateContent]);
    panel.say({ type: 'train', learningRate: 0.002 });
    await settled();
    const folderOf = { scheme: 'file', fsPath: rateContent.search.dataset };
    assert.deepEqual(after.executed, [['faceTrainer.trainModel', folderOf, { learningRate: 0.002 }]]);
  });

  it('shows a new check in the panel that there is, without the focus', () => {
    const editor = inWorkspace();
    const panels = new DataPanels(editor, never);
    panels.report(report(), false);
    const [panel] = editor.panels;
    panel!.say({ type: 'ready' });
    panels.report({ ...report(), people: 3 }, false);
    assert.deepEqual([editor.panels.length, panel!.revealed, panel!.loads], [1, [false], 1]);
    assert.equal((panel!.posted.at(-1) as { report: DatasetReport }).report.people, 3);
  });

  it('opens files that it was sent alone, and of those none outside of the folder of pictures', async () => {
    const editor = inWorkspace();
    const outside = ['../../etc/passwd', '/etc/passwd', '..', 's01/link.jpg'];
    const files = ['s01/01.jpg', ...outside].map((file) => ({ file }));
    const words = { title: 't', explanation: 'e', advice: 'a' };
    const finding = { code: 'unreadable' as const, severity: 'error' as const, ...words, files };
    fs.mkdirSync(path.join(folder(), 'orl', 's01'), { recursive: true });
    fs.writeFileSync(path.join(folder(), 'secret'), '');
    fs.symlinkSync(path.join(folder(), 'secret'), path.join(folder(), 'orl', 's01', 'link.jpg'));
    new DataPanels(editor, never).report({ ...report(), findings: [finding] }, true);
    const [panel] = editor.panels;
    for (const file of [...outside, 's01/02.jpg']) panel!.say({ type: 'open', file });
    panel!.say({ type: 'open', file: 's01/01.jpg' });
    await settled();
    assert.deepEqual(editor.opened, [path.join(folder(), 'orl', 's01', '01.jpg')]);
    assert.equal(editor.said.length, 5);
  });

  it('leaves pictures out at once, takes that back, and keeps a list that somebody changed', async () => {
    const editor = inWorkspace();
    new DataPanels(editor, never).report(report(), true);
    const [panel] = editor.panels;
    const say = async (type: string) => {
      panel!.say({ type });
      await settled();
      return panel!.posted.at(-1) as { exclusionList?: string; canTakeBack?: boolean };
    };
    assert.equal((await say('ready')).exclusionList, undefined);
    const { exclusionList: list, canTakeBack } = await say('leaveOut');
    assert.match(fs.readFileSync(list!, 'utf8'), /^s01\/01\.jpg$/m);
    assert.deepEqual([canTakeBack, editor.opened], [true, []]);
    assert.equal((await say('takeBack')).exclusionList, undefined);
    assert.ok(!fs.existsSync(list!));
    await say('leaveOut');
    fs.writeFileSync(list!, 'mine');
    assert.deepEqual((await say('takeBack')).canTakeBack, false);
    await say('leaveOut');
    await say('openExclusions');
    assert.deepEqual([fs.readFileSync(list!, 'utf8'), editor.opened], ['mine', [list]]);
  });
});

describe('ModelPanels', () => {
  const checkpoint = () => path.join(folder(), 'run', 'checkpoints', 'epoch-0002');
  const comparison = (): Comparison => ({
    checkpoint: checkpoint(),
    dataset: path.join(folder(), 'orl'),
    network: 'MobileNetV2',
    measurements: { pictures: 4, sameData: true, machine: 'a CPU', models: [] },
    gallery: ['s01/01.jpg', '../run/run.json'].map((file) => ({ file, person: 'a', ...verdicts })),
  });
  const verdicts = { float32: { person: 'a', probability: 1 }, int8: { person: 'b', probability: 1 } };

  beforeEach(() => {
    writeRun(path.join(folder(), 'run'), [
      runEventOf(path.join(folder(), 'run'), path.join(folder(), 'orl')),
      { type: 'checkpoint', path: 'checkpoints/epoch-0002', epoch: 2, step: 8, bytes: 1, best: true },
    ]);
  });

  it('brings a comparison back after a reload, from the folder of its run', () => {
    const before = inWorkspace();
    modelPanels(before).compare(checkpoint(), comparison(), false);
    assert.equal(before.panels[0]!.title, 'Float and int8: orl – 23:48, epoch 2');
    const panel = new FakePanel('faceTrainer.model', 'Float and int8', false);
    modelPanels(inWorkspace()).restore(panel, before.panels[0]!.saved);
    panel.say({ type: 'ready' });
    assert.deepEqual(panel.posted, [{ type: 'comparison', title: 'orl – 23:48, epoch 2', comparison: comparison() }]);
  });

  it('shows a second comparison in the panel of the first', () => {
    const editor = inWorkspace();
    const panels = modelPanels(editor);
    panels.compare(checkpoint(), comparison(), false);
    editor.panels[0]!.say({ type: 'ready' });
    panels.compare(checkpoint(), { ...comparison(), network: 'another' }, false);
    assert.equal(editor.panels.length, 1);
    assert.equal((editor.panels[0]!.posted.at(-1) as { comparison: Comparison }).comparison.network, 'another');
  });

  it('brings the page of a network back, and closes it when the network is gone', () => {
    const panels = modelPanels(inWorkspace());
    const there = new FakePanel('faceTrainer.model', 'Try', false);
    panels.restore(there, { kind: 'try', model: checkpoint() });
    there.say({ type: 'ready' });
    assert.equal((there.posted[0] as { title: string }).title, 'orl – 23:48, epoch 2');
    there.close();
    for (const saved of [{ kind: 'try', model: path.join(folder(), 'gone.onnx') }, { kind: 'try' }, undefined]) {
      const gone = new FakePanel('faceTrainer.model', 'Try', false);
      panels.restore(gone, saved);
      assert.ok(gone.isClosed, JSON.stringify(saved));
    }
  });

  it('opens pictures that it was sent alone, and of those none outside of the compared folder', async () => {
    const editor = inWorkspace();
    modelPanels(editor).compare(checkpoint(), comparison(), true);
    for (const file of ['../run/run.json', 's01/02.jpg', 's01/01.jpg']) editor.panels[0]!.say({ type: 'open', file });
    await settled();
    assert.deepEqual(editor.opened, [path.join(folder(), 'orl', 's01', '01.jpg')]);
    assert.deepEqual(
      editor.said.map(({ severity }) => severity),
      ['error', 'error'],
    );
  });
});

describe('Reports', () => {
  it('shows one tab a run, drawn anew with every opening and when the run has written', async () => {
    const editor = inWorkspace();
    const at = writeRun(path.join(folder(), 'run'), [runEventOf(path.join(folder(), 'run'), '/pictures/orl')]);
    const reports = new Reports(editor);
    reports.refresh(at); // nothing is open: nothing happens
    await reports.openReport(at);
    assert.deepEqual([editor.panels.length, editor.said[0]!.severity], [0, 'warning']);
    const file = path.join(at, 'report.html');
    const shown = () => editor.panels.map(({ printed }) => printed?.split('\n').at(-1));
    fs.writeFileSync(file, '<p>one</p>');
    await reports.openReport(at);
    assert.deepEqual(shown(), ['<p>one</p>']);
    fs.writeFileSync(file, '<p>two</p>');
    reports.refresh(at);
    assert.deepEqual(shown(), ['<p>two</p>']);
    fs.writeFileSync(file, '<p>three</p>');
    await reports.openReport(at);
    assert.deepEqual(shown(), ['<p>three</p>']);
    assert.equal(editor.panels[0]!.title, 'Report: orl – 23:48');
  });

  it('shows no file that a link in the place of the report leads to', async () => {
    const editor = inWorkspace();
    const at = writeRun(path.join(folder(), 'run'), []);
    fs.writeFileSync(path.join(folder(), 'secret.html'), 'secret');
    fs.symlinkSync(path.join(folder(), 'secret.html'), path.join(at, 'report.html'));
    await new Reports(editor).openReport(at);
    assert.deepEqual(editor.panels, []);
  });

  it('waits for no pipe in the place of the report, and reads none that is too large', async function () {
    if (process.platform === 'win32') notRun(this, 'Windows has no such pipes');
    const editor = inWorkspace();
    const at = writeRun(path.join(folder(), 'run'), []);
    const file = path.join(at, 'report.html');
    execFileSync('mkfifo', [file]);
    await assert.rejects(new Reports(editor).openReport(at), /is not a regular file/);
    fs.rmSync(file);
    fs.writeFileSync(file, '');
    fs.truncateSync(file, 2 ** 31);
    await assert.rejects(new Reports(editor).openReport(at), /is larger than/);
  });
});
