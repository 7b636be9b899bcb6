import { UserError } from '../core/userError.js';
import { nativeAddonFile } from '../platform/nativeAddon.js';
import type { TrainingOptions } from '../protocol/options.js';
import { findTensorFlow } from '../tensorflow/tensorFlowHome.js';
import type { Engine } from './engine.js';

export interface SelectedEngine {
  readonly engine: Engine;
  /** Why it is not the fast one, for the user. */
  readonly warning?: { readonly message: string; readonly advice: string };
}

const BUILD =
  'Install a C++ compiler and Python 3 and build again (npm run build:native), or use a packaged extension.';
const SET_UP = 'Run “Face Trainer: Set Up TensorFlow” (in a checkout: npm run setup:tensorflow).';

/** An engine, or in words why there is none. */
type Attempt = Engine | string;

/**
 * The engine that the options name; with `auto` the first that is there of native, TensorFlow, plain JavaScript.
 *
 * @param addon the native engine's file
 * @throws UserError `engine-unavailable` when the options name an engine that is not there
 */
export async function selectEngine(
  { engine: wish, threads }: Pick<TrainingOptions, 'engine' | 'threads'>,
  addon = nativeAddonFile(),
): Promise<SelectedEngine> {
  if (wish === 'javascript') return { engine: await javaScript() };
  const native = wish === 'tensorflow' ? '' : await tryNative(addon, threads);
  if (typeof native === 'object') return { engine: native };
  if (wish === 'native') throw new UserError('engine-unavailable', `${native}.`, BUILD);

  const tensorFlow = await tryTensorFlow();
  if (typeof tensorFlow === 'object')
    return wish === 'tensorflow'
      ? { engine: tensorFlow }
      : {
          engine: tensorFlow,
          warning: { message: `${native}: training uses TensorFlow, which is several times slower.`, advice: BUILD },
        };
  if (wish === 'tensorflow') throw new UserError('engine-unavailable', `${tensorFlow}.`, SET_UP);
  return {
    engine: await javaScript(),
    warning: {
      message: `${native}, and ${tensorFlow}: training uses the plain JavaScript engine, which is hundreds of times slower.`,
      advice: `${BUILD} ${SET_UP}`,
    },
  };
}

async function tryNative(addon: string | undefined, threads: number): Promise<Attempt> {
  if (addon === undefined) return 'The native engine was not built for this machine';
  try {
    const { createNativeEngine } = await import('./native/nativeEngine.js');
    return createNativeEngine(addon, threads);
  } catch (error) {
    return `The native engine does not load (${firstLine(error)})`;
  }
}

async function tryTensorFlow(): Promise<Attempt> {
  const home = findTensorFlow();
  if (!home) return 'TensorFlow is not set up on this machine';
  try {
    const { createTensorFlowEngine } = await import('./tfjs/tfjsEngine.js');
    return await createTensorFlowEngine(home);
  } catch (error) {
    return `TensorFlow does not load (${firstLine(error)})`;
  }
}

async function javaScript(): Promise<Engine> {
  const { createJavaScriptEngine } = await import('./tfjs/tfjsEngine.js');
  return createJavaScriptEngine();
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
