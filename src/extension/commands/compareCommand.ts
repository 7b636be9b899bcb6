import { formatPercent } from '../../core/format.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import type { Editor } from '../editor.js';
import { tellEnd } from '../failures.js';
import type { Jobs } from '../job.js';
import { showResult } from '../lateResult.js';
import type { ModelPanels } from '../panels/modelPanels.js';
import { modelName } from '../runName.js';

/** Measures float and int8 of a checkpoint in a process of its own and shows them beside each other. */
export async function compareModels(
  editor: Editor,
  jobs: Jobs,
  panels: ModelPanels,
  checkpoint: string,
): Promise<void> {
  const name = modelName(checkpoint);
  const began = performance.now();
  const order = { type: 'compare', protocol: PROTOCOL_VERSION, checkpoint } as const;
  const end = await jobs.run(order, `Comparing float and int8 of ${name}`);
  if (end.type !== 'compared') {
    tellEnd(editor, end);
    return;
  }
  const { comparison } = end;
  const accuracies = comparison.measurements.models.map(
    ({ precision, accuracy }) => `${precision} ${formatPercent(accuracy)}`,
  );
  await showResult(editor, performance.now() - began, `${name}: ${accuracies.join(', ')}.`, (focus) =>
    panels.compare(checkpoint, comparison, focus),
  );
}
