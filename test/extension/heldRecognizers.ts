import path from 'node:path';
import { Recognizers } from '../../src/extension/recognizers.js';
import type { Reply, Wish } from '../../src/protocol/recognitionJobs.js';
import { editRecognizer } from '../../src/recognizers/editRecognizer.js';
import { addNegatives, addPictures } from '../../src/recognizers/edits.js';
import { summaryOf } from '../../src/recognizers/recognizer.js';
import { writeRecognizer } from '../../src/recognizers/recognizerFolder.js';
import { faceOf, NETWORK, recognizerOf, seenPicture } from '../support/syntheticFaces.js';
import type { FakeEditor } from './fakeEditor.js';

type Result = Reply['result'];

/** A recognizer on the disk that can be changed, and whose process answers what the test says. */
export class HeldRecognizers extends Recognizers {
  readonly wishes: Wish[] = [];
  /** Of every answer. */
  person = 'Anna';
  /** Of every question, where there is one. */
  refusal: { readonly message: string; readonly advice: string } | undefined;

  constructor(
    editor: FakeEditor,
    readonly folder: string,
    names: readonly string[] = ['Anna', 'Bo', 'Cy'],
  ) {
    super(editor, 'no entry');
    writeRecognizer(folder, recognizerOf(names));
  }

  /** Among the recognizers of a workspace folder. */
  static inWorkspace(editor: FakeEditor, workspace: string, name = 'door'): HeldRecognizers {
    editor.workspaceFolders = [workspace];
    return new HeldRecognizers(editor, path.join(workspace, '.face-trainer', 'recognizers', name));
  }

  override answerer(): ReturnType<Recognizers['answerer']> {
    const answerer = super.answerer('/no recognizer');
    answerer.warmUp = () => undefined;
    answerer.ask = (wish) => {
      this.wishes.push(wish);
      return this.resultOf(wish);
    };
    return answerer;
  }

  /** As if the process said how far it is. */
  prepare(place: string, done: number, total: number): void {
    this.preparing(place, done, total);
  }

  private async resultOf(wish: Wish): Promise<Result> {
    const { name, kind, digest, precision } = NETWORK;
    const network = { name, kind, digest, precision };
    if (this.refusal) return { kind: 'refused', code: 'x', ...this.refusal };
    if (wish.kind === 'recognize') {
      const known = this.person !== 'unknown';
      const answers = wish.files.map((file) => ({
        ...{ file, person: this.person, known, similarity: known ? 0.7 : 0.3, threshold: 0.46, nearest: 'Anna' },
        ...{ faces: 1, notes: [], mostLike: { person: 'Anna', file: '/people/Anna/1.jpg', similarity: 0.8 } },
        ...(wish.seen ? { seen: `data:image/jpeg;base64,${Buffer.from(file).toString('base64')}` } : {}),
      }));
      return { kind: 'recognized', recognition: { recognizer: 'people', network, runtime: 'r', answers } };
    }
    if (wish.person === 'Nobody')
      return { kind: 'refused', code: 'x', message: 'Nobody is no name.', advice: 'Say who.' };
    this.person = wish.kind === 'notThisPerson' ? 'unknown' : wish.person;
    const seen = wish.files.map((file, i) => seenPicture(file, faceOf(9, i)));
    const edit = wish.kind === 'add' ? addPictures(wish.person, seen) : addNegatives(wish.person, seen);
    const recognizer = summaryOf(await editRecognizer(this.folder, edit), this.folder);
    return { kind: 'changed', changed: { recognizer, done: 'Done', leftOut: [] } };
  }
}
