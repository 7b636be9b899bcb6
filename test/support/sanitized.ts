import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runProgram } from '../../src/platform/runProgram.js';

// The native engine compiled for its own tests: as programs, and as an addon that the sanitizers watch.

export const native = path.resolve(import.meta.dirname, '../../native');
const headers = path.resolve(import.meta.dirname, '../../node_modules/node-api-headers/include');

// Lines for a sanitizer's report; whole debugging information doubles the time to compile.
const COMMON = ['-std=c++17', '-g1', '-ffp-contract=off', '-fno-math-errno', '-Wno-maybe-uninitialized', '-fPIC'];

/** The flags of a build that ends at the first access outside of an operand, and at the first undefined operation. */
export const SANITIZED = ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

export type Source = readonly [file: string, flags: readonly string[]];

const sources = (names: readonly string[]): Source[] => names.map((name) => [`src/${name}.cc`, []]);
const KERNELS_OF_X64: readonly Source[] = [
  ['src/kernels_avx512.cc', ['-mavx512f', '-mprefer-vector-width=512']],
  ['src/kernels_avx2.cc', ['-mavx2', '-mfma']],
];
/** Kernels, losses and threads; on this machine's processor every instruction set. */
export const ENGINE: readonly Source[] = [
  ...sources(['kernels_baseline', 'cpu', 'pool']),
  // One for each kind.
  ...sources(fs.readdirSync(path.join(native, 'src')).flatMap((name) => /^(loss.*)\.cc$/.exec(name)?.[1] ?? [])),
];
export const ENGINE_HERE: readonly Source[] = [...(process.arch === 'x64' ? KERNELS_OF_X64 : []), ...ENGINE];
export const SESSION: readonly Source[] = sources([
  ...[
    'session',
    'session_plan',
    'session_bind',
    'session_bind_values',
    'session_run',
    'session_quantization',
    'session_integers',
  ],
]);
const ADDON: Source = ['src/addon.cc', ['-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION', '-I', headers]];

/** @param folder for the objects @returns the object of each source */
export async function compile(
  flags: readonly string[],
  compiler: string,
  files: readonly Source[],
  folder: string,
): Promise<string[]> {
  const waiting = [...files];
  const objects: string[] = [];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [file, own] = next;
      const object = path.join(folder, `${path.basename(file)}.o`);
      objects.push(object);
      const args = [...COMMON, ...flags, ...own, '-c', path.join(native, file), '-o', object];
      const { code, output } = await runProgram(compiler, args);
      assert.equal(code, 0, output);
    }
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
  return objects;
}

/**
 * @param objects of the engine and the session, compiled with {@link SANITIZED}
 * @returns the addon's file
 */
export async function sanitizedAddon(compiler: string, objects: readonly string[], folder: string): Promise<string> {
  const [addon] = await compile(SANITIZED, compiler, [ADDON], folder);
  const file = path.join(folder, 'face_trainer.node');
  const own = objects.filter((object) => !/_test\.cc\.o$/.test(object));
  const args = [...SANITIZED, '-shared', addon!, ...own, '-o', file, '-pthread'];
  const { code, output } = await runProgram(compiler, args);
  assert.equal(code, 0, output);
  return file;
}

/** The same from nothing. */
export async function buildSanitizedAddon(compiler: string, folder: string): Promise<string> {
  const objects = await compile(SANITIZED, compiler, [...ENGINE_HERE, ...SESSION], folder);
  return sanitizedAddon(compiler, objects, folder);
}

/** What a process of Node needs to load such an addon: the sanitizer comes before everything else, and asks for little memory. */
export async function sanitizedEnvironment(compiler: string): Promise<NodeJS.ProcessEnv> {
  const { output } = await runProgram(compiler, ['-print-file-name=libasan.so']);
  const options = ['detect_leaks=0', 'allocator_may_return_null=1', 'max_allocation_size_mb=256', 'exitcode=99'];
  return {
    ...process.env,
    LD_PRELOAD: output.trim(),
    ASAN_OPTIONS: options.join(':'),
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1:exitcode=99',
  };
}
