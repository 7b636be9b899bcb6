import type { ENGINES } from '../protocol/options.js';
import { UserError } from '../core/userError.js';
import { findTensorFlow } from '../tensorflow/tensorFlowHome.js';
import type { Engine } from './engine.js';

export interface SelectedEngine {
  readonly engine: Engine;
  /** Why it is not the fast one, for the user. */
  readonly warning?: { readonly message: string; readonly advice: string };
}

const HOW = 'Run “Face Trainer: Set Up TensorFlow” (in a checkout: npm run setup:tensorflow).';

/** @throws UserError `engine-unavailable` when the wish names an engine that is not there */
export async function selectEngine(wish: (typeof ENGINES)[number]): Promise<SelectedEngine> {
  const { createJavaScriptEngine, createTensorFlowEngine } = await import('./tfjs/tfjsEngine.js');
  if (wish === 'javascript') return { engine: await createJavaScriptEngine() };
  const home = findTensorFlow();
  let reason = 'TensorFlow is not set up on this machine';
  if (home) {
    try {
      return { engine: await createTensorFlowEngine(home) };
    } catch (error) {
      reason = `TensorFlow does not load (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`;
    }
  }
  if (wish === 'tensorflow') throw new UserError('engine-unavailable', `${reason}.`, HOW);
  return {
    engine: await createJavaScriptEngine(),
    warning: { message: `${reason}: the plain JavaScript engine trains, hundreds of times slower.`, advice: HOW },
  };
}
