import type { Graph, Node, ParameterSpec } from './graph.js';
import { rewired, takesNorm } from './operations.js';

const EPSILON = 1e-3;

/**
 * A network that came from a file, to be trained from random weights (`initialValues`): as it was before its batch norms became parts
 * of its convolutions. Each convolution with a bias has a batch norm in its place, without which fifty layers of random kernels
 * hand on nothing; slopes of PReLUs start at a quarter. What the file says of shapes, paddings and the reading of pixels stays.
 *
 * @throws RangeError for a network with batch norms of its own
 */
export function fromRandom(graph: Graph): Graph {
  if (graph.nodes.some(({ op }) => op === 'batchNorm')) throw new RangeError(`${graph.name} has batch norms already`);
  const parameters = new Map(graph.parameters.map((spec) => [spec.name, spec]));
  const nodes: Node[] = [];
  const moved = new Map<string, string>();
  const now = (name: string) => moved.get(name) ?? name;
  for (const node of graph.nodes) {
    const here = rewired(node, now);
    if (here.op === 'prelu') quartered(parameters, here.slope);
    if (!takesNorm(here) || here.bias === undefined) {
      nodes.push(here);
      continue;
    }
    const { bias, ...bare } = here;
    const norm = `${node.name}_BN`;
    parameters.delete(bias);
    for (const spec of statistics(norm, node.shape[2])) parameters.set(spec.name, spec);
    nodes.push(bare, normBehind(norm, node));
    moved.set(node.name, norm);
  }
  const { embedding, scores } = graph.outputs;
  return {
    name: `${graph.name} from random`,
    nodes,
    parameters: [...parameters.values()],
    outputs: { embedding: now(embedding), ...(scores !== undefined && { scores: now(scores) }) },
  };
}

function normBehind(name: string, { name: input, shape }: Node): Node {
  return {
    ...{ op: 'batchNorm', name, input, shape, epsilon: EPSILON },
    ...{ gamma: `${name}/gamma`, beta: `${name}/beta` },
    ...{ movingMean: `${name}/moving_mean`, movingVariance: `${name}/moving_variance` },
  };
}

function statistics(norm: string, channels: number): ParameterSpec[] {
  const shape = [channels];
  return [
    { name: `${norm}/gamma`, shape, initializer: 'ones', trainable: true },
    { name: `${norm}/beta`, shape, initializer: 'zeros', trainable: true },
    { name: `${norm}/moving_mean`, shape, initializer: 'zeros', trainable: false },
    { name: `${norm}/moving_variance`, shape, initializer: 'ones', trainable: false },
  ];
}

/** A plain ReLU is one whose slopes do not train. */
function quartered(parameters: Map<string, ParameterSpec>, slope: string): void {
  const spec = parameters.get(slope);
  if (spec?.trainable) parameters.set(slope, { ...spec, initializer: 'quarter' });
}
