import assert from 'node:assert/strict';
import { dataPanelContent, dataPanelMessage } from '../../src/protocol/dataPanel.js';
import { LARGEST_PASTE } from '../../src/protocol/limits.js';
import { modelPanelContent, modelPanelMessage, triedPicture } from '../../src/protocol/modelPanel.js';
import { hostMessage, liveness, panelMessage, runPhase } from '../../src/protocol/panel.js';
import { rateContent } from '../support/panelContent.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { checkSchema } from '../support/schemaCases.js';

const alive = { alive: true, stopping: false, ownedHere: true };
const events = Object.values(SAMPLE_EVENTS);
const notEvents = ['step', [5], [null], ['step'], null];
const parent = { checkpoint: 'epoch-0010', step: 100, epoch: 10, events: [SAMPLE_EVENTS.step] };
const answer = { file: 'p.jpg', person: 'anna', probability: 0.9, scores: { anna: 0.9 } };
const report = {
  ...{ version: 1, dataset: '/d', layout: 'folders', people: 2, pictures: 4 },
  ...{ counts: [], findings: [], suggestedExclusions: [] },
};
const comparison = {
  ...{ checkpoint: '/c', dataset: '/d', network: 'n', gallery: [] },
  measurements: { pictures: 1, sameData: true, machine: 'm', models: [] },
};

describe('what the host tells the panel of a run', () => {
  it('is how the run’s process is', () => {
    checkSchema({
      schema: liveness,
      good: { ...alive, silence: { message: 'm', advice: 'a' } },
      mayLack: ['silence'],
      bad: {
        silence: ['x', { message: 'm' }, null],
        alive: ['yes', 1, null],
        stopping: [0, null],
        ownedHere: ['', null],
      },
    });
    for (const phase of [
      'preparing',
      'training',
      'silent',
      'stopping',
      'completed',
      'early',
      'stopped',
      'paused',
      'failed',
      'interrupted',
    ])
      assert.equal(runPhase.parse(phase), phase);
    for (const phase of ['resting', '', null, 'Training']) assert.ok(!runPhase.safeParse(phase).success);
  });

  it('is a snapshot of the whole run, with that of its parent where it has one', () => {
    checkSchema({
      schema: hostMessage,
      good: { type: 'snapshot', runFolder: '/r', events, parent, liveness: alive, hasReport: false },
      mayLack: ['parent'],
      edge: { events: [[]], parent: [{ ...parent, events: [] }], hasReport: [true] },
      bad: {
        runFolder: [1, null],
        events: notEvents,
        parent: [
          null,
          'epoch-0010',
          { ...parent, checkpoint: 10 },
          { ...parent, step: 0.5 },
          { ...parent, epoch: '10' },
          { ...parent, events: [5] },
        ],
        liveness: [true, {}, { ...alive, alive: 'yes' }],
        hasReport: ['yes', null],
      },
    });
  });

  it('is what is new after that', () => {
    checkSchema({
      schema: hostMessage,
      good: { type: 'events', events },
      edge: { events: [[]] },
      bad: { events: notEvents },
    });
    checkSchema({
      schema: hostMessage,
      good: { type: 'liveness', liveness: alive, hasReport: true },
      bad: { liveness: [{}, null], hasReport: [1, null] },
    });
    checkSchema({
      schema: hostMessage,
      good: { type: 'preparing', done: 3, total: 10 },
      bad: { done: [0.5, '3', null], total: [0.5, '10', null] },
    });
    for (const wrong of [null, 'events', {}, { type: 'ready' }, { type: 'snapshot' }])
      assert.ok(!hostMessage.safeParse(wrong).success, JSON.stringify(wrong));
  });
});

describe('what panels ask of the host', () => {
  it('is nothing but known words', () => {
    const words = {
      run: [panelMessage, ['ready', 'stop', 'pause', 'openReport', 'revealRunFolder', 'openParent']],
      data: [dataPanelMessage, ['ready', 'train', 'align', 'leaveOut', 'takeBack', 'openExclusions']],
      model: [modelPanelMessage, ['ready', 'chooseFiles', 'openCamera', 'export', 'tryPicture']],
    } as const;
    for (const [panel, [schema, known]] of Object.entries(words)) {
      for (const type of known) assert.deepEqual(schema.parse({ type, later: 1 }), { type }, panel);
      for (const wrong of [
        null,
        undefined,
        'ready',
        [],
        {},
        { type: 'delete' },
        { type: 'Ready' },
        { type: ['ready'] },
      ])
        assert.ok(!schema.safeParse(wrong).success, `${panel}: ${JSON.stringify(wrong)}`);
      const failed = { type: 'failed', message: 'x is not a function' };
      checkSchema({ schema, good: failed, bad: { message: [1, null] } });
    }
    // Each panel asks for what it has, and not for what another one has.
    assert.ok(!panelMessage.safeParse({ type: 'leaveOut' }).success);
    assert.ok(!dataPanelMessage.safeParse({ type: 'stop' }).success);
    assert.ok(!modelPanelMessage.safeParse({ type: 'quantize', checkpoint: 'c', floatLayers: [] }).success);
  });

  it('names the checkpoint that something is to be done with', () => {
    for (const type of ['export', 'compare', 'tryPicture'])
      checkSchema({ schema: panelMessage, good: { type, checkpoint: 'epoch-0001' }, bad: { checkpoint: [1, null] } });
    checkSchema({
      schema: panelMessage,
      good: { type: 'quantize', checkpoint: 'epoch-0001', floatLayers: ['Conv1'] },
      edge: { floatLayers: [[]] },
      bad: { checkpoint: [1, null], floatLayers: ['Conv1', [1], [null]] },
    });
  });

  it('names the picture that is to be opened', () => {
    for (const schema of [dataPanelMessage, modelPanelMessage])
      checkSchema({ schema, good: { type: 'open', file: 'anna/1.png' }, bad: { file: [1, null, ['anna', '1.png']] } });
  });

  it('sends pictures up to the largest, in base64', () => {
    checkSchema({
      schema: modelPanelMessage,
      good: { type: 'picture', name: 'p.png', data: 'AAAA' },
      edge: { data: [''] },
      bad: { name: [1, null], data: [1, null, ['AAAA']] },
    });
    // Base64 makes four letters of three bytes, and fills the last four up.
    const letters = Buffer.alloc(LARGEST_PASTE).toString('base64').length;
    const accepts = (data: string) => modelPanelMessage.safeParse({ type: 'picture', name: 'p', data }).success;
    assert.deepEqual([accepts('A'.repeat(letters)), accepts('A'.repeat(letters + 1))], [true, false]);
  });
});

describe('what the panel of pictures shows', () => {
  it('is a report, with its exclusion list where one was written', () => {
    checkSchema({
      schema: dataPanelContent,
      good: { type: 'report', report, exclusionList: '/d/exclude.txt' },
      mayLack: ['exclusionList'],
      bad: { report: [{}, null, { ...report, version: 2 }, { ...report, people: 'two' }], exclusionList: [1, null] },
    });
  });

  it('is pictures as they are and as chance makes them', () => {
    const sample = { file: 'a/1.png', original: 'data:,a', distorted: 'data:,b' };
    checkSchema({
      schema: dataPanelContent,
      good: { type: 'samples', dataset: '/d', facts: 'flip', samples: [sample] },
      edge: { samples: [[]], facts: [''] },
      bad: {
        dataset: [1, null],
        facts: [null],
        samples: [sample, [{}], [{ ...sample, original: 1 }], [{ ...sample, distorted: undefined }]],
      },
    });
    assert.ok(!dataPanelContent.safeParse({ type: 'report', dataset: '/d', facts: '', samples: [] }).success);
  });

  it('is a search for a learning rate', () => {
    const { search } = rateContent;
    checkSchema({
      schema: dataPanelContent,
      good: rateContent,
      edge: {
        search: [
          { ...search, curve: [] },
          { ...search, proposal: undefined },
        ],
      },
      bad: {
        search: [
          ...[null, {}, { ...search, curve: [{ rate: 0, loss: 1, smoothed: 1 }] }],
          ...[
            { ...search, diverged: 'yes' },
            { ...search, proposal: { rate: 1 } },
          ],
        ],
      },
    });
  });
});

describe('what the panel of a network shows', () => {
  it('is a comparison', () => {
    checkSchema({
      schema: modelPanelContent,
      good: { type: 'comparison', title: 't', comparison },
      bad: { title: [1, null], comparison: [{}, null, { ...comparison, gallery: 'none' }] },
    });
  });

  it('is what a network said of pictures, and how many are being looked at', () => {
    const tried = { id: 1, name: 'p.jpg', answer };
    checkSchema({
      schema: triedPicture,
      good: tried,
      edge: { answer: [{ file: 'p.jpg', error: 'is no picture' }] },
      bad: { id: [0.5, '1', null], name: [1, null], answer: [{}, null, 'anna'] },
    });
    checkSchema({
      schema: modelPanelContent,
      good: { type: 'try', title: 't', facts: '', waiting: 1, failure: 'f', pictures: [tried] },
      mayLack: ['failure'],
      edge: { waiting: [0], pictures: [[]] },
      bad: {
        title: [1, null],
        facts: [null],
        waiting: [-1, 0.5, '1', null],
        failure: [1, null],
        pictures: [tried, [{}], [{ ...tried, id: 'one' }]],
      },
    });
  });
});
