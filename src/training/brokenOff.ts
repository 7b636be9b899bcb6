import { smallerBatch } from '../core/batchSize.js';
import { brokeOff } from '../core/brokeOff.js';
import { UserError } from '../core/userError.js';
import { checkpointsThere } from '../runs/checkpointList.js';
import type { RunContext } from './runContext.js';

/**
 * Why a run that has its checkpoint ended where nobody wished it.
 *
 * @returns undefined where somebody did, or it came to its end
 */
export function whyBrokenOff({
  stop,
  folder,
  options,
}: Pick<RunContext, 'stop' | 'folder' | 'options'>): UserError | undefined {
  const { cause } = stop;
  if (!cause) return undefined;
  const reached = {
    newest: checkpointsThere(folder.path, []).at(-1),
    epochs: options.epochs,
    smaller: smallerBatch(options),
  };
  const { code, message, advice } = brokeOff(cause, reached);
  return new UserError(code, message, advice);
}
