import fs from 'node:fs';
import path from 'node:path';
import { formatList } from '../core/format.js';
import { UserError } from '../core/userError.js';
import type { Graph } from '../graph/graph.js';
import { initialValues } from '../graph/networkState.js';
import { readNpz } from './npz.js';

/**
 * The parameters a run starts with: seeded random values, and over them the arrays of an `.npz` in Keras layout. The
 * head keeps its random start when the file has none or one for another number of people; everything else must fit.
 *
 * @throws UserError `weights-unreadable` or `weights-mismatch`
 */
export function startWeights(graph: Graph, seed: number, npzFile: string | undefined): Map<string, Float32Array> {
  const values = initialValues(graph, seed);
  if (npzFile === undefined) return values;
  const name = path.basename(npzFile);
  let arrays;
  try {
    arrays = readNpz(fs.readFileSync(npzFile));
  } catch (cause) {
    const why =
      (cause as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'does not exist'
        : 'is no readable .npz archive of float arrays';
    throw new UserError(
      'weights-unreadable',
      `The weights file “${npzFile}” ${why}.`,
      'Name a NumPy .npz in Keras layout, or leave the weights out to start at random.',
      { cause },
    );
  }
  const head = graph.nodes.at(-1)!.name;
  const misfits: string[] = [];
  for (const spec of graph.parameters) {
    const array = arrays.get(spec.name);
    const fits = array?.shape.length === spec.shape.length && array.shape.every((n, i) => n === spec.shape[i]);
    if (fits) values.set(spec.name, array.values);
    else if (!spec.name.startsWith(`${head}/`))
      misfits.push(
        `${spec.name} is ${array ? `[${array.shape.join(', ')}]` : 'absent'}, not [${spec.shape.join(', ')}]`,
      );
  }
  if (misfits.length > 0)
    throw new UserError(
      'weights-mismatch',
      `The weights in “${name}” are not those of ${graph.name}: ${formatList(misfits, 2)}.`,
      'Use the weights of the same network and width, or start at random.',
    );
  return values;
}
