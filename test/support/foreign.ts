import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheFolder } from '../../src/platform/cacheFolder.js';
import { runProgram } from '../../src/platform/runProgram.js';

/** The folder in which Python finds these packages; they are installed from PyPI when they are not there. */
async function packages(requirements: readonly string[]): Promise<string> {
  const key = createHash('sha256').update(requirements.join('\n')).digest('hex').slice(0, 8);
  const folder = path.join(cacheFolder(), `python-${requirements[0]!.split('==')[0]!}-${key}`);
  const done = path.join(folder, 'installed');
  if (fs.existsSync(done)) return folder;
  // Two suites may want them at the same time: each fills a folder of its own, and one of the two gets the name.
  const partial = `${folder}.partial-${process.pid}`;
  // Isolated: what lies in the folder where the tests run is not on pip's path.
  const pip = ['-I', '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', partial];
  const { code, output } = await runProgram('python3', [...pip, ...requirements]);
  assert.equal(code, 0, output);
  fs.writeFileSync(path.join(partial, 'installed'), '');
  if (!fs.existsSync(done)) fs.rmSync(folder, { recursive: true, force: true });
  try {
    fs.renameSync(partial, folder);
  } catch (error) {
    if (!fs.existsSync(done)) throw error;
    fs.rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}

/**
 * Runs a script that lies here with packages of PyPI.
 *
 * @returns the JSON that it writes into the file RESULT
 */
export async function runPython<T>(
  script: string,
  args: readonly string[],
  requirements: readonly string[],
): Promise<T> {
  return runForResult<T>('python3', script, args, { PYTHONPATH: await packages(requirements) });
}

/**
 * Runs a program of Python's, wherever it lies.
 *
 * @returns what it prints
 */
export async function printedByPython(
  program: string,
  args: readonly string[],
  requirements: readonly string[],
): Promise<string> {
  const env = { ...process.env, PYTHONPATH: await packages(requirements) };
  const { code, output } = await runProgram('python3', [program, ...args], { env });
  assert.equal(code, 0, output);
  return output;
}

/** A script that lies here; what it prints is for a person, what it finds goes into the file RESULT. */
export async function runForResult<T>(
  program: string,
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<T> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-result-'));
  const result = path.join(folder, 'result.json');
  try {
    const all = { ...process.env, ...env, RESULT: result };
    const { code, output } = await runProgram(program, [path.join(import.meta.dirname, script), ...args], {
      cwd: folder,
      env: all,
    });
    assert.equal(code, 0, output);
    return JSON.parse(fs.readFileSync(result, 'utf8')) as T;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
