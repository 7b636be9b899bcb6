import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { Editor, Panel } from '../editor.js';
import type { Jobs } from '../job.js';
import type { Recognizers } from '../recognizers.js';
import { modelName } from '../runName.js';
import { isRecognizer } from '../../recognizers/recognizerFolder.js';
import { EvaluationFiles } from './evaluationFiles.js';
import { EvaluationPage, type EvaluationPorts } from './evaluationPage.js';
import { OpenPanels } from './openPanels.js';
import { saveEvaluation, savedEvaluation } from './savedResults.js';
import { startEvaluation, type Evaluated } from './startEvaluation.js';
import { VIEWS } from './viewNames.js';

const savedState = z.object({
  kind: z.literal('evaluation'),
  target: z.string().min(1),
  probes: z.string().min(1).optional(),
  strangers: z.string().min(1).optional(),
});

/** The panels of evaluations: one for each recognizer, checkpoint and exported file. */
export class EvaluationPanels {
  private readonly open: OpenPanels<EvaluationPage>;
  private readonly ports: EvaluationPorts;

  constructor(
    private readonly editor: Editor,
    jobs: Pick<Jobs, 'start'>,
    recognizers: Recognizers,
  ) {
    this.open = new OpenPanels(editor, VIEWS.evaluations);
    this.ports = {
      recognizers,
      files: new EvaluationFiles(jobs, recognizers),
      start: (what, onProgress) => startEvaluation(editor, jobs, what, onProgress),
      saved: (what) => savedEvaluation(what),
      save: (what, result) => saveEvaluation(editor, what, result),
    };
  }

  evaluate(what: Evaluated): void {
    this.open.show(what.target, `Evaluate: ${nameOf(what.target)}`, true, this.page(what));
  }

  restore(panel: Panel, state: unknown): void {
    const saved = savedState.safeParse(state).data;
    const there = saved && fs.existsSync(saved.target);
    // Nothing is computed anew by a window that opens: without a result the page would start one. Its pictures are made by a process.
    if (this.editor.trusted && there && savedEvaluation(saved)) this.open.adopt(saved.target, panel, this.page(saved));
    else panel.close();
  }

  private page(what: Evaluated): (panel: Panel) => EvaluationPage {
    return (panel) => new EvaluationPage(this.editor, panel, nameOf(what.target), what, this.ports);
  }
}

function nameOf(target: string): string {
  return isRecognizer(target) ? path.basename(target) : modelName(target);
}
