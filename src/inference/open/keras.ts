import { GRAPH_KEY } from '../../export/graphEntry.js';
import { FACTS_KEY } from '../../export/modelFacts.js';
import { readKeras } from '../../weights/readKeras.js';
import { requiredFacts, type OpenedModel } from './openedModel.js';
import { ofParameters } from './parameters.js';

export async function ofKeras(file: string): Promise<OpenedModel> {
  const { arrays, attributes } = await readKeras(file, [FACTS_KEY, GRAPH_KEY]);
  const facts = requiredFacts(attributes.get(FACTS_KEY));
  return ofParameters(new Map(arrays.map(({ name, values }) => [name, values])), facts, attributes.get(GRAPH_KEY));
}
