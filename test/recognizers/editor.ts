import { addPictures } from '../../src/recognizers/edits.js';
import { editRecognizer } from '../../src/recognizers/editRecognizer.js';
import { faceOf, seenPicture } from '../support/syntheticFaces.js';

// A process that edits a recognizer again and again: `editor.ts <folder> <name> <edits>`.

async function editOften(folder: string, name: string, edits: number): Promise<void> {
  for (let i = 0; i < edits; i++)
    await editRecognizer(folder, addPictures(name, [seenPicture(`/${name}/${i}.jpg`, faceOf(i, 0))]));
}

const [folder, name, edits] = process.argv.slice(2);
void editOften(folder!, name!, Number(edits));
