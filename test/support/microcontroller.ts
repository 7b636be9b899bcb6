import fs from 'node:fs';
import { runPython } from './foreign.js';

const TFLITE_MICRO = ['tflite-micro==0.dev20261023182759', 'numpy', 'flatbuffers'];

export interface MicrocontrollerResult {
  /** With the memory that was named, and with three quarters of it. */
  readonly loads: boolean;
  readonly loadsWithLess: boolean;
  readonly bytes: Uint8Array;
}

/** Runs pictures through int8 files in TensorFlow Lite Micro, built for this machine, all in one process. */
export async function runMicrocontroller(
  jobs: readonly { readonly model: string; readonly input: Uint8Array; readonly arena: number }[],
): Promise<MicrocontrollerResult[]> {
  for (const { model, input } of jobs) fs.writeFileSync(`${model}.in`, input);
  const told = await runPython<Omit<MicrocontrollerResult, 'bytes'>[]>(
    'microcontroller_run.py',
    jobs.flatMap(({ model, arena }) => [model, String(arena)]),
    TFLITE_MICRO,
  );
  return told.map((one, i) => ({
    ...one,
    bytes: one.loads ? fs.readFileSync(`${jobs[i]!.model}.out`) : new Uint8Array(),
  }));
}
