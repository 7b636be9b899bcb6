import assert from 'node:assert/strict';
import os from 'node:os';
import path from 'node:path';
import { runProgram } from '../../../src/platform/runProgram.js';
import { scratchFolder } from '../../support/scratch.js';

// native/test/kernels_test.cc holds each kernel against plain loops. Here it is compiled three times and run: as it is, and
// under the sanitizers that end it at the first access outside of an operand, undefined operation or race.

const native = path.resolve(import.meta.dirname, '../../../native');
const folder = scratchFolder();
const compiler = process.env['CXX'] ?? 'g++';

const COMMON = ['-std=c++17', '-g', '-ffp-contract=off', '-fno-math-errno', '-Wno-maybe-uninitialized'];
type Source = readonly [file: string, flags: readonly string[]];
const SOURCES: readonly Source[] = [
  ...(process.arch === 'x64'
    ? ([
        ['src/kernels_avx512.cc', ['-mavx512f', '-mprefer-vector-width=512']],
        ['src/kernels_avx2.cc', ['-mavx2', '-mfma']],
      ] satisfies Source[])
    : []),
  ['src/kernels_baseline.cc', []],
  ['test/kernels_test.cc', []],
  ['src/cpu.cc', []],
  ['src/pool.cc', []],
  ['src/loss.cc', []],
];

async function compile(flags: readonly string[]): Promise<string> {
  const waiting = [...SOURCES];
  const objects: string[] = [];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [file, own] = next;
      const object = path.join(folder(), `${path.basename(file)}.o`);
      objects.push(object);
      const args = [...COMMON, ...flags, ...own, '-c', path.join(native, file), '-o', object];
      const { code, output } = await runProgram(compiler, args);
      assert.equal(code, 0, output);
    }
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
  const program = path.join(folder(), 'kernels_test');
  const { code, output } = await runProgram(compiler, [...flags, ...objects, '-o', program, '-pthread']);
  assert.equal(code, 0, output);
  return program;
}

describe('the kernels’ own test', function () {
  this.timeout(300_000);

  const builds: readonly [name: string, flags: readonly string[], threads: readonly number[]][] = [
    ['as it is', ['-O2'], [1, 3]],
    ['with the address and undefined-behaviour sanitizers', ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'], [1, 3]],
    ['with the thread sanitizer', ['-O1', '-fsanitize=thread'], [4]],
  ]; // prettier-ignore
  for (const [name, flags, threads] of builds)
    it(`passes ${name}`, async () => {
      const program = await compile(flags);
      for (const count of threads) {
        const { code, output } = await runProgram(program, [String(count)]);
        assert.equal(code, 0, output);
        const checks = Number(/(\d+) checks, 0 failed/.exec(output)?.[1]);
        assert.ok(checks > 1_000_000, output);
      }
    });
});
