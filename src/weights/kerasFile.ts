import fs from 'node:fs';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { Dataset, File, Group, ready } from 'h5wasm/node';
import type { NpyArray } from './npz.js';

// Bundled by itself: the HDF5 library takes four megabytes that no other start needs.

/** A weight of a Keras file. */
export interface KerasArray extends NpyArray {
  /** `layer/variable`, such as `block_1_depthwise/depthwise_kernel`. */
  readonly name: string;
}

/** What the thread of `readKeras.ts` is asked, and answers. */
export interface KerasWish {
  readonly file: string;
  /** Of attributes of the whole file. */
  readonly names: readonly string[];
}
export type KerasReply =
  | { readonly arrays: KerasArray[]; readonly attributes: [string, string][] }
  /** `broken`: the library broke off in the middle of something. */
  | { readonly failure: string; readonly broken: boolean };

/** Where they stand in the file of a whole model. */
const WEIGHTS_OF_MODEL = 'model_weights';

/**
 * Reads the weights of a Keras HDF5 file (`save_weights` in the format of Keras 1 and 2, or a whole saved model): a group for
 * each layer, named by the attribute `layer_names`, and in it the arrays that `weight_names` lists.
 *
 * @returns the arrays in the order of the layers
 * @throws RangeError saying what is not as expected
 */
export async function readKerasFile(file: string): Promise<KerasArray[]> {
  await ready;
  if (!isHdf(file)) throw new RangeError('it is not a readable HDF5 file');
  let hdf: File;
  try {
    hdf = new File(file, 'r');
  } catch (cause) {
    throw new RangeError('it is not a readable HDF5 file', { cause });
  }
  if (hdf.file_id < 0) throw new RangeError('it is not a readable HDF5 file');
  const { size } = fs.statSync(file);
  try {
    const inModel = hdf.get(WEIGHTS_OF_MODEL);
    const root = inModel instanceof Group ? inModel : hdf;
    const arrays: KerasArray[] = [];
    for (const layer of names(root, 'layer_names')) {
      const group = root.get(layer);
      if (!(group instanceof Group)) throw new RangeError(`the layer ${layer} is missing`);
      for (const weight of names(group, 'weight_names')) arrays.push(readArray(group, layer, weight, size));
    }
    if (arrays.length === 0) throw new RangeError('it contains no weights');
    return arrays;
  } catch (cause) {
    // The library throws whatever it stumbles over.
    throw cause instanceof RangeError ? cause : new RangeError('it is damaged', { cause });
  } finally {
    hdf.close();
  }
}

function names(group: Group, attribute: string): string[] {
  const found = group.attrs[attribute];
  if (found?.shape?.[0] === 0) return []; // of a layer without weights
  const value: unknown = found?.value;
  if (!Array.isArray(value)) throw new RangeError(`the attribute ${attribute} is missing: it is not a Keras file`);
  return value.map(String);
}

/** @param most bytes of the file, in which Keras packs nothing: an array that says to be larger would only be allocated */
function readArray(group: Group, layer: string, weight: string, most: number): KerasArray {
  const dataset = group.get(weight);
  if (!(dataset instanceof Dataset)) throw new RangeError(`the weight ${weight} is missing`);
  const { shape } = dataset;
  if (shape && 4 * shape.reduce((product, n) => product * n, 1) > most)
    throw new RangeError(`${weight} is larger than the file`);
  const { value } = dataset;
  const values =
    value instanceof Float32Array ? value : value instanceof Float64Array ? Float32Array.from(value) : undefined;
  if (!values || !shape) throw new RangeError(`${weight} does not contain floating-point numbers`);
  if (values.length !== shape.reduce((product, n) => product * n, 1)) throw new RangeError(`${weight} is cut short`);
  const variable = weight.split('/').at(-1)!.replace(/:\d+$/, '');
  return { name: `${layer}/${variable}`, shape, values };
}

/**
 * Writes weights as Keras' `save_weights` in the format of Keras 1 and 2 does, which `load_weights(…, by_name=True)` reads.
 * The same weights give the same bytes.
 *
 * @param arrays those of a layer one after the other, in Keras' order
 * @param attributes of the whole file, beside Keras' own
 * @param model the layers as Keras' JSON, for a whole model, which `load_model` reads; its arrays stand in the order of Keras' layers
 */
export async function writeKerasFile(
  file: string,
  arrays: readonly KerasArray[],
  attributes: Readonly<Record<string, string>>,
  model?: string,
): Promise<void> {
  await ready;
  const layers = new Map<string, KerasArray[]>();
  for (const array of arrays) {
    const layer = array.name.split('/')[0]!;
    layers.set(layer, [...(layers.get(layer) ?? []), array]);
  }
  try {
    atTimeZero(() => writeObjects(file, layers, attributes, model));
  } catch (error) {
    fs.rmSync(file, { force: true });
    throw error;
  }
}

function writeObjects(
  file: string,
  layers: ReadonlyMap<string, readonly KerasArray[]>,
  attributes: Readonly<Record<string, string>>,
  model: string | undefined,
): void {
  const hdf = new File(file, 'w');
  const root = model === undefined ? hdf : hdf.create_group(WEIGHTS_OF_MODEL);
  for (const holder of new Set([root, hdf])) {
    if (holder === root) holder.create_attribute('layer_names', [...layers.keys()]);
    holder.create_attribute('backend', 'tensorflow');
    holder.create_attribute('keras_version', '2.15.0');
  }
  if (model !== undefined) hdf.create_attribute('model_config', model);
  for (const [name, text] of Object.entries(attributes)) hdf.create_attribute(name, text);
  for (const [layer, weights] of layers) {
    const group = root.create_group(layer);
    group.create_attribute(
      'weight_names',
      weights.map(({ name }) => `${name}:0`),
    );
    const inner = group.create_group(layer);
    for (const { name, shape, values } of weights)
      inner.create_dataset({ name: `${name.split('/').at(-1)!}:0`, data: values, shape: [...shape], dtype: '<f4' });
  }
  hdf.flush();
  hdf.close();
}

/**
 * HDF5 writes the time into each object; at the same time a file has the same bytes. The clock is the whole process', so the
 * work may not wait for anything: nobody else runs before it is set right again.
 */
function atTimeZero(work: () => void): void {
  const { now } = Date;
  Date.now = () => 0;
  try {
    work();
  } finally {
    Date.now = now;
  }
}

/** An attribute of a whole file; undefined where there is none, or no readable file. */
export async function kerasAttribute(file: string, name: string): Promise<string | undefined> {
  await ready;
  if (!isHdf(file)) return undefined;
  try {
    const hdf = new File(file, 'r');
    try {
      const value: unknown = hdf.attrs[name]?.value;
      return typeof value === 'string' ? value : undefined;
    } finally {
      hdf.close();
    }
  } catch {
    return undefined;
  }
}

/** By its signature, which may stand behind a block of the user's: the library prints a page about what is none. */
function isHdf(file: string): boolean {
  const head = Buffer.alloc(2056);
  const handle = fs.openSync(file, 'r');
  try {
    fs.readSync(handle, head);
  } finally {
    fs.closeSync(handle);
  }
  return [0, 512, 1024, 2048].some((at) => head.toString('latin1', at, at + 8) === '\x89HDF\r\n\x1a\n');
}

async function replyTo({ file, names }: KerasWish): Promise<KerasReply> {
  try {
    const attributes: [string, string][] = [];
    for (const name of names) {
      const value = await kerasAttribute(file, name);
      if (value !== undefined) attributes.push([name, value]);
    }
    return { arrays: await readKerasFile(file), attributes };
  } catch (error) {
    const { message, cause } = error instanceof RangeError ? error : new RangeError('it is damaged', { cause: error });
    return { failure: message, broken: cause instanceof Error && cause.name === 'RuntimeError' };
  }
}

/** The library writes what it makes of damaged files to the terminal, past the console. */
function silence(): void {
  const { writeSync } = fs;
  type Write = (fd: number, bytes: Uint8Array, offset?: number, length?: number, position?: number | null) => number;
  const write: Write = (fd, bytes, ...where) =>
    fd === 1 || fd === 2 ? (where[1] ?? bytes.length) : writeSync(fd, bytes, ...where);
  fs.writeSync = write as typeof fs.writeSync;
}

/** As the thread of `readKeras.ts`. */
if (!isMainThread && (workerData as { readsKeras?: boolean } | null)?.readsKeras === true) {
  const port = parentPort!;
  silence();
  port.on('message', (wish: KerasWish) => {
    void replyTo(wish).then((reply) => port.postMessage(reply));
  });
  void ready.then(() => port.postMessage('ready'));
}
