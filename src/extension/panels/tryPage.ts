import type { AnswerWords } from '../../core/answerWords.js';
import { formatPercent } from '../../core/format.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { modelPanelMessage, type ModelPanelContent, type TriedPicture } from '../../protocol/modelPanel.js';
import type { Prediction } from '../../protocol/prediction.js';
import type { Editor, Panel } from '../editor.js';
import { inBackground } from '../failures.js';
import type { Jobs, RunningJob } from '../job.js';
import type { ModelMessage } from './comparisonPage.js';
import { PageHost, type Page } from './pageHost.js';
import { PictureIntake, type Wished } from './pictureIntake.js';

/** Pictures that a page keeps, with what the network saw of each: about 20 kB. */
export const KEPT = 50;

/** Pictures from a disk, the clipboard or a camera, and who the network thinks is in them. */
export class TryPage implements Page<ModelMessage, ModelPanelContent> {
  readonly script = 'model.js';
  readonly messages = modelPanelMessage;
  private readonly host: PageHost<ModelMessage, ModelPanelContent>;
  private readonly intake: PictureIntake;
  private pictures: TriedPicture[] = [];
  private waiting = 0;
  private facts = '';
  private failure: string | undefined;
  private next = 1;
  private running: RunningJob | undefined;
  private isClosed = false;
  /**
   * One after the other: each is a process of its own, which loads the network and the face detector anew (0.6 s, and every
   * core while it does).
   */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly editor: Editor,
    readonly panel: Panel,
    private readonly title: string,
    private readonly model: string,
    private readonly jobs: Pick<Jobs, 'start'>,
  ) {
    this.intake = new PictureIntake(editor, (wished) => this.ask(wished));
    this.host = new PageHost<ModelMessage, ModelPanelContent>(editor, panel, this);
  }

  get saved(): { kind: 'try'; model: string } {
    return { kind: 'try', model: this.model };
  }

  snapshot(): ModelPanelContent {
    const { title, facts, waiting, failure, pictures } = this;
    return { type: 'try', title, facts, waiting, pictures, ...(failure === undefined ? {} : { failure }) };
  }

  async receive(message: ModelMessage): Promise<void> {
    await this.intake.receive(message);
  }

  closed(): void {
    this.isClosed = true;
    this.running?.stop();
    inBackground(this.editor, this.intake.close(this.queue));
  }

  private async ask(wished: readonly Wished[]): Promise<readonly AnswerWords[]> {
    this.waiting += wished.length;
    this.host.refresh();
    const answered = this.queue.then(() => this.predict(wished));
    this.queue = answered.catch(() => undefined);
    return (await answered).map(wordsOf);
  }

  private async predict(wished: readonly Wished[]): Promise<Prediction[]> {
    if (this.isClosed) return [];
    this.running = this.jobs.start({
      type: 'predict',
      protocol: PROTOCOL_VERSION,
      model: this.model,
      files: wished.map(({ file }) => file),
      faces: 'auto',
      seen: true,
    });
    const end = await this.running.ended;
    this.running = undefined;
    this.waiting -= wished.length;
    this.failure = undefined;
    if (end.type === 'predicted') {
      this.facts = `${end.network}, computed by ${end.runtime}`;
      const tried = end.predictions.map((answer, i) => ({ id: this.next++, name: wished[i]!.name, answer }));
      this.pictures = [...tried.reverse(), ...this.pictures].slice(0, KEPT);
    } else if (end.type === 'failure') this.failure = `${end.message} ${end.advice}`;
    this.host.refresh();
    return end.type === 'predicted' ? end.predictions : [];
  }
}

function wordsOf(prediction: Prediction): AnswerWords {
  if ('error' in prediction) return { title: `The picture ${prediction.error}`, detail: '' };
  return { title: `${prediction.person}, ${formatPercent(prediction.probability)}`, detail: '' };
}
