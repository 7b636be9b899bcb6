import assert from 'node:assert/strict';
import fs from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { missingTool } from '../../../scripts/native.mjs';
import { runProgram } from '../../../src/platform/runProgram.js';
import { notRun } from '../../support/notRun.js';
import { Random } from '../../../src/core/random.js';
import { planInference } from '../../../src/engine/native/inferencePlan.js';
import { planIntegers, supportsIntegers } from '../../../src/engine/native/integerPlan.js';
import { NumberedGraph } from '../../../src/engine/native/numberedGraph.js';
import { planTraining } from '../../../src/engine/native/trainingPlan.js';
import { quantizeGraph } from '../../../src/quantization/quantizeGraph.js';
import type { OutputName } from '../../../src/core/losses/loss.js';
import { widthOf, type Graph } from '../../../src/graph/graph.js';
import { GraphBuilder } from '../../../src/graph/graphBuilder.js';
import { parametersOf } from '../../../src/graph/operations.js';
import { randomBatch } from './comparing.js';
import { numbersText, planText } from './planFile.js';
import { plainLinear } from './plainNetwork.js';
import { randomFaceGraph, randomGraph, randomQuantizable, randomQuantizableFace, randomValues } from './randomGraph.js';
import {
  compile,
  ENGINE,
  ENGINE_HERE,
  SANITIZED,
  sanitizedAddon,
  sanitizedEnvironment,
  SESSION,
  type Source,
} from '../../support/sanitized.js';
import { scratchFolder } from '../../support/scratch.js';
import { attackAddon } from '../../attack/addonAttack.js';

// native/test/kernels_test.cc holds each kernel against plain loops, session_test.cc runs networks, whole and damaged. Here they
// are compiled and run: as they are, and under the sanitizers that end them at the first access outside of an operand,
// undefined operation or race.

const folder = scratchFolder();
const compiler = process.env['CXX'] ?? 'g++';
/** Attacks on the addon. */
const CASES = 400;

// NEON, compiled for a foreign machine and run by its emulator.
const ARM_COMPILER = 'aarch64-linux-gnu-g++';
const ARM_EMULATOR = 'qemu-aarch64-static';
const hasArm = [ARM_COMPILER, ARM_EMULATOR].every((program) => spawnSync(program, ['--version']).status === 0);

const KERNEL_TEST: Source = ['test/kernels_test.cc', []];
const SESSION_TEST: Source = ['test/session_test.cc', []];

/** Links all objects but those of other programs. */
async function link(program: string, objects: readonly string[], flags: readonly string[], compiler: string) {
  const file = path.join(folder(), program);
  const own = objects.filter((object) => !/_test\.cc\.o$/.test(object) || path.basename(object) === `${program}.cc.o`);
  const { code, output } = await runProgram(compiler, [...flags, ...own, '-o', file, '-pthread']);
  assert.equal(code, 0, output);
  return file;
}

/** What a loss may read: the way back starts at each of them. */
const READS: readonly (readonly OutputName[])[] = [['embedding'], ['scores'], ['embedding', 'scores']];

/** Random networks with every plan that they have: in float, quantized, and on integers where they can be. */
function plansOf(random: Random, quantized: boolean, reads: readonly OutputName[] = ['scores']): string {
  const of = random.integer(2) === 0 ? randomQuantizable : randomQuantizableFace;
  const graph = quantized ? quantizeGraph(of(random)) : randomGraph(random);
  const model = new NumberedGraph(graph, { reads });
  const plans = [
    planTraining(model, 2),
    planTraining(model, 3),
    planInference(model, 3),
    planInference(model, 2, true),
  ];
  if (supportsIntegers(graph, (name) => model.onlyConsumerOf(name))) plans.push(planIntegers(model, 2));
  return planText(model.description, plans);
}

/** Random networks of what face networks are made of; those without scores are used only. */
function facePlansOf(random: Random): string {
  const graph = randomFaceGraph(random);
  const model = new NumberedGraph(graph);
  const trained = graph.outputs.scores === undefined ? [] : [planTraining(model, 2), planTraining(model, 3)];
  return planText(model.description, [...trained, planInference(model, 3), planInference(model, 1)]);
}

/** Its embedding is a map, as a detector's is. */
function mapPlan(): string {
  const b = new GraphBuilder();
  const x = b.prelu('slope', b.conv2d('conv', b.input(9, 7, 3), 5, 3, 2, { bias: true }));
  const model = new NumberedGraph(b.build('map', { embedding: b.concat('both', x, b.sigmoid('sigmoid', x)) }));
  return planText(model.description, [planInference(model, 2)]);
}

/** A step whose loss is a sum of outputs, and what plain loops in float64 make of it. */
function gradientsOf(random: Random, graph: Graph, reads: readonly OutputName[]): string {
  const model = new NumberedGraph(graph, { reads });
  const values = randomValues(graph, random);
  const { images } = randomBatch(graph, random, 3);
  const factors = new Map(
    reads.map((name) => [
      name,
      Float64Array.from({ length: 3 * widthOf(graph, name) }, () => Math.fround(random.between(-1, 1))),
    ]),
  );
  const ends = new Map([...factors].map(([name, of]) => [graph.outputs[name]!, of]));
  const { loss, gradients } = plainLinear(graph, values, images, 3, ends);
  const flat = (of: (name: string) => ArrayLike<number>) =>
    graph.parameters.flatMap(({ name }) => Array.from(of(name)));
  const reached = new Set(graph.nodes.filter((node) => model.isTrained(node)).flatMap(parametersOf));
  return [
    planText(model.description, [planTraining(model, 3)]),
    ...[...factors].map(([name, of]) => numbersText(name, of)),
    numbersText('loss', [loss]),
    numbersText('pixels', images),
    numbersText(
      'parameters',
      flat((name) => values.get(name)!),
    ),
    numbersText(
      'gradients',
      flat((name) => gradients.get(name) ?? values.get(name)!.map(() => 0)),
    ),
    numbersText(
      'reached',
      graph.parameters.map(({ name }) => Number(reached.has(name))),
    ),
  ].join('');
}

function planFile(count: number): string {
  const random = Random.fromSeed(31);
  const texts: string[] = [];
  texts.push(plansOf(random, false), mapPlan());
  for (let i = 0; i < count; i++) {
    const reads = READS[i % READS.length]!;
    const ofLoss = i % 4 < 2 ? (['scores'] as const) : (['embedding', 'scores'] as const);
    texts.push(
      plansOf(random, i % 2 === 0, ofLoss),
      gradientsOf(random, randomGraph(random), reads),
      facePlansOf(random),
    );
    const graph = randomFaceGraph(random);
    texts.push(gradientsOf(random, graph, graph.outputs.scores === undefined ? ['embedding'] : reads));
  }
  const file = path.join(folder(), 'plans.txt');
  fs.writeFileSync(file, texts.join(''));
  return file;
}

/** The whole addon as a process of Node has it: `npm run attack -- addon` tries it as often as you like. */
async function attackSanitized(objects: readonly string[]): Promise<void> {
  const file = await sanitizedAddon(compiler, objects, folder());
  const tried = await attackAddon({ file, environment: await sanitizedEnvironment(compiler), count: CASES, seed: 17 });
  assert.equal(tried.cases, CASES);
  assert.ok(tried.refused > CASES && tried.ran > CASES, JSON.stringify(tried));
}

describe('the native engine’s own tests', function () {
  this.timeout(300_000);

  const builds: readonly [name: string, flags: readonly string[], threads: readonly number[], networks: number][] = [
    ['as it is', ['-O2'], [1, 3], 0],
    ['with the address and undefined-behaviour sanitizers', SANITIZED, [1, 3], 40],
    ['with the thread sanitizer', ['-O1', '-fsanitize=thread'], [4], 10],
  ];
  for (const [name, flags, threads, networks] of builds)
    it(`pass ${name}`, async () => {
      const session = networks > 0 ? [...SESSION, SESSION_TEST] : [];
      const objects = await compile(flags, compiler, [...ENGINE_HERE, KERNEL_TEST, ...session], folder());
      const kernels = await link('kernels_test', objects, flags, compiler);
      for (const count of threads) {
        const { code, output } = await runProgram(kernels, [String(count)]);
        assert.equal(code, 0, output);
        const checks = Number(/(\d+) checks, 0 failed/.exec(output)?.[1]);
        assert.ok(checks > 1_000_000, output);
      }
      if (networks === 0) return;
      const sessions = await link('session_test', objects, flags, compiler);
      const { code, output } = await runProgram(sessions, [planFile(networks), String(threads.at(-1)!)]);
      assert.equal(code, 0, output);
      const [, checks, refused, ran] = /(\d+) checks, 0 failed; (\d+) damaged ones refused, (\d+) ran/.exec(output)!;
      assert.ok(Number(checks) > 100 && Number(refused) > networks && Number(ran) > networks, output);
      if (flags === SANITIZED) await attackSanitized(objects);
    });

  it('pass on ARM, with NEON, under emulation', async function () {
    if (!hasArm) notRun(this, `absent: ${ARM_COMPILER} or ${ARM_EMULATOR}`);
    const flags = ['-O2', '-static'];
    const objects = await compile(flags, ARM_COMPILER, [...ENGINE, KERNEL_TEST], folder());
    const program = await link('kernels_test', objects, flags, ARM_COMPILER);
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
