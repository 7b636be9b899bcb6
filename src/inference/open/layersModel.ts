import fs from 'node:fs';
import path from 'node:path';
import { FACTS_KEY } from '../../export/modelFacts.js';
import type { OpenedModel } from './openedModel.js';
import { requiredFacts } from './openedModel.js';
import { ofParameters } from './parameters.js';

/** What of a LayersModel is read here. */
interface Topology {
  readonly weightsManifest?: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly { readonly name: string; readonly shape: readonly number[]; readonly dtype: string }[];
  }[];
  readonly userDefinedMetadata?: Readonly<Record<string, unknown>>;
}

export async function ofLayersModel(file: string): Promise<OpenedModel> {
  const bytes = fs.readFileSync(file);
  let topology: Topology;
  try {
    topology = JSON.parse(new TextDecoder().decode(bytes)) as Topology;
  } catch (cause) {
    throw new RangeError('it is not a model.json', { cause });
  }
  const facts = requiredFacts(JSON.stringify(topology.userDefinedMetadata?.[FACTS_KEY]));
  const parameters = new Map<string, Float32Array>();
  for (const { paths, weights } of topology.weightsManifest ?? []) {
    const data = Buffer.concat(paths.map((name) => fs.readFileSync(path.join(path.dirname(file), name))));
    let at = 0;
    for (const { name, shape, dtype } of weights) {
      const length = shape.reduce((product, n) => product * n, 1);
      if (dtype !== 'float32' || at + 4 * length > data.length) throw new RangeError(`${name} is cut short`);
      parameters.set(
        name,
        new Float32Array(data.buffer.slice(data.byteOffset + at, data.byteOffset + at + 4 * length)),
      );
      at += 4 * length;
    }
  }
  return ofParameters(parameters, facts);
}
