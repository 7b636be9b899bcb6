import { runPython } from './foreign.js';

/** What the `onnx` package finds in files that its checker has passed. */
export interface CheckedOnnx {
  readonly irVersion: number;
  readonly opset: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly operators: readonly string[];
}

/** @throws AssertionError with the words of `onnx.checker` */
export async function checkOnnx(files: readonly string[]): Promise<readonly CheckedOnnx[]> {
  return (await runPython<{ results: CheckedOnnx[] }>('onnx_check.py', files, ['onnx==1.23.2'])).results;
}
