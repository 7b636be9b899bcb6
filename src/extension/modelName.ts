import path from 'node:path';
import { RunModel } from '../client/runModel.js';

/** "people, epoch 2" for the folder of a checkpoint; of an exported file its name. */
export function modelName(model: string): string {
  const name = path.basename(model);
  const [, unit, count] = /^(epoch|step)-(\d+)$/.exec(name) ?? [];
  if (unit !== undefined) return `${new RunModel(path.resolve(model, '..', '..')).title}, ${unit} ${Number(count)}`;
  return name === 'model.json' ? `${path.basename(path.dirname(model))}/${name}` : name;
}
