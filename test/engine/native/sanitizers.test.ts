import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { missingTool } from '../../../scripts/native.mjs';
import { runProgram } from '../../../src/platform/runProgram.js';
import { notRun } from '../../support/notRun.js';
import { scratchFolder } from '../../support/scratch.js';

// native/test/kernels_test.cc holds each kernel against plain loops. Here it is compiled three times and run: as it is, and
// under the sanitizers that end it at the first access outside of an operand, undefined operation or race.

const native = path.resolve(import.meta.dirname, '../../../native');
const folder = scratchFolder();
const compiler = process.env['CXX'] ?? 'g++';

// NEON, compiled for a foreign machine and run by its emulator.
const ARM_COMPILER = 'aarch64-linux-gnu-g++';
const ARM_EMULATOR = 'qemu-aarch64-static';
const hasArm = [ARM_COMPILER, ARM_EMULATOR].every((program) => spawnSync(program, ['--version']).status === 0);

const COMMON = ['-std=c++17', '-g', '-ffp-contract=off', '-fno-math-errno', '-Wno-maybe-uninitialized'];
type Source = readonly [file: string, flags: readonly string[]];
const X64_SOURCES: readonly Source[] = [
  ['src/kernels_avx512.cc', ['-mavx512f', '-mprefer-vector-width=512']],
  ['src/kernels_avx2.cc', ['-mavx2', '-mfma']],
];
const SOURCES: readonly Source[] = [
  ['src/kernels_baseline.cc', []],
  ['test/kernels_test.cc', []],
  ['src/cpu.cc', []],
  ['src/pool.cc', []],
  ['src/loss.cc', []],
];

async function compile(flags: readonly string[], compiler: string, sources: readonly Source[]): Promise<string> {
  const waiting = [...sources];
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
    [
      'with the address and undefined-behaviour sanitizers',
      ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
      [1, 3],
    ],
    ['with the thread sanitizer', ['-O1', '-fsanitize=thread'], [4]],
  ];
  for (const [name, flags, threads] of builds)
    it(`passes ${name}`, async () => {
      const program = await compile(flags, compiler, process.arch === 'x64' ? [...X64_SOURCES, ...SOURCES] : SOURCES);
      for (const count of threads) {
        const { code, output } = await runProgram(program, [String(count)]);
        assert.equal(code, 0, output);
        const checks = Number(/(\d+) checks, 0 failed/.exec(output)?.[1]);
        assert.ok(checks > 1_000_000, output);
      }
    });

  it('passes on ARM, with NEON, under emulation', async function () {
    if (!hasArm) notRun(this, `absent: ${ARM_COMPILER} or ${ARM_EMULATOR}`);
    const program = await compile(['-O2', '-static'], ARM_COMPILER, SOURCES);
    const { code, output } = await runProgram(ARM_EMULATOR, [program, '2']);
    assert.equal(code, 0, output);
    assert.match(output, /\d{7} checks, 0 failed/);
  });
});

describe('missingTool', () => {
  it('says in words what a machine lacks for compiling the engine', () => {
    assert.equal(missingTool(), undefined);
    assert.equal(missingTool({ ...process.env, CXX: 'no-such-compiler' }), 'a C++ compiler');
    assert.equal(missingTool({ PATH: folder() }, 'linux'), 'a C++ compiler');
  });
});
