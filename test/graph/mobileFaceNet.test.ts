import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { sizeOf, type Graph, type Node } from '../../src/graph/graph.js';
import { networkOf } from '../../src/graph/network.js';
import { networkOptionsOf, type NetworkOptions } from '../../src/graph/networkOptions.js';
import { initialValues } from '../../src/graph/networkState.js';
import { ENGINE_NAMES } from '../../src/protocol/engines.js';

interface Reference {
  readonly paper: {
    readonly shapes: readonly (readonly number[])[];
    readonly convolutions: number;
    readonly kernels: number;
    readonly norms: number;
    readonly slopes: number;
    readonly slope: number;
  };
  readonly narrow: { readonly size: number; readonly embedding: readonly (readonly number[])[] };
}

const { paper, narrow } = JSON.parse(
  fs.readFileSync(path.join(import.meta.dirname, '..', 'reference', 'mobile_face_net_torch.json'), 'utf8'),
) as Reference;

const mobileFaceNet = (options: Partial<NetworkOptions> & { size: number }, people = 0): Graph =>
  networkOf(networkOptionsOf({ backbone: 'mobileFaceNet', width: 1, pooling: 'max', ...options }), people);

function shapeOf({ nodes }: Graph, name: string): Node['shape'] {
  return nodes.find((node) => node.name === name)!.shape;
}

function valuesIn({ parameters }: Graph, which: RegExp): number {
  return parameters.filter(({ name }) => which.test(name)).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** As the script has them: the k-th parameter is a wave of the frequency 1.1 + 0.17 k. */
function waves({ parameters }: Graph): Map<string, Float32Array> {
  const range = (name: string, shape: readonly number[]): [low: number, high: number] => {
    if (/gamma|moving_variance/.test(name)) return [0.5, 1.5];
    if (/beta|moving_mean/.test(name)) return [-0.2, 0.2];
    if (name.endsWith('/alpha')) return [0.1, 0.4];
    const [height = 0, width = 0, channels = 0] = shape;
    const spread = 1.7 / Math.sqrt(height * width * (name.endsWith('depthwise_kernel') ? 1 : channels));
    return [-spread, spread];
  };
  return new Map(
    parameters.map(({ name, shape }, k) => {
      const [low, high] = range(name, shape);
      const frequency = 1.1 + 0.17 * k;
      const wave = (i: number) => (low + high) / 2 + ((high - low) / 2) * Math.sin(frequency * (i + 1));
      return [name, Float32Array.from({ length: sizeOf(shape) }, (_, i) => wave(i))];
    }),
  );
}

describe('networkOf with MobileFaceNet', function () {
  this.timeout(60_000);

  it('has the shapes and counts of the paper’s table, as PyTorch has them', () => {
    const graph = mobileFaceNet({ size: 112 });
    const rows = ['conv_1_prelu', 'conv_2_depthwise_prelu', 'block_4_add', 'block_5_project_BN', 'block_11_add'];
    const rest = ['block_12_project_BN', 'block_14_add', 'conv_3_prelu', 'global_depthwise_BN', 'embedding_BN'];
    assert.deepEqual(
      [...rows, ...rest].map((name) => shapeOf(graph, name)),
      paper.shapes,
    );
    assert.equal(graph.nodes.filter(({ op }) => op.includes('onv2d')).length, paper.convolutions);
    assert.equal(valuesIn(graph, /kernel$/), paper.kernels);
    assert.equal(valuesIn(graph, /gamma$|beta$|moving_/), paper.norms);
    assert.equal(valuesIn(graph, /alpha$/), paper.slopes);
    assert.deepEqual(graph.outputs, { embedding: 'embedding_BN' });
  });

  it('starts with PyTorch’s slopes', () => {
    const graph = mobileFaceNet({ size: 32, width: 0.25 }, 3);
    const slopes = [...initialValues(graph, 1)].filter(([name]) => name.endsWith('/alpha'));
    assert.equal(slopes.length, 33);
    for (const [name, values] of slopes) assert.ok(values.length > 0 && values.every((v) => v === paper.slope), name);
  });

  it('has channels by its width and an embedding by its length, at any size', () => {
    const graph = mobileFaceNet({ size: 96, width: 0.5, embedding: 512 }, 7);
    assert.deepEqual(shapeOf(graph, 'global_depthwise'), [1, 1, 256]);
    assert.deepEqual(shapeOf(graph, 'embedding_BN'), [1, 1, 512]);
    assert.deepEqual(shapeOf(graph, 'predictions'), [1, 1, 7]);
    assert.deepEqual(graph.parameters.find(({ name }) => name === 'global_depthwise/depthwise_kernel')!.shape, [
      ...[6, 6, 256, 1],
    ]);
  });

  for (const name of ENGINE_NAMES)
    it(`gives PyTorch’s embeddings on ${name}`, async () => {
      const { size, embedding: wished } = narrow;
      const graph = mobileFaceNet({ size, width: 0.25, embedding: 64 });
      const { engine } = await selectEngine({ engine: name, threads: name === 'native' ? 2 : 0 });
      const session = engine.createSession(graph, waves(graph));
      const pixel = (_: unknown, i: number) => Math.floor(128 + 127 * Math.sin(0.37 * (i + 1)));
      const images = Uint8Array.from({ length: 2 * size * size * 3 }, pixel);
      const { outputs } = await session.evaluate({ images, labels: new Int32Array(2) }, { wants: ['embedding'] });
      session.dispose();
      const [found, expected] = [outputs.embedding!, wished.flat()];
      const norm = Math.hypot(...expected);
      const off = Math.hypot(...expected.map((value, i) => value - found[i]!));
      // Float32 keeps 7 digits; fifty layers lose some of them.
      assert.ok(off < 1e-4 * norm, `off by ${off} of ${norm}`);
    });
});
