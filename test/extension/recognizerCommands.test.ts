import assert from 'node:assert/strict';
import { RecognizerCommands } from '../../src/extension/commands/recognizerCommands.js';
import { scratchFolder } from '../support/scratch.js';
import { FakeEditor, settled, until } from './fakeEditor.js';
import { HeldRecognizers } from './heldRecognizers.js';

const scratch = scratchFolder();

function open() {
  const editor = new FakeEditor();
  const recognizers = HeldRecognizers.inWorkspace(editor, scratch());
  let selected: unknown;
  const commands = new RecognizerCommands(editor, recognizers, () => selected);
  const { folder } = recognizers;
  const row = (kind: string, more = {}) => ({ kind, recognizer: folder, ...more });
  return {
    ...{ editor, recognizers, commands, folder },
    person: (person: string) => row('person', { person }),
    picture: (person: string, file: string) => row('enrolledPicture', { person, file }),
    select: (chosen: unknown) => (selected = chosen),
    people: () => recognizers.people(folder),
    picturesOf: (name: string) =>
      recognizers
        .record(folder)!
        .people.find((person) => person.name === name)
        ?.pictures.map(({ file }) => file),
  };
}

describe('commands of recognizers', () => {
  it('add a person by name and pictures, and say what was refused', async () => {
    const { editor, commands, folder, people, picturesOf, recognizers } = open();
    editor.inputs.push('Dora');
    editor.files.push('/new/dora.jpg');
    await commands.addPerson({ kind: 'recognizer', recognizer: folder });
    assert.deepEqual(people(), ['Anna', 'Bo', 'Cy', 'Dora']);
    assert.deepEqual(picturesOf('Dora'), ['/new/dora.jpg']);
    editor.inputs.push('Eve');
    await commands.addPerson(undefined); // the only recognizer; no picture is chosen
    assert.deepEqual(people(), ['Anna', 'Bo', 'Cy', 'Dora']);
    editor.inputs.push('Nobody');
    editor.files.push('/new/nobody.jpg');
    await assert.rejects(commands.addPerson(undefined), /Nobody is no name\. Say who\./);
    assert.equal(recognizers.wishes.length, 2);
  });

  it('add pictures of the row that is selected, and ask who it is where none is', async () => {
    const { editor, commands, person, picturesOf, select } = open();
    select(person('Bo'));
    editor.files.push('/new/bo.jpg');
    await commands.addPictures(undefined);
    assert.deepEqual(picturesOf('Bo')!.at(-1), '/new/bo.jpg');
    select(undefined);
    editor.picks.push('Cy');
    editor.files.push('/new/cy.jpg');
    await commands.addPictures(undefined);
    assert.deepEqual(picturesOf('Cy')!.at(-1), '/new/cy.jpg');
  });

  it('rename, merge and remove, with a way back', async () => {
    const { editor, commands, person, people, picturesOf } = open();
    editor.inputs.push('Annabel');
    await commands.rename(person('Anna'));
    assert.deepEqual(people(), ['Annabel', 'Bo', 'Cy']);
    editor.picks.push('Bo');
    await commands.merge(person('Cy'));
    assert.deepEqual(people(), ['Annabel', 'Bo']);
    assert.equal(picturesOf('Bo')!.length, 6);
    assert.equal(editor.said.at(-1)!.message, 'Cy is now Bo.');
    editor.buttons.push('Undo');
    await commands.remove(person('Annabel'));
    assert.equal(editor.said.at(-1)!.message, 'Annabel was removed.');
    await until(() => people().includes('Annabel'));
  });

  it('remove one picture of a person, and undo takes back the last change alone', async () => {
    const { editor, commands, folder, picture, picturesOf } = open();
    await commands.remove(picture('Anna', '/Anna/1.jpg'));
    assert.deepEqual(picturesOf('Anna'), ['/Anna/0.jpg', '/Anna/2.jpg']);
    assert.equal(editor.said.at(-1)!.message, '1.jpg was taken away from Anna.');
    await commands.undo({ kind: 'recognizer', recognizer: folder });
    assert.equal(picturesOf('Anna')!.length, 3);
    await commands.undo(undefined);
    assert.equal(editor.said.at(-1)!.message, 'There is no change to take back.');
  });

  it('say how to make a recognizer where there is none', async () => {
    const editor = new FakeEditor();
    editor.workspaceFolders = [scratch()];
    const recognizers = new (class extends HeldRecognizers {
      override all(): string[] {
        return [];
      }
    })(editor, scratch() + '/elsewhere');
    const commands = new RecognizerCommands(editor, recognizers, () => undefined);
    for (const run of ['addPerson', 'addPictures', 'rename', 'merge', 'remove', 'undo'] as const)
      await commands[run](undefined);
    await settled();
    assert.equal(editor.said.length, 6);
    for (const { message } of editor.said) assert.match(message, /There is no recognizer yet: choose Recognize People/);
  });
});
