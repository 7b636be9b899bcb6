import { sizeOf, type Graph, type Node } from '../../graph/graph.js';
import type { ParameterValues } from '../../graph/networkState.js';
import { hasKernel } from '../../graph/operations.js';
import { LayerList, type LayerJson, type LayerVariable, type Surroundings } from './layerList.js';
import { layerOf } from './layerWriters.js';

/** A network in layers. */
export interface Functional {
  /** `Functional` of Keras 2: input [N, H, W, 3], output [N, C], or a map of what gives no vector. */
  readonly topology: { readonly class_name: 'Functional'; readonly config: Readonly<Record<string, unknown>> };
  readonly layers: readonly LayerJson[];
  /** The layer that gives the answer. */
  readonly output: string;
  /** In the order of the graph; those of a layer in Keras' order. */
  readonly variables: readonly LayerVariable[];
}

/**
 * A network layer by layer, as it was trained. A dense layer that gives the scores has a softmax, as Keras' applications have it.
 *
 * @param momentum of the batch norms, for who trains on
 * @throws RangeError for what Keras' layers do not compute, as "it has no …"
 */
export function functionalOf(
  graph: Graph,
  { momentum, dialect }: Pick<Surroundings, 'momentum' | 'dialect'>,
): Functional {
  const shapes = new Map(graph.parameters.map(({ name, shape }) => [name, shape]));
  const { scores, embedding } = graph.outputs;
  const list = new LayerList(graph, { momentum, dialect, shapes, scores });
  for (const node of graph.nodes) {
    if (/\//.test(node.name)) throw new RangeError(`it has no layer called ${node.name}`);
    list.layers.push(layerOf(node, list));
    for (const [variable, parameter] of variablesOf(node)) {
      const shape = shapes.get(parameter)!;
      // PReLU on a map has a slope for each channel that all rows and columns share.
      const isShared = node.op === 'prelu' && !list.isVector(node.name);
      list.variables.push({
        ...{ layer: node.name, name: `${node.name}/${variable}`, values: { parameter } },
        shape: isShared ? [1, 1, ...shape] : shape,
      });
    }
  }
  const answer = scores ?? embedding;
  const [height, width] = graph.nodes.find(({ name }) => name === answer)!.shape;
  const output = height === 1 && width === 1 ? list.vector(answer) : answer;
  const config = {
    name: graph.name,
    layers: list.layers,
    input_layers: [[graph.nodes[0]!.name, 0, 0]],
    output_layers: [[output, 0, 0]],
  };
  return { topology: { class_name: 'Functional', config }, layers: list.layers, output, variables: list.variables };
}

export function valuesOf({ shape, values }: LayerVariable, parameters: ParameterValues): Float32Array {
  if ('parameter' in values) return parameters.get(values.parameter)!;
  return new Float32Array(sizeOf(shape)).fill(values.constant);
}

/**
 * Where the parameters of a graph stand in a file of layers: `layer/variable` by parameter. Those of the networks that are built here
 * have these names themselves.
 */
export function variableNames(graph: Graph): Map<string, string> {
  const names = new Map<string, string>();
  for (const node of graph.nodes)
    for (const [variable, parameter] of variablesOf(node)) names.set(parameter, `${node.name}/${variable}`);
  return names;
}

/** A layer's variables by the names that Keras gives them, in its order, and what they hold. */
function variablesOf(node: Node): readonly (readonly [variable: string, parameter: string])[] {
  if (hasKernel(node)) {
    const kernel = [node.op === 'depthwiseConv2d' ? 'depthwise_kernel' : 'kernel', node.kernel] as const;
    return node.bias === undefined ? [kernel] : [kernel, ['bias', node.bias]];
  }
  if (node.op === 'prelu') return [['alpha', node.slope]];
  if (node.op !== 'batchNorm') return [];
  return [
    ['gamma', node.gamma],
    ['beta', node.beta],
    ['moving_mean', node.movingMean],
    ['moving_variance', node.movingVariance],
  ];
}
