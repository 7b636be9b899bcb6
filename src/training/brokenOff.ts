import { brokeOff } from '../core/brokeOff.js';
import { UserError } from '../core/userError.js';
import { reachedIn } from '../runs/reached.js';
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
  const { code, message, advice } = brokeOff(cause, reachedIn(folder.path, [], options));
  return new UserError(code, message, advice);
}
