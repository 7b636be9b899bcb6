import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ExportOptions } from '../../protocol/exportOptions.js';
import { loadKerasFile } from '../../weights/loadKerasFile.js';
import { mainFile, type EncodedFile } from '../encoder.js';
import { factsOf, graphOf, type ExportSource } from '../exportSource.js';
import { FACTS_KEY } from '../modelFacts.js';

/**
 * Weights alone, for the network that Keras builds itself: float32 in the graph's own layouts ([kH, kW, Cin, Cout],
 * [kH, kW, C, 1], [Cin, Cout]), batch norms apart and nothing folded. Keras finds a layer by its name but takes the
 * arrays in it by their order, so that the order of the parameters counts. A layer that it does not find it skips
 * without a word.
 *
 * The HDF5 library writes to a disk only: a folder that goes again.
 */
export async function encodeKeras(source: ExportSource, options: ExportOptions): Promise<EncodedFile[]> {
  const { parameters } = graphOf(source, options.part);
  const arrays = parameters.map(({ name, shape }) => ({ name, shape, values: source.parameters.get(name)! }));
  const keras = await loadKerasFile();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-keras-'));
  try {
    const file = path.join(folder, 'weights.h5');
    await keras.writeKerasFile(file, arrays, { [FACTS_KEY]: JSON.stringify(factsOf(source, options)) });
    return [mainFile(fs.readFileSync(file))];
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
