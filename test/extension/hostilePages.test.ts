import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { Random } from '../../src/core/random.js';
import { DataPanels } from '../../src/extension/panels/dataPanels.js';
import { EvaluationPanels } from '../../src/extension/panels/evaluationPanels.js';
import { ModelPanels } from '../../src/extension/panels/modelPanels.js';
import { RunPanels } from '../../src/extension/panels/runPanels.js';
import { dataPanelMessage } from '../../src/protocol/dataPanel.js';
import { evaluationPanelMessage } from '../../src/protocol/evaluationPanel.js';
import { modelPanelMessage } from '../../src/protocol/modelPanel.js';
import { panelMessage } from '../../src/protocol/panel.js';
import { SAMPLE_EVALUATION } from '../support/sampleEvaluation.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor, FakePanel, settled } from './fakeEditor.js';
import { HeldRecognizers } from './heldRecognizers.js';
import { runEventOf, writeRun } from './runs.js';

// What a page could do that somebody else has taken over: say whatever it likes, as often as it likes.

const MESSAGES = 2000;
const folder = scratchFolder();

/** In the place of every value of a message. */
const HOSTILE: readonly unknown[] = [
  ...[
    '/etc/passwd',
    '../../../../etc/passwd',
    '..',
    '.',
    '',
    '~/.ssh/id_rsa',
    'C:\\Windows\\win.ini',
    'file:///etc/passwd',
  ],
  ...[
    'command:workbench.action.terminal.new',
    'https://evil.example/',
    '__proto__',
    'constructor',
    '\0',
    'a'.repeat(10_000),
  ],
  ...[
    7n,
    new Map([['../x', '..']]),
    new Uint8Array(3),
    -1,
    0,
    1,
    2 ** 53,
    1e308,
    NaN,
    null,
    undefined,
    true,
    [],
    {},
    { __proto__: null },
    [['../x']],
  ],
];
/** Values that a page of its own would send. */
const USUAL: readonly unknown[] = ['s01/01.jpg', 'checkpoints/epoch-0001', 1, true, 'Anna', ['s01/01.jpg'], 0.5];

/** Every kind of message that a page may send, and which fields it has. */
function kindsOf(messages: z.ZodType): { type: string; fields: string[] }[] {
  const { anyOf, oneOf } = z.toJSONSchema(messages, { unrepresentable: 'any' }) as Record<
    'anyOf' | 'oneOf',
    { properties: Record<string, { const?: string }> }[] | undefined
  >;
  return (anyOf ?? oneOf)!.map(({ properties }) => ({
    type: properties['type']!.const!,
    fields: Object.keys(properties).filter((key) => key !== 'type'),
  }));
}

function hostileMessage(kinds: ReturnType<typeof kindsOf>, random: Random): unknown {
  if (random.integer(20) === 0) return random.pick(HOSTILE);
  const { type, fields } = random.pick(kinds);
  const message: Record<string, unknown> = { type: random.integer(30) === 0 ? random.pick(HOSTILE) : type };
  for (const field of fields) message[field] = random.pick(random.integer(3) === 0 ? USUAL : HOSTILE);
  if (random.integer(10) === 0) message['extra'] = random.pick(HOSTILE);
  return message;
}

interface Attacked {
  readonly editor: FakeEditor;
  readonly panel: FakePanel;
  readonly messages: z.ZodType;
  /** What it was sent, and may open and hand to commands; below the scratch folder where it is not absolute. */
  readonly allowed: readonly string[];
}

const noJobs = { start: () => ({ ended: new Promise<never>(() => undefined), stop: () => undefined }) };

const dataset = () => path.join(folder(), 'orl');
const checkpoint = () => path.join(folder(), 'run', 'checkpoints', 'epoch-0001');

function inWorkspace(): FakeEditor {
  const editor = new FakeEditor();
  editor.workspaceFolders = [folder()];
  return editor;
}

const PAGES: Readonly<Record<string, () => Attacked>> = {
  'of a run': () => {
    const editor = inWorkspace();
    new RunPanels(editor, () => undefined).open(path.join(folder(), 'run'), true);
    return { editor, panel: editor.panels[0]!, messages: panelMessage, allowed: ['run', 'run/checkpoints/epoch-0001'] };
  },
  'of a check': () => {
    const editor = inWorkspace();
    const words = { title: 't', explanation: 'e', advice: 'a', files: [{ file: 's01/01.jpg' }] };
    new DataPanels(editor, () => Promise.reject(new Error('nothing is to be drawn'))).report(
      {
        ...{ version: 1, dataset: dataset(), layout: 'folders', people: 1, pictures: 1, counts: [] },
        ...{ findings: [{ code: 'unreadable', severity: 'error', ...words }], suggestedExclusions: ['s01/01.jpg'] },
      },
      true,
    );
    return {
      editor,
      panel: editor.panels[0]!,
      messages: dataPanelMessage,
      allowed: ['orl', 'orl/s01/01.jpg', '.face-trainer'],
    };
  },
  'of a comparison': () => {
    const editor = inWorkspace();
    const verdict = { person: 'a', probability: 1 };
    const measurements = { pictures: 4, sameData: true, machine: 'a CPU', models: [] };
    new ModelPanels(editor, noJobs, new HeldRecognizers(editor, path.join(folder(), 'door'))).compare(
      checkpoint(),
      {
        ...{ checkpoint: checkpoint(), dataset: dataset(), network: 'n', measurements },
        gallery: [{ file: 's01/01.jpg', person: 'a', float32: verdict, int8: verdict }],
      },
      true,
    );
    const allowed = ['run/checkpoints/epoch-0001', 'orl/s01/01.jpg'];
    return { editor, panel: editor.panels[0]!, messages: modelPanelMessage, allowed };
  },
  'of pictures to try': () => {
    const editor = inWorkspace();
    // A camera would be a server of its own.
    editor.addressOf = () => Promise.reject(new Error('there is no browser'));
    const panels = new ModelPanels(editor, noJobs, new HeldRecognizers(editor, path.join(folder(), 'door')));
    panels.recognize(path.join(folder(), 'door'));
    return { editor, panel: editor.panels[0]!, messages: modelPanelMessage, allowed: ['door', '/people/Anna/1.jpg'] };
  },
  'of an evaluation': () => {
    const editor = new FakeEditor();
    const recognizers = HeldRecognizers.inWorkspace(editor, folder());
    const jobs = {
      start: () => ({
        ended: Promise.resolve({
          ...{ type: 'evaluated' as const, evaluation: SAMPLE_EVALUATION },
          network: { name: 'n', kind: 'face' as const, digest: 'd', precision: 'float32' as const },
        }),
        stop: () => undefined,
      }),
    };
    new EvaluationPanels(editor, jobs, recognizers).evaluate({ target: recognizers.folder });
    return { editor, panel: editor.panels[0]!, messages: evaluationPanelMessage, allowed: ['.face-trainer'] };
  },
};

describe('a page that somebody else has taken over', function () {
  this.timeout(30_000);

  beforeEach(() => {
    fs.mkdirSync(path.join(dataset(), 's01'), { recursive: true });
    fs.writeFileSync(path.join(dataset(), 's01', '01.jpg'), '');
    const run = path.join(folder(), 'run');
    writeRun(run, [
      runEventOf(run, dataset()),
      { type: 'checkpoint', path: 'checkpoints/epoch-0001', epoch: 1, step: 4, bytes: 1, best: true },
    ]);
  });

  for (const [name, open] of Object.entries(PAGES))
    it(`${name} opens nothing and commands nothing but what it was sent (${MESSAGES.toLocaleString('en-US')} messages)`, async () => {
      const { editor, panel, messages, allowed } = open();
      const kinds = kindsOf(messages);
      const random = Random.fromSeed(23);
      for (let i = 0; i < MESSAGES; i++) {
        panel.say(hostileMessage(kinds, random));
        if (i % 50 === 0) await settled();
      }
      await settled();
      const places = allowed.map((one) => path.resolve(folder(), one));
      const isAllowed = (place: string) => places.some((one) => place === one || place.startsWith(one + path.sep));
      for (const file of editor.opened) assert.ok(isAllowed(file), file);
      for (const [command, ...args] of editor.executed) {
        assert.match(String(command), /^(faceTrainer\.\w+|setContext)$/);
        for (const arg of args) {
          const place = typeof arg === 'string' ? arg : (arg as { fsPath?: unknown } | undefined)?.fsPath;
          // The pictures of the run itself may be checked.
          const isOwn = command === 'faceTrainer.checkDataset' && place === dataset();
          if (typeof place === 'string' && !isOwn) assert.ok(isAllowed(place), `${String(command)} ${place}`);
        }
      }
      assert.equal(Reflect.get({}, 'extra'), undefined);
      assert.ok(
        editor.logged.filter((line) => line.includes('not understood')).length > MESSAGES / 20,
        'most are refused',
      );
      panel.close();
      await settled();
    });
});
