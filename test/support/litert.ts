import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../../src/platform/cacheFolder.js';
import { runProgram } from '../../src/platform/runProgram.js';

const VERSION = '2.3.0';

/** Where Python finds LiteRT; installed from PyPI when it is not there. */
async function liteRt(): Promise<string> {
  const folder = path.join(cacheFolder(), `litert-${VERSION}`);
  const done = path.join(folder, 'installed');
  if (fs.existsSync(done)) return folder;
  fs.rmSync(folder, { recursive: true, force: true });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', folder];
  const { code, output } = await runProgram('python3', [...pip, `ai-edge-litert==${VERSION}`, 'numpy']);
  assert.equal(code, 0, output);
  fs.writeFileSync(done, '');
  return folder;
}

export interface LiteRtResult {
  readonly type: string;
  readonly shape: readonly number[];
  readonly quantization: readonly [scale: number, zeroPoint: number];
  readonly signatures: Readonly<Record<string, { readonly inputs: string[]; readonly outputs: string[] }>>;
  readonly bytes: Uint8Array;
}

/** Runs pictures through a file in LiteRT. */
export async function runLiteRt(model: string, input: Uint8Array, reference = false): Promise<LiteRtResult> {
  const [source, target] = [`${model}.in`, `${model}.out`];
  fs.writeFileSync(source, input);
  const script = path.join(import.meta.dirname, 'litert_run.py');
  const env = { ...process.env, PYTHONPATH: await liteRt() };
  const args = [script, model, source, target, ...(reference ? ['reference'] : [])];
  const { code, output } = await runProgram('python3', args, { env });
  assert.equal(code, 0, output);
  const told = JSON.parse(output.trim().split('\n').find((line) => line.startsWith('{'))!) as Omit<LiteRtResult, 'bytes'>;
  return { ...told, bytes: fs.readFileSync(target) };
} // prettier-ignore
