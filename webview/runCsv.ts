import type { RunState } from '../src/core/runState.js';
import type { Range, Shown } from './axis.js';
import type { Parent } from './curves.js';

const HEADER = 'step,epoch,loss,accuracy,learning_rate,validation_loss,validation_accuracy';

/**
 * The numbers of a run as its log has them, a line a step, behind those of the run that it goes on from. A validation stands at the
 * last step of its epoch.
 *
 * @param range of steps or of epochs; all where absent
 */
export function runCsv(
  state: RunState,
  parent: Parent | undefined,
  { view, range }: Pick<Shown, 'view' | 'range'>,
): string {
  const lines = parent ? linesOf(parent.state, { step: 0, epoch: 0 }, view, range) : [];
  const own = linesOf(state, { step: parent?.step ?? 0, epoch: parent?.epoch ?? 0 }, view, range);
  return [HEADER, ...lines, ...own, ''].join('\n');
}

function linesOf(
  { steps, epochs }: RunState,
  offset: { readonly step: number; readonly epoch: number },
  view: Shown['view'],
  range: Range | undefined,
): string[] {
  const validated = new Map(epochs.map((epoch) => [epoch.step, epoch]));
  const lines: string[] = [];
  for (const { step, epoch, loss, accuracy, learningRate } of steps) {
    const at = { step: offset.step + step, epoch: offset.epoch + epoch };
    if (range && (at[view] < range.from || at[view] > range.to)) continue;
    const { valLoss = '', valAccuracy = '' } = validated.get(step) ?? {};
    lines.push([at.step, at.epoch, loss, accuracy, learningRate, valLoss, valAccuracy].join(','));
  }
  return lines;
}
