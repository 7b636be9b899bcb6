import fs from 'node:fs';
import path from 'node:path';
import { answerWords, networkWords } from '../../core/answerWords.js';
import { formatCount } from '../../core/format.js';
import { thresholdWords } from '../../core/thresholdWords.js';
import { makePrivateFolder } from '../../platform/privateFolder.js';
import { modelPanelMessage, type ModelPanelContent } from '../../protocol/modelPanel.js';
import type { Prediction } from '../../protocol/prediction.js';
import type { Answer } from '../../protocol/recognition.js';
import { undo } from '../../recognizers/edits.js';
import { isRecognizer } from '../../recognizers/recognizerFolder.js';
import { askForPerson } from '../commands/askForPerson.js';
import type { Editor, Panel } from '../editor.js';
import { inBackground, wordsOf } from '../failures.js';
import type { Recognizers } from '../recognizers.js';
import type { CameraAnswer, CameraCorrection } from './cameraAnswer.js';
import type { ModelMessage } from './comparisonPage.js';
import { OwnChanges } from './ownChanges.js';
import { PageHost, type Page } from './pageHost.js';
import { PictureIntake, type Wished } from './pictureIntake.js';
import { scoreWords, type Scores } from './scores.js';
import { KEPT } from './tryPage.js';

/** What pictures are tried on. */
export interface Recognizing {
  /** What answers: a recognizer, or a checkpoint, whose people are enrolled when somebody first asks. */
  readonly place: string;
  /** The recognizer that learns: `place` itself; that of a checkpoint is there once it has answered. */
  readonly recognizer: string;
  readonly title: string;
  /** Of a checkpoint: for a closed set. */
  readonly scores?: Scores;
  /** What brings the page back. */
  readonly saved: object;
}

interface Shown {
  readonly id: number;
  readonly name: string;
  readonly file: string;
  /** Absent until it is there: a picture stays where it could not be answered, for the next attempt. */
  readonly answer?: Answer | undefined;
  /** As if it were of one of the people. */
  readonly closed?: Prediction | undefined;
}

/** Pictures from a disk, the clipboard or a camera, and who a recognizer says is in them; what its user says of that, it learns. */
export class RecognizePage implements Page<ModelMessage, ModelPanelContent> {
  readonly script = 'model.js';
  readonly messages = modelPanelMessage;
  private readonly host: PageHost<ModelMessage, ModelPanelContent>;
  private readonly intake: PictureIntake;
  private readonly unheard: (() => void)[];
  private readonly changes: OwnChanges;
  /** The newest first. */
  private pictures: Shown[] = [];
  private waiting = 0;
  private failure: string | undefined;
  private preparing: string | undefined;
  private closedSet = false;
  private next = 1;
  private isClosed = false;
  /** One after the other: a correction is answered by what comes behind it. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly editor: Editor,
    readonly panel: Panel,
    private readonly what: Recognizing,
    private readonly recognizers: Recognizers,
  ) {
    this.intake = new PictureIntake(
      editor,
      (wished) => this.ask(wished),
      (correction) => this.correctAtCamera(correction),
    );
    this.changes = new OwnChanges(recognizers, what.recognizer);
    this.host = new PageHost<ModelMessage, ModelPanelContent>(editor, panel, this);
    this.unheard = [
      recognizers.onChanged((folder) => {
        if (folder === what.recognizer) inBackground(editor, this.changed());
      }),
      recognizers.onPreparing((place, done, total) => {
        if (place === what.place) this.tellPreparing(done, total);
      }),
    ];
    // Enrolling the people of a checkpoint takes every core: that waits for the first picture.
    if (isRecognizer(what.recognizer)) recognizers.answerer(what.place).warmUp();
  }

  get saved(): object {
    return this.what.saved;
  }

  snapshot(): ModelPanelContent {
    const { waiting, failure, pictures, changes, what } = this;
    const common = { title: what.title, waiting, ...(failure === undefined ? {} : { failure }) };
    if (this.closedSet) {
      const tried = pictures.flatMap(({ id, name, closed }) => (closed ? [{ id, name, answer: closed }] : []));
      return { type: 'try', ...common, facts: what.scores?.facts ?? '', closedSet: true, pictures: tried };
    }
    const said = changes.words;
    const answered = pictures.flatMap(({ id, name, answer }) => {
      const correction = said.get(String(id));
      return answer ? [{ ...{ id, name, answer }, ...(correction === undefined ? {} : { correction }) }] : [];
    });
    const summary = this.recognizers.summary(what.recognizer);
    return {
      ...{ type: 'recognize', ...common, facts: this.facts, pictures: answered },
      people: summary?.people.map(({ person }) => person) ?? [],
      ...(what.scores ? { closedSet: false } : {}),
      ...changes.last,
    };
  }

  async receive(message: ModelMessage): Promise<void> {
    if (await this.intake.receive(message)) return;
    switch (message.type) {
      case 'notThisPerson': {
        const shown = this.shown(message.id);
        if (shown?.answer && 'person' in shown.answer && shown.answer.known)
          await this.correct(shown, 'notThisPerson', shown.answer.person);
        return;
      }
      case 'thisIs': {
        const shown = this.shown(message.id);
        const people = this.recognizers.people(this.what.recognizer);
        const person = message.person ?? (await askForPerson(this.editor, people));
        if (shown && person !== undefined) await this.correct(shown, 'add', person);
        return;
      }
      case 'undo':
        if (this.changes.last.lastChange !== undefined) await this.recognizers.edit(this.what.recognizer, undo);
        return;
      case 'closedSet':
        this.closedSet = message.on && this.what.scores !== undefined;
        await this.inTurn(0, () => this.look(this.pictures.filter((one) => !this.isAnswered(one))));
        return;
      case 'openLike': {
        const answer = this.shown(message.id)?.answer;
        const file = answer && 'person' in answer ? answer.mostLike?.file : undefined;
        if (file !== undefined) await this.editor.open(file);
        return;
      }
      case 'evaluate':
        await this.editor.execute('faceTrainer.evaluate', this.what.place);
        return;
      default:
        return;
    }
  }

  closed(): void {
    this.isClosed = true;
    this.unheard.forEach((end) => end());
    this.what.scores?.stop();
    inBackground(this.editor, this.intake.close(this.queue));
  }

  /** What answers, and what its threshold is worth. */
  private get facts(): string[] {
    if (this.preparing !== undefined) return [this.preparing];
    const summary = this.recognizers.summary(this.what.recognizer);
    if (!summary) return ['The people that it was trained on are enrolled when you try the first picture.'];
    const people = formatCount(summary.people.length, 'person', 'people');
    return [`${people}  ·  ${networkWords(summary.network)}`, thresholdWords(summary.threshold)];
  }

  private shown(id: number): Shown | undefined {
    return this.pictures.find((picture) => picture.id === id);
  }

  private isAnswered({ answer, closed }: Shown): boolean {
    return (this.closedSet ? closed : answer) !== undefined;
  }

  private tellPreparing(done: number, total: number): void {
    const n = (count: number) => count.toLocaleString('en-US');
    this.preparing = `Its people are enrolled: ${n(done)} of ${n(total)} pictures.`;
    this.host.refresh();
  }

  /** @returns what is in each, in words; nothing where that could not be found out, which the page says */
  private async ask(wished: readonly Wished[]): Promise<readonly CameraAnswer[]> {
    const made = wished.map(({ name, file }): Shown => ({ id: this.next++, name, file }));
    this.pictures = [...made.toReversed(), ...this.pictures].slice(0, KEPT);
    await this.inTurn(wished.length, () => this.look(made));
    return made.flatMap(({ id }) => this.saidOf(id) ?? []);
  }

  private saidOf(id: number): CameraAnswer | undefined {
    const { answer, closed } = this.shown(id) ?? {};
    if (this.closedSet) return closed && scoreWords(closed);
    if (!answer || 'error' in answer) return answer && answerWords(answer);
    const people = this.recognizers.people(this.what.recognizer);
    return { ...answerWords(answer), correctable: { id, ...(answer.known ? { known: answer.person } : {}), people } };
  }

  private async correctAtCamera(correction: CameraCorrection): Promise<CameraAnswer | undefined> {
    await this.receive(
      correction.kind === 'thisIs' ? { ...correction, type: 'thisIs' } : { ...correction, type: 'notThisPerson' },
    );
    // Behind the correction whatever is on the page is asked again.
    await this.queue;
    return this.saidOf(correction.id);
  }

  private async correct(shown: Shown, kind: 'add' | 'notThisPerson', person: string): Promise<void> {
    const file = this.kept(shown.file);
    await this.inTurn(0, async () => {
      await this.recognizers.change(this.what.place, { kind, person, files: [file] }, this.what.recognizer);
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
    const folder = path.join(this.what.recognizer, 'pictures');
    makePrivateFolder(folder);
    const kept = path.join(folder, `${Date.now()}-${path.basename(file)}`);
    fs.copyFileSync(file, kept); // with its rights: it is the user's alone
    return kept;
  }

  /** The recognizer has changed: whatever is on the page is answered anew, where the scores answer, once they do no more. */
  private async changed(): Promise<void> {
    if (this.closedSet) this.pictures = this.pictures.map((one) => ({ ...one, answer: undefined }));
    else if (this.pictures.length > 0 && !this.isClosed) await this.inTurn(0, () => this.look(this.pictures));
    this.host.refresh();
  }

  /** Asks who is in pictures of the page. */
  private async look(asked: readonly Shown[]): Promise<void> {
    if (asked.length === 0) return;
    const files = asked.map(({ file }) => file);
    const found = this.closedSet ? await this.scored(files) : await this.recognized(files);
    const byId = new Map(asked.map(({ id }, i) => [id, found[i]]));
    this.pictures = this.pictures.map((one) => ({ ...one, ...byId.get(one.id) }));
  }

  private async scored(files: readonly string[]): Promise<Pick<Shown, 'closed'>[]> {
    const { predictions, failure } = (await this.what.scores?.of(files)) ?? { predictions: [] };
    this.failure = failure;
    return predictions.map((closed) => ({ closed }));
  }

  private async recognized(files: readonly string[]): Promise<Pick<Shown, 'answer'>[]> {
    const answerer = this.recognizers.answerer(this.what.place);
    const result = await answerer.ask({ kind: 'recognize', files: [...files], seen: true });
    this.preparing = undefined;
    if (result.kind === 'refused') this.failure = `${result.message} ${result.advice}`;
    return result.kind === 'recognized' ? result.recognition.answers.map((answer) => ({ answer })) : [];
  }

  private inTurn(waiting: number, work: () => Promise<void>): Promise<void> {
    this.waiting += waiting;
    this.host.refresh();
    const done = this.queue.then(async () => {
      if (this.isClosed) throw new Error('the page was closed');
      this.failure = undefined;
      try {
        await work();
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
