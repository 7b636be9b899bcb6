import { GRAPH_KEY } from '../../export/graphEntry.js';
import { FACTS_KEY } from '../../export/modelFacts.js';
import { loadKerasFile } from '../../weights/loadKerasFile.js';
import { requiredFacts, type OpenedModel } from './openedModel.js';
import { ofParameters } from './parameters.js';

export async function ofKeras(file: string): Promise<OpenedModel> {
  const keras = await loadKerasFile();
  const facts = requiredFacts(await keras.kerasAttribute(file, FACTS_KEY));
  const network = await keras.kerasAttribute(file, GRAPH_KEY);
  const arrays = await keras.readKerasFile(file);
  return ofParameters(new Map(arrays.map(({ name, values }) => [name, values])), facts, network);
}
