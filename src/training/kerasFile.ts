import { Dataset, File, Group, ready } from 'h5wasm/node';
import type { NpyArray } from './npz.js';

// Bundled by itself: the HDF5 library takes four megabytes that no other start needs.

/** A weight of a Keras file. */
export interface KerasArray extends NpyArray {
  /** `layer/variable`, such as `block_1_depthwise/depthwise_kernel`. */
  readonly name: string;
}

/**
 * Reads the weights of a Keras HDF5 file (`save_weights` in the format of Keras 1 and 2, or a whole saved model): a group for
 * each layer, named by the attribute `layer_names`, and in it the arrays that `weight_names` lists.
 *
 * @returns the arrays in the order of the layers
 * @throws RangeError saying what is not as expected
 */
export async function readKerasFile(file: string): Promise<KerasArray[]> {
  await ready;
  let hdf: File;
  try {
    hdf = new File(file, 'r');
  } catch (cause) {
    throw new RangeError('it is no readable HDF5 file', { cause });
  }
  if (hdf.file_id < 0) throw new RangeError('it is no readable HDF5 file');
  try {
    const root = hdf.get('model_weights') instanceof Group ? (hdf.get('model_weights') as Group) : hdf;
    const arrays: KerasArray[] = [];
    for (const layer of names(root, 'layer_names')) {
      const group = root.get(layer);
      if (!(group instanceof Group)) throw new RangeError(`the layer ${layer} is missing`);
      for (const weight of names(group, 'weight_names')) arrays.push(readArray(group, layer, weight));
    }
    if (arrays.length === 0) throw new RangeError('it holds no weights');
    return arrays;
  } finally {
    hdf.close();
  }
}

function names(group: Group, attribute: string): string[] {
  const found = group.attrs[attribute];
  if (found?.shape?.[0] === 0) return []; // of a layer without weights
  const value: unknown = found?.value;
  if (!Array.isArray(value)) throw new RangeError(`the attribute ${attribute} is missing: it is no Keras file`);
  return value.map(String);
}

function readArray(group: Group, layer: string, weight: string): KerasArray {
  const dataset = group.get(weight);
  if (!(dataset instanceof Dataset)) throw new RangeError(`the weight ${weight} is missing`);
  const { shape, value } = dataset;
  const values = value instanceof Float32Array ? value : value instanceof Float64Array ? Float32Array.from(value) : undefined; // prettier-ignore
  if (!values || !shape) throw new RangeError(`${weight} holds no floating-point numbers`);
  if (values.length !== shape.reduce((product, n) => product * n, 1)) throw new RangeError(`${weight} is cut short`);
  const variable = weight.split('/').at(-1)!.replace(/:\d+$/, '');
  return { name: `${layer}/${variable}`, shape, values };
}
