import fs from 'node:fs';
import path from 'node:path';
import { formatBytes, formatCount, formatTotal } from '../../core/format.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import type { OrderOf } from '../../protocol/jobs.js';
import type { Forgetting, PersonalKind, PersonalPlace } from '../../protocol/personalData.js';
import type { Editor, PickItem } from '../editor.js';
import { tellEnd } from '../failures.js';
import type { Jobs } from '../job.js';
import type { Recognizers } from '../recognizers.js';
import { localFolder } from './arguments.js';
import { enrolledOf } from './recognizerArguments.js';
import { REMEMBERED, type Memory } from './trainingOptionsPick.js';

/** What is shown together, and with which icon. */
const GROUPS: readonly { readonly title: string; readonly icon: string; readonly kinds: readonly PersonalKind[] }[] = [
  {
    title: 'Caches, which can be had again',
    icon: 'database',
    kinds: ['pixel-cache', 'face-cache', 'embeddings', 'temporary', 'check'],
  },
  { title: 'Made from your pictures', icon: 'organization', kinds: ['aligned', 'run', 'recognizer', 'export'] },
  { title: 'Lists', icon: 'list-unordered', kinds: ['exclusions', 'list', 'evidence'] },
];

/** What lies in caches, whose files are named by numbers. */
const CACHE_WORDS: { readonly [K in PersonalKind]?: string } = {
  'pixel-cache': 'Decoded pictures',
  'face-cache': 'Cut-out faces',
  embeddings: 'Vectors of faces',
  check: 'Check',
};

interface Row extends PickItem {
  readonly place?: PersonalPlace;
  /** What the editor itself remembers of folders. */
  readonly remembered?: readonly string[];
}

export interface PrivacyServices {
  readonly jobs: Jobs;
  readonly recognizers: Recognizers;
  readonly memory: Memory;
  /** Draws the views anew: what they show may be gone. */
  readonly refresh: () => void;
}

/** Shows what is kept of people, and removes what is ticked. */
export async function deletePersonalData(editor: Editor, { jobs, memory, refresh }: PrivacyServices): Promise<void> {
  const folders = [...editor.workspaceFolders];
  const order = { type: 'listPersonal', protocol: PROTOCOL_VERSION, folders } as const;
  const listed = await jobs.run(order, 'Looking for what is kept of people');
  if (listed.type !== 'personalListed') {
    tellEnd(editor, listed);
    return;
  }
  const rows = rowsOf(listed.places, memory);
  if (rows.length === 0) {
    await editor.say('information', 'Nothing is kept of people. Your own pictures are not counted.');
    return;
  }
  const chosen = await editor.pickMany(rows, {
    title: 'Delete Personal Data',
    placeHolder: 'What to remove; your own pictures are never removed',
  });
  const places = chosen.flatMap(({ place }) => place ?? []);
  const remembered = chosen.flatMap((row) => row.remembered ?? []);
  if (chosen.length === 0 || !(await agreed(editor, places, remembered.length))) return;
  for (const key of remembered) await memory.update(key, undefined);
  if (places.length === 0) {
    await editor.say('information', 'What was remembered of folders was removed.');
    return;
  }
  const ids = places.map(({ id }) => id);
  const end = await jobs.run({ type: 'deletePersonal', protocol: PROTOCOL_VERSION, folders, ids }, 'Removing');
  refresh();
  if (end.type !== 'personalDeleted') tellEnd(editor, end);
  else {
    const [first] = end.left;
    const removed = `${formatCount(end.removed.length, 'place')} removed, ${formatTotal(end.removed)}.`;
    const text = first ? `${removed} ${path.basename(first.path)} stays: ${first.why}.` : removed;
    await editor.say(first ? 'warning' : 'information', text);
  }
}

function rowsOf(places: readonly PersonalPlace[], memory: Memory): Row[] {
  const rows = GROUPS.flatMap(({ title, icon, kinds }): Row[] => {
    const group = places.filter(({ kind, stays }) => kinds.includes(kind) && stays === undefined);
    return group.length === 0 ? [] : [{ label: title, separator: true }, ...group.map((place) => row(place, icon))];
  });
  const remembered = [...memory.keys()].filter((key) => key.startsWith(REMEMBERED));
  if (remembered.length === 0) return rows;
  const label = `$(history) Options of ${formatCount(remembered.length, 'folder')}`;
  return [
    ...rows,
    { label: 'Remembered by the editor', separator: true },
    { label, detail: 'What the last training on each folder was started with', remembered },
  ];
}

function row(place: PersonalPlace, icon: string): Row {
  const { kind, path: at, bytes, holds, dataset } = place;
  const word = CACHE_WORDS[kind];
  const of = dataset === undefined ? 'another folder' : path.basename(dataset);
  const label = `$(${icon}) ${word === undefined ? path.basename(at) : `${word} of ${of}`}`;
  const detail = word !== undefined || dataset === undefined ? holds : `${holds}, of ${of}`;
  return { label, description: formatBytes(bytes), detail, place };
}

async function agreed(editor: Editor, places: readonly PersonalPlace[], remembered: number): Promise<boolean> {
  const what = [
    ...(places.length > 0 ? [`${formatCount(places.length, 'place')}, ${formatTotal(places)}`] : []),
    ...(remembered > 0 ? [`the options of ${formatCount(remembered, 'folder')}`] : []),
  ].join(', and ');
  const detail = 'This cannot be taken back. Your own pictures are not touched.';
  return (await editor.ask(`Remove ${what}?`, detail, 'Remove')) === 'Remove';
}

/** Erases somebody from all that is kept of a folder of pictures; shows first what that is, and what remains. */
export async function forgetPerson(editor: Editor, services: PrivacyServices, argument: unknown): Promise<void> {
  const who = ofRow(services.recognizers, argument) ?? (await asked(editor, argument));
  if (!who) return;
  const folders = [...editor.workspaceFolders];
  const looked: OrderOf<'forget'> = {
    ...{ type: 'forget', protocol: PROTOCOL_VERSION, folders, ...who },
    ...{ change: false, pictures: false, networks: 'keep' },
  };
  const found = await services.jobs.run(looked, `Looking for ${who.person}`);
  if (found.type !== 'forgotten') {
    tellEnd(editor, found);
    return;
  }
  const { remains } = found.forgetting;
  const [erase, all] = ['Erase', 'Erase, with the Networks'] as const;
  const buttons = remains.length > 0 ? [erase, all] : [erase];
  const chosen = await editor.ask(`Forget ${who.person}?`, detailOf(found.forgetting), ...buttons);
  if (chosen === undefined) return;
  const networks = chosen === all ? 'delete' : 'keep';
  const end = await services.jobs.run({ ...looked, change: true, networks }, `Forgetting ${who.person}`);
  services.refresh();
  if (end.type === 'forgotten') await tellForgotten(editor, end.forgetting);
  else tellEnd(editor, end);
}

interface Who {
  readonly dataset: string;
  readonly person: string;
}

/** Of a person's row in a recognizer: the pictures that it was made of say which folder. */
function ofRow(recognizers: Recognizers, argument: unknown): Who | undefined {
  const { recognizer, person } = enrolledOf(argument) ?? {};
  if (recognizer === undefined || person === undefined) return undefined;
  const known = recognizers.record(recognizer)?.people.find(({ name }) => name === person);
  const file = known?.pictures.find(({ file: one }) => path.basename(path.dirname(one)) === person)?.file;
  return file === undefined ? undefined : { dataset: path.dirname(path.dirname(file)), person };
}

async function asked(editor: Editor, argument: unknown): Promise<Who | undefined> {
  const given = enrolledOf(argument)?.person;
  const dataset = await localFolder(editor, argument, 'Forget Somebody of This Folder');
  if (dataset === undefined) return undefined;
  const person = given ?? (await somebodyOf(editor, dataset));
  return person === undefined ? undefined : { dataset, person };
}

/** The folders of the people, or a name: whose pictures are gone may still be in what is kept. */
async function somebodyOf(editor: Editor, dataset: string): Promise<string | undefined> {
  const another = { label: '$(edit) Somebody Else…', detail: 'Whose pictures are not in the folder any more' };
  const people = peopleIn(dataset).map((label) => ({ label }));
  const title = `Forget somebody of “${path.basename(dataset)}”`;
  const picked = await editor.pick([...people, another], { title });
  if (picked !== another) return picked?.label;
  const name = await editor.input({
    title,
    prompt: 'The name, as the folder of the person was called',
    value: '',
    problem,
  });
  return name === '' ? undefined : name;
}

function problem(text: string): string | undefined {
  return text.trim() === '' ? 'A name is needed' : undefined;
}

function peopleIn(dataset: string): string[] {
  try {
    const entries = fs.readdirSync(dataset, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Lines that a dialog has room for. */
const SHOWN = 8;

function detailOf({ traces, pictures, remains }: Forgetting): string {
  const shown = traces.slice(0, SHOWN).map(({ found, path: at }) => `${found}: ${path.basename(at)}`);
  const more = traces.length > SHOWN ? [`and ${traces.length - SHOWN} more`] : [];
  return [
    traces.length === 0
      ? 'Nothing is kept of this person.'
      : `Found in ${formatCount(traces.length, 'place')}, ${formatTotal(traces)}:`,
    ...[...shown, ...more].map((line) => `• ${line}`),
    ...(pictures.length > 0
      ? [
          '',
          `${formatCount(pictures.length, 'picture')} of yours stay: move or delete them yourself, or they are read again.`,
        ]
      : []),
    ...(remains.length > 0
      ? [
          '',
          'Networks that were trained with this person have learned the face, and it cannot be taken out of them. They stay unless you remove them, too.',
        ]
      : []),
  ].join('\n');
}

async function tellForgotten(editor: Editor, { traces, search, left, remains, evidence, code, dataset }: Forgetting) {
  const hits = [...(search?.hits ?? []).map(({ path: at }) => at), ...left.map(({ path: at }) => at)];
  const after = `${formatCount(search?.files ?? 0, 'file')} were searched afterwards: ${hits.length === 0 ? 'nothing is left' : `something is left in ${path.basename(hits[0]!)}`}.`;
  const told = `Erased in ${formatCount(traces.length, 'place')}. ${after} The code of the evidence is ${code ?? ''}; it is shown only now.`;
  const [open, again] = ['Open Evidence', 'Train Again'] as const;
  const buttons = [...(evidence === undefined ? [] : [open]), ...(remains.length > 0 ? [again] : [])];
  const chosen = await editor.say(hits.length === 0 ? 'information' : 'warning', told, ...buttons);
  if (chosen === open) await editor.open(evidence!);
  if (chosen === again) await editor.execute('faceTrainer.trainModel', { scheme: 'file', fsPath: dataset });
}
