import { floatNetwork } from '../../export/floatNetwork.js';
import type { ModelFacts } from '../../export/modelFacts.js';
import { networkOf } from '../../graph/network.js';
import { subgraph } from '../../graph/subgraph.js';
import type { ParameterValues } from '../../graph/networkState.js';
import { inOnnxRuntime } from './onnx.js';
import type { OpenedModel } from './openedModel.js';

/**
 * A file that holds weights alone: the network is built again from what the file tells of it.
 *
 * @throws RangeError naming a weight that is missing
 */
export function ofParameters(parameters: ParameterValues, facts: ModelFacts): Promise<OpenedModel> {
  const isEmbedding = facts.output === 'embedding';
  // An embedding is told without the number of people; the layer that has one for each is left out.
  const whole = networkOf(facts.network, isEmbedding ? 1 : facts.labels.length);
  const graph = isEmbedding ? subgraph(whole, whole.outputs.embedding) : whole;
  const absent = graph.parameters.find(({ name }) => !parameters.has(name));
  if (absent) throw new RangeError(`the weight ${absent.name} is missing`);
  return inOnnxRuntime(floatNetwork(graph, parameters), isEmbedding ? facts : { ...facts, output: 'logits' });
}
