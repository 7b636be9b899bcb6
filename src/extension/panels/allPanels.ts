import { DataCommands } from '../commands/dataCommands.js';
import type { Editor } from '../editor.js';
import type { Jobs } from '../job.js';
import type { Recognizers } from '../recognizers.js';
import { DataPanels } from './dataPanels.js';
import { EvaluationPanels } from './evaluationPanels.js';
import { ModelPanels } from './modelPanels.js';
import type { RunPanels } from './runPanels.js';

/** The panels of a window, by what they show. */
export interface Panels {
  readonly runs: RunPanels;
  readonly data: DataPanels;
  readonly models: ModelPanels;
  readonly evaluations: EvaluationPanels;
}

/** @param runs are there before: a training shows itself */
export function allPanels(editor: Editor, jobs: Jobs, recognizers: Recognizers, runs: RunPanels): Panels {
  return {
    runs,
    data: new DataPanels(editor, (options) => new DataCommands(editor, jobs).draw(options)),
    models: new ModelPanels(editor, jobs, recognizers),
    evaluations: new EvaluationPanels(editor, jobs, recognizers),
  };
}
