import { floatNetwork } from '../../export/floatNetwork.js';
import type { ModelFacts } from '../../export/modelFacts.js';
import { networkOf } from '../../graph/network.js';
import type { ParameterValues } from '../../graph/networkState.js';
import { inOnnxRuntime } from './onnx.js';
import { requireLabels, type OpenedModel } from './openedModel.js';

/**
 * A file that holds weights alone: the network is built again from what the file tells of it.
 *
 * @throws RangeError naming a weight that is missing; UserError `model-embedding`
 */
export function ofParameters(parameters: ParameterValues, facts: ModelFacts): Promise<OpenedModel> {
  requireLabels(facts);
  const graph = networkOf(facts.network, facts.labels.length);
  const absent = graph.parameters.find(({ name }) => !parameters.has(name));
  if (absent) throw new RangeError(`the weight ${absent.name} is missing`);
  return inOnnxRuntime(floatNetwork(graph, parameters), { ...facts, output: 'logits' });
}
