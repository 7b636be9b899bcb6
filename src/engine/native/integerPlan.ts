import { headLayerOf, inputOf, inputsOf, type Graph, type Node } from '../../graph/graph.js';
import { hasKernel } from '../../quantization/quantizers.js';
import type { PlanDescription } from './description.js';
import type { Model } from './model.js';
import { PlanBuilder, type Chain } from './planBuilder.js';

type FakeQuant = Extract<Node, { op: 'fakeQuant' }>;

/** The quantizer behind a node's output, with a ReLU6 between them or not. */
interface Ending {
  readonly quantizer: FakeQuant;
  readonly relu6: boolean;
}

function endingOf(node: Node, onlyReaderOf: (name: string) => Node | undefined): Ending | undefined {
  const next = onlyReaderOf(node.name);
  if (next?.op === 'fakeQuant') return { quantizer: next, relu6: false };
  const after = next?.op === 'relu6' ? onlyReaderOf(next.name) : undefined;
  return after?.op === 'fakeQuant' ? { quantizer: after, relu6: true } : undefined;
}

/** Whether every operation of a network has an int8 form: all is quantized, nothing is left in float. */
export function supportsIntegers(graph: Graph, onlyReaderOf: (name: string) => Node | undefined): boolean {
  if (inputOf(graph).values !== 'pixels') return false;
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const isRounded = (name: string): boolean => {
    const node = nodes.get(name)!;
    return node.op === 'fakeQuant' || (node.op === 'dropout' && isRounded(node.input));
  };
  // The pictures are no tensor: only convolutions read their bytes.
  const ofPictures = graph.nodes.find((node) => node.op === 'fakeQuant' && nodes.get(node.input)!.op === 'input')?.name;
  if (graph.nodes.some((node) => node.op !== 'conv2d' && inputsOf(node).some((name) => name === ofPictures)))
    return false;
  return graph.nodes.every((node) => {
    switch (node.op) {
      case 'conv2d':
      case 'depthwiseConv2d':
      case 'dense':
        return node.weightBits !== undefined && isRounded(node.input) && endingOf(node, onlyReaderOf) !== undefined;
      case 'add':
        return isRounded(node.input) && isRounded(node.other) && endingOf(node, onlyReaderOf) !== undefined;
      case 'globalAveragePool':
      case 'globalMaxPool':
        return isRounded(node.input) && endingOf(node, onlyReaderOf)?.relu6 === false;
      case 'batchNorm':
        return false;
      case 'input':
        return onlyReaderOf(node.name)?.op === 'fakeQuant';
      case 'dropout':
      case 'relu6':
      case 'fakeQuant':
        return true;
    }
  });
}

/**
 * Forward as an int8 runtime computes: tensors hold whole numbers, differences from the zero point, and every rounding is
 * that of the integer interpreter. The sums of a convolution are exact in float32 as long as they stay below 2²⁴.
 */
export function planIntegers(model: Model, batch: number): PlanDescription {
  const builder = new PlanBuilder(model, batch);
  const values = new Map<string, { readonly chain: Chain; readonly quantizer: number }>();
  const onlyReaderOf = (name: string) => model.onlyConsumerOf(name);
  const read = (name: string) => values.get(name)!;
  for (const node of model.graph.nodes) {
    const before = node.op === 'dropout' ? values.get(node.input) : undefined;
    if (before) values.set(node.name, before);
    if (!hasKernel(node) && node.op !== 'add' && node.op !== 'globalAveragePool' && node.op !== 'globalMaxPool')
      continue;
    const { quantizer: ending, relu6 } = endingOf(node, onlyReaderOf)!;
    const quantizer = model.quantizerOf(ending);
    const common = { quantizer, ...(relu6 ? { relu6 } : {}) };
    let chain: Chain;
    if (hasKernel(node)) {
      const x = model.readsPictures(node) ? {} : { x: read(node.input).chain.index };
      const op = node.op === 'depthwiseConv2d' ? 'depthwise' : 'conv';
      const stride = node.op === 'dense' ? 1 : node.stride;
      chain = builder.produce(node.shape, { op, ...x, kernel: model.kernelOf(node), stride, ...common });
    } else if (node.op === 'add') {
      const [x, y] = [read(node.input), read(node.other)];
      const summands = { x: x.chain.index, y: y.chain.index, xQuantizer: x.quantizer, yQuantizer: y.quantizer };
      chain = builder.produce(node.shape, { op: 'add', ...summands, ...common });
    } else {
      const max = node.op === 'globalMaxPool';
      chain = builder.produce(node.shape, { op: 'pool', x: read(node.input).chain.index, max, ...common });
    }
    values.set(ending.name, { chain, quantizer });
  }
  const logits = read(model.graph.nodes.at(-1)!.name);
  const head = headLayerOf(model.graph);
  const features = head && read(head.input);
  const plan = builder.build({
    training: false,
    logits: logits.chain.tensor,
    ...(features ? { embeddings: features.chain.tensor } : {}),
  });
  return {
    ...plan,
    integers: true,
    logitsQuantizer: logits.quantizer,
    ...(features ? { embeddingsQuantizer: features.quantizer } : {}),
  };
}
