import type { AnswerWords } from '../../core/answerWords.js';
import { modelPanelMessage, type ModelPanelContent, type TriedPicture } from '../../protocol/modelPanel.js';
import type { Prediction } from '../../protocol/prediction.js';
import type { Editor, Panel } from '../editor.js';
import { inBackground } from '../failures.js';
import { faceWeightsSetting } from '../faceWeightsSetting.js';
import type { Jobs } from '../job.js';
import type { ModelMessage } from './comparisonPage.js';
import { PageHost, type Page } from './pageHost.js';
import { PictureIntake, type Wished } from './pictureIntake.js';
import { Scores, scoreWords } from './scores.js';

/** Pictures that a page keeps, with what the network saw of each: about 20 kB. */
export const KEPT = 50;

/** Pictures from a disk, the clipboard or a camera, and which of its people a file with scores alone thinks is in them. */
export class TryPage implements Page<ModelMessage, ModelPanelContent> {
  readonly script = 'model.js';
  readonly messages = modelPanelMessage;
  private readonly host: PageHost<ModelMessage, ModelPanelContent>;
  private readonly intake: PictureIntake;
  private pictures: TriedPicture[] = [];
  private waiting = 0;
  private failure: string | undefined;
  private next = 1;
  private isClosed = false;
  private readonly scores: Scores;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly editor: Editor,
    readonly panel: Panel,
    private readonly title: string,
    private readonly model: string,
    jobs: Pick<Jobs, 'start'>,
  ) {
    this.scores = new Scores(jobs, model, faceWeightsSetting(editor));
    this.intake = new PictureIntake(editor, (wished) => this.ask(wished));
    this.host = new PageHost<ModelMessage, ModelPanelContent>(editor, panel, this);
  }

  get saved(): { kind: 'try'; model: string } {
    return { kind: 'try', model: this.model };
  }

  snapshot(): ModelPanelContent {
    const { title, scores, waiting, failure, pictures } = this;
    return {
      type: 'try',
      title,
      facts: scores.facts,
      waiting,
      pictures,
      ...(failure === undefined ? {} : { failure }),
    };
  }

  async receive(message: ModelMessage): Promise<void> {
    await this.intake.receive(message);
  }

  closed(): void {
    this.isClosed = true;
    this.scores.stop();
    inBackground(this.editor, this.intake.close(this.queue));
  }

  private async ask(wished: readonly Wished[]): Promise<readonly AnswerWords[]> {
    this.waiting += wished.length;
    this.host.refresh();
    const answered = this.queue.then(() => this.predict(wished));
    this.queue = answered.catch(() => undefined);
    return (await answered).map(scoreWords);
  }

  private async predict(wished: readonly Wished[]): Promise<readonly Prediction[]> {
    if (this.isClosed) return [];
    const { predictions, failure } = await this.scores.of(wished.map(({ file }) => file));
    this.waiting -= wished.length;
    this.failure = failure;
    const tried = predictions.map((answer, i) => ({ id: this.next++, name: wished[i]!.name, answer }));
    this.pictures = [...tried.reverse(), ...this.pictures].slice(0, KEPT);
    this.host.refresh();
    return predictions;
  }
}
