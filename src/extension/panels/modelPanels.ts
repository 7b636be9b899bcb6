import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { Comparison } from '../../protocol/comparison.js';
import type { Editor, Panel } from '../editor.js';
import type { Jobs } from '../job.js';
import type { Recognizers } from '../recognizers.js';
import { modelName } from '../runName.js';
import { ComparisonPage } from './comparisonPage.js';
import { OpenPanels } from './openPanels.js';
import { RecognizePage } from './recognizePage.js';
import { saveComparison, savedComparison } from './savedResults.js';
import { TryPage } from './tryPage.js';

export const MODEL_VIEW = 'faceTrainer.model';

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
    this.comparisons = new OpenPanels(editor, MODEL_VIEW);
    this.tries = new OpenPanels(editor, MODEL_VIEW);
    this.recognizing = new OpenPanels(editor, MODEL_VIEW);
  }

  compare(checkpoint: string, result: Comparison, focus: boolean): void {
    saveComparison(this.editor, checkpoint, result);
    const title = `Float and int8: ${modelName(checkpoint)}`;
    this.comparisons.show(checkpoint, title, focus, this.comparison(checkpoint, result)).show(result);
  }

  /** @param model a checkpoint's folder or an exported file */
  tryPictures(model: string): void {
    this.tries.show(model, `Try: ${modelName(model)}`, true, this.attempt(model));
  }

  recognize(recognizer: string): void {
    this.recognizing.show(recognizer, `Try: ${path.basename(recognizer)}`, true, this.recognition(recognizer));
  }

  restore(panel: Panel, state: unknown): void {
    const saved = savedState.safeParse(state).data;
    const result = saved?.kind === 'comparison' ? savedComparison(saved.checkpoint) : undefined;
    if (saved?.kind === 'comparison' && result)
      this.comparisons.adopt(saved.checkpoint, panel, this.comparison(saved.checkpoint, result));
    else if (saved?.kind === 'try' && fs.existsSync(saved.model))
      this.tries.adopt(saved.model, panel, this.attempt(saved.model));
    else if (saved?.kind === 'recognize' && fs.existsSync(saved.recognizer) && this.editor.trusted)
      this.recognizing.adopt(saved.recognizer, panel, this.recognition(saved.recognizer));
    else panel.close();
  }

  private comparison(checkpoint: string, result: Comparison): (panel: Panel) => ComparisonPage {
    return (panel) => new ComparisonPage(this.editor, panel, modelName(checkpoint), checkpoint, result);
  }

  private attempt(model: string): (panel: Panel) => TryPage {
    return (panel) => new TryPage(this.editor, panel, modelName(model), model, this.jobs);
  }

  private recognition(recognizer: string): (panel: Panel) => RecognizePage {
    return (panel) => new RecognizePage(this.editor, panel, recognizer, this.recognizers);
  }
}
