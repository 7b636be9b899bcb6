import { UserError } from '../core/userError.js';
import { nativeAddonFile } from '../platform/nativeAddon.js';
import { ENGINE_NAMES, type EngineName } from '../protocol/engines.js';
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

interface Candidate {
  open(options: { readonly addon: string | undefined; readonly threads: number }): Promise<Attempt>;
  /** What a run is told that the engines before it, which are not there, are replaced by. */
  readonly instead: string;
  /** How to get it. */
  readonly advice: string;
}

const CANDIDATES: Readonly<Record<EngineName, Candidate>> = {
  native: { open: ({ addon, threads }) => tryNative(addon, threads), instead: '', advice: BUILD },
  tensorflow: { open: tryTensorFlow, instead: 'TensorFlow, which is several times slower', advice: SET_UP },
  javascript: {
    open: javaScript,
    instead: 'the plain JavaScript engine, which is hundreds of times slower',
    advice: '',
  },
};

/**
 * The engine that the options name; with `auto` the first of `ENGINES` that is there.
 *
 * @param addon the native engine's file
 * @throws UserError `engine-unavailable` when the options name an engine that is not there
 */
export async function selectEngine(
  { engine: wish, threads }: Pick<TrainingOptions, 'engine' | 'threads'>,
  addon = nativeAddonFile(),
): Promise<SelectedEngine> {
  const reasons: string[] = [];
  const advice: string[] = [];
  for (const name of wish === 'auto' ? ENGINE_NAMES : [wish]) {
    const candidate = CANDIDATES[name];
    const engine = await candidate.open({ addon, threads });
    if (typeof engine === 'object')
      return reasons.length === 0
        ? { engine }
        : {
            engine,
            warning: {
              message: `${reasons.join(', and ')}: training uses ${candidate.instead}.`,
              advice: advice.join(' '),
            },
          };
    reasons.push(engine);
    advice.push(candidate.advice);
  }
  throw new UserError('engine-unavailable', `${reasons.join(', and ')}.`, advice.join(' '));
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
