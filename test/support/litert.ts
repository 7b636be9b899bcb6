import fs from 'node:fs';
import { runPython } from './foreign.js';

const LITERT = ['ai-edge-litert==2.3.0', 'numpy'];

export interface LiteRtResult {
  readonly type: string;
  readonly shape: readonly number[];
  readonly quantization: readonly [scale: number, zeroPoint: number];
  readonly signatures: Readonly<Record<string, { readonly inputs: string[]; readonly outputs: string[] }>>;
  readonly bytes: Uint8Array;
}

/** Runs pictures through files in LiteRT, all in one process. */
export async function runLiteRtAll(
  jobs: readonly { readonly model: string; readonly input: Uint8Array }[],
  reference = false,
): Promise<LiteRtResult[]> {
  for (const { model, input } of jobs) fs.writeFileSync(`${model}.in`, input);
  const { results } = await runPython<{ results: Omit<LiteRtResult, 'bytes'>[] }>(
    'litert_run.py',
    [...(reference ? ['--reference'] : []), ...jobs.map(({ model }) => model)],
    LITERT,
  );
  return results.map((told, i) => ({ ...told, bytes: fs.readFileSync(`${jobs[i]!.model}.out`) }));
}

export async function runLiteRt(model: string, input: Uint8Array, reference = false): Promise<LiteRtResult> {
  return (await runLiteRtAll([{ model, input }], reference))[0]!;
}
