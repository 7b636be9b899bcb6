import { runForResult } from './foreign.js';

export interface TfjsResult {
  readonly losses: readonly number[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * Loads each model.json in stock TensorFlow.js, in a process of its own. Pictures lie in <file>.in, outputs come into <file>.out.
 *
 * @param labels with these the networks are trained on instead
 */
export async function runTfjs(
  files: readonly string[],
  labels: readonly number[] = [],
): Promise<readonly TfjsResult[]> {
  const wish = labels.length > 0 ? [`--labels=${labels.join()}`] : [];
  return (await runForResult<{ results: TfjsResult[] }>(process.execPath, 'tfjs_run.mjs', [...wish, ...files])).results;
}
