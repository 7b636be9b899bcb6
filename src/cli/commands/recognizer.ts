import path from 'node:path';
import { UserError } from '../../core/userError.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { JOBS, type OrderOf } from '../../protocol/jobs.js';
import type { RecognizerChange } from '../../protocol/recognitionJobs.js';
import {
  forgetPerson,
  mergePeople,
  removePerson,
  removePictures,
  renamePerson,
  setThreshold,
  undo,
  type Edit,
} from '../../recognizers/edits.js';
import { editRecognizer } from '../../recognizers/editRecognizer.js';
import { summaryOf } from '../../recognizers/recognizer.js';
import { readRecognizer } from '../../recognizers/recognizerFolder.js';
import { recognizersIn } from '../../recognizers/recognizersFolder.js';
import { EXIT, type Command } from '../command.js';
import { UsageError } from '../flag.js';
import { JSON_FLAG, Output } from '../follow.js';
import type { Given } from '../given.js';
import { nearest } from '../nearest.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';
import { changeLines, recognizerLines } from '../recognitionLines.js';
import { recognizerPlace } from '../recognizerPlace.js';

const { order: orderSchema } = JOBS.editRecognizer;
const OPTIONS = optionFlags(orderSchema);

/** What is to be done: listed, shown, changed here, or changed by a trainer, which has the network. */
type Doing =
  | { readonly kind: 'list'; readonly base: string }
  | { readonly kind: 'show'; readonly folder: string }
  | { readonly kind: 'edit'; readonly folder: string; readonly edit: Edit }
  | { readonly kind: 'order'; readonly order: OrderOf<'editRecognizer'> };
type RecognizerWish = Doing & { readonly json: boolean };

/** What stands behind the name of each thing that can be done, and how it is read. */
interface Action {
  readonly takes: string;
  /** Words behind the recognizer: so many at least, and at most. */
  readonly words: readonly [least: number, most: number];
  readonly wish: (words: readonly string[], folder: string, given: Given) => Doing;
}

const edits = (takes: string, words: Action['words'], edit: (...words: [string, string]) => Edit): Action => ({
  takes,
  words,
  wish: (given, folder) => ({ kind: 'edit', folder, edit: edit(given[0]!, given[1]!) }),
});
const changes = (kind: RecognizerChange['kind']): Action => ({
  takes: `<recognizer> <person> <pictures…>`,
  words: [2, Infinity],
  wish: ([person, ...pictures], recognizer, given) => {
    const files = pictures.map((word) => path.resolve(given.cwd, word));
    const fields = { ...fieldsOf(OPTIONS, given), recognizer, change: { kind, person, files } };
    const order = orderSchema.safeParse({ ...fields, type: 'editRecognizer', protocol: PROTOCOL_VERSION });
    return { kind: 'order', order: checked(order, OPTIONS, given) };
  },
});

const ACTIONS: Readonly<Record<string, Action>> = {
  show: { takes: '<recognizer>', words: [0, 0], wish: (_, folder) => ({ kind: 'show', folder }) },
  add: changes('add'),
  not: changes('notThisPerson'),
  remove: {
    takes: '<recognizer> <person> [pictures…]',
    words: [1, Infinity],
    wish: ([person, ...pictures], folder, { cwd }) => {
      const files = pictures.map((word) => path.resolve(cwd, word));
      return { kind: 'edit', folder, edit: files.length > 0 ? removePictures(person!, files) : removePerson(person!) };
    },
  },
  rename: edits('<recognizer> <person> <new name>', [2, 2], (from, to) => renamePerson(from, to)),
  merge: edits('<recognizer> <person> <into person>', [2, 2], (from, into) => mergePeople(from, into)),
  forget: edits('<recognizer> <person>', [1, 1], (person) => forgetPerson(person)),
  threshold: edits('<recognizer> <similarity>', [1, 1], (text) => thresholdEdit(text)),
  undo: edits('<recognizer>', [0, 0], () => undo),
};

export const recognizerCommand: Command<RecognizerWish> = {
  name: 'recognizer',
  takes: ['list', ...Object.entries(ACTIONS).map(([name, { takes }]) => `${name} ${takes}`)],
  summary: 'list, show and change recognizers: add, not (this person), remove, rename, merge, forget, undo',
  flags: [...OPTIONS, JSON_FLAG('print the recognizer as JSON, in one line')],

  parse(given) {
    const json = given.has('json');
    const [name, recognizer, ...words] = given.words;
    if (name === undefined) throw new UsageError('Say what to do: list, show, add, remove, …');
    if (name === 'list') {
      if (recognizer !== undefined) throw new UsageError(`Unexpected argument “${recognizer}”.`);
      return { kind: 'list', base: given.cwd, json };
    }
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name]! : undefined;
    if (!action) throw new UsageError(`A recognizer cannot “${name}”.${meant(name)}`);
    const [least, most] = action.words;
    if (recognizer === undefined || words.length < least || words.length > most)
      throw new UsageError(`“recognizer ${name}” takes ${action.takes}.`);
    return { ...action.wish(words, recognizerPlace(recognizer, given.cwd), given), json };
  },

  async run(wish) {
    const output = new Output(wish.json);
    if (wish.kind === 'order') return byTrainer(output, wish.order);
    if (wish.kind === 'list') return listed(output, wish.base);
    const { folder } = wish;
    const recognizer = wish.kind === 'edit' ? await editRecognizer(folder, wish.edit) : readRecognizer(folder);
    const summary = summaryOf(recognizer, folder);
    output.lines(summary);
    output.note(...recognizerLines(summary));
    return EXIT.ok;
  },
};

async function byTrainer(output: Output, order: OrderOf<'editRecognizer'>): Promise<number> {
  const end = await output.follow(order);
  if (end.type !== 'edited') return output.failed(end);
  output.lines(end.changed);
  output.note(...changeLines(end.changed));
  return EXIT.ok;
}

function listed(output: Output, base: string): number {
  const summaries = recognizersIn(base).flatMap((folder) => {
    try {
      return [summaryOf(readRecognizer(folder), folder)];
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      console.error(`${error.message} ${error.advice}`);
      return [];
    }
  });
  output.lines(...summaries);
  for (const { name, people, network, folder } of summaries)
    output.note(`${name}: ${people.length} people, ${network.name}, ${folder}`);
  if (summaries.length === 0) output.note('There is no recognizer here yet: face-trainer enroll <folder> makes one.');
  return EXIT.ok;
}

function meant(name: string): string {
  const near = nearest(name, ['list', ...Object.keys(ACTIONS)]);
  return near === undefined ? '' : ` Did you mean “${near}”?`;
}

function thresholdEdit(text: string): Edit {
  const value = Number(text);
  if (text.trim() === '' || !(value >= -1 && value <= 1))
    throw new UsageError(`A threshold is a similarity from -1 to 1, not “${text}”.`);
  return (recognizer) => {
    const { threshold, people } = recognizer.record;
    return setThreshold({ ...threshold, value, evidence: { kind: 'hand', people: people.length } })(recognizer);
  };
}
