import * as z from 'zod';
import { checkGraph } from './checkGraph.js';
import { checkShapes } from './checkShapes.js';
import type { Graph, Nodes } from './graph.js';

const name = z.string().min(1).max(256);
const side = z
  .int()
  .min(1)
  .max(1 << 16);
/** Of windows: a kernel that an engine would look for beyond any map is none that a network has. */
const short = z.int().min(1).max(1024);
const rim = z.int().min(0).max(1023);
const finite = z.number().min(-1e30).max(1e30);
const ofColours = z.tuple([finite, finite, finite]).readonly();
const padding = z.strictObject({ top: rim, bottom: rim, left: rim, right: rim });

/** How a byte of each colour is read. */
/** A factor of 0 would read every picture as the same. */
export const scaling = z.strictObject({
  scale: ofColours.refine((factors) => factors.every((factor) => factor !== 0)),
  shift: ofColours,
});

const reads = { input: name };
const readsTwo = { input: name, other: name };
const convolved = {
  ...{ ...reads, stride: short, kernel: name },
  ...{ bias: name.exactOptional(), padding: padding.exactOptional() },
};
const normalization = {
  ...{ epsilon: z.number().min(0).max(1) },
  ...{ gamma: name, beta: name, movingMean: name, movingVariance: name },
};

/** What a node of each operation says beside its name and shape. Quantizers are none of them: they are made anew. */
const FIELDS = {
  input: { values: z.enum(['pixels', 'floats']), scaling: scaling.exactOptional() },
  conv2d: convolved,
  depthwiseConv2d: convolved,
  batchNorm: { ...reads, ...normalization },
  relu6: reads,
  prelu: { ...reads, slope: name },
  sigmoid: reads,
  add: readsTwo,
  multiply: readsTwo,
  concat: readsTwo,
  maxPool: { ...reads, kernelSize: short, stride: short, padding },
  globalMaxPool: reads,
  globalAveragePool: reads,
  l2Normalize: reads,
  dropout: { ...reads, rate: z.number().min(0).lt(1) },
  dense: { ...reads, kernel: name, bias: name },
} as const satisfies { readonly [Op in Exclude<keyof Nodes, 'fakeQuant'>]: z.core.$ZodLooseShape };

type FloatOperation = keyof typeof FIELDS;

function nodeOf<Op extends FloatOperation>(op: Op) {
  return z.strictObject({ op: z.literal(op), name, shape: z.tuple([side, side, side]), ...FIELDS[op] });
}

const node = z.discriminatedUnion('op', [
  nodeOf('input'),
  nodeOf('conv2d'),
  nodeOf('depthwiseConv2d'),
  nodeOf('batchNorm'),
  nodeOf('relu6'),
  nodeOf('prelu'),
  nodeOf('sigmoid'),
  nodeOf('add'),
  nodeOf('multiply'),
  nodeOf('concat'),
  nodeOf('maxPool'),
  nodeOf('globalMaxPool'),
  nodeOf('globalAveragePool'),
  nodeOf('l2Normalize'),
  nodeOf('dropout'),
  nodeOf('dense'),
]);

const graph = z.strictObject({
  name,
  nodes: z.array(node).min(1).max(4096),
  parameters: z
    .array(
      z.strictObject({
        name,
        shape: z.array(side).min(1).max(4),
        initializer: z.enum(['glorotUniform', 'zeros', 'ones', 'quarter']),
        trainable: z.boolean(),
      }),
    )
    .max(1 << 14),
  outputs: z.strictObject({ embedding: name, scores: name.exactOptional() }),
});

/**
 * A graph of a file, which a stranger may have written: JSON of a `Graph` without quantizers. Whatever it says is checked before
 * anything is computed or allocated by it.
 *
 * @throws RangeError saying what is wrong
 */
export function readGraph(json: unknown): Graph {
  const { data, error } = graph.safeParse(json);
  if (!data) throw new RangeError(`not a network: ${z.prettifyError(error)}`, { cause: error });
  checkGraph(data);
  checkShapes(data);
  return data;
}
