import path from 'node:path';
import { formatCount } from '../../core/format.js';
import { mergePeople, removePerson, removePictures, renamePerson, undo, type Edit } from '../../recognizers/edits.js';
import type { Editor } from '../editor.js';
import { inBackground } from '../failures.js';
import { PICTURES } from '../panels/pictureIntake.js';
import type { Recognizers } from '../recognizers.js';
import { askForName } from './askForPerson.js';
import { enrolledOf, personOf, pickPerson, recognizerOf } from './recognizerArguments.js';

/** What is done to a recognizer, each at once, and each can be taken back. */
export class RecognizerCommands {
  constructor(
    private readonly editor: Editor,
    private readonly recognizers: Recognizers,
    /** The row that is selected in the view, for keys. */
    private readonly selected: () => unknown,
  ) {}

  async addPerson(argument: unknown): Promise<void> {
    const { editor, recognizers } = this;
    const recognizer = await recognizerOf(editor, recognizers, argument, 'Add a person to');
    if (recognizer === undefined) return;
    const person = await askForName(editor, 'Add a Person', '', recognizers.people(recognizer));
    if (person !== undefined) await this.add(recognizer, person);
  }

  async addPictures(argument: unknown): Promise<void> {
    const at = await personOf(this.editor, this.recognizers, argument ?? this.selected(), 'Add pictures of');
    if (at) await this.add(at.recognizer, at.person);
  }

  async rename(argument: unknown): Promise<void> {
    const { editor, recognizers } = this;
    const at = await personOf(editor, recognizers, argument ?? this.selected(), 'Rename');
    if (!at) return;
    const name = await askForName(editor, `Rename ${at.person}`, at.person, recognizers.people(at.recognizer));
    if (name !== undefined && name !== at.person) await recognizers.edit(at.recognizer, renamePerson(at.person, name));
  }

  async merge(argument: unknown): Promise<void> {
    const { editor, recognizers } = this;
    const at = await personOf(editor, recognizers, argument ?? this.selected(), 'Merge');
    if (!at) return;
    const others = recognizers.people(at.recognizer).filter((person) => person !== at.person);
    const into = await pickPerson(editor, others, `${at.person} is the same person as`);
    if (into !== undefined)
      await this.edit(at.recognizer, mergePeople(at.person, into), `${at.person} is now ${into}.`);
  }

  /** A person, or a picture. */
  async remove(argument: unknown): Promise<void> {
    const { editor, recognizers } = this;
    const row = argument ?? this.selected();
    const file = enrolledOf(row)?.file;
    const at = await personOf(editor, recognizers, row, 'Remove');
    if (!at) return;
    const { recognizer, person } = at;
    if (file === undefined) await this.edit(recognizer, removePerson(person), `${person} was removed.`);
    else
      await this.edit(
        recognizer,
        removePictures(person, [file]),
        `${path.basename(file)} was taken away from ${person}.`,
      );
  }

  async undo(argument: unknown): Promise<void> {
    const { editor, recognizers } = this;
    const recognizer = await recognizerOf(
      editor,
      recognizers,
      argument ?? this.selected(),
      'Take the last change back of',
    );
    if (recognizer === undefined) return;
    const last = recognizers.summary(recognizer)?.lastChange;
    if (last === undefined) await editor.say('information', 'There is no change to take back.');
    else await recognizers.edit(recognizer, undo);
  }

  private async add(recognizer: string, person: string): Promise<void> {
    const chosen = await this.editor.chooseFiles({
      title: `Pictures of ${person}`,
      openLabel: 'Add',
      what: 'files',
      filters: { Pictures: PICTURES, 'All files': ['*'] },
    });
    if (chosen.length === 0) return;
    const files = chosen.map(({ fsPath }) => fsPath);
    const { leftOut } = await this.editor.progress(`Adding ${formatCount(files.length, 'picture')} of ${person}`, () =>
      this.recognizers.change(recognizer, { kind: 'add', person, files }),
    );
    const [first] = leftOut;
    if (first)
      await this.editor.say(
        'warning',
        `${formatCount(leftOut.length, 'picture')} left out: ${path.basename(first.file)} ${first.reason}.`,
      );
  }

  /** What takes something away says so, with a way back. */
  private async edit(recognizer: string, edit: Edit, done: string): Promise<void> {
    await this.recognizers.edit(recognizer, edit);
    inBackground(
      this.editor,
      this.editor.say('information', done, 'Undo').then(async (chosen) => {
        if (chosen === 'Undo') await this.recognizers.edit(recognizer, undo);
      }),
    );
  }
}
