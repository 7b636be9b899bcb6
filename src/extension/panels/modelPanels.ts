import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { Comparison } from '../../protocol/comparison.js';
import type { Editor, Panel } from '../editor.js';
import { faceWeightsSetting } from '../faceWeightsSetting.js';
import type { Jobs } from '../job.js';
import { isRecognizer } from '../../recognizers/recognizerFolder.js';
import { recognizerOfCheckpoint, recognizerOfFile } from '../../recognizers/recognizersFolder.js';
import { isCheckpointFolder } from '../isCheckpointFolder.js';
import type { Recognizers } from '../recognizers.js';
import { modelName } from '../runName.js';
import { ComparisonPage } from './comparisonPage.js';
import { OpenPanels } from './openPanels.js';
import { RecognizePage, type Recognizing } from './recognizePage.js';
import { Scores } from './scores.js';
import { saveComparison, savedComparison } from './savedResults.js';
import { TryPage } from './tryPage.js';
import { VIEWS } from './viewNames.js';

/** What brings a panel back. Pictures that were tried are not kept: nobody asked for copies of them. */
const savedState = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('comparison'), checkpoint: z.string().min(1) }),
  z.object({ kind: z.literal('try'), model: z.string().min(1) }),
  z.object({ kind: z.literal('recognize'), recognizer: z.string().min(1) }),
]);

/** The panels of networks and recognizers: float and int8 beside each other, and pictures to try. One for each and kind. */
export class ModelPanels {
  private readonly comparisons: OpenPanels<ComparisonPage>;
  private readonly tries: OpenPanels<TryPage>;
  private readonly recognizing: OpenPanels<RecognizePage>;

  constructor(
    private readonly editor: Editor,
    private readonly jobs: Pick<Jobs, 'start'>,
    private readonly recognizers: Recognizers,
  ) {
    this.comparisons = new OpenPanels(editor, VIEWS.models);
    this.tries = new OpenPanels(editor, VIEWS.models);
    this.recognizing = new OpenPanels(editor, VIEWS.models);
  }

  compare(checkpoint: string, result: Comparison, focus: boolean): void {
    saveComparison(this.editor, checkpoint, result);
    const title = `Float and int8: ${modelName(checkpoint)}`;
    this.comparisons.show(checkpoint, title, focus, this.comparison(checkpoint, result)).show(result);
  }

  /** @param model a checkpoint's folder or an exported file: who recognizes its people answers, scores alone where there is none */
  tryPictures(model: string): void {
    const what = this.recognizingOf(model);
    if (what) this.show(what);
    else this.tries.show(model, `Try: ${modelName(model)}`, true, this.attempt(model));
  }

  recognize(recognizer: string): void {
    this.show(recognizingBy(recognizer));
  }

  private show(what: Recognizing): void {
    this.recognizing.show(what.place, `Try: ${what.title}`, true, this.recognition(what));
  }

  restore(panel: Panel, state: unknown): void {
    const saved = savedState.safeParse(state).data;
    // Pictures are tried by a process.
    const mayTry = this.editor.trusted;
    const result = saved?.kind === 'comparison' ? savedComparison(saved.checkpoint) : undefined;
    if (saved?.kind === 'comparison' && result)
      this.comparisons.adopt(saved.checkpoint, panel, this.comparison(saved.checkpoint, result));
    else if (saved?.kind === 'try' && mayTry && fs.existsSync(saved.model)) this.restoreTry(panel, saved.model);
    else if (saved?.kind === 'recognize' && mayTry && fs.existsSync(saved.recognizer))
      this.adopt(panel, recognizingBy(saved.recognizer));
    else panel.close();
  }

  private restoreTry(panel: Panel, model: string): void {
    const what = this.recognizingOf(model);
    if (what) this.adopt(panel, what);
    else this.tries.adopt(model, panel, this.attempt(model));
  }

  private adopt(panel: Panel, what: Recognizing): void {
    this.recognizing.adopt(what.place, panel, this.recognition(what));
  }

  /** A checkpoint has a recognizer once it is asked; an exported embedding, where its people lie beside it. */
  private recognizingOf(model: string): Recognizing | undefined {
    const common = { title: modelName(model), saved: { kind: 'try', model } };
    if (isCheckpointFolder(model)) {
      const scores = new Scores(this.jobs, model, faceWeightsSetting(this.editor));
      return { ...common, place: model, recognizer: recognizerOfCheckpoint(model), scores };
    }
    const recognizer = recognizerOfFile(model);
    return isRecognizer(recognizer) ? { ...common, place: recognizer, recognizer } : undefined;
  }

  private comparison(checkpoint: string, result: Comparison): (panel: Panel) => ComparisonPage {
    return (panel) => new ComparisonPage(this.editor, panel, modelName(checkpoint), checkpoint, result);
  }

  private attempt(model: string): (panel: Panel) => TryPage {
    return (panel) => new TryPage(this.editor, panel, modelName(model), model, this.jobs);
  }

  private recognition(what: Recognizing): (panel: Panel) => RecognizePage {
    return (panel) => new RecognizePage(this.editor, panel, what, this.recognizers);
  }
}

function recognizingBy(recognizer: string): Recognizing {
  const title = path.basename(recognizer);
  return { place: recognizer, recognizer, title, saved: { kind: 'recognize', recognizer } };
}
