import fs from 'node:fs';
import path from 'node:path';
import { answerWords, networkWords, type AnswerWords } from '../../core/answerWords.js';
import { formatCount } from '../../core/format.js';
import { thresholdWords } from '../../core/thresholdWords.js';
import { modelPanelMessage, type LookedAtPicture, type ModelPanelContent } from '../../protocol/modelPanel.js';
import type { Answer } from '../../protocol/recognition.js';
import { undo } from '../../recognizers/edits.js';
import { askForPerson } from '../commands/askForPerson.js';
import type { Editor, Panel } from '../editor.js';
import { inBackground, wordsOf } from '../failures.js';
import type { Recognizers } from '../recognizers.js';
import type { ModelMessage } from './comparisonPage.js';
import { OwnChanges } from './ownChanges.js';
import { PageHost, type Page } from './pageHost.js';
import { PictureIntake, type Wished } from './pictureIntake.js';
import { KEPT } from './tryPage.js';

interface Shown extends Omit<LookedAtPicture, 'correction'> {
  readonly file: string;
}

/** Pictures from a disk, the clipboard or a camera, and who a recognizer says is in them; what its user says of that, it learns. */
export class RecognizePage implements Page<ModelMessage, ModelPanelContent> {
  readonly script = 'model.js';
  readonly messages = modelPanelMessage;
  private readonly host: PageHost<ModelMessage, ModelPanelContent>;
  private readonly intake: PictureIntake;
  private readonly unheard: () => void;
  private pictures: Shown[] = [];
  private waiting = 0;
  private failure: string | undefined;
  private readonly changes: OwnChanges;
  private next = 1;
  private isClosed = false;
  /** One after the other: a correction is answered by what comes behind it. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly editor: Editor,
    readonly panel: Panel,
    private readonly recognizer: string,
    private readonly recognizers: Recognizers,
  ) {
    this.intake = new PictureIntake(editor, (wished) => this.ask(wished));
    this.changes = new OwnChanges(recognizers, recognizer);
    this.host = new PageHost<ModelMessage, ModelPanelContent>(editor, panel, this);
    this.unheard = recognizers.onChanged((folder) => {
      if (folder === recognizer) inBackground(editor, this.askAgain());
    });
    recognizers.answerer(recognizer).warmUp();
  }

  get saved(): { kind: 'recognize'; recognizer: string } {
    return { kind: 'recognize', recognizer: this.recognizer };
  }

  snapshot(): ModelPanelContent {
    const { waiting, failure, pictures, changes } = this;
    const said = changes.words;
    const summary = this.recognizers.summary(this.recognizer);
    const facts = summary
      ? [
          `${formatCount(summary.people.length, 'person', 'people')}  ·  ${networkWords(summary.network)}`,
          thresholdWords(summary.threshold),
        ]
      : [];
    return {
      type: 'recognize',
      title: summary?.name ?? path.basename(this.recognizer),
      facts,
      waiting,
      people: summary?.people.map(({ person }) => person) ?? [],
      pictures: pictures.map(({ id, name, answer }) => {
        const correction = said.get(String(id));
        return { ...{ id, name, answer }, ...(correction === undefined ? {} : { correction }) };
      }),
      ...(failure === undefined ? {} : { failure }),
      ...changes.last,
    };
  }

  async receive(message: ModelMessage): Promise<void> {
    if (await this.intake.receive(message)) return;
    switch (message.type) {
      case 'notThisPerson': {
        const shown = this.shown(message.id);
        if (shown && 'person' in shown.answer && shown.answer.known)
          await this.correct(shown, 'notThisPerson', shown.answer.person);
        return;
      }
      case 'thisIs': {
        const shown = this.shown(message.id);
        const person = message.person ?? (await askForPerson(this.editor, this.recognizers.people(this.recognizer)));
        if (shown && person !== undefined) await this.correct(shown, 'add', person);
        return;
      }
      case 'undo':
        if (this.changes.last.lastChange !== undefined) await this.recognizers.edit(this.recognizer, undo);
        return;
      case 'openLike': {
        const answer = this.shown(message.id)?.answer;
        const file = answer && 'person' in answer ? answer.mostLike?.file : undefined;
        if (file !== undefined) await this.editor.open(file);
        return;
      }
      case 'evaluate':
        await this.editor.execute('faceTrainer.evaluate', this.recognizer);
        return;
      default:
        return;
    }
  }

  closed(): void {
    this.isClosed = true;
    this.unheard();
    inBackground(this.editor, this.intake.close(this.queue));
  }

  private shown(id: number): Shown | undefined {
    return this.pictures.find((picture) => picture.id === id);
  }

  private async ask(wished: readonly Wished[]): Promise<readonly AnswerWords[]> {
    const answers = await this.inTurn(wished.length, () => this.answersTo(wished.map(({ file }) => file)));
    const made = answers.flatMap((answer, i): Shown[] => {
      const name = wished[i]?.name ?? path.basename(answer.file);
      return [{ id: this.next++, name, file: answer.file, answer }];
    });
    this.pictures = [...made.reverse(), ...this.pictures].slice(0, KEPT);
    this.host.refresh();
    return answers.map(answerWords);
  }

  private async correct(shown: Shown, kind: 'add' | 'notThisPerson', person: string): Promise<void> {
    const file = this.kept(shown.file);
    await this.inTurn(0, async () => {
      await this.recognizers.change(this.recognizer, { kind, person, files: [file] });
      this.changes.remember(
        String(shown.id),
        kind === 'add' ? `You said: this is ${person}.` : `You said: not ${person}.`,
      );
      this.pictures = this.pictures.map((one) => (one.id === shown.id ? { ...one, file } : one));
    });
  }

  /** What is the recognizer's from now on lies with it: a picture that was pasted goes with the page. */
  private kept(file: string): string {
    if (path.dirname(file) !== this.intake.folder) return file;
    const folder = path.join(this.recognizer, 'pictures');
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const kept = path.join(folder, `${Date.now()}-${path.basename(file)}`);
    fs.copyFileSync(file, kept);
    return kept;
  }

  /** The recognizer has changed: whatever is on the page is answered anew. */
  private async askAgain(): Promise<void> {
    const asked = this.pictures;
    if (asked.length === 0 || this.isClosed) {
      this.host.refresh();
      return;
    }
    const answers = await this.inTurn(0, () => this.answersTo(asked.map(({ file }) => file)));
    const byId = new Map(asked.map(({ id }, i) => [id, answers[i]]));
    this.pictures = this.pictures.map((one) => {
      const answer = byId.get(one.id);
      return answer ? { ...one, answer } : one;
    });
    this.host.refresh();
  }

  private async answersTo(files: string[]): Promise<Answer[]> {
    const result = await this.recognizers.answerer(this.recognizer).ask({ kind: 'recognize', files, seen: true });
    if (result.kind === 'recognized') return result.recognition.answers;
    if (result.kind === 'refused') this.failure = `${result.message} ${result.advice}`;
    return [];
  }

  private inTurn<T>(waiting: number, work: () => Promise<T>): Promise<T> {
    this.waiting += waiting;
    this.host.refresh();
    const done = this.queue.then(async () => {
      if (this.isClosed) throw new Error('the page was closed');
      this.failure = undefined;
      try {
        return await work();
      } catch (error) {
        this.failure = wordsOf(error);
        throw error;
      } finally {
        this.waiting -= waiting;
        this.host.refresh();
      }
    });
    this.queue = done.catch(() => undefined);
    return done;
  }
}
