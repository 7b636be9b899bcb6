import fs from 'node:fs';
import path from 'node:path';
import type { Batch } from '../../src/engine/engine.js';
import { sizeOf, type Graph, type Padding } from '../../src/graph/graph.js';
import { GraphBuilder, type Value } from '../../src/graph/graphBuilder.js';

// What face networks are made of, each in a network of its own, with PyTorch's loss, scores and gradients
// (test/reference/make_face_ops_torch.py says what the networks are).

interface Reference {
  readonly loss: number;
  readonly logits: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

export interface FaceCase {
  readonly name: string;
  readonly graph: Graph;
  readonly values: ReadonlyMap<string, Float32Array>;
  readonly batch: Batch;
  readonly reference: Reference;
}

const [N, H, W, CHANNELS, CLASSES] = [3, 7, 5, 6, 4];

const { cases: REFERENCES } = JSON.parse(
  fs.readFileSync(path.join(import.meta.dirname, '../reference/face_ops_torch.json'), 'utf8'),
) as { cases: Record<string, Reference> };

const padding = (top: number, bottom: number, left: number, right: number): Padding => ({ top, bottom, left, right });
const NONE = padding(0, 0, 0, 0);

const TRIED: Readonly<Record<string, (b: GraphBuilder, x: Value) => Value>> = {
  'convolution with a bias': (b, x) => b.conv2d('tried', x, 5, 3, 1, { bias: true, padding: padding(1, 1, 1, 1) }),
  'convolution without padding': (b, x) => b.conv2d('tried', x, 5, 3, 2, { bias: true, padding: NONE }),
  'convolution padded on one side': (b, x) =>
    b.conv2d('tried', x, 4, 2, 2, { bias: true, padding: padding(1, 0, 0, 1) }),
  "convolution padded beyond its kernel's middle": (b, x) =>
    b.conv2d('tried', x, 4, 3, 2, { padding: padding(2, 1, 0, 2) }),
  'depthwise convolution with a bias': (b, x) =>
    b.depthwiseConv2d('tried', x, 3, 1, { bias: true, padding: padding(1, 1, 1, 1) }),
  'depthwise convolution padded unevenly': (b, x) =>
    b.depthwiseConv2d('tried', x, 3, 2, { bias: true, padding: padding(0, 1, 2, 0) }),
  'depthwise convolution to one place': (b, x) => b.depthwiseConv2d('tried', x, 5, 5, { bias: true, padding: NONE }),
  prelu: (b, x) => b.prelu('tried', x),
  sigmoid: (b, x) => b.sigmoid('tried', x),
  'squeeze and excitation': (b, x) => {
    const squeezed = b.prelu('squeeze_prelu', b.dense('squeeze', b.globalAveragePool('squeeze_pool', x), 2));
    return b.multiply('tried', x, b.sigmoid('factors', b.dense('excite', squeezed, x.shape[2])));
  },
  'two maps side by side': (b, x) =>
    b.concat('tried', b.conv2d('one', x, 2, 1, 1, { bias: true }), b.conv2d('other', x, 5, 1, 1, { bias: true })),
  'a map beside itself': (b, x) => b.concat('tried', x, x),
  'maximum of windows that overlap': (b, x) => b.maxPool('tried', x, 3, 2, padding(0, 1, 0, 1)),
  'maximum of windows with a rim': (b, x) => b.maxPool('tried', x, 2, 1, padding(1, 0, 1, 1)),
  'unit vectors': (b, x) => b.l2Normalize('tried', b.globalAveragePool('pooled', x)),
};

/** As wave of make_face_ops_torch.py. */
function wave(length: number, frequency: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(frequency * (i + 1)));
}

export function faceCases(): FaceCase[] {
  return Object.entries(TRIED).map(([name, tried]) => {
    const b = new GraphBuilder();
    const y = tried(b, b.conv2d('before', b.input(H, W, 3, 'floats'), CHANNELS, 1));
    const [height, width] = y.shape;
    const embedding = height === 1 && width === 1 ? y : b.globalAveragePool('pool', y);
    const graph = b.build(name, { embedding, scores: b.dense('scores', embedding, CLASSES) });
    const values = new Map(
      graph.parameters.map(({ name: parameter, shape }, k) => [parameter, wave(sizeOf(shape), 1.1 + 0.17 * k)]),
    );
    const batch = {
      images: wave(N * H * W * 3, 0.61),
      labels: Int32Array.from({ length: N }, (_, i) => i % CLASSES),
    };
    return { name, graph, values, batch, reference: REFERENCES[name]! };
  });
}
