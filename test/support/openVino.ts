import fs from 'node:fs';
import { runPython } from './foreign.js';

const OPENVINO = ['openvino==2026.4.1', 'numpy'];

export interface OpenVinoJob {
  readonly xml: string;
  /** Where the pixels are put for OpenVINO. */
  readonly scratch: string;
  /** [N, H, W, 3], RGB. */
  readonly pixels: Uint8Array;
  readonly size: readonly [height: number, width: number];
  /** Whose maps are wanted instead of the output's. */
  readonly layers?: readonly string[];
}

/** What OpenVINO gives: float32 [N, h, w, C] for each job, all in one process. */
export async function runOpenVino(jobs: readonly OpenVinoJob[]): Promise<Float32Array[]> {
  for (const { scratch, pixels } of jobs) fs.writeFileSync(scratch, pixels);
  const args = jobs.map(({ xml, scratch, size, layers }) =>
    [xml, scratch, size.join('x'), ...(layers ? [layers.join()] : [])].join(':'),
  );
  await runPython('openvino_run.py', args, OPENVINO);
  return jobs.map(({ scratch }) => {
    const bytes = fs.readFileSync(`${scratch}.out`);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  });
}
