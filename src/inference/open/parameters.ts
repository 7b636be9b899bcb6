import { floatNetwork } from '../../export/floatNetwork.js';
import { variableNames } from '../../export/layers/functional.js';
import type { ModelFacts } from '../../export/modelFacts.js';
import { inputOf, sizeOf, widthOf, type Graph } from '../../graph/graph.js';
import { readGraph } from '../../graph/graphSchema.js';
import { networkOf } from '../../graph/network.js';
import { subgraph } from '../../graph/subgraph.js';
import type { ParameterValues } from '../../graph/networkState.js';
import { inOnnxRuntime } from './onnx.js';
import type { OpenedModel } from './openedModel.js';

/** The face network's has 40 KB. */
const MOST_NETWORK_CHARACTERS = 1 << 22;

/**
 * A file of layers: the network is built again from what the file tells of it, or read where no builder makes it.
 *
 * @param arrays by `layer/variable`
 * @param network JSON of a graph (`GRAPH_KEY`)
 * @throws RangeError saying what is wrong with the network, or naming a weight that is missing or has another size
 */
export function ofParameters(
  arrays: ParameterValues,
  facts: ModelFacts,
  network: string | undefined,
): Promise<OpenedModel> {
  const isEmbedding = facts.output === 'embedding';
  const graph = network === undefined ? builtOf(facts) : readOf(network, facts);
  const names = variableNames(graph);
  const parameters = new Map<string, Float32Array>();
  for (const { name, shape } of graph.parameters) {
    const stored = names.get(name)!;
    const values = arrays.get(stored);
    if (!values) throw new RangeError(`the weight ${stored} is missing`);
    if (values.length !== sizeOf(shape)) throw new RangeError(`the weight ${stored} is not [${shape.join()}]`);
    parameters.set(name, values);
  }
  return inOnnxRuntime(floatNetwork(graph, parameters), isEmbedding ? facts : { ...facts, output: 'logits' });
}

function builtOf({ network, output, labels }: ModelFacts): Graph {
  // An embedding is told without the number of people; the layer that has one for each is left out.
  const whole = networkOf(network, output === 'embedding' ? 1 : labels.length);
  return output === 'embedding' ? subgraph(whole, whole.outputs.embedding) : whole;
}

/** A network that a stranger may have written, and that must be what the facts beside it say. */
function readOf(network: string, { output, labels, input }: ModelFacts): Graph {
  if (network.length > MOST_NETWORK_CHARACTERS) throw new RangeError('its network is larger than any');
  const graph = readGraph(jsonOf(network));
  const { values, shape } = inputOf(graph);
  if (values !== 'pixels' || shape.join() !== [input.height, input.width, 3].join())
    throw new RangeError(`its network does not read pictures of ${input.width} x ${input.height}`);
  const people = widthOf(graph, 'scores');
  if (people !== (output === 'embedding' ? 0 : labels.length))
    throw new RangeError(`its network gives scores of ${people} people, not of ${labels.length}`);
  return graph;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RangeError('its network is not JSON', { cause });
  }
}
